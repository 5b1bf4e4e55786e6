"""A made-up portfolio for the pages before signing in: its figures go through the same filters as everybody's."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from django import template

from portfolio_site.web.graphics import svg_path

register = template.Library()

_DAYS = 96
_SPLIT = (
    ("Shares", "0.466"),
    ("Equity funds", "0.313"),
    ("Bonds", "0.092"),
    ("Commodities", "0.049"),
    ("Cash", "0.041"),
    ("Crypto", "0.039"),
)


def _walk() -> list[float]:
    """A line that rises with falls in it; always the same one."""
    return [100 + 0.42 * n + 9 * math.sin(n / 11 + 2.1) + 3.1 * math.sin(n / 2.9) + 1.7 * math.sin(n * 1.7) for n in range(_DAYS)]


@register.inclusion_tag("accounts/specimen.html")
def specimen() -> dict[str, Any]:
    """The card beside the sign-in form."""
    return {
        "worth": Decimal("503488.63"),
        "gain": Decimal("55507"),
        "gained": Decimal("0.1239"),
        "line": svg_path(_walk(), 100, 100, 4),
        "split": [(name, Decimal(part)) for name, part in _SPLIT],
        "parts": [Decimal(part) for _, part in _SPLIT],
    }


@register.simple_tag
def gain_in_parts() -> dict[str, Any]:
    """The gain on one holding as the front page takes it apart: 145 units, bought in dollars, shown in euro.

    Value now is 145 × 508.30 × 0.8612; the parts are the gain in dollars at the rate of the purchase, what the dollar did, and fees.
    """
    units, now, then = Decimal(145), Decimal("508.30"), Decimal("331.25")
    rate_now, rate_then, fees = Decimal("0.8612"), Decimal("0.9204"), Decimal("19.80")
    value, cost = units * now * rate_now, units * then * rate_then + fees
    price_part = units * (now - then) * rate_then
    currency_part = units * now * (rate_now - rate_then)
    return {
        "units": units,
        "price": now,
        "rate": rate_now,
        "cost": cost,
        "gain": value - cost,
        "price_part": price_part,
        "currency_part": currency_part,
        "fees": -fees,
    }


@register.simple_tag
def preview() -> dict[str, Decimal]:
    """Numbers that show how a choice reads."""
    return {"amount": Decimal("1234.50"), "up": Decimal("0.0285"), "down": Decimal("-0.0219")}
