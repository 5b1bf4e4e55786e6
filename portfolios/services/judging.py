"""The ledger as the judge of a change: what cannot be replayed is refused, in words about what was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from market.models import Instrument
from portfolio_site.kernel.errors import Conflict, FieldError
from portfolios.choices import CostMethod
from portfolios.errors import LedgerRefused, LotNotOpen, LotNotTold, MethodPools, NotHeld, PeriodLocked, SharesDoNotAddUp
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event
from portfolios.ledger.links import instrument_ids_of, links_of
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.ledger import connected_to, event_of, events_of, rules_of
from portfolios.services.drafts import with_symbol

_LOOKS_AHEAD = timedelta(days=30)  # section 104 matches a sale with what is bought up to 30 days later
_FIELDS: dict[type[LedgerRefused], str] = {
    LotNotOpen: "lots",
    LotNotTold: "lots",
    MethodPools: "method",
    NotHeld: "traded_on",
    SharesDoNotAddUp: "legs",
}


def field_of(refused: LedgerRefused) -> str:
    """The field of an entry that the ledger's refusal is about."""
    return _FIELDS.get(type(refused), "quantity")


class Judged(NamedTuple):
    """The book of the touched instruments after a change, with all that are connected to them."""

    book: Book
    instruments: set[int]


def refuse_locked(portfolio: Portfolio, rows: Sequence[Transaction], *, by_row: bool) -> None:
    """Raises PeriodLocked where one of the rows lies in the time that the portfolio is locked up to."""
    until = portfolio.locked_until
    if until is None:
        return
    for place, row in enumerate(rows):
        if row.traded_on <= until:
            sentence = f"The portfolio is locked up to {until.day} {until:%b} {until.year}; unlock it first, or date the entry later."
            field = f"transactions.{place}.traded_on" if by_row else "traded_on"
            raise PeriodLocked(sentence, errors=[FieldError(field, PeriodLocked.code, sentence)], locked_until=until, date=row.traded_on)


def refuse_given_away(asked: Sequence[Portfolio], locked: Mapping[int, Portfolio], rows: Sequence[Transaction]) -> None:
    """Raises Conflict where a portfolio became somebody else's while its lock was waited for, or an instrument that a new entry names.

    asked  the portfolios as the rows were checked with them; all of them are among the locked
    One query, where a new entry names somebody's own instrument.  A version that is copied from one that stands names nothing new.
    """
    if any(one.owner_id != locked[one.pk].owner_id for one in asked):
        raise Conflict("The portfolio was given to somebody else in the meantime. Load the page again.")
    naming = [one for row in rows for one in (row, *row.__dict__.get("leg_rows", ()))]
    told = [one.instrument for one in naming if type(one).instrument.is_cached(one) and one.instrument is not None]
    own = {one.pk for one in told if one.owner_id is not None}
    owners = {one.owner_id for one in asked}
    if own and Instrument.objects.filter(pk__in=own, owner__isnull=False).exclude(owner__in=owners).exists():
        raise Conflict("An instrument that this names was given to somebody else in the meantime. Load the page again.")


def judge(portfolio: Portfolio, inserts: Sequence[Transaction], voids: Sequence[Transaction], new: Sequence[Event], *, by_row: bool) -> Judged:
    """The book after the change; `new` are the events of the inserts.  Two queries, three where there are spin-offs and the like.

    Raises what the ledger refuses; PeriodLocked where the change would tell a locked period anew.
    """
    touched = {pk for event in new for pk in instrument_ids_of(event)} | {row.instrument_id for row in voids if row.instrument_id is not None}
    instruments = connected_to([portfolio.pk], touched, links_of(new)) if touched else set()
    old = events_of(portfolio, instruments=instruments) if instruments else []
    gone = {row.entry for row in voids}
    history = [event for event in old if event.id not in gone]
    history += [event for event in new if getattr(event, "instrument", None) is not None]
    try:
        book = replay(history, rules_of(portfolio))
    except LedgerRefused as refused:
        rows = (*inserts, *voids)
        symbols = [row.instrument for row in rows] + [leg.instrument for row in inserts for leg in row.__dict__.get("leg_rows", ())]
        raise _in_words(with_symbol(refused, symbols), inserts, voids, by_row=by_row) from None
    _refuse_retold(portfolio, old, book, min(row.traded_on for row in (*inserts, *voids)))
    return Judged(book, instruments)


def new_events(rows: Sequence[Transaction], after_all: int) -> list[Event]:
    """A version of an entry stands where the entry stood; entries without a number come after all others of their day."""
    events = []
    for place, row in enumerate(rows):
        number = row.origin_id or -(place + 1)
        events.append(event_of(row, number=number, sequence=row.origin_id or after_all + place))
    return events


def _refuse_retold(portfolio: Portfolio, old: Sequence[Event], book: Book, since: date) -> None:
    """A purchase soon after a locked period would match its sales anew, where the method looks ahead."""
    until = portfolio.locked_until
    if until is None or portfolio.cost_method != CostMethod.SECTION104 or since > until + _LOOKS_AHEAD:
        return
    before = {match for match in replay(old, rules_of(portfolio)).matches if match.closed_on <= until}
    if before != {match for match in book.matches if match.closed_on <= until}:
        raise PeriodLocked(
            f"The portfolio is locked up to {until.day} {until:%b} {until.year}, and this would match a sale in that time anew; unlock it first.",
            locked_until=until,
            date=since,
        )


def _in_words(refused: LedgerRefused, inserts: Sequence[Transaction], voids: Sequence[Transaction], *, by_row: bool) -> LedgerRefused:
    """The same error, said for what was asked: which row fails, or that a later entry does."""
    number, field = refused.data.get("event_id"), field_of(refused)
    lots: Any = refused.data.get("lots")
    if lots is not None:
        refused.data["lots"] = [_without_own_number(lot, "transaction", "row") for lot in lots]
        refused.data.update(_without_own_number({"lot": refused.data.pop("lot")}, "lot", "lot_row"))
    if isinstance(number, int) and number < 0:
        row = -number - 1
        refused.data.pop("event_id")
        if by_row:
            refused.data["row"] = row
            refused.errors = (FieldError(f"transactions.{row}.{field}", refused.code, refused.detail),)
            refused.detail = f"Row {row + 1} was refused and nothing was recorded. {refused.detail}"
        else:
            refused.errors = (FieldError(field, refused.code, refused.detail),)
    elif voids and not inserts:
        refused.detail = f"Without this entry a later one has nothing to take from. {refused.detail}"
    elif voids and number != inserts[0].origin_id:
        refused.detail = f"After this change a later entry has nothing to take from. {refused.detail}"
        refused.errors = (FieldError("quantity", refused.code, refused.detail),)
    elif not by_row:
        refused.errors = (FieldError(field, refused.code, refused.detail),)
    refused.args = (refused.detail,)
    return refused


def _without_own_number(facts: dict[str, Any], name: str, by_row: str) -> dict[str, Any]:
    """An entry of the same batch has no number yet: it is told by its place in it, from 0."""
    number = facts[name]
    return facts if number is None or number >= 0 else {by_row: -number - 1, **{key: value for key, value in facts.items() if key != name}}
