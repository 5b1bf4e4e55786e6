"""What the demo companies do: dividends in their quarter, and once a year a spin-off that is reported as a split.

All of it is invented and says so by its source.  No real split is reported, since the real closes are adjusted for splits and
the simulated ones have none: whoever recorded one would hold more units at the same price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from market.choices import ActionKind
from market.providers.base import ActionRow
from market.providers.demo.paths import is_weekday

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Payer:
    """A company that pays a part of its price, on the first weekday from a day of some months."""

    symbol: str
    months: tuple[int, ...]
    day: int
    part: Decimal


_PAYERS = (
    _Payer("AAPL", (2, 5, 8, 11), 10, Decimal("0.0013")),
    _Payer("HD", (3, 6, 9, 12), 3, Decimal("0.0058")),
    _Payer("UNH", (3, 6, 9, 12), 15, Decimal("0.0039")),
)
_SPUN_OFF = ("DALPIN", 10, 5, Decimal("1.046"))  # symbol, month, day, ratio for 1


def _weekday(year: int, month: int, day: int) -> date:
    found = date(year, month, day)
    while not is_weekday(found):
        found += timedelta(days=1)
    return found


def _days(months: tuple[int, ...], day: int, after: date, until: date) -> Iterator[date]:
    for year in range(after.year, until.year + 1):
        for month in months:
            found = _weekday(year, month, day)
            if after < found <= until:
                yield found


def reported(after: date, until: date, close_on: Callable[[str, date], Decimal | None]) -> dict[str, list[ActionRow]]:
    """The actions with an ex-day after one day, up to and including another; amounts are parts of the close before the ex-day."""
    found: dict[str, list[ActionRow]] = defaultdict(list)
    for payer in _PAYERS:
        for day in _days(payer.months, payer.day, after, until):
            close = close_on(payer.symbol, day - timedelta(days=1))
            if close is not None:
                amount = max((close * payer.part).quantize(_CENT, ROUND_HALF_EVEN), _CENT)
                found[payer.symbol].append(ActionRow(ActionKind.DIVIDEND, day, amount=amount))
    symbol, month, first, ratio = _SPUN_OFF
    for day in _days((month,), first, after, until):
        found[symbol].append(ActionRow(ActionKind.SPLIT, day, ratio_new=ratio, ratio_old=Decimal(1)))
    return dict(found)
