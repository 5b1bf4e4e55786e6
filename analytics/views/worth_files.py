"""The report of value as files."""

from __future__ import annotations

from analytics.choices import By
from analytics.selectors.explaining.value import DIMENSIONS
from analytics.selectors.worth import Worth
from analytics.views.returns_files import series_table
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.downloads import Column, Table, columns
from portfolios.selectors import HoldingsTable

FILES = (("figures", "Figures"), ("holdings", "Holdings"), ("cash", "Cash"), ("weights", "Weights"), ("series", "Daily series"))


def worth_tables(report: Worth) -> list[Table]:
    """The main figures first."""
    return [
        _figures(report),
        _holdings(report.value.table),
        _cash(report.value.table),
        _weights(report),
        series_table(report.series, report.value.currency),
    ]


def _figures(report: Worth) -> Table:
    found = report.value
    told = [
        ("value", found.value), ("holdings_value", found.holdings_value), ("cash_value", found.cash), ("cash_weight", found.cash_weight),
        ("day_change", found.day_change), ("day_change_fraction", found.day_change_fraction), ("priced_share", report.complete.share),
        ("total_cost", Figure("total_cost", Unit.MONEY, found.table.cost, currency=found.currency)), ("unrealised", found.table.unrealised),
    ]  # fmt: skip
    return Table("figures", "Figures", columns("figure", "value", "unit"), [(name, one, one.currency or one.unit.value) for name, one in told])


def _holdings(table: HoldingsTable) -> Table:
    heads = (
        *columns("symbol", "name"), Column("units", private=True),
        *columns("price", "price_currency", "priced_on", "rate", "value", "weight", "day_change", "day_change_fraction"),
    )  # fmt: skip
    rows = [
        (
            row.instrument.symbol, row.instrument.name, row.quantity, _price(row.price), row.instrument.currency, row.priced_on, row.rate, row.value,
            row.weight, row.day_change, row.day_change_fraction,
        )
        for row in table.rows
    ]  # fmt: skip
    return Table("holdings", "Holdings", heads, rows)


def _price(price: Figure) -> Figure:
    """A price of the market is nobody's amount: it stays while amounts are hidden."""
    return price if price.value is None else Figure("price", Unit.NUMBER, price.value)


def _cash(table: HoldingsTable) -> Table:
    heads = (Column("currency"), Column("amount", private=True), *columns("rate", "value", "weight"))
    return Table("cash", "Cash", heads, [(cash.currency, cash.amount, cash.rate, cash.value, cash.weight) for cash in table.cash])


def _weights(report: Worth) -> Table:
    rows = [(by.value, one.key, one.name, one.value, one.weight) for by in DIMENSIONS if by is not By.HOLDING for one in report.value.parts(by)]
    return Table("weights", "Weights", columns("by", "key", "name", "value", "weight"), rows)
