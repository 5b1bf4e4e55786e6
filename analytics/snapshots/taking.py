"""The nightly batch.  Its work is rows: a snapshot that is due stands in the table until it is taken; a message only rings the bell.

Portfolios are taken in chunks.  What many of them rest on is read together, and neither ledgers nor series go through the caches of
pages, which a whole night would push out.  What has not changed since it was kept is left as it stands.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from typing import Any

from django.db import transaction
from django.db.models import F

from analytics.models import Snapshot, UnusualDay
from analytics.selectors.batch import SharedScope
from analytics.selectors.period.unusual import newest_if_unusual
from analytics.selectors.reads import Together
from analytics.signals import unusual_day
from analytics.snapshots.kept import digest, packed
from analytics.snapshots.reading import Stored
from market.models import FxRate
from market.selectors import described, quotes_of
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pausing import processed
from portfolios.ledger.book import Book
from portfolios.models import Portfolio
from portfolios.selectors import InstrumentView, ledger_version, replayed

log = logging.getLogger(__name__)

CHUNK = 100
LEASE = timedelta(minutes=5)  # a job that was silent for so long is dead
MOST_ATTEMPTS = 3  # of one night: what kills its job is given up until the next


# ── what is due ─────────────────────────────────────────────────────────────


def plan_snapshots(now: datetime) -> list[int]:
    """Makes the snapshot of every active portfolio due: one that is not archived, has entries, and whose owner may sign in.  Their numbers.

    Of those who paused the processing of their data the last one is kept, and no other is taken.
    """
    active = Portfolio.objects.open().filter(revision__gt=0, owner__is_active=True).order_by("owner_id", "pk")
    with transaction.atomic():
        Snapshot.objects.exclude(portfolio__in=active.order_by()).delete()
        missing = list(active.filter(processed("owner__"), snapshot=None).values_list("pk", flat=True))
        Snapshot.objects.bulk_create([Snapshot(portfolio_id=pk) for pk in missing], batch_size=500, ignore_conflicts=True)
        Snapshot.objects.filter(processed("portfolio__owner__")).update(due_at=now, touched_at=None, attempts=0)
    return list(active.filter(processed("owner__")).values_list("pk", flat=True))


def waiting(now: datetime) -> list[int]:
    """Snapshots that are due and that nobody is at work on."""
    return list(Snapshot.objects.waiting(now - LEASE, MOST_ATTEMPTS).order_by("portfolio__owner_id", "pk").values_list("pk", flat=True))


def chunks(ids: Sequence[int]) -> Iterator[list[int]]:
    """Portfolios of one person lie together."""
    for start in range(0, len(ids), CHUNK):
        yield list(ids[start : start + CHUNK])


# ── taking ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Before:
    """What is kept already rests on these."""

    book: str
    series: str


def take_snapshots(ids: Sequence[int], now: datetime) -> int:
    """Takes those of these snapshots that are due and that nobody is at work on; answers how many.  Safe to run twice."""
    with transaction.atomic():
        due = Snapshot.objects.waiting(now - LEASE, MOST_ATTEMPTS).filter(pk__in=ids)
        # rows, not their keys alone: PostgreSQL locks no row of an outer join, and Django names the table to lock only for rows
        claimed = [one.pk for one in due.select_for_update(of=("self",)).only("pk")]
        Snapshot.objects.filter(pk__in=claimed).update(touched_at=now, attempts=F("attempts") + 1)
    rows = Snapshot.objects.filter(pk__in=claimed).values_list("pk", "book_rests_on", "series_rests_on")
    before = {pk: _Before(book, series) for pk, book, series in rows}
    portfolios = list(Portfolio.objects.filter(pk__in=claimed).select_related("benchmark__listing__twin", "owner"))
    taken = [row for user, group in _groups(portfolios) for row in _taken(group, user, before)]
    for row in taken:
        row.due_at, row.made_at = None, now
    with transaction.atomic():
        for names in (("book", "book_rests_on", "series", "series_rests_on"), ("series", "series_rests_on"), ()):
            alike = [row for row in taken if row.written == names]
            Snapshot.objects.bulk_create(alike, update_conflicts=True, unique_fields=["portfolio"], update_fields=[*names, "due_at", "made_at"])
        _notice([(row.portfolio_id, row.unusual) for row in taken if row.unusual is not None], now)
    return len(taken)


def _notice(days: Sequence[tuple[int, date]], now: datetime) -> None:
    """Keeps the unusual days that were not noticed before, and sends word of them on commit.  Two queries, none for no days."""
    if not days:
        return
    known = set(UnusualDay.objects.filter(portfolio__in=[pk for pk, _ in days]).values_list("portfolio", "day"))
    new = [one for one in days if one not in known]
    UnusualDay.objects.bulk_create([UnusualDay(portfolio_id=pk, day=day, noticed_at=now) for pk, day in new], ignore_conflicts=True)
    for pk, day in new:
        transaction.on_commit(partial(unusual_day.send, sender=None, portfolio_id=pk, day=day))


def _groups(portfolios: Sequence[Portfolio]) -> list[tuple[Any, list[Portfolio]]]:
    """All whose owners have no exchange rates of their own together; those of each other person by themselves."""
    owners = {one.owner_id for one in portfolios}
    rated = set(FxRate.objects.filter(owner__in=owners).order_by().values_list("owner", flat=True).distinct())
    groups: dict[int, list[Portfolio]] = {}
    for one in portfolios:
        groups.setdefault(one.owner_id if one.owner_id in rated else 0, []).append(one)
    return [(group[0].owner if owner else None, group) for owner, group in groups.items()]


def _taken(portfolios: Sequence[Portfolio], user: Any, before: dict[int, _Before]) -> list[Snapshot]:
    """Their snapshots.  Where one of them cannot be computed, each is taken by itself: it keeps no other from being taken."""
    try:
        night = Night(portfolios, user)
        return [_snapshot(NightScope(one, night), before[one.pk]) for one in portfolios]
    except Exception as problem:
        if len(portfolios) == 1:
            level = logging.WARNING if isinstance(problem, DomainError) else logging.ERROR
            log.log(level, "snapshot: portfolio %s could not be computed: %s", portfolios[0].pk, type(problem).__name__, exc_info=True)
            return []
    return [row for one in portfolios for row in _taken([one], user, before)]


def _snapshot(scope: NightScope, before: _Before) -> Snapshot:
    """What has changed, and what it rests on; `written` names the columns."""
    (portfolio,) = scope.portfolios
    book_on, series_on = digest(ledger_version(portfolio)), digest(scope.key)
    row, written = Snapshot(portfolio_id=portfolio.pk), []
    if book_on != before.book:
        row.book, row.book_rests_on = packed(scope.told.books[portfolio.pk], book_on), book_on
        written += ["book", "book_rests_on"]
    if written or series_on != before.series:
        computed = scope.afresh()
        row.series, row.series_rests_on = packed(computed, series_on), series_on
        row.unusual = newest_if_unusual(computed.daily, scope.today)
        written += ["series", "series_rests_on"]
    row.written = tuple(written)
    return row


class Night(Together):
    """What a chunk rests on: ledgers that are kept are not replayed again, and tables are not made at all."""

    @cached_property
    def books(self) -> dict[int, Book]:
        kept = Stored(self.portfolios).books({one.pk: ledger_version(one) for one in self.portfolios})
        return kept | replayed([one for one in self.portfolios if one.pk not in kept])

    @cached_property
    def _described(self) -> Any:
        every = set().union(*(book.positions for book in self.books.values()))
        return described(every, {one.owner_id for one in self.portfolios})

    @cached_property
    def _views(self) -> dict[int, InstrumentView]:
        """Of instruments of which their holder says nothing."""
        return {pk: InstrumentView.of(one) for pk, one in self._described[0].items()}

    def views(self, portfolio: Portfolio) -> dict[int, InstrumentView]:
        instruments, words = self._described
        if not words:
            return {pk: self._views[pk] for pk in self.books[portfolio.pk].positions}
        told = {pk: words.get((portfolio.owner_id, pk)) for pk in self.books[portfolio.pk].positions}
        return {pk: self._views[pk] if own is None else InstrumentView.of(instruments[pk], own) for pk, own in told.items()}

    @cached_property
    def _codes(self) -> set[str]:
        codes = {one.base_currency for one in self.portfolios} | {str(code) for book in self.books.values() for code in book.cash}
        codes |= {instrument.currency for instrument in self._described[0].values()}
        return codes.union(*(one.currencies for one in self.benchmarks.values() if one is not None))

    @cached_property
    def quotes(self) -> Any:
        """Of everything that was held and never had a close."""
        return quotes_of(self.instruments - self._prices.keys())


class NightScope(SharedScope):
    """One portfolio of a chunk."""

    _together: Night

    @cached_property
    def instruments(self) -> dict[int, InstrumentView]:
        return self._together.views(self._portfolio)

    @cached_property
    def held(self) -> dict[int, Any]:
        positions = self._together.books[self._portfolio.pk].positions
        return {pk: self._together.quotes.get(pk) for pk, position in positions.items() if position.quantity}

    def afresh(self) -> Any:
        """The series, computed and not kept."""
        return self._compute()
