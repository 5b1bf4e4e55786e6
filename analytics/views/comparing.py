"""The page of comparison.  Beside what all reports have (analytics.views.reports): `?tab=` benchmark (where missing) or portfolios; any number of
`?with=`, keys of what stands beside the portfolio (where missing, its own benchmark; empty, nothing); any number of `?ids=`, the portfolios that
stand side by side (where missing, all).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics.selectors import Scope, interval_ends
from analytics.selectors.comparing.asked import MOST_OTHERS, TooMany, key_of, other_of, others_of
from analytics.selectors.comparing.portfolios import MOST_SIDES, SideBySide
from analytics.selectors.comparing.report import CompareReport
from analytics.selectors.comparing.shapes import Comparison, Other, Path, Side, Sides
from analytics.selectors.explaining.comparing import comparison_explanations, sides_explanations
from analytics.selectors.slicing import subset_of
from analytics.views.comparing_files import BENCHMARK_FILES, SIDES_FILES, comparison_tables, sides_tables
from analytics.views.reports import Asked, asked, report_page
from market.selectors import day_of
from portfolio_site.kernel.errors import NotFound
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts
from portfolios.models import Portfolio

WITH, IDS, TAB = "with", "ids", "tab"
PORTFOLIOS = "portfolios"
MOST_OFFERED = 12  # holdings, the largest first
MOST_ROWS = 62  # of the table beside the chart: every day up to so many, else the last day of each month
REFERENCE = "c-ref"
MOST_DRAWN = 5


@require_GET
@login_required
def compare(request: HttpRequest) -> HttpResponse:
    """See the head of this module for the address."""
    ask = asked(request)
    if request.GET.get(TAB, "") == PORTFOLIOS:
        return _portfolios(request, ask)
    others, problem = _others(request, ask)
    report = CompareReport(ask.scope, others, ask.start, ask.end)
    found = report.result()
    return report_page(
        request, ask, "analytics/compare.html", page="compare",
        context={"no_benchmark": True, "problem": problem, "tab": "benchmark", "files": BENCHMARK_FILES, **_context(request, ask, found)},
        explanations=comparison_explanations(report), tables=lambda: comparison_tables(found), extras=(TAB, WITH, IDS),
    )  # fmt: skip


def _portfolios(request: HttpRequest, ask: Asked) -> HttpResponse:
    chosen, problem = _chosen(request, ask)
    ask = replace(ask, scope=Scope(chosen, ask.choice.currency).owned_by(request.user), subset=subset_of(chosen, ()))
    sides = SideBySide(ask.scope, ask.start, ask.end)
    found = sides.result
    return report_page(
        request, ask, "analytics/compare_portfolios.html", page="compare",
        context={
            "no_benchmark": True, "no_portfolio": True, "no_slices": True, "problem": problem, "tab": PORTFOLIOS, "files": SIDES_FILES, **_sides(request, ask, found, chosen),
        },
        explanations=sides_explanations(sides), tables=lambda: sides_tables(found), extras=(TAB, WITH, IDS),
    )  # fmt: skip


# ── what is asked ───────────────────────────────────────────────────────────


def _others(request: HttpRequest, ask: Asked) -> tuple[tuple[Other, ...], str]:
    """What stands beside the portfolio, and why some of what was asked for does not."""
    if WITH not in request.GET:
        own = ask.scope.benchmark
        return ((other_of(own),) if own is not None else ()), ""
    keys, listed = [key for key in request.GET.getlist(WITH) if key.strip()], (*ask.indices, *ask.blends)
    try:
        return others_of(request.user, keys, listed), ""
    except TooMany as problem:
        return others_of(request.user, list(dict.fromkeys(keys))[:MOST_OTHERS], listed), str(problem)


def _chosen(request: HttpRequest, ask: Asked) -> tuple[list[Portfolio], str]:
    """The portfolios that stand side by side.  Raises NotFound for one that is not the person's."""
    every = list(ask.choice.all)
    wanted = list(dict.fromkeys(text for text in request.GET.getlist(IDS) if text.strip()))
    known = {str(one.pk): one for one in every}
    if any(text not in known for text in wanted):
        raise NotFound("There is no such portfolio.")
    chosen = [known[text] for text in wanted] or every
    more = f"At most {MOST_SIDES} portfolios stand side by side." if len(chosen) > MOST_SIDES else ""
    return chosen[:MOST_SIDES], more


def address(request: HttpRequest, name: str, values: Iterable[str]) -> str:
    """The present address with other values of one parameter; an empty one where there are none."""
    params = request.GET.copy()
    params.pop("why", None)
    params.setlist(name, list(values) or [""])
    return f"?{params.urlencode()}"


# ── what the page shows ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Pill:
    """Something that is compared: its line's colour, and the address without it."""

    name: str
    colour: str
    without: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be added, and the address with it."""

    name: str
    icon: str
    address: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a table: how it is written ("pct", "share", "points", "number", "money", "signed"), and the name of its explanation."""

    label: str
    figure: Figure
    form: str
    why: str

    @property
    def is_long(self) -> bool:
        """Whether it needs a line of its own on a phone."""
        return len(self.label) > (9 if self.form in {"money", "signed"} else 12)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is compared, with its figures; `blanks` are cells that only the others have, `since` the day on which it began later than they."""

    name: str
    colour: str
    cells: tuple[Cell, ...]
    blanks: range = range(0)
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart of several lines, its fallback, its legend, and the same as a table."""

    chart: charts.Chart | None
    fallback: Sequence[float]
    legend: tuple[tuple[str, str, Figure], ...]  # name, colour, return
    names: tuple[str, ...]
    rows: tuple[tuple[date, tuple[Figure | None, ...]], ...]


def colours_of(count: int) -> list[str]:
    """Of lines beside the portfolio: the first is the reference."""
    return [REFERENCE, *(f"c{n}" for n in range(2, count + 1))][:count]


def drawn(lines: Sequence[tuple[str, Path, Figure]], *, references: int = 1) -> Drawn:
    """Lines beside the first one; of those after it, the first `references` are dashed."""
    known = [line for line in lines if len(line[1].days) > 1]
    colours = ["c1", *([REFERENCE] * references), *(f"c{n}" for n in range(2, len(lines) + 1))][: len(lines)]
    legend = tuple((name, colour, total) for (name, _, total), colour in zip(lines, colours, strict=True))
    if not known:
        return Drawn(None, (), legend, (), ())
    first, last = min(int(path.days[0]) for _, path, _ in known), max(int(path.days[-1]) for _, path, _ in known)
    days = np.arange(first, last + 1)
    tables = [_on(path, days) for _, path, _ in known]
    references_drawn = {name for name, colour, _ in legend if colour == REFERENCE}
    chart = charts.several(
        [day_of(int(day)) for day in days],
        [charts.Rebased(name, values, name in references_drawn) for (name, _, _), values in zip(known, tables, strict=True)],
    )
    places = interval_ends(days, "day" if len(days) <= MOST_ROWS else "month")[::-1].tolist()
    rows = tuple((day_of(int(days[at])), tuple(_figure(values[at]) for values in tables)) for at in places)
    return Drawn(chart, [value for value in tables[0] if value is not None], legend, tuple(name for name, _, _ in known), rows)


def _on(path: Path, days: Any) -> list[float | None]:
    """The returns of a path on some days; None where it has none."""
    known = dict(zip(path.days.tolist(), path.returns.tolist(), strict=True))
    return [known.get(day) for day in days.tolist()]


def _figure(value: float | None) -> Figure | None:
    return None if value is None else Figure("twr", Unit.FRACTION, value)


def _context(request: HttpRequest, ask: Asked, found: Comparison) -> dict[str, Any]:
    keys = [line.other.key for line in found.lines]
    colours = colours_of(len(keys))
    pills = [
        Pill(line.other.view.name, colour, address(request, WITH, (key for key in keys if key != line.other.key)))
        for line, colour in zip(found.lines, colours, strict=True)
    ]
    about = ask.choice.called
    lines = [(about, found.alone.path, found.alone.twr), *((line.other.view.name, line.alone.path, line.alone.twr) for line in found.lines)]
    untraded = found.untraded
    without = drawn([(about, found.alone.path, found.alone.twr), ("Without trades", untraded.alone.path, untraded.alone.twr)])
    main = drawn(lines)
    returns, risks = _return_rows(about, found, colours), _risk_rows(about, found, colours)
    return {
        "report": found,
        "about": about,
        "pills": pills,
        "offers": _offers(request, ask, keys),
        "main": main,
        "without": without,
        "drawn": {name: one.chart for name, one in (("lines", main), ("without", without)) if one.chart is not None},
        "returns": returns,
        "return_heads": returns[-1],
        "risks": risks,
        "risk_heads": risks[-1],
        "first": ask.first,
        "notes": [(line.other.view.name, " ".join(line.result.notes)) for line in found.lines if line.result.notes],
        "lead": found.lines[0] if found.lines else None,
    }


def _offers(request: HttpRequest, ask: Asked, keys: Sequence[str]) -> list[Offer]:
    if len(keys) >= MOST_OTHERS:
        return []
    offered = [(key_of(view), view.name, "chart-line") for view in ask.indices]
    offered += [(key_of(view), view.name, "scale") for view in ask.blends]
    listed = {view.instrument_id for view in ask.indices}
    held = [row.instrument for row in ask.scope.table.rows if row.instrument.id not in listed][:MOST_OFFERED]
    offered += [(f"i{view.id}", view.name, "briefcase") for view in held]
    return [Offer(name, icon, address(request, WITH, [*keys, key])) for key, name, icon in offered if key not in keys]


def _return_rows(about: str, found: Comparison, colours: Sequence[str]) -> list[Row]:
    own = (Cell("Return", found.alone.twr, "pct", "twr"), Cell("A year", found.alone.twr_annualised, "pct", "twr_annualised"))
    rows = [Row(about, "c1", own, range(3 if found.lines else 0))]
    for line, colour in zip(found.lines, colours, strict=True):
        key, result = line.other.key, line.result
        cells = (
            Cell("Return", line.alone.twr, "pct", f"benchmark_twr_{key}"),
            Cell("A year", line.alone.twr_annualised, "pct", f"benchmark_twr_annualised_{key}"),
            Cell("Ahead of it", result.excess, "points", f"excess_{key}"),
            Cell("Same money", result.same_money, "money", f"same_money_{key}"),
            Cell("Ahead in money", result.lead, "signed", f"lead_{key}"),
        )
        rows.append(Row(line.other.view.name, colour, cells))
    return rows


def _risk_rows(about: str, found: Comparison, colours: Sequence[str]) -> list[Row]:
    own = (
        Cell("Volatility", found.alone.volatility, "share", "volatility"),
        Cell("Worst fall", found.alone.maximum_drawdown, "pct1", "maximum_drawdown"),
    )
    rows = [Row(about, "c1", own, range(7 if found.lines else 0))]
    forms = (
        ("Beta", "beta", "number"), ("Alpha", "alpha", "pct"), ("R²", "r_squared", "number"), ("Tracking error", "tracking_error", "share"),
        ("Information ratio", "information_ratio", "number"), ("Up capture", "up_capture", "share"), ("Down capture", "down_capture", "share"),
    )  # fmt: skip
    for line, colour in zip(found.lines, colours, strict=True):
        key = line.other.key
        cells = (
            Cell("Volatility", line.alone.volatility, "share", f"benchmark_volatility_{key}"),
            Cell("Worst fall", line.alone.maximum_drawdown, "pct1", f"benchmark_maximum_drawdown_{key}"),
            *(Cell(label, getattr(line.against, name), form, f"{name}_{key}") for label, name, form in forms),
        )
        rows.append(Row(line.other.view.name, colour, cells))
    return rows


# ── portfolios side by side ─────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Tile:
    """The portfolio that stands out in one figure."""

    label: str
    cell: Cell
    whose: str


def _sides(request: HttpRequest, ask: Asked, found: Sides, chosen: Sequence[Portfolio]) -> dict[str, Any]:
    keys = [str(one.pk) for one in chosen]
    largest = sorted(found.rows, key=lambda row: -float(row.value.value or 0))[:MOST_DRAWN]
    main = drawn([(row.portfolio.name, row.alone.path, row.alone.twr) for row in largest], references=0)
    colours = {row.portfolio.pk: f"c{place}" for place, row in enumerate(largest, start=1)}
    return {
        "report": found,
        "pills": [
            Pill(one.name, colours.get(one.pk, ""), address(request, IDS, (key for key in keys if key != str(one.pk)))) for one in chosen
        ] if len(chosen) > 1 else [Pill(one.name, colours.get(one.pk, ""), "") for one in chosen],
        "offers": [Offer(one.name, "wallet", address(request, IDS, [*keys, str(one.pk)])) for one in ask.choice.all if one not in chosen],
        "main": main,
        "more": len(found.rows) - len(largest),
        "drawn": {"lines": main.chart} if main.chart is not None else {},
        "rows": [_side_row(row, colours.get(row.portfolio.pk, "")) for row in found.rows],
        "tiles": _tiles(found.rows),
        "first": found.start or ask.first,
    }  # fmt: skip


def _side_cells(row: Side) -> tuple[Cell, ...]:
    key = f"p{row.portfolio.pk}"
    made = (
        ("Value", row.value, "money", "value"), ("Gain", row.gain, "signed", "gain"), ("Return", row.alone.twr, "pct", "twr"),
        ("A year", row.alone.twr_annualised, "pct", "twr_annualised"), ("Money-weighted", row.mwr, "pct", "mwr"),
        ("Volatility", row.alone.volatility, "share", "volatility"), ("Worst fall", row.alone.maximum_drawdown, "pct1", "maximum_drawdown"),
        ("Risk level", row.risk_level, "whole", "risk_level"), ("Income", row.income, "money", "income"),
    )  # fmt: skip
    return tuple(Cell(label, figure, form, f"{name}_{key}") for label, figure, form, name in made)


def _side_row(row: Side, colour: str) -> Row:
    return Row(row.portfolio.name, colour, _side_cells(row), since=row.since if row.begins_later else None)


def _tiles(rows: Sequence[Side]) -> list[Tile]:
    """Who earned most, moved least, fell least, was paid most; of equal ones the first."""
    wanted = (("Highest return", 2, 1), ("Lowest volatility", 5, -1), ("Smallest worst fall", 6, 1), ("Most income", 8, 1))
    tiles = []
    for label, place, sign in wanted:
        cells = [(_side_cells(row)[place], row.portfolio.name) for row in rows]
        known = [one for one in cells if one[0].figure.value is not None]
        if cells:
            cell, whose = max(known, key=lambda one: sign * float(one[0].figure.value or 0)) if known else cells[0]
            tiles.append(Tile(label, cell, whose))
    return tiles
