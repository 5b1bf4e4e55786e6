"""Risk of what is held now, thing by thing and together.  docs/numbers.md: "Risk", *covariance*, *risk_contribution*.

Returns are those of the thing itself over the days of the window, dividends reinvested where they are known, in the report currency: whether it
was held on all of those days or bought yesterday.  Cash in another currency is such a thing; cash in the report currency does not move.
What has no price on one of the days is left out with the reason.  All but the weights is kept under the versions of ledgers and prices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np

from analytics import memory
from analytics.border import BoolArray, FloatArray
from analytics.engine import covariance, drawdown, relative, risk, tail
from analytics.engine.answers import Answers
from analytics.engine.errors import Undefined
from analytics.levels import Level, level_of, quoted_in
from analytics.selectors.risk.shapes import CorrelationTable, HoldingRisk, HoldingsRisk
from analytics.selectors.scope import Scope, figure, in_words, sentence
from analytics.series import business_days
from analytics.world import Market
from market.selectors import BRIDGED_DAYS, ActionView, BenchmarkView, PartView, actions_of, day_number, price_columns
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import HoldingsTable, InstrumentView

MOST_CORRELATED = 20
UNMOVED = "Cash in the currency of the report does not move."
NOTHING = "nothing is held now that could vary"

Key = int | str  # number of an instrument, or the currency of cash


@dataclass(frozen=True, slots=True)
class Held:
    """One thing held: an instrument, or cash of one currency."""

    key: Key
    instrument: InstrumentView | None
    value: Figure
    weight: Figure


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """What one thing did over the window; `why_not` in place of its returns."""

    returns: FloatArray
    figures: tuple[Figure, ...]  # volatility, deepest fall, value at risk, shortfall, beta
    why_not: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """What the things did together.

    returns     (n, m)  of those that have some, in the order of `keys`
    covariance  (m, m) a day, and how far it was shrunk; None where `why_not` says so
    """

    alone: Mapping[Key, Alone]
    keys: tuple[Key, ...]
    returns: FloatArray
    periods: int
    covariance: covariance.Covariance | None
    correlation: Answers | None
    average: Figure
    why_not: str = ""


FIGURES = (
    ("volatility", Unit.FRACTION),
    ("maximum_drawdown", Unit.FRACTION),
    ("value_at_risk", Unit.FRACTION),
    ("expected_shortfall", Unit.FRACTION),
    ("beta", Unit.NUMBER),
)


class HeldTogether:
    """What a scope holds at the end of a window, over the days from `start` to `last`."""

    def __init__(self, scope: Scope, start: date, last: date) -> None:
        self.scope, self.start, self.last = scope, min(start, last), last

    @cached_property
    def table(self) -> HoldingsTable:
        return self.scope.table if self.last == self.scope.today else self.scope.table_on(self.last)

    @cached_property
    def things(self) -> tuple[Held, ...]:
        """Largest exposure first; cash in the report currency last."""
        found = [Held(row.instrument.id, row.instrument, row.value, row.weight) for row in self.table.rows]
        found += [Held(cash.currency, None, cash.value, cash.weight) for cash in self.table.cash if cash.amount]
        size = {thing.key: abs(float(thing.weight.value or 0)) for thing in found}
        return tuple(sorted(found, key=lambda thing: (thing.key == self.scope.currency, -size[thing.key], str(thing.key))))

    @cached_property
    def moving(self) -> tuple[Held, ...]:
        """Those that can vary."""
        return tuple(thing for thing in self.things if thing.key != self.scope.currency)

    @cached_property
    def weights(self) -> FloatArray:
        """Of `moving`, (m,): fractions of the whole, cash included.  Raises Undefined."""
        for thing in self.moving:
            if thing.weight.value is None:
                raise Undefined(thing.weight.why_not)
        return np.array([float(thing.weight.value or 0) for thing in self.moving])

    # ── the world ───────────────────────────────────────────────────────────

    @cached_property
    def views(self) -> dict[Key, InstrumentView]:
        return {thing.key: thing.instrument for thing in self.moving if thing.instrument is not None}

    @cached_property
    def market(self) -> Market:
        """Prices and rates of what is held and of the benchmark, over all time."""
        bench = self.scope.benchmark
        prices = price_columns({*(view.id for view in self.views.values()), *(bench.instruments if bench else ())})
        quoted = {view.id: view.currency for view in self.views.values()} | (quoted_in(bench) if bench else {})
        return self.scope.market(prices, quoted, [str(thing.key) for thing in self.moving if thing.instrument is None])

    @cached_property
    def actions(self) -> list[ActionView]:
        bench = self.scope.benchmark
        return actions_of({*(view.id for view in self.views.values()), *(bench.instruments if bench else ())})

    def level(self, key: Key, first: date, length: int) -> FloatArray:
        """What one unit of money in it became, at `length` closes from `first`.  Raises Undefined where one of them is not known."""
        if isinstance(key, str):
            rates, age = self.market.dated_rate(key, self.scope.currency, day_number(first), length)
            if (age > BRIDGED_DAYS).any():
                day = first + timedelta(days=int(np.argmax(age > BRIDGED_DAYS)))
                raise Undefined(f"no {key}/{self.scope.currency} rate is known for {in_words(day)} or the {BRIDGED_DAYS} days before")
            return rates
        view = self.views[key]
        part = PartView(view.id, view.symbol, view.name, view.currency, view.traded_as or view.asset_class, view.is_own, Decimal(1))
        found = self._of_parts(BenchmarkView(None, view.name, view.currency, (part,)), first, length)
        found.require(0, length)
        return found.values

    def _of_parts(self, of: BenchmarkView, first: date, length: int) -> Level:
        known = [action for action in self.actions if action.instrument_id in of.instruments and action.ex_day >= first]
        return level_of(of, self.market, known, currency=self.scope.currency, first=first, length=length)

    # ── over the window ─────────────────────────────────────────────────────

    @cached_property
    def together(self) -> Together:
        held = tuple(thing.key for thing in self.moving)
        return memory.risks.of(("window", self.scope.key, self.start.isoformat(), self.last.isoformat(), held), self._together)

    def _together(self) -> Together:
        first = self.start - timedelta(days=1)
        length = (self.last - first).days + 1
        chosen, periods = business_days({view.id for view in self.views.values()}, self.market, day_number(first), length)
        chosen = chosen.copy()
        chosen[0] = True
        benchmark: FloatArray | Undefined
        try:
            benchmark = self._benchmark(first, length, chosen)
        except Undefined as problem:
            benchmark = problem
        alone = {thing.key: self._alone(thing.key, first, length, chosen, periods, benchmark) for thing in self.moving}
        keys = tuple(key for key, one in alone.items() if not one.why_not)
        table = np.column_stack([alone[key].returns for key in keys]) if keys else np.zeros((int(chosen.sum()) - 1, 0))
        average = figure("average_correlation", Unit.NUMBER, lambda: covariance.average_correlation(table))
        try:
            if not keys:
                raise Undefined(NOTHING)
            return Together(alone, keys, table, periods, covariance.ledoit_wolf(table), covariance.correlations(table), average)
        except Undefined as problem:
            return Together(alone, keys, table, periods, None, None, average, sentence(problem.reason))

    def _benchmark(self, first: date, length: int, chosen: BoolArray) -> FloatArray:
        if self.scope.benchmark is None:
            raise Undefined("no benchmark is chosen")
        level = self._of_parts(self.scope.benchmark, first, length)
        level.require(0, length)
        return risk.returns_between(level.values, chosen)

    def _alone(self, key: Key, first: date, length: int, chosen: BoolArray, periods: int, benchmark: FloatArray | Undefined) -> Alone:
        try:
            index = self.level(key, first, length)
            returns = risk.returns_between(index, chosen)
            risk.enough(returns)
        except Undefined as problem:
            why = sentence(problem.reason)
            return Alone(np.zeros(0), tuple(Figure.undefined(name, unit, why) for name, unit in FIGURES), why)

        def beta() -> float:
            if isinstance(benchmark, Undefined):
                raise benchmark
            return relative.line(returns, benchmark, periods_per_year=periods).beta

        def worst() -> tail.Tail:
            return tail.tail(returns, level=0.95, method="historical")

        made: tuple[Callable[[], float], ...] = (
            lambda: risk.annual_volatility(returns, periods_per_year=periods),
            lambda: drawdown.maximum_drawdown(index),
            lambda: worst().value_at_risk,
            lambda: worst().expected_shortfall,
            beta,
        )
        return Alone(returns, tuple(figure(name, unit, make) for (name, unit), make in zip(FIGURES, made, strict=True)))

    # ── at the weights of now ───────────────────────────────────────────────

    @cached_property
    def counted(self) -> FloatArray:
        """Weights of what the covariance covers, in its order.  Raises Undefined."""
        if self.together.covariance is None:
            raise Undefined(self.together.why_not)
        weight = dict(zip((thing.key for thing in self.moving), self.weights.tolist(), strict=True))
        return np.array([weight[key] for key in self.together.keys])

    @cached_property
    def parts(self) -> covariance.RiskParts:
        """What each adds to the volatility of the present mix.  Raises Undefined."""
        weights, found = self.counted, self.together.covariance
        assert found is not None
        return covariance.risk_parts(weights, found.matrix, periods_per_year=self.together.periods)

    @cached_property
    def volatility(self) -> Figure:
        return figure("holdings_volatility", Unit.FRACTION, lambda: self.parts.volatility)

    @cached_property
    def covered(self) -> Figure:
        return figure("covered", Unit.FRACTION, self._covered)

    def _covered(self) -> float:
        every = float(np.abs(self.weights).sum())
        if every == 0:
            raise Undefined(NOTHING)
        inside = [abs(w) for thing, w in zip(self.moving, self.weights.tolist(), strict=True) if thing.key in self.together.keys]
        return float(sum(inside) / every)

    def row(self, thing: Held) -> HoldingRisk:
        """One holding with what it adds."""
        cash = thing.key if isinstance(thing.key, str) else ""
        if thing.key == self.scope.currency:
            a, b, c, d, e = (Figure.undefined(name, unit, UNMOVED) for name, unit in FIGURES)
            nothing, none = (Figure(name, Unit.FRACTION, 0.0) for name in ("risk_contribution", "risk_share"))
            return HoldingRisk(None, cash, thing.value, thing.weight, a, b, c, d, e, nothing, none)
        alone = self.together.alone[thing.key]

        def part(name: str, shares: bool) -> Figure:
            if alone.why_not:
                return Figure.undefined(name, Unit.FRACTION, alone.why_not)
            place = self.together.keys.index(thing.key)
            return figure(name, Unit.FRACTION, lambda: float((self.parts.shares if shares else self.parts.parts)[place]))

        added, share = part("risk_contribution", shares=False), part("risk_share", shares=True)
        a, b, c, d, e = alone.figures
        return HoldingRisk(thing.instrument, cash, thing.value, thing.weight, a, b, c, d, e, added, share)

    def correlation(self) -> CorrelationTable:
        """Of the largest holdings that have one."""
        found, keys = self.together.correlation, self.together.keys
        named = {thing.key: thing for thing in self.moving}
        shown = keys[:MOST_CORRELATED] if found is not None else ()
        if found is None:
            return CorrelationTable((), (), (), 0, self.together.average)
        rows = tuple(tuple(self._pair(found, i, j) for j in range(len(shown))) for i in range(len(shown)))
        names = tuple(_name(named[key]) for key in shown)
        symbols = tuple(_symbol(named[key]) for key in shown)
        return CorrelationTable(names, symbols, rows, len(keys) - len(shown), self.together.average)

    @staticmethod
    def _pair(found: Answers, i: int, j: int) -> Figure:
        return figure("correlation", Unit.NUMBER, lambda: found.at(i, j))

    def result(self) -> HoldingsRisk:
        found = self.together.covariance
        why = self.together.why_not
        shrinkage = Figure("shrinkage", Unit.FRACTION, found.shrinkage) if found is not None else Figure.undefined("shrinkage", Unit.FRACTION, why)
        return HoldingsRisk(
            rows=self.rows,
            volatility=self.volatility,
            covered=self.covered,
            days=len(self.together.returns),
            shrinkage=shrinkage,
            correlation=self.correlation(),
        )

    @cached_property
    def rows(self) -> tuple[HoldingRisk, ...]:
        return tuple(self.row(thing) for thing in self.things)


def _name(thing: Held) -> str:
    return thing.instrument.name if thing.instrument is not None else f"Cash, {thing.key}"


def _symbol(thing: Held) -> str:
    return thing.instrument.symbol if thing.instrument is not None else str(thing.key)
