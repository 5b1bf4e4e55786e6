"""Forms of the import pages.  They read; services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from portfolio_site.kernel.money import CURRENCIES
from portfolio_site.web.times import currency_name
from portfolios.choices import TransactionKind
from portfolios.importers import Layout
from portfolios.importers.generic_names import FIELDS

SKIP = "skip"


class UploadForm(forms.Form):
    """A statement, and where it goes."""

    portfolio = forms.ChoiceField(label="Into the portfolio")
    file = forms.FileField(
        label="Statement", max_length=255, allow_empty_file=True, widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"})
    )

    def __init__(self, *args: Any, portfolios: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["portfolio"].choices = [(str(each.pk), f"{each.name} ({each.base_currency})") for each in portfolios]  # type: ignore[attr-defined]


def kind_choices() -> list[tuple[str, str]]:
    """What a type of a file can mean."""
    return [*((kind.value, str(kind.label)) for kind in TransactionKind), (SKIP, "Skip these rows")]


def currency_choices() -> list[tuple[str, str]]:
    return [(code, f"{code} · {currency_name(code)}") for code in CURRENCIES]


def layout_from(data: QueryDict, types: list[str]) -> Layout:
    """The answers of the columns page.  What is not among the choices is left to the service to refuse."""
    columns = {field: data.get(f"field-{field}", "")[:300] for field in FIELDS if data.get(f"field-{field}")}
    meanings = {text: data.get(f"type-{place}", "")[:20] for place, text in enumerate(types)}
    day = data.get("day_first", "")
    return Layout(
        columns=columns,
        types=meanings,
        decimals=data.get("decimals", "")[:10],
        day_first={"day": True, "month": False}.get(day),
        currency=data.get("currency", "")[:3],
        rate_direction=data.get("rate_direction", "")[:20],
    )
