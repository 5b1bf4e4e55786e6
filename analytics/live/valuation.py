"""Portfolios revalued in memory while prices move.

A valuation starts from the exact table of `portfolios.selectors.holdings_of` and is carried on by differences, with the same
formulas and the same rounding: a holding is worth quantity × price × rate, rounded to 18 places once.  It is taken anew from the
database when the ledger changes, when rates may have changed, and whenever a socket asks for a snapshot after a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone

from market.selectors import QuoteView, is_of_last_session
from portfolio_site.kernel.decimals import EXACT, product, quotient, rounded
from portfolios.selectors import HoldingRow, HoldingsTable

ZERO = Decimal(0)
Key = tuple[tuple[int, ...], str]  # portfolios, report currency


@dataclass(slots=True)
class Line:
    """One holding; money in the report currency, price in the instrument's.  None: it cannot be computed."""

    instrument_id: int
    symbol: str
    currency: str  # of the instrument
    asset_class: str
    quantity: Decimal
    rate: Decimal | None
    cost: Decimal
    price: Decimal | None
    value: Decimal | None
    day_change: Decimal | None
    day_change_fraction: Decimal | None
    warnings: tuple[str, ...] = ()  # that it stands at its cost

    @classmethod
    def of(cls, row: HoldingRow) -> Line:
        return cls(
            instrument_id=row.instrument.id,
            symbol=row.instrument.symbol,
            currency=row.instrument.currency,
            asset_class=row.instrument.traded_as,
            quantity=row.quantity,
            rate=_decimal(row.rate.value),
            cost=row.cost,
            price=_decimal(row.price.value),
            value=_decimal(row.value.value),
            day_change=_decimal(row.day_change.value),
            day_change_fraction=_decimal(row.day_change_fraction.value),
            warnings=row.value.warnings,
        )

    @property
    def unrealised(self) -> Decimal | None:
        return None if self.value is None else self.value - self.cost

    @property
    def unrealised_fraction(self) -> Decimal | None:
        gain = self.unrealised
        return None if gain is None or not self.cost else quotient(gain, abs(self.cost))


def _decimal(value: Decimal | float | None) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _worth(quantity: Decimal, price: Decimal, rate: Decimal) -> Decimal:
    return rounded(EXACT.multiply(EXACT.multiply(quantity, price), rate))


@dataclass(slots=True)
class Valuation:
    """What some portfolios are worth together, now."""

    key: Key
    lines: dict[int, Line]
    value: Decimal | None
    cost: Decimal
    day_change: Decimal | None
    gain_apart: Decimal | None  # total gain − value: what prices do not move
    warnings: tuple[str, ...] = ()
    priced_with: dict[int, int] = field(default_factory=dict)  # instrument → sequence of the quote that is in it

    @classmethod
    def of(cls, key: Key, table: HoldingsTable) -> Valuation:
        value, gain = _decimal(table.value.value), _decimal(table.total_gain.value)
        return cls(
            key=key,
            lines={row.instrument.id: Line.of(row) for row in table.rows},
            value=value,
            cost=table.cost,
            day_change=_decimal(table.day_change.value),
            gain_apart=None if value is None or gain is None else gain - value,
            warnings=table.value.warnings,
            priced_with={row.instrument.id: row.quote.sequence for row in table.rows if row.quote is not None},
        )

    @property
    def currency(self) -> str:
        return self.key[1]

    @property
    def total_gain(self) -> Decimal | None:
        return None if self.value is None or self.gain_apart is None else self.value + self.gain_apart

    @property
    def day_change_fraction(self) -> Decimal | None:
        """Of the value before today's change."""
        if self.value is None or self.day_change is None or self.value == self.day_change:
            return None
        return quotient(self.day_change, abs(self.value - self.day_change))

    def apply(self, quotes: Mapping[int, QuoteView], ids: Iterable[int]) -> set[int]:
        """Takes over newer quotes; the holdings that moved.  Older ones than are in it, and unknown instruments, change nothing."""
        moved = set()
        for pk in ids:
            quote, line = quotes.get(pk), self.lines.get(pk)
            if quote is None or line is None or quote.sequence <= self.priced_with.get(pk, -1):
                continue
            self._reprice(line, quote)
            self.priced_with[pk] = quote.sequence
            moved.add(pk)
        return moved

    def _reprice(self, line: Line, quote: QuoteView) -> None:
        line.price = quote.unit_price
        if line.rate is None:
            return  # it stays at its cost
        if line.warnings:  # its first price: from here on it has a value
            self.warnings = tuple(said for said in self.warnings if said not in line.warnings)
            line.warnings = ()
        value = _worth(line.quantity, quote.unit_price, line.rate)
        moved = quote.unit_change if is_of_last_session(timezone.localdate(quote.as_of), line.asset_class, timezone.localdate()) else None
        change = None if moved is None else product(product(line.quantity, moved), line.rate)
        if self.value is not None:
            self.value += value - (line.value or ZERO)
        if self.day_change is not None or change is not None:
            self.day_change = (self.day_change or ZERO) + (change or ZERO) - (line.day_change or ZERO)
        line.value, line.day_change = value, change
        before = None if change is None else value - change
        line.day_change_fraction = None if change is None or not before else quotient(change, abs(before))
