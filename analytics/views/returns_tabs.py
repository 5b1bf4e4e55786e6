"""The other tabs of Performance: attribution (`?by=`), rolling figures (`?window=`, `?rf=`) and costs.  Each makes what `report_page` needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest

from analytics.choices import By, CostKind
from analytics.selectors import Explanation, Explanations, ReturnsReport, interval_ends
from analytics.selectors.explaining.attribution import attribution_makers
from analytics.selectors.explaining.costs import cost_makers
from analytics.selectors.explaining.performance import performance_makers
from analytics.selectors.explaining.periods import rolling_makers
from analytics.selectors.period.attribution import DIVIDED, Attribution, AttributionReport
from analytics.selectors.period.costs import Costs, CostsReport
from analytics.selectors.period.rolling import RATIO, WINDOWS, Rolled, RollingReport
from analytics.selectors.risk.asked import Unreadable, read_percent
from analytics.views.reports import Asked
from analytics.views.returns_tab_files import ATTRIBUTION_FILES, COST_FILES, ROLLING_FILES, attribution_tables, cost_tables, rolling_tables
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts
from portfolio_site.web.downloads import Table

MOST_BARS = 14
MOST_ROWS = 36  # of the table beside a rolling figure: the last day of each month, the newest so many
EFFECTS = (("allocation", "Allocation"), ("selection", "Selection"), ("interaction", "Interaction"))
TABS = (("", "Returns"), ("attribution", "Attribution"), ("rolling", "Rolling"), ("costs", "Costs"))


@dataclass(frozen=True, slots=True)
class Tab:
    """What a tab shows, explains and gives as files."""

    template: str
    context: dict[str, Any]
    explanations: Mapping[str, Explanation]
    tables: Callable[[], Sequence[Table]]
    extras: tuple[str, ...] = ()


def _of_period(report: ReturnsReport) -> dict[str, Callable[[], Explanation]]:
    return performance_makers(report.scope, report.stretch, report.worst_fall, report.parts)


# ── attribution ─────────────────────────────────────────────────────────────


def attribution(request: HttpRequest, ask: Asked) -> Tab:
    report = ReturnsReport(ask.scope, ask.start, ask.end)
    made = AttributionReport(report.stretch, report.parts)
    by = next((one for one in DIVIDED if one.value == request.GET.get("by", "")), By.CLASS)
    found = made.by(by)
    context = {
        "found": found,
        "twr": report.stretch.twr,
        "benchmark_twr": report.stretch.benchmark_twr,
        "cuts": DIVIDED,
        "chart": _effects(found),
        "files": ATTRIBUTION_FILES,
    }
    explanations = Explanations({**_of_period(report), **attribution_makers(made, by)})
    tables = lambda: attribution_tables(report.stretch, [made.by(one) for one in DIVIDED])  # noqa: E731
    return Tab("analytics/performance_attribution.html", context, explanations, tables, ("by",))


def _effects(found: Attribution) -> charts.Chart | None:
    """The largest effects, in the order of the table; what is left as one bar."""
    rows = [(row.name, [float(getattr(row, name).value) for name, _ in EFFECTS]) for row in found.rows]
    if not rows:
        return None
    if len(rows) > MOST_BARS:
        rest = rows[MOST_BARS - 1 :]
        rows = [*rows[: MOST_BARS - 1], ("Others", [sum(values[place] for _, values in rest) for place in range(len(EFFECTS))])]
    return charts.effects([name for name, _ in rows], [(title, [values[place] for _, values in rows]) for place, (_, title) in enumerate(EFFECTS)])


# ── rolling ─────────────────────────────────────────────────────────────────

SAID = {
    "rolling_return": ("Return", "over the {window} days up to each day"),
    "volatility": ("Volatility", "of the {trading} trading days up to each day, a year"),
    "beta": ("Beta", "to {benchmark}, of the {trading} trading days up to each day"),
    "sharpe": ("Sharpe ratio", "of the {trading} trading days up to each day"),
}


@dataclass(frozen=True, slots=True)
class RolledCard:
    """One figure with its chart, the rows of its table, and how its explanation is called."""

    found: Rolled
    key: str
    title: str
    said: str
    is_ratio: bool  # a number such as 0.8, not a part such as 80 %
    rows: list[tuple[date, Figure]]
    line: list[float]


def rolling(request: HttpRequest, ask: Asked) -> Tab:
    report = ReturnsReport(ask.scope, ask.start, ask.end)
    text = request.GET.get("window", "")
    window = int(text) if text.isascii() and text.isdigit() and len(text) < 4 and int(text) in WINDOWS else 90
    rate, problem = _rate(request.GET.get("rf", ""))
    made = RollingReport(ask.scope, report.stretch, window, rate)
    cards = [_card(one, made, ask) for one in made.figures]
    context = {
        "cards": cards,
        "windows": WINDOWS,
        "window": window,
        "rf": request.GET.get("rf", "") if not problem else "",
        "problem": problem,
        "drawn": {card.key: _line(card) for card in cards if len(card.found.days) > 1},
        "files": ROLLING_FILES,
    }
    explanations = Explanations({**_of_period(report), **rolling_makers(made)})
    return Tab("analytics/performance_rolling.html", context, explanations, lambda: rolling_tables(made), ("window", "rf"))


def _rate(text: str) -> tuple[float | None, str]:
    """The rate without risk that the address sets, and why it could not be read."""
    try:
        return (read_percent(text, "rf") if text.strip() else None), ""
    except Unreadable as problem:
        return None, str(problem)


def _card(found: Rolled, made: RollingReport, ask: Asked) -> RolledCard:
    title, said = SAID[found.name]
    benchmark = ask.scope.benchmark.name if ask.scope.benchmark is not None else "the benchmark"
    places = interval_ends(found.days, "month")[::-1][:MOST_ROWS] if len(found.days) else ()
    unit = RATIO[found.name]
    rows = [(day_of(int(found.days[at])), Figure(found.name, unit, float(found.values[at]))) for at in places]
    key = "rolling_return" if found.name == "rolling_return" else f"rolling_{found.name}"
    words = said.format(window=made.window, trading=made.trading, benchmark=benchmark)
    return RolledCard(found, key, title, words, unit is Unit.NUMBER, rows, found.values.tolist())


def _line(card: RolledCard) -> charts.Chart:
    days = [day_of(day) for day in card.found.days.tolist()]
    return charts.rolling(days, card.line, float(card.found.mean.value or 0), ".2f" if card.is_ratio else ".1%")


# ── costs ───────────────────────────────────────────────────────────────────


def costs(request: HttpRequest, ask: Asked) -> Tab:
    report = ReturnsReport(ask.scope, ask.start, ask.end)
    made = CostsReport(report.stretch)
    found = made.result()
    code = ask.choice.currency
    context = {
        "found": found,
        "kinds": [(kind, Figure("costs", Unit.MONEY, amount, currency=code)) for kind, amount in found.whole.by_kind.items()],
        "money": code,
        "chart": _by_year(found),
        "files": COST_FILES,
    }
    explanations = Explanations({**_of_period(report), **cost_makers(made)})
    return Tab("analytics/performance_costs.html", context, explanations, lambda: cost_tables(found, made.paid, ask.scope.instruments))


def _by_year(found: Costs) -> charts.Chart | None:
    """Each year's costs in their kinds, oldest first."""
    rows = found.years[::-1]
    if not rows:
        return None
    firsts = [date(row.year or 1, 1, 1) for row in rows]
    parts = [charts.Stack(kind.label, [row.by_kind.get(kind, 0) for row in rows], ()) for kind in CostKind if kind in found.whole.by_kind]
    return charts.stacks(firsts, [str(row.year) for row in rows], parts, found.currency)


MADE: dict[str, Callable[[HttpRequest, Asked], Tab]] = {"attribution": attribution, "rolling": rolling, "costs": costs}
