"""How complete the value is: how much of it has a price of today.  numbers.md, "What is not known"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from market.choices import AssetClass, Quality
from market.selectors import is_of_last_session
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import HoldingRow, HoldingsTable

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Completeness:
    """`share` of the value has a price of `day`: of today, or of the newest day on which anything but coins has a price.

    is_whole   nothing is without a value, and nothing rests on an old price or rate
    own        holdings that count as priced by an own valuation of an earlier day; own_since: the day of the oldest
    """

    share: Figure
    day: date
    is_today: bool
    is_whole: bool
    own: int = 0
    own_since: date | None = None


def completeness(table: HoldingsTable) -> Completeness:
    """From a table that is known.  No query."""
    day = _newest_day(table)
    is_whole = not table.undefined and table.value.stale_since is None and not table.value.warnings
    own = [row.priced_on for row in table.rows if row.priced_on is not None and row.priced_on < day and _is_own(row) and not row.stale]
    return Completeness(_priced_share(table, day), day, day == table.as_of, is_whole, len(own), min(own, default=None))


def _newest_day(table: HoldingsTable) -> date:
    """The newest day of a price of what trades on weekdays; today where there is none of the last session."""
    days = [row.priced_on for row in table.rows if row.priced_on is not None and not _is_coin(row) and not _is_own(row)]
    newest = max((day for day in days if day <= table.as_of), default=table.as_of)
    return newest if is_of_last_session(newest, "", table.as_of) else table.as_of


def _priced_share(table: HoldingsTable, day: date) -> Figure:
    """Cash counts as priced; own prices do while they are not stale; coins only of the very day."""
    whole = table.value.value
    if not isinstance(whole, Decimal):
        return Figure.undefined("priced_share", Unit.FRACTION, table.value.why_not)
    if whole <= 0:
        return Figure.undefined("priced_share", Unit.FRACTION, "The value is not above zero; there are no parts of it.")
    priced = [row.value for row in table.rows if _is_priced(row, day, table.as_of)]
    priced += [cash.value for cash in table.cash if cash.value.stale_since is None]
    every = [*(row.value for row in table.rows), *(cash.value for cash in table.cash)]
    return Figure("priced_share", Unit.FRACTION, quotient(size(priced), size(every)), warnings=table.value.warnings)


def _is_priced(row: HoldingRow, day: date, today: date) -> bool:
    if row.value.stale_since is not None or row.priced_on is None:
        return False
    return _is_own(row) or row.priced_on >= (today if _is_coin(row) else day)


def _is_coin(row: HoldingRow) -> bool:
    return row.instrument.traded_as == AssetClass.CRYPTO


def _is_own(row: HoldingRow) -> bool:
    return row.instrument.is_own or (row.quote is not None and row.quote.quality == Quality.OWN)


def size(figures: Iterable[Figure]) -> Decimal:
    """The known ones added up without their signs: what was sold short or is owed is as much of it as what is owned."""
    return sum((abs(one.value) for one in figures if isinstance(one.value, Decimal)), ZERO)
