"""What holds for every ledger, tried on random ones: exactly, with no tolerance."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio_site.kernel.decimals import exact
from portfolios.ledger.events import Buy, Sell, Split
from portfolios.ledger.replay import Rules, replay
from tests.ledger.build import EUR, balance
from tests.ledger.reference import fold
from tests.ledger.strategies import histories, ledgers, valuations

every_rule = st.builds(
    Rules,
    base_currency=st.just(EUR),
    method=st.sampled_from(["average", "fifo"]),
    dividend_treatment=st.sampled_from(["income", "reduce_cost"]),
    tracks_cash=st.booleans(),
)
many = settings(max_examples=100, deadline=None)


def _on(number, first=None):
    return (first or date(2024, 1, 1)) + timedelta(days=number)


def _sale(number, last, instrument, position):
    return Sell(
        id=number, sequence=number, day=last, currency=EUR, instrument=instrument, quantity=position.quantity,
        gross=Decimal("123.45"), local_price=Decimal(1), local_currency=position.currency,
    )  # fmt: skip


@many
@given(events=ledgers(), rules=every_rule, known=valuations)
def test_every_decimal_of_wealth_is_explained(events, rules, known):
    assert balance(replay(events, rules), *known) == 0


@many
@given(events=ledgers(most=12), rules=every_rule, known=valuations)
def test_the_identity_holds_after_each_event_and_not_only_at_the_end(events, rules, known):
    assert [balance(replay(events[:n], rules), *known) for n in range(len(events) + 1)] == [0] * (len(events) + 1)


@many
@given(history=histories())
def test_a_replay_equals_the_independent_fold_to_the_last_digit(history):
    rules, events = history
    book, other = replay(events, rules), fold(events, rules)
    assert (book.realised, book.income, book.expenses, book.net_flows) == (other.realised, other.income, other.expenses, other.flows)
    lots = {i: [tuple(lot) for lot in p.lots] for i, p in book.positions.items() if p.lots}
    assert lots == {i: [(lot.id, lot.day, lot.units, lot.cost, lot.local) for lot in kept] for i, kept in other.lots.items() if kept}
    assert {c: (p.amount, p.cost) for c, p in book.cash.items() if p.amount} == {c: tuple(pool) for c, pool in other.cash.items() if pool[0]}
    assert [(*m[:6], m.cost, m.proceeds, m.gain, m.price_part) for m in book.matches] == other.gains
    assert [(c.event_id, c.buy_id, *c[3:]) for c in book.transfers] == other.carried


@many
@given(events=ledgers(most=12), rules=every_rule, shuffled=st.randoms(use_true_random=False))
def test_the_order_of_entry_changes_nothing_where_days_differ(events, rules, shuffled):
    entered = list(events)
    shuffled.shuffle(entered)
    entered = [replace(event, sequence=number) for number, event in enumerate(entered)]
    assert replay(entered, rules) == replay(events, rules)


@many
@given(events=ledgers(), rules=every_rule)
def test_lots_add_up_to_the_position_and_have_units(events, rules):
    for position in replay(events, rules).positions.values():
        assert sum(lot.quantity for lot in position.lots) == position.quantity
        assert sum(lot.cost for lot in position.lots) == position.cost
        assert sum(lot.cost_local for lot in position.lots) == position.cost_local
        assert all(lot.quantity > 0 for lot in position.lots)
        assert list(position.lots) == sorted(position.lots, key=lambda lot: lot.opened_on)
        assert position.quantity or (position.cost, position.cost_local) == (0, 0)


@many
@given(events=ledgers(kinds="buy buy sell split transfer_in transfer_out"), rules=every_rule)
def test_cost_in_is_cost_out_and_cost_left(events, rules):
    book = replay(events, rules)
    came_in = replay([event for event in events if event.kind in {"buy", "transfer_in"}], rules).cost
    assert came_in == book.cost + sum(m.cost for m in book.matches) + sum(c.cost for c in book.transfers)


@many
@given(events=ledgers(), rules=every_rule)
def test_matches_explain_the_realised_gains_and_their_parts_add_up(events, rules):
    book = replay(events, rules)
    for match in book.matches:
        assert match.gain == match.proceeds - match.cost == match.price_part + match.currency_part
    on_cash = sum(pool.realised for pool in book.cash.values())
    assert book.realised == sum(m.gain for m in book.matches) + on_cash
    assert book.realised == sum(p.realised for p in book.positions.values()) + on_cash
    sold = {event.id: event.quantity for event in events if event.kind == "sell"}
    assert sold == {sale: sum(m.quantity for m in book.matches if m.sale_id == sale) for sale in sold}


@many
@given(events=ledgers(), rules=every_rule)
def test_an_instrument_replayed_alone_is_the_same_as_among_others(events, rules):
    whole = replay(events, rules)
    for instrument, position in whole.positions.items():
        alone = replay([event for event in events if getattr(event, "instrument", None) == instrument], rules)
        assert alone.positions == {instrument: position}
        assert alone.matches == tuple(match for match in whole.matches if match.instrument == instrument)
        assert alone.steps == tuple(step for step in whole.steps if step.instrument == instrument)


@many
@given(events=ledgers(), rules=every_rule)
def test_steps_end_at_what_is_held_and_never_go_below_zero(events, rules):
    book = replay(events, rules)
    assert all(step.quantity_after >= 0 for step in book.steps)
    assert {step.instrument: step.quantity_after for step in book.steps} == {i: p.quantity for i, p in book.positions.items() if p.currency}
    assert {step.currency: step.amount_after for step in book.cash_steps} == {c: pool.amount for c, pool in book.cash.items()}


@many
@given(events=ledgers(), rules=every_rule)
def test_every_amount_of_the_book_can_be_stored_as_it_is(events, rules):
    book = replay(events, rules)
    amounts = [book.realised, book.income, book.expenses, book.net_flows, book.cost]
    amounts += [n for p in book.positions.values() for n in (p.quantity, p.cost, p.cost_local, p.realised)]
    amounts += [n for pool in book.cash.values() for n in (pool.amount, pool.cost)]
    amounts += [n for m in book.matches for n in m[5:]]
    assert [exact(amount) for amount in amounts] == amounts


@many
@given(events=ledgers(kinds="buy buy sell dividend"), rules=every_rule)
def test_both_methods_agree_on_the_total_gain_once_all_is_sold(events, rules):
    held = {i: p for i, p in replay(events, rules).positions.items() if p.quantity}
    number, last = len(events), events[-1].day
    closing = [_sale(number + k, last, instrument, position) for k, (instrument, position) in enumerate(held.items(), start=1)]
    books = [replay(events + closing, replace(rules, method=method)) for method in ("average", "fifo")]
    assert books[0].realised + books[0].income == books[1].realised + books[1].income
    assert all((p.quantity, p.cost, p.cost_local) == (0, 0, 0) for book in books for p in book.positions.values())


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
@given(events=ledgers(kinds="buy buy sell transfer_in"), ratio=st.tuples(st.integers(1, 50), st.integers(1, 50)), rules=every_rule)
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


@pytest.mark.parametrize("method", ["average", "fifo"])
def test_ten_thousand_sales_of_a_third_leave_exactly_nothing(method):
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
