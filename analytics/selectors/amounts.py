"""What the selectors of values and gains answer with: exact, frozen; see `shapes` for the conventions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from analytics.choices import By
from portfolio_site.kernel.figures import Figure
from portfolios.selectors import HoldingsTable, InstrumentView

# ── value ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of the whole: a class, a sector, a currency; `key` is empty for what is unclassified.  `weight` is a fraction of the whole, cash included."""

    key: str
    name: str
    value: Figure
    weight: Figure


@dataclass(frozen=True, slots=True)
class Value:
    """What the portfolios are worth now, or at the close of an earlier day, in total and by its parts.  Exact."""

    as_of: date
    is_now: bool
    currency: str
    value: Figure
    holdings_value: Figure
    cash: Figure
    cash_weight: Figure
    day_change: Figure
    day_change_fraction: Figure
    table: HoldingsTable
    by_holding: tuple[Slice, ...]  # largest first, what is unclassified last; the cash of each currency is one
    by_class: tuple[Slice, ...]  # cash is a class, sector, country and region of its own
    by_sector: tuple[Slice, ...]
    by_country: tuple[Slice, ...]
    by_region: tuple[Slice, ...]
    by_currency: tuple[Slice, ...]

    def parts(self, by: By) -> tuple[Slice, ...]:
        """By one dimension."""
        found: tuple[Slice, ...] = getattr(self, f"by_{by.value}")
        return found


# ── gains ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class GainsRow:
    """Gains of one instrument, or of the cash of one currency, or of what belongs to neither.

    unrealised   the change of the open gain over the period; since the beginning: the open gain
    total        realised + unrealised + income − expenses
    price_part + currency_part = realised + unrealised
    open_*       the share of the unrealised gain in the two parts
    """

    instrument: InstrumentView | None
    cash: str  # the currency, for cash
    realised: Decimal
    unrealised: Figure
    income: Decimal
    expenses: Decimal
    total: Figure
    price_part: Figure
    currency_part: Figure
    open_price_part: Figure
    open_currency_part: Figure


@dataclass(frozen=True, slots=True)
class Gains:
    """Gains from the start of `start` to the end of `end`, by instrument and in total.  Exact.

    The identity of docs/numbers.md: end value − start value − net_flows = total, where everything has a price.  `net_flows`
    counts units transferred in and out at the cost they carry.
    """

    start: date | None  # None: since the beginning
    end: date
    currency: str
    realised: Decimal
    unrealised: Figure
    income: Decimal
    expenses: Decimal
    total: Figure
    price_part: Figure
    currency_part: Figure
    net_flows: Decimal
    rows: tuple[GainsRow, ...]  # largest total first, those without one last
