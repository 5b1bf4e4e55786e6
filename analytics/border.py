"""The one border between decimals and float64: exact ledgers go over it as arrays, and nothing crosses back.

A ledger crosses once, whatever prices come after: its arrays are kept beside the replayed book, and go with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from portfolios.ledger.book import Book

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def to_float64(numbers: Iterable[Decimal]) -> FloatArray:
    """Exact numbers as float64: each the nearest double.  The only crossing from the ledger to the engine."""
    return np.array(numbers if isinstance(numbers, list | tuple) else list(numbers), dtype=np.float64)


def day_numbers(days: Iterable[date]) -> IntArray:
    """Days as whole numbers since 1970-01-01."""
    return np.array(days if isinstance(days, list | tuple) else list(days), dtype="datetime64[D]").astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Levels that hold from a day on, ordered by column and day; several of one day stay in the order of the ledger.

    keys     what each column is about: an instrument, or a currency
    columns  (n,)
    days     (n,)  day numbers
    after    (n,)  units or money from then on
    """

    keys: tuple[Any, ...]
    columns: IntArray
    days: IntArray
    after: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LedgerArrays:
    """What a book did, as arrays.

    units, cash    see Steps
    flow_days      (f,)  day numbers
    flow_amounts   (f,)  in if above zero
    flow_events    (f,)  numbers of the entries
    """

    units: Steps
    cash: Steps
    flow_days: IntArray
    flow_amounts: FloatArray
    flow_events: IntArray


def arrays_of(book: Book) -> LedgerArrays:
    """Made when first asked for.  Whoever gets them leaves them as they are."""
    found: LedgerArrays | None = book.aside.get("arrays")
    if found is None:
        rows = book.rows
        found = book.aside["arrays"] = LedgerArrays(
            units=_steps(rows.steps),
            cash=_steps(rows.cash_steps),
            flow_days=day_numbers(rows.flows[0::5]),
            flow_amounts=to_float64(rows.flows[1::5]),
            flow_events=np.array(rows.flows[2::5], dtype=np.int64),
        )
    return found


def _steps(fields: Sequence[Any]) -> Steps:
    """Of (day, instrument or currency, level after), end to end."""
    places: dict[Any, int] = {}
    columns = np.array([places.setdefault(key, len(places)) for key in fields[1::3]], dtype=np.int64)
    days, after = day_numbers(fields[0::3]), to_float64(fields[2::3])
    order = np.lexsort((days, columns))
    return Steps(tuple(places), columns[order], days[order], after[order])
