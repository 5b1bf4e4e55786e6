"""Days that are unlike a portfolio's own past: shown with what brought them, explained, and told of once."""

from __future__ import annotations

import html
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.models import UnusualDay
from analytics.selectors import Scope, returns_of
from analytics.signals import unusual_day
from analytics.snapshots import taking
from tests.analytics.conftest import store_closes
from tests.factories import make_instrument, make_portfolio, record, set_quote

pytestmark = pytest.mark.django_db

DAYS = 120


def trading_days(today: date) -> list[date]:
    return [day for n in range(DAYS, 0, -1) if (day := today - timedelta(days=n)).weekday() < 5]


def wobbling(symbol: str, today: date, *, fall_on: date | None = None, fall: float = 0.88) -> Any:
    """Up and down by about one percent in turns; on one day it falls."""
    instrument = make_instrument(symbol)
    rows, price = [], 100.0
    for n, day in enumerate(trading_days(today)):
        price *= fall if day == fall_on else (1.011, 0.991, 1.004, 0.996)[n % 4]
        rows.append((day, f"{price:.6f}"))
    store_closes(instrument, rows)
    set_quote(instrument, rows[-1][1], rows[-1][1])
    instrument.rows = rows
    return instrument


def holding(person: Any, *instruments: Any) -> Any:
    portfolio = make_portfolio(person, tracks_cash=False)
    for one in instruments:
        day, close = one.rows[0]
        record(portfolio, "buy", day, one, quantity="10", price=close)
    return portfolio


@pytest.fixture
def wild(today: date) -> date:
    return trading_days(today)[-12]


@pytest.fixture
def fallen(person: Any, today: date, wild: date) -> Any:
    return holding(person, wobbling("FALL", today, fall_on=wild), wobbling("CALM", today))


def test_a_wild_day_is_marked_with_what_brought_it_and_others_are_not(fallen: Any, wild: date) -> None:
    (found,) = returns_of(Scope([fallen])).unusual
    assert found.day == wild and found.deviation.value < -4
    assert found.drivers[0].instrument.symbol == "FALL" and found.drivers[0].gain.value < -50
    assert sum(one.gain.value for one in found.drivers) == pytest.approx(found.twr.value * value_at_close_before(fallen, found.before))


def value_at_close_before(portfolio: Any, day: date) -> float:
    daily = Scope([portfolio]).daily
    return float(daily.value[daily.at(day)])


def test_the_same_day_is_marked_in_any_period_that_holds_it_and_in_no_other(fallen: Any, wild: date) -> None:
    scope = Scope([fallen])
    for start in (None, wild, wild - timedelta(days=30)):
        assert [one.day for one in returns_of(scope, start).unusual] == [wild]
    assert returns_of(scope, wild + timedelta(days=1)).unusual == ()
    assert returns_of(scope, None, wild - timedelta(days=1)).unusual == ()


def test_its_explanation_comes_to_its_deviation(fallen: Any, wild: date) -> None:
    report = returns_of(Scope([fallen]))
    story = report.explanations[f"unusual_{wild.isoformat()}"]
    returned, middle, spread, unit, result = (float(term.figure.value) for term in story.terms)
    assert (returned - middle) / spread / unit == pytest.approx(result)
    assert result == report.unusual[0].deviation.value


def test_page_files_and_api_show_it(signed_in: Any, api: Any, fallen: Any, wild: date) -> None:
    page = html.unescape(signed_in.get("/performance/?period=MAX").content.decode())
    assert "Unusual days" in page and "FALL" in page
    assert signed_in.get(f"/performance/?period=MAX&why=unusual_{wild.isoformat()}").status_code == 200
    assert wild.isoformat() in signed_in.get("/performance/?period=MAX&export=csv&table=unusual").content.decode()
    for path in (str(fallen.pk), "all"):
        answer = api.get(f"/api/v1/portfolios/{path}/unusual-days").json()
        assert [(one["day"], one["drivers"][0]["symbol"]) for one in answer["days"]] == [(wild.isoformat(), "FALL")]
    assert api.get("/api/v1/portfolios/all/unusual-days?holding=0").json()["days"] == []


def test_where_nothing_is_unusual_the_page_says_nothing_of_it(signed_in: Any, person: Any, today: date) -> None:
    holding(person, wobbling("CALM", today))
    assert 'id="unusual-title"' not in signed_in.get("/performance/?period=MAX").content.decode()


def test_the_night_after_it_is_noticed_once(person: Any, today: date, django_capture_on_commit_callbacks: Any) -> None:
    last = trading_days(today)[-1]
    portfolio = holding(person, wobbling("FALL", today, fall_on=last))
    quiet = holding(person, wobbling("CALM", today))
    heard: list[Any] = []

    def hear(*, portfolio_id: int, day: date, **_: Any) -> None:
        heard.append((portfolio_id, day))

    unusual_day.connect(hear)
    try:
        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                taking.take_snapshots(taking.plan_snapshots(timezone.now()), timezone.now())
            taking.Snapshot.objects.update(series_rests_on="")  # as when prices have changed since
    finally:
        unusual_day.disconnect(hear)
    assert heard == [(portfolio.pk, last)]
    assert list(UnusualDay.objects.values_list("portfolio", "day")) == [(portfolio.pk, last)]
    assert quiet.pk not in {pk for pk, _ in heard}
