"""Types of the engine's arrays, and the checks that every function makes on what it is given."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from analytics.engine.errors import MalformedSeries, Undefined

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def checked(name: str, values: FloatArray, length: int | None = None) -> FloatArray:
    """The values as a one-dimensional float64 array.  Raises MalformedSeries if they are not finite, or not `length` many."""
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1:
        raise MalformedSeries(f"{name} has {series.ndim} dimensions; a series has one")
    if length is not None and len(series) != length:
        raise MalformedSeries(f"{name} has {len(series)} entries; {length} were expected")
    if not np.isfinite(series).all():
        raise MalformedSeries(f"{name} holds an entry that is not a finite number")
    return series


def checked_table(name: str, values: FloatArray, shape: tuple[int, int] | None = None) -> FloatArray:
    """The values as a two-dimensional float64 array.  Raises MalformedSeries if they are not finite, or not of that shape."""
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise MalformedSeries(f"{name} has {table.ndim} dimensions; a table has two")
    if shape is not None and table.shape != shape:
        raise MalformedSeries(f"{name} has shape {table.shape}; {shape} was expected")
    if not np.isfinite(table).all():
        raise MalformedSeries(f"{name} holds an entry that is not a finite number")
    return table


def checked_flow(name: str, values: FloatArray, length: int) -> FloatArray:
    """As `checked`, and not negative anywhere."""
    flow = checked(name, values, length)
    if (flow < 0).any():
        raise MalformedSeries(f"{name} holds a negative flow; money that leaves belongs to the other side")
    return flow


def finite(value: float, reason: str) -> float:
    """The value itself.  Raises Undefined(reason) where the arithmetic has left the range of numbers."""
    if not math.isfinite(value):
        raise Undefined(reason)
    return float(value)
