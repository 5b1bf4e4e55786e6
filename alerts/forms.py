"""The form of an alert: the fields of its kind, made from where the kind is declared, and how often it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from alerts.rules import KINDS, Field, FieldType, Kind, Target, Watch
from alerts.services import LONGEST_NOTE
from market.models import Instrument
from market.selectors import find_instrument
from portfolio_site.kernel.decimals import NotExact, exact
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web import writing
from portfolio_site.web.fields import ExactFormField
from portfolios.models import Portfolio

ALL = "all"
FIRST_KIND = "price_above"
PAUSES = (
    (0, "Each time"),
    (15, "At most every 15 minutes"),
    (60, "At most every hour"),
    (1440, "At most once a day"),
    (10080, "At most once a week"),
)


class PercentField(ExactFormField):
    """Typed in percent, read as a fraction."""

    def prepare_value(self, value: Any) -> Any:
        return writing.typed(value.scaleb(2).normalize()) if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Decimal | None:
        number = super().to_python(value)
        return None if number is None else number.scaleb(-2)


class TargetsField(forms.CharField):
    """One target a line: what it is called, its weight and its band in percent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4, "placeholder": "AAPL 10 2"}), **options)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, tuple | list):
            return value
        return "\n".join(
            f"{one.name} {writing.typed(one.weight.scaleb(2).normalize())} {writing.typed(one.band.scaleb(2).normalize())}" for one in value
        )

    def clean(self, value: Any) -> Any:
        found = []
        for number, line in enumerate((value or "").splitlines(), 1):
            words = line.replace("±", " ").replace("%", " ").split()
            if not words:
                continue
            try:
                name, weight, band = " ".join(words[:-2]), exact(writing.read(words[-2])), exact(writing.read(words[-1]))
            except (IndexError, NotExact, writing.Unreadable):
                raise forms.ValidationError(
                    f"Line {number}: write a name, its weight and its band in percent, such as AAPL 10 2.", code="invalid"
                ) from None
            found.append(Target(name, weight.scaleb(-2), band.scaleb(-2)))
        if not found:
            raise forms.ValidationError("Write at least one target: a name, its weight and its band in percent, such as AAPL 10 2.", code="required")
        return found


class RuleForm(forms.Form):
    """What to watch and what to wait for.  An instrument is named by its symbol or ISIN."""

    kind = forms.ChoiceField(label="When")
    note = forms.CharField(label="Note", max_length=LONGEST_NOTE, required=False, help_text="Only you see it")
    once = forms.BooleanField(label="Tell once, then pause", required=False)
    cool_down = forms.TypedChoiceField(label="How often", choices=PAUSES, coerce=int, required=False, empty_value=None)
    margin = PercentField(
        label="Way back, percent", required=False, help_text="How far back it must have been before it tells again, of the threshold"
    )
    quiet_from = forms.TimeField(label="Quiet from", required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    quiet_until = forms.TimeField(label="Quiet until", required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    expires_on = forms.DateField(label="Ends after", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def __init__(
        self, data: Any = None, *, user: Any, portfolios: Sequence[Portfolio], kind: str = "", initial: Mapping[str, Any] | None = None
    ) -> None:
        chosen = (data.get("kind") if data is not None else None) or kind
        self.spec: Kind = KINDS.get(chosen, KINDS[FIRST_KIND])
        self._user, self._portfolios = user, {str(one.pk): one for one in portfolios}
        pause, margin = int(self.spec.cool_down.total_seconds() // 60), self.spec.margin
        first = {
            "kind": self.spec.name,
            "cool_down": pause,
            "margin": margin,
            **{one.name: one.default for one in self.spec.fields if one.default is not None},
        }
        super().__init__(data, initial=first | dict(initial or {}))
        self._set_up()

    def _set_up(self) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, kind in KINDS.items():
            groups.setdefault(kind.group, []).append((name, kind.label))
        self.fields["kind"].choices = list(groups.items())  # type: ignore[attr-defined]
        self.fields["cool_down"].choices = _pauses(self.initial.get("cool_down"))  # type: ignore[attr-defined]
        self.fields["kind"].help_text = self.spec.help
        if Watch.INSTRUMENT in self.spec.watches:
            widget = forms.TextInput(attrs={"list": "alert-instruments", "autocomplete": "off"})
            alone = self.spec.watches == {Watch.INSTRUMENT}
            text = "Symbol or ISIN" if alone else "Symbol or ISIN; leave it empty to watch a portfolio"
            self.fields["instrument"] = forms.CharField(label="Instrument", max_length=60, required=alone, help_text=text, widget=widget)
        if Watch.PORTFOLIO in self.spec.watches:
            choices = [(ALL, "All my portfolios"), *((pk, one.name) for pk, one in self._portfolios.items())]
            self.fields["portfolio"] = forms.ChoiceField(label="Portfolio", choices=choices, required=False)
        for one in self.spec.fields:
            self.fields[one.name] = _form_field(one)
        if self.spec.happens:
            del self.fields["margin"]

    # ── as the template lays it out ─────────────────────────────────────────

    @property
    def watched(self) -> list[forms.BoundField]:
        return [self[name] for name in ("instrument", "portfolio") if name in self.fields]

    @property
    def conditions(self) -> list[forms.BoundField]:
        return [self[one.name] for one in self.spec.fields]

    @property
    def manners(self) -> list[forms.BoundField]:
        return [self[name] for name in ("cool_down", "once", "margin", "quiet_from", "quiet_until", "expires_on") if name in self.fields]

    # ── reading ─────────────────────────────────────────────────────────────

    def clean_instrument(self) -> Instrument | None:
        text = self.cleaned_data["instrument"].partition(" · ")[0].strip().upper()
        if not text:
            return None
        found = find_instrument(self._user, symbol=text) or find_instrument(self._user, isin=text)
        if found is None:
            raise forms.ValidationError(
                f"No instrument has the symbol or ISIN {text}. Check the spelling, or import a trade of it first.", code="unknown"
            )
        return found

    def wanted(self) -> dict[str, Any]:
        """What the service is asked for."""
        said = self.cleaned_data
        instrument = said.get("instrument")
        values: dict[str, Any] = {
            "kind": said["kind"],
            "parameters": {one.name: said[one.name] for one in self.spec.fields if said.get(one.name) not in (None, "")},
            **{name: said[name] for name in ("note", "once", "cool_down", "quiet_from", "quiet_until")},
            "margin": said.get("margin"),
            "expires_at": _end_of(said["expires_on"]),
        }
        return values | {"instrument": instrument, "portfolio": None if instrument else self._portfolios.get(said.get("portfolio", ""))}

    def refuse(self, problem: DomainError) -> None:
        """Puts each complaint beside its field."""
        names = {"type": "kind", "expires_at": "expires_on"}
        for error in problem.errors:
            field = names.get(error.field, error.field)
            self.add_error(field if field in self.fields else None, error.detail)
        if not problem.errors:
            self.add_error(None, problem.detail)


def _pauses(kept: Any) -> list[tuple[int, str]]:
    """The pauses to choose from, in their order; one that the API set to something else stands among them."""
    known = dict(PAUSES)
    if isinstance(kept, int) and kept not in known:
        known[kept] = f"At most every {kept:,} minutes" if kept > 1 else "At most every minute"
    return sorted(known.items())


def _end_of(day: Any) -> Any:
    """The end of that day on the person's clock; None for none."""
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day, time.max))


def _form_field(one: Field) -> forms.Field:
    common: dict[str, Any] = {"label": one.label, "help_text": one.help, "required": one.default is None}
    if one.type is FieldType.PERCENT:
        return PercentField(**common)
    if one.type in {FieldType.PRICE, FieldType.MONEY, FieldType.COUNT}:
        return ExactFormField(**common)
    if one.type is FieldType.CHOICE:
        return forms.ChoiceField(choices=one.choices, **common)
    if one.type is FieldType.TARGETS:
        return TargetsField(**common)
    return forms.CharField(max_length=int(one.most or 60), **common)
