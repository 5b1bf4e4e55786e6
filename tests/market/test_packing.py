"""Packed columns come back as they went in."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.packing import MalformedColumn, day_number, day_of, pack, unpack

columns = st.dictionaries(st.integers(-(2**31), 2**31 - 1), st.floats(allow_nan=False, allow_infinity=False), max_size=40).map(
    lambda entries: sorted(entries.items())
)


@given(columns)
def test_a_column_comes_back_to_the_last_bit(entries: list[tuple[int, float]]) -> None:
    days, numbers = unpack(*pack([day for day, _ in entries], [number for _, number in entries]))
    assert [(int(day), float(number)) for day, number in zip(days, numbers, strict=True)] == entries


@given(st.dates())
def test_a_day_is_its_number_and_back(day: date) -> None:
    assert day_of(day_number(day)) == day
    assert np.datetime64(day, "D").astype(int) == day_number(day)


def test_columns_are_little_endian_whatever_the_machine() -> None:
    assert pack([1, 2], [1.0, 2.0]) == (b"\x01\0\0\0\x02\0\0\0", b"\0\0\0\0\0\0\xf0?\0\0\0\0\0\0\0@")


def test_an_unpacked_column_cannot_be_written_to() -> None:
    days, numbers = unpack(*pack([1], [1.0]))
    with pytest.raises(ValueError, match="read-only"):
        numbers[0] = 2.0
    with pytest.raises(ValueError, match="read-only"):
        days[0] = 2


@pytest.mark.parametrize(
    ("days", "numbers", "words"),
    [
        ([1], [], "1 days and 0 numbers"),
        ([2, 1], [1.0, 1.0], "do not ascend"),
        ([1, 1], [1.0, 1.0], "do not ascend"),
        ([1], [float("nan")], "not finite"),
    ],
)
def test_a_column_that_cannot_be_right_is_refused(days: list[int], numbers: list[float], words: str) -> None:
    with pytest.raises(MalformedColumn, match=words):
        pack(days, numbers)


def test_a_blob_that_ends_in_the_middle_of_a_number_is_refused() -> None:
    with pytest.raises(MalformedColumn):
        unpack(b"\x01\0\0", b"")
