"""The form of a transfer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone

from market.models import Instrument
from portfolio_site.web.fields import ExactFormField
from portfolios.forms import RefusableForm, resolve_instrument
from portfolios.models import Portfolio
from portfolios.transfers.services import TransferDraft


class TransferForm(RefusableForm):
    """Units that go from one portfolio to another."""

    renamed = {"traded_on": "day", "traded_at": "day", "settlement_currency": "fees", "kind": ""}

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
        self.say_what_is_missing()

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
        return TransferDraft(fees_currency=fees_currency, **{name: self.cleaned_data[name] for name in names})
