"""The form of an exchange rate of one's own.  It reads; the service decides."""

from __future__ import annotations

from django import forms

from market.forms.common import show
from market.forms.own import currency_choices
from market.providers.base import RateRow
from market.selectors.rates import OWN_SOURCE
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.fields import ExactFormField


class RateForm(forms.Form):
    """The rate of one day."""

    base = forms.ChoiceField(choices=currency_choices, label="One unit of")
    quote = forms.ChoiceField(choices=currency_choices, label="is worth, in")
    day = forms.DateField(label="Date", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    rate = ExactFormField(label="Rate", help_text="A day that has a rate of yours gets this one.")

    def rows(self) -> list[RateRow]:
        given = self.cleaned_data
        return [RateRow(given["base"], given["quote"], given["day"], given["rate"], OWN_SOURCE)]

    def refuse(self, problem: DomainError) -> None:
        show(self, problem, {"rates.0.base": "base", "rates.0.quote": "quote", "rates.0.date": "day", "rates.0.rate": "rate"})
