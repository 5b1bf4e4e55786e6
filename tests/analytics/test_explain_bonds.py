"""The price of a bond is in percent of par in explanations too, and its face stands beside it where it is not 1; all of it recomputes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from analytics.selectors import Scope
from analytics.selectors.explaining.answers import explanations_of, lot_explanations_of
from market.services import PriceRow, ingest_prices
from tests.analytics.test_explain_entries import result, value
from tests.factories import D, make_instrument, make_portfolio, record, set_closes, set_rate_every_day

pytestmark = pytest.mark.django_db


@pytest.fixture
def bonds(person: Any, today: date) -> tuple[Any, Any, Any]:
    """One of a face of 1, one of 1,000, in a portfolio that counts in dollars."""
    set_rate_every_day("USD", "1.25", today - timedelta(days=30), today)
    portfolio = make_portfolio(person, base_currency="USD", cost_method="fifo", tracks_cash=False)
    small = make_instrument("SMALL", asset_class="bond", price_factor=D("0.01"), price="98.42")
    large = make_instrument("LARGE", asset_class="bond", price_factor=D("10"), price="98.42")
    for bond, units in ((small, "15000"), (large, "15")):
        record(portfolio, "buy", today - timedelta(days=20), bond, quantity=units, price="96.5")
    return portfolio, small, large


def test_value_and_price_recompute_from_the_percent_that_is_shown(bonds: Any) -> None:
    portfolio, small, large = bonds
    scope = Scope([portfolio], "USD")
    one, other = explanations_of(scope, small), explanations_of(scope, large)
    assert [(term.label, value(term.figure)) for term in one["market_value"].terms[:3]] == [
        ("units", D(15000)),
        ("price, of the face", D("0.9842")),
        ("rate to USD", D("1.25")),
    ]
    assert [(term.operator, term.label, value(term.figure)) for term in other["market_value"].terms[:3]] == [
        ("", "units", D(15)),
        ("×", "face of one unit", D(1000)),
        ("×", "price, of the face", D("0.9842")),
    ]
    for told in (one, other):
        for name in ("market_value", "price"):
            found = told[name]
            assert result(found.terms) == value(found.figure) == value(found.terms[-1].figure)
    assert (value(one["price"].figure), value(other["price"].figure)) == (D("0.9842"), D("984.2"))
    assert value(one["market_value"].figure) == value(other["market_value"].figure) == D("18453.75")


def test_the_drawers_write_it_as_the_pages_do(bonds: Any, client: Client, person: Any, today: date) -> None:
    portfolio, small, large = bonds
    client.force_login(person)
    for bond, face in ((small, ""), (large, "€1,000.00")):
        page = client.get(f"/holdings/{bond.pk}/?p={portfolio.pk}&why=market_value").content.decode()
        assert page.count("98.42%") == 2 and "0.9842" not in page and face in page, page
    whole = client.get(f"/dashboard/?p={portfolio.pk}&why=total_value").content.decode()
    assert whole.count("98.42%") == 4


def test_a_lot_of_a_bond_is_told_by_the_same_terms(bonds: Any, person: Any) -> None:
    from portfolios.models import Transaction

    portfolio, _, large = bonds
    entry = Transaction.objects.get(portfolio=portfolio, instrument=large)
    found = lot_explanations_of(person, [portfolio], large, entry.entry)["value"]
    assert [term.label for term in found.terms] == ["units left", "face of one unit", "price, of the face", "rate to USD", "value"]
    assert result(found.terms) == value(found.figure)


def test_gains_carry_their_sign_and_a_cost_of_one_its_places(client: Client, person: Any, today: date) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    share = make_instrument("CHEAP", price="2")
    set_closes(share, [(today - timedelta(days=3), "2")])
    record(portfolio, "buy", today - timedelta(days=9), share, quantity="3000", price="1.0099")
    record(portfolio, "sell", today - timedelta(days=5), share, quantity="1000", price="1.5")
    client.force_login(person)
    page = client.get(f"/holdings/{share.pk}/?p={portfolio.pk}&why=realized_gain").content.decode()
    assert "Realised gain, CHEAP Corporation" in page and page.count("+€490.10") == 3 and 'class="full"' in page
    assert "€1.0099" in client.get(f"/holdings/{share.pk}/?p={portfolio.pk}&why=average_cost").content.decode()


def test_the_chart_and_the_average_cost_of_a_bond_are_in_percent_of_par(bonds: Any, client: Client, person: Any, today: date) -> None:
    portfolio, _, large = bonds
    ingest_prices(large, [PriceRow(today - timedelta(days=2), D("97.5")), PriceRow(today - timedelta(days=1), D(98))], "test")
    client.force_login(person)
    page = client.get(f"/holdings/{large.pk}/?p={portfolio.pk}").content.decode()
    assert "96.50%" in page and "Average cost 96.50%" in page and "at 96.50%" in page and "in percent of par, with purchases" in page
    assert "€965" not in page and "€980" not in page and '"ticksuffix": "%"' in page.replace('"ticksuffix":"%"', '"ticksuffix": "%"')
