"""The report of returns as files, and the rows that page and files share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics.selectors import Bridge, Part, PerformanceSeries, Returns, YearRow
from analytics.selectors.period.unusual import MOST_DRIVERS, UnusualDay
from analytics.selectors.returns import Fall
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.downloads import Cell, Column, Table, columns

FILES = (
    ("figures", "Figures"),
    ("series", "Daily series"),
    ("drivers", "What changed the value"),
    ("contribution", "Contribution"),
    ("months", "Months"),
    ("falls", "Falls"),
    ("unusual", "Unusual days"),
    ("years", "Calendar years"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """One row of the table beside the chart."""

    day: date
    value: Figure
    twr: Figure
    benchmark_twr: Figure | None


def point_of(series: PerformanceSeries, place: int, currency: str) -> Point:
    other = series.benchmark_twr
    return Point(
        day_of(int(series.days[place])),
        Figure("value", Unit.MONEY, float(series.value[place]), currency=currency),
        Figure("twr", Unit.FRACTION, float(series.twr[place])),
        None if other is None else Figure("benchmark_twr", Unit.FRACTION, float(other[place])),
    )


def name_of(part: Part) -> str:
    return part.instrument.symbol if part.instrument is not None else "Cash"


def returns_tables(report: Returns) -> list[Table]:
    """The main figures first."""
    return [
        _figures(report),
        series_table(report.performance.series, report.performance.currency),
        _drivers(report.bridge),
        _contribution(report.parts),
        _months(report.years),
        _falls(report.falls),
        _unusual(report.unusual),
        _years(report.years),
    ]


def _figures(report: Returns) -> Table:
    found, bench = report.performance, report.performance.benchmark
    figures = [found.start_value, found.end_value, found.net_flows, found.gain, found.twr, found.twr_annualised, found.mwr, found.modified_dietz]
    figures += [found.simple_return, report.net_twr if found.is_gross else report.gross_twr, report.worst_fall, found.volatility]
    if bench is not None:
        figures += [bench.twr, bench.twr_annualised, bench.same_money, bench.lead, bench.excess]
    return _table("figures", columns("figure", "value", "unit"), [(one.name, one, one.currency or one.unit.value) for one in figures])


def series_table(series: PerformanceSeries, currency: str) -> Table:
    """Each day: value, what was paid in, return, and that of the benchmark."""
    points = [point_of(series, place, currency) for place in range(len(series.days))]
    invested = [Figure("invested", Unit.MONEY, amount, currency=currency) for amount in series.invested.tolist()]
    rows = [(one.day, one.value, put_in, one.twr, one.benchmark_twr) for one, put_in in zip(points, invested, strict=True)]
    return _table("series", columns("date", "value", "invested", "twr", "benchmark_twr"), rows)


def _unusual(days: Sequence[UnusualDay]) -> Table:
    rows = []
    for one in days:
        drivers = [cell for driver in one.drivers for cell in (driver.instrument.symbol if driver.instrument else "Cash", driver.gain)]
        rows.append((one.day, one.before, one.twr, one.deviation, one.past, *drivers, *[None] * (2 * MOST_DRIVERS - len(drivers))))
    heads = [f"{name}_{place}" for place in range(1, MOST_DRIVERS + 1) for name in ("driver", "gain")]
    return _table("unusual", columns("day", "before", "twr", "deviation", "past", *heads), rows)


def _drivers(bridge: Bridge) -> Table:
    steps = [("start_value", bridge.start), ("net_flows", bridge.flows), ("price", bridge.price), ("currency", bridge.currency)]
    steps += [("income", bridge.income), ("costs", bridge.costs), ("end_value", bridge.end)]
    return _table("drivers", columns("step", "amount"), steps)


def _contribution(parts: Sequence[Part]) -> Table:
    heads = columns("symbol", "name", "contribution", "gain", "price", "currency", "income", "costs", "held")
    return _table(
        "contribution",
        heads,
        [(*_named(one), one.contribution, one.gain, one.price, one.currency, one.income, one.costs, _said(one.is_held)) for one in parts],
    )


def _named(part: Part) -> tuple[str, str]:
    return name_of(part), part.instrument.name if part.instrument else ""


def _months(years: Sequence[YearRow]) -> Table:
    rows = [(cell.text, cell.twr, _said(cell.is_whole)) for year in years for cell in year.months[::-1] if cell.is_inside]
    return _table("months", columns("month", "twr", "whole"), rows)


def _falls(falls: Sequence[Fall]) -> Table:
    return _table(
        "falls", columns("high", "low", "recovered", "days", "depth"), [(one.high, one.low, one.recovered, one.days, one.depth) for one in falls]
    )


def _years(years: Sequence[YearRow]) -> Table:
    heads = columns("year", "twr", "benchmark_twr", "excess", "whole")
    return _table("years", heads, [(str(one.year), one.twr, one.benchmark_twr, one.excess, _said(one.is_whole)) for one in years])


def _said(yes: bool) -> str:
    return "yes" if yes else "no"


def _table(key: str, heads: tuple[Column, ...], rows: Sequence[tuple[Cell, ...]]) -> Table:
    return Table(key, dict(FILES)[key], heads, rows)
