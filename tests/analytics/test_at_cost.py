"""What never had a price, also in another currency and sold short: every figure that counts it counts it alike, at its cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from analytics.live.valuation import Valuation
from analytics.selectors import dashboard, gains, performance, value_now
from market.models import Quote
from market.selectors import quotes_of
from portfolios.selectors import holdings_of
from tests.factories import make_instrument, make_portfolio, record, set_quote

pytestmark = pytest.mark.django_db

D = Decimal


@pytest.fixture
def bare(db: None) -> list[Any]:
    return [make_instrument("BARE"), make_instrument("FAR", currency="USD"), make_instrument("OWED")]


@pytest.fixture
def mixed(person: Any, share: Any, dollars: None, bare: list[Any], began: date) -> Any:
    """One share with prices, three instruments without: bought and sold, in dollars, and short."""
    portfolio = make_portfolio(person, allows_short=True)
    plain, far, owed = bare
    record(portfolio, "deposit", began, amount="5000")
    record(portfolio, "buy", began + timedelta(days=1), share, quantity="10", price="100", fees="2")
    record(portfolio, "buy", began + timedelta(days=2), plain, quantity="10", price="10", fees="1")
    record(portfolio, "sell", began + timedelta(days=5), plain, quantity="4", price="15")
    record(portfolio, "dividend", began + timedelta(days=6), plain, amount="7", taxes="1")
    record(portfolio, "buy", began + timedelta(days=8), far, quantity="4", price="50", settlement_currency="EUR", fx_rate="1", amount="160")
    record(portfolio, "short_sell", began + timedelta(days=9), owed, quantity="3", price="20")
    return portfolio


def told(person: Any, path: str, **query: Any) -> Any:
    client = Client()
    client.force_login(person)
    answer = client.get(f"/api/v1/portfolios/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_value_and_gain_agree_in_every_answer(person: Any, mixed: Any, bare: list[Any]) -> None:
    table = holdings_of(mixed)
    rows = {row.instrument.symbol: row for row in table.rows}
    assert [rows[name].value.value for name in ("BARE", "FAR", "OWED")] == [D("60.6"), 160, -60]
    assert all(rows[name].unrealised.value == 0 and rows[name].price.why_not for name in ("BARE", "FAR", "OWED"))
    assert table.value.value - table.net_flows == table.total_gain.value == table.realised + table.unrealised.value + table.income - table.expenses
    assert table.undefined == () and table.at_cost_share.value == pytest.approx(D("280.6") / table.value.value, abs=D("1e-17"))
    value, gain = told(person, f"{mixed.pk}/value"), told(person, f"{mixed.pk}/gains")
    whole = told(person, str(mixed.pk))
    assert D(value["value"]) == D(whole["total_value"]) == table.value.value
    assert D(gain["total"]) == D(whole["total_gain"]) == table.total_gain.value == D(value["value"]) - D(gain["net_flows"])
    assert sum(D(row["value"]) for row in value["by_holding"]) + D(value["cash_value"]) == D(value["value"])
    assert sum(D(row["total"]) for row in (*gain["by_instrument"], *gain["cash"])) == D(gain["total"])
    for answer in (value, gain, whole):
        assert all(any(one.symbol in said and "stands at its cost" in said for said in answer["warnings"]) for one in bare)
    undefined = {row["symbol"]: [one["figure"] for one in row["undefined"]] for row in value["by_holding"]}
    assert "price" in undefined["BARE"] and "value" not in undefined["BARE"] and undefined["SHARE"] == []
    for name, expected in (("total_value", table.value), ("total_gain", table.total_gain)):
        assert D(told(person, f"{mixed.pk}/explain", figure=name)["value"]) == expected.value
    explained = told(person, f"{mixed.pk}/explain", figure="market_value", instrument=bare[2].pk)
    assert [D(term["value"]) for term in explained["terms"]] == [-60, -60]


def test_the_series_and_the_page_count_it_as_the_exact_figures_do(person: Any, mixed: Any, began: date, today: date) -> None:
    found, board = performance([mixed]), dashboard(person, [mixed])
    assert found.gain.value == found.end_value.value - 5000 == board.total_gain.value == gains([mixed]).total.value
    for days in (1, 2, 5, 8, 9, 100):
        day = began + timedelta(days=days)
        exact = value_now([mixed], as_of=day).value.value
        assert float(found.series.value[days + 1]) == pytest.approx(float(exact), rel=1e-12)
    later = performance([mixed], start=began + timedelta(days=4))
    assert later.start_value.value == value_now([mixed], as_of=began + timedelta(days=3)).value.value
    assert later.gain.value == gains([mixed], start=began + timedelta(days=4)).total.value
    assert sum(float(one) for one in found.series.value[-1:]) == pytest.approx(float(board.net_worth.value))
    client = Client()
    client.force_login(person)
    page = client.get("/dashboard/").content.decode()
    assert "3 holdings stand at their cost." in page and "of the value." in page


def test_a_first_price_moves_live_values_to_what_a_new_table_tells(mixed: Any, bare: list[Any]) -> None:
    live = Valuation.of(((mixed.pk,), "EUR"), holdings_of(mixed))
    assert live.total_gain == holdings_of(mixed).total_gain.value
    for one, price in zip(bare, ("12", "60", "18"), strict=True):
        set_quote(one, price)
    Quote.objects.update(sequence=2)
    ids = [one.pk for one in bare]
    assert live.apply(quotes_of(ids), ids) == set(ids)
    table = holdings_of(mixed)
    assert (live.value, live.total_gain, live.warnings) == (table.value.value, table.total_gain.value, ())
