"""Forms of one's own instruments and prices.  They read; services decide."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from market.choices import AssetClass
from market.forms.common import show
from market.models import Instrument
from market.providers.base import PriceRow
from portfolio_site.kernel.errors import DomainError
from portfolio_site.kernel.money import CURRENCIES
from portfolio_site.web.fields import ExactFormField
from portfolio_site.web.times import currency_name

_LINE = re.compile(r"(\d{4}-\d{2}-\d{2})[\s;,]+(\S+)")
_MOST_LINES = 2000


def currency_choices() -> list[tuple[str, str]]:
    return [(code, f"{code} · {currency_name(code)}") for code in CURRENCIES]


class InstrumentForm(forms.Form):
    """The description of an instrument of one's own."""

    name = forms.CharField(max_length=200, help_text="As you call it, such as “House in Delft”.")
    symbol = forms.CharField(max_length=32, help_text="A short code that is unique among yours, such as HOUSE.")
    asset_class = forms.ChoiceField(choices=AssetClass.choices, initial=AssetClass.OTHER, label="Class")
    currency = forms.ChoiceField(choices=currency_choices, help_text="Its prices are in this currency.")
    price_factor = ExactFormField(
        label="A price of 1 is worth",
        initial=Decimal(1),
        required=False,
        help_text="1 for most. For a bond that is quoted in percent: 0.01 for each unit of face, so 10 for a bond of 1000.",
    )
    isin = forms.CharField(max_length=12, required=False, label="ISIN")
    exchange = forms.CharField(max_length=40, required=False)
    sector = forms.CharField(max_length=60, required=False)
    country = forms.CharField(max_length=2, required=False, help_text="Two letters, such as NL.")
    region = forms.CharField(max_length=40, required=False)

    def clean_price_factor(self) -> Decimal:
        return Decimal(1) if self.cleaned_data["price_factor"] is None else self.cleaned_data["price_factor"]

    @classmethod
    def of(cls, instrument: Instrument, data: Any = None) -> InstrumentForm:
        """The form filled with what is stored."""
        return cls(data, initial={name: getattr(instrument, name) for name in cls.base_fields})

    def refuse(self, problem: DomainError) -> None:
        """Shows what a service said, at the fields that it named."""
        show(self, problem, {error.field: error.field for error in problem.errors})


class PriceForm(forms.Form):
    """The price of one day."""

    day = forms.DateField(label="Date", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    close = ExactFormField(label="Price")

    def rows(self) -> list[PriceRow]:
        return [PriceRow(self.cleaned_data["day"], self.cleaned_data["close"])]

    def refuse(self, problem: DomainError) -> None:
        show(self, problem, {"prices.0.date": "day", "prices.0.close": "close"})


class PriceListForm(forms.Form):
    """Many prices at once, a line each: the day, then the price."""

    lines = forms.CharField(
        label="Prices",
        widget=forms.Textarea(attrs={"rows": 6, "class": "textarea"}),
        max_length=100_000,
        help_text="A day and its price on each line, such as 2026-03-31 412000.",
    )

    def clean_lines(self) -> list[PriceRow]:
        rows, errors = [], []
        lines = [line.strip() for line in self.cleaned_data["lines"].splitlines()]
        if len(lines) > _MOST_LINES:
            raise ValidationError(f"{len(lines)} lines were sent; at most {_MOST_LINES} go at once.")
        for number, line in enumerate(lines, start=1):
            if line:
                try:
                    rows.append(_price_of(line))
                except (ValueError, ValidationError) as problem:
                    errors.append(f"Line {number}: {problem.messages[0] if isinstance(problem, ValidationError) else problem}")
        if errors:
            raise ValidationError(errors[:10])
        self.line_numbers = [number for number, line in enumerate(lines, start=1) if line]
        return rows

    def rows(self) -> list[PriceRow]:
        read: list[PriceRow] = self.cleaned_data["lines"]
        return read

    def mark(self) -> str:
        """Of what was read: whoever says yes names what it was said to."""
        return hashlib.sha256("\n".join(f"{row.day} {row.close}" for row in self.rows()).encode()).hexdigest()[:16]

    def refuse(self, problem: DomainError) -> None:
        for error in problem.errors[:10]:
            place = error.field.split(".")[1] if error.field.count(".") == 2 else ""
            self.add_error("lines", f"Line {self.line_numbers[int(place)]}: {error.detail}" if place.isdigit() else error.detail)
        if not problem.errors:
            self.add_error("lines", problem.detail)


def _price_of(line: str) -> PriceRow:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError("write a day and a price, such as 2026-03-31 412000.")
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        raise ValueError(f"{found[1]} is not a day of the calendar.") from None
    return PriceRow(day, ExactFormField().clean(found[2]))
