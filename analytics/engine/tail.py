"""What may be lost in bad times: value at risk, expected shortfall, and how often the first of them failed.

A loss is a fraction of the value, positive: 0.03 is 3 % lost; below zero even the bad days gained.  `level` is the share of
days on which the loss stays within the value at risk: 0.95, 0.99.  `horizon` is in periods, one or ten.

historical      what happened: the quantile of the returns, over more periods of all overlapping runs of that length
normal          mean and spread alone, μ·h and σ·√h
cornish_fisher  the normal quantile bent by skewness s/√h and excess kurtosis k/h
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, exp, log, pi, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.engine.arrays import BoolArray, FloatArray
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or
from analytics.engine.risk import LEAST_OBSERVATIONS, STILL, enough

Method = Literal["historical", "normal", "cornish_fisher"]

BEYOND = "the loss is beyond all numbers"
ACCEPTED = 0.05  # a back-test is rejected where luck alone would fail as often less than once in twenty times
_FARTHEST = -4.0  # the expansion must rise from here on, three in a hundred thousand, up to the level


@dataclass(frozen=True, slots=True)
class Tail:
    """Loss that is not exceeded at the level, and the mean loss of the rest."""

    value_at_risk: float
    expected_shortfall: float


@finite_or(BEYOND)
def tail(returns: FloatArray, *, level: float, method: Method, horizon: int = 1) -> Tail:
    """Value at risk and expected shortfall.  numbers.md: "value_at_risk", "expected_shortfall".

    returns  (n,)  simple, per period, n >= 20; for the historical method over a horizon, 20 runs of it

    Returns losses, fractions over the horizon.  Raises Undefined for fewer returns, for a total loss inside a historical run,
    and where Cornish and Fisher's expansion does not rise in the tail; MalformedSeries for a level outside (0.5, 1).
    Sources: Jorion (2006), Value at risk, chapters 5 and 10; for the shortfall of the third method Maillard (2018), A user's
    guide to the Cornish Fisher expansion.
    """
    if not 0.5 < level < 1 or horizon < 1:
        raise MalformedSeries("a level lies between 0.5 and 1, and a horizon has one period or more")
    series = enough(returns)
    if method == "historical":
        return _historical(runs(series, horizon), 1 - level)
    spread, centre = float(np.std(series, ddof=1)) * sqrt(horizon), float(series.mean()) * horizon
    skew, kurtosis = moments(series) if method == "cornish_fisher" else (0.0, 0.0)
    bent, mean_of_tail = _expansion(1 - level, skew / sqrt(horizon), kurtosis / horizon)
    return Tail(-(centre + spread * bent), -(centre + spread * mean_of_tail))


def moments(returns: FloatArray) -> tuple[float, float]:
    """Skewness and excess kurtosis, both by the moments of the sample itself (n in the divisor); 0 of returns that do not vary."""
    skew, kurtosis = _moments(returns[None, :])
    return float(skew[0]), float(kurtosis[0])


def _moments(windows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same of each row."""
    centred = windows - windows.mean(axis=1)[:, None]
    still = np.ptp(windows, axis=1) <= STILL
    squares = centred**2
    variance = np.where(still, 1.0, squares.mean(axis=1))
    skew, kurtosis = (squares * centred).mean(axis=1) / variance**1.5, (squares * squares).mean(axis=1) / variance**2 - 3.0
    return np.where(still, 0.0, skew), np.where(still, 0.0, kurtosis)


def runs(series: FloatArray, horizon: int) -> FloatArray:
    """The compounded return of every run of `horizon` periods."""
    if horizon == 1:
        return series
    if len(series) - horizon + 1 < LEAST_OBSERVATIONS:
        raise Undefined(f"fewer than {LEAST_OBSERVATIONS} runs of {horizon} days lie in the period")
    if (series[:-1] <= -1).any():
        raise Undefined("everything was lost inside the period, and what follows has no return")
    return np.asarray(sliding_window_view(1.0 + series, horizon).prod(axis=1) - 1.0)


def _historical(series: FloatArray, share: float) -> Tail:
    quantile = float(np.quantile(series, share))
    return Tail(-quantile, -float(series[series <= quantile].mean()))


def _expansion(share: float, skew: float, kurtosis: float) -> tuple[float, float]:
    """The quantile of the expansion in units of spread, and its mean below: both in closed form, as it is a cubic of z."""
    z = NormalDist().inv_cdf(share)
    if not _rises(z, np.array([skew]), np.array([kurtosis]))[0]:
        raise Undefined("the returns are too skewed or too often extreme for the Cornish–Fisher expansion")
    density = exp(-z * z / 2) / sqrt(2 * pi)
    mean_of_tail = _cubic(-density / share, 1 - z * density / share, -(z * z + 2) * density / share, skew, kurtosis)
    return float(_cubic(z, z * z, z**3, skew, kurtosis)), float(mean_of_tail)


def _cubic(first: float, second: float, third: float, skew: FloatArray | float, kurtosis: FloatArray | float) -> FloatArray | float:
    """The expansion, given z, z² and z³, or their means."""
    return first + (second - 1) * skew / 6 + (third - 3 * first) * kurtosis / 24 - (2 * third - 5 * first) * skew**2 / 36


def _rises(z: float, skew: FloatArray, kurtosis: FloatArray) -> BoolArray:
    """Whether the expansion rises all the way from the farthest place that counts to z."""
    curve, lean, base = kurtosis / 8 - skew**2 / 6, skew / 3, 1 - kurtosis / 8 + 5 * skew**2 / 36  # slope: curve·z² + lean·z + base
    turn = np.clip(np.where(curve > 0, -lean / np.where(curve > 0, 2 * curve, 1.0), z), _FARTHEST, z)
    return np.asarray(np.all([curve * place**2 + lean * place + base > 0 for place in (_FARTHEST, z, turn)], axis=0))


# ── how often it failed ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class BackTest:
    """How often the loss of a day was above the value at risk that was known the evening before."""

    days: int
    failures: int
    expected: float  # failures that the level allows over these days
    statistic: float
    p_value: float  # how often luck alone strays that far

    @property
    def accepted(self) -> bool:
        """False where the failures are so many, or so few, that luck explains them less than once in twenty times."""
        return self.p_value >= ACCEPTED


def kupiec(failures: int, days: int, *, level: float) -> BackTest:
    """The proportion-of-failures test.  numbers.md: "kupiec".

    Raises Undefined for fewer than 20 days; MalformedSeries for more failures than days.
    Source: Kupiec (1995), Techniques for verifying the accuracy of risk measurement models, Journal of Derivatives 3(2).
    """
    if not 0 <= failures <= days or not 0.5 < level < 1:
        raise MalformedSeries("failures are days of the test, and a level lies between 0.5 and 1")
    if days < LEAST_OBSERVATIONS:
        raise Undefined(f"fewer than {LEAST_OBSERVATIONS} days are left to test the value at risk on: {days}")
    share = failures / days
    statistic = 2 * (_log_chance(failures, days, share) - _log_chance(failures, days, 1 - level))
    statistic = max(statistic, 0.0)
    return BackTest(days, failures, days * (1 - level), statistic, erfc(sqrt(statistic / 2)))


def _log_chance(failures: int, days: int, share: float) -> float:
    """Logarithm of share^failures·(1 - share)^rest, with 0·log 0 = 0."""
    rest = days - failures
    return (failures * log(share) if failures else 0.0) + (rest * log(1 - share) if rest else 0.0)


@finite_or(BEYOND)
def back_test(returns: FloatArray, *, level: float, method: Method, window: int) -> BackTest:
    """Value at risk of one day, made anew each evening from the last `window` returns, against the day that followed.

    returns  (n,)  of which the last n - window days are tested; a day whose value at risk is undefined is left out

    Raises as `tail` and `kupiec`; MalformedSeries for a window of fewer than 20 days.
    """
    series = enough(returns)
    if window < LEAST_OBSERVATIONS:
        raise MalformedSeries(f"a window has {LEAST_OBSERVATIONS} days or more")
    if len(series) <= window:
        raise Undefined(f"fewer than {LEAST_OBSERVATIONS} days are left to test the value at risk on: 0")
    past, following = sliding_window_view(series, window)[:-1], series[window:]
    z = NormalDist().inv_cdf(1 - level)
    known = np.ones(len(following), dtype=bool)
    if method == "historical":
        loss = -np.quantile(past, 1 - level, axis=1)
    else:
        skew, kurtosis = _moments(past) if method == "cornish_fisher" else (np.zeros(len(past)), np.zeros(len(past)))
        known = _rises(z, skew, kurtosis)
        loss = -past.mean(axis=1) - past.std(axis=1, ddof=1) * _cubic(z, z * z, z**3, skew, kurtosis)
    if not np.isfinite(loss).all():
        raise Undefined(BEYOND)
    failed = -following[known] > loss[known]
    return kupiec(int(failed.sum()), int(known.sum()), level=level)
