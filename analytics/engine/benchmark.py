"""Comparison with an index: its own growth over the same days, and the same money put into it.

`index` is the benchmark's value of one unit in the report currency at n + 1 closes, > 0; entry 0 is the close before the period.
"""

from __future__ import annotations

import numpy as np

from analytics.engine.arrays import FloatArray, checked, checked_flow, finite
from analytics.engine.errors import MalformedSeries


def _checked_index(index: FloatArray) -> FloatArray:
    series = checked("index", index)
    if len(series) < 1 or (series <= 0).any():
        raise MalformedSeries("an index has at least one entry, and all are above zero")
    return series


def index_return(index: FloatArray) -> float:
    """The benchmark's own return from the first close to the last, a fraction.  numbers.md: "Against a benchmark", index."""
    series = _checked_index(index)
    return finite(float(series[-1] / series[0]) - 1.0, "the return of the benchmark is beyond all numbers")


def same_money(start_value: float, inflow: FloatArray, outflow: FloatArray, index: FloatArray) -> FloatArray:
    """What the same money would be worth in the benchmark.  numbers.md: "Against a benchmark", same money.

    start_value      worth at the close before the period, put into the benchmark at that close
    inflow, outflow  (n,)  each day's flow buys or sells the benchmark at that day's close
    index            (n + 1,)

    Returns (n + 1,), starting at start_value.  It may fall below zero where more was taken out than the benchmark had made.
    """
    series = _checked_index(index)
    days = len(series) - 1
    net = checked_flow("inflow", inflow, days) - checked_flow("outflow", outflow, days)
    first = checked("start value", np.array([start_value]), 1)
    units = np.cumsum(np.concatenate((first / series[0], net / series[1:])))
    return np.asarray(units * series)
