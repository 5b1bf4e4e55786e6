"""Some of the bars of a series, and whether there are others before and after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

Bar = TypeVar("Bar")
When = TypeVar("When", bound=date)  # a day, or a time


@dataclass(frozen=True, slots=True)
class Page(Generic[Bar]):
    """Some bars, oldest first, and whether there are others before and after them."""

    bars: list[Bar]
    earlier: bool
    later: bool


def page_around(every: Sequence[Bar], size: int, at: Callable[[Bar], When], after: When | None, before: When | None) -> Page[Bar]:
    """At most `size` bars, given oldest first: the first ones, those next after a day or time, or next before it."""
    left = [bar for bar in every if (after is None or at(bar) > after) and (before is None or at(bar) < before)]
    if before is not None:
        return Page(left[-size:], earlier=len(left) > size, later=True)
    return Page(left[:size], earlier=after is not None, later=len(left) > size)
