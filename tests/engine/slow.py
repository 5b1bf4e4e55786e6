"""The same figures a second time: obvious, slow, written straight from the definitions."""

from __future__ import annotations

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
