"""The one door to the entries of a ledger: rows in, events of the pure core out, and the book that they come to.

Quantities and amounts are sealed in the database, so a ledger is read through here and never summed in SQL.
"""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.cache import cache

from portfolio_site.kernel.decimals import EXACT, rounded
from portfolio_site.kernel.money import Currency
from portfolio_site.web.sealed import seal, unseal
from portfolios.choices import CostMethod, DividendTreatment
from portfolios.choices import TransactionKind as Kind
from portfolios.ledger.book import Book
from portfolios.ledger.events import (
    Buy,
    Deposit,
    Dividend,
    Event,
    Fee,
    Interest,
    Sell,
    Split,
    Tax,
    TransferIn,
    TransferOut,
    Withdrawal,
)
from portfolios.ledger.replay import Rules, replay
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.portfolios import ledger_version

ZERO, ONE = Decimal(0), Decimal(1)
BOOKS_KEPT = 64
_LABEL = b"portfolios.book"
_COLUMNS = (
    "pk", "origin_id", "portfolio_id", "kind", "instrument_id", "traded_on", "traded_at", "quantity", "price", "amount", "fees", "taxes",
    "currency", "settlement_currency", "fx_rate", "ratio_new", "ratio_old", "acquired_on",
)  # fmt: skip


def rules_of(portfolio: Portfolio) -> Rules:
    """The rules that the portfolio's ledger is replayed under."""
    return Rules(
        base_currency=Currency(portfolio.base_currency),
        method=CostMethod(portfolio.cost_method).value,
        dividend_treatment=DividendTreatment(portfolio.dividend_treatment).value,
        tracks_cash=portfolio.tracks_cash,
        allows_short=portfolio.allows_short,
    )


# ── rows to events ──────────────────────────────────────────────────────────


def _gross(row: Transaction) -> Decimal:
    """Before fees and taxes, in the settlement currency (the table in ledger/events.py)."""
    costs = (row.fees or ZERO) + (row.taxes or ZERO)
    if row.amount is None:
        return rounded(EXACT.multiply(row.quantity or ZERO, row.price or ZERO))
    if row.kind in {Kind.BUY, Kind.WITHDRAWAL}:
        return Decimal(row.amount - costs)
    if row.kind in {Kind.SELL, Kind.DIVIDEND, Kind.INTEREST, Kind.DEPOSIT}:
        return Decimal(row.amount + costs)
    return Decimal(row.amount)


def _costs(row: Transaction) -> dict[str, Decimal]:
    return {"fees": row.fees or ZERO, "taxes": row.taxes or ZERO}


def _traded(row: Transaction) -> dict[str, Any]:
    return {
        "instrument": row.instrument_id,
        "quantity": row.quantity,
        "gross": _gross(row),
        "local_price": row.price,
        "local_currency": Currency(row.currency),
        **_costs(row),
    }


def _paid(row: Transaction) -> dict[str, Any]:
    return {"amount": _gross(row), **_costs(row)}


_MAKERS: dict[str, tuple[type[Event], Callable[[Transaction], dict[str, Any]]]] = {
    Kind.BUY: (Buy, _traded),
    Kind.SELL: (Sell, _traded),
    Kind.DIVIDEND: (Dividend, lambda row: {"instrument": row.instrument_id, "gross": _gross(row), **_costs(row)}),
    Kind.INTEREST: (Interest, lambda row: {"instrument": row.instrument_id, **_paid(row)}),
    Kind.FEE: (Fee, lambda row: {"instrument": row.instrument_id, "amount": _gross(row)}),
    Kind.TAX: (Tax, lambda row: {"instrument": row.instrument_id, "amount": _gross(row)}),
    Kind.DEPOSIT: (Deposit, _paid),
    Kind.WITHDRAWAL: (Withdrawal, _paid),
    Kind.SPLIT: (Split, lambda row: {"instrument": row.instrument_id, "ratio_new": row.ratio_new, "ratio_old": row.ratio_old}),
    Kind.TRANSFER_IN: (TransferIn, lambda row: {**_traded(row), "acquired_on": row.acquired_on}),
    Kind.TRANSFER_OUT: (TransferOut, lambda row: {"instrument": row.instrument_id, "quantity": row.quantity, **_costs(row)}),
}


def event_of(row: Transaction, *, number: int | None = None, sequence: int | None = None) -> Event:
    """The row as the ledger core takes it.  `number` and `sequence` stand in for the key of a row that has none yet."""
    cls, more = _MAKERS[row.kind]
    entry = row.entry if number is None else number
    return cls(
        id=entry,
        sequence=entry if sequence is None else sequence,
        day=row.traded_on,
        time=row.traded_at,
        currency=Currency(row.settles_in),
        fx_rate=row.fx_rate or ONE,
        **more(row),
    )


def cash_effect(event: Event) -> Decimal:
    """What the event does to cash, with sign, in its settlement currency (the table in ledger/events.py)."""
    costs = getattr(event, "fees", ZERO) + getattr(event, "taxes", ZERO)
    match event:
        case Buy():
            return -(event.gross + costs)
        case Sell() | Dividend():
            return Decimal(event.gross - costs)
        case Interest() | Deposit():
            return Decimal(event.amount - costs)
        case Withdrawal():
            return -(event.amount + costs)
        case Fee() | Tax():
            return -event.amount
        case TransferIn() | TransferOut():
            return Decimal(-costs)
    return ZERO


# ── reading a ledger ────────────────────────────────────────────────────────


def _rows(portfolio_ids: Iterable[int], *, instruments: Iterable[int] | None, known_at: datetime | None, until: date | None) -> Any:
    found = Transaction.objects.filter(portfolio__in=list(portfolio_ids))
    found = found.live() if known_at is None else found.known_at(known_at)
    if instruments is not None:
        found = found.filter(instrument__in=list(instruments))
    if until is not None:
        found = found.filter(traded_on__lte=until)
    return found.order_by("traded_on", "pk").only(*(column for column in _COLUMNS if column != "pk"))


def events_of(
    portfolio: Portfolio, instruments: Iterable[int] | None = None, known_at: datetime | None = None, until: date | None = None
) -> list[Event]:
    """The events of a ledger, in no order that matters.  One query.

    instruments  only events of these; events without an instrument are left out then
    known_at     as the ledger was known at that moment; where missing, as it is known now
    until        only events up to that day, included
    """
    return [event_of(row) for row in _rows([portfolio.pk], instruments=instruments, known_at=known_at, until=until)]


def events_of_all(
    portfolios: Sequence[Portfolio], *, until: date | None = None, instruments: Iterable[int] | None = None, known_at: datetime | None = None
) -> dict[int, list[Event]]:
    """The events of several ledgers, by portfolio; of some instruments only, or as once known, if asked for.  One query."""
    found: dict[int, list[Event]] = {portfolio.pk: [] for portfolio in portfolios}
    for row in _rows(found, instruments=instruments, known_at=known_at, until=until):
        found[row.portfolio_id].append(event_of(row))
    return found


# ── books ───────────────────────────────────────────────────────────────────


class _Shelf:
    """The books used last, in this process; and, sealed, in the cache that processes share."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.Lock()
        self._books: OrderedDict[str, Book] = OrderedDict()

    def get(self, key: str) -> Book | None:
        with self._lock:
            book = self._books.get(key)
            if book is not None:
                self._books.move_to_end(key)
                return book
        if not settings.REDIS_URL:
            return None
        stored = cache.get(f"book:{key}")
        if stored is None:
            return None
        # the seal is checked before unpickling: only what this installation wrote is opened
        found: Book = pickle.loads(unseal(stored, _LABEL + key.encode()))  # noqa: S301
        self._keep(key, found)
        return found

    def put(self, key: str, book: Book) -> None:
        self._keep(key, book)
        if settings.REDIS_URL:
            cache.set(f"book:{key}", seal(pickle.dumps(book, protocol=pickle.HIGHEST_PROTOCOL), _LABEL + key.encode()), 3600)

    def _keep(self, key: str, book: Book) -> None:
        with self._lock:
            self._books[key] = book
            while len(self._books) > self._size:
                self._books.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._books.clear()


_shelf = _Shelf(BOOKS_KEPT)


def book_of(portfolio: Portfolio) -> Book:
    """The whole ledger, replayed.  Kept by revision: no query where it is known, else one."""
    return books_of([portfolio])[portfolio.pk]


def moment_key(until: date | None, known_at: datetime | None) -> str:
    """What tells the book of a moment from the book of now, in a key; blank for now."""
    return (f".{until.isoformat()}" if until else "") + (f".known{known_at.timestamp():.6f}" if known_at else "")


def books_of(portfolios: Sequence[Portfolio], *, until: date | None = None, known_at: datetime | None = None) -> dict[int, Book]:
    """The books of several portfolios; with `until` as they stood at the end of that day, with `known_at` as they were known then.

    The rules (cost method, treatment of dividends) are those of now: a portfolio keeps no history of them.  At most one query.
    Raises what the ledger refuses where what was known then does not fit the rules of now.
    """
    keys = {portfolio.pk: ledger_version(portfolio) + moment_key(until, known_at) for portfolio in portfolios}
    found = {pk: book for pk, key in keys.items() if (book := _shelf.get(key)) is not None}
    missing = [portfolio for portfolio in portfolios if portfolio.pk not in found]
    if missing:
        events = events_of_all(missing, until=until, known_at=known_at)
        for portfolio in missing:
            found[portfolio.pk] = replay(events[portfolio.pk], rules_of(portfolio))
            _shelf.put(keys[portfolio.pk], found[portfolio.pk])
    return found
