"""The demo market in the database: loaded once, topped up daily, moved every few seconds."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from market.exchanges import exchange_code
from market.models import FxColumn, FxRate, Instrument, Price
from market.packing import day_of, unpack
from market.providers.demo import SOURCE, demo_market
from market.services.actions import ingest_actions
from market.services.ingest import ingest_many, ingest_rates, rebuild_columns, rebuild_fx_columns
from market.services.quotes import QuoteDraft, publish_quotes

log = logging.getLogger(__name__)

REPORTED = timedelta(days=100)  # how far back the demo companies' dividends are told


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a call of `load_demo_market` wrote."""

    instruments: int
    prices: int
    rates: int
    quotes: int
    actions: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.instruments or self.prices or self.rates or self.actions)


@dataclass(frozen=True, slots=True)
class _Stored:
    """One demo instrument with its newest stored price."""

    pk: int
    symbol: str
    day: date | None
    close: Decimal | None


def load_demo_market(now: datetime | None = None) -> Loaded:
    """Brings the demo market to yesterday's close: instruments, prices, rates, corporate actions, then quotes of now.

    The first call writes the whole history, later calls the missing days; with nothing missing it only looks (five queries
    and the quotes).  Where the stored simulation is not the one that would be computed (a newer data file continues the real
    days), simulated rows are replaced.  Instruments that an administrator changed keep their description.
    """
    now = (now or timezone.now()).astimezone(UTC)
    started, until = time.monotonic(), now.date() - timedelta(days=1)
    with transaction.atomic():
        instruments = _ensure_instruments()
        prices = _top_up_prices(until)
    with transaction.atomic():
        rates = _top_up_rates(until)
        actions = _report_actions(now.date())
    quotes = len(_publish(now, _stored_prices(), all_of_them=True))
    loaded = Loaded(instruments, prices, rates, quotes, actions)
    if loaded.anything:
        seconds = round(time.monotonic() - started, 2)
        log.info("demo.loaded", extra={"instruments": instruments, "prices": prices, "rates": rates, "seconds": seconds})
    return loaded


def advance_demo_market(now: datetime | None = None) -> tuple[int, ...]:
    """One tick: about every third instrument gets a new quote.  After midnight (UTC) the closes of the day before come first.

    Answers the instruments that moved; none while the demo market is not loaded.  Four queries, however many instruments.
    """
    now = (now or timezone.now()).astimezone(UTC)
    quoted = Instrument.objects.filter(provider=SOURCE, owner=None).values_list("pk", "symbol", "quote__as_of")
    stored = [(_Stored(pk, symbol, None, None), as_of) for pk, symbol, as_of in quoted]
    if not stored:
        return ()
    if any(as_of is None or as_of.date() < now.date() for _, as_of in stored):
        load_demo_market(now)
        return tuple(one.pk for one, _ in stored)
    return _publish(now, [one for one, _ in stored], all_of_them=False)


def _publish(now: datetime, stored: Iterable[_Stored], *, all_of_them: bool) -> tuple[int, ...]:
    ids = {one.symbol: one.pk for one in stored}
    quotes = demo_market.quotes(ids, now, all_of_them=all_of_them)
    drafts = [QuoteDraft(ids[q.symbol], q.price, q.as_of, SOURCE, q.quality, q.previous_close, q.volume) for q in quotes]
    return publish_quotes(drafts) if drafts else ()


def _ensure_instruments() -> int:
    """Adds the demo instruments that are missing.  A listing that somebody else's provider prices is left alone."""
    rows = list(Instrument.objects.filter(owner=None).only("symbol", "exchange", "provider"))
    known = {(one.symbol, exchange_code(one.exchange)) for one in rows}
    _name_exchanges_by_code([one for one in rows if one.provider == SOURCE])
    fields = ("symbol", "name", "asset_class", "currency", "exchange", "isin", "sector", "country", "region", "note")
    missing = [spec for spec in demo_market.instruments() if (spec.symbol, spec.exchange) not in known]
    Instrument.objects.bulk_create([Instrument(provider=SOURCE, **{field: getattr(spec, field) for field in fields}) for spec in missing])
    return len(missing)


def _name_exchanges_by_code(stored: Iterable[Instrument]) -> None:
    """Demo markets of before called exchanges by their names."""
    renamed = [one for one in stored if one.exchange != exchange_code(one.exchange)]
    for one in renamed:
        one.exchange = exchange_code(one.exchange)
    if renamed:
        Instrument.objects.bulk_update(renamed, ["exchange"])


def _stored_prices() -> list[_Stored]:
    newest = Price.objects.filter(instrument=OuterRef("pk")).order_by("-day")
    rows = Instrument.objects.filter(provider=SOURCE, owner=None).annotate(
        day=Subquery(newest.values("day")[:1]), close=Subquery(newest.values("close")[:1])
    )
    return [_Stored(*row) for row in rows.values_list("pk", "symbol", "day", "close")]


def _last_weekday(until: date) -> date:
    return until - timedelta(days=max(0, until.weekday() - 4))


def _top_up_prices(until: date) -> int:
    stored = _stored_prices()
    if all(one.day is not None and one.day >= _last_weekday(until) for one in stored) and any(one.day == until for one in stored):
        return 0
    if any(one.day is not None and one.day <= until and demo_market.close_on(one.symbol, one.day) not in {None, one.close} for one in stored):
        _forget_simulated_prices([one.pk for one in stored])
        stored = _stored_prices()
    rows = demo_market.history({one.symbol: one.day for one in stored}, until)
    return ingest_many({one.pk: rows[one.symbol] for one in stored if rows.get(one.symbol)}, SOURCE)


def _report_actions(until: date) -> int:
    """The dividends and splits of the last months; those that were reported before stay."""
    reported = demo_market.actions(until - REPORTED, until)
    keys = dict(Instrument.objects.filter(provider=SOURCE, owner=None, symbol__in=reported).values_list("symbol", "pk"))
    return ingest_actions({keys[symbol]: rows for symbol, rows in reported.items() if symbol in keys}, SOURCE)


def _forget_simulated_prices(instruments: list[int]) -> None:
    log.warning("demo.replaced", extra={"reason": "the stored simulation is not the one that is computed now"})
    Price.objects.filter(instrument_id__in=instruments, simulated=True, source=SOURCE).delete()
    rebuild_columns(instruments)


def _top_up_rates(until: date) -> int:
    newest, simulated_from = _newest_rates()
    if newest is not None and newest >= _last_weekday(until):
        return 0
    rows = demo_market.rates(None, until)
    if newest is None:
        return ingest_rates(rows)
    expected = min((row.day for row in rows if row.simulated), default=None)
    if simulated_from is not None and simulated_from != expected:
        FxRate.objects.reference().filter(simulated=True, source=SOURCE).delete()
        rebuild_fx_columns(FxColumn.objects.values_list("pk", flat=True))
        newest = simulated_from - timedelta(days=1)
    return ingest_rates([row for row in rows if row.day > newest])


def _newest_rates() -> tuple[date | None, date | None]:
    """The last day of any stored reference rate, and the first simulated day."""
    columns = list(FxColumn.objects.values_list("days", "rates", "simulated_from"))
    days = [unpack(packed, rates)[0] for packed, rates, _ in columns]
    last = max((int(column[-1]) for column in days if column.size), default=None)
    return None if last is None else day_of(last), min((first for *_, first in columns if first is not None), default=None)
