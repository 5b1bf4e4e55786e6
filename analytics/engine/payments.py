"""When a holding is likely to pay again, and how much a unit.  A rule of our own; numbers.md: "Expected payments".

Conventions.  Days are days of the calendar, oldest first.  Amounts are of one unit before tax, exact decimals, as units are
today: what was paid before a split is divided by it (`in_units_of_today`).  `today` is passed.  Nothing here guesses on where
payments show no pattern: that raises Undefined with the reason.
"""

from __future__ import annotations

import calendar
import enum
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from analytics.engine.errors import MalformedSeries, Undefined

SPECIAL = 3  # times the middle of the others: what is more is a special payment
COMPARED = 9  # payments that a special one is seen among
FEWEST_OTHERS = 3  # of which there must be this many
YEAR, ABOUT = timedelta(days=365), timedelta(days=45)
TRIED = 4  # last payments, each of which may be one out of the rhythm
ROUGH_YEAR = 365
FINEST = Decimal(1).scaleb(-18)  # as the ledger keeps quantities


class Rhythm(enum.Enum):
    """How often something pays.

    months        from one payment to the next
    fewest, most  days that may lie between two payments
    seen, needed  gaps that are looked at, and how many of these there must be
    grace         days that a payment may be late before it counts as stopped
    """

    MONTHLY = ("every month", 1, 20, 45, 3, 2, 20)
    QUARTERLY = ("every quarter", 3, 60, 125, 3, 2, 45)
    HALF_YEARLY = ("every half year", 6, 100, 265, 2, 2, 60)
    YEARLY = ("every year", 12, 300, 430, 2, 1, 90)

    def __init__(self, words: str, months: int, fewest: int, most: int, seen: int, needed: int, grace: int) -> None:
        self.words, self.months, self.fewest, self.most = words, months, fewest, most
        self.seen, self.needed, self.grace = seen, needed, grace

    @property
    def a_year(self) -> int:
        """Payments in a year."""
        return 12 // self.months

    @property
    def step(self) -> int:
        """Days from one payment to the next, about."""
        return ROUGH_YEAR // self.a_year


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment: its day, and what one unit was paid."""

    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class UnitSplit:
    """One unit becomes `factor` of them from `day` on."""

    day: date
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Pattern:
    """What past payments show.

    regular  those in the rhythm; `special`: those that are left out of it, or whose amount is not taken as an example
    """

    rhythm: Rhythm
    regular: tuple[Paid, ...]
    special: tuple[Paid, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A payment that the pattern leads to.

    day   when it is expected: the day it is due, or today where that has passed
    due   the day that the rhythm leads to
    like  the payment whose amount it is taken to have
    """

    day: date
    due: date
    amount: Decimal
    like: Paid


def in_units_of_today(payments: Iterable[Paid], splits: Iterable[UnitSplit]) -> list[Paid]:
    """The payments as of units of today, oldest first; several of one day are one.  A split counts for the days before it."""
    known = list(splits)
    if any(one.factor <= 0 for one in known):
        raise MalformedSeries("a split has a factor above zero")
    days: dict[date, Decimal] = {}
    for one in payments:
        amount = one.amount
        for split in known:
            if one.day < split.day:
                amount /= split.factor
        days[one.day] = days.get(one.day, Decimal(0)) + amount
    return [Paid(day, amount) for day in sorted(days) if (amount := days[day].quantize(FINEST).normalize())]


def pattern_of(payments: Sequence[Paid]) -> Pattern:
    """The rhythm of the last payments; special ones aside.  numbers.md: "Expected payments".

    payments  as `in_units_of_today` gives them

    Raises Undefined where there are too few of them, or their intervals are uneven.
    """
    if any(a.day >= b.day for a, b in itertools.pairwise(payments)):
        raise MalformedSeries("payments come in the order of their days, one a day")
    if not payments:
        raise Undefined("it has not paid yet")
    special = [one for one in payments if _is_special(one, payments)]
    found = _usual(payments, special) or _less_one(payments)
    if found is None:
        raise Undefined(_why_none(payments))
    rhythm, regular = found
    kept = {one.day for one in regular}
    return Pattern(rhythm, tuple(regular), tuple(one for one in payments if one.day not in kept or one in special))


Reading = tuple[Rhythm, list[Paid]]


def _usual(payments: Sequence[Paid], special: Sequence[Paid]) -> Reading | None:
    """The rhythm without the special payments; these stay in it where they came in it, as a higher payment in place of the usual one does."""
    rest = [one for one in payments if one not in special]
    whole, without = _rhythm_of(payments), _rhythm_of(rest)
    if without is None or without is whole:
        return None if whole is None else (whole, list(payments))
    return without, rest


def _less_one(payments: Sequence[Paid]) -> Reading | None:
    """The rhythm that stands once one of the last payments is left out; it must be seen for one gap longer."""
    for back in range(1, min(TRIED, len(payments) - 1) + 1):
        rest = [one for place, one in enumerate(payments) if place != len(payments) - back]
        if (rhythm := _rhythm_of(rest, longer=1)) is not None:
            return rhythm, rest
    return None


def _is_special(one: Paid, payments: Sequence[Paid]) -> bool:
    """Far more than the payments around it, and than what came at the same time of the year before or after."""
    place = payments.index(one)
    first = max(0, min(place - COMPARED // 2, len(payments) - COMPARED))
    others = [other.amount for other in payments[first : first + COMPARED] if other is not one]
    if len(others) < FEWEST_OTHERS or one.amount <= SPECIAL * median(others):
        return False
    seasonal = (other for other in payments if abs(abs(other.day - one.day) - YEAR) <= ABOUT)
    return all(other.amount * 2 < one.amount for other in seasonal)


def _rhythm_of(payments: Sequence[Paid], *, longer: int = 0) -> Rhythm | None:
    """What all of the last gaps fit; the shortest step that does.  `longer`: so many more gaps must be there, and fit."""
    gaps = [(b.day - a.day).days for a, b in itertools.pairwise(payments)]
    for rhythm in Rhythm:
        last = gaps[-rhythm.seen - longer :]
        if len(last) >= (rhythm.seen + longer if longer else rhythm.needed) and all(rhythm.fewest <= gap <= rhythm.most for gap in last):
            return rhythm
    return None


def _why_none(payments: Sequence[Paid]) -> str:
    if len(payments) == 1:
        return "it has paid once only, and one payment shows no pattern"
    gaps = [(b.day - a.day).days for a, b in itertools.pairwise(payments)]
    if len(gaps) >= Rhythm.MONTHLY.needed and all(gap < Rhythm.MONTHLY.fewest for gap in gaps[-Rhythm.MONTHLY.seen :]):
        return "it pays more often than once a month, which is not foreseen"
    if len(payments) == 2:
        return "it has paid twice, and not a year apart; a pattern needs three payments"
    return "its last payments came at uneven intervals"


def expected_payments(pattern: Pattern, *, today: date, until: date) -> list[Due]:
    """The payments after `today` up to `until`; at most as many in a year as the rhythm has.  numbers.md: "Expected payments".

    Each is due a year after the payment it repeats, or, where there is none, some months after the last one.  One that was due
    and did not come is expected today, until its grace is over.  Raises Undefined once it is: then it is taken as stopped.
    """
    first = _due(pattern, 1)
    if (today - first).days > pattern.rhythm.grace:
        last = pattern.regular[-1].day
        raise Undefined(
            f"its last payment was on {_said(last)}; it paid {pattern.rhythm.words}, and the one due about {_said(first)} did not come, so it is taken as stopped"
        )
    most = pattern.rhythm.a_year * max(1, -(-(until - today).days // (ROUGH_YEAR + 1)))
    found: list[Due] = []
    for step in range(1, most + 1):
        due, like = _due(pattern, step), _like(pattern, step)
        if due > until:
            break
        found.append(Due(max(due, today), due, like.amount, like))
    return found


def _said(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _due(pattern: Pattern, step: int) -> date:
    """The day of the payment so many steps after the last one."""
    rhythm, regular = pattern.rhythm, pattern.regular
    number = rhythm.a_year
    if len(regular) >= number:
        covered = (regular[-1].day - regular[-number].day).days
        if ROUGH_YEAR - rhythm.most <= covered <= ROUGH_YEAR - rhythm.fewest or number == 1:
            years, place = divmod(step - 1, number)
            return months_after(regular[place - number].day, 12 * (years + 1))
    return months_after(regular[-1].day, rhythm.months * step)


def _like(pattern: Pattern, step: int) -> Paid:
    """The payment whose amount is taken: the last one; of two a year, that of the same half, since these often differ."""
    usual = [one for one in pattern.regular if one not in pattern.special] or list(pattern.regular)
    if pattern.rhythm is Rhythm.HALF_YEARLY:
        same = pattern.regular[(step - 1) % 2 - 2]
        return same if same in usual else usual[-1]
    return usual[-1]


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def without_announced(expected: Sequence[Due], announced: Iterable[date], rhythm: Rhythm) -> list[Due]:
    """The expected payments less those that were announced: each announcement stands for the nearest one within half a step."""
    left = list(expected)
    for day in sorted(announced):
        near = [one for one in left if abs((one.due - day).days) * 2 <= rhythm.step]
        if near:
            left.remove(min(near, key=lambda one: abs((one.due - day).days)))
    return left


def growth_a_year(sums: Sequence[Decimal]) -> float:
    """Growth of yearly sums, the latest first: a fraction a year over as many years as there are.  numbers.md: "income_growth".

    Raises Undefined with fewer than two years, or where one of the two ends is not above zero.
    """
    years = len(sums) - 1
    if years < 1:
        raise Undefined("there are fewer than two years of entries")
    if sums[-1] <= 0:
        raise Undefined("nothing was paid in the first of the years compared")
    if sums[0] < 0:
        raise Undefined("more was paid out than received in the past year")
    return float(float(sums[0] / sums[-1]) ** (1 / years) - 1.0)
