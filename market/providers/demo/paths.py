"""Daily paths after the last real day: a block bootstrap of the real days' own moves.

Blocks of twenty days are drawn with replacement, the same block for every instrument, so that crashes and correlations stay
whole.  Which block comes n-th depends on the seed and n alone: a path can be continued day by day, and no day changes when
another is added.  Moves are ratios of two real closes, applied to the close before and rounded, in decimal arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

from market.packing import day_number
from market.providers.demo.catalogue import Invented
from market.providers.demo.chance import bell, pick
from market.providers.demo.files import Table
from market.providers.failures import BadAnswer

BLOCK = 20
MOVES_FROM = date(2000, 1, 3)  # adjusted closes of the years before have too few digits for their moves
INVENTED_FROM = date(2006, 1, 2)
DIGITS = Context(prec=34, rounding=ROUND_HALF_EVEN)  # of a quotient, wherever the code runs
_LEAST = Decimal("0.0001")
_CENT, _FINE = Decimal("0.01"), Decimal("0.0001")
_WORST = Decimal("-0.4")

Path = list[tuple[date, Decimal]]


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


def weekdays(after: date, until: date) -> Iterator[date]:
    """Mondays to Fridays after one day, up to and including another."""
    day = after + timedelta(days=1)
    while day <= until:
        if is_weekday(day):
            yield day
        day += timedelta(days=1)


def to_cents(price: Decimal) -> Decimal:
    """Two places from ten upwards, four below; never zero."""
    return max(price.quantize(_CENT if price >= 10 else _FINE, ROUND_HALF_EVEN), _LEAST)


def move_of(name: str, day: int, first: int, count: int) -> int:
    """Which real day's move the n-th simulated day repeats: its index in a table whose usable moves are [first, first + count)."""
    if count < BLOCK:
        raise BadAnswer("The real history is too short to draw moves from.")
    block, place = divmod(day, BLOCK)
    return first + pick(count - BLOCK + 1, name, block) + place


def continued(table: Table, until: date) -> dict[str, Path]:
    """Each column's closes after the table's last day."""
    last = table.days[-1]
    first = next(place for place, day in enumerate(table.days) if day >= MOVES_FROM and place > 0)
    days = list(weekdays(last, until))
    moves = [move_of("closes", n, first, len(table.days) - first) for n in range(len(days))]
    paths: dict[str, Path] = {}
    for name, column in table.columns.items():
        close, path = _known(column[-1]), Path()
        for day, move in zip(days, moves, strict=True):
            close = to_cents(DIGITS.divide(close * _known(column[move]), _known(column[move - 1])))
            path.append((day, close))
        paths[name] = path
    return paths


def continued_rates(table: Table, until: date) -> dict[str, Path]:
    """Rates after the table's last day, of the currencies that had one on it: those that ended stay ended.

    Moves come from the longest stretch of days, up to the last, on which all of these were quoted.
    """
    live = {name: column for name, column in table.columns.items() if column[-1] is not None}
    first = len(table.days)
    while first > 0 and all(column[first - 1] is not None for column in live.values()):
        first -= 1
    days = list(weekdays(table.days[-1], until))
    moves = [move_of("rates", n, first + 1, len(table.days) - first - 1) for n in range(len(days))]
    paths: dict[str, Path] = {}
    for name, column in live.items():
        rate, path = _known(column[-1]), Path()
        for day, move in zip(days, moves, strict=True):
            rate = max(DIGITS.divide(rate * _known(column[move]), _known(column[move - 1])).quantize(_FINE, ROUND_HALF_EVEN), _LEAST)
            path.append((day, rate))
        paths[name] = path
    return paths


def _known(number: Decimal | None) -> Decimal:
    if number is None:
        raise BadAnswer("A number is missing in the real history.")
    return number


def invented(instrument: Invented, index: Sequence[tuple[date, Decimal]], until: date) -> Path:
    """An invented instrument from its first day on: it leans on the index's path and has noise of its own."""
    closes, path = dict(index), Path()
    before, close = None, instrument.first_close
    day = INVENTED_FROM
    while day <= until:
        if instrument.always or is_weekday(day):
            level = closes.get(day)
            lean = Decimal(0) if level is None or before is None else instrument.beta * (DIGITS.divide(level, before) - 1)
            move = max(lean + instrument.drift + instrument.noise * bell(instrument.spec.symbol, day_number(day)), _WORST)
            close = to_cents(close * (1 + move))
            path.append((day, close))
            before = before if level is None else level
        day += timedelta(days=1)
    return path
