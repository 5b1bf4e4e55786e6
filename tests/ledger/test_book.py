"""What a book is besides its figures: the dates of its positions, its amounts, and that it can be compared."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from hypothesis import given

from portfolios.ledger.book import Book, Rows
from portfolios.ledger.links import instrument_ids_of
from portfolios.ledger.records import Lot, Match
from portfolios.ledger.replay import replay
from tests.ledger.build import EUR, USD, D, Ledger, day
from tests.ledger.strategies import histories
from tests.ledger.test_properties import many


def opened(book, instrument):
    """The day on which the units came that are held or owed, or were last; None where there never were any."""
    found, side = None, 0
    for step in book.steps:
        if step.instrument == instrument:
            now = (step.quantity_after > 0) - (step.quantity_after < 0)
            if now not in {0, side}:
                found = step.day
            side = now
    return found


@many
@given(history=histories())
def test_a_position_was_changed_on_the_day_of_the_last_event_that_touched_it(history):
    rules, events = history
    for instrument, position in replay(events, rules).positions.items():
        assert position.changed_on == max(event.day for event in events if instrument in instrument_ids_of(event))


@many
@given(history=histories())
def test_a_position_was_opened_on_the_day_since_when_there_are_units_on_its_side(history):
    rules, events = history
    book = replay(events, rules)
    for instrument, position in book.positions.items():
        first = min(event.day for event in events if instrument in instrument_ids_of(event))
        assert position.opened_on == (opened(book, instrument) or first)


@many
@given(history=histories())
def test_every_amount_is_a_decimal_also_where_there_is_nothing(history):
    book = replay(history[1], history[0])
    for record in (*book.positions.values(), *book.cash.values()):
        names = type(record).__slots__
        amounts = [getattr(record, name) for name in names if name in {"quantity", "amount", "cost", "cost_local", "realised", "income", "expenses"}]
        assert all(type(amount) is Decimal for amount in amounts)
    for record in (*book.matches, *book.transfers, *book.flows, *book.steps, *book.cash_steps, *book.postings):
        assert all(type(field) is not int or name.endswith("_id") or name == "instrument" for name, field in record._asdict().items())
    assert all(type(total) is Decimal for total in (book.realised, book.income, book.expenses, book.net_flows, book.cost))


@many
@given(history=histories())
def test_what_an_event_books_and_moves_from_outside_is_of_its_own_instruments(history):
    rules, events = history
    book, touched = replay(events, rules), {event.id: instrument_ids_of(event) for event in events}
    for posting in book.postings:
        assert posting.instrument in (touched[posting.event_id] or {None}) or (posting.instrument, posting.source) == (None, "currency")
    for flow in book.flows:
        assert flow.instrument in (touched[flow.event_id] or {None})


@many
@given(history=histories())
def test_postings_add_up_to_what_was_realised_earned_and_expended(history):
    rules, events = history
    book = replay(events, rules)
    booked = {kind: sum(posting.amount for posting in book.postings if posting.kind == kind) for kind in ("realised", "income", "expense")}
    assert booked == {"realised": book.realised, "income": book.income, "expense": book.expenses}


@many
@given(history=histories(methods=["average", "fifo", "lifo", "hifo", "lofo", "specific"]))
def test_what_happens_later_changes_no_record_of_what_happened_before(history):
    rules, events = history
    before, after = replay(events[: len(events) // 2], rules), replay(events, rules)
    for name in ("matches", "transfers", "flows", "steps", "cash_steps", "postings"):
        some, every = getattr(before, name), getattr(after, name)
        assert every[: len(some)] == some


@many
@given(history=histories())
def test_steps_say_what_there_is_after_each_event(history):
    rules, events = history
    book = replay(events, rules)
    held = {step.instrument: step.quantity_after for step in book.steps}
    assert {instrument: units for instrument, units in held.items() if units} == {i: p.quantity for i, p in book.positions.items() if p.quantity}
    money = {step.currency: step.amount_after for step in book.cash_steps}
    assert money == {currency: pool.amount for currency, pool in book.cash.items()}


@many
@given(history=histories())
def test_matches_and_transfers_have_what_lots_had_in_the_currency_of_the_quote_as_well(history):
    """In base currency both are the same; where only units were bought and sold, local cost in is local cost out and left."""
    rules, events = history
    book = replay(events, rules)
    for instrument, position in book.positions.items():
        if position.currency == rules.base_currency:
            assert all(lot.cost == lot.cost_local for lot in position.lots)
            every = [match for match in book.matches if match.instrument == instrument]
            if {event.local_currency for event in events if instrument in instrument_ids_of(event) and hasattr(event, "local_currency")} == {EUR}:
                assert all((match.cost, match.proceeds) == (match.cost_local, match.proceeds_local) for match in every)


def test_one_lot_can_be_valued_as_a_position_of_its_own_that_brought_nothing_yet():
    position = (
        Ledger(method="fifo").buy(3, 10, 100, currency=USD, fx="0.9").buy(4, 5, 110, currency=USD, fx="0.8").dividend(5, 20).book().positions[1]
    )
    alone = position.of_lot(position.lots[1])
    assert (alone.instrument, alone.quantity, alone.cost, alone.cost_local, alone.currency) == (1, 5, 440, 550, USD)
    assert alone.lots == (Lot(2, day(4), D(5), D(440), D(550)),)
    assert (alone.realised, alone.income, alone.expenses) == (0, 0, 0)
    assert (alone.opened_on, alone.changed_on) == (day(4), day(4))


def test_a_book_equals_another_of_the_same_ledger_and_nothing_else():
    ledger = Ledger().buy(3, 10, 10)
    assert ledger.book() == Ledger().buy(3, 10, 10).book() != Ledger().buy(3, 10, 11).book()
    assert ledger.book() != "a book"


def test_a_book_that_comes_out_of_a_cache_is_the_same():
    book = Ledger(method="fifo").buy(3, 10, 10).sell(4, 3, 12).book()
    assert book.matches and book.positions
    assert pickle.loads(pickle.dumps(book)) == book


def test_torn_rows_are_an_error_and_no_shorter_book():
    rows = Rows(sales=[1], transfers=[], flows=[day(3), D(1)], steps=[], cash_steps=[], postings=[])
    book = Book(EUR, rows, [], {}, realised=D(0), income=D(0), expenses=D(0))
    for torn in ("flows", "matches"):
        with pytest.raises(ValueError):
            getattr(book, torn)


def test_a_sale_over_several_lots_shares_its_proceeds_by_units_in_both_currencies_and_the_last_lot_takes_the_rest():
    ledger = Ledger(method="fifo").buy(1, 1, 10, currency=USD, fx="0.5").buy(2, 1, 10, currency=USD, fx="0.5").buy(3, 1, 10, currency=USD, fx="0.5")
    matches = ledger.sell(4, 3, 10, currency=USD, fx="0.6", fees=10).book().matches
    assert [(m.proceeds, m.proceeds_local) for m in matches] == [
        (4, D("6.666666666666666667")),
        (4, D("6.666666666666666666")),
        (4, D("6.666666666666666667")),
    ]
    assert matches[0] == Match(
        4, 1, 1, day(1), day(4), D(1), D(5), D(10), D(4), D("6.666666666666666667"), D(-1), D("-1.666666666666666666"), D("0.666666666666666666")
    )


@many
@given(history=histories())
def test_a_book_comes_back_from_a_cache_as_it_was_with_every_zero(history):
    rules, events = history
    book = replay(events, rules)
    back = pickle.loads(pickle.dumps(book))
    assert back == book and back.rows == book.rows and back.holdings == book.holdings
    assert [str(one) for one in back.rows.flows] == [str(one) for one in book.rows.flows]
