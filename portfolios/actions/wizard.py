"""The form of a corporate action: only the fields of the chosen kind, with as many instruments as it needs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone

from portfolio_site.web.fields import ExactFormField
from portfolios.choices import TransactionKind as Kind
from portfolios.forms import LegsForm, currency_choices
from portfolios.forms.legs import SHARE_OF_CASH, instrument_field, legs_initial, named, part_of_one, percent
from portfolios.models import ActionProposal, Portfolio, Transaction
from portfolios.services.drafts import TransactionDraft

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


def _number(label: str, hint: str = "", *, required: bool = False) -> ExactFormField:
    return ExactFormField(label=label, help_text=hint, required=required)


class ActionForm(LegsForm):
    """One corporate action of one kind; `answers` is the proposal whose place it takes."""

    renamed = {"settlement_currency": "settlement", "currency": "settlement"}

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
        self._build(legs)
        self.say_what_is_missing()

    def _build(self, legs: int) -> None:
        today, kind = timezone.localdate(), self.kind_chosen
        choices = [(one.pk, one.name) for one in self.portfolios.values()]
        made: dict[str, Any] = {
            "kind": forms.CharField(widget=forms.HiddenInput, initial=kind.value),
            "proposal": forms.IntegerField(widget=forms.HiddenInput, required=False, initial=self.answers.pk if self.answers else None),
            "form_id": forms.CharField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4().hex),
            "portfolio": forms.TypedChoiceField(choices=choices, coerce=int),
            "instrument": instrument_field("Instrument"),
            "traded_on": forms.DateField(
                label="Date",
                initial=today,
                input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"],
                widget=forms.DateInput(attrs={"type": "date", "max": today.isoformat()}, format="%Y-%m-%d"),
            ),
        }
        made |= self._amounts()
        made |= self.legs_of_form(legs)
        if self.legs_shown:
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
            "cost_share": _number(*SHARE_OF_CASH),
            "taxes": _number("Tax withheld"),
            "fees": _number("Fee"),
            "settlement": paid,
        }

    # ── as the page shows them ──────────────────────────────────────────────

    @property
    def main_fields(self) -> list[forms.BoundField]:
        """What stands two in a row, above the instruments that the units become."""
        passing = {"portfolio", "instrument", "notes", "tags"}
        return [field for field in self.visible_fields() if field.name not in passing and not field.name.startswith("leg")]

    @property
    def tags_field(self) -> forms.BoundField | None:
        return self["tags"] if "tags" in self.fields else None

    # ── checking ────────────────────────────────────────────────────────────

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.find_instrument(cleaned, "instrument")
        return cleaned

    @property
    def chosen(self) -> Portfolio:
        """The portfolio, once the form is valid."""
        return self.portfolios[self.cleaned_data["portfolio"]]

    def draft(self) -> TransactionDraft:
        """What was entered, once the form is valid."""
        names = ("instrument", "traded_on", "quantity", "price", "amount", "fees", "taxes", "ratio_new", "ratio_old")
        found: dict[str, Any] = {name: self.cleaned_data.get(name) for name in names if name in self.fields}
        if "cost_share" in self.fields:
            found["cost_share"] = part_of_one(self.cleaned_data.get("cost_share"))
        if "tags" in self.fields:
            found["tags"] = tuple(tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip())
        if self.cleaned_data.get("settlement"):
            found["settlement_currency"] = self.cleaned_data["settlement"]
        return TransactionDraft(kind=self.kind_chosen.value, legs=self.leg_drafts(), notes=self.cleaned_data["notes"], proposal=self.answers, **found)


def initial_of(model: Transaction) -> dict[str, Any]:
    """The fields of a spin-off, merger or symbol change for another one of today, with its legs; without what belongs to that one alone."""
    return {
        "portfolio": model.portfolio_id,
        "instrument": named(model.instrument),
        "amount": model.amount,
        "cost_share": percent(model.cost_share),
        "taxes": model.taxes,
        "fees": model.fees,
        "settlement": model.settlement_currency,
        "tags": ", ".join(model.tags or ()),
        "notes": model.notes,
        **legs_initial(model),
    }
