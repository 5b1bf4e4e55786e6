"""Many portfolios in one call: each answered as by itself, at a number of queries that does not grow with them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics import memory
from analytics.selectors.batch import MOST_PORTFOLIOS, batch, headline
from analytics.selectors.scope import Scope
from market.models import FxRate
from portfolio_site.kernel.errors import Invalid
from portfolios.models import Portfolio
from portfolios.selectors import ledger, portfolios_of
from portfolios.selectors.shelf import shelf
from tests.analytics.conftest import every_day, store_closes
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


def asked(api: Any, portfolios: Any) -> Any:
    return api.post("/api/v1/analytics/batch", {"portfolios": portfolios}, format="json")


def cold() -> None:
    shelf.clear()
    memory.series.clear()


@pytest.fixture
def unpriced(person: Any, began: date, today: date) -> Any:
    """Held before it had a price: it stands at its cost for ten days."""
    late = make_instrument("LATE")
    store_closes(late, every_day(began + timedelta(days=10), today - timedelta(days=1), lambda n: str(D(20) + D(n) / 50)))
    portfolio = make_portfolio(person, name="Late", tracks_cash=False)
    record(portfolio, "buy", began, late, quantity="10", price="19")
    return portfolio


def test_each_is_answered_as_by_itself(person: Any, euro_portfolio: Any, dollar_portfolio: Any, unpriced: Any, today: date) -> None:
    empty = make_portfolio(person, name="Empty")
    cold()
    alone = {one.pk: headline(Scope([one])) for one in portfolios_of(person)}
    cold()
    found = batch(person, None, today)
    assert [row.portfolio for row in found.headlines] == [euro_portfolio, dollar_portfolio, unpriced, empty]
    for row in found.headlines:
        assert row.figures == alone[row.portfolio.pk].figures
        assert (row.since, row.warnings) == (alone[row.portfolio.pk].since, alone[row.portfolio.pk].warnings)
    assert "stands at its cost" in found.headlines[2].warnings[0]


def test_own_exchange_rates_count_as_by_itself(person: Any, euro_portfolio: Any, dollar_portfolio: Any, began: date, today: date) -> None:
    for back in (0, 200):
        FxRate.objects.create(owner=person, base="EUR", quote="USD", day=today - timedelta(days=back), rate=D("1.5"), source="own")
    cold()
    alone = headline(Scope([euro_portfolio])).figures
    cold()
    found = batch(person, [euro_portfolio.pk, dollar_portfolio.pk], today)
    assert found.headlines[0].figures == alone


def test_pages_find_what_a_batch_has_computed(person: Any, euro_portfolio: Any, today: date) -> None:
    cold()
    batch(person, None, today)
    scope = Scope(list(portfolios_of(person)))
    assert scope.computed is memory.series.of(scope.key, lambda: pytest.fail("computed again"))


@pytest.mark.parametrize("warm", [False, True])
def test_as_many_queries_for_eight_as_for_two(
    api: Any, person: Any, euro_portfolio: Any, dollar_portfolio: Any, unpriced: Any, share: Any, began: date, warm: bool
) -> None:
    def queries() -> int:
        if not warm:
            cold()
        with CaptureQueriesContext(connection) as seen:
            answer = asked(api, "all")
        assert answer.status_code == 200 and answer.json()["errors"] == []
        return len(seen)

    asked(api, "all")
    few = queries()
    for number in range(5):
        more = make_portfolio(person, name=f"More {number}", tracks_cash=False)
        record(more, "buy", began + timedelta(days=5), share, quantity="3", price="100")
    asked(api, "all")
    assert queries() == few <= (9 if warm else 15)


def test_what_cannot_be_answered_stands_beside_the_rest(api: Any, euro_portfolio: Any, stranger: Any) -> None:
    theirs = make_portfolio(stranger)
    answer = asked(api, [theirs.pk, euro_portfolio.pk, 999_999, euro_portfolio.pk]).json()
    assert [row["portfolio"] for row in answer["results"]] == [euro_portfolio.pk]
    assert [(one["portfolio"], one["code"]) for one in answer["errors"]] == [(theirs.pk, "portfolio_not_found"), (999_999, "portfolio_not_found")]


def test_a_ledger_that_cannot_be_replayed_keeps_no_other_from_being_answered(
    monkeypatch: Any, person: Any, euro_portfolio: Any, dollar_portfolio: Any, today: date
) -> None:
    whole = ledger.replay_marked

    def replay(events: Any, rules: Any, **more: Any) -> Any:
        if rules.base_currency == "USD":
            raise Invalid("This ledger sells what was never there.")
        return whole(events, rules, **more)

    cold()
    monkeypatch.setattr(ledger, "replay_marked", replay)
    found = batch(person, None, today)
    assert [row.portfolio for row in found.headlines] == [euro_portfolio]
    assert [(one.portfolio_id, one.detail) for one in found.errors] == [(dollar_portfolio.pk, "This ledger sells what was never there.")]
    cold()


def test_an_archived_one_is_answered_when_it_is_named(api: Any, euro_portfolio: Any) -> None:
    Portfolio.objects.filter(pk=euro_portfolio.pk).update(archived_at=timezone.now())
    assert asked(api, "all").json()["results"] == []
    assert len(asked(api, [euro_portfolio.pk]).json()["results"]) == 1


def test_figures_that_do_not_exist_say_why(api: Any, portfolio: Any) -> None:
    (row,) = asked(api, [portfolio.pk]).json()["results"]
    assert row["value"] == "0" and row["since"] is None
    said = {one["figure"]: one["reason"] for one in row["undefined"]}
    assert said.keys() == {"twr", "twr_annualized", "mwr", "volatility", "maximum_drawdown", "risk_level"}
    assert all(row[name] is None and reason for name, reason in said.items())


@pytest.mark.parametrize("wrong", [None, [], "some", {"a": 1}, ["7"], [0], [True], list(range(1, MOST_PORTFOLIOS + 2))])
def test_what_is_no_list_of_portfolios_is_refused_by_field(api: Any, wrong: Any) -> None:
    answer = asked(api, wrong)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "portfolios"


def test_a_field_or_parameter_of_another_name_is_refused(api: Any) -> None:
    assert api.post("/api/v1/analytics/batch", {"portfolios": "all", "portfolio": 7}, format="json").status_code == 400
    assert api.post("/api/v1/analytics/batch?window=1Y", {"portfolios": "all"}, format="json").status_code == 400
