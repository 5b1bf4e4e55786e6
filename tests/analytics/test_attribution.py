"""Attribution of a portfolio against a benchmark: the effects add up to the excess, and each is what one would compute by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.choices import By
from analytics.engine.attribution import attributed, held_still
from analytics.engine.returns import time_weighted_return
from analytics.selectors import Scope
from analytics.selectors.parts import Parts
from analytics.selectors.performance import Stretch
from analytics.selectors.period.attribution import AttributionReport
from market.choices import Rebalancing
from market.selectors import BenchmarkView, PartView
from tests.analytics.conftest import every_day, store_closes
from tests.factories import make_instrument, make_portfolio, record, set_quote

DAY = timedelta(days=1)


def number(figure: Any) -> float:
    assert figure.value is not None, figure.why_not
    return float(figure.value)


def blend(*parts: tuple[Any, str], rule: str = Rebalancing.MONTHLY) -> BenchmarkView:
    made = tuple(PartView(one.pk, one.symbol, one.name, one.currency, one.asset_class, False, Decimal(weight)) for one, weight in parts)
    return BenchmarkView(None, "Blend", "EUR", made, True, rule)


def report_of(portfolio: Any, benchmark: Any, start: date | None = None, end: date | None = None, *, gross: bool = False) -> AttributionReport:
    stretch = Stretch(Scope([portfolio], "EUR", benchmark=benchmark, gross=gross), start, end)
    return AttributionReport(stretch, Parts(stretch))


@pytest.fixture
def bond(db: None, began: date, today: date) -> Any:
    instrument = make_instrument("BOND", asset_class="bond", country="DE", sector="Government")
    store_closes(instrument, every_day(began, today - DAY, lambda n: str(Decimal(90) + Decimal(n % 17) / 10)))
    set_quote(instrument, "91", "90.5")
    return instrument


@pytest.mark.django_db
@pytest.mark.parametrize("gross", [False, True])
@pytest.mark.parametrize("rule", ["never", "daily", "monthly", "yearly"])
@pytest.mark.parametrize("since", [0, 11, 205, 480, 499])
def test_the_effects_add_up_to_the_excess_whatever_the_period(
    euro_portfolio: Any, share: Any, bond: Any, began: date, since: int, rule: str, gross: bool
) -> None:
    found = report_of(euro_portfolio, blend((share, "0.6"), (bond, "0.4"), rule=rule), began + since * DAY, gross=gross).by(By.CLASS)
    assert found.why_not == ""
    whole = number(found.allocation) + number(found.selection) + number(found.interaction)
    assert whole == pytest.approx(number(found.excess), abs=1e-9)
    for name in ("allocation", "selection", "interaction"):
        assert sum(number(getattr(row, name)) for row in found.rows) == pytest.approx(number(getattr(found, name)), abs=1e-12)
    for row in found.rows:
        assert number(row.effect) == pytest.approx(number(row.allocation) + number(row.selection) + number(row.interaction), abs=1e-15)
    assert sum(number(row.weight) for row in found.rows) == pytest.approx(1) == sum(number(row.benchmark_weight) for row in found.rows)


@pytest.mark.django_db
def test_a_portfolio_that_is_the_benchmark_has_no_effects(person: Any, share: Any, bond: Any, began: date, today: date) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", began, share, quantity="6", price="100")
    record(portfolio, "buy", began, bond, quantity="4", price="100")
    worth = 6 * Decimal(100), 4 * Decimal(90)
    same = blend((share, str(worth[0] / sum(worth))), (bond, str(worth[1] / sum(worth))), rule="never")
    found = report_of(portfolio, same, began + DAY, today - DAY).by(By.CLASS)
    for row in found.rows:
        assert [number(one) for one in (row.allocation, row.selection, row.interaction)] == pytest.approx([0, 0, 0], abs=1e-9)
        assert not row.twr.known or number(row.twr) == pytest.approx(number(row.benchmark_twr))


@pytest.mark.django_db
def test_one_month_without_entries_is_the_textbook(person: Any, share: Any, fund: Any, bond: Any, began: date, today: date) -> None:
    """Shares alone against half shares and half bonds: what was gained is that the bonds were left out."""
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", began, share, quantity="10", price="100")
    start = (began + 70 * DAY).replace(day=1)
    end = (start + 40 * DAY).replace(day=1) - DAY
    stretch = Stretch(Scope([portfolio], benchmark=blend((share, "0.5"), (bond, "0.5"), rule="never")), start, end)
    found = AttributionReport(stretch, Parts(stretch)).by(By.CLASS)
    rows = {row.key: row for row in found.rows}
    ours, theirs = rows["stock"], rows["bond"]
    held, other = number(ours.benchmark_weight), number(theirs.benchmark_weight)
    r, b = number(ours.benchmark_twr), number(theirs.benchmark_twr)
    whole = held * r + other * b
    assert found.periods == 1 and number(ours.twr) == pytest.approx(r)
    assert number(ours.allocation) == pytest.approx((1 - held) * (r - whole))
    assert number(theirs.allocation) == pytest.approx((0 - other) * (b - whole))
    assert [number(ours.selection), number(theirs.selection)] == pytest.approx([0, 0], abs=1e-12)
    assert not theirs.twr.known and "nothing of it was held" in theirs.twr.why_not.lower()


@pytest.mark.django_db
def test_what_the_benchmark_is_made_of_must_be_told(euro_portfolio: Any, share: Any, index: Any, bond: Any) -> None:
    by_class = report_of(euro_portfolio, None).by(By.CLASS)  # the portfolio's own benchmark is an index
    assert "is not known. Choose a blend" in by_class.why_not and [one.instrument_id for one in by_class.unknown] == [index.pk]
    assert by_class.excess.known and by_class.allocation.value is None and by_class.rows == ()
    by_country = report_of(euro_portfolio, blend((share, "0.5"), (bond, "0.5"))).by(By.COUNTRY)
    assert by_country.why_not.startswith("Which countries are in SHARE Corporation") and [one.symbol for one in by_country.unknown] == ["SHARE"]


@pytest.mark.django_db
def test_without_a_benchmark_one_is_asked_for(person: Any, share: Any, began: date) -> None:
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", began, amount="100")
    assert "Choose one to compare with" in report_of(portfolio, None).by(By.SECTOR).why_not


@given(st.integers(0, 2**32 - 1), st.integers(1, 50), st.integers(1, 4))
def test_periods_are_cut_where_money_moved_and_link_to_the_return(seed: int, days: int, holdings: int) -> None:
    chance = np.random.default_rng(seed)
    value, put_in = np.zeros((holdings, days + 1)), np.zeros((holdings, days))
    value[:, 0] = chance.uniform(1, 100, holdings)
    for day in range(days):
        bought, sold = (chance.uniform(0, 20, holdings) * (chance.random(holdings) < 0.15) for _ in range(2))
        grown = (value[:, day] + bought) * chance.uniform(0.9, 1.1, holdings)
        sold = np.where(bought > 0, 0, np.minimum(sold, grown * 0.9))
        value[:, day + 1], put_in[:, day] = grown - sold, bought - sold
    inflow, outflow = np.maximum(put_in, 0).sum(axis=0), np.maximum(-put_in, 0).sum(axis=0)
    edges = held_still(put_in, inflow, outflow, np.arange(0, days, 7))
    begins = edges[:-1]
    base = value.sum(axis=0)[begins] + inflow[begins]
    weights = (value[:, begins] + np.maximum(put_in[:, begins], 0)) / base
    gains = np.add.reduceat(np.diff(value, axis=1) - put_in, begins, axis=1) / base
    other = chance.dirichlet(np.ones(holdings), len(begins))
    found = attributed(weights.T, gains.T, other, chance.uniform(-0.1, 0.1, other.shape))
    assert found.portfolio == pytest.approx(time_weighted_return(value.sum(axis=0), inflow, outflow), rel=1e-9, abs=1e-9)
    assert found.allocation.sum() + found.selection.sum() + found.interaction.sum() == pytest.approx(found.excess, abs=1e-9)


def test_what_was_bought_and_sold_within_a_day_is_interaction() -> None:
    found = attributed(np.array([[1.0, 0.0]]), np.array([[0.01, 0.02]]), np.array([[1.0, 0.0]]), np.array([[0.01, 0.0]]))
    assert found.interaction.tolist() == pytest.approx([0, 0.02 - 0 * 0.01]) and found.selection.tolist() == pytest.approx([0, 0])
