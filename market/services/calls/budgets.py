"""Budgets of calls, reserved before a call is made, so that a source's limits are kept and never found out by trying.

A window of so many seconds is counted in slots of a sixth of it, in a cache (`counted`), and seven slots are added up: in any
stretch of the window's length there are then never more calls than allowed, whenever the source begins to count.  Each process
counts its own calls as well, so that the budget holds when the cache is down or was emptied.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from market.providers.failures import NoBudget
from market.providers.limits import MONTH, Limits, Window
from market.services.calls.counted import counted, lasting

SLOTS = 6
FRUGAL = 0.5  # of a long window: what may be spent on what can wait
_LONG = 3_600.0  # seconds
_lock = threading.Lock()
_own: dict[str, int] = defaultdict(int)  # by slot: what this process has called
_MOST_OWN = 4_096  # slots kept here, some hundred for each source in use


@dataclass(frozen=True, slots=True)
class BudgetView:
    """A window and what is left of it."""

    calls: int
    seconds: int | float
    used: int

    @property
    def left(self) -> int:
        return max(0, self.calls - self.used)

    @property
    def span(self) -> str:
        """Its length in words."""
        return _span(self.seconds)


def reserve(provider: str, limits: Limits, cost: int = 1, *, now: float | None = None) -> None:
    """Takes `cost` calls out of every window of the source.  Raises NoBudget, and takes nothing, where one has too few left."""
    now = time.time() if now is None else now
    taken: list[Window] = []
    for window in _windows(limits):
        slot = _slot(provider, window, now)
        _add(slot, cost, window)
        taken.append(window)
        if (used := _used(provider, window, now)) > window.calls:
            for one in taken:
                _add(_slot(provider, one, now), -cost, one)
            pause = _pause(provider, window, now, used - window.calls)
            raise NoBudget(f"The {window.calls} calls of {_span(window.seconds)} to {provider} are used up.", retry_after=pause)


def patient_gate(provider: str, limits: Limits, patience: float = 5.0) -> Callable[[int], None]:
    """The gate of a job: reserves, and waits where the budget opens within `patience` seconds.  Never for a page."""

    def gate(cost: int) -> None:
        until = time.monotonic() + patience
        while True:
            try:
                return reserve(provider, limits, cost)
            except NoBudget as problem:
                pause = problem.retry_after or 0.0
                if time.monotonic() + pause > until:
                    raise
                time.sleep(pause)

    return gate


def frugal_gate(provider: str, limits: Limits, gate: Callable[[int], None]) -> Callable[[int], None]:
    """The gate of what can wait: half of each window of an hour or more is left to prices.  Raises NoBudget beyond that."""

    def checked(cost: int) -> None:
        now = time.time()
        for window in limits.windows:
            if window.seconds >= _LONG and _used(provider, window, now) + cost > window.calls * FRUGAL:
                raise NoBudget(f"Half of the {window.calls} calls of {_span(window.seconds)} to {provider} are kept for prices.", retry_after=_LONG)
        gate(cost)

    return checked


def reserve_symbols(provider: str, limits: Limits, symbols: Iterable[str], *, now: float | None = None) -> None:
    """Notes that these symbols are asked for this month, where the source counts different ones.  Raises NoBudget at the limit."""
    if limits.symbols_a_month is None:
        return
    month = int((time.time() if now is None else now) // MONTH)
    keys = {f"calls:{provider}:symbol:{month}:{_short(symbol)}" for symbol in symbols}
    new = [key for key in keys if key not in lasting.get_many(keys)]
    total = f"calls:{provider}:symbols:{month}"
    lasting.add(total, 0, timeout=MONTH)
    if new and int(lasting.get(total, 0)) + len(new) > limits.symbols_a_month:
        raise NoBudget(f"{provider} is asked for {limits.symbols_a_month} different symbols a month, and no more.", retry_after=3_600.0)
    for key in new:
        if lasting.add(key, 1, timeout=MONTH):
            lasting.incr(total)


def budgets_of(provider: str, limits: Limits, *, now: float | None = None) -> tuple[BudgetView, ...]:
    """Each window of the source with what was used of it."""
    now = time.time() if now is None else now
    return tuple(BudgetView(window.calls, window.seconds, _used(provider, window, now)) for window in limits.windows)


def symbols_of(provider: str, limits: Limits, *, now: float | None = None) -> BudgetView | None:
    """Different symbols of this month; None where the source does not count them."""
    if limits.symbols_a_month is None:
        return None
    month = int((time.time() if now is None else now) // MONTH)
    return BudgetView(limits.symbols_a_month, MONTH, int(lasting.get(f"calls:{provider}:symbols:{month}", 0)))


def forget_own_counts() -> None:
    """After the cache was emptied on purpose."""
    with _lock:
        _own.clear()


def _windows(limits: Limits) -> list[Window]:
    """The shortest first: it is the one that is full most often."""
    gap = [Window(1, limits.gap)] if limits.gap else []  # type: ignore[arg-type]
    return sorted([*gap, *limits.windows], key=lambda window: window.seconds)


def _slot(provider: str, window: Window, now: float, back: int = 0) -> str:
    return f"calls:{provider}:{window.seconds}:{math.floor(now / (window.seconds / SLOTS)) - back}"


def _add(slot: str, cost: int, window: Window) -> None:
    with _lock:
        if len(_own) > _MOST_OWN:
            for old in sorted(_own, key=_number)[: _MOST_OWN // 2]:
                del _own[old]
        _own[slot] += cost
    cache = counted(window.seconds)
    cache.add(slot, 0, timeout=math.ceil(window.seconds * 1.5) + 1)
    try:
        cache.incr(slot, cost)
    except ValueError:  # it was dropped just now
        cache.set(slot, max(cost, 0), timeout=math.ceil(window.seconds * 1.5) + 1)


def _number(slot: str) -> float:
    _, _, seconds, number = slot.rsplit(":", 3)
    return float(seconds) * int(number)


def _counts(provider: str, window: Window, now: float) -> list[int]:
    """Calls of the running slot and of the six before it, the newest first."""
    slots = [_slot(provider, window, now, back) for back in range(SLOTS + 1)]
    shared = counted(window.seconds).get_many(slots)
    with _lock:
        return [max(int(shared.get(slot, 0)), _own.get(slot, 0)) for slot in slots]


def _used(provider: str, window: Window, now: float) -> int:
    return sum(_counts(provider, window, now))


def _pause(provider: str, window: Window, now: float, missing: int) -> float:
    """Seconds until so many calls have left the window."""
    length, counts = window.seconds / SLOTS, _counts(provider, window, now)
    ends_in = length - now % length
    for back in range(SLOTS, -1, -1):
        missing -= counts[back]
        if missing <= 0:
            return ends_in + (SLOTS - back) * length
    return float(window.seconds)


def _span(seconds: float) -> str:
    for size, word in ((MONTH, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = round(seconds / size)
            return f"{'an' if word == 'hour' else 'a'} {word}" if number == 1 else f"{number} {word}s"
    return "a moment"


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
