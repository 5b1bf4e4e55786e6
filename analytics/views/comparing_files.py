"""The comparison as files."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.selectors.comparing.shapes import Comparison, LineBeside, Path, Side, Sides
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure
from portfolio_site.web.downloads import Cell, Table, columns

BENCHMARK_FILES = (
    ("figures", "Figures"),
    ("beside", "Beside each"),
    ("untraded", "Without trades"),
    ("kept", "What was kept"),
    ("series", "Daily series"),
)
SIDES_FILES = (("portfolios", "Portfolios"), ("series", "Daily series"))
AGAINST = ("beta", "alpha", "r_squared", "correlation", "tracking_error", "information_ratio", "up_capture", "down_capture")
ALONE = ("twr", "twr_annualised", "volatility", "maximum_drawdown")


def comparison_tables(found: Comparison) -> list[Table]:
    """The main figures first."""
    titles = dict(BENCHMARK_FILES)
    own = [found.start_value, found.end_value, found.net_flows, found.gain, *(getattr(found.alone, name) for name in ALONE)]
    beside = columns("name", "symbol", *ALONE, "excess", "same_money", "lead", *AGAINST)
    return [
        Table("figures", titles["figures"], columns("figure", "value", "unit"), _rows(own)),
        Table("beside", titles["beside"], beside, [_line(line) for line in found.lines]),
        Table("untraded", titles["untraded"], columns("figure", "value", "unit"), _rows(_untraded(found))),
        _kept(found, titles["kept"]),
        _series(titles["series"], ["portfolio", *(line.other.view.name for line in found.lines), "without_trades"],
                [found.alone.path, *(line.alone.path for line in found.lines), found.untraded.alone.path]),
    ]  # fmt: skip


def _rows(figures: Sequence[Figure]) -> list[tuple[Cell, ...]]:
    return [(one.name, one, one.currency or one.unit.value) for one in figures]


def _line(line: LineBeside) -> tuple[Cell, ...]:
    result = line.result
    alone, against = ([getattr(of, name) for name in names] for of, names in ((line.alone, ALONE), (line.against, AGAINST)))
    return (line.other.view.name, line.other.view.symbol, *alone, result.excess, result.same_money, result.lead, *against)


def _untraded(found: Comparison) -> list[Figure]:
    one = found.untraded
    return [one.value, one.gain, one.difference, one.points, *(getattr(one.alone, name) for name in ALONE)]


def _kept(found: Comparison, title: str) -> Table:
    names = columns("symbol", "name", "units_then", "units", "value_then", "value", "held")
    rows = [
        (one.instrument.symbol, one.instrument.name, one.units_then, one.units, one.value_then, one.value, "yes" if one.is_held else "no")
        for one in found.untraded.kept
    ]
    return Table("kept", title, names, rows)


def _series(title: str, names: Sequence[str], paths: Sequence[Path]) -> Table:
    """Returns since the start of each close; empty on days that one of them does not have."""
    known = [dict(zip(path.days.tolist(), path.returns.tolist(), strict=True)) for path in paths]
    days = sorted({day for one in known for day in one})
    return Table("series", title, columns("date", *names), [(day_of(day), *(one.get(day) for one in known)) for day in days])


def sides_tables(found: Sides) -> list[Table]:
    names = columns("portfolio", "since", "value", "net_flows", "gain", *ALONE, "mwr", "risk_level", "income")
    paths = [row.alone.path for row in found.rows]
    return [
        Table("portfolios", "Portfolios", names, [_side(row) for row in found.rows]),
        _series("Daily series", [row.portfolio.name for row in found.rows], paths),
    ]


def _side(row: Side) -> tuple[Cell, ...]:
    alone = [getattr(row.alone, name) for name in ALONE]
    return (row.portfolio.name, row.since, row.value, row.net_flows, row.gain, *alone, row.mwr, row.risk_level, row.income)
