"""When one portfolio changes, what it gave to others changes with it, in the same transaction.

The legs that arrive are brought up to what the books carry now, the earliest first, so that each is written once: what a later
one carries is known when all before it are right.  Where the other portfolio refuses, or is locked, the whole change is refused.
Two transfers of one day without times can hand the same units round in a circle, each waiting for what the other carries; such a
circle either comes to rest after a few rounds or is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from portfolio_site.kernel.errors import Conflict, DomainError
from portfolios.errors import CircularTransfer
from portfolios.ledger.book import Book
from portfolios.models import Portfolio, Transaction
from portfolios.transfers.legs import Stale, arrival, legs_of, stale_arrivals

MOST_ROUNDS = 8  # of one transfer within one change
Write = Callable[[Portfolio, Sequence[Transaction], Sequence[Transaction]], Book]  # portfolio, inserts, voids


def follow(
    changed: Portfolio,
    book: Book,
    write: Write,
    *,
    inserts: Sequence[Transaction] = (),
    voids: Sequence[Transaction] = (),
    arriving: Mapping[UUID, Portfolio] | None = None,
) -> bool:
    """Bring the other legs up to a change that was written to a locked portfolio.  Whether anything had to change.

    book      of the instruments that the change touched
    write     writes to another locked portfolio, and gives the book of what that touched
    arriving  where the transfers go that are new
    Raises what the other portfolio refuses, in words that name it; CircularTransfer; MissingRate.
    """
    group: Mapping[int, Portfolio] = getattr(changed, "locked_with", {changed.pk: changed})
    linked = len(group) > 1 or any(row.link for row in (*inserts, *voids))
    if not linked:
        return False
    work = _Work(group, write, arriving or {})
    work.look(changed, book, {row.entry: -place for place, row in enumerate(inserts, start=1) if row.origin_id is None})
    work.void_the_other_legs(changed, inserts, voids)
    work.settle()
    return work.wrote


class _Work:
    """What is still to be written, by portfolio."""

    def __init__(self, group: Mapping[int, Portfolio], write: Write, arriving: Mapping[UUID, Portfolio]) -> None:
        self.group, self._write, self._arriving = group, write, arriving
        self.waiting: dict[int, list[Stale]] = {}
        self.rounds: Counter[UUID] = Counter()
        self.wrote = False

    def look(self, portfolio: Portfolio, book: Book, numbers: Mapping[int, int] | None = None) -> None:
        """What the book of a portfolio, new for its instruments, asks of others."""
        kept = [one for one in self.waiting.get(portfolio.pk, []) if one.leaving.instrument_id not in book.positions]
        new = {link for link in self._arriving if not self.rounds[link]}
        self.waiting[portfolio.pk] = kept + stale_arrivals(portfolio, book, new=new, numbers=numbers)

    def void_the_other_legs(self, portfolio: Portfolio, inserts: Sequence[Transaction], voids: Sequence[Transaction]) -> None:
        """Of transfers that are taken out."""
        stay = {row.link for row in inserts}
        gone = {row.link for row in voids if row.link is not None and row.link not in stay}
        others: dict[int, list[Transaction]] = {}
        for legs in legs_of(gone).values() if gone else ():
            for row in legs.values():
                if row.portfolio_id != portfolio.pk:
                    others.setdefault(row.portfolio_id, []).append(row)
        for pk, rows in sorted(others.items()):
            self._change(pk, [], rows)

    def settle(self) -> None:
        """Write the earliest until nothing waits."""
        while waiting := [(rows[0].leaving.traded_on, pk) for pk, rows in self.waiting.items() if rows]:
            day, source = min(waiting)
            first = self.waiting[source][0]
            target = self._target_of(first)
            batch = [one for one in self.waiting[source] if one.leaving.traded_on == day and self._target_of(one) == target]
            self.waiting[source] = [one for one in self.waiting[source] if one not in batch]
            for one in batch:
                self._count(one.leaving)
            rows = [arrival(one.leaving, one.carried, self._locked(target), one.before) for one in batch]
            self._change(target, rows, [one.before for one in batch if one.before is not None and one.before.voided_at is None])

    def _target_of(self, one: Stale) -> int:
        return one.before.portfolio_id if one.before is not None else self._arriving[_link(one.leaving)].pk

    def _locked(self, pk: int) -> Portfolio:
        found = self.group.get(pk)
        if found is None:
            raise Conflict("Units were moved between these portfolios at the same moment. Try it again.")
        return found

    def _count(self, leaving: Transaction) -> None:
        self.rounds[_link(leaving)] += 1
        if self.rounds[_link(leaving)] > MOST_ROUNDS:
            day = f"{leaving.traded_on.day} {leaving.traded_on:%b %Y}"
            raise CircularTransfer(
                f"The units that left on {day} come back in a circle, by transfers of one day. Enter the time of each, or give them different days.",
                date=leaving.traded_on,
            )

    def _change(self, pk: int, inserts: Sequence[Transaction], voids: Sequence[Transaction]) -> None:
        portfolio = self._locked(pk)
        try:
            book = self._write(portfolio, inserts, voids)
        except DomainError as refused:
            raise _said_of(refused, portfolio) from None
        self.wrote = True
        self.look(portfolio, book)


def _link(leaving: Transaction) -> UUID:
    assert leaving.link is not None  # only linked entries are looked at
    return leaving.link


def _said_of(refused: DomainError, portfolio: Portfolio) -> DomainError:
    """The same refusal, which names the portfolio that it comes from."""
    refused.detail = f"The other portfolio of the transfer, “{portfolio.name}”, refuses this. {refused.detail}"
    refused.args = (refused.detail,)
    refused.errors = ()
    more: dict[str, Any] = {"portfolio": portfolio.pk}
    refused.data = {**{name: value for name, value in refused.data.items() if name not in {"row", "event_id"}}, **more}
    return refused
