"""Every kind of entry is recorded, changed, taken out, brought back and read, with all its fields."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolio_site.kernel.money import Currency
from portfolios.choices import TransactionKind
from portfolios.ledger.gains import worth
from portfolios.models import CashBalance, Holding, Transaction
from portfolios.selectors import book_of, books_in, get_transaction
from portfolios.services import (
    TransactionDraft,
    edit_transaction,
    preview_transaction,
    record_many,
    record_transaction,
    restore_transaction,
    void_transaction,
)
from portfolios.services.edits import draft_of
from tests.factories import D, make_portfolio
from tests.portfolios.every_kind import World, drafts_of_every_kind, make_world

ENTRIES = 34
NOTHING = (D(0),) * 5
pytestmark = pytest.mark.django_db


@pytest.fixture
def world(person: Any) -> World:
    return make_world(person)


@pytest.fixture
def ledger(world: World) -> list[Transaction]:
    return record_many(world.portfolio.owner, world.portfolio, drafts_of_every_kind(world))


def state(portfolio: Any) -> Any:
    """Holdings and balances, as stored."""
    held = {
        row.instrument_id: (row.quantity, row.cost, row.cost_local, row.realised, row.income) for row in Holding.objects.filter(portfolio=portfolio)
    }
    return held, {row.currency: (row.amount, row.cost) for row in CashBalance.objects.filter(portfolio=portfolio)}


def test_the_examples_are_of_every_kind_and_have_every_field(world: World) -> None:
    drafts = drafts_of_every_kind(world)
    assert len(drafts) == ENTRIES
    assert {draft.kind for draft in drafts} == set(TransactionKind.values)
    elsewhere = {"traded_at", "costs_rate", "link", "proposal", "source", "source_key"}
    for field in fields(TransactionDraft):
        if field.name not in elsewhere:
            assert any(getattr(draft, field.name) not in (None, "", ()) for draft in drafts), field.name


def test_a_ledger_of_every_kind_is_recorded_at_once_or_one_by_one(world: World, person: Any, ledger: list[Transaction]) -> None:
    single = make_portfolio(person, cost_method="fifo", allows_short=True)
    other = World(single, world.symbols)
    made: list[Transaction] = []
    for draft in drafts_of_every_kind(other):
        values = {field.name: getattr(draft, field.name) for field in fields(draft)}
        values["lots"] = tuple(lot._replace(event_id=made[-lot.event_id - 1].entry) for lot in draft.lots)  # type: ignore[union-attr, call-arg]
        made.append(record_transaction(person, single, **values))
    assert state(single) == state(world.portfolio)
    assert book_of(single).realised == book_of(world.portfolio).realised


@pytest.mark.parametrize("place", range(ENTRIES))
def test_each_entry_reads_as_it_was_asked_for_and_survives_an_edit(world: World, ledger: list[Transaction], place: int, person: Any) -> None:
    entry = get_transaction(person, ledger[place].entry)
    before = state(world.portfolio)
    edited = edit_transaction(person, entry, notes="looked at", tags=("seen",), reference="p. 3")
    assert edited.entry == entry.entry and (edited.notes, edited.tags) == ("looked at", ["seen"])
    old, new = draft_of(entry), draft_of(get_transaction(person, entry.entry))
    same = {field.name for field in fields(TransactionDraft)} - {"notes", "tags", "reference"}
    assert {name: getattr(new, name) for name in same} == {name: getattr(old, name) for name in same}
    assert (edited.fx_rate, edited.fx_source, edited.costs_rate) == (entry.fx_rate, entry.fx_source, entry.costs_rate)
    assert state(world.portfolio) == before


@pytest.mark.parametrize("place", range(ENTRIES))
def test_each_entry_can_be_taken_out_and_brought_back_while_nothing_needs_it(world: World, place: int, person: Any) -> None:
    rows = record_many(person, world.portfolio, drafts_of_every_kind(world)[: place + 1])
    before = state(world.portfolio)
    void_transaction(person, get_transaction(person, rows[place].entry))
    assert state(world.portfolio) != before or rows[place].kind == TransactionKind.SYMBOL_CHANGE
    restore_transaction(person, get_transaction(person, rows[place].entry, with_voided=True))
    assert state(world.portfolio) == before


@pytest.mark.parametrize("currency", ["USD", "GBP", "CHF"])
def test_the_ledger_told_in_another_currency_keeps_the_identity(world: World, ledger: list[Transaction], currency: str) -> None:
    book = books_in([world.portfolio], currency)[world.portfolio.pk]
    prices = {pk: D(3) + pk for pk in book.positions}
    codes = {str(position.currency) for position in book.positions.values() if position.currency} | {str(code) for code in book.cash}
    rates = {Currency(code): D("0.7") for code in codes - {currency}}
    result = worth(book, prices, rates)
    assert result.value - book.net_flows == book.realised + result.gain + book.income - book.expenses
    assert {pk: position.quantity for pk, position in book.positions.items()} == {
        pk: position.quantity for pk, position in book_of(world.portfolio).positions.items()
    }


@pytest.mark.parametrize("place", range(ENTRIES))
def test_the_preview_says_what_recording_does(world: World, place: int, person: Any) -> None:
    drafts = drafts_of_every_kind(world)
    rows = record_many(person, world.portfolio, drafts[:place]) if place else []
    values = {field.name: getattr(drafts[place], field.name) for field in fields(TransactionDraft)}
    values["lots"] = tuple(lot._replace(event_id=rows[-lot.event_id - 1].entry) for lot in drafts[place].lots)  # type: ignore[union-attr, call-arg]
    seen = preview_transaction(person, world.portfolio, TransactionDraft(**values))
    assert seen.problem == "" and seen.impact is not None
    held, cash = state(world.portfolio)
    record_transaction(person, world.portfolio, **values)
    now, paid = state(world.portfolio)
    changed = {pk: row for pk, row in now.items() if held.get(pk) != row}
    symbols = {one.pk: symbol for symbol, one in world.symbols.items()}
    told = {one.symbol: (one.units_after, one.cost_after, one.realised_after, one.income_after) for one in seen.impact.holdings}
    assert told == {
        symbols[pk]: (row[0], row[1], row[3], row[4])
        for pk, row in changed.items()
        if row[:2] + row[3:] != held.get(pk, NOTHING)[:2] + held.get(pk, NOTHING)[3:]
    }
    balances = {code for code in {*cash, *paid} if cash.get(code, NOTHING)[0] != paid.get(code, NOTHING)[0]}
    assert {one.currency: one.after for one in seen.impact.cash} == {code: paid.get(code, NOTHING)[0] for code in balances}


@pytest.mark.parametrize("kind", ["buy", "spin_off", "sell"])
def test_recording_asks_as_much_of_the_database_however_long_the_ledger_is(world: World, person: Any, kind: str) -> None:
    def queries() -> int:
        fresh = make_portfolio(person, cost_method="fifo", allows_short=True)
        drafts = drafts_of_every_kind(World(fresh, world.symbols))
        place = max(number for number, draft in enumerate(drafts) if draft.kind == kind)
        record_many(person, fresh, drafts[: place + 1])
        others = [TransactionDraft(kind="buy", traded_on=date(2024, 1, 4), instrument=world.symbols["COIN"], quantity=D(1), price=D(1))] * extra
        record_many(person, fresh, others)
        with CaptureQueriesContext(connection) as seen:
            record_transaction(person, fresh, kind="fee", traded_on=date(2024, 3, 1), instrument=world.symbols["SHARE"], amount=D(1))
        return len(seen)

    extra = 1
    few = queries()
    extra = 60
    assert queries() == few
