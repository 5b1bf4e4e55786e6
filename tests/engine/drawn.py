"""Random return series for properties.  Hypothesis chooses a seed, a length and a kind; numpy draws the numbers, a thousand times faster."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

KINDS = ("calm", "wild", "coarse", "mostly nothing")


def draw_returns(seed: int, days: int, kind: str, columns: int) -> np.ndarray:
    """(days, columns), above -1: normal ones; heavy tails; a handful of values, with ties; zeros on most days."""
    chance = np.random.default_rng(seed)
    table = chance.normal(2e-4, 0.01, (days, columns))
    if kind == "wild":
        table = np.clip(chance.standard_t(3, (days, columns)) * 0.02, -0.9, 3.0)
    elif kind == "coarse":
        table = table.round(2)
    elif kind == "mostly nothing":
        table *= chance.random((days, columns)) < 0.3
    return table


def series(least: int = 20, most: int = 200) -> st.SearchStrategy[np.ndarray]:
    """One series, (n,)."""
    return tables(1, least, most).map(lambda table: table[:, 0])


def tables(columns: int, least: int = 20, most: int = 200) -> st.SearchStrategy[np.ndarray]:
    """Several side by side, (n, columns)."""
    return st.builds(draw_returns, st.integers(0, 2**32 - 1), st.integers(least, most), st.sampled_from(KINDS), st.just(columns))


def index_of(returns: np.ndarray) -> np.ndarray:
    """The growth index of a series: one entry more, from 1."""
    return np.concatenate(([1.0], np.cumprod(1 + returns)))
