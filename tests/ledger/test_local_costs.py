"""Costs in the currency of the quote: whatever happens, they go with the costs in base currency."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given

from portfolios.errors import LedgerRefused
from portfolios.ledger.events import Reorganisation, TransferIn
from portfolios.ledger.lots import apart, drawn, lowered, pour, split
from portfolios.ledger.replay import replay
from tests.ledger.build import EUR, USD, D, Ledger, day
from tests.ledger.strategies import QUOTED, histories
from tests.ledger.test_properties import many

RATES = {EUR: Decimal(1)}  # of all others: two
TWO = Decimal(2)
NEARLY = Decimal("1e-9")  # many roundings in the eighteenth place


def rate_of(instrument):
    return RATES.get(QUOTED[instrument], TWO)


def at_two(event):
    """The event, settled in the currency of the quote, in a world where that is worth two of base currency for ever."""
    instrument = getattr(event, "instrument", None)
    if instrument is None:
        return replace(event, currency=EUR, fx_rate=Decimal(1), **({"given_rate": TWO} if hasattr(event, "given_rate") else {}))
    changed = {"currency": QUOTED[instrument], "fx_rate": rate_of(instrument)}
    if hasattr(event, "costs_currency"):
        changed |= {"costs_currency": None, "costs_rate": Decimal(1)}
    if isinstance(event, TransferIn):
        lots = tuple(lot._replace(cost_local=lot.cost) for lot in event.lots)
        changed |= {"lots": lots, "cost_local": event.gross}
    if isinstance(event, Reorganisation):
        changed["legs"] = tuple(replace(leg, local_rate=rate_of(instrument) / rate_of(leg.instrument)) for leg in event.legs)
    return replace(event, **changed)


@many
@given(history=histories())
def test_where_a_currency_is_always_worth_two_all_costs_twice_as_much_in_base_currency(history):
    rules, events = history
    try:
        book = replay([at_two(event) for event in events if event.kind != "fx_exchange"], rules)
    except LedgerRefused:
        return  # another order of costs, and a lot that is named was sold before
    for instrument, position in book.positions.items():
        rate = rate_of(instrument)
        for lot in position.lots:
            assert abs(lot.cost - rate * lot.cost_local) < NEARLY
    for transfer in book.transfers:
        assert abs(transfer.cost - rate_of(transfer.instrument) * transfer.cost_local) < NEARLY
    source = {event.id: getattr(event, "instrument", None) for event in events}
    for match in book.matches:
        of_a_leg = source[match.sale_id] != match.instrument
        if of_a_leg and not match.cost_local:
            continue  # a fraction of a leg is paid in the currency of what it came from: at the rate of the lots, where they cost anything
        assert abs(match.cost - rate_of(match.instrument) * match.cost_local) < NEARLY
        if of_a_leg:
            continue
        assert abs(match.proceeds - rate_of(match.instrument) * match.proceeds_local) < NEARLY
        assert abs(match.currency_part) < NEARLY


# ── lots, one verb at a time ────────────────────────────────────────────────


def lot(number, on, *amounts):
    return (number, day(on), *map(D, amounts))


def test_units_that_are_taken_out_of_a_lot_take_their_share_of_both_costs_and_leave_the_rest():
    assert apart(lot(1, 3, 3, 10, 20), D(1)) == (
        lot(1, 3, 1, "3.333333333333333333", "6.666666666666666667"),
        lot(1, 3, 2, "6.666666666666666667", "13.333333333333333333"),
    )


def test_a_pool_is_as_old_as_its_oldest_units_whichever_came_first():
    from collections import deque

    for one, other in ((3, 5), (5, 3)):
        pool = deque()
        pour(pool, lot(1, one, 1, 10, 20))
        pour(pool, lot(2, other, 2, 5, 7))
        assert list(pool) == [(1, day(3), 3, 15, 27)]
        assert drawn(pool, D(1)) == [(None, day(3), 1, 5, 9)]
        assert drawn(pool, D(2)) == [(None, day(3), 2, 10, 18)]
        assert not pool


DUST = "0.000000000000000001"


def test_lots_that_a_split_rounds_away_give_both_costs_to_the_next_and_the_last_to_the_one_before():
    lots = [lot(1, 1, DUST, 5, 50), lot(2, 2, DUST, 6, 60), lot(3, 3, 10, 7, 70), lot(4, 4, DUST, 8, 80), lot(5, 5, DUST, 9, 90)]
    assert split(lots, D(1), D(10)) == [lot(3, 3, 1, 35, 350)]
    assert split(lots[:2], D(1), D(10)) == []


def test_what_was_rounded_away_once_is_not_given_twice():
    lots = [lot(1, 1, DUST, 5, 50), lot(2, 2, 10, 7, 70), lot(3, 3, 10, 8, 80)]
    assert split(lots, D(1), D(10)) == [lot(2, 2, 1, 12, 120), lot(3, 3, 1, 8, 80)]


def test_a_lot_without_cost_may_be_rounded_away_with_its_local_cost():
    assert split([lot(1, 1, 10, 7, 70), lot(2, 2, DUST, 0, 5)], D(1), D(10)) == [lot(1, 1, 1, 7, 75)]


def test_a_cost_that_is_lowered_keeps_the_rate_of_each_lot_and_says_how_much_it_could_take():
    lots = [lot(1, 1, 1, 1, 2), lot(2, 2, 3, 90, 120)]
    assert lowered(lots, D(40), local_is_base=False) == ([lot(1, 1, 1, 0, 0), lot(2, 2, 3, 51, 68)], 40)
    assert lowered(lots, D(100), local_is_base=False) == ([lot(1, 1, 1, 0, 0), lot(2, 2, 3, 0, 0)], 91)
    assert lowered(lots, D(8), local_is_base=True) == ([lot(1, 1, 1, 0, 0), lot(2, 2, 3, 83, 83)], 8)
    assert lowered([], D(8), local_is_base=True) == ([], 0)
    assert lowered([lot(1, 1, 1, 0, 5)], D(-3), local_is_base=False) == ([lot(1, 1, 1, 3, 5)], -3)


def test_a_sale_through_zero_in_another_currency_shares_both_amounts():
    ledger = Ledger(method="fifo", allows_short=True).buy(3, 3, 10, currency=USD, fx="0.5").sell(5, 9, 10, currency=USD, fx="0.6", fees=5)
    book = ledger.book()
    (match,) = book.matches
    assert (match.proceeds, match.proceeds_local) == (17, D("28.333333333333333333"))
    assert book.positions[1].lots[0][2:] == (-6, -34, D("-56.666666666666666667"))


def test_a_purchase_through_zero_in_another_currency_shares_both_amounts():
    ledger = Ledger(method="fifo", allows_short=True).sell(3, 3, 10, currency=USD, fx="0.5").buy(5, 9, 10, currency=USD, fx="0.6", fees=5)
    book = ledger.book()
    (match,) = book.matches
    assert (match.cost, match.cost_local) == (19, D("31.666666666666666667"))
    assert book.positions[1].lots[0][2:] == (6, 38, D("63.333333333333333333"))


def test_the_cheapest_lot_is_that_which_cost_least_in_base_currency():
    lots = [lot(1, 1, 1, 1, 100), lot(2, 2, 1, 90, 2)]
    assert lowered(lots, D(40), local_is_base=False) == ([lot(1, 1, 1, 0, 0), lot(2, 2, 1, 51, "1.133333333333333333")], 40)
