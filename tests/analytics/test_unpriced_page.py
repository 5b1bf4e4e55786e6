"""The dashboard of someone whose holdings have no price, or whose value is below zero."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portfolios.selectors import holdings_of
from tests.factories import make_instrument, record

pytestmark = pytest.mark.django_db


def page_of(person: Any) -> str:
    client = Client()
    client.force_login(person)
    answer = client.get("/dashboard/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_has_no_price_is_named_with_its_share_and_a_way_to_enter_one_and_marked_on_every_return(
    person: Any, portfolio: Any, share: Any, began: date
) -> None:
    record(portfolio, "deposit", began, amount="5000")
    record(portfolio, "buy", began, share, quantity="10", price="100")
    own = make_instrument("OWN", owner=person, exchange="", name="Own house")
    others = [make_instrument(f"BARE{n}", name=f"Bare {n}") for n in range(3)]
    for instrument in (own, *others):
        record(portfolio, "buy", began, instrument, quantity="1", price="10")
    page = page_of(person)
    assert "4 holdings stand at their cost." in page and ": 0.8% of the value." in page and "and 1 more: 0.8% of the value." in page
    assert f'href="{reverse("instrument-prices", args=[own.pk])}">Own house</a>' in page
    assert page.count("4 holdings without a price are in it at cost") == 4
    assert round(holdings_of(portfolio).all_weights, 12) == 1


def test_a_value_below_zero_has_no_parts_and_its_allocation_is_a_list_with_a_sentence(person: Any, portfolio: Any, share: Any, began: date) -> None:
    record(portfolio, "buy", began, share, quantity="1", price="100")
    record(portfolio, "withdrawal", began, amount="5000")
    table = holdings_of(portfolio)
    assert table.value.value < 0 and not table.has_weights and table.all_weights is None
    assert all("not above zero" in row.weight.why_not for row in (*table.rows, *table.cash))
    page = page_of(person)
    assert "The value is not above zero, so there are no parts of it to draw." in page
    assert 'data-chart="allocation"' not in page and 'class="breakdown"' in page


def test_the_weights_of_a_whole_add_up_to_it(person: Any, portfolio: Any, share: Any, began: date) -> None:
    record(portfolio, "deposit", began, amount="5000")
    record(portfolio, "buy", began, share, quantity="10", price="100")
    assert round(holdings_of(portfolio).all_weights, 12) == 1
    assert "holdings without a price" not in page_of(person)
