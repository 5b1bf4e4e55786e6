"""The report of income as files."""

from __future__ import annotations

from analytics.selectors.income.shapes import Income
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.downloads import Column, Table, columns

FILES = (
    ("figures", "Figures"), ("payments", "Payments"), ("expected", "Expected payments"), ("periods", "Periods"), ("holdings", "Holdings"),
    ("withholding", "Withholding"),
)  # fmt: skip
_AMOUNTS = tuple(Column(name, private=True) for name in ("gross", "withheld", "fees", "net"))


def income_tables(report: Income) -> list[Table]:
    """The main figures first."""
    titles = dict(FILES)
    return [
        Table("figures", titles["figures"], columns("figure", "value", "unit"), [(one.name, one, one.currency or one.unit.value) for one in _figures(report)]),
        _payments(report, titles["payments"]),
        _expected(report, titles["expected"]),
        Table(
            "periods", titles["periods"], (*columns("period", "start", "end"), *_AMOUNTS, Column("expected", private=True)),
            [(one.text, one.first, one.last, one.amounts.gross, one.amounts.withheld, one.amounts.fees, one.amounts.net, one.to_come) for one in report.buckets],
        ),
        _holdings(report, titles["holdings"]),
        Table(
            "withholding", titles["withholding"],
            (*columns("country"), Column("dividends", private=True), Column("withheld", private=True), *columns("withheld_rate", "reclaimable")),
            [(one.country, one.amounts.gross, one.amounts.withheld, one.rate, one.reclaimable) for one in report.withholding],
        ),
    ]  # fmt: skip


def _figures(report: Income) -> list[Figure]:
    sums = {"income": report.amounts.gross, "withheld": report.amounts.withheld, "fees": report.amounts.fees, "net_income": report.amounts.net}
    return [
        *(Figure(name, Unit.MONEY, amount, currency=report.currency) for name, amount in sums.items()),
        report.past_year, report.expected_year, report.income_yield, report.expected_yield, report.yield_on_cost, report.growth, report.reclaimable,
    ]  # fmt: skip


def _payments(report: Income, title: str) -> Table:
    heads = (
        *columns("date", "transaction", "portfolio", "kind", "symbol", "name"), Column("units", private=True), Column("paid", private=True),
        *columns("paid_currency", "rate"), *_AMOUNTS, Column("lowered_cost", private=True),
    )  # fmt: skip
    rows = [
        (
            one.day, one.entry, one.portfolio_id, one.kind, one.instrument.symbol if one.instrument else "",
            one.instrument.name if one.instrument else "", one.units, one.paid, one.currency, one.rate, one.amounts.gross, one.amounts.withheld,
            one.amounts.fees, one.amounts.net, one.lowered,
        )
        for one in report.payments
    ]  # fmt: skip
    return Table("payments", title, heads, rows)


def _expected(report: Income, title: str) -> Table:
    heads = (
        *columns("date", "due", "symbol", "name", "kind", "certainty", "per_unit"), Column("units", private=True), Column("amount", private=True),
        *columns("amount_currency", "value", "reason"),
    )  # fmt: skip
    rows = [
        (
            one.day, one.due, one.symbol, one.name, one.kind, "announced" if one.is_announced else "estimate", one.each, one.units,
            one.amount, one.currency, one.value, one.reason,
        )
        for one in report.expected
    ]  # fmt: skip
    return Table("expected", title, heads, rows)


def _holdings(report: Income, title: str) -> Table:
    heads = (
        *columns("symbol", "name"), *_AMOUNTS, *columns("last", "next"), *columns("income_past_year", "expected_income", "income_yield", "yield_on_cost", "growth"),
    )  # fmt: skip
    rows = [
        (
            one.instrument.symbol if one.instrument else "", one.instrument.name if one.instrument else "Interest on cash", one.amounts.gross,
            one.amounts.withheld, one.amounts.fees, one.amounts.net, one.last.day if one.last else None,
            one.next.day if one.next else f"Undefined: {one.why_no_next}", one.past_year, one.expected, one.income_yield, one.yield_on_cost, one.growth,
        )
        for one in report.holdings
    ]  # fmt: skip
    return Table("holdings", title, heads, rows)
