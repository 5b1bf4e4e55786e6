"""What can be explained of a period over the API: the figures of performance and of what lies behind it, asked as there."""

from __future__ import annotations

from datetime import date

from rest_framework.request import Request

from analytics.api.attribution import BY, by_of
from analytics.api.common import RETURNS
from analytics.api.periods import rate_of, window_of
from analytics.selectors import Explanations, ReturnsReport, Scope
from analytics.selectors.explaining.attribution import attribution_makers
from analytics.selectors.explaining.costs import cost_makers
from analytics.selectors.explaining.periods import rolling_makers
from analytics.selectors.period.attribution import AttributionReport
from analytics.selectors.period.costs import CostsReport
from analytics.selectors.period.rolling import RollingReport
from portfolio_site.web.answers import refuse

OF_PERFORMANCE = (RETURNS, BY)  # parameters of its own; it also takes a benchmark, a blend, a window of days and a rate


def performance_known(request: Request, scope: Scope, start: date | None, end: date | None) -> Explanations:
    """By name: what the page of performance explains, on all of its tabs."""
    if request.query_params.get("instrument"):
        raise refuse("instrument", "Performance is told of the whole, holding by holding: leave the instrument out.")
    report = ReturnsReport(scope, start, end)
    attribution = AttributionReport(report.stretch, report.parts)
    rolling = RollingReport(scope, report.stretch, window_of(request), rate_of(request))
    return Explanations(
        {
            **report.makers(),
            **attribution_makers(attribution, by_of(request)),
            **rolling_makers(rolling),
            **cost_makers(CostsReport(report.stretch)),
        }
    )
