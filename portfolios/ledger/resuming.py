"""A book that goes on from the close of a day: what is changed after that day is replayed, and what was before it is taken as it stands.

What an event does depends on nothing but the state that it finds, so that a replay that goes on from a state it had at the close of a
day comes to the same book as one from the beginning, to the last digit: whatever the kind of what was added, edited or taken out, with
cash and all that reorganisations connect.  So a book keeps a few such states as marks: one at its end, and others the farther apart the
farther back they lie, so that what is added today replays little, and what is dated back by a year replays about a year.

Where it does not go on: under section 104, where a sale looks at purchases to come; in a slice; and before the earliest mark.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from operator import attrgetter
from typing import Any, NamedTuple

from portfolio_site.kernel.collecting import no_collecting
from portfolio_site.kernel.decimals import EXACT
from portfolios.ledger.book import LARGE, Book
from portfolios.ledger.cash import Pool
from portfolios.ledger.events import Event, in_ledger_order
from portfolios.ledger.lots import Stock
from portfolios.ledger.replay import book_of, play, replay
from portfolios.ledger.run import Rules, Run

WORTH_IT = 1_000  # events; a smaller ledger is replayed in a few milliseconds
NEAREST = 16  # events between the end and the mark before it, at least; four times as many to the next, and so on
_APART = 4
_LISTS = ("sales", "carried", "flows", "steps", "cash_steps", "postings")  # of a run, as in Rows.lists
_DAY = attrgetter("day")


@dataclass(frozen=True, slots=True)
class Mark:
    """The state of a replay at the close of a day.

    events   how many there were up to then
    lengths  of the lists of rows; see _LISTS
    """

    day: date
    events: int
    lengths: tuple[int, ...]
    stocks: tuple[Stock, ...]
    pools: tuple[Pool, ...]
    income: Decimal
    expenses: Decimal


class GrownFrom(NamedTuple):
    """Of a book that went on from another one.

    aside    what readers made of that one's rows
    lengths  up to which its rows are those of this one, as in Rows.lists
    """

    aside: dict[str, Any]
    lengths: tuple[int, ...]


def can_go_on(rules: Rules) -> bool:
    """Whether books under these rules keep marks."""
    return rules.method != "section104" and rules.only is None


def replay_marked(events: Iterable[Event], rules: Rules, *, worth_it: int = WORTH_IT, nearest: int = NEAREST) -> Book:
    """As `replay`, and the book keeps marks, if the ledger is worth it.  Raises what that raises."""
    read = list(events)
    if len(read) < worth_it or not can_go_on(rules):
        return replay(read, rules)
    return _played(Run(rules), in_ledger_order(read), (), nearest)


def mark_before(book: Book, since: date) -> Mark | None:
    """The newest mark of the book before a day; None without."""
    return next((mark for mark in reversed(book.marks) if mark.day < since), None)


def gone_on(book: Book, mark: Mark, events: Iterable[Event], rules: Rules, *, nearest: int = NEAREST) -> Book:
    """The book of a ledger that up to the day of the mark is as this one knew it.

    mark    one of the book's
    events  all events of later days, as they are now
    rules   those that the book was replayed under
    Raises what `replay` raises.
    """
    kept = tuple(one for one in book.marks if one.day <= mark.day)
    with localcontext(EXACT):  # methods that rank lots divide
        run = _restored(book, mark, rules)
    found = _played(run, in_ledger_order(events), kept, nearest)
    grown = book.grown_from  # before `aside` is looked at: whoever fills that one forgets this one
    if book.aside:
        found.grown_from = GrownFrom(book.aside, mark.lengths)
    elif grown is not None:
        found.grown_from = GrownFrom(grown.aside, tuple(map(min, mark.lengths, grown.lengths)))
    return found


def _played(run: Run, ordered: Sequence[Event], kept: Sequence[Mark], nearest: int) -> Book:
    """Plays the events, which come after the marks that are kept, and marks on the way."""
    before = kept[-1].events if kept else 0
    marks, begin = list(kept), 0
    with localcontext(EXACT), no_collecting(len(ordered) > LARGE):
        for end in _ends_of_days(ordered, nearest):
            play(run, ordered[begin:end])
            marks.append(_marked(run, ordered[end - 1].day, before + end))
            begin = end
        book = book_of(run)
    book.marks = _thinned(marks, nearest)
    return book


def _ends_of_days(ordered: Sequence[Event], nearest: int) -> list[int]:
    """Where to mark: how many events there are up to the end of some days, the last one among them."""
    found, apart = [len(ordered)] if ordered else [], nearest
    while apart < len(ordered):
        end = bisect_left(ordered, ordered[len(ordered) - apart].day, key=_DAY)  # all of that day come after the mark
        if 0 < end < found[-1]:
            found.append(end)
        apart *= _APART
    return found[::-1]


def _thinned(marks: Sequence[Mark], nearest: int) -> tuple[Mark, ...]:
    """The last one, and of those before it the ones that lie far enough apart: the farther back, the fewer."""
    found: list[Mark] = []
    total, least = marks[-1].events if marks else 0, 0
    for mark in reversed(marks):
        apart = total - mark.events
        if not found or apart >= least:
            found.append(mark)
            least = max(nearest, 2 * apart)
    return tuple(reversed(found))


# ── states ──────────────────────────────────────────────────────────────────


def _marked(run: Run, day: date, events: int) -> Mark:
    lengths = tuple(len(getattr(run, name)) for name in _LISTS)
    stocks, pools = tuple(_twin(stock, run) for stock in run.stocks.values()), tuple(map(copy, run.cash.values()))
    return Mark(day, events, lengths, stocks, pools, run.income, run.expenses)


def _restored(book: Book, mark: Mark, rules: Rules) -> Run:
    """A run at the state of the mark.  The mark stays as it is: it may be gone on from again."""
    run = Run(rules)
    for name, rows, length in zip(_LISTS, book.rows.lists, mark.lengths, strict=True):
        setattr(run, name, rows[:length])
    run.stocks = {stock.instrument: _twin(stock, run) for stock in mark.stocks}
    run.cash = {pool.currency: copy(pool) for pool in mark.pools}
    run.income, run.expenses = mark.income, mark.expenses
    return run


def _twin(stock: Stock, run: Run) -> Stock:
    """The same state, with lots of its own."""
    twin = copy(stock)
    twin.lots = run.refill(run.method.in_order(stock.lots))
    twin.owed = None if stock.owed is None else run.refill(run.method.in_order(stock.owed))
    return twin
