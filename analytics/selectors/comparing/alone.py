"""What portfolios did by themselves over the days of a comparison: the figures of the reports of returns and of risk."""

from __future__ import annotations

from datetime import date

import numpy as np

from analytics.engine.errors import Undefined
from analytics.selectors.comparing.shapes import Alone, Path
from analytics.selectors.performance import Stretch
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.risk.shapes import RiskAsked
from analytics.selectors.scope import Scope, sentence


def window_of(scope: Scope, start: date | None, end: date | None) -> RiskWindow:
    """The window of a comparison: the whole period, from the first entry where no start is asked for."""
    return RiskWindow(scope, RiskAsked(start, end, whole=start is None))


def alone_of(window: RiskWindow) -> Alone:
    """What portfolios did by themselves."""
    stretch = window.stretch
    return Alone(stretch.twr, stretch.twr_annualised, window.volatility, window.worst, path_of(stretch))


def path_of(stretch: Stretch) -> Path:
    """From the opening on: the close before the period, or the close of the first day with money."""
    try:
        index, days = stretch.index, stretch.daily.days
    except Undefined as problem:
        return nothing(problem)
    return Path(days, index - 1.0)


def nothing(problem: Undefined) -> Path:
    """No path, and why."""
    return Path(np.zeros(0, dtype=np.int64), np.zeros(0), sentence(problem.reason))
