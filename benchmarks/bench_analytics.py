"""Every row of the table of speed and scale, each beside its reference in the same run, with medians of three and the load beside them.

    python -m benchmarks analytics          all but the nightly batch (`python -m benchmarks batch`)

The workload and the references are recorded scripts beside this repository; where they are absent this says so and measures nothing.
"""

from __future__ import annotations

import contextlib
import io
import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import bench_engine
from benchmarks.priced import SEED, entries, filled_many, market_of, person, portfolios_of, recorded, work_of
from benchmarks.recorded import database, present

RUNS = 3
GHOSTFOLIO, LOOP_THEN = 34.6, 0.340  # seconds for M, and of the plain loop in Python on the same day and machine
RANGES = (1, 7, 30, 90, 180, 365, 3 * 365, 5 * 365, 10 * 365)


def row(what: str, measured: str, beside: str = "", floor: str = "", holds: bool | None = None) -> None:
    verdict = "" if holds is None else "  holds" if holds else "  MISSED"
    print(f"{what:58} {measured:28} {beside:44} floor {floor}{verdict}   (load {os.getloadavg()[0]:.1f})", flush=True)


def timed(call: Callable[[], Any], runs: int = RUNS, before: Callable[[], None] = lambda: None) -> tuple[float, float]:
    """Median milliseconds by the clock and of processor time."""
    wall, cpu = [], []
    for _ in range(runs):
        before()
        clock, busy = time.perf_counter(), time.process_time()
        call()
        wall.append((time.perf_counter() - clock) * 1000)
        cpu.append((time.process_time() - busy) * 1000)
    return statistics.median(wall), statistics.median(cpu)


def ms(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.1f} ms ({pair[1]:.1f} of CPU)"


# ── the engine ──────────────────────────────────────────────────────────────


def core(folder: Path) -> None:
    """Value and time-weighted return on M and L, growth, memory."""
    workload, valuation = recorded("workload"), recorded("bench_valuation")
    found = {}
    for size in ("M", "L"):
        with contextlib.redirect_stdout(io.StringIO()):
            workload.write(size, folder)
        work = workload.load(size, folder)
        ready = bench_engine.prepared(work)
        ours = timed(lambda work=work, ready=ready: bench_engine.engine(work, ready), 7)
        dense = timed(lambda work=work: valuation.numpy_dense(work), 7)
        found[size] = ours[1]
        if size == "L":
            row("value and TWR, L", ms(ours), f"numpy_dense {ms(dense)}: {ours[1] / dense[1]:.2f}", "3", ours[1] <= 3 * dense[1])
            held = bench_engine.allocated(lambda work=work, ready=ready: bench_engine.engine(work, ready)) / (work["close"].nbytes / 1e6)
            row("memory on L beside the prices", f"{held:.2f} of the price matrix", "", "10", held <= 10)
    row("growth from M to L", f"{found['L'] / found['M']:.1f}", "", "30", found["L"] <= 30 * found["M"])


def money_weighted() -> None:
    """500 positions of 40 flows in one batch."""
    import pyxirr

    from analytics.engine.rates import money_weighted_returns

    rng = np.random.default_rng(7)
    days = np.sort(rng.integers(0, 3650, (500, 40)), axis=1)
    amounts = -rng.uniform(100, 1000, (500, 40))
    amounts[:, -1] = -amounts[:, :-1].sum(axis=1) * rng.uniform(0.7, 2.5, 500)
    dates = [(np.datetime64("2010-01-01") + one).astype(object) for one in days]
    owner = np.repeat(np.arange(500), 40)
    ours = timed(lambda: money_weighted_returns(owner, days.ravel(), amounts.ravel(), positions=500), 9)
    theirs = timed(lambda: [pyxirr.xirr(when, much) for when, much in zip(dates, amounts, strict=True)], 9)
    found = money_weighted_returns(owner, days.ravel(), amounts.ravel(), positions=500)
    worst = max(abs(found.at(place) - pyxirr.xirr(when, much)) for place, (when, much) in enumerate(zip(dates, amounts, strict=True)))
    row("money-weighted, 500 positions, one batch", ms(ours), f"pyxirr loop {ms(theirs)}: {ours[1] / theirs[1]:.2f}; differ by {worst:.0e}", "3",
        ours[1] <= 3 * theirs[1])  # fmt: skip


# ── a whole snapshot ────────────────────────────────────────────────────────


def snapshot(portfolio: Any) -> None:
    """Positions, daily value and return in total and of each holding, money-weighted, ranges; from a ledger and prices in memory."""
    from analytics.holding_series import by_holding
    from analytics.selectors.reads import Reads
    from analytics.selectors.scope import Scope
    from analytics.series import daily
    from portfolios.ledger.replay import replay
    from portfolios.selectors import events_of, rules_of

    scope = Scope([portfolio], reads=Reads())
    market, rules = scope.market_of_holdings, rules_of(portfolio)
    events, last = events_of(portfolio), scope.today
    moves = [_move(event) for event in events]
    work = work_of("M")
    tables = recorded("bench_valuation").frames(work.raw)

    def whole() -> None:
        book = replay(list(events), rules)
        book.positions, book.matches  # noqa: B018  (made when they are read)
        series = daily([book], currency="USD", market=market, last=last)
        index, length = series.index, len(series.value)
        _ = [float(index[-1] / index[max(length - 1 - days, 0)] - 1.0) for days in RANGES]
        _by_holding(by_holding([book], moves, currency="USD", market=market, first=series.first, length=length))

    ours = timed(whole)
    loop = timed(lambda: recorded("bench_valuation").loop_python(work.raw, *tables))
    theirs = GHOSTFOLIO * loop[1] / 1000 / LOOP_THEN
    row("full snapshot on M", ms(ours), f"Ghostfolio, scaled by the plain loop: {theirs:.1f} s, {theirs * 1000 / ours[1]:.0f} times", "100 times",
        theirs * 1000 >= 100 * ours[1])  # fmt: skip


def _move(event: Any) -> Any:
    """What a plain purchase, sale or dividend did; told by the entry itself, as the ledger books it."""
    from decimal import Decimal

    from portfolios.selectors import HoldingMove

    zero = Decimal(0)
    gross, costs = event.gross * event.fx_rate, event.fees * event.fx_rate
    put_in = {"buy": gross, "sell": -gross}.get(event.kind, zero)
    quantity = {"buy": 1, "sell": -1}.get(event.kind, 0) * getattr(event, "quantity", zero)
    income = gross if event.kind == "dividend" else zero
    return HoldingMove(event.id, event.instrument, event.day, event.kind, quantity, zero, put_in, income, zero, costs)


def _by_holding(found: Any) -> None:
    """Return of each holding day by day, and its money-weighted return, all in one batch."""
    from analytics.engine.rates import money_weighted_returns
    from analytics.engine.returns import growth_index

    paid_in = np.maximum(found.put_in + found.costs, 0.0)
    taken = np.maximum(-(found.put_in + found.costs), 0.0) + found.income
    for place in range(len(found.instruments)):
        growth_index(found.value[place], paid_in[place], taken[place])
    flows = np.concatenate([-found.value[:, :1], taken - paid_in], axis=1)
    flows[:, -1] += found.value[:, -1]
    owner, when = np.nonzero(flows)
    money_weighted_returns(owner, when, flows[owner, when], positions=len(found.instruments))


# ── pages ───────────────────────────────────────────────────────────────────


def forget() -> None:
    """As a process that has just begun; the modules are loaded."""
    from django.core.cache import cache

    from analytics import memory
    from market.selectors import columns
    from market.selectors.quote_cache import near
    from portfolios.selectors.shelf import shelf

    cache.clear()
    near.clear()
    shelf.clear()
    columns._prices, columns._rates = columns._Shelf(columns.CACHE_BYTES), columns._Shelf(columns.CACHE_BYTES // 8)
    for kept in (memory.series, memory.points, memory.risks, memory.holdings, memory.moves, memory.mixes, memory.latest):
        kept.clear()


def stored(size: str) -> Any:
    """A person with one portfolio of this size on a market of its own, and nothing kept of it."""
    from portfolios.models import Portfolio
    from portfolios.services.projections import rebuild_projection
    from portfolios.services.storing import store

    work, owner = work_of(size), person(f"only{size}")
    (portfolio,) = portfolios_of(owner, 1)
    store(entries(work, portfolio, market_of(work, size)))
    rebuild_projection(portfolio)
    return Portfolio.objects.select_related("owner").get(pk=portfolio.pk)


def keep() -> None:
    """What the night does."""
    from django.utils import timezone

    from analytics.snapshots import taking

    for chunk in taking.chunks(taking.plan_snapshots(timezone.now())):
        taking.take_snapshots(chunk, timezone.now())


def signed_in(portfolio: Any) -> Any:
    from django.test import Client

    client = Client()
    client.force_login(portfolio.owner)
    return client


def asked(client: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)


def endpoint(portfolio: Any) -> None:
    from analytics.models import Snapshot

    client, path = signed_in(portfolio), f"/api/v1/portfolios/{portfolio.pk}/performance"
    asked(client, path)
    Snapshot.objects.all().delete()
    bare = timed(lambda: asked(client, path), before=forget)
    keep()
    cold = timed(lambda: asked(client, path), before=forget)
    row("performance endpoint, M, cold process, snapshot kept", ms(cold), f"nothing kept: {ms(bare)}", "400 ms", cold[0] <= 400)
    second = timed(lambda: asked(client, path), 9)
    row("the same, second call", ms(second), "", "25 ms", second[0] <= 25)


def dashboard(portfolio: Any) -> None:
    from django.db import connection

    client, path = signed_in(portfolio), "/dashboard/"
    first = timed(lambda: asked(client, path), 1, forget)
    seen: list[str] = []

    def counted(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(counted):
        asked(client, path)
    warm = timed(lambda: asked(client, path), 5)
    keep()
    kept = timed(lambda: asked(client, path), before=forget)
    row("dashboard of L, after one cold run", ms(warm), f"cold {ms(first)}; cold with a snapshot {ms(kept)}", "500 ms", warm[0] <= 500)
    row("queries of it", str(len(seen)), "", "30", len(seen) <= 30)


def one_more(portfolio: Any, instrument: int) -> None:
    """A price day and a transaction on L, against everything anew."""
    from decimal import Decimal

    from django.db.models import F

    from analytics.selectors.performance import Stretch
    from analytics.selectors.scope import Scope
    from market.models import Instrument, PriceColumn
    from portfolios.models import Portfolio
    from portfolios.services import record_transaction

    def figures() -> None:
        whole = Stretch(Scope([Portfolio.objects.select_related("owner").get(pk=portfolio.pk)]))
        assert whole.twr.known

    def new_prices() -> None:
        Instrument.objects.filter(prices_version__gt=0).update(prices_version=F("prices_version") + 100_000)
        PriceColumn.objects.update(version=F("version") + 100_000)

    def new_entry(back: int = 3) -> None:
        owner = portfolio.owner
        on = date.today() - timedelta(days=back)
        held = Instrument.objects.get(pk=instrument)
        numbers = {"quantity": Decimal(1), "price": Decimal(10), "fx_rate": Decimal(1) if held.currency == "USD" else Decimal("1.1")}
        record_transaction(
            owner, Portfolio.objects.get(pk=portfolio.pk), kind="buy", traded_on=on, instrument=held, currency=held.currency, **numbers
        )

    from analytics.models import Snapshot

    Snapshot.objects.all().delete()
    anew = timed(figures, before=forget)
    figures()
    priced = timed(figures, before=new_prices)
    new_entry()  # the first one: from here on the ledger tells its writes
    figures()
    entered = timed(figures, before=new_entry)
    back = timed(figures, before=lambda: new_entry(365))
    row("one new day of every price, L", ms(priced), f"everything anew {ms(anew)}: {priced[1] / anew[1]:.2f}", "0.10", priced[1] <= 0.1 * anew[1])
    for what, one in (("one new transaction, L", entered), ("one dated back by a year, L", back)):
        row(what, ms(one), f"everything anew {ms(anew)}: {one[1] / anew[1]:.3f}", "0.10", one[1] <= 0.1 * anew[1])


def batch() -> None:
    """64 portfolios of size S in one call."""
    made = filled_many(64)
    client, wanted = signed_in(made[0]), [one.pk for one in made]

    def call() -> None:
        answer = client.post("/api/v1/analytics/batch", {"portfolios": wanted}, content_type="application/json")
        assert answer.status_code == 200 and len(answer.json()["results"]) == 64, answer.content[:300]

    call()
    cold = timed(call, before=forget)
    keep()
    kept = timed(call, before=forget)
    warm = timed(call)
    row("64 portfolios of size S in one call", ms(warm), f"cold {ms(cold)}; cold with snapshots {ms(kept)}", "500 ms", warm[0] <= 500)


def main() -> None:
    if not present():
        return
    import tempfile

    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {date.today()}, seed {SEED}")
    with tempfile.TemporaryDirectory() as folder:
        core(Path(folder))
    money_weighted()
    with database() as vendor:
        from django.conf import settings

        settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["*"], False
        print(vendor)
        batch()
        middle = stored("M")
        snapshot(middle)
        endpoint(middle)
        large = stored("L")
        dashboard(large)
        one_more(large, next(iter(large.holdings.values_list("instrument", flat=True))))


if __name__ == "__main__":
    main()
