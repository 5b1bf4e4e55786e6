"""Income: what was paid agrees with the gains to the last digit, and what is to come has its reason."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from analytics.api.income_example import EXAMPLE
from analytics.engine.payments import months_after
from analytics.selectors import Scope, gains_of
from analytics.selectors.explaining import names as explain_names
from analytics.selectors.explaining.income import income_explanations
from analytics.selectors.income.report import IncomeAsked, IncomeReport
from analytics.selectors.slicing import conditions_of, subset_of
from market.services import ActionRow, ingest_actions
from tests.factories import make_instrument, make_portfolio, record, set_rate_every_day

pytestmark = pytest.mark.django_db
D = Decimal


def report_of(*portfolios: Any, currency: str = "", **asked: Any) -> Any:
    return IncomeReport(Scope(list(portfolios), currency), IncomeAsked(**asked))


def pays(portfolio: Any, instrument: Any, last: date, months: int, times: int, amount: str = "10", **more: Any) -> None:
    """The same dividend several times, the last one on a day."""
    for back in reversed(range(times)):
        record(portfolio, "dividend", months_after(last, -months * back), instrument, amount=amount, **more)


@pytest.fixture
def payer(person: Any, today: date) -> Any:
    """Ten shares since three years ago that paid 10 a quarter, the last time twelve days ago."""
    portfolio, cola = make_portfolio(person, name="Payer"), make_instrument("COLA", price="50", country="US")
    record(portfolio, "deposit", today - timedelta(days=1100), amount="1000")
    record(portfolio, "buy", today - timedelta(days=1099), cola, quantity="10", price="40")
    pays(portfolio, cola, today - timedelta(days=12), 3, 8)
    portfolio.cola = cola
    return portfolio


# ── what was paid ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("currency", ["EUR", "USD"])
@pytest.mark.parametrize("since", [None, 90, 260, 400])
def test_the_sum_of_the_payments_is_the_income_of_the_gains_to_the_last_digit(
    euro_portfolio: Any, dollar_portfolio: Any, began: date, currency: str, since: int | None
) -> None:
    scope = Scope([euro_portfolio, dollar_portfolio], currency)
    start = None if since is None else began + timedelta(days=since)
    found, same = IncomeReport(scope, IncomeAsked(start=start)).result, gains_of(scope, start)
    assert found.amounts.gross == same.income == sum((one.amounts.gross for one in found.payments), D(0))
    assert sum((bucket.amounts.gross for bucket in found.buckets), D(0)) == same.income
    assert sum((row.amounts.gross for row in found.holdings), D(0)) == same.income
    by_instrument: dict[int | None, Decimal] = {}
    for row in same.rows:
        key = row.instrument.id if row.instrument else None
        by_instrument[key] = by_instrument.get(key, D(0)) + row.income
    assert all(row.amounts.gross == by_instrument[row.instrument.id if row.instrument else None] for row in found.holdings)


def test_a_payment_is_told_before_tax_withheld_and_after(euro_portfolio: Any, share: Any) -> None:
    found = report_of(euro_portfolio).result
    paid = next(one for one in found.payments if one.instrument is not None)
    assert (paid.kind, paid.amounts.gross, paid.amounts.withheld, paid.amounts.net) == ("dividend", 40, 6, 34)
    assert (paid.paid, paid.currency, paid.rate, paid.units, paid.lowered) == (40, "EUR", 1, 40, 0)
    interest = next(one for one in found.payments if one.instrument is None)
    assert (interest.kind, interest.amounts.gross) == ("interest", D("7.77"))


def test_every_kind_of_income_is_in_the_report_and_agrees_with_the_gains(person: Any, share: Any, began: date) -> None:
    portfolio, day = make_portfolio(person), began + timedelta(days=10)
    coin, bond = make_instrument("COIN", price="2", asset_class="crypto"), make_instrument("BOND", price="99", asset_class="bond")
    record(portfolio, "deposit", began, amount="10000")
    for one in (share, coin, bond):
        record(portfolio, "buy", began, one, quantity="10", price="10")
    record(portfolio, "dividend", day, share, amount="8.5", taxes="1.5", fees="0")
    record(portfolio, "dividend", day + timedelta(days=1), share, quantity="10", price="1", reinvested_quantity=D("0.1"))
    record(portfolio, "staking_reward", day, coin, quantity="0.5", price="2")
    record(portfolio, "airdrop", day, coin, quantity="1", price="2")
    record(portfolio, "coupon", day, bond, amount="3", taxes="1")
    record(portfolio, "sell", day, bond, quantity="1", price="10", accrued=D("0.2"))
    record(portfolio, "interest", day, amount="0.75", taxes="0.25")
    found, same = report_of(portfolio).result, gains_of(Scope([portfolio]))
    assert {one.kind for one in found.payments} == {"dividend", "reinvestment", "staking_reward", "airdrop", "coupon", "sell", "interest"}
    assert found.amounts.gross == same.income and found.amounts.withheld == D("2.75")
    assert {one.words for one in found.payments if one.kind == "sell"} == {"Accrued interest"}


def test_a_dividend_that_lowers_the_cost_is_listed_though_it_is_no_income(person: Any, share: Any, began: date) -> None:
    portfolio = make_portfolio(person, dividend_treatment="reduce_cost")
    record(portfolio, "deposit", began, amount="1000")
    record(portfolio, "buy", began, share, quantity="1", price="10")
    for n in (1, 2):
        record(portfolio, "dividend", began + timedelta(days=n), share, amount="8")
    found = report_of(portfolio).result
    assert [(one.amounts.gross, one.lowered) for one in found.payments] == [(6, 2), (0, 8)]
    assert found.amounts.gross == gains_of(Scope([portfolio])).income == 6
    assert any("lowers its cost" in said for said in found.warnings)


def test_slices_and_interest_on_cash_make_the_whole(euro_portfolio: Any, share: Any, fund: Any, began: date) -> None:
    record(euro_portfolio, "dividend", began + timedelta(days=130), fund, amount="12")
    whole = report_of(euro_portfolio).result
    parts = []
    for kind in ("stock", "etf"):
        asked, _ = conditions_of(QueryDict(f"class={kind}"))
        sliced = subset_of([euro_portfolio], asked).portfolios([euro_portfolio])
        found = IncomeReport(Scope(sliced)).result
        assert found.amounts.gross == gains_of(Scope(sliced)).income
        parts.append(found)
    assert [len(one.payments) for one in parts] == [1, 1]
    assert sum((one.amounts.gross for one in parts), D("7.77")) == whole.amounts.gross


# ── what is to come ─────────────────────────────────────────────────────────


def test_a_regular_payer_is_expected_to_pay_on_as_an_estimate_with_its_reason(payer: Any, today: date) -> None:
    found = report_of(payer).result
    assert [one.day for one in found.expected] == [months_after(today - timedelta(days=12), 3 * n) for n in (1, 2, 3, 4)]
    assert all(not one.is_announced and one.value.value == one.amount == 10 and one.each == 1 and one.units == 10 for one in found.expected)
    assert found.expected[0].reason.startswith("It paid every quarter; as much for a unit as on ")
    assert (found.past_year.value, found.expected_year.value) == (40, 40)
    assert (found.income_yield.value, found.expected_yield.value, found.yield_on_cost.value) == (D("0.08"), D("0.08"), D("0.1"))
    assert found.calendar == found.expected[:1]


def test_units_held_now_count_not_those_of_then(payer: Any, today: date) -> None:
    record(payer, "buy", today - timedelta(days=5), payer.cola, quantity="10", price="40")
    assert report_of(payer).result.expected_year.value == 80


def test_amounts_follow_a_split(payer: Any, today: date) -> None:
    record(payer, "split", today - timedelta(days=6), payer.cola, ratio_new="4", ratio_old="1")
    found = report_of(payer).result
    assert {(one.each, one.units, one.amount) for one in found.expected} == {(D("0.25"), D(40), D(10))}


def test_an_announced_dividend_stands_for_the_estimate_near_it(payer: Any, today: date) -> None:
    ingest_actions({payer.cola.pk: [ActionRow("dividend", today + timedelta(days=60), amount=D("1.2"))]}, "test")
    found = report_of(payer).result
    first = found.expected[0]
    assert (first.is_announced, first.day, first.value.value) == (True, today + timedelta(days=60), 12) and "Reported by test" in first.reason
    assert len(found.expected) == 4 and found.expected_year.value == 42


def test_where_nothing_was_recorded_yet_the_reported_dividends_are_the_pattern(person: Any, today: date) -> None:
    portfolio, new = make_portfolio(person), make_instrument("NEW", price="50")
    record(portfolio, "buy", today - timedelta(days=2), new, quantity="3", price="50")
    rows = [ActionRow("dividend", months_after(today - timedelta(days=20), -3 * n), amount=D("0.5")) for n in range(5)]
    ingest_actions({new.pk: rows}, "test")
    found = report_of(portfolio).result
    assert len(found.expected) == 4 and found.expected_year.value == 6
    assert found.expected[0].reason.startswith("The market reports that it pays every quarter;")


def test_what_stopped_paying_is_not_expected_and_says_why(person: Any, today: date) -> None:
    portfolio, old = make_portfolio(person), make_instrument("OLD", price="50")
    record(portfolio, "buy", today - timedelta(days=1200), old, quantity="3", price="50")
    pays(portfolio, old, today - timedelta(days=300), 3, 5)
    found = report_of(portfolio).result
    assert found.expected == () and "taken as stopped" in found.unforeseen[0].reason
    assert found.expected_year.value is None and "OLD" in found.expected_year.why_not
    assert found.holdings[0].next is None and "taken as stopped" in found.holdings[0].why_no_next


def test_what_was_sold_is_not_expected(payer: Any, today: date) -> None:
    record(payer, "sell", today - timedelta(days=1), payer.cola, quantity="10", price="50")
    found = report_of(payer).result
    assert found.expected == () and found.expected_year.why_not == "Nothing is held."
    assert found.past_year.value == 40 and not found.holdings[0].is_held and found.income_yield.value is None


def test_the_same_dividend_in_two_portfolios_is_one_rhythm(payer: Any, person: Any, today: date) -> None:
    other = make_portfolio(person, name="Other")
    record(other, "buy", today - timedelta(days=1099), payer.cola, quantity="30", price="40")
    pays(other, payer.cola, today - timedelta(days=10), 3, 8, amount="30")
    found = report_of(payer, other).result
    assert len(found.expected) == 4 and {(one.each, one.amount) for one in found.expected} == {(D(1), D(40))}


def test_a_payment_that_was_taken_back_is_no_example(payer: Any, today: date) -> None:
    record(payer, "dividend", today - timedelta(days=9), payer.cola, amount="-10")
    record(payer, "dividend", today - timedelta(days=8), payer.cola, amount="11")
    found = report_of(payer).result
    assert {one.amount for one in found.expected} == {D(11)}


def test_payments_of_another_currency_come_at_the_rate_of_now(person: Any, today: date) -> None:
    set_rate_every_day("USD", "1.25", today - timedelta(days=800), today)
    portfolio, firm = make_portfolio(person), make_instrument("FIRM", price="50", currency="USD")
    record(portfolio, "buy", today - timedelta(days=750), firm, quantity="4", price="50", currency="USD")
    pays(portfolio, firm, today - timedelta(days=3), 3, 6, currency="USD")
    first = report_of(portfolio).result.expected[0]
    assert (first.currency, first.amount, first.value.value, first.value.currency) == ("USD", 10, 8, "EUR")


# ── figures ─────────────────────────────────────────────────────────────────


def test_growth_is_that_of_whole_years_and_of_one_unit_by_holding(person: Any, today: date) -> None:
    portfolio, firm = make_portfolio(person), make_instrument("FIRM", price="50")
    record(portfolio, "buy", today - timedelta(days=3 * 365 + 5), firm, quantity="10", price="50")
    for back, amount in ((800, "100"), (435, "110"), (70, "121")):
        record(portfolio, "dividend", today - timedelta(days=back), firm, amount=amount)
    record(portfolio, "buy", today - timedelta(days=20), firm, quantity="90", price="50")
    found = report_of(portfolio).result
    assert found.growth.value == pytest.approx(0.1) and found.growth_years == 2
    assert found.holdings[0].growth.value == pytest.approx(0.1)
    record(portfolio, "dividend", today - timedelta(days=1), firm, amount="1000")  # on ten times the units: a special one, ten a unit
    assert report_of(portfolio).result.growth.value == pytest.approx((1121 / 100) ** 0.5 - 1)


def test_buckets_are_stacked_and_go_on_into_what_is_expected(payer: Any, today: date) -> None:
    found = report_of(payer, start=today - timedelta(days=364), by="quarter", stack="holding").result
    assert found.parts == ((str(payer.cola.pk), "COLA"),)
    assert sum((one.paid.get(str(payer.cola.pk), D(0)) for one in found.buckets), D(0)) == 40
    assert sum((one.to_come for one in found.buckets), D(0)) == 40
    assert all(a.last + timedelta(days=1) == b.first for a, b in zip(found.buckets, found.buckets[1:], strict=False))
    without = report_of(payer, start=today - timedelta(days=364), expected=False).result
    assert without.expected == () and all(one.to_come == 0 for one in without.buckets) and without.expected_year.value == 40


def test_what_lies_above_the_rate_of_treaties_may_be_claimed_back(person: Any, today: date) -> None:
    portfolio = make_portfolio(person)
    swiss, home, nowhere = (make_instrument(price="10", country=code) for code in ("CH", "DE", ""))
    for one in (swiss, home, nowhere):
        record(portfolio, "buy", today - timedelta(days=90), one, quantity="1", price="10")
        record(portfolio, "dividend", today - timedelta(days=9), one, amount="65", taxes="35")
    found = report_of(portfolio, residence="DE").result
    told = {row.country: row.reclaimable for row in found.withholding}
    assert (told["CH"].value, told["DE"].value, told[""].value) == (20, 0, None)
    assert found.reclaimable.value == 20 and "Classify them" in found.reclaimable.warnings[0] and found.withheld.value == 105
    unknown = report_of(portfolio).result.reclaimable
    assert unknown.value is None and "Set your tax residence" in unknown.why_not


def test_somebody_without_income_is_told_why(person: Any, today: date) -> None:
    portfolio = make_portfolio(person)
    assert report_of(portfolio).result.why_empty == "Nothing has been recorded yet."
    record(portfolio, "deposit", today, amount="5")
    assert report_of(portfolio).result.why_empty.startswith("Nothing that you recorded is a dividend")


# ── explanations ────────────────────────────────────────────────────────────


def value(figure: Any) -> Decimal:
    assert figure.value is not None, figure
    return figure.value if isinstance(figure.value, Decimal) else D(repr(figure.value))


def result(terms: Any) -> Decimal:
    """The terms before the last one, put together by their operators."""
    found = D(0)
    for term in terms[:-1]:
        number = value(term.figure)
        match term.operator:
            case "−":
                found -= number
            case "×":
                found *= number
            case "÷":
                found /= number
            case _:
                found += number
    return found


def test_every_figure_is_made_again_from_its_explanation(payer: Any, person: Any, dollar_portfolio: Any, today: date, began: date) -> None:
    record(payer, "interest", today - timedelta(days=30), amount="3", taxes="1")
    record(payer, "dividend", today - timedelta(days=2), payer.cola, amount="6", taxes="24")
    record(payer, "dividend", today - timedelta(days=400), payer.cola, amount="6", taxes="4", currency="USD", fx_rate="0.8")
    ingest_actions({payer.cola.pk: [ActionRow("dividend", today + timedelta(days=60), amount=D("1.2"))]}, "test")
    report = report_of(payer, dollar_portfolio, currency="EUR", start=today - timedelta(days=500), residence="DE")
    known, found = income_explanations(report), report.result
    told = {
        "income": found.amounts.gross,
        "withheld": found.amounts.withheld,
        "net_income": found.amounts.net,
        "income_past_year": found.past_year.value,
        "expected_income": found.expected_year.value,
        "income_yield": found.income_yield.value,
        "expected_yield": found.expected_yield.value,
        "yield_on_cost": found.yield_on_cost.value,
        "income_growth": found.growth.value,
        "reclaimable": found.reclaimable.value,
        **{f"payment_{one.entry}": one.amounts.net for one in found.payments},
        **{one.why_name: one.value.value for one in found.expected},
    }
    assert set(explain_names.INCOME) <= set(told) <= set(known)
    for name, amount in told.items():
        explained = known[name]
        assert explained.name == name and explained.figure.value == amount, name
        assert float(result(explained.terms)) == pytest.approx(float(value(explained.figure)), abs=1e-15), name
        assert explained.words.endswith(".") and explained.title and (explained.inputs or explained.lines or name.startswith("expected_")), name
    for name in ("income", "withheld", "net_income", "income_past_year", "expected_income", "reclaimable"):
        explained = known[name]
        assert explained.lines and sum((value(line.cells[-1]) for line in explained.lines), D(0)) == value(explained.figure), name
    yearly = [value(line.cells[0]) for line in known["income_growth"].lines]
    assert float(yearly[0] / yearly[-1]) ** (1 / (len(yearly) - 1)) - 1 == pytest.approx(float(value(found.growth)))
    assert {line.entry_id for line in known["income"].lines} == {one.entry for one in found.payments}


def test_what_is_undefined_is_explained_by_its_reason(person: Any) -> None:
    known = income_explanations(report_of(make_portfolio(person)))
    assert all(known[name].terms == () or known[name].figure.known for name in known)
    assert known["expected_income"].figure.why_not == "Nothing is held."


# ── the API ─────────────────────────────────────────────────────────────────


def test_the_api_tells_the_figures_of_the_selector_and_gains_agree(api: Any, payer: Any) -> None:
    body = api.get(f"/api/v1/portfolios/{payer.pk}/income").json()
    found = report_of(payer).result
    assert (D(body["gross"]), D(body["net"]), D(body["income_past_year"])) == (found.amounts.gross, found.amounts.net, found.past_year.value)
    assert body["gross"] == api.get(f"/api/v1/portfolios/{payer.pk}/gains").json()["income"]
    assert [row["date"] for row in body["expected"]] == [one.day.isoformat() for one in found.expected]
    assert {row["certainty"] for row in body["expected"]} == {"estimate"} and body["by_instrument"][0]["symbol"] == "COLA"
    assert len(body["payments"]) == 8 and body["payments"][0]["explanation"] == f"payment_{body['payments'][0]['transaction']}"
    assert body["by"] == "quarter" and len(api.get("/api/v1/portfolios/all/income?by=holding").json()["buckets"]) == 0
    assert api.get("/api/v1/portfolios/all/income?expected=false&by=year&period=1Y").json()["expected"] == []


def test_the_example_in_the_schema_has_the_names_of_an_answer(api: Any, payer: Any) -> None:
    other = make_instrument("ODD", price="1")
    record(payer, "buy", payer.transactions.first().traded_on, other, quantity="1", price="1")
    record(payer, "dividend", payer.transactions.first().traded_on, other, amount="1")
    body = api.get(f"/api/v1/portfolios/{payer.pk}/income").json()

    def same(example: Any, told: Any, where: str) -> None:
        if isinstance(example, dict):
            assert set(example) == set(told), where
            for name, inside in example.items():
                same(inside, told[name], f"{where}.{name}")
        elif isinstance(example, list) and example:
            assert told, where
            same(example[0], told[0], where)

    for name in ("undefined", "warnings"):
        assert name in body
    same({key: inside for key, inside in EXAMPLE.value.items() if key != "buckets"}, {k: v for k, v in body.items() if k != "buckets"}, "income")
    assert set(EXAMPLE.value["buckets"][0]) == set(body["buckets"][0])


@pytest.mark.parametrize(
    ("query", "field"),
    [("by=week", "by"), ("stack=colour", "stack"), ("expected=perhaps", "expected"), ("start=soon", "start"), ("until=1", "until")],
)
def test_the_api_refuses_by_field(api: Any, payer: Any, query: str, field: str) -> None:
    answer = api.get(f"/api/v1/portfolios/{payer.pk}/income?{query}")
    assert answer.status_code == 400 and [row["field"] for row in answer.json()["errors"]] == [field]


def test_each_payment_is_explained_over_the_api(api: Any, payer: Any) -> None:
    body = api.get(f"/api/v1/portfolios/{payer.pk}/income").json()
    for name, told in (
        ("income_past_year", body["income_past_year"]),
        (body["payments"][0]["explanation"], body["payments"][0]["net"]),
        (body["expected"][0]["explanation"], body["expected"][0]["value"]),
    ):
        answer = api.get(f"/api/v1/portfolios/{payer.pk}/explain", {"report": "income", "figure": name}).json()
        assert answer["value"] == told and answer["terms"], name
    one = api.get("/api/v1/portfolios/all/explain", {"report": "income", "figure": "income", "period": "1Y"}).json()
    assert one["value"] == api.get("/api/v1/portfolios/all/income?period=1Y").json()["gross"]
    assert api.get("/api/v1/portfolios/all/explain", {"report": "income", "figure": "luck"}).status_code == 400


def test_the_report_costs_as_many_queries_for_one_payer_as_for_many(api: Any, person: Any, today: date) -> None:
    costs = []
    for number in (1, 6):
        portfolio = make_portfolio(person)
        for _ in range(number):
            firm = make_instrument(price="10", currency="USD")
            record(portfolio, "buy", today - timedelta(days=700), firm, quantity="1", price="10", currency="USD", fx_rate="0.8")
            pays(portfolio, firm, today - timedelta(days=3), 3, 3, currency="USD", fx_rate="0.8")
        api.get(f"/api/v1/portfolios/{portfolio.pk}/income")
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"/api/v1/portfolios/{portfolio.pk}/income").status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 16, costs
