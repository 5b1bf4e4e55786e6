"""What all charts share: their shape in Python, colours of series, and money on axes as the person's locale writes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portfolio_site.kernel.figures import Figure
from portfolio_site.web.numbers import PERCENT_OF_PAR
from portfolio_site.web.writing import MINUS, NBSP, SYMBOLS, Showable, manner

Trace = dict[str, Any]
Chart = dict[str, Any]

SERIES = tuple(f"@series-{n}" for n in range(1, 9))


def affixes(currency: str) -> tuple[str, str]:
    """What stands before and after an amount of this currency in the person's locale."""
    how = manner()
    if currency == PERCENT_OF_PAR:
        return how.percent
    symbol = SYMBOLS.get(currency)
    if not how.symbol_first:
        return "", NBSP + (symbol or currency)
    return (symbol + how.symbol_gap, "") if symbol else (currency + NBSP, "")


def money_axis(currency: str, tickformat: str = "~s") -> dict[str, Any]:
    before, after = affixes(currency)
    return {"tickprefix": before, "ticksuffix": after, "tickformat": tickformat}


def separators() -> str:
    """Decimal mark and grouping of the locale, in Plotly's form."""
    how = manner()
    return how.decimal + how.group


def hover_money(currency: str, form: str = ",.0f", variable: str = "y") -> str:
    before, after = affixes(currency)
    return f"{before}%{{{variable}:{form}}}{after}"


def number_of(value: Showable) -> float:
    """The number to draw; nothing where it is not known."""
    inside = value.value if isinstance(value, Figure) else value
    return float(inside) if isinstance(inside, (Decimal, int, float)) else 0.0


def short_text(value: float, currency: str) -> str:
    """A change on a bar: +€1.9k, −€13."""
    before, after = affixes(currency)
    size = abs(value)
    for limit, unit in ((1e6, "m"), (1e3, "k")):
        if size >= limit:
            text = f"{size / limit:.1f}".replace(".", manner().decimal) + unit
            break
    else:
        text = f"{size:.0f}"
    return ("+" if value > 0 else MINUS if value < 0 else "") + before + text + after
