"""Everything that the dashboard shows, from one scope: each figure is computed once and stands everywhere the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from analytics.engine.errors import Undefined
from analytics.selectors.completeness import completeness
from analytics.selectors.explaining.answers import dashboard_explanations
from analytics.selectors.performance import Stretch, past_year
from analytics.selectors.scope import Scope, less
from analytics.selectors.shapes import ChartSeries, Dashboard
from analytics.selectors.thinning import thinned
from analytics.selectors.value import value_of
from market.selectors import day_number, day_of
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.models import Portfolio


def dashboard(user: Any, portfolios: Sequence[Portfolio], currency: str = "", *, today: date | None = None) -> Dashboard:
    """The dashboard of some of a person's portfolios together.

    Queries, however many holdings: those of `holdings_of`, then one for the versions of prices; five more where the series
    must be computed anew, three more for a year's opening value that is not there yet.
    """
    scope = Scope(portfolios, currency, today=today).owned_by(user)
    table, parts = scope.table, value_of(scope.table)
    whole = Stretch(scope)
    year = past_year(scope)
    return Dashboard(
        currency=scope.currency,
        as_of=scope.today,
        portfolios=len(scope.portfolios),
        table=table,
        complete=completeness(table),
        net_worth=table.value,
        day_change=table.day_change,
        day_change_fraction=table.day_change_fraction,
        year_start=year.first,
        year_gain=year_gain(year),
        year_return=year.dietz,
        year_twr=year.twr,
        benchmark=scope.benchmark,
        benchmark_notes=scope.benchmark_notes,
        benchmark_year_twr=year.benchmark_twr,
        total_gain=table.total_gain,
        gain_on_cost=gain_on_cost(scope),
        over_benchmark=year.excess,
        money_weighted=whole.mwr,
        money_weighted_is_annual=whole.mwr_is_annual,
        since=None if whole.is_empty else whole.first,
        risk_level=whole.risk_level,
        volatility=whole.volatility,
        cash=table.cash_value,
        cash_weight=parts.cash_weight,
        chart=chart_of(whole),
        sparks=scope.computed.sparks,
        by_class=parts.by_class,
        by_currency=parts.by_currency,
        explanations=dashboard_explanations(scope, whole, year),
        warnings=scope.warnings,
    )


def year_gain(year: Stretch) -> Figure:
    """What the past year brought.  The opening value is that of the daily series: it needs no query."""
    opening = float(year.daily.value[0])
    known = year.daily.known[0]
    if not known:
        return Figure.undefined("gain", Unit.MONEY, year.scope.why_unknown(), year.scope.currency)
    start = Figure("start_value", Unit.MONEY, opening, currency=year.scope.currency)
    return less("gain", less("gain", year.end_value, start), year.net_flows)


def paid_for_holdings(scope: Scope) -> Decimal:
    """Everything ever paid for units: the cost of those held and of those sold."""
    sold = sum((match.cost for book in scope.books for match in book.matches), Decimal(0))
    return sold + sum((book.cost for book in scope.books), Decimal(0))


def gain_on_cost(scope: Scope) -> Figure:
    """Total gain over everything ever paid for holdings, a fraction."""
    gain, paid = scope.table.total_gain, paid_for_holdings(scope)
    if not isinstance(gain.value, Decimal):
        return Figure.undefined("gain_on_cost", Unit.FRACTION, gain.why_not)
    if not paid:
        return Figure.undefined("gain_on_cost", Unit.FRACTION, "Nothing was ever bought.")
    return Figure("gain_on_cost", Unit.FRACTION, quotient(gain.value, paid), warnings=gain.warnings, stale_since=gain.stale_since)


def chart_of(whole: Stretch) -> ChartSeries:
    """Series for the chart; empty where nothing was recorded."""
    if whole.is_empty:
        return ChartSeries()
    series = whole.series()
    at = thinned(series.days)
    begin = day_number(whole.daily.first)
    benchmark: tuple[float, ...] = ()
    same: tuple[float, ...] = ()
    try:
        benchmark = tuple(whole.benchmark_index[series.days[at] - begin].tolist())
        same = tuple(whole.same_money[series.days[at] - begin].tolist())
    except Undefined:
        benchmark = same = ()
    return ChartSeries(
        days=tuple(day_of(number) for number in series.days[at].tolist()),
        value=tuple(series.value[at].tolist()),
        invested=tuple(series.invested[at].tolist()),
        index=tuple((series.twr[at] + 1.0).tolist()),
        benchmark=benchmark,
        same_money=same,
    )
