"""The form of a transfer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone

from market.models import Instrument
from portfolio_site.web.fields import ExactFormField
from portfolios.choices import CostMethod
from portfolios.forms import LotChoiceForm, resolve_instrument
from portfolios.forms.entry_fields import REFRESHES
from portfolios.models import Portfolio
from portfolios.transfers.services import TransferDraft


class TransferForm(LotChoiceForm):
    """Units that go from one portfolio to another; the lots to choose from are those of the portfolio that they leave."""

    renamed = {"traded_on": "day", "traded_at": "day", "settlement_currency": "fees", "kind": "", "lots": "", "method": ""}
    day_name = "day"
    lots_rest = "What you leave open goes by the cost method of the portfolio that the units leave."

    form_id = forms.CharField(widget=forms.HiddenInput, required=False)
    source = forms.TypedChoiceField(label="From", coerce=int)
    target = forms.TypedChoiceField(label="To", coerce=int)
    instrument = forms.CharField(
        max_length=240, widget=forms.TextInput(attrs={"list": "instrument-options", "autocomplete": "off", "placeholder": "Name, symbol or ISIN"})
    )
    quantity = ExactFormField(label="Units")
    day = forms.DateField(label="Date", input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"])
    fees = ExactFormField(label="Fee", required=False, help_text="Paid from the portfolio that the units leave; no part of their cost.")
    notes = forms.CharField(label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, user: Any, portfolios: Sequence[Portfolio], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.portfolios = user, {one.pk: one for one in portfolios}
        choices: Any = [(one.pk, one.name) for one in portfolios]
        for name in ("source", "target"):
            field: Any = self.fields[name]
            field.choices = choices
        today = timezone.localdate()
        self.fields["day"].widget = forms.DateInput(attrs={"type": "date", "max": today.isoformat()}, format="%Y-%m-%d")
        if not self.is_bound:
            first = next(iter(self.portfolios), None)
            source = self.initial.setdefault("source", first)
            self.initial.setdefault("target", next((pk for pk in self.portfolios if pk != source), first))
            self.initial.setdefault("day", today)
            self.initial.setdefault("form_id", uuid.uuid4().hex)
            given = self.initial.get("instrument")
            if isinstance(given, Instrument):
                self.initial["instrument"] = f"{given.symbol} · {given.name}"
        for name in ("source", "instrument", "day"):
            self.fields[name].widget.attrs["class"] = REFRESHES
        self.fields |= self._offer_lots(self.leaves, self._present_instrument()) if self.leaves is not None else {}
        self.say_what_is_missing()

    @property
    def leaves(self) -> Portfolio | None:
        """The portfolio that stands in the form as the source; None where it is none of the person's."""
        return next((one for pk, one in self.portfolios.items() if str(pk) == str(self._present("source"))), None)

    def _present_instrument(self) -> Instrument | None:
        given = self._present("instrument")
        return resolve_instrument(self.user, str(given)[:200]) if given else None

    @property
    def lots_open(self) -> bool:
        return (self.leaves is not None and self.leaves.cost_method == CostMethod.SPECIFIC) or self.any_lot_typed

    def keep_typing(self) -> None:
        """The page keeps what is typed at the lots: an answer is older than what was typed while it was on its way."""
        for _, _, field in self.lot_fields:
            field.field.widget.attrs["hx-preserve"] = "true"

    def clean_instrument(self) -> Instrument | None:
        text = self.cleaned_data["instrument"]
        found = resolve_instrument(self.user, text)
        if found is None:
            raise forms.ValidationError(f"No single instrument is meant by “{text[:40]}”. Choose one from the list.")
        return found

    @property
    def chosen(self) -> tuple[Portfolio, Portfolio]:
        """Source and target, once the form is valid."""
        return self.portfolios[self.cleaned_data["source"]], self.portfolios[self.cleaned_data["target"]]

    def draft(self) -> TransferDraft:
        """What was entered, once the form is valid."""
        names = ("instrument", "quantity", "day", "fees", "notes")
        fees_currency = self.chosen[0].base_currency if self.cleaned_data["fees"] else ""
        return TransferDraft(fees_currency=fees_currency, lots=self.named_lots(), **{name: self.cleaned_data[name] for name in names})
