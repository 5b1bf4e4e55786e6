"""Why a month, a year, a fall, a rolling figure or the trend of a period is what it is; see `explain`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import numpy as np

from analytics.engine.drawdown import Drawdown
from analytics.selectors.explaining.common import money
from analytics.selectors.explaining.performance import depth, drivers, number, series_behind, time_weighted
from analytics.selectors.explaining.returns import over_benchmark
from analytics.selectors.explanations import Explanation, Line, Term
from analytics.selectors.parts import Parts
from analytics.selectors.performance import Stretch
from analytics.selectors.period.growth import GrowthReport
from analytics.selectors.period.rolling import Rolled, RollingReport
from analytics.selectors.scope import Scope, in_words
from market.selectors import day_of
from portfolio_site.kernel.dates import months_before
from portfolio_site.kernel.figures import Figure
from portfolio_site.kernel.words import counted

MOST_SHOWN = 24
Makers = dict[str, Callable[[], Explanation]]
TITLES = {"rolling_return": "Return", "volatility": "Volatility", "beta": "Beta", "sharpe": "Sharpe ratio"}
HOW = {
    "rolling_return": "The growth of one unit of money over the {window} days up to each day, a year’s rate from 365 days on.",
    "volatility": "How much the returns of the {trading} trading days up to each day varied, scaled to a year.",
    "beta": "How far the portfolio moved with the benchmark over the {trading} trading days up to each day.",
    "sharpe": "The return over the rate without risk, for each unit of what it varied, over the {trading} trading days up to each day.",
}


def year_makers(scope: Scope) -> Makers:
    """`year_2025` and `month_2025-03` of the calendar; `over_2025` beside the benchmark."""
    if scope.is_empty:
        return {}
    begun, makers = scope.daily.first + timedelta(days=1), Makers()
    for year in range(begun.year, scope.today.year + 1):
        first, last = date(year, 1, 1), date(year, 12, 31)
        makers[f"year_{year}"] = partial(_of_days, scope, first, last, f"year_{year}", str(year))
        if scope.benchmark is not None:
            makers[f"over_{year}"] = partial(_over, scope, first, last, year)
        for month in range(1, 13):
            one = date(year, month, 1)
            if begun <= _end_of(one) and one <= scope.today:
                makers[f"month_{one:%Y-%m}"] = partial(_of_days, scope, one, _end_of(one), f"month_{one:%Y-%m}", f"{one:%B %Y}")
    return makers


def _end_of(month: date) -> date:
    return months_before(month, -1) - timedelta(days=1)


def _of_days(scope: Scope, first: date, last: date, name: str, title: str) -> Explanation:
    return replace(time_weighted(scope, Stretch(scope, first, last)), name=name, title=f"Return of {title}")


def _over(scope: Scope, first: date, last: date, year: int) -> Explanation:
    return replace(over_benchmark(scope, Stretch(scope, first, last)), name=f"over_{year}")


# ── falls ───────────────────────────────────────────────────────────────────


def fall_makers(scope: Scope, stretch: Stretch, falls: Sequence[Drawdown]) -> Makers:
    """`fall_1` is the deepest."""
    return {f"fall_{place}": partial(_fall, scope, stretch, one, place) for place, one in enumerate(falls, start=1)}


def _fall(scope: Scope, stretch: Stretch, one: Drawdown, place: int) -> Explanation:
    index, days = stretch.index, [stretch.daily.first + timedelta(days=at) for at in (one.peak, one.trough)]
    end = one.peak + one.length
    marks = np.unique(np.linspace(one.peak, end, min(MOST_SHOWN, one.length + 1)).astype(np.int64)).tolist()
    lines = [
        Line(in_words(stretch.daily.first + timedelta(days=at)), (number(float(index[at])), depth(float(index[at] / index[one.peak] - 1.0))))
        for at in sorted({*marks, one.trough}, reverse=True)
    ]
    lasted = f"It was made good on {in_words(stretch.daily.first + timedelta(days=one.recovery))}." if one.recovery is not None else "It lasts."
    return Explanation(
        name=f"fall_{place}",
        title=f"Fall from {in_words(days[0])}",
        figure=depth(one.depth),
        as_of=days[1],
        words=f"From the high of {in_words(days[0])} to the low of {in_words(days[1])}. {lasted} {scope.told_of_costs}",
        terms=(
            Term("", f"what one unit was on {in_words(days[1])}", number(float(index[one.trough]))),
            Term("÷", f"what it was at the high of {in_words(days[0])}", number(float(index[one.peak]))),
            Term("−", "the unit", number(1.0)),
            Term("=", "fall", depth(one.depth)),
        ),
        rows_title="On the way",
        columns=("One unit", "Under the high"),
        lines=tuple(lines),
        inputs=series_behind(stretch),
        left_out=scope.warnings,
    )


# ── rolling ─────────────────────────────────────────────────────────────────


def rolling_makers(report: RollingReport) -> Makers:
    """Of the figures of one window, as `rolling_beta`; their `figure` is the mean."""
    return {
        "rolling_return": partial(_rolled, report, "returns"),
        **{f"rolling_{name}": partial(_rolled, report, name) for name in ("volatility", "beta", "sharpe")},
    }


def _rolled(report: RollingReport, name: str) -> Explanation:
    found: Rolled = getattr(report, name)
    said = HOW[found.name].format(window=report.window, trading=report.trading)
    every = list(zip(found.days.tolist(), found.values.tolist(), strict=True))
    shown = every[:: -max(len(every) // MOST_SHOWN, 1)]
    lines = tuple(Line(in_words(day_of(day)), (replace(found.mean, value=value),)) for day, value in shown)
    return Explanation(
        name="rolling_return" if found.name == "rolling_return" else f"rolling_{found.name}",
        title=f"{TITLES[found.name]} of {report.window} days, rolling",
        figure=found.mean,
        as_of=report.stretch.last,
        words=f"{said} The mean over all days of the period that end such a time; some of them below. {report.scope.told_of_costs}",
        terms=(Term("", f"mean of {counted(len(every), 'day')}", found.mean), Term("=", "mean", found.mean)) if not found.why_not else (),
        rows_title="The time up to",
        columns=(TITLES[found.name],),
        lines=lines,
        inputs=series_behind(report.stretch),
        left_out=(*(report.scope.benchmark_notes if name == "beta" else ()), *report.scope.warnings),
    )


def stretch_makers(scope: Scope, stretch: Stretch, years: Sequence[tuple[int, Figure]]) -> Makers:
    """`stretches_3`: returns a year over every three years that end in the period."""
    return {f"stretches_{count}": partial(_stretches, scope, stretch, count, figure) for count, figure in years}


def _stretches(scope: Scope, stretch: Stretch, years: int, figure: Figure) -> Explanation:
    report = RollingReport(scope, stretch, years * 365)
    return replace(_rolled(report, "returns"), name=f"stretches_{years}", figure=figure, terms=_growth_terms(scope, stretch, years, figure))


def _growth_terms(scope: Scope, stretch: Stretch, years: int, figure: Figure) -> tuple[Term, ...]:
    """How the latest of them comes about."""
    if not figure.known:
        return ()
    whole = Stretch(scope, None, stretch.last)
    after, before = float(whole.index[-1]), float(whole.index[-1 - years * 365])
    grown = number(after / before)
    return (
        Term("", "what one unit is at the end", number(after)),
        Term("÷", f"what it was {years * 365} days before", number(before)),
        Term("=", f"growth; its {years}th root less 1 is the return a year" if years > 1 else "growth; less 1 it is the return", grown),
    )


# ── growth ──────────────────────────────────────────────────────────────────


def growth_makers(report: GrowthReport) -> Makers:
    return {
        "growth_rate": partial(_growth, report),
        "change_today": partial(_change, report.scope, report, "today"),
        "change_month": partial(_change, report.scope, report, "month"),
    }


def _change(scope: Scope, report: GrowthReport, name: str) -> Explanation:
    parts: Parts = getattr(report, name)
    said = "today" if name == "today" else f"in {scope.today:%B %Y}"
    made = drivers(scope, parts.stretch, parts.bridge(), parts.parts())
    return replace(made, name=f"change_{name}", title=f"What changed the value {said}")


def _growth(report: GrowthReport) -> Explanation:
    stretch, scope = report.stretch, report.scope
    lines = [Line(f"{row.month:%b %Y}", (row.value, row.flows, row.gain, row.change)) for row in report.months()[:MOST_SHOWN]]
    terms: tuple[Term, ...] = ()
    if report.rate.known:
        line, days = report.trend.line, len(report.trend.line) - 1
        first, last = money(float(line[0]), scope.currency), money(float(line[-1]), scope.currency)
        terms = (
            Term("", "the line at the end", last),
            Term("÷", f"the line {counted(days, 'day')} before", first),
            Term("=", f"growth of the line; to the power of 365/{days}, less 1, it is the rate", number(float(line[-1] / line[0]))),
        )
    return Explanation(
        name="growth_rate",
        title="Growth of the value, a year",
        figure=report.rate,
        as_of=stretch.last,
        words=(
            "The straight line through the logarithms of the daily value, by least squares. What was paid in and taken out is in it: it is how the "
            "value grew, not how the money did."
        ),
        terms=terms,
        rows_title="Months, latest first",
        columns=("Value at the end", "Paid in", "Gain", "Change"),
        lines=tuple(lines),
        inputs=series_behind(stretch),
        left_out=scope.warnings,
    )
