"""What several things together would have come to, held in fixed shares; and one thing with what it paid reinvested.

Rows of time are closes, one a calendar day.  A level is worth of one unit in one currency, > 0; only its ratios mean anything.
"""

from __future__ import annotations

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, checked, checked_flow
from analytics.engine.errors import MalformedSeries


def units_reinvested(closes: FloatArray, splits: FloatArray, paid: FloatArray) -> FloatArray:
    """Units of somebody who began with one and bought more for every dividend.  numbers.md: "Total return".

    closes  (n,)  worth of one unit at each close, not adjusted; zero or below where it is not known
    splits  (n,)  new units for one old one on that day, > 0; 1 on most days
    paid    (n,)  dividend of a unit that left the price on that day, >= 0

    units_t = units_{t-1} · split_t · (1 + paid_t / close_t): what is paid buys at the close of the ex-day, without tax or cost,
    as index providers reckon (MSCI, Index Calculation Methodology, “Daily Total Return”, gross).  What is paid where no close is
    known cannot be reinvested and counts as nothing: see to it that it falls on a day with one.

    Returns (n,): units held after each close, so that units · closes is the level.
    """
    prices = checked("closes", closes)
    ratio, much = checked("splits", splits, len(prices)), checked_flow("dividends", paid, len(prices))
    if (ratio <= 0).any():
        raise MalformedSeries("a split has a ratio above zero")
    more = np.divide(much, prices, out=np.zeros(len(prices)), where=prices > 0)
    return np.asarray(np.cumprod(ratio * (1.0 + more)))


def blended(levels: FloatArray, weights: FloatArray, rebalanced: BoolArray) -> FloatArray:
    """Level of a blend that is bought at its weights at the first close.  numbers.md: "Blends".

    levels      (m, n)  each part at each close, > 0
    weights     (m,)    shares of the whole, > 0, adding up to 1
    rebalanced  (n,)    at which closes the parts go back to their weights; the first one is one of them, marked or not

    From one such close b to the next, L_t = L_b · Σ w_i · level_i(t) / level_i(b).

    Returns (n,), starting at 1.  Which currency the levels are in only scales the result: it multiplies every part alike.
    """
    parts = np.asarray(levels, dtype=np.float64)
    if parts.ndim != 2 or parts.shape[1] < 1 or not (np.isfinite(parts).all() and (parts > 0).all()):
        raise MalformedSeries("levels are one row a part, with at least one close, all of them above zero")
    shares = checked("weights", weights, len(parts))
    if (shares <= 0).any() or abs(float(shares.sum()) - 1.0) > 1e-9:
        raise MalformedSeries("weights are above zero and add up to 1")
    days = parts.shape[1]
    if np.shape(rebalanced) != (days,):
        raise MalformedSeries(f"{np.size(rebalanced)} marks stand beside {days} closes")
    marks = np.flatnonzero(rebalanced[1:]) + 1
    bases = np.concatenate((np.zeros(1, dtype=np.int64), marks))
    segment = np.searchsorted(bases, np.arange(days), side="left") - 1  # the close of a rebalancing still belongs to what was before it
    segment[0] = 0
    growth = shares @ (parts / parts[:, bases[segment]])
    begun = np.concatenate((np.ones(1), np.cumprod(growth[marks])))
    return np.asarray(begun[segment] * growth)
