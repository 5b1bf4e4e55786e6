"""Returns from one business day to the next, out of a daily series."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analytics.border import BoolArray, FloatArray, IntArray
from analytics.engine.risk import returns_between


class TradingReturns(NamedTuple):
    """Returns from the close of one business day to that of the next; `opens` and `closes` are the entries of the two."""

    values: FloatArray
    opens: IntArray
    closes: IntArray


def trading_returns(index: FloatArray, working: BoolArray, trading: BoolArray, begin: int) -> TradingReturns:
    """Of business days from entry `begin` on; a day on which nothing was at work has none.

    index    (n + 1,)  what one unit of money became, at each close
    working  (n,)      whether money was at work on each day
    trading  (n + 1,)  which closes are of business days
    """
    chosen = trading.copy()
    chosen[:begin] = False
    chosen[begin] = True
    places = np.flatnonzero(chosen)
    worked = np.concatenate(([0], np.cumsum(working)))
    counted = worked[places[1:]] > worked[places[:-1]]
    return TradingReturns(returns_between(index, chosen)[counted], places[:-1][counted], places[1:][counted])
