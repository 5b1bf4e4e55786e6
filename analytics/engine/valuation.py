"""Units held × close × rate, for every day at once.

Columns are instruments, rows of memory too: all days of one instrument lie side by side, so that a column that is constant
between two events is written by one copy, and a block of instruments stays in the processor's cache.
"""

from __future__ import annotations

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray
from analytics.engine.errors import MalformedSeries

_BLOCK = 1 << 17  # numbers of one block: 1 MiB


def filled(starts: IntArray, values: FloatArray, first: float, days: int) -> FloatArray:
    """A column of `days` entries from what changes: entry d is the last value that starts on or before d, else `first`.

    starts  (k,)  ascending, no two equal; entries before 0 count as "before the first day", at or after `days` not at all
    values  (k,)  from that day on
    """
    if len(starts) != len(values):
        raise MalformedSeries(f"{len(starts)} days stand beside {len(values)} values")
    begin, end = (int(n) for n in np.searchsorted(starts, (1, days)))
    before = first if begin == 0 else float(values[begin - 1])
    edges = np.concatenate((np.zeros(1, dtype=np.int64), np.asarray(starts[begin:end], dtype=np.int64), [days]))
    return np.repeat(np.concatenate(([before], values[begin:end])), np.diff(edges))


def held_each_day(columns: IntArray, starts: IntArray, after: FloatArray, *, first: int, last: int, days: int) -> FloatArray:
    """Units held at the end of each day, instruments `first` … `last - 1`: (last - first, days), zero before the first step.

    columns, starts, after  (k,)  steps ordered by (column, day): from that day on the instrument is held in `after` units;
                                  of several steps on one day the last one stands
    """
    begin, end = (int(n) for n in np.searchsorted(columns, (first, last)))
    rows = last - first
    flat = (columns[begin:end] - first) * days + starts[begin:end]
    units = after[begin:end]
    if len(flat):
        stands = np.append(flat[1:] != flat[:-1], True)
        flat, units = flat[stands], units[stands]
    heads = np.arange(rows, dtype=np.int64) * days  # every row starts at zero, unless a step stands on its first day
    if len(flat):
        heads = heads[flat[np.minimum(np.searchsorted(flat, heads), len(flat) - 1)] != heads]
    places = np.concatenate((flat, heads))
    order = np.argsort(places, kind="stable")
    places = places[order]
    levels = np.concatenate((units, np.zeros(len(heads))))[order]
    return np.repeat(levels, np.diff(np.append(places, rows * days))).reshape(rows, days)


def worth_by_currency(columns: IntArray, starts: IntArray, after: FloatArray, closes: FloatArray, currency: IntArray, currencies: int) -> FloatArray:
    """Worth of all holdings at each close, by the currency of their closes, not converted: (currencies, n).

    columns, starts, after  (k,)    as in `held_each_day`
    closes                  (m, n)  close of each instrument on each day; any number where nothing is held
    currency                (m,)    which currency each instrument's closes are in

    A block of instruments at a time: besides `closes` and the result it needs a mebibyte or two.
    """
    instruments, days = closes.shape
    if len(currency) != instruments:
        raise MalformedSeries(f"{len(currency)} currencies stand beside {instruments} instruments")
    total = np.zeros((currencies, days))
    chooser = np.zeros((currencies, instruments))
    chooser[currency, np.arange(instruments)] = 1.0
    step = max(_BLOCK // max(days, 1), 1)
    for first in range(0, instruments, step):
        last = min(first + step, instruments)
        units = held_each_day(columns, starts, after, first=first, last=last, days=days)
        units *= closes[first:last]
        total += chooser[:, first:last] @ units
    return total


def converted(by_currency: FloatArray, rates: FloatArray) -> FloatArray:
    """Sum of currency × rate, each day: (c, n) and (c, n) to (n,)."""
    if by_currency.shape != rates.shape:
        raise MalformedSeries(f"worth has shape {by_currency.shape}, rates {rates.shape}")
    return np.asarray(np.einsum("cd,cd->d", by_currency, rates), dtype=np.float64)
