"""The market: quotes of 500 cached symbols, ten years of 500 instruments into arrays, a refresh of 5 000 from a source.

    python -m benchmarks market
    python -m benchmarks.bench_market batch     the first alone

The source is the emulator of the tests on loopback; its own work counts in the clock and not in the processor time of this process.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.recorded import database

SYMBOLS, RUNS, YEARS, MANY = 500, 200, 10, 5_000


def main() -> None:
    with database() as vendor:
        print(vendor)
        if sys.argv[1:] == ["batch"]:
            batch(made(SYMBOLS))
            return
        instruments = made(MANY)
        refresh(instruments)  # first: the most memory that a process ever had is told
        batch(instruments[:SYMBOLS])
        columns(instruments[:SYMBOLS])


def made(count: int) -> list[Any]:
    from market.models import Instrument, SourceSymbol

    Instrument.objects.bulk_create(
        Instrument(symbol=f"GEN{number:04}", name=f"Generated {number}", currency="USD", exchange="XNYS", provider="yahoo") for number in range(count)
    )
    rows = list(Instrument.objects.order_by("pk"))
    SourceSymbol.objects.bulk_create(SourceSymbol(instrument=one, source="yahoo", symbol=one.symbol, currency="USD") for one in rows)
    return rows


def batch(instruments: Sequence[Any]) -> None:
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone
    from rest_framework.test import APIClient

    from market.selectors.quote_cache import near
    from market.services import QuoteDraft, publish_quotes

    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = False
    now = timezone.now()
    publish_quotes([QuoteDraft(one.pk, Decimal("12.34"), now, "yahoo", "delayed", Decimal("12.3")) for one in instruments])
    client = APIClient()
    client.force_authenticate(get_user_model().objects.create_user("bench", "bench@example.org", "a plumb line hangs true"))
    asked = {"symbols": [one.symbol for one in instruments]}
    for level, forget in (("in the process", None), ("in the shared cache", near.clear)):
        spent, busy = list[float](), list[float]()
        for _ in range(RUNS):
            if forget is not None:
                forget()
            begin, before = time.perf_counter(), time.process_time()
            answer = client.post("/api/v1/stocks/batch", asked, format="json")
            spent.append((time.perf_counter() - begin) * 1000)
            busy.append((time.process_time() - before) * 1000)
            assert answer.status_code == 200 and len(answer.json()["results"]) == SYMBOLS, answer.content[:300]
        with CaptureQueriesContext(connection) as queries:
            client.post("/api/v1/stocks/batch", asked, format="json")
        print(f"   stocks/batch of {SYMBOLS} symbols cached {level}: {_spread(spent)}; of CPU {_spread(busy)}; {len(queries)} queries")


def _spread(spent: list[float]) -> str:
    return f"median {statistics.median(spent):.1f} ms, p95 {statistics.quantiles(spent, n=20)[-1]:.1f} ms"


def columns(instruments: Sequence[Any]) -> None:
    from market import selectors
    from market.models import Price
    from market.providers.base import PriceRow
    from market.selectors import columns as kept
    from market.services import ingest_many

    last = date.today() - timedelta(days=1)
    days = [day for day in (last - timedelta(days=back) for back in range(365 * YEARS, -1, -1)) if day.weekday() < 5]
    closes = [Decimal(1000 + (place * 37) % 211) / 100 for place in range(len(days))]
    rows = [PriceRow(day, close) for day, close in zip(days, closes, strict=True)]
    begin = time.perf_counter()
    for start in range(0, len(instruments), 50):
        ingest_many({one.pk: rows for one in instruments[start : start + 50]}, "yahoo")
    print(f"   stored {len(days) * len(instruments):,} closes in {time.perf_counter() - begin:.1f} s")
    ids = [one.pk for one in instruments]
    cold, warm = [], []
    for _ in range(5):
        kept._prices = kept._Shelf(kept.CACHE_BYTES)
        cold.append(_timed(lambda: selectors.price_columns(ids)))
        warm.append(_timed(lambda: selectors.price_columns(ids)))
    by_rows = _timed(lambda: [(row.instrument_id, row.day, float(row.close)) for row in Price.objects.filter(instrument__in=ids).iterator(5000)])
    packed, shelf = statistics.median(cold), statistics.median(warm)
    print(f"   {YEARS} years of {len(ids)} instruments: packed columns {packed:.3f} s, kept ones {shelf:.3f} s, rows through the ORM {by_rows:.1f} s: "
          f"{by_rows / packed:.0f} times and {by_rows / shelf:.0f} times as fast")  # fmt: skip


def _timed(what: Any) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


def refresh(instruments: Sequence[Any]) -> None:
    from django.conf import settings
    from django.core.cache import cache
    from django.utils import timezone

    from market.models import Quote
    from market.services.refreshing import Openings, openings, refresh_quotes

    Quote.objects.all().delete()
    with subprocess.Popen([sys.executable, "-m", "tests.emulator", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            settings.PROVIDERS = ["emulated"]
            settings.EMULATOR_URL = json.loads(server.stdout.readline())["http"]
            openings.patient_gate = lambda *_: lambda cost: None  # type: ignore[assignment,misc]  # its limits are not what is measured
            cache.clear()
            ids, calls, begin, busy = [one.pk for one in instruments], 0, time.perf_counter(), time.process_time()
            for start in range(0, len(ids), 100):
                now = timezone.now()
                done = refresh_quotes(ids[start : start + 100], now, Openings(now).quotes)
                calls += done.calls
            clock, cpu = time.perf_counter() - begin, time.process_time() - busy
        finally:
            server.terminate()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"   refresh of {len(ids):,}: {clock:.1f} s ({cpu:.1f} s of CPU), {calls} calls, {Quote.objects.count():,} quotes, {peak:.0f} MB at most in this process"
    )


if __name__ == "__main__":
    main()
