"""Which points of a daily series are told or drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.border import IntArray

MOST_POINTS = 1500


def interval_ends(days: IntArray, interval: str) -> IntArray:
    """Places of the points of a series of day numbers: every "day", or the last of each "week" (from Monday) or "month", and always
    the first and the last."""
    if interval == "day" or len(days) < 3:
        return np.arange(len(days))
    weeks = (days + 3) // 7  # day 0 was a Thursday
    period = weeks if interval == "week" else days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.union1d([0], np.flatnonzero(np.append(period[1:] != period[:-1], True)))


def thinned(days: np.ndarray[Any, Any], most: int = MOST_POINTS) -> np.ndarray[Any, Any]:
    """Places of the points to draw: every day of the last year, before that evenly spread, first and last always."""
    recent = int(np.searchsorted(days, days[-1] - 366)) if len(days) else 0
    room = max(most - (len(days) - recent), 2)
    step = max(-(-recent // room), 1)
    return np.concatenate((np.arange(0, recent, step), np.arange(recent, len(days))))
