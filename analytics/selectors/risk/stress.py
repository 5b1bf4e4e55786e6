"""What the present holdings would have lost then, or would lose if.  docs/numbers.md: "Risk", *stress*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from analytics import memory
from analytics.engine.arrays import FloatArray
from analytics.engine.errors import Undefined
from analytics.engine.stress import past_period, shocked
from analytics.selectors.risk.holdings import Held, HeldTogether, Key
from analytics.selectors.risk.shapes import CLASS, CURRENCY, Shock, StressPart, StressRow
from analytics.selectors.scope import sentence
from portfolio_site.kernel.figures import Figure, Unit


@dataclass(frozen=True, slots=True)
class PastTime:
    """A named fall of the markets, from a day near its height to one near its ground."""

    key: str
    name: str
    start: date
    end: date


PAST: tuple[PastTime, ...] = (  # S&P 500: closes of its height and its ground
    PastTime("2000-02", "End of the internet boom, 2000–02", date(2000, 3, 24), date(2002, 10, 9)),
    PastTime("2008", "Financial crisis, 2007–09", date(2007, 10, 9), date(2009, 3, 9)),
    PastTime("2020-03", "Pandemic, early 2020", date(2020, 2, 19), date(2020, 3, 23)),
    PastTime("2022", "Rise of interest rates, 2022", date(2022, 1, 3), date(2022, 10, 12)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """What one unit of money became at each weekday's close of a past time: one row for each of `keys`, which have prices on all days."""

    keys: tuple[Key, ...]
    rows: FloatArray


def times_before(last: date) -> tuple[PastTime, ...]:
    """Those that were over by then."""
    return tuple(time for time in PAST if time.end <= last)


def past_stress(held: HeldTogether) -> tuple[StressRow, ...]:
    """The present holdings through each past time that lies before the end of the window."""
    return tuple(through(held, time) for time in times_before(held.last))


def through(held: HeldTogether, time: PastTime) -> StressRow:
    """The present holdings through one past time."""
    keys = tuple(thing.key for thing in held.moving)
    try:
        weights = held.weights
        paths = memory.risks.of(("past", time.key, held.scope.key, keys), lambda: _paths(held, time))
        places = [keys.index(key) for key in paths.keys]
        priced = np.zeros(len(keys), dtype=bool)
        priced[places] = True
        closes = np.ones((len(keys), paths.rows.shape[1]))
        closes[places] = paths.rows
        found = past_period(weights, closes, priced)
    except Undefined as problem:
        return _undefined(time.key, time.name, time.start, time.end, sentence(problem.reason), held)
    parts = tuple(
        _part(held, thing, float(part)) if known else _no_part(thing, held)
        for thing, part, known in zip(held.moving, found.parts, priced, strict=True)
    )
    return StressRow(
        time.key, time.name, time.start, time.end, *_change(held, found.change),
        Figure("covered", Unit.FRACTION, found.covered), Figure("deepest", Unit.FRACTION, found.deepest), parts,
    )  # fmt: skip


def _paths(held: HeldTogether, time: PastTime) -> Paths:
    length = (time.end - time.start).days + 1
    weekday = np.array([(time.start.weekday() + n) % 7 < 5 for n in range(length)])
    keys, rows = [], []
    for thing in held.moving:
        try:
            level = held.level(thing.key, time.start, length)[weekday]
        except Undefined:
            continue
        if (level > 0).all():
            keys.append(thing.key)
            rows.append(level / level[0])
    return Paths(tuple(keys), np.vstack(rows) if rows else np.ones((0, int(weekday.sum()))))


def own_stress(held: HeldTogether, shocks: Sequence[Shock]) -> StressRow | None:
    """The present holdings under the person's shocks; None without any."""
    if not shocks:
        return None
    name = "Your own shocks"
    try:
        weights = held.weights
        if not len(weights):
            raise Undefined("nothing is held now that a shock could move")
        if any((one.kind, one.key) == (CURRENCY, held.scope.currency) for one in shocks):
            raise Undefined(f"the report is told in {held.scope.currency}, which cannot fall against itself: leave that shock out")
        causes = [np.array([one.change if _meets(one, thing) else 0.0 for thing in held.moving]) for one in shocks]
        found = shocked(weights, *causes)
    except Undefined as problem:
        return _undefined("own", name, None, None, sentence(problem.reason), held)
    parts = tuple(_part(held, thing, float(part)) for thing, part in zip(held.moving, found.parts, strict=True))
    idle = tuple(
        f"Nothing that is held is moved by a shock of the {one.kind} {one.key}." for one in shocks if not any(_meets(one, t) for t in held.moving)
    )
    change, money = _change(held, found.change)
    return StressRow("own", name, None, None, replace(change, warnings=idle), money, None, None, parts)


def _meets(shock: Shock, thing: Held) -> bool:
    view = thing.instrument
    if shock.kind == CURRENCY:
        return shock.key == (view.currency if view is not None else thing.key)
    if view is None:
        return False
    return shock.key == (view.asset_class if shock.kind == CLASS else str(view.id))


# ── figures ─────────────────────────────────────────────────────────────────


def _change(held: HeldTogether, change: float) -> tuple[Figure, Figure]:
    return Figure("stress_change", Unit.FRACTION, change), _money(held, change)


def _money(held: HeldTogether, change: float) -> Figure:
    worth = held.table.value
    if worth.value is None:
        return Figure.undefined("stress_money", Unit.MONEY, worth.why_not, held.scope.currency)
    return Figure("stress_money", Unit.MONEY, change * float(worth.value), currency=held.scope.currency)


def _part(held: HeldTogether, thing: Held, change: float) -> StressPart:
    return StressPart(thing.instrument, _cash(thing), *_change(held, change))


def _no_part(thing: Held, held: HeldTogether) -> StressPart:
    why = "It has no price on every day of that time, and is counted as unmoved."
    none = (Figure.undefined("stress_change", Unit.FRACTION, why), Figure.undefined("stress_money", Unit.MONEY, why, held.scope.currency))
    return StressPart(thing.instrument, _cash(thing), *none)


def _cash(thing: Held) -> str:
    return thing.key if isinstance(thing.key, str) else ""


def _undefined(key: str, name: str, start: date | None, end: date | None, why: str, held: HeldTogether) -> StressRow:
    change = Figure.undefined("stress_change", Unit.FRACTION, why)
    money = Figure.undefined("stress_money", Unit.MONEY, why, held.scope.currency)
    none = None if start is None else Figure.undefined("covered", Unit.FRACTION, why)
    deepest = None if start is None else Figure.undefined("deepest", Unit.FRACTION, why)
    return StressRow(key, name, start, end, change, money, none, deepest)
