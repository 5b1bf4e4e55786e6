"""The holdings table as pages show it: lines with what they link to and how they sort, in groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from market.choices import AssetClass
from market.selectors import UNCLASSIFIED, day_number, price_columns
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.numbers import ranks
from portfolio_site.web.times import country_name
from portfolios.selectors import CashRow, HoldingRow, HoldingsTable

GROUPINGS = {"class": "Class", "sector": "Sector", "country": "Country", "currency": "Currency"}
SPARK_DAYS = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the holding, its address, the closes of its last 30 days, and its place in each column's order.

    `classify`: the address of the form that says what it is, where it stands among what nobody classified.
    """

    holding: HoldingRow
    key: str  # how live prices know it
    url: str
    spark: Sequence[float]
    by_price: str
    by_value: str
    by_day: str
    by_unrealised: str
    by_realised: str
    by_income: str
    by_total: str
    classify: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading, with the sum of what is known of them.  Without a name: all of them."""

    name: str
    lines: tuple[Line, ...]
    value: Figure
    weight: Figure
    day_change: Figure
    total_gain: Figure


@dataclass(frozen=True, slots=True)
class Listing:
    """A holdings table ready to be shown."""

    table: HoldingsTable
    groups: tuple[Group, ...]
    closed: tuple[Line, ...]
    cash: tuple[CashRow, ...]

    @property
    def empty(self) -> bool:
        return not self.table.rows and not self.cash


def class_name(asset_class: str) -> str:
    return AssetClass(asset_class).label if asset_class in AssetClass.values else UNCLASSIFIED


def sparks_of(instrument_ids: Iterable[int], *, until: date | None = None) -> dict[int, Sequence[float]]:
    """The closes of the last 30 days, or of those up to a day, of each instrument that has any."""
    found: dict[int, Sequence[float]] = {}
    for pk, column in price_columns(instrument_ids).items():
        days, closes = column.days, column.closes
        if until is not None:
            known = days <= day_number(until)
            days, closes = days[known], closes[known]
        if len(days):
            found[pk] = closes[days > days[-1] - SPARK_DAYS]
    return found


def _lines(rows: Sequence[HoldingRow], sparks: Mapping[int, Sequence[float]], suffix: str) -> tuple[Line, ...]:
    orders = zip(
        ranks(row.price for row in rows),
        ranks(row.value for row in rows),
        ranks(row.day_change for row in rows),
        ranks(row.unrealised for row in rows),
        ranks(row.realised for row in rows),
        ranks(row.income for row in rows),
        ranks(row.total_gain for row in rows),
        strict=True,
    )
    return tuple(
        Line(row, str(row.instrument.id), reverse("holding", args=[row.instrument.id]) + suffix, sparks.get(row.instrument.id, ()), *order)
        for row, order in zip(rows, orders, strict=True)
    )


def _sum(name: str, unit: Unit, figures: Sequence[Figure], currency: str) -> Figure:
    """The sum of the figures that are known; undefined where none is."""
    known = [figure.value for figure in figures if isinstance(figure.value, Decimal)]
    if not known:
        return Figure.undefined(name, unit, figures[0].why_not if figures else "There is nothing to add up.", currency)
    return Figure(name, unit, sum(known, Decimal(0)), currency=currency)


def _group(name: str, lines: Sequence[Line], currency: str) -> Group:
    rows = [line.holding for line in lines]
    unrealised = _sum("total_gain", Unit.MONEY, [row.unrealised for row in rows], currency)
    booked = sum((row.realised + row.income - row.expenses for row in rows), Decimal(0))
    return Group(
        name=name,
        lines=tuple(lines),
        value=_sum("value", Unit.MONEY, [row.value for row in rows], currency),
        weight=_sum("weight", Unit.FRACTION, [row.weight for row in rows], ""),
        day_change=_sum("day_change", Unit.MONEY, [row.day_change for row in rows], currency),
        total_gain=replace(unrealised, value=unrealised.value + booked) if isinstance(unrealised.value, Decimal) else unrealised,
    )


def _key(row: HoldingRow, grouping: str) -> str:
    instrument = row.instrument
    if grouping == "class":
        return class_name(instrument.asset_class)
    if grouping == "sector":
        return instrument.sector or UNCLASSIFIED
    if grouping == "country":
        return country_name(instrument.country) if instrument.country else UNCLASSIFIED
    return instrument.currency


def _unclassified(line: Line, grouping: str) -> Line:
    back = urlencode({"next": f"{reverse('holdings')}?group={grouping}"})
    return replace(line, classify=f"{reverse('instrument-classify', args=[line.holding.instrument.id])}?{back}")


def listing(table: HoldingsTable, sparks: Mapping[int, Sequence[float]], *, suffix: str = "", grouping: str = "") -> Listing:
    """The table with its lines in groups, largest group first; unclassified ones are shown as such, never dropped."""
    lines = _lines(table.rows, sparks, suffix)
    if grouping in GROUPINGS:
        kinds: dict[str, list[Line]] = {}
        for line in lines:
            name = _key(line.holding, grouping)
            kinds.setdefault(name, []).append(_unclassified(line, grouping) if name == UNCLASSIFIED else line)
        groups = [_group(name, members, table.currency) for name, members in kinds.items()]
        groups.sort(key=lambda group: (group.name == UNCLASSIFIED, -(group.value.value or 0)))
    else:
        groups = [_group("", lines, table.currency)]
    return Listing(table, tuple(groups), _lines(table.closed, sparks, suffix), table.cash)
