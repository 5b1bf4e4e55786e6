"""The report on risk as files."""

from __future__ import annotations

from analytics.selectors.risk.shapes import Dated, Risk
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure
from portfolio_site.web.downloads import Table, columns

FILES = (
    ("figures", "Figures"), ("value_at_risk", "Value at risk"), ("back_tests", "Back-tests"), ("holdings", "Holdings"), ("correlation", "Correlation"),
    ("stress", "Stress"), ("falls", "Falls"), ("returns", "Daily returns"), ("rolling", "Rolling volatility"), ("drawdown", "Drawdown"),
)  # fmt: skip


def _series(key: str, title: str, name: str, series: Dated) -> Table:
    return Table(
        key, title, columns("date", name), [(day_of(day), value) for day, value in zip(series.days.tolist(), series.values.tolist(), strict=True)]
    )


def risk_tables(report: Risk) -> list[Table]:
    """The main figures first."""
    titles = dict(FILES)
    return [
        Table("figures", titles["figures"], columns("figure", "value", "unit"), [(one.name, one, one.unit.value) for one in _figures(report)]),
        *_tables_of_tails(report, titles),
        _holdings(report, titles["holdings"]),
        _correlation(report, titles["correlation"]),
        _stress(report, titles["stress"]),
        Table(
            "falls",
            titles["falls"],
            columns("high", "low", "recovered", "days", "depth"),
            [(one.peak, one.trough, one.recovery, one.days, one.depth) for one in report.falls],
        ),
        _series("returns", titles["returns"], "return", report.returns),
        _series("rolling", titles["rolling"], "volatility", report.rolling),
        _series("drawdown", titles["drawdown"], "drawdown", report.drawdown),
    ]


def _figures(report: Risk) -> list[Figure]:
    own = [report.level, report.volatility, report.downside_deviation, report.sharpe, report.sortino, report.calmar, report.maximum_drawdown]
    own += [report.ulcer, report.skewness, report.excess_kurtosis, report.riskless.figure, report.least]
    beside = report.benchmark
    own += [beside.beta, beside.alpha, beside.r_squared, beside.correlation, beside.tracking_error, beside.information_ratio]
    own += [beside.up_capture, beside.down_capture]
    held = report.holdings
    return [*own, held.volatility, held.covered, held.shrinkage, held.correlation.average]


def _tables_of_tails(report: Risk, titles: dict[str, str]) -> list[Table]:
    names = ("method", "level", "horizon_days", "value_at_risk", "expected_shortfall", "value_at_risk_money", "expected_shortfall_money")
    tails = [
        (row.method, row.level, row.horizon, row.value_at_risk, row.expected_shortfall, row.value_at_risk_money, row.expected_shortfall_money)
        for row in report.tails
    ]
    tests = [
        (one.method, one.level, one.estimated_on, one.days, one.failures, one.expected, one.p_value, _said(one.accepted)) for one in report.tests
    ]
    told = ("method", "level", "estimated_on", "days", "failures", "expected", "p_value", "accepted")
    return [
        Table("value_at_risk", titles["value_at_risk"], columns(*names), tails),
        Table("back_tests", titles["back_tests"], columns(*told), tests),
    ]


def _said(accepted: bool | None) -> str:
    return "" if accepted is None else "yes" if accepted else "no"


def _holdings(report: Risk, title: str) -> Table:
    names = (
        "symbol", "name", "value", "weight", "volatility", "maximum_drawdown", "value_at_risk", "expected_shortfall", "beta", "risk_contribution",
        "risk_share",
    )  # fmt: skip
    rows = [
        (
            one.symbol, one.name, one.value, one.weight, one.volatility, one.maximum_drawdown, one.value_at_risk, one.expected_shortfall, one.beta,
            one.contribution, one.share,
        )
        for one in report.holdings.rows
    ]  # fmt: skip
    return Table("holdings", title, columns(*names), rows)


def _correlation(report: Risk, title: str) -> Table:
    """One pair a row."""
    table = report.holdings.correlation
    rows = [(table.symbols[i], table.symbols[j], table.rows[i][j]) for i in range(len(table.symbols)) for j in range(i + 1, len(table.symbols))]
    return Table("correlation", title, columns("one", "other", "correlation"), rows)


def _stress(report: Risk, title: str) -> Table:
    """Each time or shock, first as a whole, then by holding."""
    rows = []
    for row in (*report.past, *filter(None, [report.own])):
        rows.append((row.name, row.start, row.end, "", row.change, row.money, row.covered, row.deepest))
        for part in row.parts:
            symbol = part.cash if part.instrument is None else part.instrument.symbol
            rows.append((row.name, row.start, row.end, symbol, part.change, part.money, None, None))
    return Table("stress", title, columns("stress", "start", "end", "holding", "change", "money", "covered", "deepest"), rows)
