"""What was done with a holding, of every kind: marks on its chart, and its own return."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.selectors import holding_detail
from portfolios.services.drafts import LegDraft
from tests.analytics.conftest import store_closes
from tests.factories import make_instrument, record, set_quote

pytestmark = pytest.mark.django_db


@pytest.fixture
def spun(portfolio: Any, share: Any, began: date) -> Any:
    """10 units for 1000; after 100 days half a unit of another share for each, a fifth of the cost going with it."""
    other = make_instrument("SPUN")
    store_closes(other, [(began + timedelta(days=100), "40")])
    set_quote(other, "50", "49")
    record(portfolio, "deposit", began, amount="1000")
    record(portfolio, "buy", began, share, quantity="10", price="100")
    leg = LegDraft(instrument=other, ratio_new=Decimal(1), ratio_old=Decimal(2), cost_share=Decimal("0.2"))
    record(portfolio, "spin_off", began + timedelta(days=100), share, legs=(leg,))
    return other


def test_what_a_spin_off_gives_is_received_from_the_one_and_paid_for_the_other(
    person: Any, portfolio: Any, share: Any, spun: Any, today: date
) -> None:
    def flows(rate: float, *flows: tuple[int, float]) -> float:
        return sum(amount * (1 + rate) ** (-days / 365) for days, amount in flows)

    parent = holding_detail(person, [portfolio], share)
    child = holding_detail(person, [portfolio], spun)
    assert parent.money_weighted.known and child.money_weighted.known
    assert flows(float(parent.money_weighted.value or 0), (0, -1000), (100, 5 * 40), (500, 10 * 110)) == pytest.approx(0, abs=1e-6)
    assert flows(float(child.money_weighted.value or 0), (100, -200), (500, 5 * 50)) == pytest.approx(0, abs=1e-6)
    assert [(mark.kind, mark.side) for mark in parent.marks] == [("buy", "in"), ("spin_off", "")]


def test_without_a_price_of_what_was_given_there_is_no_return_and_the_reason_names_it(person: Any, portfolio: Any, share: Any, began: date) -> None:
    other = make_instrument("DARK")
    record(portfolio, "deposit", began, amount="1000")
    record(portfolio, "buy", began, share, quantity="10", price="100")
    leg = LegDraft(instrument=other, ratio_new=Decimal(1), ratio_old=Decimal(1), cost_share=Decimal("0.1"))
    record(portfolio, "spin_off", began + timedelta(days=9), share, legs=(leg,))
    found = holding_detail(person, [portfolio], share).money_weighted
    assert not found.known and "DARK" in found.why_not


def test_rewards_are_gain_and_sales_of_every_kind_are_marked(person: Any, portfolio: Any, share: Any, began: date) -> None:
    record(portfolio, "deposit", began, amount="2000")
    record(portfolio, "buy", began, share, quantity="10", price="100")
    record(portfolio, "staking_reward", began + timedelta(days=5), share, quantity="1", price="100")
    record(portfolio, "redemption", began + timedelta(days=50), share, quantity="2", price="100")
    record(portfolio, "return_of_capital", began + timedelta(days=60), share, amount="30")
    detail = holding_detail(person, [portfolio], share)
    assert [(mark.kind, mark.side) for mark in detail.marks] == [
        ("buy", "in"),
        ("staking_reward", "in"),
        ("redemption", "out"),
        ("return_of_capital", "paid"),
    ]
    assert detail.money_weighted.known
