"""What follows from a change of an entry, and what stays as it was booked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portfolio_site.kernel.errors import Invalid
from portfolios.choices import RateSource
from portfolios.models import CashBalance, Holding, Transaction
from portfolios.selectors.rows import legs_of
from portfolios.services import (
    LegDraft,
    TransactionDraft,
    add_position,
    adjust_position,
    edit_transaction,
    preview_edit,
    preview_transaction,
    record_transaction,
    replace_transaction,
    void_many,
)
from tests.factories import D, make_instrument, make_portfolio, record, set_rates
from tests.portfolios.every_kind import World, make_world

pytestmark = pytest.mark.django_db
DAY, LATER = date(2024, 2, 1), date(2024, 2, 20)


@pytest.fixture
def world(person: Any) -> World:
    made = make_world(person)
    set_rates("SEK", {DAY: "10", LATER: "8"})
    return made


def put(world: World, kind: str, symbol: str = "", **fields: Any) -> Transaction:
    instrument = world.symbols[symbol] if symbol else None
    return record_transaction(world.portfolio.owner, world.portfolio, kind=kind, traded_on=DAY, instrument=instrument, **fields)


def test_a_bond_is_worth_its_percent_of_par_and_accrued_interest_is_no_cost(world: World, person: Any) -> None:
    bought = put(world, "buy", "BOND", quantity=D(3), price=D("98.5"), accrued=D("12.34"), fees=D(2))
    assert Holding.objects.get().cost == D("2957") and Holding.objects.get().income == D("-12.34")  # 3 × 98.5 × 10, and the fee
    assert CashBalance.objects.get().amount == D("-2969.34")
    cheaper = edit_transaction(person, bought, price=D(97))
    assert Holding.objects.get().cost == D("2912") and cheaper.amount is None
    by_amount = put(world, "buy", "BOND", quantity=D(1), amount=D("1000"), accrued=D(10))
    assert by_amount.price == D(99)


def test_a_cost_in_a_currency_of_its_own_is_paid_from_there_at_the_rate_of_the_day(world: World, person: Any) -> None:
    bought = put(world, "buy", "SHARE", quantity=D(1), price=D(100), fees=D(20), costs_currency="SEK")
    assert (bought.costs_rate, Holding.objects.get().cost) == (D("0.1"), D(102))
    assert {row.currency: row.amount for row in CashBalance.objects.all()} == {"EUR": D(-100), "SEK": D(-20)}
    moved = edit_transaction(person, bought, traded_on=LATER)
    assert (moved.costs_rate, Holding.objects.get().cost) == (D("0.125"), D("102.5"))
    own = edit_transaction(person, moved, costs_rate=D("0.2"))
    assert (own.costs_rate, Holding.objects.get().cost) == (D("0.2"), D(104))


def test_an_exchange_says_its_own_rate_and_follows_its_amounts(world: World, person: Any) -> None:
    swap = put(world, "fx_exchange", amount=D(1250), currency="USD", given_amount=D(1000), settlement_currency="EUR")
    assert (swap.fx_rate, swap.fx_source) == (D("0.8"), RateSource.NONE)
    assert {row.currency: (row.amount, row.cost) for row in CashBalance.objects.all()} == {"EUR": (D(-1000), D(-1000)), "USD": (D(1250), D(1000))}
    more = edit_transaction(person, swap, given_amount=D(1100))
    assert more.fx_rate == D("0.88") and CashBalance.objects.get(currency="USD").cost == D(1100)
    third = put(world, "fx_exchange", amount=D(95), currency="CHF", given_amount=D(125), settlement_currency="USD")
    assert (third.costs_rate, third.fx_rate) == (D("0.8"), D("1.052631578947368421"))  # what was given, at its rate of the day


def test_a_reinvested_dividend_buys_at_what_it_comes_to(world: World, person: Any) -> None:
    put(world, "buy", "AAPL", quantity=D(10), price=D(100), settlement_currency="EUR", fx_rate=D("0.8"))
    paid = put(world, "dividend", "AAPL", amount=D(34), taxes=D(6), settlement_currency="EUR", reinvested_quantity=D("0.5"))
    assert (paid.price, paid.currency) == (D(85), "USD")  # €34 are $42.50
    row = Holding.objects.get()
    assert (row.quantity, row.cost, row.income, row.expenses) == (D("10.5"), D(834), D(40), D(6))
    again = edit_transaction(person, paid, amount=D(17))
    assert again.price == D("42.5") and Holding.objects.get().cost == D(817)


def test_a_leg_in_another_currency_is_told_at_the_rate_of_the_day(world: World, person: Any) -> None:
    record(world.portfolio, "buy", "2024-01-10", world.symbols["SHARE"], quantity="10", price="100")
    legs = (LegDraft(instrument=world.symbols["AAPL"], ratio_new=D(2)),)
    merged = put(world, "merger", "SHARE", legs=legs)
    (leg,) = legs_of(merged)
    assert (leg.cost_share, leg.local_rate) == (D(1), D("1.25"))
    held = Holding.objects.get(instrument=world.symbols["AAPL"])
    assert (held.quantity, held.cost, held.cost_local) == (D(20), D(1000), D(1250))
    with pytest.raises(Invalid) as refused:
        put(world, "merger", "SHARE", legs=(LegDraft(instrument=make_instrument("NOK", currency="NOK")),))
    assert [error.field for error in refused.value.errors] == ["legs.0.local_rate"]


def test_shares_of_cost_that_are_left_out_take_the_rest(world: World, person: Any) -> None:
    record(world.portfolio, "buy", "2024-01-10", world.symbols["SHARE"], quantity="10", price="100")
    symbols = world.symbols
    legs = (LegDraft(instrument=symbols["NEW"], cost_share=D("0.5")), LegDraft(instrument=symbols["CHILD"]))
    merged = put(world, "merger", "SHARE", amount=D(150), cost_share=D("0.1"), legs=legs)
    assert [leg.cost_share for leg in legs_of(merged)] == [D("0.5"), D("0.4")]
    assert Holding.objects.get(instrument=symbols["SHARE"]).realised == D(50)
    edited = edit_transaction(person, merged, legs=legs[:1], cost_share=None)
    assert edited.cost_share == D("0.5") and not Holding.objects.filter(instrument=symbols["CHILD"]).exists()


def test_a_whole_new_version_keeps_the_number_and_where_it_came_from(world: World, person: Any) -> None:
    bought = put(world, "buy", "SHARE", quantity=D(1), price=D(100), notes="first", tags=("one",), source="plumbline", source_key="k")
    now = replace_transaction(
        person, bought, TransactionDraft(kind="transfer_in", traded_on=DAY, instrument=world.symbols["NEW"], quantity=D(2), price=D(5))
    )
    assert (now.entry, now.kind, now.notes, now.tags, now.source, now.source_key) == (bought.entry, "transfer_in", "", None, "plumbline", "k")
    assert [row.instrument.symbol for row in Holding.objects.select_related("instrument")] == ["NEW"]


def test_thousands_of_entries_are_taken_out_at_once(person: Any) -> None:
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", "2024-01-02", amount="1")
    row = Transaction.objects.get()
    Transaction.objects.bulk_create(
        Transaction(portfolio=portfolio, kind="deposit", traded_on=row.traded_on, amount=D(0), currency="EUR", recorded_at=row.recorded_at)
        for _ in range(34_000)
    )
    assert void_many(person, portfolio, Transaction.objects.select_related("instrument")) == 34_001
    assert not Transaction.objects.live().exists() and not CashBalance.objects.exists()


def test_the_cost_of_a_bond_is_set_in_money_and_kept_as_it_is_quoted(world: World, person: Any) -> None:
    bond = world.symbols["BOND"]
    added = add_position(person, world.portfolio, instrument=bond, quantity=D(2), average_cost=D(985), day=DAY)
    assert added.price == D("98.5") and Holding.objects.get().cost == D(1970)
    adjust_position(person, world.portfolio, instrument=bond, quantity=D(3), day=LATER)
    assert Holding.objects.get().cost == D(2955)


def test_the_preview_of_a_purchase_says_what_it_costs_though_a_later_sale_took_of_it(person: Any) -> None:
    share, portfolio = make_instrument(), make_portfolio(person, cost_method="fifo")
    bought = record(portfolio, "buy", "2024-01-02", share, quantity="10", price="10", fees="1")
    record(portfolio, "sell", "2024-03-01", share, quantity="5", price="30")
    seen = preview_edit(person, bought, price=D(12))
    assert (seen.cost, seen.held_after) == (D(121), D(5))
    draft = TransactionDraft(kind="buy", traded_on=date(2024, 1, 1), instrument=share, quantity=D(10), price=D(20))
    seen = preview_transaction(person, portfolio, draft)
    assert (seen.cost, seen.held_after) == (D(200), D(15))
