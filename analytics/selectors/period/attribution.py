"""Why a period went better or worse than the benchmark, by class, sector or country.  docs/numbers.md: "Parts of a return".

Both sides are looked into as the report on diversification looks into funds.  What things are is known of today alone, and counts for the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from analytics.border import BoolArray, FloatArray, IntArray
from analytics.choices import By
from analytics.engine.attribution import Attribution as Effects
from analytics.engine.attribution import attributed, held_still
from analytics.engine.errors import Undefined
from analytics.levels import held_by
from analytics.selectors.parts import Parts
from analytics.selectors.performance import Stretch
from analytics.selectors.scope import figure, sentence
from analytics.selectors.value import CASH, DIMENSIONS, ONE, told_of_instruments
from market.choices import AssetClass, Dimension
from market.selectors import Classification, Part, PartView, shown
from portfolio_site.kernel.figures import Figure, Unit

DIVIDED = (By.CLASS, By.SECTOR, By.COUNTRY)
NO_BENCHMARK = "No benchmark is chosen. Choose one to compare with, best a blend of instruments."
ALIKE = "Of a fund in the benchmark only its own return is known, and stands for each thing that is in it: what those did apart counts as selection."
LEAST_WEIGHT = 1e-12
IN_CASH = "Cash holds the interest and the costs of the whole, which are earned on no money of its own."


@dataclass(frozen=True, slots=True)
class Row:
    """One category.  Weights are means over the days of the period; the effects are points of the excess."""

    key: str  # "" for what is unclassified
    name: str
    weight: Figure
    benchmark_weight: Figure
    twr: Figure
    benchmark_twr: Figure
    allocation: Figure
    selection: Figure
    interaction: Figure
    effect: Figure  # the three together


@dataclass(frozen=True, slots=True)
class Attribution:
    """The excess of a period by one dimension: allocation + selection + interaction = excess, in each row and in total.

    why_not   why there is none, and what to do; "" where there is one
    periods   how many the effects are linked over
    unknown   parts of the benchmark of which nobody told what they are
    """

    by: By
    rows: tuple[Row, ...]  # largest effect first
    allocation: Figure
    selection: Figure
    interaction: Figure
    excess: Figure
    periods: int = 0
    why_not: str = ""
    unknown: tuple[PartView, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(eq=False)
class AttributionReport:
    """Of one stretch.  Four queries for what things are, whatever is asked of it."""

    stretch: Stretch
    parts: Parts
    _made: dict[By, Attribution] = field(default_factory=dict)

    def by(self, by: By) -> Attribution:
        if by not in self._made:
            try:
                self._made[by] = self._attribution(by)
            except Undefined as problem:
                self._made[by] = self._without(by, sentence(problem.reason))
        return self._made[by]

    def _without(self, by: By, why_not: str) -> Attribution:
        allocation, selection, interaction = (Figure.undefined(name, Unit.POINTS, why_not) for name in ("allocation", "selection", "interaction"))
        return Attribution(by, (), allocation, selection, interaction, self.stretch.excess, why_not=why_not, unknown=tuple(self._unknown(by)))

    # ── what both sides are made of ─────────────────────────────────────────

    @cached_property
    def told(self) -> dict[int, Classification]:
        scope, compared = self.stretch.scope, self.stretch.scope.benchmark
        theirs = {part.instrument_id for part in compared.parts} if compared is not None else set()
        return told_of_instruments({*scope.instruments, *theirs}, scope.portfolios[0].owner_id if scope.portfolios else None)

    def _made_of(self, instrument: int, by: By) -> tuple[Part, ...]:
        return self.told[instrument].parts(DIMENSIONS[by])

    def _unknown(self, by: By) -> list[PartView]:
        """Parts of the benchmark of which nothing is told."""
        compared = self.stretch.scope.benchmark
        return [] if compared is None else [one for one in compared.parts if not self._is_told(one.instrument_id, by)]

    def _is_told(self, instrument: int, by: By) -> bool:
        """An index is no class of things: what is in it has to be told."""
        nothing = {"", AssetClass.INDEX.value} if by is By.CLASS else {""}
        return any(part.key not in nothing for part in self._made_of(instrument, by))

    # ── periods ─────────────────────────────────────────────────────────────

    @cached_property
    def benchmark_held(self) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Levels and weights of the benchmark's parts at the closes of the stretch, and where it is rebalanced; still before the opening."""
        scope, stretch = self.stretch.scope, self.stretch
        stretch.benchmark_index  # noqa: B018  (whatever is not known of the whole is not known of its parts)
        level, compared = scope.benchmark_now, scope.benchmark
        assert level is not None and compared is not None
        begin, length = scope.daily.at(stretch.daily.first), len(stretch.daily.value)
        weights, marks = held_by(compared, level)
        found = [table[:, begin : begin + length].copy() for table in (level.parts, weights)]
        for table in found:
            table[:, : stretch.opening] = table[:, [stretch.opening]]
        return found[0], found[1], marks[begin : begin + length]

    @cached_property
    def edges(self) -> IntArray:
        """The closes between which both sides were only held, at most a month apart."""
        series = self.stretch.earning
        days = np.datetime64(series.first, "D") + np.arange(len(series.value) + 1)
        months = days.astype("datetime64[M]").astype(np.int64)
        marks = np.union1d(np.flatnonzero(months[1:] != months[:-1]), np.flatnonzero(self.benchmark_held[2]))
        return held_still(self.parts.days.put_in, series.inflow, series.outflow, marks)

    @cached_property
    def ours(self) -> tuple[FloatArray, FloatArray]:
        """Of each period and holding, cash the last: its weight at the start, and its gain over all that was at work.  (n, m + 1)."""
        begins, days = self.edges[:-1], self.parts.days
        base = self.parts.at_work[begins]
        working = base != 0
        over = np.where(working, base, 1.0)[:, None]
        worth = (days.value[:, begins] + np.maximum(days.put_in[:, begins], 0.0)).T
        gains = np.add.reduceat(self.parts.earned, begins, axis=1).T
        weights = np.where(working[:, None], worth / over, 0.0)
        return np.column_stack([weights, 1.0 - weights.sum(axis=1)]), np.where(working[:, None], gains / over, 0.0)

    @cached_property
    def theirs(self) -> tuple[FloatArray, FloatArray]:
        """Of each period and part of the benchmark: its weight at the start, and its return.  (n, p)."""
        levels, weights, _ = self.benchmark_held
        begins, ends = self.edges[:-1], self.edges[1:]
        return weights[:, begins].T, (levels[:, ends] / levels[:, begins] - 1.0).T

    # ── effects ─────────────────────────────────────────────────────────────

    def _attribution(self, by: By) -> Attribution:
        scope, stretch = self.stretch.scope, self.stretch
        if scope.benchmark is None:
            raise Undefined(NO_BENCHMARK)
        stretch.growth  # noqa: B018  (its own reason comes first)
        if unknown := self._unknown(by):
            raise Undefined(_what_to_do(unknown, by))
        made = [self._made_of(pk, by) for pk in self.parts.days.instruments] + [(Part(CASH, shown(Dimension.ASSET_CLASS, CASH), ONE),)]
        beside = [self._made_of(part.instrument_id, by) for part in scope.benchmark.parts]
        names = {part.key: part.name for parts in (*made, *beside) for part in parts}
        place = {key: column for column, key in enumerate(names)}
        ours, gains = (table @ _divided(made, place) for table in self.ours)
        theirs, returns = self._by_category(_divided(beside, place))
        effects = attributed(ours, gains, theirs, returns)
        looked_into = any(len(parts) > 1 for parts in beside)
        tables = (ours, gains, theirs, returns)
        found = (self._row(key, name, column, tables, effects) for column, (key, name) in enumerate(names.items()))
        rows = [row for row in found if row is not None]
        return Attribution(
            by=by,
            rows=tuple(sorted(rows, key=lambda row: (not row.key, -abs(float(row.effect.value or 0)), row.name))),
            allocation=_points("allocation", effects.allocation.sum()),
            selection=_points("selection", effects.selection.sum()),
            interaction=_points("interaction", effects.interaction.sum()),
            excess=stretch.excess,
            periods=len(self.edges) - 1,
            notes=(*((ALIKE,) if looked_into else ()), *scope.benchmark_notes),
        )

    def _by_category(self, divided: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Weights and returns of the benchmark by category, (n, k): a part gives each category that is in it its own return."""
        weights, returns = self.theirs
        held = weights @ divided
        earned = (weights * returns) @ divided
        return held, np.divide(earned, held, out=np.zeros_like(held), where=held != 0)

    def _row(self, key: str, name: str, column: int, tables: Sequence[FloatArray], effects: Effects) -> Row | None:
        """None for what neither side held, and that brought nothing."""
        held, gains, other, returns = (table[:, column] for table in tables)
        if not (held.any() or gains.any() or other.any()):
            return None
        days = np.diff(self.edges)
        single = [float(table[column]) for table in (effects.allocation, effects.selection, effects.interaction)]
        return Row(
            key=key,
            name=name,
            weight=Figure("weight", Unit.FRACTION, float(held @ days / days.sum())),
            benchmark_weight=Figure("weight", Unit.FRACTION, float(other @ days / days.sum())),
            twr=figure("category_return", Unit.FRACTION, lambda: _linked(held, gains, key)),
            benchmark_twr=figure("category_return", Unit.FRACTION, lambda: _linked(other, other * returns, "")),
            allocation=_points("allocation", single[0]),
            selection=_points("selection", single[1]),
            interaction=_points("interaction", single[2]),
            effect=_points("excess", sum(single)),
        )


def _points(name: str, value: float) -> Figure:
    return Figure(name, Unit.POINTS, float(value))


def _divided(made: Sequence[tuple[Part, ...]], place: dict[str, int]) -> FloatArray:
    """Fractions of each thing by category: (m, k)."""
    table = np.zeros((len(made), len(place)))
    for row, parts in enumerate(made):
        for part in parts:
            table[row, place[part.key]] += float(part.weight)
        table[row] /= table[row].sum()
    return table


def _linked(weights: FloatArray, gains: FloatArray, key: str) -> float:
    """What a category returned over the periods in which some of it was held."""
    if key == CASH:
        raise Undefined(IN_CASH)
    held = np.abs(weights) > LEAST_WEIGHT
    if not held.any():
        raise Undefined("nothing of it was held")
    grown = 1.0 + gains[held] / weights[held]
    if (grown <= 0).any():
        raise Undefined("at one time it lost all that there was of it, or more")
    return float(np.expm1(np.log(grown).sum()))


def _what_to_do(unknown: Sequence[PartView], by: By) -> str:
    names = ", ".join(dict.fromkeys(part.name for part in unknown))
    kinds = {By.CLASS: "classes", By.SECTOR: "sectors", By.COUNTRY: "countries"}[by]
    return f"which {kinds} are in {names} is not known. Choose a blend of instruments of which it is, or enter what is in {'it' if len(unknown) == 1 else 'them'}."
