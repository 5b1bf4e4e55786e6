"""What is held and what it is worth: exact, at a known number of queries, undefined with a reason where it cannot be known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from portfolios.models import Portfolio
from portfolios.selectors import holdings_of, lots_of, quantity_held
from portfolios.selectors.shelf import shelf
from tests.factories import D, make_instrument, make_portfolio, record, set_closes, set_quote, set_rates

pytestmark = pytest.mark.django_db


def value_of(figure: Any) -> Decimal:
    assert isinstance(figure.value, Decimal), figure.why_not
    return figure.value


@pytest.mark.parametrize(("asset_class", "age", "counts"), [("stock", 4, True), ("stock", 5, False), ("crypto", 1, True), ("crypto", 2, False)])
def test_a_price_that_is_not_of_the_last_session_is_no_change_of_the_day(portfolio: Any, asset_class: str, age: int, counts: bool) -> None:
    fresh, old = make_instrument("FRESH"), make_instrument("OLD", asset_class=asset_class)
    when = timezone.now() - timedelta(days=age)
    set_quote(fresh, "11", "10")
    set_quote(old, "50", "20", as_of=when)
    for instrument in (fresh, old):
        record(portfolio, "buy", date(2020, 5, 4), instrument, quantity="10", price="10")
    table = holdings_of(portfolio)
    row = next(row for row in table.rows if row.instrument.symbol == "OLD")
    assert value_of(row.value) == D("500")
    if counts:
        assert (value_of(row.day_change), value_of(table.day_change)) == (D("300"), D("310"))
        return
    day = timezone.localdate(when)
    said = f"The newest price is of {day.day} {day:%b} {day.year}."
    assert (row.day_change.value, row.day_change.why_not, row.day_change_fraction.why_not) == (None, said, said)
    assert value_of(table.day_change) == D("10") and table.day_change_fraction.value is not None


@pytest.mark.parametrize("positions", [1, 40])
def test_holdings_cost_the_same_queries_however_many_they_are(
    positions: int, a_portfolio: Callable[..., Portfolio], django_assert_num_queries: Any, today: date
) -> None:
    a_portfolio(positions=positions)
    portfolio = Portfolio.objects.select_related("owner").get()
    both = 2 if positions > 1 else 0  # rates of a person and of everybody, where another currency is held
    shelf.clear()
    with django_assert_num_queries(3 + both):  # events, instruments, quotes
        holdings_of(portfolio)
    with django_assert_num_queries(2 + both):  # the book is known
        holdings_of(portfolio)
    with django_assert_num_queries(4 + both):  # events, instruments, closes, closes before
        holdings_of(portfolio, as_of=today - timedelta(days=3))


def test_a_holding_in_another_currency_is_quantity_times_price_times_rate(portfolio: Any, dollar: None) -> None:
    apple = make_instrument("AAPL", currency="USD", price="123.456789012345678901"[:19], previous="120")
    record(portfolio, "buy", "2020-06-03", apple, quantity="3.000000000000000001", price="100", fees="1", fx_rate="0.9")
    row = holdings_of(portfolio).rows[0]
    exact = D("3.000000000000000001") * D("123.456789012345678") * D("0.8")
    assert value_of(row.value) == exact.quantize(Decimal(1).scaleb(-18))
    assert row.cost == D("270.90000000000000009")
    assert value_of(row.unrealised) == value_of(row.value) - row.cost
    assert value_of(row.price_part) + value_of(row.currency_part) == value_of(row.unrealised)
    assert value_of(row.price) == D("123.456789012345678") and row.price.currency == "USD" and row.value.currency == "EUR"
    assert value_of(row.average_cost) == D("90.3") and value_of(row.weight) > 1  # the cash is below zero


def test_value_less_flows_is_gains_and_income_less_expenses_to_the_last_decimal(portfolio: Any, dollar: None, today: date) -> None:
    apple = make_instrument("AAPL", currency="USD", price="133.33", previous="120")
    asml = make_instrument("ASML", price="777.77")
    record(portfolio, "deposit", "2020-06-01", amount="5000")
    record(portfolio, "deposit", "2020-06-01", amount="1000.01", currency="USD")
    record(portfolio, "buy", "2020-06-02", apple, quantity="7", price="99.99", fees="0.37")
    record(portfolio, "buy", "2020-06-02", asml, quantity="3", price="333.33", taxes="1.11")
    record(portfolio, "sell", "2020-06-03", apple, quantity="2.5", price="101.01", fees="0.37")
    record(portfolio, "dividend", "2020-06-04", apple, amount="3.33", taxes="0.58")
    record(portfolio, "fee", "2020-06-05", amount="2.5")
    record(portfolio, "interest", "2020-06-05", amount="1.23", currency="USD")
    record(portfolio, "withdrawal", "2020-06-06", amount="100", currency="USD")
    table = holdings_of(portfolio)
    left = value_of(table.value) - table.net_flows
    assert left == table.realised + value_of(table.unrealised) + table.income - table.expenses == value_of(table.total_gain)
    assert value_of(table.value) == value_of(table.holdings_value) + value_of(table.cash_value)
    assert {row.currency for row in table.cash} == {"EUR", "USD"}


def test_an_earlier_day_is_replayed_and_valued_at_its_own_closes_and_rates(portfolio: Any, today: date) -> None:
    apple = make_instrument("AAPL", currency="USD", price="500")
    set_rates("USD", {date(2020, 6, 3): "1.25", date(2020, 6, 5): "1.6", today: "2"})
    set_closes(apple, {date(2020, 6, 3): "100", date(2020, 6, 4): "110", date(2020, 6, 5): "120"})
    record(portfolio, "buy", "2020-06-03", apple, quantity="10", price="99")
    record(portfolio, "sell", "2020-06-06", apple, quantity="4", price="120", fx_rate="0.7")
    table = holdings_of(portfolio, as_of=date(2020, 6, 4))
    row = table.rows[0]
    assert (row.quantity, value_of(row.value), value_of(row.day_change)) == (D("10"), D("880"), D("80"))
    assert not table.is_now and row.quote is None and row.priced_on == date(2020, 6, 4)
    assert value_of(holdings_of(portfolio, as_of=date(2020, 6, 5)).rows[0].value) == D("750")
    assert holdings_of(portfolio, as_of=date(2020, 6, 2)).rows == ()
    assert value_of(holdings_of(portfolio).rows[0].value) == D("1500")


def test_todays_change_is_that_of_the_price_on_what_is_held(portfolio: Any) -> None:
    asml = make_instrument("ASML", price="110", previous="100")
    record(portfolio, "buy", "2024-01-03", asml, quantity="5", price="90")
    table = holdings_of(portfolio)
    assert value_of(table.rows[0].day_change) == D("50") and value_of(table.rows[0].day_change_fraction) == D("0.1")
    assert value_of(table.day_change) == D("50")


def test_a_holding_without_a_price_stands_at_its_cost_and_says_so(portfolio: Any) -> None:
    house = make_instrument("HOUSE", owner=portfolio.owner)
    asml = make_instrument("ASML", price="10")
    record(portfolio, "deposit", "2024-01-02", amount="1000")
    record(portfolio, "buy", "2024-01-03", house, quantity="1", price="500")
    record(portfolio, "buy", "2024-01-03", asml, quantity="1", price="8")
    table = holdings_of(portfolio)
    row = table.row(house.pk)
    assert row is not None and row.price.why_not == "No price of HOUSE is known, held since 3 Jan 2024."
    assert (value_of(row.value), value_of(row.unrealised), row.at_cost) == (D("500"), D("0"), True)
    assert value_of(table.value) == D("1002") == table.net_flows + value_of(table.total_gain)
    assert table.value.warnings == ("No price of HOUSE is known, held since 3 Jan 2024. It stands at its cost, 49.9% of the value.",)
    assert table.undefined == () and table.all_weights == 1


def test_a_holding_without_a_rate_stands_at_its_cost_and_never_takes_one_for_it(portfolio: Any, today: date) -> None:
    nestle = make_instrument("NESN", currency="CHF", price="100")
    record(portfolio, "buy", "2024-01-03", nestle, quantity="1", price="90", fx_rate="1.02")
    table = holdings_of(portfolio)
    assert "No CHF/EUR rate is known" in table.rows[0].rate.why_not and table.rows[0].at_cost
    assert table.rows[0].cost == D("91.8") == value_of(table.holdings_value) and "stands at its cost" in table.value.warnings[0]


def test_several_portfolios_add_up_in_one_currency(person: Any, dollar: None) -> None:
    asml = make_instrument("ASML", price="100", previous="90")
    euro, dollars = make_portfolio(person), make_portfolio(person, name="US", base_currency="USD")
    record(euro, "buy", "2020-06-03", asml, quantity="1", price="50")
    record(dollars, "buy", "2020-06-03", asml, quantity="2", price="60", fx_rate="1.2")
    table = holdings_of([euro, dollars], currency="EUR")
    (row,) = table.rows
    assert row.quantity == D("3") and row.portfolio_id is None and set(row.portfolio_ids) == {euro.pk, dollars.pk}
    assert value_of(row.value) == D("300") and row.cost == D("50") + D("120")  # settled in euro: no rate between
    assert table.currency == "EUR" and value_of(row.day_change) == D("30")


def test_closed_holdings_keep_what_they_gained(portfolio: Any) -> None:
    asml = make_instrument("ASML", price="100")
    record(portfolio, "buy", "2024-01-03", asml, quantity="5", price="90")
    record(portfolio, "sell", "2024-02-03", asml, quantity="5", price="100")
    table = holdings_of(portfolio)
    assert table.rows == () and table.closed[0].realised == D("50")
    assert value_of(table.closed[0].total_gain_fraction) == D("0.111111111111111111")
    assert not table.closed[0].average_cost.known


def test_an_old_quote_is_marked_with_its_day(portfolio: Any, today: date) -> None:
    from django.utils import timezone

    asml = make_instrument("ASML")
    set_quote(asml, "100", as_of=timezone.now() - timedelta(days=20))
    record(portfolio, "buy", "2024-01-03", asml, quantity="5", price="90")
    table = holdings_of(portfolio)
    assert table.rows[0].stale and table.value.stale_since == today - timedelta(days=20)


def test_lots_are_those_of_the_method(person: Any) -> None:
    asml = make_instrument("ASML", price="40")
    fifo = make_portfolio(person, cost_method="fifo")
    for day, price in (("2024-01-03", "10"), ("2024-01-04", "20"), ("2024-01-05", "30")):
        record(fifo, "buy", day, asml, quantity="2", price=price)
    sale = record(fifo, "sell", "2024-02-01", asml, quantity="3", price="35")
    table = lots_of(fifo, asml.pk)
    assert [(lot.opened_on, lot.quantity, lot.cost) for lot in table.lots[asml.pk]] == [
        (date(2024, 1, 4), D("1"), D("20")),
        (date(2024, 1, 5), D("2"), D("60")),
    ]
    assert [(match.sale_id, match.quantity, match.gain) for match in table.matches[asml.pk]] == [
        (sale.entry, D("2"), D("50")),
        (sale.entry, D("1"), D("15")),
    ]
    assert [value_of(lot.unrealised) for lot in table.lots[asml.pk]] == [D("20"), D("20")]
    assert quantity_held(fifo, asml.pk, date(2024, 1, 4)) == D("4") and quantity_held(fifo, asml.pk, date(2023, 1, 1)) == 0
