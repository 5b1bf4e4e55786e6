"""Value, gains and performance over the API: field names, refusals, and figures that agree with a calculation by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pyxirr
from django.test import Client

from tests.analytics.conftest import store_closes
from tests.factories import make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def got(browser: Client, path: str, **query: Any) -> dict[str, Any]:
    answer = browser.get(f"/api/v1/portfolios/{path}", query)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


# ── value ───────────────────────────────────────────────────────────────────


def test_value_is_units_times_price_times_rate_and_cash_to_the_last_digit(browser: Client, euro_portfolio: Any) -> None:
    body = got(browser, f"{euro_portfolio.pk}/value")
    # 32.5 shares at 110; 60 units at $53, a dollar is 1/1.2 euro, rounded to 18 places; cash from the entries
    rate = (Decimal(1) / Decimal("1.2")).quantize(Decimal("1e-18"))
    share, fund = Decimal("32.5") * 110, (Decimal(60) * 53 * rate).quantize(Decimal("1e-18"))
    cash = sum(map(Decimal, ["10000", "-4005.70", "-2405.40", "2000", "34", "1525.10", "7.77", "-12", "-500", "-780.75"]))
    assert Decimal(body["value"]) == share + fund + cash
    assert Decimal(body["cash_value"]) == cash
    assert Decimal(body["holdings_value"]) == share + fund
    assert {row["symbol"]: Decimal(row["value"]) for row in body["by_holding"]} == {"SHARE": share, "FUND": fund}
    assert [part["key"] for part in body["by_class"]] == ["cash", "stock", "etf"]
    assert {part["key"]: Decimal(part["value"]) for part in body["by_currency"]} == {"EUR": share + cash, "USD": fund}
    assert sum(Decimal(part["weight"]) for part in body["by_class"]) == pytest.approx(Decimal(1), abs=Decimal("1e-17"))
    assert (body["currency"], body["undefined"], body["warnings"], body["portfolios"]) == ("EUR", [], [], [euro_portfolio.pk])


@pytest.mark.parametrize("path", ["value", "gains"])
def test_a_parameter_that_is_not_known_is_refused_and_not_left_out_in_silence(browser: Client, euro_portfolio: Any, path: str) -> None:
    for whose in (str(euro_portfolio.pk), "all"):
        answer = browser.get(f"/api/v1/portfolios/{whose}/{path}", {"as_known": "2024-01-02"})
        assert answer.status_code == 400 and "Use " in answer.json()["detail"] and "known_at" in answer.json()["detail"]


def test_value_of_an_earlier_day_uses_its_closes_and_rates(browser: Client, euro_portfolio: Any, began: date) -> None:
    day = began + timedelta(days=50)
    body = got(browser, f"{euro_portfolio.pk}/value", as_of=day.isoformat())
    rate = (Decimal(1) / Decimal("1.245")).quantize(Decimal("1e-18"))
    fund = (Decimal(60) * Decimal("50.25") * rate).quantize(Decimal("1e-18"))
    assert Decimal(body["value"]) == 40 * Decimal("100.5") + fund + Decimal("10000") - Decimal("4005.70") - Decimal("2405.40")
    assert body["as_of"] == day.isoformat()


def test_all_portfolios_are_added_up_in_ones_own_currency(browser: Client, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    one = Decimal(got(browser, f"{euro_portfolio.pk}/value")["value"])
    other = Decimal(got(browser, f"{dollar_portfolio.pk}/value", currency="EUR")["value"])
    body = got(browser, "all/value")
    assert body["currency"] == "EUR"
    assert body["portfolios"] == [euro_portfolio.pk, dollar_portfolio.pk]
    assert Decimal(body["value"]) == one + other


def test_several_portfolios_are_told_in_ones_own_currency_and_one_alone_in_its_own(person: Any, dollars: None, began: date) -> None:
    from accounts.models import Preferences

    Preferences.objects.filter(user=person).update(base_currency="USD")
    client = Client()
    client.force_login(person)
    first = make_portfolio(person)
    assert got(client, "all/value")["currency"] == "EUR"
    make_portfolio(person)
    assert got(client, "all/value")["currency"] == got(client, "all/performance")["currency"] == "USD"
    assert got(client, f"{first.pk}/value")["currency"] == "EUR"


# ── gains ───────────────────────────────────────────────────────────────────


def test_gains_by_instrument_add_up_and_meet_the_identity(browser: Client, euro_portfolio: Any) -> None:
    body, value = got(browser, f"{euro_portfolio.pk}/gains"), Decimal(got(browser, f"{euro_portfolio.pk}/value")["value"])
    numbers = {
        key: Decimal(body[key]) for key in ("realized", "unrealized", "income", "expenses", "total", "price_gain", "currency_gain", "net_flows")
    }
    assert numbers["realized"] == Decimal("1525.10") - Decimal("15") * Decimal("4005.70") / 40
    assert (numbers["income"], numbers["expenses"], numbers["net_flows"]) == (Decimal("47.77"), Decimal(18), Decimal(11500))
    assert numbers["total"] == numbers["realized"] + numbers["unrealized"] + numbers["income"] - numbers["expenses"]
    assert numbers["price_gain"] + numbers["currency_gain"] == numbers["realized"] + numbers["unrealized"]
    assert value - numbers["net_flows"] == numbers["total"]
    rows = [*body["by_instrument"], *body["cash"]]
    for key in ("realized", "unrealized", "income", "expenses", "total", "price_gain", "currency_gain"):
        assert sum(Decimal(row[key]) for row in rows) == numbers[key]
    assert body["start"] is None


def test_the_gains_of_parts_of_the_time_add_up_to_the_whole(
    browser: Client, euro_portfolio: Any, dollar_portfolio: Any, began: date, today: date
) -> None:
    cut = began + timedelta(days=220)
    first = got(browser, "all/gains", end=cut.isoformat())
    second = got(browser, "all/gains", start=(cut + timedelta(days=1)).isoformat())
    whole = got(browser, "all/gains")
    for key in ("realized", "unrealized", "income", "expenses", "total", "price_gain", "currency_gain", "net_flows"):
        assert Decimal(first[key]) + Decimal(second[key]) == Decimal(whole[key]), key
    assert second["end"] == today.isoformat()
    start, end = (Decimal(got(browser, "all/value", as_of=day.isoformat())["value"]) for day in (cut, today))
    assert end - start - Decimal(second["net_flows"]) == Decimal(second["total"])


# ── performance ─────────────────────────────────────────────────────────────


def by_hand(flows: list[tuple[date, Decimal]], values: dict[date, float], first: date, last: date) -> float:
    """Time-weighted return from daily values and flows."""
    grown, before, day = 1.0, 0.0, first
    while day <= last:
        paid_in = sum(float(amount) for when, amount in flows if when == day and amount > 0)
        taken_out = -sum(float(amount) for when, amount in flows if when == day and amount < 0)
        if before + paid_in:
            grown *= (values[day] + taken_out) / (before + paid_in)
        before, day = values[day], day + timedelta(days=1)
    return grown - 1


def test_performance_agrees_with_a_calculation_by_hand(browser: Client, euro_portfolio: Any, began: date, today: date) -> None:
    body = got(browser, f"{euro_portfolio.pk}/performance")
    value = got(browser, f"{euro_portfolio.pk}/value")["value"]
    flows = [(began, Decimal(10000)), (began + timedelta(days=100), Decimal(2000)), (began + timedelta(days=400), Decimal(-500))]
    assert (body["start"], body["end"], body["currency"]) == (began.isoformat(), today.isoformat(), "EUR")
    assert (body["start_value"], body["end_value"], body["net_flows"]) == ("0", value, "11500")
    assert Decimal(body["gain"]) == Decimal(value) - 11500
    values = {date.fromisoformat(point["date"]): float(point["value"]) for point in body["series"]}
    assert len(values) == 502 and values[began - timedelta(days=1)] == 0
    for day in (began + timedelta(days=50), began + timedelta(days=333)):
        assert values[day] == pytest.approx(float(got(browser, f"{euro_portfolio.pk}/value", as_of=day.isoformat())["value"]), abs=1e-6)
    twr = by_hand(flows, values, began, today)
    assert float(body["twr"]) == pytest.approx(twr, abs=1e-9)
    assert float(body["series"][-1]["twr"]) == pytest.approx(twr, abs=1e-9)
    assert float(body["twr_annualized"]) == pytest.approx((1 + twr) ** (365 / 501) - 1, abs=1e-9)
    dates = [day for day, _ in flows] + [today]
    assert float(body["mwr"]) == pytest.approx(pyxirr.xirr(dates, [-float(amount) for _, amount in flows] + [float(value)]), abs=1e-9)
    assert body["mwr_is_annual"] is True
    at_work = 10000 + 2000 * 401 / 501 - 500 * 100 / 501
    assert float(body["modified_dietz"]) == pytest.approx((float(value) - 11500) / at_work, rel=1e-9)
    assert [point["invested"] for point in body["series"]][-1] == "11500"


def test_the_benchmark_is_shown_in_both_readings(browser: Client, euro_portfolio: Any, began: date) -> None:
    body = got(browser, f"{euro_portfolio.pk}/performance")
    bench = body["benchmark"]
    assert float(bench["twr"]) == pytest.approx(1500 / 1000 - 1)
    same = 10000 * 1500 / 1000 + 2000 * 1500 / 1100 - 500 * 1500 / 1400
    assert float(bench["same_money_value"]) == pytest.approx(same, rel=1e-12)
    assert float(bench["lead"]) == pytest.approx(float(body["end_value"]) - same, rel=1e-9)
    assert float(bench["excess"]) == pytest.approx(float(body["twr"]) - 0.5, abs=1e-12)
    assert float(body["series"][-1]["same_money"]) == pytest.approx(same, abs=1e-6)
    assert float(body["series"][100]["benchmark_twr"]) == pytest.approx(0.099)
    assert bench["symbol"] == "INDEX"


def test_a_period_opens_at_the_close_before_it(browser: Client, euro_portfolio: Any, began: date) -> None:
    start, end = began + timedelta(days=99), began + timedelta(days=110)
    body = got(browser, f"{euro_portfolio.pk}/performance", start=start.isoformat(), end=end.isoformat())
    before = got(browser, f"{euro_portfolio.pk}/value", as_of=(start - timedelta(days=1)).isoformat())["value"]
    assert (body["start_value"], body["net_flows"], len(body["series"])) == (before, "2000", 13)
    assert body["end_value"] == got(browser, f"{euro_portfolio.pk}/value", as_of=end.isoformat())["value"]
    assert body["twr_annualized"] is None
    assert {"figure": "twr_annualized", "reason": "A return a year needs 365 days or more; the period has 12."} in body["undefined"]
    assert body["volatility"] is None and body["mwr_is_annual"] is False


def test_another_benchmark_can_be_asked_for_by_symbol_or_number(browser: Client, euro_portfolio: Any, share: Any) -> None:
    by_symbol = got(browser, f"{euro_portfolio.pk}/performance", benchmark="SHARE")["benchmark"]
    by_number = got(browser, f"{euro_portfolio.pk}/performance", benchmark=share.pk)["benchmark"]
    assert by_symbol == by_number and by_symbol["instrument"] == share.pk


@pytest.mark.parametrize(("interval", "fewest", "most"), [("week", 71, 74), ("month", 17, 19)])
def test_the_series_can_be_thinned_to_weeks_and_months(browser: Client, euro_portfolio: Any, interval: str, fewest: int, most: int) -> None:
    whole = got(browser, f"{euro_portfolio.pk}/performance")["series"]
    series = got(browser, f"{euro_portfolio.pk}/performance", interval=interval)["series"]
    assert fewest <= len(series) <= most
    assert series[0] == whole[0] and series[-1] == whole[-1]
    assert all(point in whole for point in series)


def test_all_portfolios_performance_sums_value_and_flows(browser: Client, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    one = got(browser, f"{euro_portfolio.pk}/performance")
    other = got(browser, f"{dollar_portfolio.pk}/performance", currency="EUR")
    both = got(browser, "all/performance")
    assert Decimal(both["end_value"]) == Decimal(one["end_value"]) + Decimal(other["end_value"])
    assert Decimal(both["net_flows"]) == Decimal(one["net_flows"]) + Decimal(other["net_flows"])
    values = {point["date"]: float(point["value"]) for point in one["series"]}
    for point in other["series"][::37]:
        assert float(next(p["value"] for p in both["series"] if p["date"] == point["date"])) == pytest.approx(
            values[point["date"]] + float(point["value"]), abs=1e-5
        )


# ── what there is no answer to ──────────────────────────────────────────────


def test_an_empty_portfolio_has_reasons_in_place_of_figures(browser: Client, portfolio: Any) -> None:
    body = got(browser, f"{portfolio.pk}/performance")
    assert (body["twr"], body["mwr"], body["modified_dietz"], body["risk_level"], body["series"]) == (None, None, None, None, [])
    assert {entry["figure"] for entry in body["undefined"]} >= {"twr", "twr_annualized", "mwr", "modified_dietz", "volatility", "risk_level"}
    assert all(entry["reason"].endswith(".") for entry in body["undefined"])
    assert got(browser, f"{portfolio.pk}/value")["value"] == "0"
    assert got(browser, f"{portfolio.pk}/gains")["total"] == "0"


def test_someone_without_portfolios_gets_an_answer_too(browser: Client) -> None:
    assert got(browser, "all/value")["value"] == "0"
    assert got(browser, "all/performance")["twr"] is None
    assert got(browser, "all/gains")["by_instrument"] == []


def test_a_holding_without_a_price_stands_at_its_cost_and_is_named(browser: Client, portfolio: Any, share: Any, began: date) -> None:
    house = make_instrument("HOUSE")
    record(portfolio, "deposit", began, amount="2000")
    record(portfolio, "buy", began + timedelta(days=1), share, quantity="10", price="100")
    record(portfolio, "buy", began + timedelta(days=5), house, quantity="1", price="500")
    value = got(browser, f"{portfolio.pk}/value")
    assert Decimal(value["value"]) == 1100 + 500 + 500
    (row,) = [row for row in value["by_holding"] if row["symbol"] == "HOUSE"]
    since = began + timedelta(days=5)
    assert row["value"] == "500" and f"held since {since.day} {since:%b %Y}" in row["undefined"][0]["reason"]
    assert "HOUSE" in value["warnings"][0]
    body = got(browser, f"{portfolio.pk}/performance")
    assert float(body["twr"]) > 0
    assert any("HOUSE" in said for said in body["warnings"])
    gains = got(browser, f"{portfolio.pk}/gains")
    assert [entry["total"] for entry in gains["by_instrument"]][-1] == "0" and any("HOUSE" in said for said in gains["warnings"])


def test_a_portfolio_of_one_day_answers(browser: Client, portfolio: Any, today: date) -> None:
    record(portfolio, "deposit", today, amount="100")
    body = got(browser, f"{portfolio.pk}/performance")
    assert (body["twr"], body["gain"], body["modified_dietz"]) == ("0", "0", "0")
    assert body["mwr"] is None
    assert len(body["series"]) == 2


def test_a_period_before_the_first_entry_is_undefined(browser: Client, euro_portfolio: Any, began: date) -> None:
    end = began - timedelta(days=100)
    body = got(browser, f"{euro_portfolio.pk}/performance", start=(end - timedelta(days=30)).isoformat(), end=end.isoformat())
    assert body["twr"] is None and body["undefined"][0]["reason"]


def test_a_figure_that_rests_on_an_old_price_says_since_when(browser: Client, portfolio: Any, began: date) -> None:
    seldom = make_instrument("SELDOM")
    store_closes(seldom, [(began, "10"), (began + timedelta(days=300), "12")])
    record(portfolio, "deposit", began, amount="100")
    record(portfolio, "buy", began, seldom, quantity="5", price="10")
    body = got(browser, f"{portfolio.pk}/performance", end=(began + timedelta(days=100)).isoformat())
    assert body["end_value"] == "100"
    assert f"end_value rests on a price or rate of {began.isoformat()}." in body["warnings"]
    now = got(browser, f"{portfolio.pk}/value")
    assert any((began + timedelta(days=300)).isoformat() in said for said in now["warnings"])


# ── what is refused ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("performance", {"start": "yesterday"}, "start"),
        ("performance", {"start": "2024-02-30"}, "start"),
        ("performance", {"start": "2024-03-01", "end": "2024-02-01"}, "end"),
        ("performance", {"interval": "hour"}, "interval"),
        ("performance", {"benchmark": "NOSUCH"}, "benchmark"),
        ("gains", {"currency": "GBp"}, "currency"),
        ("value", {"as_of": "31.12.2024"}, "as_of"),
        ("value", {"as_of": "0001-01-01"}, "as_of"),
        ("value", {"as_of": "9999-12-31"}, "as_of"),
        ("performance", {"start": "0001-01-01"}, "start"),
        ("performance", {"start": "9999-12-31"}, "start"),
        ("performance", {"end": "9999-12-31"}, "end"),
        ("gains", {"start": "0001-01-01"}, "start"),
        ("gains", {"end": "1899-12-31"}, "end"),
        ("gains", {"method": "guess"}, "method"),
        ("gains", {"end": "9999-12-31"}, "end"),
        ("holdings", {"as_of": "9999-12-31"}, "as_of"),
        ("lots", {"as_of": "0001-01-01"}, "as_of"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(browser: Client, portfolio: Any, path: str, query: dict[str, str], field: str) -> None:
    answer = browser.get(f"/api/v1/portfolios/{portfolio.pk}/{path}", query)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(("day", "code"), [("1899-12-31", "too_early"), ("9999-12-31", "future_date")])
@pytest.mark.parametrize("path", ["performance", "gains"])
def test_a_day_without_figures_is_refused_with_what_is_wrong_with_it(browser: Client, euro_portfolio: Any, path: str, day: str, code: str) -> None:
    answer = browser.get(f"/api/v1/portfolios/all/{path}", {"start": day})
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("start", code)]


def test_the_first_day_that_may_be_asked_for_is_answered(browser: Client, euro_portfolio: Any) -> None:
    whole = got(browser, f"{euro_portfolio.pk}/performance")
    assert got(browser, f"{euro_portfolio.pk}/performance", start="1900-01-01")["twr"] == whole["twr"]


@pytest.mark.parametrize("path", ["value", "gains", "performance"])
def test_a_stranger_finds_nothing_and_nobody_must_sign_in(path: str, euro_portfolio: Any, stranger: Any) -> None:
    other = Client()
    assert other.get(f"/api/v1/portfolios/{euro_portfolio.pk}/{path}").status_code == 401
    other.force_login(stranger)
    assert other.get(f"/api/v1/portfolios/{euro_portfolio.pk}/{path}").status_code == 404


def test_a_benchmark_that_is_somebody_elses_is_not_there(browser: Client, euro_portfolio: Any, stranger: Any) -> None:
    secret = make_instrument("SECRET", owner=stranger, exchange="")
    assert browser.get(f"/api/v1/portfolios/{euro_portfolio.pk}/performance", {"benchmark": secret.pk}).status_code == 404


def test_the_performance_of_one_currency_in_another_follows_the_rates(browser: Client, person: Any, dollars: None, began: date) -> None:
    cash = make_portfolio(person, name="Dollars", base_currency="USD")
    record(cash, "deposit", began, amount="1000", currency="USD")
    at_home = got(browser, f"{cash.pk}/performance")
    told = got(browser, f"{cash.pk}/performance", currency="EUR")
    assert (at_home["twr"], at_home["currency"], told["currency"]) == ("0", "USD", "EUR")
    assert float(told["twr"]) == pytest.approx(1.25 / 1.2 - 1, rel=1e-9)
    assert Decimal(got(browser, f"{cash.pk}/gains", currency="EUR")["currency_gain"]) == Decimal(told["gain"])


def test_gains_are_told_under_the_cost_method_that_is_asked_for(browser: Client, portfolio: Any, share: Any, began: date) -> None:
    record(portfolio, "buy", began, share, quantity="10", price="100")
    record(portfolio, "buy", began + timedelta(days=1), share, quantity="10", price="110")
    record(portfolio, "sell", began + timedelta(days=2), share, quantity="10", price="120")
    found = {method: got(browser, f"{portfolio.pk}/gains", method=method) for method in ("average", "fifo")}
    assert {method: body["realized"] for method, body in found.items()} == {"average": "150", "fifo": "200"}
    assert found["average"]["total"] == found["fifo"]["total"]
    own = got(browser, f"{portfolio.pk}/gains")
    portfolio.refresh_from_db()
    assert own["realized"] == found[portfolio.cost_method]["realized"]


@pytest.mark.parametrize("method", ["average", "fifo", "lifo", "hifo", "lofo", "specific", "section104"])
def test_gains_are_told_under_any_method_also_where_a_sale_has_one_of_its_own(
    browser: Client, person: Any, share: Any, began: date, method: str
) -> None:
    portfolio = make_portfolio(person, name="Own way", cost_method="fifo")
    record(portfolio, "deposit", began, amount="5000")
    record(portfolio, "buy", began, share, quantity="10", price="100")
    record(portfolio, "buy", began + timedelta(days=1), share, quantity="10", price="110")
    record(portfolio, "sell", began + timedelta(days=60), share, quantity="5", price="120", method="lifo")
    found = got(browser, f"{portfolio.pk}/gains", method=method)
    pooled = {"average": "75", "section104": "75"}
    assert found["realized"] == pooled.get(method, "50")


def test_flows_from_the_daily_series_show_no_binary_noise(browser: Client, portfolio: Any, share: Any, began: date) -> None:
    record(portfolio, "deposit", began, amount="9000.1")
    record(portfolio, "transfer_in", began + timedelta(days=3), share, quantity="7.1", price="20")
    flows = got(browser, f"{portfolio.pk}/performance")["net_flows"]
    assert Decimal(flows) == Decimal("9000.1") + Decimal("7.1") * Decimal("100.03")
