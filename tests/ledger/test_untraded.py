"""A ledger without its trades after a day: what stays, what goes, and what happens to the units that are kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portfolio_site.kernel.decimals import EXACT
from portfolios.ledger.book import Book
from portfolios.ledger.events import Buy, Dividend, Event
from portfolios.ledger.replay import Rules, replay
from portfolios.ledger.untraded import TRADES, Reported, kept_events, untraded
from tests.ledger.build import EUR, USD, D, Ledger, day, leg
from tests.ledger.strategies import EVERY, START, histories


def held(book: Book) -> dict[int, Decimal]:
    return {pk: one.quantity for pk, one in book.positions.items() if one.quantity}


def cash(book: Book) -> dict[str, Decimal]:
    return {str(code): pool.amount for code, pool in book.cash.items() if pool.amount}


def kept(ledger: Ledger, after: int, *reported: Reported) -> Book:
    return untraded(ledger.events, ledger.rules, after=day(after), reported=reported)


# ── worked by hand ──────────────────────────────────────────────────────────


def test_what_was_bought_and_sold_later_was_not_and_its_money_stays_where_it_was() -> None:
    ledger = Ledger().deposit(1, 1000).buy(2, 10, 50).sell(5, 4, 60, fees=1).buy(6, 3, 20, 2).deposit(7, 100).interest(8, 5).fee(9, 2)
    book = kept(ledger, 3)
    assert held(book) == {1: 10} and cash(book) == {"EUR": 1000 - 500 + 100 + 5 - 2}
    assert [flow.amount for flow in book.flows] == [1000, 100]


def test_without_tracked_cash_a_purchase_that_was_not_is_no_flow() -> None:
    book = kept(Ledger(tracks_cash=False).buy(1, 10, 50).buy(5, 10, 60).dividend(8, 20), 3)
    assert held(book) == {1: 10} and [flow.amount for flow in book.flows] == [500, -10]


def test_a_dividend_counts_for_each_unit_that_is_kept() -> None:
    ledger = Ledger().deposit(1, 1000).buy(1, 10, 50).sell(5, 6, 60).dividend(8, 8, taxes=2).buy(9, 1, 70).dividend(12, 10)
    # 4 units were paid 8: 2 each, so 20 for ten, less 5 of tax; then 5 units 10, again 2 each
    assert cash(kept(ledger, 3)) == {"EUR": 1000 - 500 + 20 - 5 + 20}


def test_a_dividend_paid_after_everything_was_sold_counts_for_the_units_before_the_sale() -> None:
    assert cash(kept(Ledger().deposit(1, 1000).buy(1, 10, 50).buy(3, 10, 50).sell(5, 20, 60).dividend(9, 40), 2)) == {"EUR": 500 + 20}


def test_what_was_sold_is_told_by_the_market_from_then_on_and_only_from_then_on() -> None:
    ledger = Ledger().deposit(1, 1000).buy(1, 10, 50).dividend(4, 10).sell(5, 10, 60)
    told = [Reported(day(3), 1, paid=D(9)), Reported(day(8), 1, D(4), D(1)), Reported(day(10), 1, paid=D("0.5")), Reported(day(9), 2, paid=D(7))]
    book = kept(ledger, 2, *told)
    assert held(book) == {1: 40} and cash(book) == {"EUR": 500 + 10 + 20}


def test_splits_and_mergers_happen_to_what_is_kept() -> None:
    ledger = Ledger().deposit(1, 1000).buy(1, 10, 50).sell(3, 5, 50).split(4, 2, 1)
    ledger.event("merger", 6, instrument=1, legs=(leg(2, "1:4", "0.9", fraction="0.5", cash=25),), cash=D(10), cash_share=D("0.1"))
    # twenty units become five of the other; half a unit of two and a half was paid 25, so one unit of five 50, and 20 for all of them
    book = kept(ledger, 2)
    assert held(book) == {2: 4} and cash(book) == {"EUR": 500 + 50 + 20}


def test_what_was_bought_after_the_day_brings_nothing() -> None:
    ledger = Ledger().deposit(1, 1000).buy(3, 10, 50).dividend(5, 10).split(6, 2, 1)
    ledger.event("staking_reward", 7, instrument=1, quantity=1, gross=20)
    book = kept(ledger, 2)
    assert held(book) == {} and cash(book) == {"EUR": 1000}


def test_currency_is_not_exchanged() -> None:
    ledger = Ledger().deposit(1, 1000)
    ledger.event("fx_exchange", 4, currency=USD, fx="0.8", amount=500, given=400, given_currency=EUR)
    assert cash(kept(ledger, 2)) == {"EUR": 1000}


def test_a_bond_is_redeemed_whole_and_units_move_out_in_their_part() -> None:
    ledger = Ledger().deposit(1, 5000).buy(1, 10, 100).sell(3, 4, 99)
    ledger.trade("redemption", 9, 6, 100)
    assert held(kept(ledger, 2)) == {} and cash(kept(ledger, 2)) == {"EUR": 5000}
    moved = Ledger().deposit(1, 5000).buy(1, 10, 100).sell(3, 4, 99).transfer_out(9, 3)
    assert held(kept(moved, 2)) == {1: 5}


# ── whatever the ledger ─────────────────────────────────────────────────────


def _same(one: Book, other: Book) -> bool:
    return (one.steps, one.cash_steps, one.flows, one.postings) == (other.steps, other.cash_steps, other.flows, other.postings)


@given(histories(kinds=EVERY), st.integers(0, 400))
def test_up_to_the_day_it_is_the_ledger_and_no_trade_is_left_after_it(drawn: tuple[Rules, list[Event]], wait: int) -> None:
    rules, events = drawn
    after = START + timedelta(days=wait)
    book, told = untraded(events, rules, after=after), replay(events, rules)
    for name in ("steps", "cash_steps"):
        before = [row for row in getattr(told, name) if row.day <= after]
        assert [row for row in getattr(book, name) if row.day <= after] == before or rules.method == "section104"
    gone = {event.id for event in events if isinstance(event, TRADES) and event.day > after}
    assert not gone & {row.event_id for row in (*book.flows, *book.postings)}
    if not gone:
        assert _same(book, told)
    assert _same(replay(kept_events(events, rules, after=after, book=told), rules), book)


@given(histories(kinds=EVERY), st.integers(0, 400))
def test_cost_and_gains_of_what_is_kept_still_add_up(drawn: tuple[Rules, list[Event]], wait: int) -> None:
    """The identity of the ledger holds of the book that is left: changes of cost add up to the cost of the positions."""
    rules, events = drawn
    book = replay(kept_events(events, rules, after=START + timedelta(days=wait)), rules, trace=True)
    sums: dict[int, Decimal] = {}
    for change in book.changes:
        sums[change.instrument] = EXACT.add(sums.get(change.instrument, Decimal(0)), change.cost)
    assert {pk: cost for pk, cost in sums.items() if cost} == {pk: one.cost for pk, one in book.positions.items() if one.cost}


@given(histories(kinds="buy sell dividend interest fee tax deposit withdrawal", instruments=2, shorts=False), st.integers(0, 400))
def test_units_and_dividends_are_those_of_a_second_reckoning(drawn: tuple[Rules, list[Event]], wait: int) -> None:
    """By hand for the plain kinds: units stay as they were, and a dividend is paid for each of them as for each that the ledger had."""
    rules, events = drawn
    after = START + timedelta(days=wait)
    told, last, stayed = ({1: Decimal(0), 2: Decimal(0)} for _ in range(3))
    traded: set[int] = set()
    paid: dict[int, Decimal] = {}
    for _, group in groupby(events, lambda event: event.day):
        of_day: list[Any] = list(group)
        opening = {pk: (told[pk] or last[pk]) for pk in told}
        for event in of_day:
            if isinstance(event, TRADES):
                traded |= {event.instrument} if event.day > after else set()
                told[event.instrument] += event.quantity if isinstance(event, Buy) else -event.quantity
                last[event.instrument] = told[event.instrument] or last[event.instrument]
                if event.day <= after:
                    stayed[event.instrument] = told[event.instrument]
            elif isinstance(event, Dividend):
                units = stayed[event.instrument], opening[event.instrument]
                share = Decimal(1) if event.instrument not in traded else units[0] / units[1] if all(units) else Decimal(0)
                paid[event.id] = event.gross * event.fx_rate * share
    book = untraded(events, rules, after=after)
    assert held(book) == {pk: units for pk, units in stayed.items() if units}
    if rules.dividend_treatment == "income":
        booked = {row.event_id: row.amount for row in book.postings if row.kind == "income" and row.source == "dividend"}
        for number, amount in paid.items():
            assert abs(booked.get(number, Decimal(0)) - amount) < Decimal("1e-15"), number
