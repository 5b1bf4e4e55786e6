"""The one door to the entries of a ledger: rows in, events of the pure core out, and the book that they come to.

Quantities and amounts are sealed in the database, so a ledger is read through here and never summed in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from portfolio_site.kernel.collecting import no_collecting
from portfolio_site.kernel.money import Currency
from portfolios.choices import CostMethod, DividendTreatment
from portfolios.errors import LedgerRefused
from portfolios.kinds import REORGANISATIONS
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event
from portfolios.ledger.links import Link, connected
from portfolios.ledger.replay import Rules
from portfolios.ledger.resuming import gone_on, mark_before, replay_marked
from portfolios.models import Portfolio, Transaction, TransactionLeg
from portfolios.selectors.loading import legs_by_row, rows_of
from portfolios.selectors.portfolios import ledger_version
from portfolios.selectors.rows import ONE, ZERO, Row, cash_effect, cash_moves, cash_worth, event_of
from portfolios.selectors.shelf import Last, shelf
from portfolios.writes import changed_since, newest

__all__ = [
    "ONE",
    "ZERO",
    "book_of",
    "books_of",
    "cash_effect",
    "cash_moves",
    "cash_worth",
    "connected_to",
    "event_of",
    "events_moving",
    "events_of",
    "events_of_all",
    "links_in",
    "moment_key",
    "replayed",
    "rules_of",
    "with_legs",
]


def rules_of(portfolio: Portfolio) -> Rules:
    """The rules that the portfolio's ledger is replayed under."""
    return Rules(
        base_currency=Currency(portfolio.base_currency),
        method=CostMethod(portfolio.cost_method).value,
        dividend_treatment=DividendTreatment(portfolio.dividend_treatment).value,
        tracks_cash=portfolio.tracks_cash,
        allows_short=portfolio.allows_short,
        asked=portfolio.is_restated,
        only=portfolio.only,
    )


# ── reading a ledger ────────────────────────────────────────────────────────


def _rows(
    portfolio_ids: Iterable[int],
    *,
    instruments: Iterable[int] | None,
    known_at: datetime | None,
    until: date | None,
    after: date | None = None,
    kinds: Iterable[str] | None = None,
) -> list[Row]:
    found = Transaction.objects.filter(portfolio__in=list(portfolio_ids))
    found = found.live() if known_at is None else found.known_at(known_at)
    if instruments is not None:
        found = found.filter(instrument__in=list(instruments))
    if kinds is not None:
        found = found.filter(kind__in=list(kinds))
    if until is not None:
        found = found.filter(traded_on__lte=until)
    if after is not None:
        found = found.filter(traded_on__gt=after)
    return rows_of(found.order_by("traded_on", "pk"))


def with_legs(rows: Iterable[Transaction]) -> list[Transaction]:
    """The rows, with the legs of those that have some.  One query where there are any."""
    read = list(rows)
    legged = {row.pk: row for row in read if row.kind in REORGANISATIONS}
    if legged:
        legs = legs_by_row(legged)
        for pk, row in legged.items():
            row.__dict__["leg_rows"] = tuple(legs[pk])
    return read


def links_in(portfolios: Iterable[int]) -> list[Link]:
    """Which instruments spin-offs, mergers and symbol changes of the portfolios connect.  One query.

    Versions that count no more connect as well: that is never too little.
    """
    links = TransactionLeg.objects.filter(transaction__portfolio__in=list(portfolios)).values_list("transaction__instrument", "instrument")
    return list(links.order_by())


def connected_to(portfolios: Iterable[int], instruments: Iterable[int], more: Iterable[Link] = ()) -> set[int]:
    """The instruments with all that reorganisations connect them to, in any of the portfolios: they are replayed together.

    Versions that count no more connect as well: that is never too little.  `more` are links not recorded yet.
    One query, and another one for each step that leads further.
    """
    keys, links = list(portfolios), list(more)
    found: set[int] = set()
    new = connected(instruments, links)
    while new:
        found |= new
        links += _links_at(keys, new)
        new = connected(found, links) - found
    return found


def _links_at(portfolios: Sequence[int], instruments: Iterable[int]) -> list[Link]:
    """The links that start or end at one of the instruments.  Found by instrument: a ledger of many others makes it no slower."""
    ends = list(instruments)
    legs = TransactionLeg.objects.filter(transaction__portfolio__in=portfolios).order_by().values_list("transaction__instrument", "instrument")
    return list(legs.filter(transaction__instrument__in=ends).union(legs.filter(instrument__in=ends)))


def events_of(
    portfolio: Portfolio,
    instruments: Iterable[int] | None = None,
    known_at: datetime | None = None,
    until: date | None = None,
    after: date | None = None,
) -> list[Event]:
    """The events of a ledger, in no order that matters.  One query, two where there are spin-offs and the like.

    instruments  only events of these; events without an instrument are left out then.  To replay them by themselves, ask for
                 `connected_to` them
    known_at     as the ledger was known at that moment; where missing, as it is known now
    until        only events up to that day, included
    after        only events of later days
    """
    with no_collecting():
        return [event_of(row) for row in _rows([portfolio.pk], instruments=instruments, known_at=known_at, until=until, after=after)]


def events_moving(portfolio: Portfolio, currencies: Iterable[str]) -> list[Event]:
    """All that decides the cash balances of these currencies: what moves them, with the history of its instruments.  Four queries at most."""
    moving = Transaction.objects.live().filter(portfolio=portfolio).settling_in(currencies)
    instruments = set(moving.filter(instrument__isnull=False).order_by().values_list("instrument", flat=True).distinct())
    alone = [event_of(row) for row in rows_of(moving.filter(instrument=None).order_by("traded_on", "pk"))]
    return alone + (events_of(portfolio, instruments=connected_to([portfolio.pk], instruments)) if instruments else [])


def events_of_all(
    portfolios: Sequence[Portfolio],
    *,
    until: date | None = None,
    instruments: Iterable[int] | None = None,
    known_at: datetime | None = None,
    kinds: Iterable[str] | None = None,
) -> dict[int, list[Event]]:
    """The events of several ledgers, by portfolio; of some instruments or kinds only, or as once known, if asked for.  Queries as `events_of`.

    Of portfolios under one slice, those that it needs; a query more, and one for each step that spin-offs and the like lead away from it.
    """
    if instruments is None and portfolios and portfolios[0].only is not None:
        instruments = connected_to([portfolio.pk for portfolio in portfolios], portfolios[0].only)
    found: dict[int, list[Event]] = {portfolio.pk: [] for portfolio in portfolios}
    with no_collecting():
        for row in _rows(found, instruments=instruments, known_at=known_at, until=until, kinds=kinds):
            found[row.portfolio_id].append(event_of(row))
    return found


# ── books ───────────────────────────────────────────────────────────────────


def book_of(portfolio: Portfolio) -> Book:
    """The whole ledger, replayed.  Kept by revision: no query where it is known, else as `events_of`."""
    return books_of([portfolio])[portfolio.pk]


def moment_key(until: date | None, known_at: datetime | None) -> str:
    """What tells the book of a moment from the book of now, in a key; blank for now."""
    return (f".{until.isoformat()}" if until else "") + (f".known{known_at.timestamp():.6f}" if known_at else "")


KeptBooks = Callable[[Mapping[int, str]], Mapping[int, Book]]


def books_of(
    portfolios: Sequence[Portfolio], *, until: date | None = None, known_at: datetime | None = None, stored: KeptBooks | None = None
) -> dict[int, Book]:
    """The books of several portfolios; with `until` as they stood at the end of that day, with `known_at` as they were known then.

    stored  where to look, by portfolio and version, before a ledger of now is replayed

    The rules (cost method, treatment of dividends) are those of now: a portfolio keeps no history of them.  Queries as `events_of`; a
    ledger of now of which this process knows an earlier state reads the days that changed, each in queries of its own.
    Raises what the ledger refuses where what was known then does not fit the rules of now.
    """
    keys = {portfolio.pk: ledger_version(portfolio) + moment_key(until, known_at) for portfolio in portfolios}
    is_now = until is None and known_at is None
    found = {pk: book for pk, key in keys.items() if (book := shelf.get(key)) is not None}
    missing = [portfolio for portfolio in portfolios if portfolio.pk not in found]
    if missing and stored is not None and is_now:
        found |= _put(keys, stored({portfolio.pk: keys[portfolio.pk] for portfolio in missing}))
        missing = [portfolio for portfolio in missing if portfolio.pk not in found]
    if missing and is_now:
        found |= _put(keys, {portfolio.pk: book for portfolio in missing if (book := _gone_on(portfolio)) is not None})
        missing = [portfolio for portfolio in missing if portfolio.pk not in found]
    found |= _put(keys, replayed(missing, until=until, known_at=known_at))
    if is_now:
        for portfolio in portfolios:
            _note_last(portfolio, found[portfolio.pk])
    return found


def _put(keys: Mapping[int, str], books: Mapping[int, Book]) -> Mapping[int, Book]:
    for pk, book in books.items():
        shelf.put(keys[pk], book)
    return books


def _gone_on(portfolio: Portfolio) -> Book | None:
    """The book of now, from the last one that this process had; None where it cannot go on.  Queries as `events_of`, of the days that changed."""
    last = None if portfolio.only is not None else shelf.last(portfolio.pk)
    if last is None or last.rules != rules_of(portfolio):
        return None
    since = changed_since(portfolio.writes, portfolio.revision, last.after)
    if since is None or since == date.max:
        return None if since is None else last.book
    mark = mark_before(last.book, since)
    if mark is None:
        return None
    try:
        return gone_on(last.book, mark, events_of(portfolio, after=mark.day), last.rules)
    except LedgerRefused:  # written to meanwhile: what a sale took may be in neither half. The whole is read in one statement
        return None


def _note_last(portfolio: Portfolio, book: Book) -> None:
    """So that the next book of this ledger can go on from this one."""
    after = newest(portfolio.writes, portfolio.revision)
    if book.marks and after is not None and portfolio.only is None and not portfolio.is_restated:
        shelf.is_last(portfolio.pk, Last(book, rules_of(portfolio), after))


def replayed(portfolios: Sequence[Portfolio], *, until: date | None = None, known_at: datetime | None = None) -> dict[int, Book]:
    """As `books_of`, read and replayed anew, and not kept: for jobs that go through everything."""
    events = events_of_all(portfolios, until=until, known_at=known_at) if portfolios else {}
    return {portfolio.pk: replay_marked(events.pop(portfolio.pk), rules_of(portfolio)) for portfolio in portfolios}
