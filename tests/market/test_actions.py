"""Corporate actions as sources report them: stored once, corrected in place, told to whoever listens."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from market.errors import InvalidActions
from market.models import CorporateAction
from market.providers.demo import DemoMarket
from market.selectors import actions_of
from market.services import ActionRow, ingest_actions, load_demo_market
from market.signals import actions_changed
from tests.factories import D, make_instrument
from tests.market.conftest import NOW

pytestmark = pytest.mark.django_db

DAY = date(2024, 6, 10)


@pytest.fixture
def heard() -> Any:
    """What listeners are told."""
    news: list[tuple[int, ...]] = []

    def listen(*, instrument_ids: tuple[int, ...], **_: object) -> None:
        news.append(instrument_ids)

    actions_changed.connect(listen)
    yield news
    actions_changed.disconnect(listen)


def test_an_action_is_stored_once_and_a_correction_takes_its_place(heard: Any, django_capture_on_commit_callbacks: Any) -> None:
    one = make_instrument("ACT")
    with django_capture_on_commit_callbacks(execute=True):
        assert ingest_actions({one.pk: [ActionRow("split", DAY, D(10), D(1)), ActionRow("dividend", DAY, amount=D("0.1"))]}, "test") == 2
    with django_capture_on_commit_callbacks(execute=True):
        assert ingest_actions({one.pk: [ActionRow("split", DAY, D(10), D(1))]}, "test") == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert ingest_actions({one.pk: [ActionRow("dividend", DAY, amount=D("0.12"))]}, "other") == 1
    assert heard == [(one.pk,), (one.pk,)]
    found = {view.kind: view for view in actions_of([one.pk])}
    assert (found["dividend"].amount, found["dividend"].source) == (D("0.12"), "other")
    assert (found["split"].ratio_new, found["split"].ratio_old) == (D(10), D(1))


@pytest.mark.parametrize(
    "row",
    [
        ActionRow("split", DAY, D(0), D(1)),
        ActionRow("split", DAY, D(2)),
        ActionRow("dividend", DAY, amount=D("-1")),
        ActionRow("merger", DAY),
        ActionRow("dividend", date(1700, 1, 1), amount=D(1)),
    ],
)
def test_what_cannot_be_right_is_refused_with_everything_beside_it(row: ActionRow) -> None:
    one = make_instrument("ACT")
    with pytest.raises(InvalidActions) as refused:
        ingest_actions({one.pk: [ActionRow("dividend", date(2024, 1, 2), amount=D(1)), row]}, "test")
    assert refused.value.errors[0].field.startswith(f"actions.{one.pk}.")
    assert not CorporateAction.objects.exists()


def test_actions_are_asked_by_instrument_and_day_in_one_query(django_assert_num_queries: Any) -> None:
    one, other = make_instrument("ONE"), make_instrument("TWO")
    days = [date(2024, 1, 2), date(2024, 2, 2), date(2024, 3, 2)]
    ingest_actions({pk: [ActionRow("dividend", day, amount=D(1)) for day in days] for pk in (one.pk, other.pk)}, "test")
    with django_assert_num_queries(1):
        assert [view.ex_day for view in actions_of([one.pk], start=days[1], end=days[2])] == days[1:]
    with django_assert_num_queries(0):
        assert actions_of([]) == []


def test_the_demo_market_reports_dividends_and_an_odd_split_of_its_own(short_demo: DemoMarket) -> None:
    assert load_demo_market(NOW).actions
    kinds = set(CorporateAction.objects.values_list("kind", "source"))
    assert ("dividend", "demo") in kinds
    assert load_demo_market(NOW).anything is False


def test_what_the_demo_companies_do_depends_on_the_day_alone() -> None:
    market = DemoMarket()
    year = market.actions(date(2023, 12, 31), date(2024, 12, 31))
    halves = [market.actions(date(2023, 12, 31), date(2024, 6, 30)), market.actions(date(2024, 6, 30), date(2024, 12, 31))]
    assert year == {symbol: [row for half in halves for row in half.get(symbol, [])] for symbol in year}
    assert [row.ex_day.month for row in year["AAPL"]] == [2, 5, 8, 11]
    (odd,) = year["DALPIN"]
    assert (odd.kind, odd.ratio_new, odd.ratio_old) == ("split", D("1.046"), D(1))
    assert all(row.amount and row.amount > 0 for rows in year.values() for row in rows if row.kind == "dividend")
