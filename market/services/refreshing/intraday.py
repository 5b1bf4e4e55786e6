"""Prices within the newest days: fetched because a person asks, judged like a newest price, and kept for some days.

What came of it is told for a while in the shared cache, so that a page can say why there are none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import transaction

from market.choices import Quality, SuspectReason
from market.hours import session_of
from market.models import Instrument, IntradayDay, Quote
from market.providers.base import Bar, Intraday, SymbolQuote
from market.providers.failures import Failure
from market.providers.registry import ENTRIES
from market.selectors.intraday import DAYS_KEPT
from market.services.calls import Source, ask
from market.services.refreshing.judging import AHEAD, Known, suspicion
from market.services.refreshing.symbols import QUOTES, names_of
from portfolio_site.kernel.decimals import plain

TOLD = 900  # seconds that an outcome is told
Sources = Callable[[Instrument], Sequence[Source[Intraday]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the last question.  `problem` is empty where prices came."""

    at: datetime
    problem: str = ""


def refresh_intraday(ids: Iterable[int], now: datetime, sources: Sources) -> int:
    """Fetches prices within the newest days of everybody's instruments among these; answers how many days were stored.

    Never raises for a source.
    """
    instruments = {one.pk: one for one in Instrument.objects.filter(pk__in=list(ids), owner=None)}
    names = names_of(instruments, now, QUOTES)
    wanted = {
        pk: [(source, names.get(pk, {})[source.name].symbol) for source in sources(one) if source.name in names.get(pk, {})]
        for pk, one in instruments.items()
    }
    asked = ask("intraday", wanted)
    quotes = {quote.pk: quote for quote in Quote.objects.filter(pk__in=list(asked.answers))}
    stored = 0
    for pk, one in instruments.items():
        if pk in asked.on_its_way:
            continue
        if pk not in asked.answers:
            note_outcome(pk, Outcome(now, _why(asked.failures.get(pk, {}), bool(wanted[pk]), one)))
            continue
        source, answer = asked.answers[pk]
        bars = [bar for bar in answer.bars if bar.start <= now + AHEAD]
        currency = answer.currency or names[pk][source].currency
        problem = _doubt(one, currency, bars, quotes.get(pk), source)
        if not problem:
            stored += _store(one, source, bars, now)
        note_outcome(pk, Outcome(now, problem))
    return stored


def _doubt(one: Instrument, currency: str, bars: Sequence[Bar], quote: Quote | None, source: str) -> str:
    """Why the prices are not believed, as a sentence; empty where they are."""
    title = ENTRIES[source].title
    if not bars:
        return f"{title} has no prices of {one.symbol} within the day."
    newest = bars[-1]
    told = SymbolQuote(one.symbol, newest.close, newest.start, Quality.DELAYED, currency=currency)
    known = Known(one.currency) if quote is None else Known(one.currency, quote.price, quote.as_of)
    reason = suspicion(told, known)
    return f"What {title} sent was not believed: {SuspectReason(reason).label}." if reason is not None else ""


def _why(failures: dict[str, Failure], asked: bool, one: Instrument) -> str:
    if not asked:
        return f"No source that has prices within the day knows {one.symbol}."
    said = next(reversed(failures.values()), None)
    return said.detail if said is not None else f"No source answered for {one.symbol}."


@transaction.atomic
def _store(one: Instrument, source: str, bars: Sequence[Bar], now: datetime) -> int:
    """Replaces the days that came, and forgets those that are too old."""
    days: dict[date, list[list[Any]]] = defaultdict(list)
    for bar in bars:
        prices = [None if price is None else plain(price) for price in (bar.open, bar.high, bar.low, bar.close)]
        days[session_of(one.exchange, one.asset_class, bar.start)].append([int(bar.start.timestamp()), *prices, bar.volume])
    rows = [IntradayDay(instrument=one, day=day, source=source, fetched_at=now, bars=found) for day, found in days.items()]
    IntradayDay.objects.bulk_create(rows, update_conflicts=True, unique_fields=["instrument", "day"], update_fields=["source", "fetched_at", "bars"])
    IntradayDay.objects.filter(instrument=one, day__lt=_oldest(now)).delete()
    return len(rows)


def sweep_intraday(now: datetime) -> int:
    """Forgets what is older than it is kept; answers how many days of instruments."""
    gone, _ = IntradayDay.objects.filter(day__lt=_oldest(now)).delete()
    return gone


def _oldest(now: datetime) -> date:
    return now.date() - timedelta(days=DAYS_KEPT)


# ── what came of it ─────────────────────────────────────────────────────────


def note_outcome(pk: int, outcome: Outcome) -> None:
    cache.set(_key(pk), outcome, timeout=TOLD)


def outcome_of(pk: int) -> Outcome | None:
    """What came of the last question of late; None where nobody asked, or it is on its way.  No query."""
    found = cache.get(_key(pk))
    return found if isinstance(found, Outcome) else None


def forget_outcome(pk: int) -> None:
    cache.delete(_key(pk))


def _key(pk: int) -> str:
    return f"intraday:told:{pk}"
