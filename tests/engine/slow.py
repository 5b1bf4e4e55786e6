"""The same figures a second time: obvious, slow, written straight from the definitions."""

from __future__ import annotations

import math

import pandas as pd


def chained_return(value: list[float], inflow: list[float], outflow: list[float]) -> float:
    """Time-weighted return, one day after the other."""
    grown = 1.0
    for day in range(1, len(value)):
        base = value[day - 1] + inflow[day - 1]
        if base != 0:
            grown *= (value[day] + outflow[day - 1]) / base
    return grown - 1.0


def dietz(start: float, end: float, inflow: list[float], outflow: list[float]) -> float:
    """Modified Dietz with the day of each flow counted by hand."""
    days = len(inflow)
    gain, at_work = end - start, start
    for day in range(1, days + 1):
        gain += outflow[day - 1] - inflow[day - 1]
        at_work += inflow[day - 1] * (days - day + 1) / days - outflow[day - 1] * (days - day) / days
    return gain / at_work


def units_each_day(steps: list[tuple[int, int, float]], columns: int, days: int) -> pd.DataFrame:
    """Units held at the end of each day by pandas: the last step of a day stands, and is carried forward."""
    table = pd.DataFrame(steps, columns=["column", "day", "after"])
    wide = table.pivot_table(index="day", columns="column", values="after", aggfunc="last")
    return wide.reindex(index=range(days), columns=range(columns)).ffill().fillna(0.0)


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def spread(values: list[float]) -> float:
    """Sample standard deviation."""
    centre = mean(values)
    return math.sqrt(math.fsum((x - centre) ** 2 for x in values) / (len(values) - 1))


def downside(values: list[float], least: float) -> float:
    return math.sqrt(mean([(x - least) ** 2 if x < least else 0.0 for x in values]))


def falls(index: list[float]) -> list[tuple[int, int, int | None, float]]:
    """Peak, trough, recovery and depth of every fall, walking from close to close."""
    found: list[tuple[int, int, int | None, float]] = []
    peak, trough = 0, None
    for day in range(1, len(index)):
        if index[day] >= index[peak]:
            if trough is not None:
                found.append((peak, trough, day, index[trough] / index[peak] - 1))
            peak, trough = day, None
        elif trough is None or index[day] / index[peak] < index[trough] / index[peak]:
            trough = day
    return found if trough is None else [*found, (peak, trough, None, index[trough] / index[peak] - 1)]


def ulcer(index: list[float]) -> float:
    return math.sqrt(mean([(index[day] / max(index[: day + 1]) - 1) ** 2 for day in range(1, len(index))]))
