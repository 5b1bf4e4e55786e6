"""The level of a benchmark over a span of days, for whoever wants to draw or check it."""

from __future__ import annotations

from datetime import date
from typing import Any

from analytics.levels import Level, level_of, quoted_in
from analytics.world import Market
from market.selectors import BenchmarkView, actions_of, fx_columns, own_rate_columns, price_columns


def benchmark_level(user: Any, benchmark: BenchmarkView, currency: str, start: date, end: date) -> Level:
    """Its level at the close of each day from `start` to `end`, as the person's figures see it.  Four queries, however many parts."""
    wanted, used = benchmark.instruments, {*benchmark.currencies, currency}
    market = Market(price_columns(wanted), fx_columns(used), quoted_in(benchmark), own=own_rate_columns(user, used))
    return level_of(benchmark, market, actions_of(wanted, start=start), currency=currency, first=start, length=(end - start).days + 1)
