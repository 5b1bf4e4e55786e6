"""Exchange rates, exact.  A rate is units of `quote` for one unit of `base`.

Reference rates have base EUR; a cross rate is the quotient of two of the same day, rounded to 18 places, half to even
(numbers.md).  Where a day has none, the last one at most seven days back stands in, and its own day is told.  A person's
own rate wins over a reference rate of the same day; the later day wins over the earlier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from market.currencies import fixed_rate
from market.errors import MissingRate
from market.models import FxRate
from portfolio_site.kernel.decimals import quotient

BRIDGED_DAYS = 7
REFERENCE = "EUR"
LAW = "conversion rate"
OWN_SOURCE = "own"
_FEW_DAYS = 90

Pair = tuple[str, str, date]


@dataclass(frozen=True, slots=True)
class RateView:
    """A rate, the day it is of (not later than the day asked for), and who published it."""

    rate: Decimal
    day: date
    source: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class OwnRate:
    """A rate that a person entered: units of `quote` for one unit of `base`."""

    id: int
    base: str
    quote: str
    day: date
    rate: Decimal


def rate(base: str, quote: str, day: date, *, user: Any = None) -> RateView:
    """Units of `quote` for one unit of `base` on that day or at most seven days before.  Raises MissingRate.

    One query; two with a person whose own rates win; none for a currency and itself.
    """
    found = rates([(base, quote, day)], user=user).get((base, quote, day))
    if found is None:
        raise MissingRate(
            f"No {base}/{quote} rate is known for {day.day} {day:%b %Y} or the {BRIDGED_DAYS} days before. Enter the rate yourself.",
            base=base,
            quote=quote,
            date=day.isoformat(),
        )
    return found


def own_rates_of(user: Any, most: int = 100) -> list[OwnRate]:
    """The person's own rates, newest day first.  One query."""
    rows = FxRate.objects.filter(owner=user).order_by("-day", "base", "quote")[:most]
    return [OwnRate(row.pk, row.base, row.quote, row.day, row.rate) for row in rows]


def rates(pairs: Iterable[Pair], *, user: Any = None) -> dict[Pair, RateView]:
    """Many rates at once, by (base, quote, day); those that are not known are absent.  One query, or two with a person."""
    asked = set(pairs)
    crossing = [pair for pair in asked if pair[0] != pair[1]]
    answers = {pair: RateView(Decimal(1), pair[2], "") for pair in asked if pair[0] == pair[1]}
    if not crossing:
        return answers
    legs = _reference_rates(crossing)
    own = _own_rates(crossing, user)
    for base, quote, day in crossing:
        if (found := _newest(base, quote, day, legs, own)) is not None:
            answers[base, quote, day] = found
    return answers


def _days_filter(pairs: list[Pair]) -> Q:
    """The days that may answer: each by name while they are few, else the span that holds them all."""
    days = {day for _, _, day in pairs}
    if len(days) <= _FEW_DAYS:
        return Q(day__in={day - timedelta(days=back) for day in days for back in range(BRIDGED_DAYS + 1)})
    return Q(day__gte=min(days) - timedelta(days=BRIDGED_DAYS), day__lte=max(days))


def _reference_rates(pairs: list[Pair]) -> dict[str, dict[date, RateView]]:
    currencies = {currency for base, quote, _ in pairs for currency in (base, quote)} - {REFERENCE}
    rows = FxRate.objects.reference().filter(_days_filter(pairs), base=REFERENCE, quote__in=currencies)
    legs: dict[str, dict[date, RateView]] = defaultdict(dict)
    for quote, day, value, source, simulated in rows.values_list("quote", "day", "rate", "source", "simulated"):
        legs[quote][day] = RateView(value, day, source, simulated)
    return legs


def _own_rates(pairs: list[Pair], user: Any) -> dict[Pair, RateView]:
    if user is None or not user.is_authenticated:
        return {}
    currencies = {currency for base, quote, _ in pairs for currency in (base, quote)}
    rows = FxRate.objects.filter(_days_filter(pairs), owner=user, base__in=currencies, quote__in=currencies)
    return {(base, quote, day): RateView(value, day, OWN_SOURCE) for base, quote, day, value in rows.values_list("base", "quote", "day", "rate")}


def _newest(base: str, quote: str, day: date, legs: dict[str, dict[date, RateView]], own: dict[Pair, RateView]) -> RateView | None:
    for back in range(BRIDGED_DAYS + 1):
        of = day - timedelta(days=back)
        if (mine := own.get((base, quote, of))) is not None:
            return mine
        if (mine := own.get((quote, base, of))) is not None:
            return RateView(quotient(Decimal(1), mine.rate), of, OWN_SOURCE)
        if (crossed := _crossed(base, quote, of, legs)) is not None:
            return crossed
    return None


def _crossed(base: str, quote: str, day: date, legs: dict[str, dict[date, RateView]]) -> RateView | None:
    """The cross rate of one day, over EUR.  Of a currency that became the euro the legal rate holds on every later day."""
    to = _leg(quote, day, legs)
    if base == REFERENCE:
        return to
    per_euro = _leg(base, day, legs)
    if per_euro is None or (to is None and quote != REFERENCE):
        return None
    if to is None:
        return RateView(quotient(Decimal(1), per_euro.rate), day, per_euro.source, per_euro.simulated)
    return RateView(quotient(to.rate, per_euro.rate), day, to.source, to.simulated or per_euro.simulated)


def _leg(currency: str, day: date, legs: dict[str, dict[date, RateView]]) -> RateView | None:
    if (fixed := fixed_rate(currency, day)) is not None:
        return RateView(fixed, day, LAW)
    return legs.get(currency, {}).get(day)
