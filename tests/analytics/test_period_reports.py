"""Rolling figures, costs and the growth of the value: page, file and API tell the same, which adds up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from analytics import memory
from analytics.choices import CostKind
from analytics.engine.errors import Undefined
from analytics.engine.trend import growth_trend
from analytics.selectors import ReturnsReport, Scope, gains_of
from analytics.selectors.explaining import names as explain_names
from analytics.selectors.period.costs import CostsReport
from analytics.selectors.period.rolling import RollingReport
from tests.analytics.test_parts import HARD
from tests.factories import make_person, make_portfolio, record

DAY = timedelta(days=1)
TABS = ("attribution", "rolling", "costs")
ENDPOINTS = (*TABS, "growth")


def number(figure: Any) -> float:
    assert figure.value is not None, figure.why_not
    return float(figure.value)


def told(api: Any, path: str, **query: str) -> Any:
    answer = api.get(f"/api/v1/portfolios/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


# ── costs ───────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("since", [0, 1, 100, 205, 350, 499])
@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_costs_add_up_and_those_outside_of_trades_are_the_expenses_of_the_gains(
    euro_portfolio: Any, dollar_portfolio: Any, began: date, since: int, currency: str
) -> None:
    scope = Scope([euro_portfolio, dollar_portfolio], currency)
    report = ReturnsReport(scope, began + since * DAY)
    found = CostsReport(report.stretch).result()
    assert found.booked.value == gains_of(scope, began + since * DAY).expenses
    assert found.booked.value + found.inside.value == found.total.value == found.whole.total  # type: ignore[operator]
    for rows in (found.years, found.holdings):
        assert sum((row.total for row in rows), Decimal(0)) == found.total.value
        assert all(row.fees + row.taxes == row.total == sum(row.by_kind.values(), Decimal(0)) for row in rows)
    assert number(report.parts.bridge().costs) == pytest.approx(number(found.total), abs=1e-6)


@pytest.mark.django_db
def test_each_cost_is_of_the_kind_that_it_was_paid_for(api: Any, euro_portfolio: Any) -> None:
    found = told(api, f"{euro_portfolio.pk}/costs")
    assert found["by_kind"] == {"trade_fees": "10.8", "withheld": "6", "account_fees": "12"}
    assert (found["costs"], found["expenses"], found["inside_of_trades"]) == ("28.8", "18", "10.8")
    assert float(found["cost_share"]) == pytest.approx(28.8 / float(found["mean_value"]))
    performance = told(api, f"{euro_portfolio.pk}/performance")
    assert float(found["cost_of_gain"]) == pytest.approx(28.8 / (float(performance["gain"]) + 28.8))
    assert float(found["cost_drag"]) == pytest.approx(float(found["gross_twr"]) - float(performance["twr"]))
    assert [row["symbol"] for row in found["by_holding"]] == ["SHARE", None, "FUND"]


# ── rolling ─────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("window", [30, 90, 365])
def test_a_rolling_return_is_that_of_the_days_before(euro_portfolio: Any, today: date, window: int) -> None:
    scope = Scope([euro_portfolio])
    report = RollingReport(scope, ReturnsReport(scope, today - 100 * DAY).stretch, window)
    index = scope.daily.index
    growth = float(index[-1] / index[-1 - window])
    assert number(report.returns.latest) == pytest.approx(growth - 1)
    assert len(report.returns.days) == 101 and number(report.returns.mean) == pytest.approx(report.returns.values.mean())
    assert number(report.returns.least) <= number(report.returns.mean) <= number(report.returns.most)
    assert report.trading == {30: 21, 90: 62, 365: 252}[window]


@pytest.mark.django_db
def test_the_last_window_is_what_risk_tells_of_its_days(euro_portfolio: Any, today: date) -> None:
    scope = Scope([euro_portfolio])
    report = RollingReport(scope, ReturnsReport(scope, today - 200 * DAY).stretch, 90, 0.02)
    returns = report.measured.returns.values[-report.trading :]
    earned = report.measured.riskless[-report.trading :]
    years = report.measured.periods
    assert number(report.volatility.latest) == pytest.approx(returns.std(ddof=1) * np.sqrt(years))
    beyond = returns - earned
    assert number(report.sharpe.latest) == pytest.approx(beyond.mean() / beyond.std(ddof=1) * np.sqrt(years))
    ours, theirs = (one[-report.trading :] - earned for one in report.measured.pair)
    assert number(report.beta.latest) == pytest.approx(np.cov(ours, theirs)[0, 1] / theirs.var(ddof=1))


@pytest.mark.django_db
def test_without_a_rate_without_risk_the_sharpe_ratio_says_how_to_set_one(signed_in: Any, api: Any, euro_portfolio: Any) -> None:
    page = signed_in.get("/performance/?tab=rolling&period=MAX").content.decode()
    assert "No rate without risk is known" in page
    assert "No rate without risk is known" not in signed_in.get("/performance/?tab=rolling&period=MAX&rf=2").content.decode()
    assert "is no number" in signed_in.get("/performance/?tab=rolling&rf=two").content.decode()
    found = told(api, f"{euro_portfolio.pk}/rolling", period="MAX", window="30", rf="1.5")
    assert found["sharpe"]["mean"] is not None and found["trading_days"] == 21 and found["window"] == 30


@pytest.mark.django_db
def test_a_short_history_says_how_long_a_window_is(api: Any, person: Any, share: Any, today: date) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", today - 40 * DAY, share, quantity="10", price="100")
    found = told(api, f"{portfolio.pk}/rolling", window="365")
    said = {one["figure"]: one["reason"] for one in found["undefined"]}
    assert "fewer than the 365 of one stretch" in said["rolling_return"] and "fewer than the 252 of one window" in said["volatility"]
    assert found["volatility"] == {"latest": None, "mean": None, "least": None, "most": None, "series": []}


# ── growth ──────────────────────────────────────────────────────────────────


@given(st.floats(-0.9, 5), st.integers(20, 800), st.floats(1, 1e9))
def test_what_grows_evenly_has_its_rate_and_lies_on_the_line(rate: float, closes: int, start: float) -> None:
    value = start * (1 + rate) ** (np.arange(closes) / 365)
    found = growth_trend(value)
    assert found.rate == pytest.approx(rate, rel=1e-6, abs=1e-9) and found.line == pytest.approx(value, rel=1e-9)
    assert found.r_squared is None or found.r_squared == pytest.approx(1, abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_the_trend_is_that_of_least_squares(seed: int) -> None:
    value = np.exp(np.cumsum(np.random.default_rng(seed).normal(0.001, 0.02, 200)))
    slope, _ = np.polyfit(np.arange(200), np.log(value), 1)
    found = growth_trend(value)
    assert found.rate == pytest.approx(np.expm1(slope * 365), rel=1e-6, abs=1e-9)
    assert found.r_squared == pytest.approx(np.corrcoef(np.arange(200), np.log(value))[0, 1] ** 2, abs=1e-9)


def test_a_trend_that_there_is_none_of_says_why() -> None:
    assert growth_trend(np.full(30, 7.0)).r_squared is None and growth_trend(np.full(30, 7.0)).rate == 0
    with pytest.raises(Undefined, match="needs 20 closes"):
        growth_trend(np.ones(19))
    with pytest.raises(Undefined, match="not above zero"):
        growth_trend(np.append(np.ones(30), 0.0))


@pytest.mark.django_db
def test_months_lead_from_the_first_value_to_the_last(euro_portfolio: Any, began: date) -> None:
    growth = ReturnsReport(Scope([euro_portfolio]), began + 50 * DAY).growth
    rows, series = growth.months()[::-1], growth.stretch.daily
    assert [row.month for row in rows] == sorted({(series.first + n * DAY).replace(day=1) for n in range(1, len(series.value))})
    value = float(series.value[0])
    for row in rows:
        value += number(row.flows) + number(row.gain)
        assert number(row.value) == pytest.approx(value) and number(row.change) == pytest.approx(number(row.flows) + number(row.gain))
    assert value == pytest.approx(float(series.value[-1]))


@pytest.mark.django_db
def test_today_and_this_month_are_explained_by_their_drivers(api: Any, euro_portfolio: Any, today: date) -> None:
    found = told(api, f"{euro_portfolio.pk}/growth")
    for name, period in (("today", "1D"), ("this_month", "MTD")):
        drivers = told(api, f"{euro_portfolio.pk}/drivers", period=period)
        for step in ("start_value", "price", "currency_part", "income", "costs", "change"):
            assert float(found[name][step]) == pytest.approx(float(drivers[step]), abs=1e-5), (name, step)
    assert found["months"][0]["month"] == f"{today:%Y-%m}" and found["growth_rate"] is not None


# ── all of them ─────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("name", HARD)
def test_a_difficult_portfolio_is_answered_with_figures_or_reasons(
    signed_in: Any, api: Any, person: Any, began: date, today: date, name: str, index: Any
) -> None:
    portfolio = make_portfolio(person, allows_short=True, benchmark=index)
    HARD[name](portfolio, began, today)
    for tab in TABS:
        for query in ("period=MAX", "period=1D&returns=gross", f"period={today.year - 3}"):
            assert signed_in.get(f"/performance/?tab={tab}&{query}").status_code == 200
        assert signed_in.get(f"/performance/?tab={tab}&export=json").status_code == 200
    for part in ENDPOINTS:
        found = told(api, f"{portfolio.pk}/{part}")
        assert all(one["reason"].endswith(".") for one in found["undefined"])


@pytest.mark.django_db
@pytest.mark.parametrize("tab", TABS)
def test_a_tab_has_its_address_its_files_and_a_reason_for_each_figure(signed_in: Any, euro_portfolio: Any, tab: str) -> None:
    page = signed_in.get(f"/performance/?tab={tab}&period=MAX").content.decode()
    assert f'href="?tab={tab}&amp;period=MAX" aria-current="page"' in page
    for name in {part.split('"')[0] for part in page.split('data-why="')[1:]}:
        assert signed_in.get(f"/performance/?tab={tab}&period=MAX&why={name}").status_code == 200, name
    file = signed_in.get(f"/performance/?tab={tab}&period=MAX&export=xlsx")
    assert file.status_code == 200 and f"performance-{tab}-" in file["Content-Disposition"]
    assert signed_in.get(f"/performance/?tab={tab}&period=MAX&export=csv").status_code == 200


@pytest.mark.django_db
def test_every_row_of_the_first_tab_says_why_it_is_what_it_is(signed_in: Any, euro_portfolio: Any, today: date) -> None:
    page = signed_in.get("/performance/?period=MAX").content.decode()
    asked = {part.split('"')[0] for part in page.split('data-why="')[1:]}
    wanted = {f"year_{today.year}", f"over_{today.year}", "fall_1", "stretches_1", "growth_rate", "change_today", "change_month", "simple_return"}
    assert wanted <= asked
    for name in wanted | {f"month_{today:%Y-%m}"}:
        assert signed_in.get(f"/performance/?period=MAX&why={name}").status_code == 200, name


@pytest.mark.django_db
def test_an_unknown_tab_is_not_found(signed_in: Any, euro_portfolio: Any) -> None:
    assert signed_in.get("/performance/?tab=fees").status_code == 404


@pytest.mark.django_db
def test_a_tab_costs_a_fixed_number_of_queries(signed_in: Any, api: Any, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    for part in TABS:
        costs = {}
        for period in ("1D", "MAX"):
            for state in ("cold", "warm"):
                if state == "cold":
                    cache.clear()
                    for one in (memory.series, memory.holdings, memory.moves, memory.costs):
                        one.clear()
                with CaptureQueriesContext(connection) as captured:
                    assert signed_in.get(f"/performance/?tab={part}&period={period}").status_code == 200
                costs[period, state] = len(captured)
        assert max(costs.values()) <= 34 and costs["MAX", "warm"] <= 18, (part, costs)
    for part in ENDPOINTS:
        told(api, f"{euro_portfolio.pk}/{part}")
        with CaptureQueriesContext(connection) as captured:
            told(api, f"{euro_portfolio.pk}/{part}", period="1Y")
        assert len(captured) <= 18, (part, len(captured))


@pytest.mark.django_db
def test_strangers_and_what_there_is_none_of_are_refused_by_name(api: Any, euro_portfolio: Any) -> None:
    theirs = make_portfolio(make_person("somebody"))
    wrong = {"attribution": ("by", "colour"), "rolling": ("window", "7"), "costs": ("returns", "gross"), "growth": ("window", "30")}
    for part, (field, value) in wrong.items():
        assert api.get(f"/api/v1/portfolios/{theirs.pk}/{part}").status_code == 404
        for query in ({"peroid": "1Y"}, {field: value}):
            answer = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/{part}", query)
            assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == next(iter(query)), part
    assert api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/rolling?rf=much").status_code == 400
    assert {kind.value for kind in CostKind} == {
        "trade_fees", "trade_taxes", "withheld", "income_fees", "account_fees", "other_fees", "other_taxes",
    }  # fmt: skip


@pytest.mark.django_db
def test_all_of_them_are_told_of_all_portfolios_together(api: Any, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    for part in ENDPOINTS:
        assert told(api, f"all/{part}", period="1Y")["portfolios"] == [euro_portfolio.pk, dollar_portfolio.pk]


@pytest.mark.django_db
def test_every_figure_of_a_period_is_explained_with_the_value_that_it_has_there(api: Any, euro_portfolio: Any) -> None:
    path = f"/api/v1/portfolios/{euro_portfolio.pk}"

    def explained(name: str, **query: str) -> Any:
        answer = api.get(f"{path}/explain", {"report": "performance", "period": "1Y", "figure": name, **query})
        assert answer.status_code == 200, (name, answer.content)
        return answer.json()

    for returns in ("net", "gross"):
        performance = told(api, f"{euro_portfolio.pk}/performance", period="1Y", returns=returns)
        for name in ("twr", "mwr", "modified_dietz", "simple_return", "gain"):
            assert explained(name, returns=returns)["value"] == performance[name], name
    assert explained("excess")["value"] == told(api, f"{euro_portfolio.pk}/performance", period="1Y")["benchmark"]["excess"]
    assert explained("change")["value"] == told(api, f"{euro_portfolio.pk}/drivers", period="1Y")["change"]
    costs = told(api, f"{euro_portfolio.pk}/costs", period="1Y")
    assert all(explained(name)["value"] == costs[name] for name in ("costs", "cost_share", "cost_of_gain", "cost_drag"))
    rolling = told(api, f"{euro_portfolio.pk}/rolling", period="1Y", window="30", rf="2")
    assert explained("rolling_sharpe", window="30", rf="2")["value"] == rolling["sharpe"]["mean"]
    assert all(explained(name)["figure"] == name for name in explain_names.PERIOD)


@pytest.mark.django_db
def test_what_belongs_to_a_report_is_refused_outside_of_it(api: Any, euro_portfolio: Any) -> None:
    for query in ({"returns": "gross"}, {"by": "class"}, {"report": "risk", "returns": "net"}, {"report": "performance", "shock": "class:stock:-20"}):
        answer = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/explain", {"figure": "twr", **query})
        assert answer.status_code == 400 and answer.json()["errors"][0]["field"] in query
