"""The rows of a book, packed for a cache: by column, since what stands in one column is of one kind.

Pickling a decimal or a day by itself takes a call each; a column of them as one text, or as whole numbers, takes a tenth of the time.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate, chain, pairwise
from types import NoneType
from typing import Any

Column = tuple[str, Any]
_LOT = 5  # fields of an OpenLot


def packed(fields: Sequence[Any], width: int) -> list[Column]:
    """Rows of so many fields, end to end."""
    return [_column(fields[place::width]) for place in range(width)]


def unpacked(columns: Sequence[Column]) -> list[Any]:
    """The same fields, end to end."""
    return list(chain.from_iterable(zip(*map(_values, columns), strict=True)))


def _column(values: Sequence[Any]) -> Column:
    kinds = set(map(type, values))
    if not kinds:
        return "as it is", list(values)
    if kinds <= {Decimal, NoneType}:
        return "decimals", " ".join(["" if value is None else str(value) for value in values])
    if kinds == {date}:
        return "days", array("i", [value.toordinal() for value in values])
    if kinds == {list}:
        return "lots", ([len(lots) for lots in values], packed(list(chain.from_iterable(chain.from_iterable(values))), _LOT))
    return "as it is", list(values)


def _values(column: Column) -> list[Any]:
    kind, found = column
    if kind == "decimals":
        return [Decimal(text) if text else None for text in found.split(" ")]
    if kind == "days":
        return list(map(date.fromordinal, found))
    if kind == "lots":
        counts, columns = found
        lots = list(zip(*map(_values, columns), strict=True))
        return [lots[begin:end] for begin, end in pairwise(accumulate(counts, initial=0))]
    return list(found)
