"""Days that are unlike the portfolio's own past, by deviations that a few wild days cannot move.

A robust deviation is the distance from the median, in units of 1.4826 times the median absolute deviation: for returns that are
normal that unit is their standard deviation.

Sources: Hampel (1974), The influence curve and its role in robust estimation, JASA 69; Iglewicz and Hoaglin (1993), How to detect
and handle outliers.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.engine.answers import Answers
from analytics.engine.arrays import BoolArray, FloatArray, checked
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or
from analytics.engine.risk import LEAST_OBSERVATIONS, STILL

UNIT = 1.482602218505602  # 1 / Φ⁻¹(3/4)
LIMIT = 4.0
BEYOND = "the deviation is beyond all numbers"
STEADY = "on more than half of the days before, the value moved by the same share, and any other move would look unusual"


@finite_or(BEYOND)
def robust_deviation(past: FloatArray, today: float) -> float:
    """How many robust deviations the return of a day is from the past, with its sign.  numbers.md: "anomaly".

    past   (n,)  returns of the days before, n >= 20
    today  the return of the day

    Raises Undefined for fewer than 20 days, or if half of the past is one and the same return.
    """
    series = checked("past", past)
    day = checked("today", np.array([today]), 1)
    if len(series) < LEAST_OBSERVATIONS:
        raise Undefined(f"fewer than {LEAST_OBSERVATIONS} trading days lie before this one: {len(series)}")
    centre = float(np.median(series))
    unit = UNIT * float(np.median(np.abs(series - centre)))
    if unit <= STILL:
        raise Undefined(STEADY)
    return (float(day[0]) - centre) / unit


@finite_or(BEYOND)
def robust_deviations(returns: FloatArray, *, window: int) -> Answers:
    """The same for every day against the `window` days before it: (n - window,), entry k is that of return k + window.

    Raises Undefined if no day has that many before it; MalformedSeries for a window of fewer than 20.
    """
    series = checked("returns", returns)
    if window < LEAST_OBSERVATIONS:
        raise MalformedSeries(f"a window has {LEAST_OBSERVATIONS} days or more")
    if len(series) <= window:
        raise Undefined(f"the period has {len(series)} days, and each needs {window} before it")
    past = sliding_window_view(series, window)[:-1]
    centre = np.median(past, axis=1)
    unit = UNIT * np.median(np.abs(past - centre[:, None]), axis=1)
    steady = unit <= STILL
    return Answers.of((series[window:] - centre) / np.where(steady, 1.0, unit), (steady, STEADY))


@finite_or(BEYOND)
def deviations_from_own_past(returns: FloatArray, *, most: int) -> Answers:
    """The same for every day against all days before it, the newest `most` of them: (n,), one for each return.

    Raises MalformedSeries for a `most` of fewer than 20.
    """
    series = checked("returns", returns)
    if most < LEAST_OBSERVATIONS:
        raise MalformedSeries(f"a window has {LEAST_OBSERVATIONS} days or more")
    early = min(most, len(series))
    values, few, steady = np.zeros(len(series)), np.zeros(len(series), dtype=bool), np.zeros(len(series), dtype=bool)
    few[: min(LEAST_OBSERVATIONS, len(series))] = True
    for place in range(LEAST_OBSERVATIONS, early):
        try:
            values[place] = robust_deviation(series[:place], float(series[place]))
        except Undefined:
            steady[place] = True
    if len(series) > most:
        late = robust_deviations(series, window=most)
        values[most:], steady[most:] = late.values, ~late.known
    return Answers.of(values, (few, f"fewer than {LEAST_OBSERVATIONS} trading days lie before this one"), (steady, STEADY))


def unusual(deviations: Answers, *, limit: float = LIMIT) -> BoolArray:
    """Which days lie beyond the limit on either side.  A day without an answer does not."""
    return np.asarray(deviations.known & (np.abs(deviations.values) > limit))
