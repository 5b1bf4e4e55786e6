"""The dashboard as a person gets it: its figures against the same made by hand, and its cost with few and many holdings."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portfolio_site.web.numbers import money, signed, signed0
from portfolio_site.web.writing import speaking
from portfolios.services import TransactionDraft, record_many
from tests import factories
from tests.by_hand import figures_by_hand

pytestmark = pytest.mark.django_db


def _text(page: bytes) -> str:
    """What is readable on a page, without markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page.decode()))).replace("\u00a0", " ")


@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_the_page_prints_the_figures_that_come_out_by_hand(
    client: Client, person: Any, euro_portfolio: Any, dollar_portfolio: Any, currency: str, today: date
) -> None:
    person.preferences.base_currency = currency
    person.preferences.save()
    client.force_login(person)
    by_hand = figures_by_hand([euro_portfolio, dollar_portfolio], currency, today)
    with speaking("en-GB"):
        expected = {
            "net worth": money(by_hand.value, currency),
            "cash": money(by_hand.cash_value, currency).rpartition(".")[0],
            "total gain": signed0(by_hand.total_gain, currency),
        }
        # the first term of a sum has no sign
        parts = {"unrealised": signed(by_hand.unrealised, currency), "realised": signed(by_hand.realised, currency).lstrip("+")}
    page = _text(client.get("/dashboard/").content)
    for name, text in expected.items():
        assert text.replace("\u00a0", " ") in page, (name, text)
    explained = _text(client.get("/dashboard/?why=total_gain").content)
    for name, text in parts.items():
        assert text.replace("\u00a0", " ") in explained, (name, text)


@pytest.fixture
def holder(person: Any, dollar: None, today: date) -> Callable[[int], Client]:
    """A browser of somebody with so many holdings, half of them in dollars."""

    def make(count: int) -> Client:
        owner = factories.make_person(f"holder{count}")
        portfolio = factories.make_portfolio(owner)
        day = today - timedelta(days=30)
        instruments = [factories.make_instrument(currency="USD" if n % 2 else "EUR", price="12.5", previous="12") for n in range(count)]
        drafts = [TransactionDraft(kind="deposit", traded_on=day, amount=factories.D(10**7), currency="EUR")]
        drafts += [TransactionDraft(kind="buy", traded_on=day, instrument=one, quantity=factories.D(3), price=factories.D(10)) for one in instruments]
        record_many(owner, portfolio, drafts)
        browser = Client()
        browser.force_login(owner)
        return browser

    return make


@pytest.mark.parametrize("path", ["/dashboard/", "/holdings/"])
def test_a_page_costs_at_most_fifteen_queries_with_ten_holdings_and_with_two_hundred(holder: Callable[[int], Client], path: str) -> None:
    costs = []
    for count in (10, 200):
        browser = holder(count)
        for state in ("cold", "warm"):
            if state == "cold":
                cache.clear()
            with CaptureQueriesContext(
                connection,
            ) as captured:
                page = browser.get(path)
            assert page.status_code == 200
            assert page.content.count(b"data-row=") >= count
            costs.append((state, len(captured)))
    assert costs[:2] == costs[2:], costs
    assert max(cost for _, cost in costs) <= 15, costs
