"""One's own portfolios beside those that others share."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from portfolios.models import Portfolio
from portfolios.roles import Role
from portfolios.sharing.household import household_of
from portfolios.sharing.memberships import end_membership, set_membership
from tests import factories

D = factories.D


@pytest.fixture
def shared(person: Any, stranger: Any, today: date) -> Portfolio:
    """The person has 1000 EUR; somebody shares 500 USD and two units of a house, at 1.25 USD for a euro."""
    factories.set_rate_every_day("USD", "1.25", today - timedelta(days=20), today)
    mine = factories.make_portfolio(person)
    factories.record(mine, "deposit", today - timedelta(days=9), amount="1000")
    theirs = factories.make_portfolio(stranger, name="Theirs", base_currency="USD")
    factories.record(theirs, "deposit", today - timedelta(days=9), amount="540")
    house = factories.make_instrument("HOUSE", owner=stranger, exchange="", currency="USD", price="25", previous="20")
    factories.record(theirs, "buy", today - timedelta(days=8), house, quantity="2", price="20")
    set_membership(theirs, person, Role.VIEWER)
    return theirs


def test_values_are_added_up_exactly_in_ones_own_currency_each_with_its_role(shared: Portfolio, person: Any, stranger: Any) -> None:
    house = household_of(person)
    told = [(row.role, row.base_currency, row.own_value.value, row.value.value, row.day_change.value) for row in house.rows]
    assert told == [("owner", "EUR", D("1000"), D("1000"), D(0)), ("viewer", "USD", D("550"), D("440"), D("8"))]
    assert (house.value.value, house.day_change.value, house.left_out) == (D("1440"), D("8"), ())
    assert float(house.day_change_fraction.value or 0) == pytest.approx(8 / 1432)
    assert [row.role for row in household_of(stranger).rows] == ["owner"]  # sharing goes one way
    end_membership(shared, person)
    assert len(household_of(person).rows) == 1


def test_a_portfolio_without_a_rate_is_named_and_not_left_out_silently(shared: Portfolio, person: Any, stranger: Any, today: date) -> None:
    other = factories.make_portfolio(stranger, name="In roubles", base_currency="RUB")
    factories.record(other, "deposit", today, amount="70")
    set_membership(other, person, Role.VIEWER)
    house = household_of(person)
    assert house.left_out == ("In roubles",) and house.value.value == D("1440")
    browser = Client()
    browser.force_login(person)
    page = browser.get("/household/").content.decode()
    assert "Not in the sums: In roubles" in page and "No rate of RUB to EUR is known." in page


def test_page_and_api_tell_the_same(shared: Portfolio, person: Any) -> None:
    client, browser = APIClient(), Client()
    client.force_authenticate(person)
    browser.force_login(person)
    answer = client.get("/api/v1/household").json()
    assert answer["portfolios"][1]["name"] == "Theirs" and float(answer["value"]) == 1440 and answer["undefined"] == []
    page = browser.get("/household/").content.decode()
    assert "1,440" in page and "Theirs" in page and "viewer" in page


@pytest.mark.parametrize("many", [0, 3])
def test_queries_are_as_many_however_many_portfolios_an_owner_shares(
    shared: Portfolio, person: Any, stranger: Any, today: date, many: int, django_assert_num_queries: Any
) -> None:
    for number in range(many):
        more = factories.make_portfolio(stranger, name=f"More {number}", base_currency="USD")
        factories.record(more, "deposit", today, amount="5")
        set_membership(more, person, Role.EDITOR)
    with django_assert_num_queries(8):
        assert len(household_of(person).rows) == 2 + many
