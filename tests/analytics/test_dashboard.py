"""What the dashboard shows: every figure once, the same everywhere, in a fixed number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.selectors import Scope, dashboard, gains, holding_detail, performance
from analytics.selectors.thinning import MOST_POINTS, thinned
from portfolio_site.kernel.figures import Figure
from portfolios.selectors import holdings_of
from tests.analytics.conftest import every_day, store_closes
from tests.factories import make_instrument, make_portfolio, record, set_quote

pytestmark = pytest.mark.django_db


def number(figure: Figure) -> float:
    assert figure.value is not None, figure.why_not
    return float(figure.value)


def test_figures_are_those_of_the_selectors_behind_them(person: Any, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    both = [euro_portfolio, dollar_portfolio]
    page, table, whole = dashboard(person, both, "EUR"), holdings_of(both, currency="EUR"), performance(both, currency="EUR")
    assert page.net_worth == table.value and page.total_gain == table.total_gain
    assert page.total_gain.value == gains(both, currency="EUR").total.value
    assert page.money_weighted == whole.mwr and page.volatility == whole.volatility
    assert page.cash.value == table.cash_value.value
    assert page.benchmark is not None and page.benchmark.symbol == "INDEX"
    assert sum(number(part.weight) for part in page.by_class) == pytest.approx(1)
    assert page.portfolios == 2 and page.since is not None


def test_the_gain_of_the_past_year_is_what_the_year_brought(person: Any, euro_portfolio: Any, today: date) -> None:
    page = dashboard(person, [euro_portfolio])
    start = today.replace(year=today.year - 1) + timedelta(days=1)
    year = performance([euro_portfolio], start=start)
    assert page.year_start == start
    assert number(page.year_gain) == pytest.approx(number(year.gain), rel=1e-12)
    assert page.year_return == year.modified_dietz and page.year_twr == year.twr
    assert year.benchmark is not None and page.over_benchmark.value == year.benchmark.excess.value


def test_the_total_gain_is_told_on_everything_ever_paid_for_holdings(person: Any, euro_portfolio: Any) -> None:
    page = dashboard(person, [euro_portfolio])
    paid = Decimal("4005.70") + Decimal("2405.40") + Decimal("780.75")
    assert page.gain_on_cost.value == (Decimal(str(page.total_gain.value)) / paid).quantize(Decimal("1e-18"))


def test_the_chart_ends_at_the_figure_above_it(person: Any, euro_portfolio: Any, today: date) -> None:
    page = dashboard(person, [euro_portfolio])
    assert page.chart.days[-1] == today
    assert page.chart.value[-1] == number(page.net_worth)
    assert {len(getattr(page.chart, name)) for name in ("days", "value", "invested", "index", "benchmark", "same_money")} == {502}
    assert page.chart.index[0] == 1.0 and page.chart.value[0] == 0.0


@pytest.mark.parametrize("length", [1, 2, 300, 367, 1500, 7300])
def test_a_long_history_is_thinned_but_never_the_last_year(length: int) -> None:
    days = np.arange(1000, 1000 + length)
    at = thinned(days)
    assert len(at) <= MOST_POINTS + 1
    assert at[0] == 0 and at[-1] == length - 1
    assert set(range(max(0, length - 366), length)) <= set(at.tolist())
    assert (np.diff(at) > 0).all()


def test_sparks_are_the_closes_of_thirty_days(person: Any, euro_portfolio: Any, share: Any, today: date) -> None:
    page = dashboard(person, [euro_portfolio])
    assert len(page.sparks[share.pk]) == 30
    assert page.sparks[share.pk][-1] == 104.99


def test_a_new_quote_moves_the_page_without_a_new_series(person: Any, euro_portfolio: Any, share: Any) -> None:
    before = dashboard(person, [euro_portfolio])
    set_quote(share, "120", "104.99")
    after = dashboard(person, [euro_portfolio])
    assert number(after.net_worth) - number(before.net_worth) == pytest.approx(325)
    assert after.chart.value[-1] == number(after.net_worth)
    assert after.chart.value[:-1] == before.chart.value[:-1]


def test_a_new_entry_is_seen_at_once(person: Any, euro_portfolio: Any, began: date) -> None:
    before = dashboard(person, [euro_portfolio])
    record(euro_portfolio, "deposit", began + timedelta(days=50), amount="1000")
    after = dashboard(person, [euro_portfolio])
    assert number(after.net_worth) - number(before.net_worth) == 1000
    assert after.chart.invested[-1] - before.chart.invested[-1] == 1000


def test_an_empty_portfolio_has_a_page_with_reasons(person: Any, portfolio: Any) -> None:
    page = dashboard(person, [portfolio])
    assert page.net_worth.value == 0 and page.chart.days == () and page.since is None
    for figure in (page.money_weighted, page.volatility, page.risk_level, page.over_benchmark, page.gain_on_cost, page.year_return):
        assert not figure.known and figure.why_not.endswith(".")
    for name in page.explanations:
        assert page.explanations[name].name == name


def test_a_portfolio_of_cash_alone_has_a_page(person: Any, portfolio: Any, began: date) -> None:
    record(portfolio, "deposit", began, amount="500")
    page = dashboard(person, [portfolio])
    assert page.net_worth.value == 500 and page.year_twr.value == 0 and page.risk_level.value == 1
    assert [part.key for part in page.by_class] == ["cash"]


def test_everything_sold_leaves_gains_and_no_holdings(person: Any, portfolio: Any, share: Any, began: date) -> None:
    record(portfolio, "deposit", began, amount="1000")
    record(portfolio, "buy", began + timedelta(days=1), share, quantity="3", price="100.01")
    record(portfolio, "sell", began + timedelta(days=3), share, quantity="3", price="100.03")
    page = dashboard(person, [portfolio])
    assert page.table.rows == () and page.total_gain.value == Decimal("0.06")
    assert number(page.year_twr) == 0


def test_an_instrument_worth_nothing_any_more_is_a_loss_and_not_unknown(person: Any, portfolio: Any, began: date, today: date) -> None:
    bust = make_instrument("BUST")
    store_closes(bust, every_day(began, today - timedelta(days=1), lambda n: "10" if n < 100 else "0.000001"))
    set_quote(bust, "0.000001", "0.000001")
    untracked = make_portfolio(person, tracks_cash=False)
    record(untracked, "buy", began, bust, quantity="10", price="10")
    page = dashboard(person, [untracked])
    assert number(page.money_weighted) < -0.99
    assert number(page.total_gain) == pytest.approx(-100, abs=1e-3)


def _many(person: Any, count: int, began: date, today: date) -> Any:
    portfolio = make_portfolio(person, tracks_cash=False)
    for n in range(count):
        one = make_instrument(f"M{count}X{n}")
        store_closes(one, every_day(today - timedelta(days=4), today - timedelta(days=1), lambda n: "10"))
        set_quote(one, "11", "10")
        record(portfolio, "buy", today - timedelta(days=3), one, quantity="1", price="10")
    return portfolio


def _queries(person: Any, portfolios: list[Any], currency: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        page = dashboard(person, portfolios, currency)
        for name in page.explanations:
            page.explanations[name]
    return len(captured)


def test_queries_do_not_grow_with_holdings_and_fit_the_page(person: Any, began: date, today: date, dollars: None) -> None:
    few, many = _many(person, 2, began, today), _many(person, 12, began, today)
    cold, warm = _queries(person, [few], "EUR"), _queries(person, [few], "EUR")
    assert (_queries(person, [many], "EUR"), _queries(person, [many], "EUR")) == (cold, warm)
    assert warm <= 4
    assert cold <= 8
    told_cold, told_warm = _queries(person, [few, many], "USD"), _queries(person, [few, many], "USD")
    assert told_warm <= 6
    assert told_cold <= 11


def test_a_second_answer_asks_only_for_quotes_and_versions(person: Any, euro_portfolio: Any) -> None:
    performance([euro_portfolio])
    with CaptureQueriesContext(connection) as captured:
        Scope([euro_portfolio]).owned_by(person).daily  # noqa: B018
    assert len(captured) <= 5


# ── one holding ─────────────────────────────────────────────────────────────


def test_the_page_of_a_holding_shows_position_lots_and_marks(person: Any, euro_portfolio: Any, dollar_portfolio: Any, fund: Any, began: date) -> None:
    detail = holding_detail(person, [euro_portfolio, dollar_portfolio], fund, "EUR")
    assert detail.row is not None and detail.row.quantity == 135
    assert [(mark.kind, mark.day) for mark in detail.marks] == [
        ("buy", began + timedelta(days=10)),
        ("buy", began + timedelta(days=30)),
        ("sell", began + timedelta(days=230)),
        ("dividend", began + timedelta(days=330)),
    ]
    assert [mark.price for mark in detail.marks] == [50.05, 50.15, 51.15, 51.65]
    assert sum(row.lot.quantity for row in detail.lots) == 135
    assert sum(row.lot.cost for row in detail.lots) == detail.row.cost
    assert sum(row.match.gain for row in detail.sold) == detail.row.realised
    assert sum((Decimal(str(figure.value)) for _, figure in detail.parts), Decimal(0)) == detail.row.total_gain.value
    assert [(year.gross, year.expenses) for year in detail.income][-1] == (detail.row.income, detail.row.expenses)
    assert detail.income_net.value == detail.row.income - detail.row.expenses
    assert len(detail.days) == len(detail.closes) == 500
    assert detail.previous_id is None or detail.next_id is None


def test_the_rate_of_a_holding_counts_what_it_cost_and_brought(person: Any, euro_portfolio: Any, share: Any, began: date, today: date) -> None:
    import pyxirr

    detail = holding_detail(person, [euro_portfolio], share)
    days = [2, 120, 200, 410]
    amounts = [-4005.70, 34.0, 1525.10, -780.75]
    expected = pyxirr.xirr([began + timedelta(days=n) for n in days] + [today], [*amounts, 32.5 * 110])
    assert number(detail.money_weighted) == pytest.approx(expected, abs=1e-10)
    assert detail.money_weighted_is_annual
    assert detail.yield_on_cost.value == Decimal(0) if began + timedelta(days=120) < today - timedelta(days=365) else True


def test_units_that_came_in_kind_count_with_the_close_of_their_day(person: Any, portfolio: Any, share: Any, began: date, today: date) -> None:
    record(portfolio, "transfer_in", began + timedelta(days=100), share, quantity="10", price="20")
    detail = holding_detail(person, [portfolio], share)
    assert number(detail.money_weighted) == pytest.approx((1100 / 1010) ** (365 / 400) - 1, rel=1e-9)
    assert detail.row is not None and detail.row.cost == 200
    whole = performance([portfolio])
    assert number(whole.net_flows) == pytest.approx(1010) and number(whole.gain) == pytest.approx(90)
    assert gains([portfolio]).net_flows == 200


def test_an_instrument_that_was_never_held_has_a_price_and_no_position(person: Any, euro_portfolio: Any, index: Any) -> None:
    detail = holding_detail(person, [euro_portfolio], index)
    assert detail.row is None and detail.lots == () and detail.marks == () and len(detail.explanations) == 0
    assert not detail.money_weighted.known and len(detail.closes) == 501


def test_queries_of_a_holding_do_not_grow_with_its_entries(person: Any, portfolio: Any, share: Any, began: date) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            holding_detail(person, [portfolio], share)
        return len(captured)

    record(portfolio, "deposit", began, amount="10000")
    record(portfolio, "buy", began + timedelta(days=1), share, quantity="1", price="100")
    few = asked()
    for n in range(5):
        record(portfolio, "buy", began + timedelta(days=2 + n), share, quantity="1", price="100")
    assert asked() == few <= 9


def test_what_is_left_out_of_the_benchmark_stands_beside_it(person: Any, client: Any, euro_portfolio: Any) -> None:
    said = "INDEX is told without dividends: its total return is not known."
    page = dashboard(person, [euro_portfolio])
    assert page.benchmark_notes == (said,)
    assert said in page.explanations["over_benchmark"].left_out
    client.force_login(person)
    assert said in client.get("/dashboard/").content.decode()
