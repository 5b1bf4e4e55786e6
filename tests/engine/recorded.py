"""Reference values that another package gave, and the real series they belong to."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

EMPYRICAL: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "empyrical.json").read_text(encoding="utf-8"))
PERIODS = ("calm", "crash", "sudden")


@cache
def closes() -> pd.DataFrame:
    """Closes of twenty companies and of the S&P 500 (`SPX`) on trading days, 1990 to 2022."""
    spec = find_spec("skfolio")
    assert spec is not None and spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0], "datasets", "data")
    table = pd.read_csv(folder / "sp500_dataset.csv.gz", index_col=0, parse_dates=True)
    index = pd.read_csv(folder / "sp500_index.csv.gz", index_col=0, parse_dates=True)
    return table.join(index.iloc[:, 0].rename("SPX"))


def closes_in(period: str, symbol: str) -> pd.Series:
    """One of them over one of the periods of EMPYRICAL, with the close before."""
    return closes()[symbol].loc[EMPYRICAL[period]["from"] : EMPYRICAL[period]["to"]]


def returns_in(period: str, symbol: str = "AAPL") -> np.ndarray:
    return closes_in(period, symbol).pct_change().dropna().to_numpy()
