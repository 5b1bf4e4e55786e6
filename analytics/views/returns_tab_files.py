"""Attribution, rolling figures and costs as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.choices import CostKind
from analytics.selectors.performance import Stretch
from analytics.selectors.period.attribution import Attribution, Row
from analytics.selectors.period.costs import CostRow, Costs, kind_of
from analytics.selectors.period.rolling import Rolled, RollingReport
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure
from portfolio_site.web.downloads import Cell, Column, Table, columns
from portfolios.selectors import CostPaid, InstrumentView

ATTRIBUTION_FILES = (("figures", "Figures"), ("class", "By class"), ("sector", "By sector"), ("country", "By country"))
ROLLING_FILES = (("figures", "Figures"), ("returns", "Return"), ("volatility", "Volatility"), ("beta", "Beta"), ("sharpe", "Sharpe ratio"))
COST_FILES = (("figures", "Figures"), ("years", "Years"), ("holdings", "Holdings"), ("entries", "Entries"))
HEADS = ("weight", "benchmark_weight", "twr", "benchmark_twr", "allocation", "selection", "interaction")


def _figures(figures: Sequence[tuple[str, Figure]]) -> Table:
    heads = columns("figure", "value", "unit")
    return Table("figures", "Figures", heads, [(name, one, one.currency or one.unit.value) for name, one in figures])


def attribution_tables(stretch: Stretch, every: Sequence[Attribution]) -> list[Table]:
    """The main figures first."""
    whole = [("twr", stretch.twr), ("benchmark_twr", stretch.benchmark_twr), ("excess", stretch.excess)]
    for one in every:
        whole += [(f"{name}_by_{one.by.value}", getattr(one, name)) for name in ("allocation", "selection", "interaction")]
    titles = dict(ATTRIBUTION_FILES)
    heads = columns("key", "name", *HEADS, "excess")
    return [_figures(whole), *(Table(one.by.value, titles[one.by.value], heads, [_row(row) for row in one.rows]) for one in every)]


def _row(row: Row) -> tuple[Cell, ...]:
    return (row.key, row.name, *(getattr(row, name) for name in HEADS), row.effect)


def rolling_tables(report: RollingReport) -> list[Table]:
    named = dict(zip(("returns", "volatility", "beta", "sharpe"), report.figures, strict=True))
    figures = [(f"{name}_{kind}", getattr(one, kind)) for name, one in named.items() for kind in ("latest", "mean", "least", "most")]
    return [_figures(figures), *(_series(name, title, named[name]) for name, title in ROLLING_FILES[1:])]


def _series(key: str, title: str, found: Rolled) -> Table:
    rows = [(day_of(day), value) for day, value in zip(found.days.tolist(), found.values.tolist(), strict=True)]
    return Table(key, title, columns("date", found.name), rows)


def cost_tables(found: Costs, paid: Sequence[CostPaid], views: Mapping[int, InstrumentView]) -> list[Table]:
    figures = [("costs", found.total), ("expenses", found.booked), ("inside_of_trades", found.inside), ("mean_value", found.mean_value)]
    figures += [("cost_share", found.share), ("cost_share_a_year", found.share_a_year), ("cost_of_gain", found.of_gain), ("cost_drag", found.drag)]
    amounts = tuple(Column(name, private=True) for name in ("fees", "taxes", "total", *(kind.value for kind in CostKind)))
    entries = [
        (one.day, views[one.instrument].symbol if one.instrument is not None else "", one.entry, kind_of(one).value, one.amount) for one in paid
    ]
    return [
        _figures(figures),
        Table("years", "Years", (Column("year"), *amounts), [(str(row.year), *_amounts(row)) for row in found.years]),
        Table(
            "holdings",
            "Holdings",
            (Column("symbol"), Column("name"), *amounts),
            [
                (row.instrument.symbol if row.instrument else "", row.instrument.name if row.instrument else "", *_amounts(row))
                for row in found.holdings
            ],
        ),
        Table("entries", "Entries", (*columns("date", "symbol", "entry", "kind"), Column("amount", private=True)), entries),
    ]


def _amounts(row: CostRow) -> tuple[Cell, ...]:
    return (row.fees, row.taxes, row.total, *(row.by_kind.get(kind, None) for kind in CostKind))
