"""Daily value and time-weighted return by the engine, beside numpy and pandas on the same workload in one run.

The workload and the references are recorded scripts beside this repository (see tests/shared.py); where they are absent this says
so and measures nothing.  Compare the ratios, never milliseconds of two days.

    python -m benchmarks engine
"""

from __future__ import annotations

import importlib
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from analytics.engine.returns import money_weighted_return, time_weighted_return
from analytics.engine.valuation import converted, worth_by_currency

RECORDED = Path(__file__).resolve().parent.parent.parent / "shared" / "benchmarks"
RUNS = 7


def prepared(work: dict[str, Any]) -> SimpleNamespace:
    """The workload in the engine's form: levels after each step by instrument, closes of one instrument side by side, flows by day."""
    days, instruments = work["close"].shape
    change = np.where(work["kind"] == 0, work["qty"], np.where(work["kind"] == 1, -work["qty"], 0.0))
    order = np.argsort(work["asset"], kind="stable")
    columns, starts = work["asset"][order], work["day"][order]
    units = np.round(change[order] * 10_000).astype(np.int64)  # the workload counts in ten-thousandths
    total = np.cumsum(units)
    first = np.searchsorted(columns, np.arange(instruments))
    before = np.where(first > 0, total[np.maximum(first - 1, 0)], 0)
    return SimpleNamespace(
        columns=columns,
        starts=starts,
        after=(total - before[columns]) / 10_000,
        closes=np.ascontiguousarray(work["close"].T),
        currency=work["is_eur"].astype(np.int64),
        rates=np.vstack([np.ones(days), work["fx"]]),
        days=days,
    )


def flows(work: dict[str, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Inflow and outflow of each day in dollars: what is timed with the value, as in the references."""
    rate = np.where(work["is_eur"][work["asset"]], work["fx"][work["day"]], 1.0)
    gross = work["qty"] * work["price"]
    bought = work["kind"] == 0
    days = len(work["dates"])
    paid_in = np.bincount(work["day"], np.where(bought, (gross + work["fee"]) * rate, 0.0), days)
    return paid_in, np.bincount(work["day"], np.where(bought, 0.0, (gross - work["fee"]) * rate), days)


def engine(work: dict[str, Any], ready: SimpleNamespace) -> tuple[np.ndarray[Any, Any], float]:
    """What is measured: value of every day, and the return."""
    by_currency = worth_by_currency(ready.columns, ready.starts, ready.after, ready.closes, ready.currency, 2)
    value = converted(by_currency, ready.rates)
    paid_in, taken_out = flows(work)
    return value, time_weighted_return(np.concatenate(([0.0], value)), paid_in, taken_out)


def timed(call: Callable[[], Any]) -> float:
    """Median of a few runs, in milliseconds."""
    call()
    spent = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        call()
        spent.append(time.perf_counter() - begin)
    return statistics.median(spent) * 1000


def allocated(call: Callable[[], Any]) -> float:
    """The most that a call holds at once beside its input, in MB, by numpy's own account."""
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def measure(size: str, workload: Any, valuation: Any, folder: Path) -> float:
    """One size, printed; the engine's milliseconds."""
    workload.write(size, folder)
    work = workload.load(size, folder)
    ready = prepared(work)
    tables = valuation.frames(work)
    value, twr = engine(work, ready)
    dense_value, dense_twr = valuation.numpy_dense(work)
    assert np.allclose(value, dense_value, rtol=1e-9, atol=1e-6) and abs(twr - dense_twr) < 1e-9 * max(1.0, abs(dense_twr))
    ours = timed(lambda: engine(work, ready))
    dense = timed(lambda: valuation.numpy_dense(work))
    frames = timed(lambda: valuation.pandas_vec(work, *tables))
    matrix = work["close"].nbytes / 1e6
    held = allocated(lambda: engine(work, ready))
    print(
        f"{size}: {len(work['day'])} entries, {work['close'].shape[1]} instruments, {work['close'].shape[0]} days\n"
        f"   engine {ours:8.2f} ms   numpy_dense {dense:8.2f} ms (engine is {ours / dense:.2f} of it)   pandas {frames:8.2f} ms ({ours / frames:.2f})\n"
        f"   memory {held:8.2f} MB beside the prices, {held / matrix:.2f} of the price matrix ({matrix:.1f} MB)"
    )
    return ours


def money_weighted() -> None:
    """500 positions of 40 flows, one after the other, beside pyxirr."""
    import pyxirr

    rng = np.random.default_rng(7)
    cases = []
    for _ in range(500):
        days = np.sort(rng.integers(0, 3650, 40))
        amounts = np.append(-rng.uniform(100, 1000, 39), 0.0)
        amounts[-1] = -amounts.sum() * rng.uniform(0.7, 2.5)
        cases.append((days, amounts, (np.datetime64("2010-01-01") + days).astype(object)))
    ours = timed(lambda: [money_weighted_return(days, amounts) for days, amounts, _ in cases])
    theirs = timed(lambda: [pyxirr.xirr(dates, amounts) for _, amounts, dates in cases])
    worst = max(abs(money_weighted_return(days, amounts) - pyxirr.xirr(dates, amounts)) for days, amounts, dates in cases)
    print(
        f"money-weighted, 500 positions of 40 flows: engine {ours:.1f} ms   pyxirr {theirs:.1f} ms ({ours / theirs:.1f})   largest difference {worst:.1e}"
    )


def main() -> None:
    money_weighted()
    if not (RECORDED / "workload.py").exists():
        print("The recorded workload is not on this machine; value and return are not measured.")
        return
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(RECORDED))
    workload, valuation = importlib.import_module("workload"), importlib.import_module("bench_valuation")
    with tempfile.TemporaryDirectory() as folder:
        spent = {size: measure(size, workload, valuation, Path(folder)) for size in ("M", "L")}
    print(f"growth from M to L: {spent['L'] / spent['M']:.1f} (20 times the entries, 10 times the matrix)")


if __name__ == "__main__":
    main()
