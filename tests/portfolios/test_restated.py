"""A ledger told in another currency than its own: every entry at the rate of its day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from market.errors import MissingRate
from portfolios.selectors import books_in, events_in, holdings_of, transfer_entries
from tests.factories import D, make_instrument, make_person, make_portfolio, record, set_rates

pytestmark = pytest.mark.django_db

RATES = {date(2020, 6, 3): "1.25", date(2020, 9, 1): "1.6", date(2021, 6, 3): "1"}


@pytest.fixture
def dollars() -> Any:
    """A portfolio in dollars: paid in at 0.8, bought, sold a part at 0.625, paid out at par."""
    set_rates("USD", RATES)
    portfolio = make_portfolio(make_person(), base_currency="USD")
    share = make_instrument("SHARE", currency="USD", price="15")
    record(portfolio, "deposit", "2020-06-03", amount="1000", currency="USD")
    record(portfolio, "buy", "2020-06-03", share, quantity="50", price="10", fees="5")
    record(portfolio, "sell", "2020-09-01", share, quantity="20", price="12")
    record(portfolio, "withdrawal", "2021-06-03", amount="100", currency="USD")
    return portfolio


def test_costs_and_flows_are_worth_what_the_rate_of_their_day_says(dollars: Any) -> None:
    book = books_in([dollars], "EUR")[dollars.pk]
    (position,) = book.positions.values()
    assert position.cost == D("303") * D("0.8")
    assert [flow.amount for flow in book.flows] == [D("800"), D("-100")]
    assert position.realised == D("240") * D("0.625") - D("202") * D("0.8")


def test_in_its_own_currency_it_is_the_book_itself(dollars: Any) -> None:
    assert books_in([dollars], "USD")[dollars.pk].net_flows == D("900")


def test_an_entry_settled_in_the_report_currency_needs_no_rate(dollars: Any) -> None:
    record(dollars, "deposit", "2020-06-03", amount="77", currency="EUR", fx_rate="1.3")
    events = events_in([dollars], "EUR")[dollars.pk]
    assert [event.fx_rate for event in events if event.currency == "EUR"] == [Decimal(1)]
    assert D("77") in [flow.amount for flow in books_in([dollars], "EUR")[dollars.pk].flows]


def test_the_trades_own_rate_is_kept_and_told_on(dollars: Any) -> None:
    record(dollars, "deposit", "2020-06-03", amount="100", currency="GBP", fx_rate="1.5")
    assert D("120") in [flow.amount for flow in books_in([dollars], "EUR")[dollars.pk].flows]


def test_the_identity_holds_to_the_last_decimal_in_the_report_currency(dollars: Any) -> None:
    set_rates("USD", {date.today(): "1.1234567"})
    table = holdings_of(dollars, currency="EUR")
    assert isinstance(table.value.value, Decimal) and isinstance(table.unrealised.value, Decimal)
    assert table.value.value - table.net_flows == table.realised + table.unrealised.value + table.income - table.expenses


def test_a_missing_rate_leaves_the_portfolio_out_and_says_so(dollars: Any) -> None:
    euro = make_portfolio(dollars.owner)
    record(euro, "deposit", "2020-06-03", amount="10")
    record(dollars, "deposit", "2019-01-02", amount="10", currency="USD")
    with pytest.raises(MissingRate, match="2 Jan 2019"):
        books_in([euro, dollars], "EUR")
    table = holdings_of([euro, dollars], currency="EUR")
    assert table.value.value == D("10")
    assert "2 Jan 2019" in table.value.warnings[0] and "not counted" in table.value.warnings[0]


def test_a_new_rate_of_a_day_tells_the_ledger_anew(dollars: Any, django_assert_num_queries: Any) -> None:
    before = books_in([dollars], "EUR")[dollars.pk].net_flows
    with django_assert_num_queries(2):
        books_in([dollars], "EUR")
    from market.models import FxRate

    FxRate.objects.create(owner=dollars.owner, base="USD", quote="EUR", day=date(2021, 6, 3), rate=D("0.5"), source="own")
    assert books_in([dollars], "EUR")[dollars.pk].net_flows == before + D("50")


def test_transfers_are_known_by_the_number_of_their_entry(dollars: Any) -> None:
    share = make_instrument("OTHER", currency="USD", price="15")
    arrived = record(dollars, "transfer_in", "2020-06-03", share, quantity="5", price="10")
    assert transfer_entries([dollars]) == {arrived.entry}
