"""A portfolio beside indices, blends, holdings, and itself without its trades: identities, a second slow reckoning, and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from math import sqrt
from typing import Any

import pytest

from analytics.engine.returns import annualised
from analytics.selectors import Explanation
from analytics.selectors.comparing.asked import TooMany, other_of, others_of
from analytics.selectors.comparing.portfolios import SideBySide
from analytics.selectors.comparing.report import CompareReport
from analytics.selectors.explaining.comparing import comparison_explanations, sides_explanations
from analytics.selectors.gains import gains_of
from analytics.selectors.performance import performance
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.risk.shapes import RiskAsked
from analytics.selectors.scope import Scope
from market.errors import UnknownBenchmark
from market.models import CorporateAction
from market.selectors import benchmark_of_instrument, benchmarks
from portfolio_site.kernel.figures import Figure
from tests.analytics.wandering import market_index, one, pair, two, wander
from tests.factories import make_instrument, make_person, make_portfolio, record

__all__ = ["market_index", "one", "pair", "two"]  # fixtures

pytestmark = pytest.mark.django_db


def beside(portfolios: Any, *others: Any, start: date | None = None, end: date | None = None) -> CompareReport:
    return CompareReport(Scope(portfolios), [other_of(benchmark_of_instrument(one)) for one in others], start, end)


def number(figure: Any) -> float:
    assert figure.value is not None, figure.why_not
    return float(figure.value)


def bought(person: Any, *held: tuple[Any, str], nth: int = 0, **fields: Any) -> Any:
    """A portfolio that does not track cash and bought at the close of the nth day."""
    portfolio = make_portfolio(person, tracks_cash=False, **fields)
    for thing, units in held:
        day, close = thing.rows[nth]
        record(portfolio, "buy", day, thing, quantity=units, price=close)
    return portfolio


# ── a portfolio that is the benchmark ───────────────────────────────────────


@pytest.mark.parametrize("sold", [(), ((70, "12.5"),), ((70, "3"), (140, "30"), (141, "0.001"))])
def test_a_portfolio_that_is_the_benchmark_differs_in_nothing(person: Any, one: Any, today: date, sold: Any) -> None:
    portfolio = bought(person, (one, "60"))
    for nth, units in sold:
        day, close = one.rows[nth]
        record(portfolio, "sell", day, one, quantity=units, price=close)
    report = beside([portfolio], one, start=today - timedelta(days=390)).result()
    (line,) = report.lines
    found = line.against
    for same in (found.beta, found.r_squared, found.correlation, found.up_capture, found.down_capture):
        assert number(same) == pytest.approx(1, abs=1e-9), same.name
    for nothing in (found.tracking_error, line.result.excess):
        assert number(nothing) == pytest.approx(0, abs=1e-9), nothing.name
    assert number(line.result.lead) == pytest.approx(0, abs=1e-6)
    assert found.information_ratio.value is None and "does not vary" in found.information_ratio.why_not
    assert number(line.alone.volatility) == pytest.approx(number(report.alone.volatility))
    assert number(line.alone.maximum_drawdown) == pytest.approx(number(report.alone.maximum_drawdown))
    assert line.alone.path.returns == pytest.approx(report.alone.path.returns)


def test_with_a_rate_without_risk_its_alpha_is_nothing(pair: Any, one: Any, person: Any) -> None:
    report = CompareReport(Scope([bought(person, (one, "60"))]), [other_of(benchmark_of_instrument(one))])
    window = RiskWindow(report.besides[0].window.scope, RiskAsked(whole=True, rate=0.02))
    assert number(window.against.alpha) == pytest.approx(0, abs=1e-9)


# ── several at once ─────────────────────────────────────────────────────────


def test_each_line_says_what_the_reports_of_returns_and_of_risk_say_beside_it_alone(
    pair: Any, one: Any, two: Any, market_index: Any, today: date
) -> None:
    start = today - timedelta(days=200)
    others = (market_index, one, two)
    found = beside([pair], *others, start=start).result()
    for other, line in zip(others, found.lines, strict=True):
        view = benchmark_of_instrument(other)
        returns = performance([pair], start=start, benchmark=view).benchmark
        risks = RiskWindow(Scope([pair], benchmark=view), RiskAsked(start, None)).against
        assert returns == line.result and risks == line.against


def test_the_figures_are_those_of_a_second_slow_reckoning(pair: Any, market_index: Any, one: Any, two: Any, today: date) -> None:
    """From the closes alone: worth, returns of weekdays, their moments, one by one."""
    start = today - timedelta(days=250)
    found = beside([pair], market_index, start=start).result()
    (line,) = found.lines
    closes = {thing: {day: Decimal(text) for day, text in thing.rows} for thing in (one, two, market_index)}

    def close(thing: Any, day: date) -> float:
        while day not in closes[thing]:
            day -= timedelta(days=1)
        return float(closes[thing][day])

    opening = start - timedelta(days=1)
    days = [opening, *(day for n in range((today - start).days + 1) if (day := start + timedelta(days=n)) in closes[one])]
    ours = [60 * close(one, day) + 100 * close(two, day) for day in days]
    theirs = [close(market_index, day) for day in days]
    r, b = ([after / before - 1 for before, after in pairwise(level)] for level in (ours, theirs))
    mean_r, mean_b = sum(r) / len(r), sum(b) / len(b)
    shared = sum((x - mean_r) * (y - mean_b) for x, y in zip(r, b, strict=True))
    beta = shared / sum((y - mean_b) ** 2 for y in b)
    ahead = [x - y for x, y in zip(r, b, strict=True)]
    mean = sum(ahead) / len(ahead)
    error = sqrt(sum((x - mean) ** 2 for x in ahead) / (len(ahead) - 1)) * sqrt(252)
    rose = [(x, y) for x, y in zip(r, b, strict=True) if y > 0]
    up_r, up_b = 1.0, 1.0
    for x, y in rose:
        up_r, up_b = up_r * (1 + x), up_b * (1 + y)
    assert found.days == len(r)
    assert number(line.against.beta) == pytest.approx(beta, rel=1e-9)
    assert number(line.against.tracking_error) == pytest.approx(error, rel=1e-9)
    assert number(line.against.information_ratio) == pytest.approx(mean * 252 / error, rel=1e-9)
    assert number(line.against.up_capture) == pytest.approx((up_r ** (1 / len(rose)) - 1) / (up_b ** (1 / len(rose)) - 1), rel=1e-9)
    assert number(line.result.excess) == pytest.approx(ours[-1] / ours[0] - theirs[-1] / theirs[0], rel=1e-9)
    assert number(line.result.lead) == pytest.approx(ours[-1] - ours[0] * theirs[-1] / theirs[0], rel=1e-9)
    assert number(line.alone.volatility) == pytest.approx(sqrt(sum((y - mean_b) ** 2 for y in b) / (len(b) - 1) * 252), rel=1e-9)


def test_a_line_without_a_price_before_the_start_says_so_and_the_others_stand(pair: Any, market_index: Any, today: date) -> None:
    young = wander("YOUNG", 7, today, days=40)
    found = beside([pair], young, market_index, start=today - timedelta(days=100)).result()
    late, well = found.lines
    assert late.alone.twr.value is None and late.alone.twr.why_not.startswith("No price of YOUNG in EUR is known for")
    for figure in (late.against.beta, late.result.lead, late.alone.volatility, late.alone.maximum_drawdown, late.result.excess):
        assert figure.value is None and "YOUNG" in figure.why_not
    assert late.alone.path.why_not and number(well.against.beta) is not None and len(well.alone.path.days) == 102  # the close before and 101 days


def test_fewer_than_twenty_common_days_leave_the_figures_of_risk_undefined(pair: Any, market_index: Any, today: date) -> None:
    found = beside([pair], market_index, start=today - timedelta(days=9)).result()
    assert found.lines[0].against.beta.why_not.startswith("Fewer than 20 trading days lie in the period")
    assert found.lines[0].result.excess.known and found.lines[0].alone.volatility.why_not == found.alone.volatility.why_not


def test_without_a_rate_between_the_currencies_a_line_says_which(pair: Any, today: date) -> None:
    franc = wander("FRANC", 9, today, currency="CHF")
    (line,) = beside([pair], franc).result().lines
    assert line.alone.twr.value is None and line.alone.twr.why_not.startswith("No price of FRANC in EUR is known for")


# ── had I never traded ──────────────────────────────────────────────────────


def differs_in_nothing(found: Any) -> None:
    assert found.trades == 0 and number(found.difference) == pytest.approx(0, abs=1e-6)
    assert number(found.points) == pytest.approx(0, abs=1e-12) and all(row.is_held for row in found.kept)


def test_who_never_traded_in_the_period_differs_in_nothing(pair: Any, today: date) -> None:
    differs_in_nothing(beside([pair]).result().untraded)
    differs_in_nothing(beside([pair], start=today - timedelta(days=200)).result().untraded)
    differs_in_nothing(beside([pair], start=today - timedelta(days=200), end=today - timedelta(days=33)).result().untraded)


def test_money_in_and_out_dividends_costs_and_splits_are_no_trades(person: Any, one: Any, two: Any, today: date) -> None:
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", one.rows[0][0], amount="20000")
    for thing in (one, two):
        record(portfolio, "buy", thing.rows[0][0], thing, quantity="50", price=thing.rows[0][1], fees="2")
    record(portfolio, "dividend", one.rows[90][0], one, amount="31.50", taxes="4.5")
    record(portfolio, "deposit", one.rows[120][0], amount="777")
    record(portfolio, "interest", one.rows[130][0], amount="3.21")
    record(portfolio, "fee", one.rows[131][0], amount="9")
    record(portfolio, "split", two.rows[140][0], two, ratio_new="2", ratio_old="1")
    record(portfolio, "withdrawal", one.rows[150][0], amount="100")
    differs_in_nothing(beside([portfolio], start=today - timedelta(days=360)).result().untraded)
    differs_in_nothing(beside([portfolio], start=today - timedelta(days=200)).result().untraded)


def test_what_trading_brought_is_told_in_money_and_points_as_a_slow_reckoning_says(person: Any, one: Any, two: Any, today: date) -> None:
    """Sold half of one thing for another: kept units at the last closes, and the money of the sale put back."""
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", one.rows[0][0], amount="10000")
    record(portfolio, "buy", one.rows[0][0], one, quantity="60", price=one.rows[0][1])
    day, close = one.rows[150]
    record(portfolio, "sell", day, one, quantity="30", price=close, fees="5")
    record(portfolio, "deposit", one.rows[170][0], amount="500")
    record(portfolio, "buy", two.rows[180][0], two, quantity="40", price=two.rows[180][1], fees="5")
    start = one.rows[100][0]
    found = beside([portfolio], start=start).result()
    cash = 10000 - 60 * float(one.rows[0][1])
    last = {thing: float(thing.rows[-1][1]) for thing in (one, two)}
    kept = 60 * last[one] + cash + 500
    real = 30 * last[one] + 40 * last[two] + cash + 500 + 30 * float(close) - 5 - 40 * float(two.rows[180][1]) - 5
    assert found.untraded.trades == 2 and found.untraded.since == start - timedelta(days=1)
    assert number(found.untraded.value) == pytest.approx(kept, rel=1e-12) and number(found.end_value) == pytest.approx(real, rel=1e-12)
    assert number(found.untraded.difference) == pytest.approx(real - kept, abs=1e-6)
    before = float(one.rows[99][1])
    middle = 60 * float(one.rows[169][1]) + cash  # the deposit works from the start of its day
    twr = middle / (60 * before + cash) * kept / (middle + 500) - 1
    assert number(found.untraded.alone.twr) == pytest.approx(twr, rel=1e-9)
    assert number(found.untraded.points) == pytest.approx(number(found.alone.twr) - twr, abs=1e-9)
    (row,) = found.untraded.kept
    assert (row.instrument.symbol, row.units.value, row.is_held) == ("ONE", 60, True)
    assert number(found.untraded.other) == pytest.approx(cash + 500, rel=1e-9)


def test_where_the_period_begins_with_the_first_purchase_that_is_what_is_kept(person: Any, one: Any, two: Any) -> None:
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", one.rows[0][0], amount="10000")
    record(portfolio, "buy", one.rows[5][0], one, quantity="10", price=one.rows[5][1])
    record(portfolio, "buy", two.rows[9][0], two, quantity="10", price=two.rows[9][1])
    found = beside([portfolio]).result().untraded
    assert found.since == one.rows[5][0] and [row.instrument.symbol for row in found.kept] == ["ONE"] and found.trades == 1
    assert number(found.value) == pytest.approx(10000 + 10 * (float(one.rows[-1][1]) - float(one.rows[5][1])), rel=1e-12)


def test_of_what_was_sold_dividends_and_splits_are_those_of_the_market(person: Any, one: Any) -> None:
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", one.rows[0][0], amount="10000")
    record(portfolio, "buy", one.rows[0][0], one, quantity="10", price=one.rows[0][1])
    record(portfolio, "sell", one.rows[120][0], one, quantity="10", price=one.rows[120][1])
    for nth, fields in ((50, {"kind": "dividend", "amount": "9"}), (140, {"kind": "dividend", "amount": "2"})):
        CorporateAction.objects.create(instrument=one, ex_day=one.rows[nth][0], source="test", **fields)
    CorporateAction.objects.create(instrument=one, ex_day=one.rows[160][0], kind="split", ratio_new="2", ratio_old="1", source="test")
    found = beside([portfolio], start=one.rows[20][0]).result().untraded
    (row,) = found.kept
    assert (row.units_then.value, row.units.value, row.is_held) == (10, 20, False)
    assert number(found.other) == pytest.approx(10000 - 10 * float(one.rows[0][1]) + 20, rel=1e-9)


def test_several_portfolios_are_kept_together(person: Any, pair: Any, one: Any, two: Any) -> None:
    other = bought(person, (two, "10"), nth=30, name="Other")
    record(other, "sell", two.rows[200][0], two, quantity="10", price=two.rows[200][1])
    found = beside([pair, other], start=one.rows[100][0]).result().untraded
    assert {row.instrument.symbol: row.units.value for row in found.kept} == {"ONE": 60, "TWO": 110}


# ── portfolios side by side ─────────────────────────────────────────────────


def test_side_by_side_each_has_the_figures_of_its_own_reports(person: Any, pair: Any, one: Any, two: Any, today: date) -> None:
    young = bought(person, (one, "3"), nth=250, name="Young")
    record(young, "dividend", one.rows[270][0], one, amount="12")
    start = today - timedelta(days=300)
    found = SideBySide(Scope([pair, young]), start).result
    for row in found.rows:
        alone = performance([row.portfolio], start=start)
        risks = RiskWindow(Scope([row.portfolio]), RiskAsked(start, None)).result()
        assert number(row.value) == number(alone.end_value) and number(row.gain) == pytest.approx(number(alone.gain), abs=1e-6)
        for name in ("twr", "mwr", "net_flows"):
            mine = row.alone.twr if name == "twr" else getattr(row, name)
            assert number(mine) == pytest.approx(number(getattr(alone, name)), rel=1e-9), name
        for mine, other in (
            (row.alone.volatility, risks.volatility),
            (row.alone.maximum_drawdown, risks.maximum_drawdown),
            (row.risk_level, risks.level),
        ):
            assert mine == other
        assert row.income.value == gains_of(Scope([row.portfolio]), start).income
    assert [row.begins_later for row in found.rows] == [False, True] and found.rows[1].since == one.rows[250][0]
    assert found.rows[1].income.value == 12


def test_a_portfolio_of_another_currency_is_told_in_that_of_the_report(
    person: Any, euro_portfolio: Any, dollar_portfolio: Any, began: date, today: date
) -> None:
    found = SideBySide(Scope([euro_portfolio, dollar_portfolio], "EUR"), None, today - timedelta(days=3)).result
    for row in found.rows:
        alone = performance([row.portfolio], currency="EUR", end=today - timedelta(days=3))
        assert number(row.value) == pytest.approx(number(alone.end_value), rel=1e-9) and row.value.currency == "EUR"
        assert number(row.alone.twr) == pytest.approx(number(alone.twr), rel=1e-9)


# ── explanations ────────────────────────────────────────────────────────────


def recomputed(found: Explanation) -> float:
    """The terms before the last, put together by their operators."""
    result = 0.0
    for term in found.terms[:-1]:
        value = number(term.figure)
        result = {
            "": lambda a, b: b, "+": lambda a, b: a + b, "−": lambda a, b: a - b, "×": lambda a, b: a * b, "÷": lambda a, b: a / b,
        }[term.operator](result, value)  # fmt: skip
    return result


NOT_SUMS = ("mwr", "risk_level")  # a root, and a class: tests/analytics/test_explain.py


def explained(known: Mapping[str, Explanation]) -> int:
    """Every figure that is known is made again from its terms; how many there are."""
    count = 0
    for name in known:
        found = known[name]
        assert found.name == name or name in {"twr", "gain", "volatility", "maximum_drawdown", "twr_annualised"}, name
        assert found.words.endswith(".") and found.title
        if found.figure.value is None:
            assert found.figure.why_not.endswith("."), name
        elif not name.startswith(NOT_SUMS) and len(found.terms) > 1:
            assert recomputed(found) == pytest.approx(float(found.figure.value), rel=1e-9, abs=1e-9), name
            assert found.terms[-1].figure == found.figure
            count += 1
    return count


def test_every_figure_is_made_again_from_its_explanation(person: Any, pair: Any, one: Any, two: Any, market_index: Any, today: date) -> None:
    record(pair, "sell", one.rows[200][0], one, quantity="10", price=one.rows[200][1])
    report = beside([pair], market_index, two, start=today - timedelta(days=380))
    known = comparison_explanations(report)
    line = report.besides[1].line
    key = line.other.key
    assert known[f"beta_{key}"].figure == line.against.beta and known[f"lead_{key}"].figure == line.result.lead
    assert known[f"benchmark_volatility_{key}"].figure == line.alone.volatility and known[f"same_money_{key}"].figure == line.result.same_money
    assert known["untraded_difference"].figure == report.untraded.difference
    assert explained(known) >= 35
    kept = [line.cells[-1] for line in known["untraded_value"].lines]
    assert sum(number(cell) for cell in kept if isinstance(cell, Figure)) == pytest.approx(number(known["untraded_value"].figure))


def test_every_figure_of_portfolios_side_by_side_is_made_again(person: Any, pair: Any, two: Any, today: date) -> None:
    young = bought(person, (two, "3"), nth=150, name="Young")
    for end in (None, today - timedelta(days=20)):
        sides = SideBySide(Scope([pair, young]), today - timedelta(days=380), end)
        known = sides_explanations(sides)
        assert explained(known) >= 12 and known[f"twr_p{young.pk}"].title.endswith(", Young")


def test_a_return_a_year_is_that_of_the_engine() -> None:
    assert annualised(0.21, 730) == pytest.approx(0.1)


# ── what is asked ───────────────────────────────────────────────────────────


def test_keys_mean_what_the_person_may_see(person: Any, one: Any) -> None:
    indices, blends = benchmarks(person)
    assert [other.key for other in others_of(person, [f"i{one.pk}", "", f"i{one.pk}"], (*indices, *blends))] == [f"i{one.pk}"]
    theirs = make_instrument("THEIRS", owner=make_person())
    for key in (f"i{theirs.pk}", "i", "x1", "999999", "i²"):
        with pytest.raises(UnknownBenchmark):
            others_of(person, [key], (*indices, *blends))
    with pytest.raises(TooMany):
        others_of(person, ["1", "2", "3", "4", "5"], ())
