"""The recorded workload with its prices: a market of stored columns and quotes, and portfolios whose entries are the workload's.

Days are moved by whole weeks so that the last close is of this week: what is measured is a portfolio of today.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recorded import EURUSD, KINDS, RECORDED

SEED = 20


@dataclass(frozen=True, eq=False)
class Work:
    """A workload in arrays, its days moved; see the recorded script for the names."""

    days: Any  # (t,) day numbers
    close: Any  # (t, n)
    fx: Any  # (t,) dollars for one euro
    is_eur: Any  # (n,)
    raw: dict[str, Any]


def recorded(name: str) -> Any:
    """One of the recorded scripts."""
    sys.dont_write_bytecode = True
    if str(RECORDED) not in sys.path:
        sys.path.insert(0, str(RECORDED))
    return importlib.import_module(name)


def work_of(size: str) -> Work:
    script = recorded("workload")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        script.write(size, Path(folder))
        raw = script.load(size, Path(folder))
    days = raw["dates"].astype("datetime64[D]").astype(np.int64)
    weeks = ((date.today() - date(1970, 1, 1)).days - int(days[-1])) // 7
    return Work(days + 7 * weeks, raw["close"], raw["fx"], raw["is_eur"], raw)


def market_of(work: Work, prefix: str = "") -> list[int]:
    """Everybody's instruments with columns, rates and quotes; their numbers in the order of the workload's columns."""
    from django.db.models import Max

    from market.models import FxColumn, FxRate, Instrument, PriceColumn, Quote
    from market.packing import day_of, pack

    newest = Instrument.objects.aggregate(newest=Max("prices_version"))["newest"] or 0
    symbols = [f"{prefix}{symbol}" for symbol in work.raw["symbols"]]
    Instrument.objects.bulk_create(
        Instrument(
            symbol=symbol,
            name=symbol,
            currency="EUR" if euro else "USD",
            exchange="XBEN",
            asset_class="stock",
            provider="bench",
            prices_version=newest + place + 1,
        )
        for place, (symbol, euro) in enumerate(zip(symbols, work.is_eur, strict=True))
    )
    by_symbol = dict(Instrument.objects.filter(symbol__in=symbols, exchange="XBEN").values_list("symbol", "pk"))
    numbers = [by_symbol[symbol] for symbol in symbols]
    columns = []
    for place, pk in enumerate(numbers):
        days, closes = pack(work.days, work.close[:, place])
        columns.append(PriceColumn(instrument_id=pk, version=newest + place + 1, days=days, closes=closes))
    PriceColumn.objects.bulk_create(columns, batch_size=50)
    days, rates = pack(work.days, work.fx)
    FxColumn.objects.update_or_create(quote="USD", defaults={"version": 1, "days": days, "rates": rates})
    last = zip(work.days[-10:].tolist(), work.fx[-10:].tolist(), strict=True)
    known = [FxRate(base="EUR", quote="USD", day=day_of(day), rate=Decimal(f"{rate:.5f}"), source="bench") for day, rate in last]
    FxRate.objects.bulk_create(known, ignore_conflicts=True)
    moment = datetime.combine(day_of(int(work.days[-1])), datetime.min.time(), timezone.utc) + timedelta(hours=20)
    Quote.objects.bulk_create(
        Quote(
            instrument_id=pk,
            price=_exact(work.close[-1, place]),
            previous_close=_exact(work.close[-2, place]),
            as_of=moment,
            fetched_at=moment,
            source="bench",
            quality="delayed",
        )
        for place, pk in enumerate(numbers)
    )
    return numbers


def _exact(number: float) -> Decimal:
    return Decimal(f"{number:.4f}")


def entries(work: Work, portfolio: Any, instruments: list[int]) -> list[Any]:
    """The workload's entries in a portfolio, not saved; `instruments`: the number of each of its columns."""
    from django.utils import timezone as clock

    from market.packing import day_of
    from portfolios.models import Transaction

    raw, now = work.raw, clock.now()
    names = list(KINDS.values())
    made = []
    for day, kind, asset, row in zip(raw["day"], raw["kind"], raw["asset"], raw["rows"], strict=True):
        euro = bool(work.is_eur[asset])
        made.append(
            Transaction(
                portfolio_id=portfolio.pk,
                instrument_id=instruments[asset],
                kind=names[kind],
                traded_on=day_of(int(work.days[day])),
                quantity=Decimal(row["quantity"]),
                price=Decimal(row["price"]),
                fees=Decimal(row["fees"]) or None,
                currency="EUR" if euro else "USD",
                fx_rate=EURUSD if euro else None,
                fx_source="reference" if euro else "",
                recorded_at=now,
                recorded_by_id=portfolio.owner_id,
            )
        )
    return made


def person(name: str = "bench") -> Any:
    from accounts.models import Preferences, User

    found, _ = User.objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})
    Preferences.objects.update_or_create(user=found, defaults={"base_currency": "USD", "welcome_done": True})
    return found


def portfolios_of(owner: Any, many: int) -> list[Any]:
    from portfolios.models import Portfolio

    made = [Portfolio(owner=owner, name=f"Workload {n}", base_currency="USD", tracks_cash=False, revision=1) for n in range(many)]
    return Portfolio.objects.bulk_create(made)


def filled_many(many: int, *, size: str = "S", market: str = "M", owners: int = 1, again: bool = False) -> list[Any]:
    """So many portfolios of a size on one market, each with instruments of its own choice, stored; a person has an equal share of them.

    again  more of them on the market that stands already
    """
    from market.models import Instrument
    from portfolios.services.storing import store

    work, wide = work_of(size), work_of(market)
    instruments = list(Instrument.objects.filter(exchange="XBEN").order_by("symbol").values_list("pk", flat=True)) if again else market_of(wide)
    made: list[Any] = []
    begun = len(people())
    for number in range(owners):
        made += portfolios_of(person(f"bench{begun + number}"), many // owners)
    for start in range(0, len(made), 100):
        rows = [entry for one in made[start : start + 100] for entry in _of_choice(work, wide, one, instruments)]
        store(rows)
    return made


def people() -> list[int]:
    """Those that were made here."""
    from accounts.models import User

    return list(User.objects.filter(username__startswith="bench").values_list("pk", flat=True))


def _of_choice(work: Work, wide: Work, portfolio: Any, instruments: list[int]) -> list[Any]:
    """Of other instruments of the market, by chance; each keeps its currency, so that the rates of the entries are right."""
    rng = np.random.default_rng((SEED, portfolio.pk))
    chosen = np.empty(len(work.is_eur), dtype=np.int64)
    for euro in (False, True):
        chosen[work.is_eur == euro] = rng.permutation(np.flatnonzero(wide.is_eur == euro))[: int((work.is_eur == euro).sum())]
    return entries(work, portfolio, [instruments[place] for place in chosen])
