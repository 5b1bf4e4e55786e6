"""The form of how a person wants to be told."""

from __future__ import annotations

from typing import Any

from django import forms

from alerts.models import NotificationSettings
from alerts.outbox.choices import Channel, Family, Pace

_HOURS = [(hour, f"{hour:02d}:00") for hour in range(24)]


class NotificationsForm(forms.Form):
    """A switch for each kind of alert and channel, how often mail comes, and quiet hours."""

    email_pace = forms.ChoiceField(label="Mails", choices=Pace.choices)
    digest_hour = forms.TypedChoiceField(label="Digests go out at", choices=_HOURS, coerce=int)
    quiet_from = forms.TimeField(label="Quiet from", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_until = forms.TimeField(label="Quiet until", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, data: Any = None, *, settings: NotificationSettings, channels: list[Channel]) -> None:
        initial = {name: getattr(settings, name) for name in ("email_pace", "digest_hour", "quiet_from", "quiet_until")}
        self._channels = channels
        switches = {f"{family}_{channel}": settings.wants(family, channel) for family in Family for channel in channels}
        super().__init__(data, initial=initial | switches)
        for family in Family:
            for channel in channels:
                self.fields[f"{family}_{channel}"] = forms.BooleanField(label=f"{family.label}: {channel.label}", required=False)

    @property
    def switches(self) -> list[tuple[Family, list[Any]]]:
        """The rows of the table."""
        return [(family, [self[f"{family}_{channel}"] for channel in self._channels]) for family in Family]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (start is None) != (end is None) and not self.errors:
            self.add_error("quiet_until" if end is None else "quiet_from", "Give both ends of the quiet hours, or neither.")
        return cleaned

    @property
    def wanted(self) -> dict[str, list[str]]:
        """Channels by family.  A channel that was not shown keeps its switch: it counts as chosen only if it was."""
        return {family: [channel for channel in self._channels if self.cleaned_data[f"{family}_{channel}"]] for family in Family}
