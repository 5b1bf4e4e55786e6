"""The form of a corporate action: only the fields of the chosen kind, with as many instruments as it needs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from market.models import Instrument
from portfolio_site.kernel.decimals import EXACT
from portfolio_site.web.fields import ExactFormField
from portfolios.choices import TransactionKind as Kind
from portfolios.forms import RefusableForm, currency_choices, resolve_instrument
from portfolios.models import ActionProposal, Portfolio, Transaction
from portfolios.selectors.rows import legs_of
from portfolios.services.drafts import LegDraft, TransactionDraft
from portfolios.services.drafts.legs import MOST_LEGS

KINDS = (Kind.SPLIT, Kind.SPIN_OFF, Kind.MERGER, Kind.SYMBOL_CHANGE, Kind.STOCK_DIVIDEND, Kind.RETURN_OF_CAPITAL, Kind.RIGHTS)
SAID: dict[str, str] = {
    Kind.SPLIT: "Each unit becomes several, or several become one. Cost and dates stay.",
    Kind.SPIN_OFF: "New units of another company come on top; a share of the cost goes with them, dates stay. Also for rights that are handed out.",
    Kind.MERGER: "The units become shares of another company, cash, or both. Also for rights that are exercised, with cash below zero.",
    Kind.SYMBOL_CHANGE: "The same units under another name, with all their cost and dates.",
    Kind.STOCK_DIVIDEND: "Further units of the same company, without payment; the cost is spread over all.",
    Kind.RETURN_OF_CAPITAL: "Money that is paid back out of what the units cost: it lowers the cost, and is a gain below zero.",
    Kind.RIGHTS: "New units bought with rights, at the price of the offer.",
}
WITH_LEGS = (Kind.SPIN_OFF, Kind.MERGER, Kind.SYMBOL_CHANGE)
_RENAMED = {"settlement_currency": "settlement", "currency": "settlement"}
_PART = ("instrument", "new", "old", "share", "fraction", "cash")
_OWN_FIELDS = {"instrument": "instrument", "ratio_new": "new", "ratio_old": "old", "cost_share": "share", "fraction": "fraction", "cash": "cash"}


def _number(label: str, hint: str = "", *, required: bool = False) -> ExactFormField:
    return ExactFormField(label=label, help_text=hint, required=required)


def _instrument(label: str, *, required: bool = True) -> forms.CharField:
    attrs = {"list": "instrument-options", "autocomplete": "off", "placeholder": "Name, symbol or ISIN"}
    return forms.CharField(label=label, required=required, max_length=240, widget=forms.TextInput(attrs=attrs))


class ActionForm(RefusableForm):
    """One corporate action of one kind; `answers` is the proposal whose place it takes."""

    def __init__(
        self,
        *args: Any,
        user: Any,
        kind: str,
        portfolios: Sequence[Portfolio],
        legs: int = 1,
        proposal: ActionProposal | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.kind_chosen, self.portfolios, self.answers = user, Kind(kind), {one.pk: one for one in portfolios}, proposal
        self.legs_shown = min(max(legs, 1), MOST_LEGS) if self.kind_chosen in WITH_LEGS else 0
        if self.kind_chosen == Kind.SYMBOL_CHANGE:
            self.legs_shown = 1
        self._build()
        self.say_what_is_missing()

    def _build(self) -> None:
        today, kind = timezone.localdate(), self.kind_chosen
        choices = [(one.pk, one.name) for one in self.portfolios.values()]
        made: dict[str, Any] = {
            "kind": forms.CharField(widget=forms.HiddenInput, initial=kind.value),
            "legs": forms.IntegerField(widget=forms.HiddenInput, required=False, initial=self.legs_shown),
            "proposal": forms.IntegerField(widget=forms.HiddenInput, required=False, initial=self.answers.pk if self.answers else None),
            "form_id": forms.CharField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4().hex),
            "portfolio": forms.TypedChoiceField(choices=choices, coerce=int),
            "instrument": _instrument("Instrument"),
            "traded_on": forms.DateField(
                label="Date",
                initial=today,
                input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"],
                widget=forms.DateInput(attrs={"type": "date", "max": today.isoformat()}, format="%Y-%m-%d"),
            ),
        }
        made |= self._amounts()
        for place in range(self.legs_shown):
            made |= self._leg(place)
        if kind in WITH_LEGS:
            made["tags"] = forms.CharField(label="Tags", required=False, max_length=500, help_text="Parted by commas.")
        made["notes"] = forms.CharField(label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))
        self.fields = made

    def _amounts(self) -> dict[str, forms.Field]:
        kind = self.kind_chosen
        if kind == Kind.SPLIT:
            return {
                "ratio_new": _number("New units", "4 for 4:1", required=True),
                "ratio_old": _number("For old units", "1 for 4:1", required=True),
                "quantity": _number("Fraction paid in cash", "Units after the split, such as 0.5."),
                "amount": _number("Cash for the fraction"),
            }
        if kind == Kind.STOCK_DIVIDEND:
            return {"quantity": _number("New units", required=True), "amount": _number("Taxed worth", "Only where it counts as income.")}
        if kind == Kind.RETURN_OF_CAPITAL:
            return {"amount": _number("Amount paid back", "After tax, as it arrived.", required=True), "taxes": _number("Tax withheld")}
        if kind == Kind.RIGHTS:
            return {"quantity": _number("New units", required=True), "price": _number("Price per unit", required=True), "fees": _number("Fee")}
        if kind == Kind.SYMBOL_CHANGE:
            return {}
        cash = _number("Cash for all units", "Below zero where you paid on top." if kind == Kind.MERGER else "")
        paid: Any = forms.ChoiceField(label="Money in", required=False)
        paid.choices = [("", "The currency of the instrument"), *currency_choices(())]
        return {
            "amount": cash,
            "cost_share": _number("Share of the cost it stands for, %", "Only with cash."),
            "taxes": _number("Tax withheld"),
            "fees": _number("Fee"),
            "settlement": paid,
        }

    def _leg(self, place: int) -> dict[str, forms.Field]:
        first = place == 0 and self.kind_chosen != Kind.MERGER
        label = {Kind.SYMBOL_CHANGE: "New instrument", Kind.SPIN_OFF: "New units of", Kind.MERGER: "Becomes"}[self.kind_chosen]
        fields: dict[str, forms.Field] = {f"leg{place}_instrument": _instrument(label, required=first)}
        fields[f"leg{place}_new"] = _number("New units", "1 for 1:2", required=first)
        fields[f"leg{place}_old"] = _number("For old units", "2 for 1:2", required=first)
        if self.kind_chosen != Kind.SYMBOL_CHANGE:
            hint = "From the company’s notice, such as 12.5." if self.kind_chosen == Kind.SPIN_OFF else "Empty: what the others leave."
            fields[f"leg{place}_share"] = _number("Share of the cost, %", hint, required=first)
            fields[f"leg{place}_fraction"] = _number("Fraction paid in cash", "Of the new units, such as 0.5.")
            fields[f"leg{place}_cash"] = _number("Cash for the fraction")
        for name in ("new", "old"):
            fields[f"leg{place}_{name}"].initial = "1" if self.kind_chosen == Kind.SYMBOL_CHANGE else None
        return fields

    # ── as the page shows them ──────────────────────────────────────────────

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """What stands two in a row, above the instruments that the units become."""
        passing = {"portfolio", "instrument", "notes", "tags"}
        return [field for field in self.visible_fields() if field.name not in passing and not field.name.startswith("leg")]

    @property
    def leg_fields(self) -> list[list[forms.BoundField]]:
        """For each further instrument: its field first, then its numbers."""
        return [[field for field in self.visible_fields() if field.name.startswith(f"leg{place}_")] for place in range(self.legs_shown)]

    @property
    def tags_field(self) -> forms.BoundField | None:
        return self["tags"] if "tags" in self.fields else None

    @property
    def can_add(self) -> bool:
        return self.kind_chosen in (Kind.SPIN_OFF, Kind.MERGER) and self.legs_shown < MOST_LEGS

    def refuse(self, problem: Any) -> None:
        """“legs.1.cost_share” stands at the field of the second instrument."""
        for error in problem.errors or ():
            head, _, rest = error.field.partition(".")
            place, _, name = rest.partition(".")
            field = f"leg{place}_{_OWN_FIELDS.get(name, name)}" if head == "legs" and place else _RENAMED.get(error.field, error.field)
            self.add_error(field if field in self.fields else None, error.detail)
        if not problem.errors:
            self.add_error(None, problem.detail)

    # ── checking ────────────────────────────────────────────────────────────

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("instrument", *(f"leg{place}_instrument" for place in range(self.legs_shown))):
            text = data.get(name)
            if not text or isinstance(text, Instrument):
                continue
            found = resolve_instrument(self.user, text)
            if found is None:
                self.add_error(name, f"No single instrument is meant by “{text[:40]}”. Choose one from the list, or make your own in the market.")
            data[name] = found
        return data

    @property
    def chosen(self) -> Portfolio:
        """The portfolio, once the form is valid."""
        return self.portfolios[self.cleaned_data["portfolio"]]

    def draft(self) -> TransactionDraft:
        """What was entered, once the form is valid."""
        names = ("instrument", "traded_on", "quantity", "price", "amount", "fees", "taxes", "ratio_new", "ratio_old")
        found: dict[str, Any] = {name: self.cleaned_data.get(name) for name in names if name in self.fields}
        if "cost_share" in self.fields:
            found["cost_share"] = _part_of_one(self.cleaned_data.get("cost_share"))
        if "tags" in self.fields:
            found["tags"] = tuple(tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip())
        if self.cleaned_data.get("settlement"):
            found["settlement_currency"] = self.cleaned_data["settlement"]
        legs = tuple(leg for place in range(self.legs_shown) if (leg := self._leg_draft(place)) is not None)
        return TransactionDraft(kind=self.kind_chosen.value, legs=legs, notes=self.cleaned_data["notes"], proposal=self.answers, **found)

    def _leg_draft(self, place: int) -> LegDraft | None:
        values = {name: self.cleaned_data.get(f"leg{place}_{name}") for name in _PART}
        if not any(values.values()):
            return None
        return LegDraft(
            instrument=values["instrument"],
            ratio_new=values["new"],
            ratio_old=values["old"],
            cost_share=_part_of_one(values["share"]),
            fraction=values["fraction"],
            cash=values["cash"],
        )


def initial_of(model: Transaction) -> dict[str, Any]:
    """The fields of a spin-off, merger or symbol change for another one of today, with its legs; without what belongs to that one alone."""
    legs = legs_of(model)
    fields: dict[str, Any] = {
        "portfolio": model.portfolio_id,
        "instrument": _named(model.instrument),
        "amount": model.amount,
        "cost_share": _percent(model.cost_share),
        "taxes": model.taxes,
        "fees": model.fees,
        "settlement": model.settlement_currency,
        "tags": ", ".join(model.tags or ()),
        "notes": model.notes,
        "legs": max(len(legs), 1),
    }
    for place, leg in enumerate(legs):
        told = {
            "instrument": _named(leg.instrument),
            "new": leg.ratio_new,
            "old": leg.ratio_old,
            "share": _percent(leg.cost_share),
            "fraction": leg.fraction,
            "cash": leg.cash,
        }
        fields |= {f"leg{place}_{name}": value for name, value in told.items()}
    return fields


def _named(instrument: Instrument | None) -> str:
    return f"{instrument.symbol} · {instrument.name}" if instrument is not None else ""


def _percent(part: Decimal | None) -> Decimal | None:
    return None if part is None else EXACT.multiply(part, Decimal(100))


def _part_of_one(percent: Decimal | None) -> Decimal | None:
    return None if percent is None else EXACT.divide(percent, Decimal(100))
