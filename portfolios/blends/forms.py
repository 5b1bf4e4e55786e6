"""The form of a blend: a few rows of an instrument and its weight in per cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy

from market.choices import Rebalancing
from market.selectors import BenchmarkView
from market.services import LONGEST_BLEND_NAME, MOST_PARTS, PartDraft
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.fields import ExactFormField
from portfolios.forms.common import RefusableForm, currency_choices, resolve_instrument

ROWS = 4  # at first
HUNDRED = Decimal(100)
_SUGGESTED = {
    "list": "instrument-options",
    "autocomplete": "off",
    "placeholder": "Name, symbol or ISIN",
    "hx-get": reverse_lazy("instrument-options"),
    "hx-trigger": "input changed delay:200ms",
    "hx-target": "#instrument-options",
    "hx-swap": "innerHTML",
}


class BlendForm(RefusableForm):
    """A blend as it is typed.  Rows that are empty count as none; `rows` says how many are shown."""

    name = forms.CharField(max_length=LONGEST_BLEND_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"}), help_text="Such as 60/40.")
    currency = forms.ChoiceField(help_text="Its level is told in it where no other is asked for. Its return follows the portfolio's currency.")
    rebalancing = forms.ChoiceField(
        choices=Rebalancing.choices, label="Back to its weights", help_text="At the close of the last day of each. In between the weights drift."
    )

    def __init__(self, *args: Any, user: Any, rows: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user, self.rows = user, min(max(rows, 1), MOST_PARTS)
        currency: Any = self.fields["currency"]
        currency.choices = currency_choices([str(self.initial.get("currency", ""))])
        for number in range(self.rows):
            self.fields[f"instrument_{number}"] = forms.CharField(
                required=False,
                max_length=240,
                label=f"Instrument of part {number + 1}",
                widget=forms.TextInput(attrs=dict(_SUGGESTED)),
            )
            self.fields[f"weight_{number}"] = ExactFormField(required=False, label=f"Weight of part {number + 1}, per cent")
        self.say_what_is_missing()
        self.places: list[int] = []

    @classmethod
    def initial_of(cls, blend: BenchmarkView) -> dict[str, Any]:
        """What is stored, as it would be typed."""
        typed: dict[str, Any] = {"name": blend.name, "currency": blend.currency, "rebalancing": blend.rebalancing}
        for number, part in enumerate(blend.parts):
            typed[f"instrument_{number}"] = f"{part.symbol} · {part.name}"
            typed[f"weight_{number}"] = plain(part.weight * HUNDRED)
        return typed

    @property
    def lines(self) -> list[tuple[Any, Any]]:
        """The fields of each row."""
        return [(self[f"instrument_{number}"], self[f"weight_{number}"]) for number in range(self.rows)]

    def clean(self) -> dict[str, Any]:
        """`parts`: what was typed in rows that are not empty."""
        values = super().clean() or self.cleaned_data
        parts: list[PartDraft] = []
        self.places = []
        for number in range(self.rows):
            text, weight = values.get(f"instrument_{number}") or "", values.get(f"weight_{number}")
            if f"weight_{number}" in self.errors or not (text or weight is not None):
                continue
            found = resolve_instrument(self._user, text)
            if text and found is None:
                self.add_error(f"instrument_{number}", ValidationError(f"No single instrument is meant by “{text[:40]}”. Choose a suggestion."))
            parts.append(PartDraft(found, None if weight is None else weight / HUNDRED))
            self.places.append(number)
        values["parts"] = parts
        return values

    def wanted(self) -> dict[str, Any]:
        """As services take it."""
        return {name: self.cleaned_data[name] for name in ("name", "currency", "rebalancing", "parts")}

    def refuse(self, problem: DomainError) -> None:
        """Shows each fault at the row it is of."""
        self.renamed = {f"parts.{place}.{name}": f"{name}_{number}" for place, number in enumerate(self.places) for name in ("instrument", "weight")}
        super().refuse(problem)
