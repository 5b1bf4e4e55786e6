"""What money earned without risk, day by day.  docs/numbers.md: "Risk-free"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from market.errors import NoRisklessRate
from market.models import RisklessRate
from market.packing import day_number, day_of
from market.riskless import earned_a_day
from market.selectors.rates import BRIDGED_DAYS

MANUAL = "manual"  # what an administrator entered stands until the next rate


@dataclass(frozen=True, slots=True, eq=False)
class RisklessView:
    """Rates of the calendar days from `start` to the day before `end`.

    rates    (n,)  what each day earned, a fraction; they multiply
    sources  who published them
    newest   the day of the last published rate that was used
    """

    currency: str
    start: date
    end: date
    rates: npt.NDArray[np.float64]
    sources: tuple[str, ...]
    newest: date

    @property
    def earned(self) -> float:
        """Over the whole span, a fraction."""
        return float(np.expm1(np.log1p(self.rates).sum()))


def risk_free(currency: str, start: date, end: date) -> RisklessView:
    """What each calendar day of `[start, end)` earned without risk in a currency.  One query.

    A published rate stands until the next one, seven days at most; one that an administrator entered for as long as no other
    follows.  Raises NoRisklessRate where a day has none: zero is never supposed.
    """
    if end <= start:
        raise NoRisklessRate("The span has no day. Let it end after it starts.", currency=currency)
    rows = _rows(currency, start, end)
    length = (end - start).days
    first = day_number(start)
    days = np.array([day_number(row[0]) - first for row in rows], dtype=np.int64)
    place = np.searchsorted(days, np.arange(length), side="right") - 1
    stands = np.array([row[3] == MANUAL for row in rows] or [False])
    old = np.arange(length) - days[place] > BRIDGED_DAYS if rows else np.ones(length, dtype=bool)
    missing = (place < 0) | (old & ~stands[place])
    if missing.any():
        raise _missing(currency, day_of(first + int(np.argmax(missing))), rows, int(place[int(np.argmax(missing))]))
    daily = np.empty(len(rows))
    for basis in {row[2] for row in rows}:
        chosen = [n for n, row in enumerate(rows) if row[2] == basis]
        daily[chosen] = earned_a_day(np.array([float(rows[n][1]) for n in chosen]), basis)
    used = sorted(set(place.tolist()))
    return RisklessView(currency, start, end, daily[place], tuple(sorted({rows[n][3] for n in used})), rows[used[-1]][0])


def _rows(currency: str, start: date, end: date) -> list[tuple[date, float, str, str]]:
    """(day, percent, basis, source) of the span, and the last one before it."""
    known = RisklessRate.objects.filter(currency=currency, day__lt=end).order_by("day")
    before = known.filter(day__lte=start).order_by("-day").values("day")[:1]
    found = known.filter(day__gt=start) | known.filter(day__in=before)
    return list(found.values_list("day", "percent", "basis", "source"))


def _missing(currency: str, day: date, rows: list[tuple[date, float, str, str]], place: int) -> NoRisklessRate:
    asked = f"{day.day} {day:%b %Y}"
    if place < 0:
        sentence = f"No rate without risk is known for {currency} on {asked} or before. An administrator can enter one."
    else:
        last = rows[place][0]
        sentence = (
            f"No rate without risk is known for {currency} on {asked}: the last one is of {last.day} {last:%b %Y}. An administrator can enter one."
        )
    return NoRisklessRate(sentence, currency=currency, date=day.isoformat())
