"""Parts of a whole as charts show them: the donut of a dimension, and the map of holdings."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from analytics.selectors import Slice
from analytics.views.tables import class_name
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts
from portfolios.selectors import HoldingsTable


def parts_of(slices: Sequence[Slice]) -> list[charts.Part]:
    """At most eight, the last one everything else."""
    parts = [charts.Part(one.name, one.value, one.weight) for one in slices]
    if len(parts) <= charts.MOST_SLICES + 1:
        return charts.top_parts(parts[: charts.MOST_SLICES], parts[charts.MOST_SLICES] if len(parts) > charts.MOST_SLICES else None)
    rest = slices[charts.MOST_SLICES :]
    currency = slices[0].value.currency
    value = sum((one.value.value for one in rest if isinstance(one.value.value, Decimal)), Decimal(0))
    weight = sum((one.weight.value for one in rest if isinstance(one.weight.value, Decimal)), Decimal(0))
    other = charts.Part("Other", Figure("value", Unit.MONEY, value, currency=currency), Figure("weight", Unit.FRACTION, weight))
    return charts.top_parts(parts, other)


def tiles_of(table: HoldingsTable) -> list[charts.Tile]:
    """Each holding in its class, with its change of the day."""
    return [
        charts.Tile(row.instrument.symbol, class_name(row.instrument.asset_class), row.weight, row.day_change_fraction, row.value)
        for row in table.rows
    ]
