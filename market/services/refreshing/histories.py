"""Daily histories from sources: the first back-fill with its corporate actions, the check of each week, and closes in between.

Prices are stored raw, so that a split changes nothing that is stored: it is an action more, of which ledgers make their proposal.
What a source sends differently by the noise of its own rounding is left as it is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from market.choices import Quality, SuspectKind, SuspectReason
from market.hours import ALWAYS, closes_at, session_of
from market.models import Instrument, Price, Quote, SourceSymbol, Suspect
from market.providers.base import History, PriceRow
from market.providers.failures import Failure
from market.repair import Doubt, repaired
from market.services.actions import ingest_actions
from market.services.calls import Source, ask
from market.services.ingest import ingest_many
from market.services.refreshing.symbols import HISTORIES, askable, names_of, note_asked

Sources = Callable[[Instrument], Sequence[Source[History]]]  # that an instrument is asked for at, in order of preference
MANUAL = "manual"  # what an administrator entered wins over what a source sends
NOISE = Decimal("0.000005")  # of a price: single precision has seven digits
CHECKED_EVERY = timedelta(days=7)
COINS_EVERY = timedelta(days=1)  # their day ends at midnight, when nobody asks: the closes come with the history


@dataclass(slots=True)
class Filled:
    """What came of a round: rows written, actions written, days that were doubted by instrument, failures by instrument and source."""

    rows: int = 0
    actions: int = 0
    doubted: dict[int, int] = field(default_factory=dict)
    failures: dict[int, dict[str, Failure]] = field(default_factory=dict)
    calls: int = 0


def refresh_histories(ids: Iterable[int], now: datetime, sources: Sources) -> Filled:
    """Fetches the whole daily history of everybody's instruments among these, and stores what is new, different and believed.

    Each instrument's prices and actions are written in one transaction.  Never raises for a source.
    """
    instruments = {one.pk: one for one in Instrument.objects.filter(pk__in=list(ids), owner=None)}
    names = names_of(instruments, now, HISTORIES)
    done = Filled()
    wanted = {pk: [(source, rows[source.name].symbol) for source in sources(instruments[pk]) if source.name in rows] for pk, rows in names.items()}
    asked = ask("histories", wanted)
    for pk, (source, history) in asked.answers.items():
        _store(instruments[pk], source, history if history.currency else replace(history, currency=names[pk][source].currency), done, now)
    done.calls, done.failures = asked.calls, asked.failures
    note_asked(names, {pk: source for pk, (source, _) in asked.answers.items()}, asked.failures, now, HISTORIES)
    return done


def _store(instrument: Instrument, source: str, history: History, done: Filled, now: datetime) -> None:
    if history.currency != instrument.currency:  # also where neither the source nor its symbol tells one
        last = history.prices[-1] if history.prices else None
        if last is not None:
            _note(instrument.pk, source, [Doubt(last.day, last.close, None, SuspectReason.CURRENCY)], now)
        done.doubted[instrument.pk] = len(history.prices)
        return
    quoted = Quote.objects.filter(pk=instrument.pk).values_list("price", flat=True).first()
    mended = repaired(history, quoted)
    final = history.final_until or _last_final(instrument, now)
    with transaction.atomic():
        rows = _different(instrument.pk, source, [row for row in mended.prices if row.day <= final])
        if rows:
            done.rows += ingest_many({instrument.pk: rows}, source)
        if mended.actions:
            done.actions += ingest_actions({instrument.pk: mended.actions}, source)
        _note(instrument.pk, source, mended.doubts, now)
    if mended.doubts:
        done.doubted[instrument.pk] = len(mended.doubts)


def _last_final(instrument: Instrument, now: datetime) -> date:
    """The last day that is over, where the source does not tell."""
    place = instrument.exchange, instrument.asset_class
    today = session_of(*place, now)
    return today if closes_at(*place, today) <= now else today - timedelta(days=1)


def _different(pk: int, source: str, rows: Sequence[PriceRow]) -> list[PriceRow]:
    """The rows that say something new.  One query."""
    stored = {day: (close, by) for day, close, by in Price.objects.filter(instrument=pk).values_list("day", "close", "source")}
    return [row for row in rows if _says_more(row, source, *stored.get(row.day, (None, "")))]


def _says_more(row: PriceRow, source: str, close: Decimal | None, by: str) -> bool:
    if close is None:
        return True
    return by != MANUAL and (by != source or abs(row.close - close) > NOISE * close)


def _note(pk: int, source: str, doubts: Iterable[Doubt], now: datetime) -> None:
    """Keeps the days that were doubted; what was settled before stays so."""
    rows = [
        Suspect(
            instrument_id=pk,
            kind=SuspectKind.BAR,
            source=source,
            day=doubt.day,
            as_of=now,
            price=doubt.price,
            before=doubt.before,
            reason=doubt.reason,
            found_at=now,
        )
        for doubt in doubts
    ]
    Suspect.objects.bulk_create(rows, ignore_conflicts=True)


# ── which, and when ─────────────────────────────────────────────────────────


def due_histories(followed: Iterable[int], now: datetime, most: int) -> list[int]:
    """Instruments without a history first, then those whose was compared with its source a week ago or more.  One query."""
    rows = (
        askable(HISTORIES, now)
        .filter(instrument__in=list(followed))
        .order_by()
        .values_list("instrument_id", "instrument__asset_class")
        .annotate(newest=Max("history_at"))
    )
    wanted = [(newest, pk) for pk, kind, newest in rows if newest is None or now - newest >= (COINS_EVERY if kind in ALWAYS else CHECKED_EVERY)]
    first = datetime.min.replace(tzinfo=now.tzinfo)
    return [pk for newest, pk in sorted(wanted, key=lambda one: (one[0] or first, one[1]))][:most]


def store_closes(now: datetime) -> int:
    """Makes each closing quote the price of its day, once its exchange has closed and the source was asked after that.

    Days that have a price keep it until the check of the week.  Answers the number of rows written.  Three queries and the writing.
    """
    asked = dict(SourceSymbol.objects.filter(until=None).order_by().values_list("instrument_id").annotate(newest=Max("asked_at")))
    closing: dict[str, dict[int, PriceRow]] = defaultdict(dict)
    for quote in (
        Quote.objects.filter(pk__in=list(asked), instrument__owner=None)
        .exclude(quality__in=(Quality.OWN, Quality.SIMULATED))
        .select_related("instrument")
    ):
        one = quote.instrument
        if (day := _closed_day(one, quote, asked[one.pk], now)) is not None:
            closing[quote.source][one.pk] = PriceRow(day, quote.price, volume=quote.volume)
    found = {pk: row.day for rows in closing.values() for pk, row in rows.items()}
    known = set(Price.objects.filter(instrument__in=list(found), day__in=set(found.values())).values_list("instrument_id", "day"))
    written = 0
    for source, rows in closing.items():
        fresh: Mapping[int, Sequence[PriceRow]] = {pk: [row] for pk, row in rows.items() if (pk, row.day) not in known}
        written += ingest_many(fresh, source) if fresh else 0
    return written


def _closed_day(instrument: Instrument, quote: Quote, asked_at: datetime | None, now: datetime) -> date | None:
    """The trading day whose close the quote is; None while it may still change, or where nobody asked after the close."""
    place = instrument.exchange, instrument.asset_class
    day = session_of(*place, quote.as_of)
    closed = closes_at(*place, day)
    return day if asked_at is not None and closed <= asked_at <= now else None
