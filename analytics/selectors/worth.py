"""The report of value: what the portfolios are worth at the end of a period, by their parts, and the way there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from analytics.selectors.amounts import Value
from analytics.selectors.completeness import Completeness, completeness
from analytics.selectors.dashboard import chart_of
from analytics.selectors.explaining.value import value_explanations
from analytics.selectors.explanations import Explanation
from analytics.selectors.performance import Stretch
from analytics.selectors.scope import Scope
from analytics.selectors.shapes import ChartSeries, PerformanceSeries
from analytics.selectors.value import NOTHING_TOLD, told_of, value_of


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """The report.

    value         at the newest quotes, or at the close of the last day of an earlier period
    look_through  its parts divide funds by what is known of them
    series        every day of the period; `chart`: the same, thinned
    """

    value: Value
    complete: Completeness
    look_through: bool
    series: PerformanceSeries
    chart: ChartSeries
    explanations: Mapping[str, Explanation]


def worth_in(scope: Scope, *, start: date | None = None, look_through: bool = False) -> Worth:
    """From what a scope has read; its last day is that of the value, `start` the first one of the series.  Four queries to look through funds."""
    told = told_of(scope.table.rows, scope.portfolios) if look_through else NOTHING_TOLD
    value, stretch = value_of(scope.table, told), Stretch(scope, start, is_exact=False)
    return Worth(
        value=value,
        complete=completeness(scope.table),
        look_through=look_through,
        series=stretch.series(),
        chart=chart_of(stretch),
        explanations=value_explanations(scope, value, look_through=look_through),
    )
