"""The messages of the API's sockets (docs/live.md).  Each distinct piece is encoded once, however many sockets get it.

Decimals are text, times RFC 3339.  `*_percent` is percent: 2.5 means 2.5 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from analytics.live.valuation import Line, Valuation
from market.selectors import QuoteView
from portfolio_site.kernel.decimals import product, rounded
from portfolio_site.web.json import dumps

_HUNDRED = Decimal(100)


def percent(fraction: Decimal | None) -> Decimal | None:
    return None if fraction is None else product(fraction, _HUNDRED)


def quote(view: QuoteView) -> dict[str, Any]:
    return {
        "instrument": view.instrument_id,
        "symbol": view.symbol,
        "price": view.price,
        "currency": view.currency,
        "change": view.change,
        "change_percent": None if view.change_fraction is None else rounded(view.change_fraction * _HUNDRED, 6),  # as in /stocks
        "volume": view.volume,
        "time": view.as_of,
        "source": view.source,
        "quality": view.quality,
        "stale": view.stale,
        "sequence": view.sequence,
    }


def holding(line: Line) -> dict[str, Any]:
    return {
        "instrument": line.instrument_id,
        "symbol": line.symbol,
        "quantity": line.quantity,
        "price": line.price,
        "market_value": line.value,
        "total_cost": line.cost,
        "unrealized_gain": line.unrealised,
        "unrealized_gain_percent": percent(line.unrealised_fraction),
        "day_change": line.day_change,
        "day_change_percent": percent(line.day_change_fraction),
    }


def portfolio(valuation: Valuation, holdings: Iterable[int] | None = None) -> dict[str, Any]:
    """Totals, and the holdings named (all where None)."""
    lines = valuation.lines.values() if holdings is None else [valuation.lines[pk] for pk in holdings if pk in valuation.lines]
    return {
        "portfolio": valuation.key[0][0] if len(valuation.key[0]) == 1 else "all",
        "currency": valuation.currency,
        "total_value": valuation.value,
        "total_cost": valuation.cost,
        "total_gain": valuation.total_gain,
        "day_change": valuation.day_change,
        "day_change_percent": percent(valuation.day_change_fraction),
        "warnings": list(valuation.warnings),
        "holdings": [holding(line) for line in lines],
    }


class Encoder:
    """Quotes as JSON: each encoded once for each of its prices, however many sockets get it."""

    def __init__(self) -> None:
        self._pieces: dict[int, tuple[int, str]] = {}

    def quotes(self, views: Mapping[int, QuoteView], ids: Iterable[int]) -> str:
        """A JSON list of the quotes of these instruments."""
        return f"[{','.join([self._piece(views[pk]) for pk in ids if pk in views])}]"

    def _piece(self, view: QuoteView) -> str:
        known = self._pieces.get(view.instrument_id)
        if known is None or known[0] != view.sequence:
            known = self._pieces[view.instrument_id] = (view.sequence, dumps(quote(view)).decode())
        return known[1]

    def forget(self, instrument_id: int) -> None:
        self._pieces.pop(instrument_id, None)

    def clear(self) -> None:
        self._pieces.clear()
