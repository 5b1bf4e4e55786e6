"""What is compared, as an address writes it: 12 for an index or blend of the list, i45 for an instrument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from analytics.selectors.comparing.shapes import Other
from market.errors import UnknownBenchmark
from market.selectors import BenchmarkView, benchmarks_of_instruments

MOST_OTHERS = 4
INSTRUMENT = "i"


class TooMany(ValueError):
    """More is asked for than fits beside the portfolio; the message says how many do."""


def key_of(view: BenchmarkView) -> str:
    """How an address writes something to compare with."""
    return str(view.id) if view.id is not None else f"{INSTRUMENT}{view.instrument_id}"


def other_of(view: BenchmarkView) -> Other:
    return Other(key_of(view), view)


def others_of(user: Any, keys: Iterable[str], listed: Sequence[BenchmarkView]) -> tuple[Other, ...]:
    """What some keys mean to a person, each once, in their order.  One query for all instruments, none without one.

    listed  the indices and blends that the person can compare with

    Raises TooMany; UnknownBenchmark for what there is not, or is somebody else's.
    """
    wanted = [key.strip() for key in keys if key.strip()]
    wanted = list(dict.fromkeys(wanted))
    if len(wanted) > MOST_OTHERS:
        raise TooMany(f"At most {MOST_OTHERS} can stand beside the portfolio; these are {len(wanted)}. Leave some out.")
    known = {key_of(view): view for view in listed}
    numbers = {int(key[1:]) for key in wanted if key[:1] == INSTRUMENT and key[1:].isascii() and key[1:].isdigit() and len(key) < 19}
    for number, view in benchmarks_of_instruments(user, numbers).items():
        known[f"{INSTRUMENT}{number}"] = view
    if missing := next((key for key in wanted if key not in known), None):
        raise UnknownBenchmark(f"There is nothing to compare with under “{missing[:20]}”. Choose an index, a blend or an instrument.")
    return tuple({key_of(known[key]): other_of(known[key]) for key in wanted}.values())
