"""What moves between two portfolios is a flow of each of them, and none of both together."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from analytics.selectors import gains, performance
from analytics.selectors.scope import Scope
from portfolios.models import Portfolio
from portfolios.transfers.services import TransferDraft, transfer_units
from tests.factories import D, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(person: Any, share: Any, fund: Any, dollars: None, began: date) -> list[Portfolio]:
    """One holds shares from the first day; the other joins after 100 days with something else."""
    first = make_portfolio(person, name="First", cost_method="fifo", tracks_cash=False)
    second = make_portfolio(person, name="Second", cost_method="fifo", tracks_cash=False)
    record(first, "buy", began + timedelta(days=1), share, quantity="10", price="100.01")
    record(second, "transfer_in", began + timedelta(days=100), fund, quantity="20", price="40", fx_rate="0.8")
    return [first, second]


def returns(portfolios: list[Portfolio]) -> dict[date, float]:
    """The return of each day on which there is one."""
    series = Scope(portfolios, "EUR").daily
    index = series.index
    held = series.value[:-1] + series.inflow > 0
    days = [series.first + timedelta(days=n + 1) for n in range(len(index) - 1)]
    return {day: rate for day, rate, there in zip(days, index[1:] / index[:-1] - 1, held, strict=True) if there and np.isfinite(rate)}


def fresh(portfolios: list[Portfolio]) -> list[Portfolio]:
    return list(Portfolio.objects.filter(pk__in=[one.pk for one in portfolios]).select_related("owner").order_by("pk"))


def assert_between(two: list[Portfolio], *, but: date | None = None) -> None:
    """Each day's return of both together lies between the lowest and the highest of the parts."""
    together, parts = returns(two), [returns([one]) for one in two]
    assert together
    for day, rate in together.items():
        found = [part[day] for part in parts if day in part]
        assert day == but or min(found) - 1e-12 <= rate <= max(found) + 1e-12, day


def test_an_account_that_joins_leaves_each_days_return_between_those_of_its_parts(two: list[Portfolio]) -> None:
    assert_between(two)


def test_a_transfer_is_a_flow_of_each_part_and_none_of_the_whole(two: list[Portfolio], share: Any, began: date) -> None:
    before, exact = performance(two), gains(two)
    each = [float(performance([one]).net_flows.value or 0) for one in two]
    moved = began + timedelta(days=200)
    transfer_units(two[0].owner, two[0], two[1], TransferDraft(instrument=share, quantity=D(4), day=moved))
    now = fresh(two)
    after = performance(now)
    assert (after.twr.value, after.mwr.value) == (pytest.approx(before.twr.value, abs=1e-12), pytest.approx(before.mwr.value, abs=1e-9))
    assert after.net_flows.value == pytest.approx(before.net_flows.value, abs=1e-9)
    assert (gains(now).total.value, gains(now).net_flows) == (exact.total.value, exact.net_flows)
    changed = [float(performance([one]).net_flows.value or 0) for one in now]
    assert changed[0] == pytest.approx(each[0] - 4 * 102, abs=1e-9) and changed[1] == pytest.approx(each[1] + 4 * 102, abs=1e-9)


def test_each_days_return_of_the_whole_stays_between_the_parts_when_units_move(two: list[Portfolio], share: Any, began: date) -> None:
    moved = began + timedelta(days=200)
    transfer_units(two[0].owner, two[0], two[1], TransferDraft(instrument=share, quantity=D(10), day=moved))
    # on the day itself the units have earned where they came from, and have not yet where they went
    assert_between(fresh(two), but=moved)
