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

_LISTS = ("sales", "transfers", "flows", "steps", "cash_steps", "postings")  # of a book's rows, as in Rows.lists

_EPOCH = date(1970, 1, 1).toordinal()

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def to_float64(numbers: Iterable[Decimal]) -> FloatArray:
    """Exact numbers as float64: each the nearest double.  The only crossing from the ledger to the engine."""
    return np.array(numbers if isinstance(numbers, list | tuple) else list(numbers), dtype=np.float64)


def day_numbers(days: Iterable[date]) -> IntArray:
    """Days as whole numbers since 1970-01-01.  A hundredth of the time that numpy takes to make dates of its own of them."""
    return np.fromiter(map(date.toordinal, days), dtype=np.int64) - _EPOCH


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Levels that hold from a day on, ordered by column and day; several of one day stay in the order of the ledger.

    keys     what each column is about: an instrument, or a currency
    columns  (n,)
    days     (n,)  day numbers
    after    (n,)  units or money from then on
    told     the same columns, days and levels, in the order of the ledger
    """

    keys: tuple[Any, ...]
    columns: IntArray
    days: IntArray
    after: FloatArray
    told: tuple[IntArray, IntArray, FloatArray]


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
    """Made when first asked for; of a book that went on from another one, only what is new crosses.  Whoever gets them leaves them as they are."""
    found: LedgerArrays | None = book.aside.get("arrays")
    if found is None:
        rows, from_before, same = book.rows, None, dict.fromkeys(_LISTS, 0)
        grown = book.grown_from  # threads share books: another one may be here, and done
        if grown is not None and "arrays" in grown.aside:
            from_before, same = grown.aside["arrays"], dict(zip(_LISTS, grown.lengths, strict=True))
            book.grown_from = None
        found = book.aside["arrays"] = LedgerArrays(
            units=_steps(rows.steps, from_before and from_before.units, same["steps"]),
            cash=_steps(rows.cash_steps, from_before and from_before.cash, same["cash_steps"]),
            **_flows(rows.flows, from_before, same["flows"]),
        )
    return found


def _flows(fields: Sequence[Any], before: LedgerArrays | None, same: int) -> dict[str, Any]:
    """Of (day, amount, event, …), end to end, of which the first `same` fields are those of the arrays before."""
    new, kept = fields[same:], same // 5
    days, amounts, events = day_numbers(new[0::5]), to_float64(new[1::5]), np.array(new[2::5], dtype=np.int64)
    if before is not None:
        days = np.concatenate((before.flow_days[:kept], days))
        amounts = np.concatenate((before.flow_amounts[:kept], amounts))
        events = np.concatenate((before.flow_events[:kept], events))
    return {"flow_days": days, "flow_amounts": amounts, "flow_events": events}


def _steps(fields: Sequence[Any], before: Steps | None, same: int) -> Steps:
    """Of (day, instrument or currency, level after), end to end, of which the first `same` fields are those of the steps before."""
    places: dict[Any, int] = {}
    new, kept = fields[same:], same // 3
    if before is not None and kept:  # columns are numbered as they come
        places = {key: place for place, key in enumerate(before.keys[: int(before.told[0][:kept].max()) + 1])}
    columns = np.array([places.setdefault(key, len(places)) for key in new[1::3]], dtype=np.int64)
    days, after = day_numbers(new[0::3]), to_float64(new[2::3])
    if before is not None:
        columns = np.concatenate((before.told[0][:kept], columns))
        days = np.concatenate((before.told[1][:kept], days))
        after = np.concatenate((before.told[2][:kept], after))
    order = np.lexsort((days, columns))
    return Steps(tuple(places), columns[order], days[order], after[order], (columns, days, after))
