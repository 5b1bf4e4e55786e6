"""Whether a rule fires, from how it stood and the number that is seen now.  Pure: the clock is an argument.

A rule on a number fires when the number gets to the threshold or past it, once.  It is then unarmed, and armed again when the number
has been back on the other side by a margin (hysteresis: what trembles at the threshold tells once) and a cool-down has passed.  A rule
on crossing fires when the number is on the other side than it was told last.  A number that is not known changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from alerts.rules.shapes import Kind, Level, Number, State, Step, Terms, Values


def _alike(first: Number, second: Number) -> tuple[Number, Number]:
    """Both exact, or both floats: an exact threshold is compared with a figure of the engine as the nearest float."""
    if isinstance(first, Decimal) and isinstance(second, Decimal):
        return first, second
    return float(first), float(second)


def _far(first: Number, second: Number, margin: Decimal) -> bool:
    """Whether the first lies below the second by the margin of the second or more."""
    first, second = _alike(first, second)
    if isinstance(first, Decimal) and isinstance(second, Decimal):
        return first <= second - abs(second) * margin
    return float(first) <= float(second) - abs(float(second)) * float(margin)


def side_of(values: Values, value: Number) -> int:
    """On which side of the threshold a number is; at it counts as above."""
    now, limit = _alike(value, values["threshold"])
    return 1 if now >= limit else -1


def holds(kind: Kind, values: Values, value: Number, side: int = 0) -> bool:
    """Whether the number is at the threshold or past it; of crossing: on the other side than `side`."""
    if kind.crosses:
        return side != 0 and side_of(values, value) != side
    assert kind.measure is not None
    measured, limit = _alike(*kind.measure(values, value))
    return measured >= limit


def is_back(kind: Kind, values: Values, value: Number, margin: Decimal) -> bool:
    """Whether the number is away from the threshold by the margin: on the other side; of crossing, on either."""
    if kind.crosses:
        limit = values["threshold"]
        return _far(value, limit, margin) or _far(-value, -limit, margin)
    assert kind.measure is not None
    return _far(*kind.measure(values, value), margin)


def at_first(kind: Kind, values: Values, level: Level | None) -> State:
    """How a new, changed or resumed rule stands: where the number is past the threshold already, it first has to come back."""
    if kind.happens or level is None or level.value is None:
        return State()
    side = side_of(values, level.value) if kind.crosses else 0
    return State(armed=kind.crosses or not holds(kind, values, level.value), side=side)


def step(kind: Kind, values: Values, terms: Terms, state: State, level: Level, now: datetime) -> Step:
    """One look at a number."""
    if level.value is None:
        return Step(state, False)
    if kind.crosses and state.side == 0:
        return Step(replace(state, side=side_of(values, level.value)), False)
    if not state.armed:
        came_back = state.came_back or is_back(kind, values, level.value, terms.margin)
        state = replace(state, came_back=came_back, armed=came_back and cooled(terms, state.fired_at, now))
    if not state.armed or not holds(kind, values, level.value, state.side):
        return Step(state, False)
    side = side_of(values, level.value) if kind.crosses else 0
    return Step(State(armed=False, came_back=False, fired_at=now, side=side), True)


def cooled(terms: Terms, fired_at: datetime | None, now: datetime) -> bool:
    """Whether the cool-down has passed.  Also asked of what happens: what comes earlier is left out."""
    return fired_at is None or now - fired_at >= terms.cool_down
