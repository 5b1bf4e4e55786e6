"""The report on risk.  Beside what all reports have (analytics.views.reports): `?rf=` a rate without risk and `?mar=` a least acceptable return, per
cent a year, and any number of `?shock=`, as the API reads them.  The form of shocks has a field for each (`set:class:stock`); sent, it is led to the
address that holds them as `shock`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from analytics.selectors import interval_ends
from analytics.selectors.explaining.risk import risk_explanations
from analytics.selectors.explaining.risk_tail import back_test_name, tail_name
from analytics.selectors.risk.asked import Unreadable, risk_asked
from analytics.selectors.risk.report import LEVELS, METHODS, RiskWindow
from analytics.selectors.risk.shapes import CLASS, CURRENCY, HOLDING, Dated, HoldingRisk, Risk, RiskAsked, TailRow, TestedRow
from analytics.views.reports import Asked, asked, report_page
from analytics.views.risk_files import FILES, risk_tables
from analytics.views.risk_words import said
from analytics.views.tables import class_name
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts

SET = "set:"  # what the fields of the form of shocks begin with
MOST_LISTED = 50  # holdings with a row of their own; the files have all
SHOCKED_HOLDINGS = 5  # the largest ones have a field of their own
WAYS = {"historical": "as in the past", "normal": "normal distribution", "cornish_fisher": "Cornish and Fisher"}


@require_GET
@login_required
def risk(request: HttpRequest) -> HttpResponse:
    """See the head of this module for the address."""
    if any(name.startswith(SET) for name in request.GET):
        return HttpResponseRedirect(_address(request))
    ask = asked(request)
    question, problem = _question(request, ask)
    window = RiskWindow(ask.scope, question)
    return report_page(
        request,
        ask,
        "analytics/risk.html",
        page="risk",
        context=_context(request, ask, window, problem),
        explanations=risk_explanations(window),
        tables=lambda: risk_tables(window.result()),
        extras=("rf", "mar", "shock"),
    )


def _address(request: HttpRequest) -> str:
    """The same with the fields of the form as shocks."""
    params = request.GET.copy()
    shocks = [f"{name.removeprefix(SET)}:{text}" for name in params if name.startswith(SET) and (text := request.GET.get(name, "").strip())]
    for name in [name for name in params if name.startswith(SET)]:
        del params[name]
    params.setlist("shock", shocks)
    return f"{request.path}?{params.urlencode()}#stress"


def _question(request: HttpRequest, ask: Asked) -> tuple[RiskAsked, tuple[str, ...]]:
    """What is asked, and why parts of it could not be read: those are left out."""
    rate, least, shocks = request.GET.get("rf", ""), request.GET.get("mar", ""), request.GET.getlist("shock")
    problems: list[str] = []
    while True:
        try:
            return risk_asked(ask.start, ask.end, rate, least, shocks), tuple(problems)
        except Unreadable as problem:
            problems.append(str(problem))
            rate = "" if problem.field == "rf" else rate
            least = "" if problem.field == "mar" else least
            shocks = [] if problem.field == "shock" else shocks


# ── what the page shows ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Way:
    """One way of value at risk at one level: over one day and ten, and how often it failed.  `why_*` name the explanations."""

    name: str
    level: float
    one: TailRow
    ten: TailRow
    test: TestedRow
    why_one: str
    why_short: str
    why_ten: str
    why_test: str


@dataclass(frozen=True, slots=True)
class ShockField:
    """A field of the form of shocks, with what the address holds."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A row of the table beside a line."""

    day: date
    figure: Figure


def _context(request: HttpRequest, ask: Asked, window: RiskWindow, problems: tuple[str, ...]) -> dict[str, Any]:
    report = window.result()
    table = report.holdings.correlation
    days = [day_of(number) for number in report.rolling.days.tolist()]
    drawn = {
        "rolling": charts.share_line(days, report.rolling.values.tolist()) if len(days) > 1 else None,
        "spread": _distribution(report),
        "falls": _falls(report.drawdown),
        "pairs": charts.pairs(table.symbols, [[_plain(one) for one in row] for row in table.rows]) if len(table.symbols) > 1 else None,
    }
    return {
        "report": report,
        "problems": problems,
        "drawn": {name: chart for name, chart in drawn.items() if chart is not None},
        "rolling": _twin(report.rolling, "volatility"),
        "bins": _bins(report),
        "ways": _ways(report),
        "tail": report.tail(),
        "levels": range(1, 8),
        "shock_fields": _shock_fields(request, ask, report),
        "matrix": list(zip(table.symbols, table.rows, strict=True)),
        "said": said(report),
        "held": report.holdings.rows[:MOST_LISTED],
        "rest": _rest(report.holdings.rows[MOST_LISTED:]),
        "rf": request.GET.get("rf", ""),
        "mar": request.GET.get("mar", ""),
        "files": FILES,
    }


@dataclass(frozen=True, slots=True)
class Rest:
    """What the holdings without a row of their own come to."""

    count: int
    weight: Figure
    share: Figure
    contribution: Figure


def _rest(rows: Sequence[HoldingRisk]) -> Rest | None:
    return Rest(len(rows), *(_sum([getattr(row, name) for row in rows]) for name in ("weight", "share", "contribution"))) if rows else None


def _sum(figures: Sequence[Figure]) -> Figure:
    """Of those that are known; undefined where none is."""
    known = [float(one.value) for one in figures if one.value is not None]
    first = figures[0]
    return Figure(first.name, first.unit, sum(known)) if known else Figure.undefined(first.name, first.unit, first.why_not)


def _plain(figure: Figure) -> float | None:
    return None if figure.value is None else float(figure.value)


def _falls(series: Dated) -> charts.Chart | None:
    if not len(series.values) or not (series.values < 0).any():
        return None
    return charts.falls([day_of(number) for number in series.days.tolist()], series.values.tolist())


def _bins(report: Risk) -> list[charts.Bin]:
    """Returns of days by size, in bins of one width."""
    returns = report.returns.values
    if not len(returns) or float(np.ptp(returns)) == 0:
        return []
    counts, edges = np.histogram(returns, bins=min(max(2 * int(np.sqrt(len(returns))), 10), 41))
    return [charts.Bin(float(low), float(high), int(count)) for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)]


def _distribution(report: Risk) -> charts.Chart | None:
    """The bins with the value at risk of one day, as in the past."""
    bins = _bins(report)
    lines = [(level, report.tail("historical", level).value_at_risk.value) for level in LEVELS]
    thresholds = [charts.Threshold(-float(loss), f"{level:.0%}") for level, loss in lines if loss is not None]
    return charts.distribution(bins, thresholds, thresholds[0].at) if bins and thresholds else None


def _twin(series: Dated, name: str) -> list[Moment]:
    """The last day of each month of a series, latest first."""
    places = interval_ends(series.days, "month")[::-1].tolist()
    return [Moment(day_of(int(series.days[at])), Figure(name, Unit.FRACTION, float(series.values[at]))) for at in places]


def _ways(report: Risk) -> list[Way]:
    tests = {(row.method, row.level): row for row in report.tests}
    return [
        Way(
            WAYS[method],
            level,
            report.tail(method, level),
            report.tail(method, level, 10),
            tests[method, level],
            tail_name("value_at_risk", method, level, 1),
            tail_name("expected_shortfall", method, level, 1),
            tail_name("value_at_risk", method, level, 10),
            back_test_name(method, level),
        )
        for level in LEVELS
        for method in METHODS
    ]


def _shock_fields(request: HttpRequest, ask: Asked, report: Risk) -> list[ShockField]:
    """A field for each class and each other currency that is held, and for the largest holdings."""
    held = [row.instrument for row in report.holdings.rows if row.instrument is not None]
    fields = [(f"{CLASS}:{kind}", class_name(kind)) for kind in dict.fromkeys(view.asset_class for view in held)]
    codes = {view.currency for view in held} | {row.cash for row in report.holdings.rows if row.cash}
    fields += [(f"{CURRENCY}:{code}", code) for code in sorted(codes - {report.currency})]
    fields += [(f"{HOLDING}:{view.id}", view.name) for view in held[:SHOCKED_HOLDINGS]]
    given = _given(request.GET.getlist("shock"))
    return [ShockField(f"{SET}{key}", label, given.get(key, "")) for key, label in fields]


def _given(shocks: Iterable[str]) -> dict[str, str]:
    """What the address holds, by what it meets."""
    return {key: change for key, _, change in (text.rpartition(":") for text in shocks)}
