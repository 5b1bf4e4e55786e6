"""Packed columns: a series of days and numbers as two blobs, and back without copying.

Days are int32 days since 1970-01-01, numbers float64, both little endian, days strictly ascending, equal lengths.
Unpacked arrays are views of the stored bytes and cannot be written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.float64]

EPOCH = date(1970, 1, 1)
_DAYS, _NUMBERS = np.dtype("<i4"), np.dtype("<f8")


class MalformedColumn(ValueError):
    """Blobs that no packing made: lengths disagree, or days do not ascend."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day of a day number."""
    return EPOCH + timedelta(days=int(number))


def pack(days: Sequence[int] | Days, numbers: Sequence[float] | Numbers) -> tuple[bytes, bytes]:
    """The two blobs.  Raises MalformedColumn unless lengths agree, days ascend strictly and numbers are finite."""
    left, right = np.asarray(days, dtype=_DAYS), np.asarray(numbers, dtype=_NUMBERS)
    _check(left, right)
    if not np.isfinite(right).all():
        raise MalformedColumn("a packed number is not finite")
    return left.tobytes(), right.tobytes()


def unpack(days: bytes | memoryview, numbers: bytes | memoryview) -> tuple[Days, Numbers]:
    """The two arrays, read-only.  Raises MalformedColumn."""
    raw_days, raw_numbers = bytes(days), bytes(numbers)
    if len(raw_days) % _DAYS.itemsize or len(raw_numbers) % _NUMBERS.itemsize:
        raise MalformedColumn("a blob ends in the middle of a number")
    left, right = np.frombuffer(raw_days, dtype=_DAYS), np.frombuffer(raw_numbers, dtype=_NUMBERS)
    _check(left, right)
    return left, right


def _check(days: Days, numbers: Numbers) -> None:
    if days.shape != numbers.shape or days.ndim != 1:
        raise MalformedColumn(f"{days.size} days and {numbers.size} numbers")
    if days.size > 1 and not (days[1:] > days[:-1]).all():
        raise MalformedColumn("the days of a column do not ascend")
