"""The form in which a person sets what is too much in one place.  It reads; the service decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from analytics.choices import Check
from analytics.selectors import Limit
from analytics.services import LimitDraft
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web import writing
from portfolio_site.web.fields import ExactFormField


class LimitsForm(forms.Form):
    """A threshold in percent and a switch for each check."""

    def __init__(self, data: Any = None, *, limits: Sequence[Limit]) -> None:
        first: dict[str, Any] = {}
        for limit in limits:
            first[f"percent_{limit.check}"] = writing.typed(limit.threshold.scaleb(2).normalize())
            first[f"on_{limit.check}"] = limit.is_on
        super().__init__(data, initial=first)
        for check in Check:
            widget = forms.TextInput(attrs={"inputmode": "decimal", "size": 6, "aria-label": f"{check.label}, percent"})
            self.fields[f"percent_{check}"] = ExactFormField(required=True, widget=widget, label=f"{check.label}, percent")
            self.fields[f"on_{check}"] = forms.BooleanField(required=False, label=check.label)

    def drafts(self) -> dict[str, LimitDraft]:
        """What is wanted of each check."""
        return {
            check.value: LimitDraft(self.cleaned_data[f"percent_{check}"].scaleb(-2).normalize(), self.cleaned_data[f"on_{check}"]) for check in Check
        }

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The switch and the threshold of each check."""
        return [(self[f"on_{check}"], self[f"percent_{check}"]) for check in Check]

    def refuse(self, problem: DomainError) -> None:
        for error in problem.errors:
            self.add_error(f"percent_{error.field}" if error.field in Check.values else None, error.detail)
