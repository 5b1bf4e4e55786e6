"""Balances follow each change as a rebuild would tell them (every test ends with that check)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portfolios.models import CashBalance
from portfolios.services import edit_transaction, void_transaction
from tests.factories import make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def short(person: Any) -> Any:
    return make_portfolio(person, allows_short=True)


def cash(portfolio: Any) -> Decimal:
    return Decimal(CashBalance.objects.get(portfolio=portfolio, currency="EUR").amount)


def test_who_is_short_pays_the_capital_that_is_paid_back(short: Any) -> None:
    share = make_instrument("SHORT")
    record(short, "short_sell", "2024-01-02", share, quantity="10", price="50")
    paid = record(short, "return_of_capital", "2024-02-01", share, amount="30")
    assert cash(short) == 500 - 30
    void_transaction(short.owner, paid)
    assert cash(short) == 500


def test_a_change_that_turns_a_short_position_round_turns_its_payments_round(short: Any) -> None:
    share = make_instrument("TURN")
    sold = record(short, "sell", "2024-01-02", share, quantity="10", price="50")
    record(short, "return_of_capital", "2024-02-01", share, amount="30")
    assert cash(short) == 500 - 30
    record(short, "buy", "2024-01-01", share, quantity="20", price="40")
    assert cash(short) == 500 - 800 + 30
    edit_transaction(short.owner, sold, quantity=Decimal(25), amount=None)
    assert cash(short) == 1250 - 800 - 30
