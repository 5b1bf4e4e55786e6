"""How fast something grew, if it had grown evenly: a straight line through its logarithms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import FloatArray, checked
from analytics.engine.errors import Undefined
from analytics.engine.guard import finite_or
from analytics.engine.returns import DAYS_A_YEAR
from analytics.engine.risk import LEAST_OBSERVATIONS

STILL = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """rate       a year, a fraction
    r_squared  how much of what the logarithms vary by lies on the line, 0 to 1; None where they do not vary
    line       (n,)  the trend at each close
    """

    rate: float
    r_squared: float | None
    line: FloatArray


@finite_or("the growth is beyond all numbers")
def growth_trend(value: FloatArray) -> Trend:
    """The line of least squares through ln(value).  numbers.md: "growth_rate".

    value  (n,)  at each close, one a calendar day, > 0

    Raises Undefined for fewer than 20 closes, and where one of them is not above zero.
    """
    series = checked("value", value)
    if len(series) < LEAST_OBSERVATIONS:
        raise Undefined(f"a trend needs {LEAST_OBSERVATIONS} closes; there are {len(series)}")
    if (series <= 0).any():
        raise Undefined("on a day of the period the value was not above zero, and it has no even growth from there")
    logs = np.log(series)
    days = np.arange(len(series), dtype=np.float64)
    away, apart = days - days.mean(), logs - logs.mean()
    slope = float(away @ apart / (away @ away))
    varied = float(apart @ apart)
    fit = None if varied <= STILL else float(np.clip((slope * (away @ away)) * slope / varied, 0.0, 1.0))
    return Trend(float(np.expm1(slope * DAYS_A_YEAR)), fit, np.exp(logs.mean() + slope * away))
