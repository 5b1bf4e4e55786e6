"""Figures of income that pages of holdings and the report share.  docs/numbers.md: "Income"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from analytics.engine.errors import Undefined
from analytics.engine.payments import Paid, growth_a_year
from analytics.engine.returns import DAYS_A_YEAR
from analytics.selectors.scope import sentence
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit

ZERO = Decimal(0)
MOST_YEARS = 5  # of growth
Dated = tuple[date, Decimal]


def past_year(amounts: Iterable[Dated], today: date) -> Decimal:
    """The sum of what was paid in the 365 days up to `today`."""
    border = today - timedelta(days=DAYS_A_YEAR)
    return sum((amount for day, amount in amounts if border < day <= today), ZERO)


def over_cost(name: str, amount: Decimal, cost: Decimal) -> Figure:
    """Income over the cost of what brings it; the cost of what is short counts without its sign."""
    if not cost:
        return Figure.undefined(name, Unit.FRACTION, "Nothing is held that cost anything.")
    return Figure(name, Unit.FRACTION, quotient(amount, abs(cost)))


def over_value(name: str, amount: Figure | Decimal, value: Figure) -> Figure:
    """Income over the value of what brings it."""
    why = "" if isinstance(amount, Decimal) else amount.why_not
    number, worth = amount if isinstance(amount, Decimal) else amount.value, value.value
    if not isinstance(number, Decimal):
        return Figure.undefined(name, Unit.FRACTION, why)
    if not isinstance(worth, Decimal):
        return Figure.undefined(name, Unit.FRACTION, value.why_not)
    if not worth:
        return Figure.undefined(name, Unit.FRACTION, "Nothing is held that is worth anything.")
    return Figure(name, Unit.FRACTION, quotient(number, abs(worth)), stale_since=value.stale_since)


def yearly_sums(amounts: Sequence[Dated], began: date | None, today: date) -> list[Decimal]:
    """Sums of whole years of 365 days before `today`, the latest first: those since `began`, six at most, down to the first that paid."""
    if began is None:
        return []
    years = min((today - began).days // DAYS_A_YEAR, MOST_YEARS + 1)
    sums = [past_year(amounts, today - timedelta(days=DAYS_A_YEAR * back)) for back in range(years)]
    while len(sums) > 2 and not sums[-1]:
        sums.pop()
    return sums


def growth_of(sums: Sequence[Decimal]) -> Figure:
    """How fast a year's income grew, a year."""
    try:
        return Figure("income_growth", Unit.FRACTION, growth_a_year(sums))
    except Undefined as none:
        return Figure.undefined("income_growth", Unit.FRACTION, sentence(none.reason))


def of_units(payments: Sequence[Paid]) -> list[Dated]:
    return [(one.day, one.amount) for one in payments]
