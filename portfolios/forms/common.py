"""What the forms of this app share: currencies to choose from, instruments that are meant, and what a service refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from babel.core import Locale
from babel.numbers import get_currency_name
from django import forms
from django.db.models import Q

from market.models import Instrument
from market.selectors import find_instrument, instruments_visible_to
from portfolio_site.kernel.errors import DomainError
from portfolio_site.kernel.money import CURRENCIES

COMMON = ("EUR", "USD", "GBP", "CHF", "JPY", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN")


def currency_choices(first: Iterable[str] = ()) -> list[Any]:
    """The wanted ones and the common ones first, then all others by code."""
    english = Locale("en")
    named = {str(code): f"{code} · {get_currency_name(code, locale=english)}" for code in CURRENCIES}
    common = list(dict.fromkeys(code for code in (*first, *COMMON) if code in named))
    return [("Common", [(code, named[code]) for code in common]), ("All others", [(c, n) for c, n in named.items() if c not in common])]


class RefusableForm(forms.Form):
    """Takes what a service refused back to the fields it names."""

    renamed: Mapping[str, str] = {}

    def say_what_is_missing(self) -> None:
        for field in self.fields.values():
            field.error_messages["required"] = "Choose one." if isinstance(field, forms.ChoiceField) else "Fill this in."

    def field_of(self, name: str) -> str:
        """The field of the form that stands for one of the services."""
        return self.renamed.get(name, name)

    def refuse(self, problem: DomainError) -> None:
        if not problem.errors:
            self.add_error(None, problem.detail)
        for error in problem.errors:
            name = self.field_of(error.field)
            self.add_error(name if name in self.fields else None, error.detail)


def resolve_instrument(user: Any, text: str) -> Instrument | None:
    """The one instrument that a person means: “AAPL · Apple” as suggested, a symbol, an ISIN, or a name that only one has."""
    text = text.strip()
    if not text:
        return None
    symbol, _, name = text.partition(" · ")
    visible = instruments_visible_to(user)
    if name:
        exact: list[Instrument] = list(visible.filter(symbol__iexact=symbol.strip(), name__iexact=name.strip())[:2])
        if len(exact) == 1:
            return exact[0]
    found = find_instrument(user, symbol=symbol, isin=text)
    if found is not None:
        return found
    named: list[Instrument] = list(visible.filter(Q(name__iexact=text))[:2]) or list(visible.matching(text)[:2])
    return named[0] if len(named) == 1 else None
