"""Where some portfolios may go from here: many futures made of stretches of their own past.  docs/numbers.md: "projection".

A step is a month of trading days (21, or 30 of crypto alone); three of them are drawn together.  The past is everything since the first
entry, after fees and taxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from analytics.border import FloatArray
from analytics.engine.errors import Undefined
from analytics.engine.projection import Fan, Needed, fan_of, needed_contribution, steps_of_the_past
from analytics.selectors.performance import Stretch
from analytics.selectors.scope import Scope, figure, in_words, sentence
from market.selectors import day_of
from portfolio_site.kernel.dates import months_before
from portfolio_site.kernel.figures import Figure, Unit

BLOCK = 3  # months
MONTHS = 12
MOST_YEARS, MOST_FUTURES, LEAST_FUTURES = 50, 2000, 100
MOST_YEARS_OF_FUTURES = 50_000  # years × futures: what is answered within a moment
MOST_MONEY = 1e12
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ProjectionAsked:
    """years         how far ahead, 1 to 50
    contribution  at the end of each month, in the report currency; below zero it is taken out
    goal          a worth; None without one
    chance        with which the goal is to be reached, for the contribution that it needs
    seed          makes the same futures again
    futures       100 to 2000; years × futures at most 50 000
    """

    years: int = 10
    contribution: float = 0.0
    goal: float | None = None
    chance: float = 0.75
    seed: int = 1
    futures: int = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """The report.

    value         now: where every future starts
    past_first, past_last, past_days   the trading days that the futures are made of
    block_days    trading days that are drawn together
    days          (months + 1) the day of each point of the fan; the first is today
    fan           None where there is none; `why_not` says why
    paid          value and contributions up to the end
    middle, low, high   what a half, a twentieth and all but a twentieth of the futures end at or below
    reached       share of the futures that end at the goal or above it
    needed        contribution a month with which the goal is reached with the chance asked for; 0 where none is needed
    assumptions   in sentences
    """

    asked: ProjectionAsked
    currency: str
    as_of: date
    value: Figure
    past_first: date | None
    past_last: date | None
    past_days: int
    block_days: int
    days: tuple[date, ...]
    fan: Fan | None
    why_not: str
    paid: Figure
    low: Figure
    middle: Figure
    high: Figure
    reached: Figure
    needed: Figure
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]


class ProjectionReport:
    """The parts of the report, each computed when it is asked for."""

    def __init__(self, scope: Scope, asked: ProjectionAsked) -> None:
        self.scope, self.asked, self.stretch = scope, asked, Stretch(scope)

    @property
    def step_days(self) -> int:
        return self.stretch.daily.periods // MONTHS

    @cached_property
    def start(self) -> float:
        """Raises Undefined."""
        value = self.scope.table.value
        if value.value is None:
            raise Undefined(value.why_not)
        if value.value < 0:
            raise Undefined("more is owed than owned, and what is below zero has no futures")
        return float(value.value)

    @cached_property
    def growth(self) -> FloatArray:
        """(futures, months).  Raises Undefined."""
        past = self.stretch.returns()
        wanted = MONTHS * self.step_days
        if len(past.values) < wanted:
            raise Undefined(f"the past has {len(past.values)} trading days; a projection needs a year of them, {wanted}")
        asked = self.asked
        return steps_of_the_past(past.values, days=self.step_days, steps=asked.years * MONTHS, futures=asked.futures, block=BLOCK, seed=asked.seed)

    @cached_property
    def fan(self) -> Fan:
        """Raises Undefined."""
        return fan_of(self.growth, start=self.start, contribution=self.asked.contribution, seed=self.asked.seed, goal=self.asked.goal)

    def _ends(self, name: str, level: int) -> Figure:
        return figure(name, Unit.MONEY, lambda: float(self.fan.worth[level][-1]), self.scope.currency)

    def _goal(self) -> float:
        if self.asked.goal is None:
            raise Undefined("no goal is set")
        return self.asked.goal

    def _reached(self) -> float:
        self._goal()
        reached = self.fan.reached
        assert reached is not None
        return float(reached[-1])

    @cached_property
    def needed(self) -> Needed:
        """Raises Undefined."""
        goal = self._goal()
        return needed_contribution(self.growth, start=self.start, goal=goal, chance=self.asked.chance)

    def _past(self) -> tuple[date | None, date | None, int]:
        try:
            past = self.stretch.returns()
        except Undefined:
            return None, None, 0
        if not len(past.values):
            return None, None, 0
        days = self.stretch.daily.days
        first, last = (day_of(int(days[at])) for at in (past.closes[0], past.closes[-1]))
        return first, last, len(past.values)

    def _assumptions(self, first: date | None, last: date | None, days: int) -> tuple[str, ...]:
        if first is None or last is None:
            return ()
        return (
            f"Each future is put together of stretches of {BLOCK * self.step_days} trading days, drawn with equal chance from the {days:,} "
            f"from {in_words(first)} to {in_words(last)}. Nothing says that what comes will be like them.",
            "Returns are after the fees and taxes that were recorded. Taxes on what is gained later, and inflation, are not counted.",
            "What is paid in or taken out comes at the end of each month and is always the same amount; nothing is taken out of nothing.",
            "The mix stays what it was: a past with other holdings tells of those.",
            f"There are {self.asked.futures} futures by seed {self.asked.seed}; the same seed makes the same ones.",
        )

    def made(self) -> Projection:
        asked, scope = self.asked, self.scope
        first, last, past_days = self._past()
        try:
            fan, why_not = self.fan, ""
        except Undefined as problem:
            fan, why_not = None, sentence(problem.reason)
        months = range(asked.years * MONTHS + 1)
        return Projection(
            asked=asked,
            currency=scope.currency,
            as_of=scope.today,
            value=scope.table.value,
            past_first=first,
            past_last=last,
            past_days=past_days,
            block_days=BLOCK * self.step_days,
            days=tuple(months_before(scope.today, -month) for month in months) if fan is not None else (),
            fan=fan,
            why_not=why_not,
            paid=figure("paid", Unit.MONEY, lambda: float(self.fan.paid[-1]), scope.currency),
            low=self._ends("projection", 0),
            middle=self._ends("projection", 2),
            high=self._ends("projection", 4),
            reached=figure("reached", Unit.FRACTION, self._reached),
            needed=figure("needed_contribution", Unit.MONEY, lambda: self.needed.amount, scope.currency),
            assumptions=self._assumptions(first, last, past_days),
            warnings=scope.warnings,
        )


def projection_of(scope: Scope, asked: ProjectionAsked | None = None) -> Projection:
    """The report, from what a scope has read."""
    return ProjectionReport(scope, asked or ProjectionAsked()).made()
