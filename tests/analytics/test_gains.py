"""Gains: parts that add up in every currency and over every stretch of time, and what transfers do."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.selectors import dashboard, gains, performance, value_now
from analytics.views.tables import listing
from tests.factories import make_instrument, make_portfolio, record, set_quote

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("currency", ["EUR", "USD"])
@pytest.mark.parametrize("cut", [40, 235, 499])
def test_a_period_ends_where_its_start_and_its_gains_lead(euro_portfolio: Any, dollar_portfolio: Any, began: date, currency: str, cut: int) -> None:
    both, day = [euro_portfolio, dollar_portfolio], began + timedelta(days=cut)
    found = gains(both, currency=currency, start=day + timedelta(days=1))
    start, end = value_now(both, currency, as_of=day).value.value, value_now(both, currency).value.value
    assert isinstance(start, Decimal) and isinstance(end, Decimal) and isinstance(found.total.value, Decimal)
    assert end - start - found.net_flows == found.total.value
    assert found.price_part.value is not None and found.currency_part.value is not None and found.unrealised.value is not None
    assert found.price_part.value + found.currency_part.value == found.realised + found.unrealised.value


def test_cash_of_another_currency_gains_by_its_rate(person: Any, dollars: None, began: date) -> None:
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", began, amount="1000", currency="USD")
    found = gains([portfolio])
    (row,) = found.rows
    assert (row.instrument, row.cash) == (None, "USD")
    worth = (Decimal(1000) / Decimal("1.2")).quantize(Decimal("1e-15"))
    assert row.currency_part.value == row.total.value == pytest.approx(worth - 800, abs=Decimal("1e-12"))


def test_a_transfer_is_no_gain_but_brings_its_own_along(person: Any, portfolio: Any, share: Any, began: date) -> None:
    record(portfolio, "transfer_in", began + timedelta(days=100), share, quantity="10", price="20")
    found, series = gains([portfolio]), performance([portfolio])
    assert found.net_flows == 200 and found.unrealised.value == 900
    assert series.net_flows.value == pytest.approx(1010) and series.gain.value == pytest.approx(90)


def test_a_transfer_between_ones_own_portfolios_changes_nothing_together(person: Any, portfolio: Any, share: Any, began: date) -> None:
    other = make_portfolio(person, name="Other")
    record(portfolio, "deposit", began, amount="1000")
    record(portfolio, "buy", began + timedelta(days=1), share, quantity="10", price="100.01")
    before = performance([portfolio, other])
    moved = began + timedelta(days=200)
    record(portfolio, "transfer_out", moved, share, quantity="10")
    record(other, "transfer_in", moved, share, quantity="10", price="100.01")
    after = performance([portfolio, other])
    assert (after.twr, after.net_flows, after.mwr) == (before.twr, before.net_flows, before.mwr)
    assert gains([portfolio, other]).total == gains([portfolio, other]).total
    assert performance([other]).twr.value == pytest.approx(110 / 102 - 1)


def test_what_had_no_price_at_the_start_stood_at_its_cost_then(person: Any, portfolio: Any, began: date) -> None:
    late = make_instrument("LATE")
    record(portfolio, "deposit", began, amount="1000")
    record(portfolio, "buy", began, late, quantity="1", price="10")
    set_quote(late, "12")
    found = gains([portfolio], start=began + timedelta(days=10))
    (row,) = found.rows
    assert (row.unrealised.value, row.realised, found.total.value) == (2, 0, 2)
    assert "LATE" in found.total.warnings[0] and "or before" in found.total.warnings[0]


def test_the_total_is_the_sum_of_its_parts_though_a_holding_has_no_price(person: Any, portfolio: Any, share: Any, began: date) -> None:
    bare = make_instrument("BARE")
    record(portfolio, "buy", began, share, quantity="10", price="100")
    record(portfolio, "buy", began, bare, quantity="10", price="10")
    record(portfolio, "sell", began + timedelta(days=5), bare, quantity="4", price="15")
    record(portfolio, "dividend", began + timedelta(days=6), bare, amount="7")
    found, table = gains([portfolio]), dashboard(person, [portfolio]).table
    assert (found.realised, found.income, found.unrealised.value) == (20, 7, 100)
    assert found.total.value == found.realised + found.unrealised.value + found.income - found.expenses == 127
    assert found.price_part.value + found.currency_part.value == found.realised + found.unrealised.value
    (said,) = found.total.warnings
    assert "BARE" in said and "It stands at its cost" in said
    assert table.total_gain.value == 127 == table.realised + table.unrealised.value + table.income - table.expenses
    (group,) = listing(table, {}).groups
    assert group.total_gain.value == 127


def test_the_explained_total_gain_lists_what_is_booked_of_a_holding_without_a_price(person: Any, portfolio: Any, share: Any, began: date) -> None:
    bare = make_instrument("BARE")
    record(portfolio, "buy", began, share, quantity="10", price="100")
    record(portfolio, "buy", began, bare, quantity="10", price="10")
    record(portfolio, "dividend", began + timedelta(days=6), bare, amount="7")
    explained = dashboard(person, [portfolio]).explanations["total_gain"]
    assert explained.figure.value == 107 == sum(line.cells[-1].value for line in explained.lines)


def test_a_period_that_cuts_between_a_sale_and_the_purchase_it_is_matched_with_still_adds_up(person: Any, share: Any, began: date) -> None:
    portfolio = make_portfolio(person, cost_method="section104")
    record(portfolio, "deposit", began, amount="5000")
    record(portfolio, "buy", began, share, quantity="20", price="100")
    record(portfolio, "sell", began + timedelta(days=100), share, quantity="8", price="104")
    record(portfolio, "buy", began + timedelta(days=110), share, quantity="5", price="90")
    day = began + timedelta(days=105)
    found = gains([portfolio], start=day + timedelta(days=1))
    start, end = value_now([portfolio], "EUR", as_of=day).value.value, value_now([portfolio], "EUR").value.value
    assert isinstance(start, Decimal) and isinstance(end, Decimal)
    assert end - start - found.net_flows == found.total.value
    early = gains([portfolio], end=day)
    assert early.total.value == start - 5000 and early.realised == 5 * (104 - 90) + 3 * (104 - 100)


def test_capital_paid_back_beyond_the_cost_is_a_gain_by_price(person: Any, portfolio: Any, share: Any, began: date) -> None:
    record(portfolio, "deposit", began, amount="100")
    record(portfolio, "buy", began, share, quantity="1", price="100")
    record(portfolio, "return_of_capital", began + timedelta(days=3), share, amount="130")
    found = gains([portfolio])
    assert found.realised == 30 and found.price_part.value == 30 + 110 and found.currency_part.value == 0
