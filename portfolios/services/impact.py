"""What an entry, a change of one, or a void would do to everything after it: holdings, cash, and the gains of later sales.

Nothing is written.  Both sides of the comparison come from the ledger itself, replayed without and with the change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from market.models import Instrument
from portfolios.errors import LedgerRefused, PeriodLocked
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event
from portfolios.ledger.links import instrument_ids_of, links_of
from portfolios.ledger.records import Position
from portfolios.ledger.replay import Rules, replay
from portfolios.ledger.sides import goes_by_side, short_then
from portfolios.models import CashBalance, Portfolio, Transaction
from portfolios.selectors.ledger import cash_moves, connected_to, event_of, events_of, rules_of
from portfolios.services.drafts import with_symbol
from portfolios.services.judging import refuse_locked

ZERO = Decimal(0)
MOST_SALES = 12  # more are counted, not listed


@dataclass(frozen=True, slots=True)
class HoldingChange:
    """One holding, now and after.  Money is in the portfolio's currency."""

    symbol: str
    name: str
    units_before: Decimal
    units_after: Decimal
    cost_before: Decimal
    cost_after: Decimal
    realised_before: Decimal
    realised_after: Decimal
    income_before: Decimal
    income_after: Decimal

    @property
    def changes(self) -> bool:
        return (self.units_before, self.cost_before, self.realised_before, self.income_before) != (
            self.units_after,
            self.cost_after,
            self.realised_after,
            self.income_after,
        )

    @property
    def average_after(self) -> Decimal | None:
        return self.cost_after / self.units_after if self.units_after else None


@dataclass(frozen=True, slots=True)
class SaleChange:
    """The realised gain of another sale that comes out otherwise; None where it is no sale any more, or was none."""

    number: int
    symbol: str
    day: date
    gain_before: Decimal | None
    gain_after: Decimal | None


@dataclass(frozen=True, slots=True)
class CashChange:
    """The balance of one currency, now and after."""

    currency: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Impact:
    """What differs in one portfolio.

    problem  the sentence of what the ledger refuses, "" where it can be done; with one the rest is empty, but for the cash of an entry
    beside   what it does to other portfolios, by name: to the other side of a transfer
    """

    base: str
    problem: str = ""
    holdings: tuple[HoldingChange, ...] = ()
    sales: tuple[SaleChange, ...] = ()
    more_sales: int = 0
    cash: tuple[CashChange, ...] = ()
    beside: tuple[tuple[str, Impact], ...] = ()

    @property
    def changes_others(self) -> bool:
        return bool(self.sales)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The book of the touched instruments as it is, as it would be without the entry (None where it could not be), and after.

    short  the numbers of the events that come of units that are short then, where their money goes by that
    """

    now: Book
    before: Book | None
    after: Book
    instruments: dict[int, Instrument]
    short: frozenset[int] = frozenset()


def replayed(portfolio: Portfolio, event: Event | None, replacing: Transaction | None, row: Transaction | None = None) -> Replayed:
    """The books that a change is judged by.  Raises what the ledger refuses.  Four queries at most."""
    return _replayed(
        portfolio, [] if event is None else [event], [] if replacing is None else [replacing], [one for one in (row,) if one is not None]
    )


def _replayed(portfolio: Portfolio, come: Sequence[Event], gone: Sequence[Transaction], rows: Sequence[Transaction]) -> Replayed:
    """The same for events that come and entries that go, all at once; `rows` are the entries of the events."""
    every = [*come, *(event_of(row) for row in gone)]
    touched = {pk for one in every for pk in instrument_ids_of(one)}
    wanted = connected_to([portfolio.pk], touched, links_of(every))
    stored = events_of(portfolio, wanted) if wanted else []
    numbers = {row.entry for row in gone}
    others = [one for one in stored if one.id not in numbers]
    rules = rules_of(portfolio)
    known: dict[int, Instrument] = {one.instrument.pk: one.instrument for one in (*rows, *gone) if one.instrument is not None}
    missing = wanted - known.keys()
    instruments = known | (Instrument.objects.in_bulk(missing) if missing else {})
    now = replay(stored, rules)
    try:
        after = replay([*others, *come], rules)
    except LedgerRefused as refused:
        raise with_symbol(refused, instruments.values()) from None
    asked = [event for event in come if rules.allows_short and goes_by_side(event)]
    short = short_then(asked, others, rules.base_currency) if asked else []
    numbers = {event.id for event, is_short in zip(asked, short, strict=True) if is_short}
    return Replayed(now, _without(others, rules) if gone else now, after, instruments, frozenset(numbers))


def _without(others: list[Event], rules: Rules) -> Book | None:
    try:
        return replay(others, rules)
    except LedgerRefused:
        return None  # a later sale needs the entry


def impact_between(portfolio: Portfolio, books: Replayed, event: Event | None, replacing: Transaction | None) -> Impact:
    """What differs between the ledger as it is and as it would be.  One query, for the balances."""
    return _impact(portfolio, books, [] if event is None else [event], [] if replacing is None else [replacing])


def _impact(portfolio: Portfolio, books: Replayed, come: Sequence[Event], gone: Sequence[Transaction]) -> Impact:
    sales = _sales(books, {*(event.id for event in come), *(row.entry for row in gone)})
    holdings = [_holding(books, pk) for pk in sorted({*books.now.positions, *books.after.positions})]
    return Impact(
        base=portfolio.base_currency,
        holdings=tuple(one for one in holdings if one.changes),
        sales=tuple(sales[:MOST_SALES]),
        more_sales=max(len(sales) - MOST_SALES, 0),
        cash=_cash_after(portfolio, come, gone, books),
    )


def impact_of_changes(portfolio: Portfolio, come: Sequence[Transaction], gone: Sequence[Transaction]) -> Impact:
    """What several entries that come, and others that go, would do together.  One that comes in the place of another has its number."""
    last = 1 << 62
    events = [event_of(row, number=row.entry, sequence=row.entry) if row.origin_id else event_of(row, number=-place, sequence=last + place)
              for place, row in enumerate(come, start=1)]  # fmt: skip
    try:
        refuse_locked(portfolio, [*come, *gone], by_row=False)
        books = _replayed(portfolio, events, gone, come)
    except (LedgerRefused, PeriodLocked) as refused:
        return Impact(portfolio.base_currency, problem=refused.detail)
    return _impact(portfolio, books, events, gone)


def impact_of_void(actor: Any, entry: Transaction) -> Impact:
    """What taking an entry out of the ledger would do."""
    portfolio = entry.portfolio
    try:
        refuse_locked(portfolio, [entry], by_row=False)
        books = replayed(portfolio, None, entry)
    except PeriodLocked as locked:
        return Impact(portfolio.base_currency, problem=locked.detail)
    except LedgerRefused as refused:
        return Impact(portfolio.base_currency, problem=f"Without this entry a later one has nothing to take from. {refused.detail}")
    return impact_between(portfolio, books, None, entry)


def cash_after(portfolio: Portfolio, event: Event | None, replacing: Transaction | None, books: Replayed | None = None) -> tuple[CashChange, ...]:
    """The balances that move; none where the portfolio keeps no account of cash.  One query.

    books  of the change; without them, as where it is refused, what its entry says by itself
    """
    return _cash_after(portfolio, [] if event is None else [event], [] if replacing is None else [replacing], books)


def _cash_after(portfolio: Portfolio, come: Sequence[Event], gone: Sequence[Transaction], books: Replayed | None) -> tuple[CashChange, ...]:
    if not portfolio.tracks_cash:
        return ()
    moved: dict[str, Decimal] = defaultdict(Decimal)
    untold: list[tuple[Sequence[Event], int]] = [(come, 1), ([event_of(row) for row in gone], -1)]
    if books is not None:  # they have all that comes, and what goes of instruments; and what else that turns round
        for book, sign in ((books.after, 1), (books.now, -1)):
            for code, pool in book.cash.items():
                moved[str(code)] += sign * pool.amount
        untold = [([event_of(row) for row in gone if row.instrument_id is None], -1)]
    for events, sign in untold:
        for move in (move for event in events for move in cash_moves(event)):
            moved[str(move.currency)] += sign * move.amount
    changed = {code: amount for code, amount in moved.items() if amount}
    if not changed:
        return ()
    held = {balance.currency: balance.amount for balance in CashBalance.objects.filter(portfolio=portfolio, currency__in=changed)}
    return tuple(CashChange(code, held.get(code, ZERO), held.get(code, ZERO) + amount) for code, amount in sorted(changed.items()))


def _sales(books: Replayed, own: set[int]) -> list[SaleChange]:
    """Sales whose gain differs, but for the entry's own, oldest first."""
    before, after = _gains(books.now), _gains(books.after)
    found = []
    for key in {*before, *after}:
        number, instrument = key
        old, new = before.get(key), after.get(key)
        if number in own or (old and new and old[1] == new[1]):
            continue
        day = (new or old or (date.min, ZERO))[0]
        found.append(SaleChange(number, books.instruments[instrument].symbol, day, old[1] if old else None, new[1] if new else None))
    return sorted(found, key=lambda sale: (sale.day, sale.number))


def _gains(book: Book) -> dict[tuple[int, int], tuple[date, Decimal]]:
    """The day and gain of each sale, by its number and instrument."""
    found: dict[tuple[int, int], tuple[date, Decimal]] = {}
    for match in book.matches:
        key = (match.sale_id, match.instrument)
        found[key] = (match.closed_on, found.get(key, (match.closed_on, ZERO))[1] + match.gain)
    return found


def _holding(books: Replayed, pk: int) -> HoldingChange:
    old, new = books.now.positions.get(pk), books.after.positions.get(pk)
    instrument = books.instruments[pk]
    return HoldingChange(
        symbol=instrument.symbol,
        name=instrument.name,
        units_before=_of(old, "quantity"),
        units_after=_of(new, "quantity"),
        cost_before=_of(old, "cost"),
        cost_after=_of(new, "cost"),
        realised_before=_of(old, "realised"),
        realised_after=_of(new, "realised"),
        income_before=_of(old, "income"),
        income_after=_of(new, "income"),
    )


def _of(position: Position | None, name: str) -> Decimal:
    value: Decimal = getattr(position, name) if position is not None else ZERO
    return value
