"""Figures of a window that moves through a series, one place a period.

Every function takes returns (n,) and a `window` of w >= 20 of them and answers (n - w + 1,): entry k is the figure over returns
k to k + w - 1.  All raise Undefined where the series is shorter than the window; single windows without an answer are places
without one in Answers.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.engine.answers import Answers
from analytics.engine.arrays import FloatArray, checked
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or
from analytics.engine.returns import DAYS_A_YEAR
from analytics.engine.risk import LEAST_OBSERVATIONS, STILL

BEYOND = "the figure of a window is beyond all numbers"


def _windows(returns: FloatArray, window: int) -> FloatArray:
    """(n - w + 1, w), a view."""
    series = checked("returns", returns)
    if window < LEAST_OBSERVATIONS:
        raise MalformedSeries(f"a window has {LEAST_OBSERVATIONS} periods or more")
    if len(series) < window:
        raise Undefined(f"the period has {len(series)} days, fewer than the {window} of one window")
    return sliding_window_view(series, window)


@finite_or(BEYOND)
def rolling_volatility(returns: FloatArray, *, window: int, periods_per_year: float) -> FloatArray:
    """Annual volatility of each window, a fraction.  numbers.md: "rolling"."""
    return np.asarray(_windows(returns, window).std(axis=1, ddof=1) * np.sqrt(periods_per_year))


@finite_or(BEYOND)
def rolling_sharpe(returns: FloatArray, *, window: int, periods_per_year: float, risk_free: float = 0.0) -> Answers:
    """Sharpe ratio of each window.  numbers.md: "rolling"."""
    part = _windows(returns, window)
    still = np.ptp(part, axis=1) <= STILL
    spread = np.where(still, 1.0, part.std(axis=1, ddof=1))
    ratio = (part.mean(axis=1) - risk_free) / spread * np.sqrt(periods_per_year)
    return Answers.of(ratio, (still, "the returns of this window do not vary"))


@finite_or(BEYOND)
def rolling_beta(returns: FloatArray, benchmark: FloatArray, *, window: int) -> Answers:
    """Beta of each window against the benchmark.  numbers.md: "rolling"."""
    ours = _windows(returns, window)
    theirs = _windows(checked("benchmark", benchmark, len(ours) + window - 1), window)
    still = np.ptp(theirs, axis=1) <= STILL
    other = theirs - theirs.mean(axis=1)[:, None]
    spread = np.where(still, 1.0, np.einsum("nw,nw->n", other, other))
    return Answers.of(np.einsum("nw,nw->n", ours, other) / spread, (still, "the benchmark does not vary in this window"))


@finite_or(BEYOND)
def rolling_correlation(returns: FloatArray, benchmark: FloatArray, *, window: int) -> Answers:
    """Correlation of each window with the benchmark, -1 to 1.  numbers.md: "rolling"."""
    ours = _windows(returns, window)
    theirs = _windows(checked("benchmark", benchmark, len(ours) + window - 1), window)
    still = (np.ptp(ours, axis=1) <= STILL) | (np.ptp(theirs, axis=1) <= STILL)
    one, other = ours - ours.mean(axis=1)[:, None], theirs - theirs.mean(axis=1)[:, None]
    length = np.einsum("nw,nw->n", one, one) * np.einsum("nw,nw->n", other, other)
    found = np.einsum("nw,nw->n", one, other) / np.sqrt(np.where(still, 1.0, length))
    return Answers.of(np.clip(found, -1.0, 1.0), (still, "one of the two does not vary in this window"))


@finite_or(BEYOND)
def rolling_returns(index: FloatArray, *, days: int) -> Answers:
    """Return over every stretch of `days` calendar days, a year's rate where that is 365 or more.  numbers.md: "rolling_return".

    index  (n + 1,)  a growth index with one entry a calendar day

    Returns (n + 1 - days,): entry k runs from close k to close k + days.  Raises Undefined if the period is shorter.
    """
    series = checked("index", index)
    if days < 1:
        raise MalformedSeries("a stretch has one day or more")
    if len(series) <= days:
        raise Undefined(f"the period has {max(len(series) - 1, 0)} days, fewer than the {days} of one stretch")
    before, after = series[:-days], series[days:]
    lost = before <= 0
    growth = after / np.where(lost, 1.0, before)
    below = growth < 0
    rate = np.where(below, 0.0, growth) ** (DAYS_A_YEAR / days) if days >= DAYS_A_YEAR else growth
    refused = (below if days >= DAYS_A_YEAR else np.zeros_like(below), "more than everything was lost, and no rate a year expresses that")
    return Answers.of(rate - 1.0, (lost, "nothing was left at the start of this stretch"), refused)
