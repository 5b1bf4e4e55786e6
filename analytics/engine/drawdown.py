"""Falls from a peak.  `index` is a growth index at n + 1 closes, above zero at the first; entry 0 is the close before the period.

A depth is a fraction at or below zero: -0.2 is a fall of 20 %.  Places are entries of the index; where it has one entry a
calendar day, differences of places are days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import FloatArray, checked
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or
from analytics.engine.returns import annualised
from analytics.engine.risk import LEAST_OBSERVATIONS


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One fall: from the last close at the peak down to the trough and back to where the peak was."""

    depth: float
    peak: int
    trough: int
    recovery: int | None  # None while it lasts
    last: int  # recovery, or the last entry of the index

    @property
    def falling(self) -> int:
        """Entries from peak to trough."""
        return self.trough - self.peak

    @property
    def recovering(self) -> int | None:
        """Entries from trough to recovery; None while it lasts."""
        return None if self.recovery is None else self.recovery - self.trough

    @property
    def length(self) -> int:
        """Entries under water: from peak to recovery, or to the end of the index."""
        return self.last - self.peak


def _checked_index(index: FloatArray) -> FloatArray:
    series = checked("index", index)
    if len(series) == 0 or series[0] <= 0:
        raise MalformedSeries("a growth index has at least one entry and begins above zero")
    return series


def _enough(index: FloatArray) -> FloatArray:
    series = _checked_index(index)
    if len(series) <= LEAST_OBSERVATIONS:
        raise Undefined(f"fewer than {LEAST_OBSERVATIONS} days lie in the period: {len(series) - 1}")
    return series


@finite_or("the fall is beyond all numbers")
def drawdown_series(index: FloatArray) -> FloatArray:
    """How far each close lies under the highest one up to it, V/peak - 1: (n + 1,), all <= 0.  numbers.md: "drawdown".

    Raises MalformedSeries if the index is empty or begins at or below zero.
    """
    series = _checked_index(index)
    return np.asarray(series / np.maximum.accumulate(series) - 1.0)


def drawdowns(index: FloatArray, most: int | None = None) -> list[Drawdown]:
    """Every fall of the index, deepest first, at most `most`; empty if it never fell.  numbers.md: "drawdown".

    The peak is the last close at the old height before the fall; of equal troughs the first one counts.
    """
    depth = drawdown_series(index)
    under = np.concatenate(([False], depth < 0, [False]))
    edges = np.flatnonzero(under[1:] != under[:-1])
    begins, ends = edges[::2], edges[1::2]
    if len(begins) == 0:
        return []
    deepest = np.minimum.reduceat(depth, begins)  # each also over the closes at the peak behind it, which are zero
    order = np.argsort(deepest, kind="stable")[:most]
    found = []
    for place in order:
        begin, end = int(begins[place]), int(ends[place])
        trough = begin + int(np.argmin(depth[begin:end]))
        back = end if end < len(depth) else None
        found.append(Drawdown(float(depth[trough]), begin - 1, trough, back, end if back is not None else len(depth) - 1))
    return found


def maximum_drawdown(index: FloatArray) -> float:
    """The deepest fall, a fraction <= 0; 0.0 if the index never fell.  numbers.md: "maximum_drawdown".

    Raises Undefined for fewer than 20 days.
    """
    return float(drawdown_series(_enough(index)).min())


@finite_or("the Calmar ratio is beyond all numbers")
def calmar_ratio(index: FloatArray, *, days: int) -> float:
    """Return a year over the deepest fall.  numbers.md: "calmar".

    index  (n + 1,)  days  calendar days from its first entry to its last

    Returns a plain number.  Raises Undefined for fewer than 20 entries or 365 days, or if the index never fell.
    Source: Young (1991), Calmar ratio: a smoother tool, Futures 20(1); over the whole period in place of three years.
    """
    series = _enough(index)
    fall = maximum_drawdown(series)
    if fall == 0:
        raise Undefined("the value never fell below a peak, and there is no drawdown to divide by")
    return annualised(float(series[-1] / series[0]) - 1.0, days) / -fall


@finite_or("the ulcer index is beyond all numbers")
def ulcer_index(index: FloatArray) -> float:
    """Depth and length of falls in one number, √mean(drawdown²) over the n days.  numbers.md: "ulcer".

    Returns a fraction >= 0.  Raises Undefined for fewer than 20 days.
    Source: Martin and McCann (1989), The investor's guide to Fidelity funds.
    """
    depth = drawdown_series(_enough(index))[1:]
    return float(np.sqrt(np.mean(depth**2)))
