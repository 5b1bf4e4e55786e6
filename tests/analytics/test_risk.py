"""Risk: the figures of the report by a second calculation, its identities, its reasons, and its explanations."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analytics.selectors.explaining.risk import risk_explanations
from analytics.selectors.explanations import Term
from analytics.selectors.risk.asked import Unreadable, risk_asked
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.risk.shapes import Risk, RiskAsked, Shock
from analytics.selectors.scope import Scope
from market.models import RisklessRate
from portfolio_site.kernel.dates import years_before
from tests.analytics.conftest import store_closes, store_rates
from tests.analytics.wandering import HISTORY, market_index, moves, one, pair, two, wander
from tests.engine import slow
from tests.factories import make_instrument, make_portfolio, record, set_quote

__all__ = ["market_index", "one", "pair", "two"]  # fixtures

pytestmark = pytest.mark.django_db


def report(portfolio: Any, **asked: Any) -> Risk:
    return window(portfolio, **asked).result()


def window(portfolio: Any, **asked: Any) -> RiskWindow:
    return RiskWindow(Scope([portfolio], "EUR"), RiskAsked(**asked))


def by_hand(today: date, *parts: tuple[Any, float]) -> np.ndarray:
    """Returns of the weekdays of the past year, from the worth of what was kept all the time."""
    opens = years_before(today, 1)
    worth: dict[date, float] = {}
    for thing, units in parts:
        for day, close in thing.rows:
            worth[day] = worth.get(day, 0.0) + units * float(close)
    before = [value for day, value in worth.items() if day <= opens][-1]
    values = [before, *(value for day, value in worth.items() if day > opens)]
    return np.diff(values) / values[:-1]


# ── against other programs ──────────────────────────────────────────────────


def test_the_figures_of_the_spread_are_those_of_a_second_calculation_and_of_scipy(pair: Any, one: Any, two: Any, today: date) -> None:
    found, r = report(pair, rate=0.03), by_hand(today, (one, 60.0), (two, 100.0))
    rf = 1.03 ** (1 / 365) - 1
    assert found.days == len(r) and found.returns.values == pytest.approx(r, abs=1e-12)
    assert found.volatility.value == pytest.approx(slow.spread(r.tolist()) * math.sqrt(252), rel=1e-9)
    assert found.downside_deviation.value == pytest.approx(slow.downside(r.tolist(), 0.0) * math.sqrt(252), rel=1e-9)
    assert found.sortino.value == pytest.approx(slow.mean(r.tolist()) * math.sqrt(252) / slow.downside(r.tolist(), 0.0), rel=1e-9)
    assert found.skewness.value == pytest.approx(stats.skew(r), rel=1e-9)
    assert found.excess_kurtosis.value == pytest.approx(stats.kurtosis(r), rel=1e-9)
    deepest = min(slow.falls([1.0, *np.cumprod(1 + r).tolist()]), key=lambda fall: fall[3])
    assert found.maximum_drawdown.value == found.falls[0].depth == pytest.approx(deepest[3], rel=1e-9)
    assert found.falls[0].trough == weekdays(one, today)[deepest[1]]
    days = np.array([(b - a).days for a, b in zip(weekdays(one, today), weekdays(one, today)[1:], strict=False)])
    over = r - ((1 + rf) ** days - 1)
    assert found.sharpe.value == pytest.approx(over.mean() / over.std(ddof=1) * math.sqrt(252), rel=1e-9)
    assert found.riskless.figure.value == 0.03 and found.riskless.set_by_person
    level = np.searchsorted([0.005, 0.02, 0.05, 0.10, 0.15, 0.25], float(found.volatility.value or 0), side="right") + 1
    assert found.level.value == int(level)
    assert found.level_reason.startswith("A volatility of ")


def weekdays(thing: Any, today: date) -> list[date]:
    opens = years_before(today, 1)
    return [opens, *(day for day, _ in thing.rows if day > opens)]


def test_value_at_risk_and_shortfall_are_those_of_a_second_calculation_three_ways(pair: Any, one: Any, two: Any, today: date) -> None:
    found, r = report(pair), by_hand(today, (one, 60.0), (two, 100.0))
    worth = float(found.value.value or 0)
    for level in (0.95, 0.99):
        row = found.tail("historical", level)
        assert row.value_at_risk.value == pytest.approx(-np.percentile(r, 100 * (1 - level)), rel=1e-9)
        assert row.expected_shortfall.value == pytest.approx(-r[r <= np.quantile(r, 1 - level)].mean(), rel=1e-9)
        assert row.value_at_risk_money.value == pytest.approx(float(row.value_at_risk.value or 0) * worth)
        z = stats.norm.ppf(1 - level)
        for horizon in (1, 10):
            mean, spread = r.mean() * horizon, r.std(ddof=1) * math.sqrt(horizon)
            row = found.tail("normal", level, horizon)
            assert row.value_at_risk.value == pytest.approx(-(mean + z * spread), rel=1e-9)
            assert row.expected_shortfall.value == pytest.approx(-(mean - spread * stats.norm.pdf(z) / (1 - level)), rel=1e-9)
            s, k = stats.skew(r) / math.sqrt(horizon), stats.kurtosis(r) / horizon
            bent = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
            third = found.tail("cornish_fisher", level, horizon).value_at_risk
            assert third.value is None or third.value == pytest.approx(-(mean + bent * spread), rel=1e-9)


def test_the_back_test_counts_the_evenings_on_which_value_at_risk_failed(pair: Any) -> None:
    built = window(pair)
    row = next(one for one in built.result().tests if (one.method, one.level) == ("historical", 0.95))
    r, before = built.past[0], row.estimated_on
    failed = sum(r[n] < np.quantile(r[n - before : n], 0.05) for n in range(before, len(r)))
    assert (row.days.value, row.failures.value) == (len(r) - before, int(failed))
    n, x, p = len(r) - before, int(failed), 0.05
    chance = stats.binom.logpmf(x, n, x / n) - stats.binom.logpmf(x, n, p)
    assert row.p_value.value == pytest.approx(stats.chi2.sf(2 * chance, 1), rel=1e-6)
    assert row.accepted == (float(row.p_value.value or 0) >= 0.05)


def test_the_line_through_the_benchmark_is_that_of_scipy(pair: Any, one: Any, two: Any, market_index: Any, today: date) -> None:
    found = report(pair, rate=0.0).benchmark
    r, b = by_hand(today, (one, 60.0), (two, 100.0)), by_hand(today, (market_index, 1.0))
    fit = stats.linregress(b, r)
    assert found.beta.value == pytest.approx(fit.slope, rel=1e-9)
    assert found.alpha.value == pytest.approx(fit.intercept * 252, rel=1e-9)
    assert found.r_squared.value == pytest.approx(fit.rvalue**2, rel=1e-9)
    assert found.correlation.value == pytest.approx(fit.rvalue, rel=1e-9)
    assert found.tracking_error.value == pytest.approx((r - b).std(ddof=1) * math.sqrt(252), rel=1e-9)
    assert found.information_ratio.value == pytest.approx((r - b).mean() / (r - b).std(ddof=1) * math.sqrt(252), rel=1e-9)
    up = b > 0
    mean = lambda x: math.exp(np.log1p(x).mean()) - 1  # noqa: E731
    assert found.up_capture.value == pytest.approx(mean(r[up]) / mean(b[up]), rel=1e-9)


def test_rolling_volatility_reaches_back_before_the_window(pair: Any, one: Any, two: Any) -> None:
    found = report(pair)
    every = np.diff(w := np.array([60 * float(a) + 100 * float(b) for (_, a), (_, b) in zip(one.rows, two.rows, strict=True)])) / w[:-1]
    assert found.rolling_days == 63
    assert found.rolling.values[-1] == pytest.approx(every[-63:].std(ddof=1) * math.sqrt(252), rel=1e-9)
    reach = min(found.days, len(every) - 62)
    assert len(found.rolling.values) == reach and found.rolling.days[-1] == found.returns.days[-1]


# ── identities ──────────────────────────────────────────────────────────────


def test_a_portfolio_that_is_its_benchmark_has_beta_one_alpha_zero_and_no_error(person: Any, one: Any) -> None:
    portfolio = make_portfolio(person, benchmark=one, tracks_cash=False)
    record(portfolio, "buy", one.rows[0][0], one, quantity="7", price=one.rows[0][1])
    found = report(portfolio, rate=0.02).benchmark
    assert found.beta.value == pytest.approx(1, abs=1e-9)
    assert found.alpha.value == pytest.approx(0, abs=1e-9)
    assert found.tracking_error.value == pytest.approx(0, abs=1e-9)
    assert (found.correlation.value, found.r_squared.value) == pytest.approx((1, 1), abs=1e-9)
    assert (found.up_capture.value, found.down_capture.value) == pytest.approx((1, 1), abs=1e-9)
    assert found.information_ratio.why_not == "The difference from the benchmark does not vary, and nothing can be divided by its spread."


def test_what_holdings_add_comes_to_the_volatility_of_the_present_mix(person: Any, pair: Any, today: date) -> None:
    dollars = wander("YANK", 5, today, currency="USD")
    store_rates("USD", [(today - timedelta(days=n), f"{1.1 + n % 7 / 100:.3f}") for n in range(HISTORY)])
    portfolio = make_portfolio(person, name="With cash", tracks_cash=True)
    record(portfolio, "deposit", today - timedelta(days=40), amount="5000")
    record(portfolio, "deposit", today - timedelta(days=40), amount="1000", currency="USD")
    record(portfolio, "buy", today - timedelta(days=40), dollars, quantity="10", price="90", settlement_currency="EUR", fx_rate="1", amount="900")
    found = RiskWindow(Scope([pair, portfolio], "EUR"), RiskAsked()).result().holdings
    assert {row.symbol for row in found.rows} == {"ONE", "TWO", "YANK", "USD", "EUR"}
    parts = [float(row.contribution.value or 0) for row in found.rows]
    assert sum(parts) == pytest.approx(float(found.volatility.value or 0), rel=1e-12)
    assert sum(float(row.share.value or 0) for row in found.rows) == pytest.approx(1)
    assert sum(float(row.weight.value or 0) for row in found.rows) == pytest.approx(1)
    assert found.covered.value == 1 and found.correlation.left_out == 0
    cash = found.rows[-1]
    assert (cash.symbol, cash.contribution.value, cash.volatility.why_not) == ("EUR", 0.0, "Cash in the currency of the report does not move.")


def test_each_holding_alone_is_measured_over_the_window_even_if_it_was_bought_yesterday(
    person: Any, one: Any, market_index: Any, today: date
) -> None:
    portfolio = make_portfolio(person, benchmark=market_index, tracks_cash=False)
    record(portfolio, "buy", today - timedelta(days=1), one, quantity="1", price="100")
    found = report(portfolio)
    assert found.volatility.why_not == "Fewer than 20 trading days lie in the period: " + str(found_days(portfolio)) + "."
    row, r = found.holdings.rows[0], by_hand(today, (one, 1.0))
    assert row.volatility.value == pytest.approx(slow.spread(r.tolist()) * math.sqrt(252), rel=1e-9)
    assert row.beta.value == pytest.approx(stats.linregress(by_hand(today, (market_index, 1.0)), r).slope, rel=1e-9)
    assert row.contribution.value == pytest.approx(float(found.holdings.volatility.value or 0))


def found_days(portfolio: Any) -> int:
    return len(window(portfolio).stretch.returns().values)


# ── the rate without risk ───────────────────────────────────────────────────


def test_without_a_rate_what_needs_one_says_how_to_set_it_and_the_rest_stands(pair: Any) -> None:
    found = report(pair)
    for figure in (found.sharpe, found.benchmark.alpha, found.riskless.figure):
        assert "No rate without risk is known for EUR" in figure.why_not and "rf, in percent a year" in figure.why_not
    assert found.sortino.known and found.benchmark.beta.known and found.benchmark.beta.warnings
    assert found.benchmark.beta.value == pytest.approx(float(report(pair, rate=0.04).benchmark.beta.value or 0), abs=1e-3)


def test_the_stored_rate_of_the_report_currency_is_used(pair: Any, today: date) -> None:
    RisklessRate.objects.create(currency="EUR", day=today - timedelta(days=500), percent=Decimal(3), source="manual")
    stored, own = report(pair), report(pair, rate=0.03)
    assert stored.riskless.figure.value == pytest.approx(0.03, rel=1e-9) and stored.riskless.source == "manual"
    assert stored.sharpe.value == pytest.approx(float(own.sharpe.value or 0), rel=1e-9)
    assert stored.benchmark.alpha.value == pytest.approx(float(own.benchmark.alpha.value or 0), rel=1e-9)


# ── stress ──────────────────────────────────────────────────────────────────


def test_own_shocks_multiply_and_their_parts_add_up_in_percent_and_money(person: Any, one: Any, two: Any, today: date) -> None:
    dollars = wander("YANK", 5, today, currency="USD")
    store_rates("USD", [(today - timedelta(days=n), "1.25") for n in range(60)])
    portfolio = make_portfolio(person, tracks_cash=False)
    for thing, units in ((one, "10"), (two, "10"), (dollars, "10")):
        record(portfolio, "buy", today - timedelta(days=30), thing, quantity=units, price="50", fx_rate=None)
    shocks = (Shock("class", "stock", -0.2), Shock("currency", "USD", -0.1), Shock("holding", str(one.pk), -0.5), Shock("class", "crypto", -0.9))
    found = report(portfolio, shocks=shocks)
    own, worth = found.own, float(found.value.value or 0)
    assert own is not None
    value = {row.symbol: float(row.value.value or 0) for row in found.holdings.rows}
    lost = {"ONE": value["ONE"] * (0.8 * 0.5 - 1), "TWO": 0.0, "YANK": value["YANK"] * (0.8 * 0.9 - 1)}
    assert {part.instrument.symbol: part.money.value for part in own.parts if part.instrument} == pytest.approx(lost)
    assert own.money.value == pytest.approx(sum(lost.values())) and own.change.value == pytest.approx(sum(lost.values()) / worth)
    assert own.change.warnings == ("Nothing that is held is moved by a shock of the class crypto.",)
    against_itself = report(portfolio, shocks=(Shock("currency", "EUR", -0.1),)).own
    assert against_itself is not None and "cannot fall against itself" in against_itself.change.why_not


def test_a_past_time_takes_the_present_holdings_along_as_far_as_they_had_prices(person: Any, one: Any, today: date) -> None:
    old = make_instrument("OLD", price="50")
    begin = date(2020, 2, 18)
    path = [100, 100, *([90] * 11), 40, *([60] * 40)]
    store_closes(old, [(begin + timedelta(days=n), str(close)) for n, close in enumerate(path)])
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", today - timedelta(days=3), old, quantity="10", price="50")
    record(portfolio, "buy", today - timedelta(days=3), one, quantity="10", price="100")
    found = report(portfolio)
    row = next(each for each in found.past if each.key == "2020-03")
    weight = {each.symbol: float(each.weight.value or 0) for each in found.holdings.rows}
    assert row.change.value == pytest.approx(weight["OLD"] * -0.4)
    assert row.deepest is not None and row.deepest.value == pytest.approx(weight["OLD"] * -0.6)
    assert row.covered is not None and row.covered.value == pytest.approx(weight["OLD"])
    assert row.money.value == pytest.approx(500 * -0.4)
    crisis = next(each for each in found.past if each.key == "2008")
    assert crisis.change.why_not == "Nothing that is held now had a price then."


# ── explanations ────────────────────────────────────────────────────────────


def come_to(terms: tuple[Term, ...]) -> float:
    found = 0.0
    for term in terms[:-1]:
        number = float(term.figure.value or 0)
        found = (
            found - number if term.operator == "−" else found * number if term.operator == "×" else found / number if term.operator == "÷" else number
        )
    return found


def test_every_figure_is_made_again_from_its_explanation(pair: Any) -> None:
    built = window(pair, rate=0.02, least=0.01, shocks=(Shock("class", "stock", -0.3),))
    known, found = risk_explanations(built), built.result()
    for name in known:
        one = known[name]
        assert one.name == name and one.title and one.words.endswith("."), name
        if one.figure.known and name != "risk_level":
            assert come_to(one.terms) == pytest.approx(float(one.figure.value or 0), rel=1e-9, abs=1e-12), name
    same = {
        "volatility": found.volatility, "sharpe": found.sharpe, "calmar": found.calmar, "beta": found.benchmark.beta, "alpha": found.benchmark.alpha,
        "value_at_risk": found.tail().value_at_risk, "expected_shortfall_normal_99_10": found.tail("normal", 0.99, 10).expected_shortfall,
        "holdings_volatility": found.holdings.volatility, "stress_own": found.own.money if found.own else None, "risk_level": found.level,
    }  # fmt: skip
    for name, figure in same.items():
        assert known[name].figure == figure, name
    squares = sum(float(line.cells[-1].value) for line in known["volatility"].lines)  # type: ignore[union-attr, arg-type]
    assert math.sqrt(squares / (found.days - 1) * 252) == pytest.approx(float(found.volatility.value or 0), rel=1e-9)
    assert known["volatility"].more_lines == found.days - 49


# ── what cannot be computed ─────────────────────────────────────────────────


def test_a_crypto_portfolio_counts_every_day(person: Any, today: date) -> None:
    coin = make_instrument("COIN", asset_class="crypto")
    closes = 100 * np.cumprod(1 + moves(9, 100, 0.04))
    store_closes(coin, [(today - timedelta(days=100 - n), f"{close:.6f}") for n, close in enumerate(closes)])
    set_quote(coin, f"{closes[-1]:.6f}")
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", today - timedelta(days=100), coin, quantity="1", price="100")
    found = report(portfolio)
    assert (found.periods, found.rolling_days) == (365, 91)
    assert found.volatility.value == pytest.approx(np.std([*(np.diff(closes) / closes[:-1]), 0.0], ddof=1) * math.sqrt(365), rel=1e-6)
    assert found.holdings.rows[0].volatility.why_not.startswith("No price of COIN in EUR is known for ")


def test_days_after_everything_was_sold_have_no_return_and_calm_nothing(person: Any, one: Any, today: date) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", one.rows[0][0], one, quantity="10", price=one.rows[0][1])
    sold = today - timedelta(days=200)
    record(portfolio, "sell", sold, one, quantity="10", price="100")
    found = report(portfolio)
    opens = years_before(today, 1)
    assert found.days <= sum(1 for day, _ in one.rows if opens < day <= sold) + 1
    assert found.holdings.rows == () and found.holdings.volatility.why_not == "Nothing is held now that could vary."
    assert found.tail().value_at_risk_money.value == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"rate": "much"}, "rf"),
        ({"rate": "900"}, "rf"),
        ({"least": "--1"}, "mar"),
        ({"shocks": ["stock:-20"]}, "shock"),
        ({"shocks": ["class:shares:-20"]}, "shock"),
        ({"shocks": ["class:stock:-120"]}, "shock"),
        ({"shocks": ["currency:USD:nan"]}, "shock"),
        ({"shocks": ["class:stock:-1"] * 51}, "shock"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(query: dict[str, Any], field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        risk_asked(None, None, **query)
    assert refused.value.field == field and str(refused.value).endswith(".")


def test_numbers_are_read_as_people_write_them() -> None:
    asked = risk_asked(None, None, "2,5 %", "−1", ["class:stock:-20", "currency:usd:10 %", "holding:7:-50"])
    assert (asked.rate, asked.least) == (0.025, -0.01)
    assert asked.shocks == (Shock("class", "stock", -0.2), Shock("currency", "USD", 0.1), Shock("holding", "7", -0.5))
