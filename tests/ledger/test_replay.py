"""What each kind of event does, one sentence at a time.  The arithmetic stands beside the figures."""

from __future__ import annotations

import pickle
from datetime import date

import pytest

from portfolio_site.kernel.money import Currency
from portfolios.choices import CostMethod, DividendTreatment, TransactionKind
from portfolios.ledger.events import EVENT_TYPES
from portfolios.ledger.handlers import HANDLERS
from portfolios.ledger.matching import METHODS
from portfolios.ledger.replay import CashStep, Flow, Posting, QuantityStep, Rules
from portfolios.ledger.words import in_units
from tests.ledger.build import CHF, EUR, GBP, USD, D, Ledger, balance, day

BOTH = pytest.mark.parametrize("method", ["average", "fifo"])


def test_every_kind_of_transaction_has_an_event_and_every_event_a_handler():
    split_up = {"adjustment": {"adjustment_in", "adjustment_out", "adjustment_of_cash"}, "dividend": {"dividend", "reinvestment"}}
    assert set(EVENT_TYPES) == set().union(*(split_up.get(kind, {kind}) for kind in TransactionKind.values))
    assert set(HANDLERS) == set(EVENT_TYPES.values())


def test_every_cost_method_and_dividend_treatment_on_offer_is_known_to_the_ledger():
    assert set(METHODS) == set(CostMethod.values)
    assert [Rules(EUR, CostMethod.FIFO, treatment).dividend_treatment for treatment in DividendTreatment] == ["income", "reduce_cost"]


def test_a_rule_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="dearest"):
        Rules(EUR, "dearest")
    with pytest.raises(ValueError, match="dividend"):
        Rules(EUR, "fifo", "reinvest")


def test_an_empty_ledger_is_an_empty_book():
    book = Ledger().book()
    assert (book.positions, book.cash, book.matches, book.flows) == ({}, {}, (), ())
    assert (book.realised, book.income, book.expenses, book.net_flows, book.cost) == (0, 0, 0, 0, 0)


def test_a_book_survives_being_stored_in_a_cache():
    book = Ledger().buy(3, 2, 10, currency=USD, fx="0.9", time=None).sell(4, 1, 12, currency=USD, fx="0.9").transfer_out(5, 1).book()
    assert pickle.loads(pickle.dumps(book)) == book


# ── buying and selling ──────────────────────────────────────────────────────


@BOTH
def test_fees_and_taxes_of_a_purchase_are_part_of_its_cost(method):
    book = Ledger(method=method).buy(3, 10, 100, fees=5, taxes="1.5").book()
    assert (book.positions[1].quantity, book.positions[1].cost, book.expenses) == (10, D("1006.5"), 0)  # 1000 + 5 + 1.5
    assert book.cash[EUR].amount == D("-1006.5")


@BOTH
def test_fees_and_taxes_of_a_sale_reduce_its_proceeds(method):
    book = Ledger(method=method).buy(3, 10, 100).sell(4, 10, 110, fees=5, taxes="1.5").book()
    assert book.matches[0].proceeds == D("1093.5")  # 1100 − 5 − 1.5
    assert (book.realised, book.expenses) == (D("93.5"), 0)


def test_an_average_sale_takes_the_pools_average_and_leaves_it_unchanged():
    book = Ledger(method="average").buy(3, 10, 100, fees=5).buy(4, 10, 120, fees=5).sell(5, 5, 130, fees=5).book()
    position, (match,) = book.positions[1], book.matches
    assert (match.cost, match.proceeds, match.gain) == (D("552.5"), D(645), D("92.5"))  # 5 × (1005 + 1205)/20 = 5 × 110.5
    assert (position.quantity, position.cost, position.average_cost) == (15, D("1657.5"), D("110.5"))
    assert (match.buy_id, match.opened_on, match.closed_on) == (None, day(3), day(5))
    assert [(lot.event_id, lot.opened_on, lot.quantity) for lot in position.lots] == [(1, day(3), 15)]


def test_a_fifo_sale_takes_the_oldest_lots_and_records_a_match_for_each():
    book = Ledger(method="fifo").buy(3, 10, 100, fees=5).buy(4, 10, 120, fees=5).sell(5, 15, 130, fees=5).book()
    first, second = book.matches
    assert (first.buy_id, first.quantity, first.cost, first.opened_on) == (1, 10, 1005, day(3))
    assert (second.buy_id, second.quantity, second.cost, second.opened_on) == (2, 5, D("602.5"), day(4))
    assert (first.proceeds, second.proceeds) == (D("1296.666666666666666667"), D("648.333333333333333333"))  # 1945 by 10 : 5
    assert book.realised == D("337.5")  # 1945 − 1005 − 602.5
    assert [(lot.event_id, lot.quantity, lot.cost, lot.unit_cost) for lot in book.positions[1].lots] == [(2, 5, D("602.5"), D("120.5"))]


def test_the_proceeds_of_a_sale_are_shared_by_units_however_many_lots_it_takes():
    book = Ledger(method="fifo").buy(1, 1, 7).buy(2, 2, 7).buy(3, 3, 7).buy(4, 4, 7).sell(5, 8, 10, fees=8).book()
    assert [(match.quantity, match.proceeds) for match in book.matches] == [(1, 9), (2, 18), (3, 27), (2, 18)]


@BOTH
def test_selling_everything_leaves_no_units_and_no_cost(method):
    book = Ledger(method=method).buy(3, 3, "33.333333333333333333").buy(4, "0.7", 1).sell(5, "1.1", 9).sell(6, "1.3", 9).sell(7, "1.3", 9).book()
    position = book.positions[1]
    assert (position.quantity, position.cost, position.cost_local, position.lots, position.is_open) == (0, 0, 0, (), False)
    assert position.average_cost is None


def test_a_position_says_when_its_units_came_and_when_it_last_changed():
    ledger = Ledger().buy(3, 5, 10).buy(4, 5, 10).sell(6, 10, 10)
    assert (ledger.book().positions[1].opened_on, ledger.book().positions[1].changed_on) == (day(3), day(6))
    again = ledger.buy(9, 1, 10).dividend(11, 1).book().positions[1]
    assert (again.opened_on, again.changed_on) == (day(9), day(11))


def test_every_change_of_units_and_of_cash_is_a_step():
    book = Ledger().deposit(1, 100).buy(3, 4, 10).buy(3, 1, 10, instrument=2).split(5, 3, 1).sell(6, 12, 4).book()
    assert book.steps == tuple(QuantityStep(day(on), instrument, D(units)) for on, instrument, units in [(3, 1, 4), (3, 2, 1), (5, 1, 12), (6, 1, 0)])
    assert book.cash_steps == tuple(CashStep(day(on), EUR, D(amount)) for on, amount in [(1, 100), (3, 60), (3, 50), (6, 98)])


# ── dividends, interest, fees, taxes ────────────────────────────────────────


def test_a_dividend_is_income_before_tax_and_the_tax_withheld_an_expense():
    book = Ledger().buy(3, 10, 100).dividend(5, 20, taxes=3, fees=1).book()
    assert (book.income, book.expenses, book.positions[1].income, book.positions[1].expenses) == (20, 4, 20, 4)
    assert book.cash[EUR].amount == D(-984)  # −1000 + 20 − 3 − 1
    assert book.postings == (
        Posting(day(5), 1, "income", "dividend", D(20), 2),
        Posting(day(5), 1, "expense", "fee", D(1), 2),
        Posting(day(5), 1, "expense", "tax", D(3), 2),
    )


def test_a_dividend_may_arrive_after_everything_was_sold():
    book = Ledger(dividend_treatment="reduce_cost").buy(3, 10, 100).sell(4, 10, 100).dividend(5, 20).book()
    assert (book.income, book.positions[1].cost) == (20, 0)


@BOTH
def test_a_dividend_may_lower_the_cost_instead(method):
    book = Ledger(method=method, dividend_treatment="reduce_cost").buy(3, 10, 100).dividend(5, 20, taxes=3).sell(6, 5, 100).book()
    assert (book.income, book.expenses, book.realised) == (0, 3, 10)  # 500 − 980/2
    assert book.positions[1].cost == 490


@BOTH
def test_what_a_dividend_cannot_take_from_the_cost_is_income(method):
    book = Ledger(method=method, dividend_treatment="reduce_cost").buy(3, 10, 1).buy(3, 10, 2).dividend(5, 42).book()
    assert (book.positions[1].cost, book.income) == (0, 12)
    assert balance(book, {1: D(7)}, {}) == 0


def test_each_unit_bears_the_same_of_a_dividend_until_its_lot_costs_nothing():
    ledger = Ledger(method="fifo", dividend_treatment="reduce_cost").buy(3, 10, 1).buy(4, 10, 5)
    assert [lot.cost for lot in ledger.dividend(5, 10).book().positions[1].lots] == [5, 45]
    assert [lot.cost for lot in ledger.dividend(6, 20).book().positions[1].lots] == [0, 30]  # 10 each, of which the first has but 5


def test_what_a_cheap_lot_cannot_bear_an_older_dear_one_does():
    book = Ledger(method="fifo", dividend_treatment="reduce_cost").buy(3, 10, 5).buy(4, 10, 1).dividend(5, 30).book()
    assert ([lot.cost for lot in book.positions[1].lots], book.income) == ([30, 0], 0)


def test_a_dividend_that_lowers_cost_keeps_the_rate_at_which_the_units_were_bought():
    book = Ledger(dividend_treatment="reduce_cost").buy(3, 10, 100, currency=USD, fx="0.9").dividend(5, 100, currency=USD, fx="0.45").book()
    assert (book.positions[1].cost, book.positions[1].cost_local) == (855, 950)  # 900 − 45; 1000 × 855/900


def test_a_dividend_that_is_taken_back_undoes_what_it_did():
    for treatment in ("income", "reduce_cost"):
        book = Ledger(dividend_treatment=treatment).buy(3, 10, 100).dividend(5, 20).dividend(5, -20).book()
        assert (book.income, book.positions[1].cost, book.cash[EUR].amount) == (0, 1000, -1000)


def test_interest_fees_and_taxes_are_of_the_portfolio_or_of_one_instrument():
    book = Ledger().interest(3, 10, taxes="2.5").interest(3, 1, instrument=7).fee(4, 3).fee(4, 2, instrument=7).tax(5, 1).book()
    assert (book.income, book.expenses, book.cash[EUR].amount) == (11, D("8.5"), D("2.5"))
    assert (book.positions[7].income, book.positions[7].expenses, book.positions[7].quantity) == (1, 2, 0)
    assert [(p.kind, p.source, p.instrument) for p in book.postings if p.instrument is None] == [
        ("income", "interest", None),
        ("expense", "tax", None),
        ("expense", "fee", None),
        ("expense", "tax", None),
    ]


# ── flows ───────────────────────────────────────────────────────────────────


def test_with_cash_tracked_only_deposits_withdrawals_and_transfers_are_flows():
    ledger = Ledger().deposit(1, 1000, fees=2).buy(3, 5, 100).dividend(4, 10).sell(5, 1, 90).fee(6, 1).withdraw(7, 300, taxes=4)
    book = ledger.transfer_in(8, 2, 50, instrument=2).transfer_out(9, 1, instrument=2).book()
    assert book.flows == (
        Flow(day(1), D(1000), 1, None, None),
        Flow(day(7), D(-300), 6, None, None),
        Flow(day(8), D(100), 7, 2, D(2)),
        Flow(day(9), D(-50), 8, 2, D(-1)),
    )
    assert book.net_flows == 750
    assert book.cash[EUR].amount == D(293)  # 998 − 500 + 10 + 90 − 1 − 304
    assert book.expenses == 7


def test_without_cash_tracked_what_is_paid_comes_from_outside_and_what_is_received_goes_there():
    ledger = Ledger(tracks_cash=False).buy(3, 5, 100, fees=1).dividend(4, 10, taxes=2).sell(5, 1, 90).fee(6, 1).interest(7, 3).deposit(8, 999, fees=2)
    book = ledger.withdraw(9, 111).transfer_in(10, 2, 50, instrument=2, fees=3).book()
    assert book.flows == (
        Flow(day(3), D(501), 1, 1, D(5)),
        Flow(day(4), D(-8), 2, 1, None),
        Flow(day(5), D(-90), 3, 1, D(-1)),
        Flow(day(6), D(1), 4, None, None),
        Flow(day(7), D(-3), 5, None, None),
        Flow(day(8), D(2), 6, None, None),
        Flow(day(10), D(100), 8, 2, D(2)),
        Flow(day(10), D(3), 8, 2, None),
    )
    assert (book.cash, book.cash_steps) == ({}, ())
    assert balance(book, {1: D(95), 2: D(51)}, {}) == 0


def test_units_that_came_for_nothing_are_a_flow_of_nothing_with_their_quantity():
    book = Ledger(tracks_cash=False).buy(3, 5, 0).fee(4, 0).book()
    assert book.flows == (Flow(day(3), D(0), 1, 1, D(5)),)


# ── splits ──────────────────────────────────────────────────────────────────


@BOTH
def test_a_split_multiplies_units_and_keeps_cost_and_dates(method):
    book = Ledger(method=method).buy(3, 3, 120).buy(4, 2, 150).split(5, 4, 1).book()
    position = book.positions[1]
    assert (position.quantity, position.cost, position.lots[0].opened_on) == (20, 660, day(3))
    assert position.average_cost == 33


def test_a_split_leaves_other_instruments_alone():
    book = Ledger().buy(3, 3, 10).buy(3, 3, 10, instrument=2).split(5, 4, 1).book()
    assert book.positions[2].quantity == 3


@BOTH
def test_a_split_that_does_not_come_out_even_is_rounded_once_for_the_whole_position(method):
    book = Ledger(method=method).buy(3, 1, 10).buy(4, 1, 10).buy(5, 1, 10).split(6, 1, 7).book()
    assert book.positions[1].quantity == D("0.428571428571428571")  # 3/7, not three times the rounded 1/7
    assert sum(lot.quantity for lot in book.positions[1].lots) == book.positions[1].quantity


def test_a_lot_that_a_reverse_split_rounds_away_gives_its_cost_to_its_neighbour():
    book = (
        Ledger(method="fifo")
        .buy(3, "0.000000000000000001", 1, gross=7)
        .buy(4, 1, 10)
        .buy(5, "0.000000000000000001", 1, gross=5)
        .split(6, 1, 10)
        .book()
    )
    assert [(lot.quantity, lot.cost) for lot in book.positions[1].lots] == [(D("0.1"), D(22))]


# ── transfers ───────────────────────────────────────────────────────────────


def test_units_transferred_in_keep_their_date_and_their_cost_and_are_no_gain():
    book = Ledger(method="fifo").buy(3, 1, 20).transfer_in(5, 10, 8, acquired_on="2019-02-28", fees=3).book()
    old, new = book.positions[1].lots
    assert (old.event_id, old.opened_on, old.quantity, old.cost) == (2, date(2019, 2, 28), 10, 80)
    assert (new.event_id, book.realised, book.expenses) == (1, 0, 3)


def test_units_transferred_in_are_first_out_if_they_were_bought_first():
    book = Ledger(method="fifo").buy(3, 1, 20).transfer_in(5, 10, 8, acquired_on="2019-02-28").sell(6, 1, 30).book()
    assert [(match.buy_id, match.gain) for match in book.matches] == [(2, 22)]


def test_lots_of_one_day_stay_in_the_order_in_which_they_arrived():
    ledger = Ledger(method="fifo").buy(3, 1, 20).transfer_in(4, 1, 8, acquired_on="2019-02-28").transfer_in(5, 1, 9, acquired_on="2019-02-28")
    assert [lot.event_id for lot in ledger.book().positions[1].lots] == [2, 3, 1]


@BOTH
def test_a_transfer_there_and_back_changes_neither_dates_nor_cost(method):
    there = Ledger(method=method).buy("2021-03-01", 3, 10, currency=USD, fx="0.9").buy("2022-03-01", 4, 20, currency=USD, fx="0.8")
    before = there.book().positions[1]
    sent = there.transfer_out(5, 7).book().transfers
    second = Ledger(method=method)
    carry(second, 6, sent)
    assert second.book().positions[1].cost == before.cost
    returned = second.transfer_out(7, 7).book().transfers
    carry(there, 8, returned)
    after = there.book()
    assert [lot[1:] for lot in map(plain_lot, after.positions[1].lots)] == [lot[1:] for lot in map(plain_lot, before.lots)]
    assert (after.realised, after.net_flows, second.book().net_flows) == (0, 0, 0)


def carry(ledger, when, lots):
    """One transfer_in for each lot that the other side took out, at its cost in base currency."""
    for lot in lots:
        ledger.transfer_in(when, lot.quantity, 0, gross=lot.cost, local_currency=USD, cost_local=lot.cost_local, acquired_on=str(lot.opened_on))


def plain_lot(lot):
    return (lot.event_id, lot.opened_on, lot.quantity, lot.cost, lot.cost_local)


def test_a_transfer_of_a_part_takes_the_oldest_lots_under_fifo_and_the_average_under_average():
    ledger = Ledger().buy(3, 2, 10).buy(4, 2, 30).transfer_out(5, 3)
    assert [(c.buy_id, c.quantity, c.cost) for c in ledger.book(method="fifo").transfers] == [(1, 2, 20), (2, 1, 30)]
    assert [(c.buy_id, c.quantity, c.cost) for c in ledger.book(method="average").transfers] == [(None, 3, 60)]


# ── currencies ──────────────────────────────────────────────────────────────


def test_each_part_of_a_cost_is_rounded_to_eighteen_places_once():
    book = Ledger().buy(3, 1, "0.1", currency=USD, fx="0.333333333333333333", fees="0.5", taxes="0.5").book()
    assert book.positions[1].cost == D("0.033333333333333333") + 2 * D("0.166666666666666666")  # a half goes to the even digit


def test_a_trade_settled_in_another_currency_than_the_price_has_its_cost_in_both():
    book = Ledger().buy(3, 10, 0, gross=920, local_price=100, local_currency=USD, fees="9.2").book()
    assert (book.positions[1].cost, book.positions[1].cost_local, book.positions[1].currency) == (D("929.2"), 1010, USD)  # 9.20 EUR is 10 USD


def test_a_price_in_base_currency_has_its_local_cost_in_base_whatever_was_paid_with():
    book = Ledger().buy(3, 10, 0, gross=1000, currency=USD, fx="0.9", local_price=89, local_currency=EUR).book()
    assert (book.positions[1].cost, book.positions[1].cost_local) == (900, 900)


def test_units_that_cost_nothing_but_fees_have_the_fees_as_their_cost():
    book = Ledger().buy(3, 10, 0, fees=2, currency=USD, fx="0.5").buy(4, 1, 0, fees=2, local_currency=CHF, instrument=2).book()
    assert (book.positions[1].cost, book.positions[1].cost_local) == (1, 2)
    assert (book.positions[2].cost, book.positions[2].cost_local) == (2, 0)


def test_a_currency_is_an_ordinary_key_of_the_cash():
    book = Ledger(base=GBP).deposit(3, 5, currency=GBP).deposit(3, 7, currency=USD, fx="0.8").book()
    assert {str(code): (pool.amount, pool.cost) for code, pool in book.cash.items()} == {"GBP": (5, 5), "USD": (7, D("5.6"))}
    assert book.cash[Currency("USD")].currency == "USD"


@pytest.mark.parametrize(("number", "said"), [("1", "1 unit"), ("2", "2 units"), ("0.5", "0.5 units"), ("1.00", "1 unit"), ("0", "0 units")])
def test_one_unit_is_said_in_the_singular(number: str, said: str) -> None:
    assert in_units(D(number)) == said
