"""Corporate actions, one by one, in numbers that can be checked by hand."""

from __future__ import annotations

import pytest

from portfolios.errors import CurrencyChanged, NotHeld, Oversold, QuantityNotPositive, RateMismatch, SharesDoNotAddUp, SplitLeavesNothing
from portfolios.ledger.records import Flow, Posting
from tests.ledger.build import CHF, EUR, USD, D, Ledger, balance, day, leg
from tests.ledger.test_refusals import refusal

EVERY = pytest.mark.parametrize("method", ["average", "fifo", "lifo", "hifo", "lofo", "specific", "section104"])


def lots(book, instrument=1):
    return [(lot.event_id, lot.opened_on, lot.quantity, lot.cost) for lot in book.positions[instrument].lots]


def short(**rules):
    return Ledger(allows_short=True, **rules).trade("short_sell", 3, 10, 100)


# ── splits with cash for fractions ──────────────────────────────────────────


@EVERY
def test_a_fraction_of_a_split_that_is_paid_in_cash_is_sold(method):
    book = Ledger(method=method).buy(3, 7, 30).split(5, 3, 2, fraction="0.5", cash=12).book()
    (match,) = book.matches
    assert (book.positions[1].quantity, book.positions[1].cost) == (10, 200)  # 10.5 units for 210
    assert (match.sale_id, match.quantity, match.cost, match.proceeds, match.gain) == (2, D("0.5"), 10, 12, 2)
    assert book.cash[EUR].amount == -210 + 12


def test_the_fraction_is_taken_by_the_method():
    ledger = Ledger().buy(3, 3, 10).buy(4, 2, 40).split(5, 3, 2, fraction="0.5", cash=9)
    assert [m.buy_id for m in ledger.book(method="fifo").matches] == [1]
    assert [m.buy_id for m in ledger.book(method="hifo").matches] == [2]


def test_a_reverse_split_pays_what_makes_no_whole_unit():
    book = Ledger(method="fifo").buy(3, 104, 1).split(5, 1, 10, fraction="0.4", cash=5).book()
    assert (book.positions[1].quantity, book.positions[1].cost, book.realised) == (10, 100, 1)


def test_the_cash_of_a_fraction_may_be_in_another_currency():
    ledger = Ledger().buy(3, 7, 30, currency=USD, fx="0.5").split(5, 3, 2, fraction="0.5", cash=12, currency=USD, fx="0.75")
    (match,) = ledger.book().matches
    assert (match.cost, match.proceeds, match.price_part, match.currency_part) == (5, 9, 1, 3)  # (24 − 20)·0.5·0.5, 24·0.25·0.5


def test_a_split_doubles_what_is_short_as_well():
    book = short(method="fifo").split(5, 2, 1).trade("buy_to_cover", 6, 20, 40).book()
    assert (book.realised, book.positions[1].quantity) == (200, 0)  # 1000 − 800


def test_what_is_short_owes_the_fraction():
    book = short(method="fifo").split(5, 5, 4, fraction="0.5", cash=50).book()
    assert (book.positions[1].quantity, book.positions[1].cost, book.realised) == (-12, -960, -10)  # 1000 by 12.5; 40 − 50
    assert balance(book, {1: D(90)}, {}) == 0


def test_the_fraction_of_several_short_lots_is_paid_lot_by_lot():
    ledger = (
        Ledger(method="fifo", allows_short=True)
        .trade("short_sell", 2, 1, 9, currency=USD, fx="0.5")
        .trade("short_sell", 3, 4, 8, currency=USD, fx="0.5")
    )
    (one, two) = ledger.split(5, 1, 2, fraction="1.5", cash=30, currency=USD, fx="0.6").book().matches
    assert (one.quantity, one.cost, one.cost_local, one.proceeds, one.proceeds_local, one.gain) == (D("0.5"), 6, 10, D("4.5"), 9, D("-1.5"))
    assert (two.quantity, two.cost, two.cost_local, two.proceeds, two.proceeds_local) == (1, 12, 20, 8, 16)


def test_everything_may_be_paid_in_cash():
    book = Ledger().buy(3, 3, 10).split(5, 1, 10, fraction="0.3", cash=33).book()
    assert (book.positions[1].quantity, book.positions[1].cost, book.realised) == (0, 0, 3)
    spun_off = Ledger().buy(3, 3, 10).event("spin_off", 5, instrument=1, legs=(leg(2, "1:10", "0.5", fraction="0.3", cash=33),)).book()
    assert (spun_off.positions[2].quantity, spun_off.positions[2].is_open, spun_off.realised) == (0, False, 18)


# ── stock dividends ─────────────────────────────────────────────────────────


@EVERY
def test_a_stock_dividend_bears_the_cost_of_what_was_held_and_has_its_dates(method):
    book = Ledger(method=method).buy(3, 10, 11).event("stock_dividend", 5, instrument=1, quantity=1).book()
    assert lots(book) == [(1, day(3), 11, 110)]
    assert (book.income, book.realised, book.flows, book.cash[EUR].amount) == (0, 0, (), -110)


def test_each_lot_gets_its_part_of_a_stock_dividend():
    book = Ledger(method="fifo").buy(3, 6, 10).buy(4, 4, 20).event("stock_dividend", 5, instrument=1, quantity=5).book()
    assert lots(book) == [(1, day(3), 9, 60), (2, day(4), 6, 80)]


def test_a_stock_dividend_that_is_taxed_is_income_and_a_lot_of_its_own():
    book = Ledger(method="fifo").buy(3, 10, 10).event("stock_dividend", 5, instrument=1, quantity=2, gross=30).book()
    assert lots(book) == [(1, day(3), 10, 100), (2, day(5), 2, 30)]
    assert (book.income, book.cash[EUR].amount, book.postings) == (30, -100, (Posting(day(5), 1, "income", "stock_dividend", D(30), 2),))


def test_the_worth_of_a_stock_dividend_in_a_third_currency_counts_at_the_rate_of_the_purchases():
    ledger = Ledger().buy(3, 10, 10, currency=USD, fx="0.5").event("stock_dividend", 5, CHF, "1.1", instrument=1, quantity=1, gross=10)
    assert [lot.cost_local for lot in ledger.book(method="fifo").positions[1].lots] == [100, 22]  # 11 EUR at 0.50


def test_who_is_short_owes_the_stock_dividend():
    free = short(method="fifo").event("stock_dividend", 5, instrument=1, quantity=1).book()
    assert (free.positions[1].quantity, free.positions[1].cost, free.income) == (-11, -1000, 0)
    taxed = short(method="fifo").event("stock_dividend", 5, instrument=1, quantity=1, gross=90).book()
    assert (taxed.positions[1].quantity, taxed.positions[1].cost, taxed.income) == (-11, -1090, -90)


# ── spin-offs ───────────────────────────────────────────────────────────────


@EVERY
def test_a_spin_off_moves_its_share_of_the_cost(method):
    book = Ledger(method=method).buy(3, 8, 100).event("spin_off", 5, instrument=1, legs=(leg(2, "1:4", "0.2"),)).book()
    assert (lots(book), lots(book, 2)) == ([(1, day(3), 8, 640)], [(1, day(3), 2, 160)])
    assert (book.realised, book.income, book.flows, book.matches) == (0, 0, (), ())
    assert (book.positions[2].opened_on, book.positions[2].changed_on) == (day(5), day(5))


def test_a_spin_off_of_two_lots_gives_two_lots_with_their_dates_and_purchases():
    ledger = Ledger(method="fifo").buy(3, 8, 100).buy(4, 4, 50).event("spin_off", 5, instrument=1, legs=(leg(2, "1:4", "0.5"),))
    assert lots(ledger.book(), 2) == [(1, day(3), 2, 400), (2, day(4), 1, 100)]


def test_units_spun_off_stand_among_those_already_held_by_their_date():
    ledger = Ledger(method="fifo").buy(3, 8, 100).buy(4, 1, 77, instrument=2).event("spin_off", 5, instrument=1, legs=(leg(2, "1:4", "0.5"),))
    assert [lot[0] for lot in lots(ledger.book(), 2)] == [1, 2]


def test_a_fraction_of_a_spun_off_unit_is_sold_out_of_what_arrived():
    ledger = Ledger(method="fifo").buy(2, 1, 5, instrument=2).buy(3, 10, 100)
    book = ledger.event("spin_off", 5, instrument=1, legs=(leg(2, "1:4", "0.1", fraction="0.5", cash=25),)).book()
    (match,) = book.matches
    assert (match.instrument, match.buy_id, match.quantity, match.cost, match.gain) == (2, 2, D("0.5"), 20, 5)  # 2.5 units for 100
    assert lots(book, 2) == [(1, day(2), 1, 5), (2, day(3), 2, 80)]


def test_the_cost_of_a_leg_is_converted_into_the_currency_of_its_quote():
    ledger = Ledger(method="fifo").buy(3, 10, 100, currency=USD, fx="0.9")
    book = ledger.event("spin_off", 5, instrument=1, legs=(leg(2, "1:1", "0.5", currency=CHF, rate="0.8"), leg(3, "1:1", "0.1"))).book()
    one, two, three = (book.positions[n] for n in (1, 2, 3))
    assert (one.cost, one.cost_local) == (360, 400)
    assert (two.cost, two.cost_local, two.currency) == (450, 400, CHF)  # 500 USD at 0.8
    assert (three.cost, three.cost_local, three.currency) == (90, 90, EUR)


def test_cash_of_a_spin_off_is_a_gain_over_its_share_of_the_cost_and_a_match_of_no_units():
    book = Ledger(method="fifo").buy(3, 10, 10).event("spin_off", 5, instrument=1, legs=(leg(2, "1:1", "0.5"),), cash=30, cash_share="0.2").book()
    (match,) = book.matches
    assert (match.buy_id, match.quantity, match.cost, match.proceeds, match.gain) == (1, 0, 20, 30, 10)
    assert (book.positions[1].quantity, book.positions[1].cost, book.positions[2].cost) == (10, 30, 50)


def test_a_spin_off_of_what_is_short_is_short_of_the_new_units():
    book = short(method="fifo").event("spin_off", 5, instrument=1, legs=(leg(2, "1:2", "0.3"),)).book()
    assert (book.positions[1].quantity, book.positions[1].cost) == (-10, -700)
    assert (book.positions[2].quantity, book.positions[2].cost, book.positions[2].lots[0].opened_on) == (-5, -300, day(3))
    assert balance(book, {1: D(70), 2: D(61)}, {}) == 0


def test_units_that_a_short_spin_off_owes_are_taken_from_those_held():
    ledger = short(method="fifo").buy(4, 8, 20, instrument=2).event("spin_off", 5, instrument=1, legs=(leg(2, "1:2", "0.3"),))
    book = ledger.book()
    (match,) = book.matches
    assert (match.instrument, match.quantity, match.cost, match.proceeds) == (2, 5, 100, 300)
    assert book.positions[2].quantity == 3


def test_units_that_a_spin_off_brings_cover_what_is_short():
    ledger = Ledger(method="fifo", allows_short=True).trade("short_sell", 2, 3, 50, 2).buy(3, 8, 100)
    book = ledger.event("spin_off", 5, instrument=1, legs=(leg(2, "1:2", "0.25"),)).book()
    (match,) = book.matches
    assert (match.sale_id, match.buy_id, match.quantity, match.cost, match.proceeds) == (3, 1, 3, 150, 150)  # 4 units for 200
    assert lots(book, 2) == [(2, day(3), 1, 50)]


# ── mergers, changes of symbol ──────────────────────────────────────────────


@EVERY
def test_a_merger_for_shares_carries_all_cost_and_is_no_gain(method):
    book = Ledger(method=method).buy(3, 10, 30).event("merger", 5, instrument=1, legs=(leg(2, "3:2", 1),)).book()
    assert (book.positions[1].quantity, book.positions[1].lots, lots(book, 2)) == (0, (), [(1, day(3), 15, 300)])
    assert (book.realised, book.matches, book.flows) == (0, (), ())


@EVERY
def test_a_merger_for_cash_is_a_sale_of_everything(method):
    book = Ledger(method=method).buy(3, 10, 30).event("merger", 5, instrument=1, cash=400, cash_share=1, fees=2).book()
    (match,) = book.matches
    assert (match.quantity, match.cost, match.proceeds, match.gain, match.sale_id) == (10, 300, 400, 100, 2)
    assert (book.realised, book.expenses, book.cash[EUR].amount) == (100, 2, 98)
    assert book.postings[0] == Posting(day(5), 1, "realised", "merger", D(100), 2)


def test_a_merger_for_shares_and_cash_is_a_gain_over_the_share_that_the_cash_stands_for():
    ledger = Ledger(method="fifo").buy(3, 10, 30).buy(4, 10, 50)
    book = ledger.event("merger", 5, instrument=1, legs=(leg(2, "1:2", "0.75"),), cash=300, cash_share="0.25").book()
    assert [(m.buy_id, m.quantity, m.cost, m.proceeds) for m in book.matches] == [(1, D("2.5"), 75, 150), (2, D("2.5"), 125, 150)]
    assert lots(book, 2) == [(1, day(3), 5, 225), (2, day(4), 5, 375)]


def test_an_exercise_of_rights_pays_on_top_and_the_money_joins_the_cost():
    ledger = Ledger(method="fifo").buy(3, 10, 30).event("spin_off", 4, instrument=1, legs=(leg(2, "1:1", "0.1"),))
    book = ledger.event("merger", 5, instrument=2, legs=(leg(1, "1:5", 1),), cash=-40).book()
    assert lots(book) == [(1, day(3), 10, 270), (1, day(3), 2, 70)]
    assert (book.cash[EUR].amount, book.realised) == (-340, 0)


def test_rights_that_expire_are_a_loss_of_their_cost():
    ledger = Ledger(method="fifo").buy(3, 10, 30).event("spin_off", 4, instrument=1, legs=(leg(2, "1:1", "0.1"),))
    book = ledger.event("merger", 5, instrument=2, cash_share=1).book()
    assert (book.realised, book.positions[2].quantity, book.matches[0].proceeds) == (-30, 0, 0)


def test_money_paid_on_top_goes_to_the_legs_by_their_shares_of_cost():
    ledger = Ledger().buy(3, 10, 10).event("merger", 5, instrument=1, legs=(leg(2, "1:1", "0.75"), leg(3, "1:1", "0.25")), cash=-8)
    book = ledger.book()
    assert (book.positions[2].cost, book.positions[3].cost) == (81, 27)


def test_money_paid_on_top_in_another_currency_is_local_cost_where_the_leg_is_quoted_in_it():
    ledger = Ledger().buy(3, 10, 10, currency=USD, fx="0.5")
    book = ledger.event("merger", 5, USD, "0.8", instrument=1, legs=(leg(2, "1:1", 1, currency=USD),), cash=-10).book()
    assert (book.positions[2].cost, book.positions[2].cost_local) == (58, 110)


@EVERY
def test_a_change_of_symbol_changes_nothing_else(method):
    ledger = Ledger(method=method).buy(3, 10, 30).buy(4, 5, 10)
    before = ledger.book().positions[1].lots
    after = ledger.event("symbol_change", 5, instrument=1, legs=(leg(2, "1:1", 1),)).book()
    assert (after.positions[2].lots, after.positions[1].quantity) == (before, 0)
    sold = ledger.sell(6, 15, 40, instrument=2).book()
    assert sold.realised == 250


def test_a_lot_may_be_named_after_a_change_of_symbol_by_the_purchase_that_opened_it():
    from tests.ledger.build import lot_choices

    ledger = Ledger(method="specific").buy(3, 10, 30).buy(4, 5, 10).event("symbol_change", 5, instrument=1, legs=(leg(2, "1:1", 1),))
    book = ledger.trade("sell", 6, 5, 40, 2, lots=lot_choices("2:5")).book()
    assert [(m.buy_id, m.cost) for m in book.matches] == [(2, 50)]


def test_a_merger_of_what_is_short_owes_the_new_units_and_the_cash():
    ledger = short(method="fifo").event("merger", 5, instrument=1, legs=(leg(2, "1:2", "0.6"),), cash=-450, cash_share="0.4")
    book = ledger.book()
    (match,) = book.matches
    assert (match.cost, match.proceeds, match.gain, match.closed_on) == (450, 400, -50, day(5))
    assert (book.positions[2].quantity, book.positions[2].cost, book.cash[EUR].amount) == (-5, -600, 550)


def test_cash_of_an_action_goes_outside_where_cash_is_not_tracked():
    ledger = Ledger(tracks_cash=False).buy(3, 10, 30).event("merger", 5, instrument=1, cash=400, cash_share=1, fees=2)
    assert ledger.book().flows[1:] == (Flow(day(5), D(-398), 2, 1, None),)


# ── capital that is paid back ───────────────────────────────────────────────


@EVERY
def test_a_return_of_capital_lowers_the_cost(method):
    book = Ledger(method=method).buy(3, 10, 10).event("return_of_capital", 5, instrument=1, amount=30, taxes=2).book()
    assert (book.positions[1].cost, book.realised, book.income, book.expenses, book.cash[EUR].amount) == (70, 0, 0, 2, -72)


def test_below_nothing_a_return_of_capital_is_a_gain_lot_by_lot():
    ledger = Ledger(method="fifo").buy(3, 10, 1).buy(4, 30, 1).event("return_of_capital", 5, instrument=1, amount=60)
    book = ledger.book()
    assert (book.positions[1].cost, book.realised) == (0, 20)
    assert [(m.buy_id, m.quantity, m.cost, m.proceeds) for m in book.matches] == [(1, 0, 0, 5), (2, 0, 0, 15)]


def test_capital_paid_back_after_everything_was_sold_is_a_gain():
    book = Ledger().buy(3, 10, 10).sell(4, 10, 10).event("return_of_capital", 5, instrument=1, amount=30).book()
    assert (book.realised, book.matches[-1].quantity, book.matches[-1].buy_id) == (30, 0, None)


def test_who_is_short_pays_the_capital_back():
    book = short(method="fifo").event("return_of_capital", 5, instrument=1, amount=30).book()
    assert (book.positions[1].cost, book.cash[EUR].amount) == (-970, 970)
    more = short(method="fifo").event("return_of_capital", 5, instrument=1, amount=1030).book()
    assert (more.positions[1].cost, more.realised) == (0, -30)


# ── what is refused ─────────────────────────────────────────────────────────

LEG = leg(2, "1:4", "0.2")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("split", {"ratio_new": 2, "ratio_old": 1}),
        ("stock_dividend", {"quantity": 1}),
        ("return_of_capital", {"amount": 5}),
        ("spin_off", {"legs": (LEG,)}),
        ("merger", {"cash": 5, "cash_share": 1}),
        ("symbol_change", {"legs": (leg(2, "1:1", 1),)}),
    ],
)
def test_nothing_can_happen_to_what_was_never_held(kind, fields):
    error = refusal(NotHeld, Ledger().event(kind, 4, instrument=1, **fields))
    assert error.data == {"date": day(4), "event_id": 1, "instrument": 1}
    assert "4 Jun 2024" in str(error) and "Check the date, or record the missing purchase." in str(error)


@pytest.mark.parametrize(
    ("kind", "legs", "cash_share", "total"),
    [
        ("merger", (leg(2, "1:1", "0.5"),), "0.4", "0.9"),
        ("merger", (leg(2, "1:1", "0.5"), leg(3, "1:1", "0.6")), "0", "1.1"),
        ("merger", (leg(2, "1:1", "-0.5"),), "1.5", "1"),
        ("merger", (), "0.5", "0.5"),
        ("symbol_change", (leg(2, "1:1", "0.99"),), "0", "0.99"),
        ("spin_off", (leg(2, "1:1", "0.9"),), "0.2", "1.1"),
        ("spin_off", (leg(2, "1:1", "-0.1"),), "0", "-0.1"),
    ],
)
def test_shares_of_cost_must_add_up(kind, legs, cash_share, total):
    error = refusal(SharesDoNotAddUp, Ledger().buy(3, 10, 10).event(kind, 4, instrument=1, legs=legs, cash_share=cash_share, cash=5))
    assert (error.data["total"], error.data["event_id"], error.data["date"]) == (D(total), 2, day(4))


def test_money_paid_on_top_needs_new_units():
    error = refusal(SharesDoNotAddUp, Ledger().buy(3, 10, 10).event("spin_off", 4, instrument=1, cash=-5))
    assert "No new units are named" in str(error)


@pytest.mark.parametrize("ratio", ["0:1", "1:0", "-1:2"])
def test_the_ratio_of_a_leg_must_be_above_zero(ratio):
    refusal(QuantityNotPositive, Ledger().buy(3, 10, 10).event("spin_off", 4, instrument=1, legs=(leg(2, ratio, "0.1"),)))


def test_a_stock_dividend_must_be_of_units():
    refusal(QuantityNotPositive, Ledger().buy(3, 10, 10).event("stock_dividend", 4, instrument=1, quantity=0))


def test_a_leg_that_would_leave_nothing_is_refused():
    error = refusal(SplitLeavesNothing, Ledger().buy(3, "1e-18", 10).event("merger", 4, instrument=1, legs=(leg(2, "1:10", 1),)))
    assert "Check the ratio." in str(error) and error.data["held"] == D("1e-18")


@pytest.mark.parametrize("kind", ["split", "spin_off"])
def test_no_more_can_be_paid_in_cash_than_there_is(kind):
    ledger = Ledger().buy(3, 10, 10)
    if kind == "split":
        ledger.split(4, 1, 4, fraction=3, cash=5)
    else:
        ledger.event("spin_off", 4, instrument=1, legs=(leg(2, "1:4", "0.1", fraction=3, cash=5),))
    error = refusal(Oversold, ledger)
    assert (error.data["held"], error.data["quantity"], error.data["instrument"]) == (D("2.5"), 3, 1 if kind == "split" else 2)
    assert "Enter the fraction alone." in str(error)


@pytest.mark.parametrize(("fraction", "cash"), [("-0.5", 5), (0, 5)])
def test_cash_for_a_fraction_needs_the_fraction(fraction, cash):
    refusal(QuantityNotPositive, Ledger().buy(3, 10, 10).split(4, 1, 4, fraction=fraction, cash=cash))


def test_a_leg_must_be_quoted_as_what_is_held_of_it():
    ledger = Ledger().buy(3, 10, 10).buy(3, 1, 5, instrument=2)
    error = refusal(CurrencyChanged, ledger.event("spin_off", 4, instrument=1, legs=(leg(2, "1:4", "0.1", currency=USD),)))
    assert (error.data["instrument"], error.data["expected"], error.data["found"]) == (2, EUR, USD)


def test_an_action_in_base_currency_has_no_other_rate_than_one():
    refusal(RateMismatch, Ledger().buy(3, 10, 10).event("merger", 4, EUR, "0.9", instrument=1, cash=5, cash_share=1))
    refusal(RateMismatch, Ledger().buy(3, 10, 10).event("return_of_capital", 4, EUR, "0.9", instrument=1, amount=5))
