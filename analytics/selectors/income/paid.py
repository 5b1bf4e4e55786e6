"""What was paid: the income that the ledgers booked, entry by entry, exact.

The sum of `gross` over all payments of a period is the income of its gains, to the last digit: both are the same postings.
What the entry itself says (its currency, its rate, the units) stands beside it; it explains and is an example for what is to come.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from analytics.engine.payments import Paid, UnitSplit, in_units_of_today
from analytics.selectors.income.booked import booked
from analytics.selectors.income.shapes import ZERO, Amounts, Payment
from analytics.selectors.scope import Scope
from market.selectors import ActionView, actions_of
from portfolio_site.kernel.decimals import product, quotient
from portfolios.choices import TransactionKind as Kind
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event, Split
from portfolios.selectors import events_in

READ = (Kind.DIVIDEND, Kind.INTEREST, Kind.COUPON, Kind.STAKING_REWARD, Kind.AIRDROP, Kind.SPLIT)
REPEATING = frozenset({"dividend", "reinvestment", "coupon", "staking_reward", "interest"})
BETWEEN = timedelta(days=70)  # at most, from the day a share goes without its dividend to the day this is paid
TOGETHER = timedelta(days=10)  # in which the brokers of one person pay the same dividend
REPORTED = timedelta(days=3 * 365)  # how far back dividends that the market reports are asked for


class PaidHistory:
    """All payments of a scope, or those of one instrument.  Four queries at most: the entries with their rates, and what the market reports of what is held."""

    def __init__(self, scope: Scope, instrument: int | None = None) -> None:
        self.scope, self.instrument = scope, instrument

    @cached_property
    def by_portfolio(self) -> Mapping[int, Sequence[Event]]:
        """The entries that pay, and the splits; told in the report currency."""
        told = [one for one in self.scope.portfolios if one.pk in self.scope.told.books]
        if not told:
            return {}
        wanted = None if self.instrument is None else [self.instrument]
        return events_in(told, self.scope.currency, instruments=wanted, kinds=READ, until=self.scope.until, known_at=self.scope.known_at)

    @cached_property
    def events(self) -> dict[int, Event]:
        """The same by number."""
        return {event.id: event for events in self.by_portfolio.values() for event in events}

    @cached_property
    def actions(self) -> dict[int, list[ActionView]]:
        """Splits and dividends that the market reports of what is held, past and to come, by instrument."""
        found: dict[int, list[ActionView]] = defaultdict(list)
        held = (row.instrument.id for row in self.scope.table.rows if self.instrument in (None, row.instrument.id))
        for one in actions_of(held, start=self.scope.today - REPORTED):
            found[one.instrument_id].append(one)
        return found

    @cached_property
    def payments(self) -> tuple[Payment, ...]:
        """Oldest first."""
        found = [one for pk, book in self.scope.told.books.items() for one in self._of(pk, book)]
        return tuple(sorted(found, key=lambda one: (one.day, one.entry)))

    @cached_property
    def by_instrument(self) -> Mapping[int, Sequence[Payment]]:
        found: dict[int, list[Payment]] = defaultdict(list)
        for one in self.payments:
            if one.instrument is not None:
                found[one.instrument.id].append(one)
        return found

    @cached_property
    def began(self) -> date | None:
        """The day of the first thing that any of the ledgers booked."""
        days = [rows[0].day for book in self.scope.books for rows in (book.flows, book.steps, book.cash_steps, book.postings) if rows]
        return min(days, default=None)

    def _of(self, portfolio: int, book: Book) -> Iterable[Payment]:
        found = booked(book, self.by_portfolio.get(portfolio, ()), self.instrument)
        units = _Units(book, {one.instrument for one in found if one.instrument is not None})
        for one in found:
            pk = one.instrument
            held = ZERO if pk is None else units.before(pk, self._entitled(pk, one.day))
            yield Payment(
                entry=one.entry,
                day=one.day,
                portfolio_id=portfolio,
                instrument=None if pk is None else self.scope.instruments.get(pk),
                kind=one.source,
                amounts=one.amounts,
                **self._told(one.entry, one.amounts, held),
            )

    def _told(self, entry: int, amounts: Amounts, units: Decimal) -> dict[str, Any]:
        """What the entry itself says."""
        event = self.events.get(entry)
        if event is None:
            return {"units": units}
        paid: Decimal = getattr(event, "gross", ZERO) if hasattr(event, "gross") else getattr(event, "amount", ZERO)
        worth = product(paid, event.fx_rate)
        return {"paid": paid, "currency": str(event.currency), "rate": event.fx_rate, "units": units, "lowered": worth - amounts.gross}

    def _entitled(self, instrument: int, day: date) -> date:
        """The day at whose opening units must be held to be paid: the reported one shortly before, else that of the payment."""
        days = [one.ex_day for one in self.actions.get(instrument, ()) if one.kind == "dividend" and day - BETWEEN <= one.ex_day <= day]
        return max(days, default=day)

    # ── an example for what is to come ──────────────────────────────────────

    def of_one_unit(self, instrument: int) -> tuple[list[Paid], str]:
        """What one unit was paid, in units of today and oldest first, and in which currency: that of the payments, or that of
        the report where there were several."""
        rows = [one for one in self.by_instrument.get(instrument, ()) if one.kind in REPEATING and one.paid is not None and one.units]
        codes = {one.currency for one in rows}
        code = codes.pop() if len(codes) == 1 else self.scope.currency
        splits = [
            UnitSplit(event.day, quotient(event.ratio_new, event.ratio_old))
            for event in self.events.values()
            if isinstance(event, Split) and event.instrument == instrument
        ]
        splits = list({one.day: one for one in splits}.values())  # several portfolios record the same one
        paid = [Paid(day, quotient(amount, units)) for day, amount, units in _together(rows, code) if units and amount / units > 0]
        return in_units_of_today(paid, splits), code

    def reported(self, instrument: int) -> list[Paid]:
        """The same of the dividends that the market reported, by the day that a share goes without them."""
        known, today = self.actions.get(instrument, ()), self.scope.today
        splits = [
            UnitSplit(one.ex_day, quotient(one.ratio_new, one.ratio_old))
            for one in known
            if one.kind == "split" and one.ratio_new and one.ratio_old and one.ex_day <= today
        ]
        return in_units_of_today(
            [Paid(one.ex_day, one.amount) for one in known if one.kind == "dividend" and one.amount and one.ex_day <= today], splits
        )


def _together(rows: Sequence[Payment], code: str) -> list[tuple[date, Decimal, Decimal]]:
    """Day, amount and units of each payment; the same payment of several portfolios is one, and one that was taken back is none."""
    found: list[tuple[date, Decimal, Decimal, set[int]]] = []
    for one in rows:
        assert one.paid is not None
        amount = one.paid if one.currency == code else product(one.paid, one.rate)
        if amount * one.units < 0:  # taken back
            same = next((row for row in reversed(found) if row[1] == -amount), None)
            if same is not None:
                found.remove(same)
            continue
        last = found[-1] if found else None
        if last is not None and one.day - last[0] <= TOGETHER and one.portfolio_id not in last[3]:
            found[-1] = (last[0], last[1] + amount, last[2] + one.units, last[3] | {one.portfolio_id})
        elif last is not None and one.day == last[0]:
            found[-1] = (last[0], last[1] + amount, last[2], last[3])
        else:
            found.append((one.day, amount, one.units, {one.portfolio_id}))
    return [row[:3] for row in found]


class _Units:
    """Units held of some instruments of a book, by day."""

    def __init__(self, book: Book, instruments: set[int]) -> None:
        self._days: dict[int, list[date]] = defaultdict(list)
        self._units: dict[int, list[Decimal]] = defaultdict(list)
        for step in book.steps:
            if step.instrument in instruments:
                self._days[step.instrument].append(step.day)
                self._units[step.instrument].append(step.quantity_after)

    def before(self, instrument: int, day: date) -> Decimal:
        """Held at the close before a day; where that was nothing, what was held last in the weeks before it."""
        days, units = self._days[instrument], self._units[instrument]
        place = bisect_left(days, day) - 1
        while place >= 0 and not units[place] and day - days[place] <= BETWEEN:
            place -= 1
        return units[place] if place >= 0 else ZERO
