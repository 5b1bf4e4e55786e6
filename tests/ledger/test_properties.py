"""What holds for every ledger, tried on random ones: exactly, with no tolerance."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio_site.kernel.decimals import exact
from portfolios.ledger.events import Buy, Sell, Split
from portfolios.ledger.links import connected, instrument_ids_of, links_of
from portfolios.ledger.replay import Rules, replay
from tests.ledger.build import EUR, balance
from tests.ledger.reference import fold
from tests.ledger.reference.state import POOLS
from tests.ledger.strategies import ALONE, METHODS, histories, ledgers, rules, valuations

LONG = os.environ.get("DRILLS") == "long"
every_rule = rules()
many = settings(max_examples=2000 if LONG else 100, deadline=None)
APART = histories(kinds=ALONE)  # no event connects two instruments


def _on(number, first=None):
    return (first or date(2024, 1, 1)) + timedelta(days=number)


def _sale(number, last, instrument, position):
    return Sell(
        id=number, sequence=number, day=last, currency=EUR, instrument=instrument, quantity=position.quantity,
        gross=Decimal("123.45"), local_price=Decimal(1), local_currency=position.currency,
    )  # fmt: skip


@many
@given(history=histories(), known=valuations)
def test_every_decimal_of_wealth_is_explained(history, known):
    rules, events = history
    assert balance(replay(events, rules), *known) == 0


@many
@given(history=histories(most=12), known=valuations)
def test_the_identity_holds_after_each_event_and_not_only_at_the_end(history, known):
    rules, events = history
    assert [balance(replay(events[:n], rules), *known) for n in range(len(events) + 1)] == [0] * (len(events) + 1)


@many
@given(history=histories())
def test_a_replay_equals_the_independent_fold_to_the_last_digit(history):
    rules, events = history
    book, other = replay(events, rules), fold(events, rules)
    assert (book.realised, book.income, book.expenses, book.net_flows) == (other.realised, other.income, other.expenses, other.flows)
    lots = {i: [tuple(lot) for lot in p.lots] for i, p in book.positions.items() if p.lots}
    assert lots == {i: [(lot.id, lot.day, lot.units, lot.cost, lot.local) for lot in kept] for i, kept in other.lots.items() if kept}
    if rules.method not in POOLS:
        names = {i: [lot.nth for lot in p.lots] for i, p in book.positions.items() if p.lots}
        assert names == {i: [lot.nth for lot in kept] for i, kept in other.lots.items() if kept}
    assert {c: (p.amount, p.cost) for c, p in book.cash.items() if p.amount} == {c: tuple(pool) for c, pool in other.cash.items() if pool[0]}
    assert [(*m[:6], m.cost, m.proceeds, m.gain, m.price_part) for m in book.matches] == other.gains
    assert [(c.event_id, c.buy_id, *c[3:]) for c in book.transfers] == other.carried


@many
@given(history=histories(most=12, days_apart=True), shuffled=st.randoms(use_true_random=False))
def test_the_order_of_entry_changes_nothing_where_days_differ(history, shuffled):
    rules, events = history
    entered = list(events)
    shuffled.shuffle(entered)
    entered = [replace(event, sequence=number) for number, event in enumerate(entered)]
    assert replay(entered, rules) == replay(events, rules)


@many
@given(history=histories())
def test_lots_add_up_to_the_position_and_have_units_on_its_side(history):
    for position in replay(history[1], history[0]).positions.values():
        assert sum(lot.quantity for lot in position.lots) == position.quantity
        assert sum(lot.cost for lot in position.lots) == position.cost
        assert sum(lot.cost_local for lot in position.lots) == position.cost_local
        assert all(lot.quantity * position.quantity > 0 for lot in position.lots)
        assert list(position.lots) == sorted(position.lots, key=lambda lot: lot.opened_on)
        assert position.quantity or (position.cost, position.cost_local) == (0, 0)


@many
@given(history=histories(kinds="buy buy sell split transfer_in transfer_out symbol_change", shorts=False))
def test_cost_in_is_cost_out_and_cost_left(history):
    rules, events = history
    book = replay(events, rules)
    came_in = replay([event for event in events if event.kind in {"buy", "transfer_in"}], rules).cost
    assert came_in == book.cost + sum(m.cost for m in book.matches) + sum(c.cost for c in book.transfers)


@many
@given(history=histories())
def test_matches_explain_the_realised_gains_and_their_parts_add_up(history):
    rules, events = history
    book = replay(events, rules)
    for match in book.matches:
        assert match.gain == match.proceeds - match.cost == match.price_part + match.currency_part
        assert match.quantity >= 0
    on_cash = sum(pool.realised for pool in book.cash.values())
    assert book.realised == sum(m.gain for m in book.matches) + on_cash
    assert book.realised == sum(p.realised for p in book.positions.values()) + on_cash
    for instrument, position in book.positions.items():
        assert position.realised == sum(m.gain for m in book.matches if m.instrument == instrument)


@many
@given(history=histories(shorts=False))
def test_a_sale_is_matched_with_as_many_units_as_it_sells(history):
    book = replay(history[1], history[0])
    sold = {event.id: event.quantity for event in history[1] if event.kind in {"sell", "redemption"}}
    assert sold == {sale: sum(m.quantity for m in book.matches if m.sale_id == sale) for sale in sold}


@many
@given(history=APART)
def test_an_instrument_replayed_alone_is_the_same_as_among_others(history):
    rules, events = history
    whole = replay(events, rules)
    for instrument, position in whole.positions.items():
        alone = replay([event for event in events if getattr(event, "instrument", None) == instrument], rules)
        assert alone.positions == {instrument: position}
        assert alone.matches == tuple(match for match in whole.matches if match.instrument == instrument)
        assert alone.steps == tuple(step for step in whole.steps if step.instrument == instrument)


@many
@given(history=histories())
def test_instruments_that_events_connect_are_the_same_replayed_together_without_the_others(history):
    rules, events = history
    whole = replay(events, rules)
    for instrument in whole.positions:
        group = connected([instrument], links_of(events))
        together = replay([event for event in events if group.intersection(instrument_ids_of(event))], rules)
        assert together.positions == {pk: position for pk, position in whole.positions.items() if pk in group}
        assert together.matches == tuple(match for match in whole.matches if match.instrument in group)


@many
@given(history=histories())
def test_steps_end_at_what_is_held_and_go_below_zero_only_where_that_is_allowed(history):
    rules, events = history
    book = replay(events, rules)
    assert rules.allows_short or all(step.quantity_after >= 0 for step in book.steps)
    ends = {step.instrument: step.quantity_after for step in book.steps}
    assert {i: p.quantity for i, p in book.positions.items() if i in ends or p.quantity} == ends
    assert {step.currency: step.amount_after for step in book.cash_steps} == {c: pool.amount for c, pool in book.cash.items()}


@many
@given(history=histories())
def test_every_amount_of_the_book_can_be_stored_as_it_is(history):
    book = replay(history[1], history[0])
    amounts = [book.realised, book.income, book.expenses, book.net_flows, book.cost]
    amounts += [n for p in book.positions.values() for n in (p.quantity, p.cost, p.cost_local, p.realised)]
    amounts += [n for pool in book.cash.values() for n in (pool.amount, pool.cost)]
    amounts += [n for m in book.matches for n in m[5:]]
    assert [exact(amount) for amount in amounts] == amounts


@many
@given(events=ledgers(kinds="buy buy sell dividend coupon split rights reinvestment staking_reward return_of_capital"), rules=every_rule)
def test_all_methods_agree_on_the_total_gain_once_all_is_sold(events, rules):
    """L4: the method says when a gain is realised, never how much there is."""
    held = {i: p for i, p in replay(events, rules).positions.items() if p.quantity}
    number, last = len(events), events[-1].day
    closing = [_sale(number + k, last, instrument, position) for k, (instrument, position) in enumerate(held.items(), start=1)]
    books = [replay(events + closing, replace(rules, method=method)) for method in METHODS]
    assert len({book.realised + book.income for book in books}) == 1
    assert all((p.quantity, p.cost, p.cost_local) == (0, 0, 0) for book in books for p in book.positions.values())


@many
@given(history=histories(methods=["fifo", "lifo", "hifo", "lofo", "specific"]))
def test_any_method_can_be_asked_of_any_ledger_and_holds_the_same_units(history):
    rules, events = history
    known = {i: p.quantity for i, p in replay(events, rules).positions.items()}
    for method in METHODS:
        assert {i: p.quantity for i, p in replay(events, rules.under(method)).positions.items()} == known


@many
@given(
    quantities=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
    ratios=st.lists(st.sampled_from([(2, 1), (4, 1), (5, 2), (8, 1)]), max_size=5),
    rules=every_rule,
)
def test_a_split_and_its_inverse_give_back_units_cost_and_dates(quantities, ratios, rules):
    facts = {"currency": EUR, "instrument": 1}
    buys = [
        Buy(
            **facts,
            id=n,
            sequence=n,
            day=_on(n),
            quantity=Decimal(q).scaleb(-6),
            gross=Decimal(q) / 7 // 1,
            local_price=Decimal(1),
            local_currency=EUR,
        )
        for n, q in enumerate(quantities)
    ]
    there_and_back = [*ratios, *((old, new) for new, old in reversed(ratios))]
    splits = [
        Split(**facts, id=100 + n, sequence=100 + n, day=_on(20), ratio_new=Decimal(new), ratio_old=Decimal(old))
        for n, (new, old) in enumerate(there_and_back)
    ]
    before, after = replay(buys, rules).positions[1], replay([*buys, *splits], rules).positions[1]
    assert after.lots == before.lots


@many
@given(events=ledgers(kinds="buy buy sell transfer_in", days_apart=True), ratio=st.tuples(st.integers(1, 50), st.integers(1, 50)), rules=every_rule)
def test_a_split_moves_no_cost_whatever_its_ratio(events, ratio, rules):
    last = events[-1]
    before = replay(events, rules)
    if not before.positions[last.instrument].quantity * ratio[0] / ratio[1] >= Decimal("1e-17"):
        return
    split = Split(
        id=99, sequence=99, day=_on(1, last.day), currency=EUR, instrument=last.instrument, ratio_new=Decimal(ratio[0]), ratio_old=Decimal(ratio[1])
    )
    was, now = before.positions[last.instrument], replay([*events, split], rules).positions[last.instrument]
    assert (now.cost, now.cost_local, now.realised) == (was.cost, was.cost_local, was.realised)
    assert abs(Fraction(now.quantity) - Fraction(was.quantity) * ratio[0] / ratio[1]) <= Fraction(1, 2 * 10**18)


@pytest.mark.parametrize("method", METHODS)
def test_ten_thousand_sales_of_a_third_leave_exactly_nothing(method):
    """L5."""
    third, facts = Decimal("0.333333333333333333"), {"currency": EUR, "instrument": 1, "local_currency": EUR, "local_price": Decimal(1)}
    buys = [Buy(**facts, id=n, sequence=n, day=_on(0), quantity=third * 100, gross=Decimal(100) / 7 // 1 + n) for n in range(100)]
    sales = [_sold(n, third, facts) for n in range(10_000)]
    book = replay([*buys, *sales], Rules(EUR, method))
    position = book.positions[1]
    assert (position.quantity, position.cost, position.cost_local, position.lots) == (0, 0, 0, ())
    assert sum(match.cost for match in book.matches) == sum(buy.gross for buy in buys)
    assert balance(book, {}, {}) == 0


def _sold(n, quantity, facts):
    return Sell(**facts, id=1000 + n, sequence=1000 + n, day=_on(1 + n // 10), quantity=quantity, gross=Decimal("0.01"))
