"""The form of one entry: it reads what was typed and says which fields there are; services judge."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone

from market.models import Instrument
from portfolio_site.kernel.money import CURRENCIES
from portfolio_site.web.fields import ExactFormField
from portfolios.choices import TransactionKind
from portfolios.forms.common import COMMON, RefusableForm, currency_choices, resolve_instrument
from portfolios.kinds import RULES
from portfolios.models import Portfolio, Transaction
from portfolios.services import TransactionDraft

Kind = TransactionKind
REFRESHES = "refreshes"  # controls whose change alters labels, hints and the fields that are there
_CASH_KINDS = (Kind.INTEREST, Kind.FEE, Kind.TAX, Kind.DEPOSIT, Kind.WITHDRAWAL)


def _number(label: str, hint: str = "", *, required: bool = False) -> ExactFormField:
    return ExactFormField(label=label, help_text=hint, required=required)


def _day(label: str, *, required: bool = True, hint: str = "", extra: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date", "max": timezone.localdate().isoformat(), "class": extra}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=hint, widget=widget, input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"])


class TransactionForm(RefusableForm):
    """One entry of one kind.  Only the fields of that kind are there; labels name the currencies of what is chosen."""

    renamed = {"kind": "", "currency": "settlement", "settlement_currency": "settlement", "traded_at": "traded_on"}

    def __init__(
        self, *args: Any, user: Any, kind: str, portfolios: Sequence[Portfolio], portfolio: Portfolio, entry: Transaction | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.kind_chosen, self.portfolio, self.entry = user, Kind(kind), portfolio, entry
        self.rule, self.base = RULES[kind], portfolio.base_currency
        self.chosen = self._present_instrument()
        self.settlement = self._present_settlement()
        self._build(portfolios)

    # ── what is chosen now, before anything is checked ──────────────────────

    def _present(self, name: str) -> Any:
        if self.is_bound:
            return self.data.get(name)
        return self.initial.get(name)

    def _present_instrument(self) -> Instrument | None:
        given = self._present("instrument")
        if isinstance(given, Instrument):
            self.initial["instrument"] = f"{given.symbol} · {given.name}"
            return given
        return resolve_instrument(self.user, str(given)[:200]) if given else None

    def _present_settlement(self) -> str:
        given = str(self._present("settlement") or "")
        return given if given in self._settlements() else self._settlements()[0]

    def _settlements(self) -> list[str]:
        """Currencies that the entry may be paid in, the likely one first."""
        if self.kind_chosen in _CASH_KINDS:
            return list(dict.fromkeys([self.base, *COMMON, *map(str, CURRENCIES)]))
        own = [self.entry.settles_in] if self.entry else []
        quoted = [self.chosen.currency] if self.chosen else []
        return list(dict.fromkeys([*own, *([self.base, *quoted] if self.kind_chosen != Kind.TRANSFER_IN else [*quoted, self.base])]))

    # ── fields ──────────────────────────────────────────────────────────────

    def _build(self, portfolios: Sequence[Portfolio]) -> None:
        made: dict[str, Any] = {"kind": forms.CharField(widget=forms.HiddenInput, required=self.entry is None, initial=self.kind_chosen.value)}
        if self.entry is None:
            made["form_id"] = forms.CharField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4().hex)
            choices = [(one.pk, one.name) for one in portfolios]
            widget = forms.Select(attrs={"class": REFRESHES})
            made["portfolio"] = forms.TypedChoiceField(choices=choices, coerce=int, initial=self.portfolio.pk, widget=widget)
        if self.rule.instrument:
            made["instrument"] = self._instrument_field()
        made["traded_on"] = _day("Date", extra=REFRESHES)
        made |= self._amounts()
        if self._pays():
            if len(self._settlements()) > 1:
                made["settlement"] = self._settlement_field()
            if self._crosses():
                made["fx_rate"] = _number(f"Rate, 1 {self._from()} in {self.base}", "The day’s reference rate, if you leave it empty.")
        made["notes"] = forms.CharField(label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))
        self.fields = made
        self.say_what_is_missing()
        if not self.is_bound:
            self.initial.setdefault("traded_on", timezone.localdate())
            self.initial.setdefault("settlement", self.settlement)

    def _instrument_field(self) -> forms.Field:
        attrs = {"list": "instrument-options", "autocomplete": "off", "placeholder": "Name, symbol or ISIN", "class": REFRESHES}
        optional = self.rule.instrument == "optional"
        field = forms.CharField(label="Instrument", required=not optional, max_length=240, widget=forms.TextInput(attrs=attrs))
        if optional:
            field.help_text = "Where it belongs to one holding; else leave it empty."
        return field

    def _settlement_field(self) -> forms.Field:
        label = (
            "Currency"
            if self.kind_chosen in _CASH_KINDS or self.kind_chosen == Kind.TRANSFER_IN
            else "Paid out in"
            if self.rule.direction > 0
            else "Paid in"
        )
        choices: Any = currency_choices([self.base]) if self.kind_chosen in _CASH_KINDS else [(code, code) for code in self._settlements()]
        # without script the first form of a purchase has no such field yet: the likely currency stands in
        return forms.ChoiceField(label=label, choices=choices, required=False, widget=forms.Select(attrs={"class": REFRESHES}))

    def _pays(self) -> bool:
        return self.rule.moves_cash and self.kind_chosen != Kind.TRANSFER_OUT

    def _from(self) -> str:
        """The currency that the rate leads from."""
        return self.settlement if self.settlement != self.base else self.chosen.currency if self.chosen else self.base

    @property
    def rate_pair(self) -> tuple[str, str]:
        """(currency, base): the rate that the field `fx_rate` means is units of base for one unit of currency."""
        return self._from(), self.base

    def _crosses(self) -> bool:
        return self._from() != self.base

    def _amounts(self) -> Mapping[str, forms.Field]:
        kind, paid = self.kind_chosen, self.settlement
        quoted = f", {self.chosen.currency}" if self.chosen else ""
        if kind == Kind.SPLIT:
            return {"ratio_new": _number("New units", "4 for 4:1", required=True), "ratio_old": _number("For old units", "1 for 4:1", required=True)}
        if kind == Kind.TRANSFER_OUT:
            return {"quantity": _number("Units", required=True)}
        if kind == Kind.TRANSFER_IN:
            return {
                "quantity": _number("Units", required=True),
                "price": _number(f"Cost of one unit{quoted}", required=True),
                "acquired_on": _day("Bought on", required=False, hint="The day of transfer, if you leave it empty."),
            }
        costs = {"fees": _number(f"Fee, {paid}"), "taxes": _number(f"Tax{' withheld' if self.rule.direction > 0 else ''}, {paid}")}
        if kind in {Kind.BUY, Kind.SELL}:
            total = {"amount": _number(f"Total, {paid}", "What moved on the account, after fee and tax.")} if self._keeps_amount() else {}
            return {"quantity": _number("Units", required=True), "price": _number(f"Price per unit{quoted}", required=not total), **costs, **total}
        if kind == Kind.DIVIDEND:
            known = self.entry is not None and self.entry.price is not None
            each = {"quantity": _number("Units"), "price": _number(f"For each unit{quoted}")} if known else {}
            amount = {"amount": _number(f"Amount paid out, {paid}", "After tax and fee, as it arrived.", required=not known)}
            fee = {"fees": costs["fees"]} if self.entry and self.entry.fees else {}
            return {**each, **amount, "taxes": costs["taxes"], **fee}
        fields = {"amount": _number(f"Amount, {paid}", required=True)}
        if kind == Kind.INTEREST:
            fields["taxes"] = costs["taxes"]
        return fields

    def _keeps_amount(self) -> bool:
        """An amount that was recorded beside the price is shown, so that it can be corrected."""
        return self.entry is not None and self.entry.amount is not None

    # ── as the page shows them ──────────────────────────────────────────────

    def keep_typing(self) -> None:
        """The page keeps the inputs that it has: an answer is older than what was typed while it was on its way.

        Choices are not kept, since what there is to choose depends on the instrument.
        """
        for field in self.fields.values():
            if not field.widget.is_hidden and not isinstance(field, forms.ChoiceField):
                field.widget.attrs["hx-preserve"] = "true"

    @property
    def instrument_field(self) -> forms.BoundField | None:
        return self["instrument"] if "instrument" in self.fields else None

    @property
    def grid_fields(self) -> list[forms.BoundField]:
        """What stands two in a row: everything but the instrument and the note."""
        return [field for field in self.visible_fields() if field.name not in {"instrument", "notes"}]

    # ── checking ────────────────────────────────────────────────────────────

    def clean_kind(self) -> str:
        """The type of a recorded entry stays what it is, whatever is sent."""
        given: str = self.cleaned_data["kind"]
        if self.entry is None and given != self.kind_chosen:
            raise forms.ValidationError(f"“{given[:20]}” is not a type of transaction. Choose one of the types above.")
        return self.kind_chosen.value

    def clean_settlement(self) -> str:
        return self.cleaned_data["settlement"] or self.settlement

    def clean_instrument(self) -> Instrument | None:
        text = self.cleaned_data.get("instrument", "")
        if not text:
            return None
        if self.chosen is None:
            raise forms.ValidationError(f"No single instrument is meant by “{text[:40]}”. Choose one from the list, or make your own in the market.")
        return self.chosen

    def draft(self) -> TransactionDraft:
        """What was entered, once it is valid."""
        return TransactionDraft(**{"kind": self.kind_chosen.value, "traded_on": None, **self.values()})

    def values(self) -> dict[str, Any]:
        """By the names of TransactionDraft: what the fields of this kind say."""
        names = ("instrument", "traded_on", "quantity", "price", "amount", "fees", "taxes", "fx_rate", "ratio_new", "ratio_old", "acquired_on")
        found: dict[str, Any] = {name: self.cleaned_data.get(name) for name in names if name in self.fields}
        found["notes"] = self.cleaned_data.get("notes", "")
        if "settlement" in self.fields:
            chosen = self.cleaned_data.get("settlement") or self.settlement
            priced = self.chosen is not None and found.get("price") is not None
            found["currency"] = self.chosen.currency if priced and self.chosen else chosen
            found["settlement_currency"] = "" if chosen == found["currency"] else chosen
        return found


def initial_of(entry: Transaction) -> dict[str, Any]:
    """The fields of a recorded entry, as the form shows them."""
    own_rate = entry.fx_source == "own"
    return {
        "instrument": entry.instrument,
        "traded_on": entry.traded_on,
        "quantity": entry.quantity,
        "price": entry.price,
        "amount": entry.amount,
        "fees": entry.fees,
        "taxes": entry.taxes,
        "settlement": entry.settles_in,
        "fx_rate": entry.fx_rate if own_rate else None,
        "ratio_new": entry.ratio_new,
        "ratio_old": entry.ratio_old,
        "acquired_on": entry.acquired_on,
        "notes": entry.notes,
    }
