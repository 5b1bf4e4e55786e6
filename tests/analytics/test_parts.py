"""What changed the value, and what each holding added to the return: the parts add up, and each is what one would compute by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from analytics.holding_series import by_holding
from analytics.selectors import Scope, returns_of
from analytics.selectors.parts import Parts
from analytics.selectors.performance import Stretch
from portfolios.selectors import HoldingMove
from tests.analytics.conftest import every_day, store_closes
from tests.analytics.worlds import D, book, closes, day, event, market
from tests.factories import make_instrument, make_person, make_portfolio, record, set_quote

DAY = timedelta(days=1)


def number(figure: Any) -> float:
    assert figure.value is not None, figure.why_not
    return float(figure.value)


@pytest.mark.django_db
@pytest.mark.parametrize("since", [0, 1, 11, 150, 205, 499])
@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_drivers_add_up_to_the_change_of_value_to_the_last_digit(
    euro_portfolio: Any, dollar_portfolio: Any, began: date, since: int, currency: str
) -> None:
    scope = Scope([euro_portfolio, dollar_portfolio], currency)
    one = returns_of(scope, began + since * DAY).bridge
    steps = [Decimal(str(step.value)) for step in (one.start, one.flows, one.price, one.currency, one.income)]
    assert sum(steps) - Decimal(str(one.costs.value)) == Decimal(str(one.end.value))
    assert Decimal(str(one.change.value)) == Decimal(str(one.end.value)) - Decimal(str(one.start.value))


@pytest.mark.django_db
@pytest.mark.parametrize("since", [0, 1, 11, 150, 205, 499])
def test_contributions_add_up_to_the_return_and_gains_to_the_gain(euro_portfolio: Any, dollar_portfolio: Any, began: date, since: int) -> None:
    report = returns_of(Scope([euro_portfolio, dollar_portfolio], "EUR"), began + since * DAY)
    assert sum(number(one.contribution) for one in report.parts) == pytest.approx(number(report.performance.twr), abs=1e-9)
    assert sum(number(one.gain) for one in report.parts) == pytest.approx(number(report.performance.gain), abs=1e-6)
    for one in report.parts:
        whole = number(one.price) + number(one.currency) + number(one.income) - number(one.costs)
        assert whole == pytest.approx(number(one.gain), abs=1e-6)
    for step in ("price", "income", "costs"):
        assert sum(number(getattr(one, step)) for one in report.parts) == pytest.approx(number(getattr(report.bridge, step)), abs=1e-5)


@pytest.mark.django_db
def test_each_step_is_what_the_entries_say(euro_portfolio: Any, share: Any) -> None:
    report = returns_of(Scope([euro_portfolio]))
    assert number(report.bridge.flows) == 11500
    assert number(report.bridge.income) == pytest.approx(40 + 7.77)  # before tax
    assert number(report.bridge.costs) == pytest.approx(4.90 + 1 + 6 + 4.90 + 12)  # fees inside of trades, tax withheld, the fee
    held = next(one for one in report.parts if one.instrument is not None and one.instrument.id == share.pk)
    # 40 at 100.02 and 7.5 at 104.1 bought, 15 sold at 102, 32.5 worth 110 each; no currency
    assert number(held.price) == pytest.approx(15 * 102 + 32.5 * 110 - 40 * 100.02 - 7.5 * 104.1)
    assert (number(held.income), number(held.costs)) == pytest.approx((40, 15.8)) and number(held.currency) == 0
    cash = next(one for one in report.parts if one.instrument is None)
    assert number(cash.gain) == pytest.approx(7.77 - 12)
    assert number(report.gross_twr) > number(report.performance.twr)


@pytest.mark.django_db
def test_a_price_that_stands_leaves_all_of_the_change_to_the_currency(person: Any, dollars: None, began: date, today: date) -> None:
    steady = make_instrument("STEADY", currency="USD")
    store_closes(steady, every_day(began, today - DAY, lambda n: "50"))
    set_quote(steady, "50", "50")
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", began, steady, quantity="10", price="50")
    report = returns_of(Scope([portfolio]), began + DAY)
    assert number(report.bridge.price) == pytest.approx(0, abs=1e-5)
    assert number(report.bridge.currency) == pytest.approx(500 / 1.2 - 500 / 1.25, abs=1e-5)


@pytest.mark.django_db
def test_a_holding_that_was_sold_in_the_period_stands_among_the_parts(person: Any, share: Any, began: date) -> None:
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", began, amount="2000")
    record(portfolio, "buy", began + DAY, share, quantity="10", price="100.01")
    record(portfolio, "sell", began + 101 * DAY, share, quantity="10", price="101.01")
    parts = returns_of(Scope([portfolio])).parts
    assert [(one.instrument.symbol if one.instrument else "", one.is_held) for one in parts] == [("SHARE", False)]
    assert number(parts[0].gain) == pytest.approx(10)


@pytest.mark.django_db
def test_months_chain_to_the_year_and_years_to_the_whole(euro_portfolio: Any) -> None:
    report = returns_of(Scope([euro_portfolio]))
    whole = 1.0
    for row in report.years:
        months = [number(cell.twr) for cell in row.months if cell.is_inside]
        assert np.prod([1 + one for one in months]) - 1 == pytest.approx(number(row.twr), abs=1e-12)
        assert all(
            cell.twr.why_not.startswith(("It is still to come", "It lies before your first entry")) for cell in row.months if not cell.is_inside
        )
        whole *= 1 + number(row.twr)
    assert whole - 1 == pytest.approx(number(report.performance.twr), abs=1e-12)
    days, months, years = report.extremes
    assert number(days.best) >= number(days.worst) and days.best_on is not None
    assert number(months.best) == max(number(cell.twr) for row in report.years for cell in row.months if cell.is_inside)
    assert number(years.worst) == min(number(row.twr) for row in report.years)


@pytest.mark.django_db
def test_rolling_returns_say_where_the_history_is_too_short(euro_portfolio: Any) -> None:
    one, three, _ = returns_of(Scope([euro_portfolio])).rolling
    assert number(one.worst) <= number(one.median) <= number(one.best)
    assert three.latest.value is None and "fewer than the 1095 of one stretch" in three.latest.why_not


# ── without a database ──────────────────────────────────────────────────────


def move(kind: str, on: str, instrument: int, *, quantity: str = "0", put_in: str = "0", entry: int = 1) -> HoldingMove:
    return HoldingMove(entry, instrument, day(on), kind, D(quantity), D(put_in), D(put_in), D(0), D(0), D(0))


def test_a_merger_leaves_what_was_gained_where_it_was_gained() -> None:
    """Ten units that cost 50 are worth 100, then 110; they become five of another instrument, worth 110 the next day too."""
    held = book(
        event("deposit", "2024-01-01", amount="50"),
        event("buy", "2024-01-01", instrument=1, quantity="10", gross="50"),
        event("sell", "2024-01-03", instrument=1, quantity="10", gross="50"),
        event("buy", "2024-01-03", instrument=2, quantity="5", gross="50"),
    )
    world = market(closes(1, d2024_01_01=10.0, d2024_01_02=11.0), closes(2, d2024_01_01=20.0, d2024_01_03=22.0, d2024_01_04=24.0))
    moves = [move("buy", "2024-01-01", 1, quantity="10", put_in="50"), move("merger", "2024-01-03", 1, put_in="-50", entry=2)]
    moves.append(move("merger", "2024-01-03", 2, put_in="50", entry=2))
    days = by_holding([held], moves, currency="EUR", market=world, first=day("2024-01-01"), length=4)
    assert days.value.tolist() == [[100, 110, 0, 0], [0, 0, 110, 120]]
    assert days.gains.tolist() == [[10, 0, 0], [0, 0, 10]]


def test_units_moved_in_kind_come_with_their_value_not_with_their_cost() -> None:
    held = book(event("buy", "2024-01-02", instrument=1, quantity="10", gross="50"), tracks_cash=False)
    moves = [move("transfer_in", "2024-01-02", 1, quantity="10", put_in="50")]
    days = by_holding([held], moves, currency="EUR", market=market(closes(1, d2024_01_01=10.0, d2024_01_03=12.0)), first=day("2024-01-01"), length=3)
    assert days.put_in.tolist() == [[100, 0]] and days.gains.tolist() == [[0, 20]]


def test_what_has_no_price_yet_stands_at_its_cost_and_gains_on_the_first_day_that_has_one() -> None:
    held = book(event("buy", "2024-01-02", instrument=1, quantity="10", gross="50"), tracks_cash=False)
    moves = [move("buy", "2024-01-02", 1, quantity="10", put_in="50")]
    days = by_holding([held], moves, currency="EUR", market=market(closes(1, d2024_01_04=12.0)), first=day("2024-01-01"), length=4)
    assert days.value.tolist() == [[0, 50, 50, 120]] and days.gains.tolist() == [[0, 0, 70]]


# ── portfolios that make reports difficult ──────────────────────────────────


def _bare(portfolio: Any, began: date, today: date) -> None:
    record(portfolio, "deposit", began, amount="500")
    record(portfolio, "buy", began + DAY, make_instrument("BARE"), quantity="10", price="10")


def _without_rate(portfolio: Any, began: date, today: date) -> None:
    record(portfolio, "deposit", began, amount="500")
    record(portfolio, "deposit", began + DAY, amount="100", currency="JPY", fx_rate="0.006")


def _only_cash(portfolio: Any, began: date, today: date) -> None:
    record(portfolio, "deposit", began, amount="500")


def _opened_today(portfolio: Any, began: date, today: date) -> None:
    record(portfolio, "deposit", today, amount="500")


def _opened_yesterday(portfolio: Any, began: date, today: date) -> None:
    record(portfolio, "deposit", today - DAY, amount="500")


def _fully_sold(portfolio: Any, began: date, today: date) -> None:
    gone = make_instrument("GONE", price="12")
    store_closes(gone, every_day(began, today - DAY, lambda n: "10"))
    record(portfolio, "deposit", began, amount="100")
    record(portfolio, "buy", began + DAY, gone, quantity="10", price="10")
    record(portfolio, "sell", began + 9 * DAY, gone, quantity="10", price="10")
    record(portfolio, "withdrawal", began + 10 * DAY, amount="100")


def _lost(portfolio: Any, began: date, today: date) -> None:
    lost = make_instrument("LOST")
    store_closes(lost, every_day(began, today - DAY, lambda n: "10" if n < 20 else "0.000000000001"))
    set_quote(lost, "0.000000000001", "0.000000000001")
    record(portfolio, "deposit", began, amount="100")
    record(portfolio, "buy", began + DAY, lost, quantity="10", price="10")


def _only_crypto(portfolio: Any, began: date, today: date) -> None:
    coin = make_instrument("COIN", asset_class="crypto")
    store_closes(coin, every_day(began, today - DAY, lambda n: str(100 + n % 7)))
    set_quote(coin, "103", "101")
    record(portfolio, "deposit", began, amount="1000")
    record(portfolio, "buy", began + DAY, coin, quantity="5", price="100")


HARD: dict[str, Callable[[Any, date, date], None]] = {
    "missing price": _bare,
    "missing rate": _without_rate,
    "empty": lambda portfolio, began, today: None,
    "only cash": _only_cash,
    "opened today": _opened_today,
    "a single day": _opened_yesterday,
    "fully sold": _fully_sold,
    "everything lost": _lost,
    "only crypto": _only_crypto,
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", HARD)
def test_a_difficult_portfolio_is_answered_with_figures_or_reasons(signed_in: Any, person: Any, began: date, today: date, name: str) -> None:
    portfolio = make_portfolio(person, allows_short=True)
    HARD[name](portfolio, began, today)
    for query in ("period=MAX", "period=1D", "period=1Y", f"period={began.isoformat()}"):
        assert signed_in.get(f"/performance/?{query}").status_code == 200
        assert signed_in.get(f"/performance/?{query}&export=json").status_code == 200
    for why in ("twr", "mwr", "gain", "maximum_drawdown", "change", "contribution"):
        assert signed_in.get(f"/performance/?period=MAX&why={why}").status_code == 200
    report = returns_of(Scope([portfolio]))
    bridge = report.bridge
    if bridge.price.known:
        assert number(bridge.end) == pytest.approx(
            sum(map(number, (bridge.start, bridge.flows, bridge.price, bridge.currency, bridge.income))) - number(bridge.costs)
        )
    else:
        assert bridge.price.why_not.endswith(".")
    if report.parts and all(one.contribution.known for one in report.parts):
        assert sum(number(one.contribution) for one in report.parts) == pytest.approx(number(report.performance.twr), abs=1e-9)


@pytest.mark.django_db
def test_the_ledger_is_replayed_once_for_all_periods(euro_portfolio: Any, django_assert_max_num_queries: Any) -> None:
    scope = Scope([euro_portfolio])
    Parts(Stretch(scope)).parts()
    with django_assert_max_num_queries(4):
        Parts(Stretch(scope, scope.today - 30 * DAY)).parts()


@pytest.mark.django_db
def test_a_strangers_holding_is_in_nobody_elses_parts(euro_portfolio: Any, share: Any) -> None:
    theirs = make_portfolio(make_person("somebody"))
    assert returns_of(Scope([theirs])).parts == ()
