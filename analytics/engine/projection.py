"""Where the money may go from here: many futures made of stretches of its own past.

A future is put together of blocks of consecutive days of the past, drawn with equal chance and put one after the other (the past
is a circle: a block that reaches its end goes on at its beginning).  So days that belong together stay together, and nothing is
assumed about the shape of returns.  The same seed makes the same futures.

Source: Politis and Romano (1992), A circular block-resampling procedure for stationary data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.engine.arrays import FloatArray, checked
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_CELLS = 20_000_000  # futures × steps: 160 MB at the most
BEYOND = "the worth of a future is beyond all numbers"


@dataclass(frozen=True, slots=True, eq=False)
class Fan:
    """levels  (q,)  shares of the futures
    worth   (q, steps + 1)  what that share of futures stays at or below after each step; entry 0 is now
    mean    (steps + 1,)    of all futures
    paid    (steps + 1,)    start plus contributions up to each step
    reached (steps + 1,)    share of futures that are at or above the goal at each step; None without a goal
    seed, futures           to make the same again
    """

    levels: tuple[float, ...]
    worth: FloatArray
    mean: FloatArray
    paid: FloatArray
    reached: FloatArray | None
    seed: int
    futures: int


@finite_or(BEYOND)
def steps_of_the_past(returns: FloatArray, *, days: int, steps: int, futures: int, block: int, seed: int) -> FloatArray:
    """Growth over each step of each future, (futures, steps), drawn from the past in blocks.

    returns  (n,)  daily, n >= days × block, above -1 except for a total loss
    days     trading days of one step, such as 21 for a month
    block    steps that are drawn together, 1 or more

    Raises Undefined if the past is shorter than one block; MalformedSeries for a count below one, or too many cells.
    """
    if min(days, steps, futures, block) < 1 or futures * (steps + block) > MOST_CELLS:
        raise MalformedSeries(f"counts are one or more, and futures × steps at most {MOST_CELLS}")
    past = checked("returns", returns)
    if len(past) < days * block:
        raise Undefined(f"the past has {len(past)} days, fewer than the {days * block} that are drawn together")
    circle = np.concatenate((1.0 + past, 1.0 + past[: days - 1]))
    growth = sliding_window_view(circle, days).prod(axis=1)  # (n,): the step that begins on each day
    drawn = np.random.default_rng(seed).integers(0, len(past), (futures, -(-steps // block)))
    places = (drawn[:, :, None] + np.arange(block) * days) % len(past)
    return np.asarray(growth[places.reshape(futures, -1)[:, :steps]])


@finite_or(BEYOND)
def projection(
    returns: FloatArray,
    *,
    start: float,
    contribution: float,
    days: int,
    steps: int,
    futures: int = 2000,
    block: int = 1,
    seed: int = 1,
    goal: float | None = None,
) -> Fan:
    """The fan of futures.  numbers.md: "projection".

    returns       (n,)  daily returns of the past, at least a year of steps: n >= 12 × days
    start         worth now, >= 0
    contribution  paid in at the end of each step; below zero it is taken out, until nothing is left
    days, steps   trading days of a step, and how many steps; futures, block, seed as in `steps_of_the_past`
    goal          a worth

    Raises Undefined if the past is too short, or a future is beyond all numbers; MalformedSeries for a negative start.
    """
    if len(returns) < 12 * days:
        raise Undefined(f"the past has {len(returns)} days; a projection needs {12 * days}")
    growth = steps_of_the_past(returns, days=days, steps=steps, futures=futures, block=block, seed=seed)
    return fan_of(growth, start=start, contribution=contribution, seed=seed, goal=goal)


@finite_or(BEYOND)
def fan_of(growth: FloatArray, *, start: float, contribution: float, seed: int, goal: float | None = None) -> Fan:
    """The fan of futures whose steps are drawn already: `growth` (futures, steps), of `steps_of_the_past`.  The rest as in `projection`."""
    amounts = checked("start and contribution", np.array([start, contribution]), 2)
    if start < 0:
        raise MalformedSeries("what is there now is zero or more")
    futures, steps = growth.shape
    worth = np.empty((steps + 1, futures))
    worth[0] = amounts[0]
    for step in range(steps):
        worth[step + 1] = np.maximum(worth[step] * growth[:, step] + amounts[1], 0.0)
    return Fan(
        levels=LEVELS,
        worth=np.asarray(np.quantile(worth, LEVELS, axis=1)),
        mean=worth.mean(axis=1),
        paid=amounts[0] + amounts[1] * np.arange(steps + 1),
        reached=None if goal is None else (worth >= goal).mean(axis=1),
        seed=seed,
        futures=futures,
    )


@dataclass(frozen=True, slots=True)
class Needed:
    """amount  at the end of each step; 0 where none is needed
    short   what the goal is short of in the future that decides; unit: what one unit a step comes to in it
    """

    amount: float
    short: float
    unit: float


@finite_or("the contribution is beyond all numbers")
def needed_contribution(growth: FloatArray, *, start: float, goal: float, chance: float) -> Needed:
    """The least amount at the end of each step with which that share of the futures, or more, ends at the goal or above it; 0 where none
    is needed.  numbers.md: "projection".

    growth  (futures, steps)  of `steps_of_the_past`, steps >= 1
    chance  above 0, at most 1

    With c paid in at each step a future ends at start·G + c·A: G its growth, A what one unit at each step came to.  So each future has
    the least c with which it reaches the goal, and the answer is the smallest of these that is enough for so many of them.
    Raises MalformedSeries for a negative start or another chance.
    """
    amounts = checked("start, goal and chance", np.array([start, goal, chance]), 3)
    if start < 0 or not 0 < chance <= 1 or growth.ndim != 2 or not growth.size:
        raise MalformedSeries("what is there now is zero or more, a chance lies above 0 and is at most 1, and there are steps")
    whole, unit = np.ones(len(growth)), np.zeros(len(growth))
    for step in growth.T:
        whole, unit = whole * step, unit * step + 1.0
    short = amounts[1] - amounts[0] * whole
    deciding = int(np.argsort(short / unit, kind="stable")[math.ceil(chance * len(unit) - 1e-9) - 1])
    return Needed(max(float(short[deciding] / unit[deciding]), 0.0), float(short[deciding]), float(unit[deciding]))
