"""The form of a statement: what the ledger says of the day, to be corrected to what the statement says, and empty rows for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from market.models import Instrument
from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.web.fields import ExactFormField
from portfolios.forms.common import RefusableForm, currency_choices, resolve_instrument
from portfolios.models import Portfolio
from portfolios.reconciling.reading import Stated, read_statement
from portfolios.reconciling.shapes import Present

MORE_POSITIONS, MORE_CASH = 4, 2


@dataclass(frozen=True, slots=True)
class PresentRow:
    """A holding or balance that the ledger has, with the field for what the statement says."""

    name: str
    note: str
    here: Decimal
    currency: str
    field: forms.BoundField


class StatementForm(RefusableForm):
    """Names: `p12` units of the instrument 12, `cEUR` the balance of euros, `name0`/`units0` and `code0`/`amount0` what is new."""

    renamed = {"positions": ""}

    def __init__(self, *args: Any, user: Any, portfolio: Portfolio, present: Present, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.portfolio, self.present = user, portfolio, present
        today = timezone.localdate().isoformat()
        day = forms.DateField(
            label="Statement of the end of",
            widget=forms.DateInput(attrs={"type": "date", "max": today}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"],
            initial=present.day,
        )
        self.fields["day"] = day
        for view, quantity in present.positions:
            self.fields[f"p{view.id}"] = ExactFormField(label=f"Units of {view.name}", required=False, initial=quantity)
        for number in range(MORE_POSITIONS):
            widget = forms.TextInput(
                attrs={"list": "instrument-options", "autocomplete": "off", "placeholder": "Name, symbol or ISIN", "class": "input"}
            )
            self.fields[f"name{number}"] = forms.CharField(label="Another holding", required=False, max_length=240, widget=widget)
            self.fields[f"units{number}"] = ExactFormField(label="Its units", required=False)
        for code, amount in present.cash if portfolio.tracks_cash else ():
            self.fields[f"c{code}"] = ExactFormField(label=f"Cash in {code}", required=False, initial=amount)
        for number in range(MORE_CASH if portfolio.tracks_cash else 0):
            choice = forms.ChoiceField(label="Another currency", required=False)
            choice.choices = [("", "Currency"), *currency_choices([portfolio.base_currency])]
            self.fields[f"code{number}"] = choice
            self.fields[f"amount{number}"] = ExactFormField(label="Its balance", required=False)
        self.say_what_is_missing()

    # ── as the page shows them ──────────────────────────────────────────────

    def position_rows(self) -> Iterator[PresentRow]:
        for view, quantity in self.present.positions:
            yield PresentRow(view.name, view.symbol, quantity, "", self[f"p{view.id}"])

    def cash_rows(self) -> Iterator[PresentRow]:
        for code, amount in self.present.cash if self.portfolio.tracks_cash else ():
            yield PresentRow(code, "", amount, code, self[f"c{code}"])

    def new_positions(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        return ((self[f"name{number}"], self[f"units{number}"]) for number in range(MORE_POSITIONS))

    def new_cash(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        return ((self[f"code{number}"], self[f"amount{number}"]) for number in range(MORE_CASH if self.portfolio.tracks_cash else 0))

    # ── reading ─────────────────────────────────────────────────────────────

    def clean(self) -> dict[str, Any]:
        for number in range(MORE_POSITIONS):
            name, units = self.cleaned_data.get(f"name{number}", ""), self.cleaned_data.get(f"units{number}")
            if name and resolve_instrument(self.user, name) is None:
                self.add_error(f"name{number}", f"No single instrument is meant by “{name[:40]}”. Choose one from the list.")
            elif name and units is None and f"units{number}" not in self.errors:
                self.add_error(f"units{number}", "Enter the units of it.")
            elif units is not None and not name:
                self.add_error(f"name{number}", "Say what it is.")
        for number in range(MORE_CASH if self.portfolio.tracks_cash else 0):
            code, amount = self.cleaned_data.get(f"code{number}"), self.cleaned_data.get(f"amount{number}")
            if bool(code) != (amount is not None) and f"amount{number}" not in self.errors:
                self.add_error(f"code{number}" if amount is not None else f"amount{number}", "Enter both, the currency and its balance.")
        return self.cleaned_data

    def stated(self) -> Stated:
        """What was entered, once it is valid.  A field that was emptied is not on the statement."""
        values = self.cleaned_data
        known = Instrument.objects.in_bulk([view.id for view, _ in self.present.positions])
        positions = [(known[view.id], values[f"p{view.id}"]) for view, _ in self.present.positions if values.get(f"p{view.id}") is not None]
        for number in range(MORE_POSITIONS):
            found = resolve_instrument(self.user, values.get(f"name{number}", ""))
            if found is not None and values.get(f"units{number}") is not None:
                positions.append((found, values[f"units{number}"]))
        cash = {code: values[f"c{code}"] for code, _ in self.present.cash if values.get(f"c{code}") is not None}
        for number in range(MORE_CASH):
            if values.get(f"code{number}") and values.get(f"amount{number}") is not None:
                cash[values[f"code{number}"]] = values[f"amount{number}"]
        return Stated(tuple(positions), cash)


class LinesForm(RefusableForm):
    """The same as text: pasted, or a file."""

    renamed = {"positions": ""}

    day = forms.DateField(widget=forms.HiddenInput, input_formats=["%Y-%m-%d"])
    lines = forms.CharField(
        label="Lines",
        required=False,
        max_length=1_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "placeholder": "ASML;12.5\nNL0010273215;12.5\nEUR;1,204.30"}),
        help_text="Symbol or ISIN and units on each line, or a currency and its balance.",
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        max_length=255,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
    )

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("lines", "").strip() and not self.cleaned_data.get("file"):
            self.add_error("lines", "Paste the lines of the statement, or choose a file.")
        return self.cleaned_data

    def stated(self, user: Any, held: list[Instrument]) -> Stated:
        """What the lines say.  Raises Invalid."""
        file = self.cleaned_data.get("file")
        return read_statement(user, file.read() if file else self.cleaned_data["lines"], held)


def day_of(text: str) -> date:
    """The day that stands in the address; today where there is none, or one that no statement can have."""
    today = timezone.localdate()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if EARLIEST <= day <= today else today
