"""What moved the value from the first close to the last: flows, price, currency, income and costs.

A holding's own money is its worth in its own currency.  Its change over a day, in the report currency, is
(u1 - u0 - b)·x0 by price, (u1 - b)·(x1 - x0) by currency, and b·x1 for the money b that was put into it: these add up to
u1·x1 - u0·x0 whatever the numbers.  Purchases and sales cancel between holding and cash; what is left of them is money that came
from outside, income and costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import FloatArray, checked, checked_table
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or

BEYOND = "what moved the value is beyond all numbers"
UNEXPLAINED = 1e-9  # as a share of all that moved


@dataclass(frozen=True, slots=True, eq=False)
class Drivers:
    """start + flows + price + currency + income - costs = end; price and currency also by holding, (m,)."""

    start: float
    end: float
    flows: float
    price: float
    currency: float
    income: float
    costs: float
    price_by_holding: FloatArray
    currency_by_holding: FloatArray

    @property
    def unexplained(self) -> float:
        """What the steps of the bridge miss, by exact addition: zero, or the last digit of the largest of them."""
        return math.fsum((self.end, -self.start, -self.flows, -self.price, -self.currency, -self.income, self.costs))


@finite_or(BEYOND)
def drivers(own: FloatArray, rate: FloatArray, put_in: FloatArray, *, flows: FloatArray, income: FloatArray, costs: FloatArray) -> Drivers:
    """The bridge from the first value to the last.  numbers.md: "drivers".

    own     (m, n + 1)  worth of each holding at each close, in its own currency; each currency's cash is a holding
    rate    (m, n + 1)  units of the report currency for one of the holding's
    put_in  (m, n)      money put into each holding on each day, in its own currency, at the day's rate; taken out is below zero.  A
                        purchase is above zero here and below zero in the cash that paid for it
    flows   (n,)        paid in from outside less taken out, in the report currency, each day
    income  (n,)        dividends, interest and the like, in the report currency
    costs   (n,)        fees and taxes, in the report currency, >= 0

    The rounding of float64, at most 1e-9 of all that moved, is put into `price`.
    Raises Undefined if the period has no day; MalformedSeries if shapes disagree, or what was put into holdings is not what
    came from outside and from income less costs.
    """
    worth = checked_table("own worth", own)
    rates = checked_table("rate", rate, (worth.shape[0], worth.shape[1]))
    if worth.shape[1] < 2:
        raise Undefined("the period has no day")
    days = worth.shape[1] - 1
    moved = checked_table("money put in", put_in, (worth.shape[0], days))
    outside, earned, spent = (checked(name, series, days) for name, series in (("flows", flows), ("income", income), ("costs", costs)))
    before, after = rates[:, :-1], rates[:, 1:]
    price_each_day = (worth[:, 1:] - worth[:, :-1] - moved) * before
    currency_each_day = (worth[:, 1:] - moved) * (after - before)
    by_price, by_currency = price_each_day.sum(axis=1), currency_each_day.sum(axis=1)
    start, end = float(worth[:, 0] @ rates[:, 0]), float(worth[:, -1] @ rates[:, -1])
    steps = tuple(float(series.sum()) for series in (outside, by_currency, earned, spent))
    if not np.isfinite((start, end, *steps, by_price.sum())).all():
        raise Undefined(BEYOND)
    price = math.fsum((end, -start, -steps[0], -steps[1], -steps[2], steps[3]))
    size = abs(start) + abs(end) + sum(float(np.abs(part).sum()) for part in (moved * after, price_each_day, currency_each_day))
    if abs(price - float(by_price.sum())) > UNEXPLAINED * max(size, 1e-300):
        raise MalformedSeries("the money put into holdings is not what came from outside, from income, less costs")
    return Drivers(start, end, steps[0], price, steps[1], steps[2], steps[3], by_price, by_currency)
