"""What changed the value of a period, and what each holding added to its return.  docs/numbers.md: "Parts of a return".

Both are parts of the same daily series as the returns: whatever no holding brought (interest, fees of the account, currency of cash, the rates
of one's own trades against the rates of the day) is *cash*.  So the drivers add up to the change of value, and contributions to the return.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from analytics import memory
from analytics.border import FloatArray
from analytics.engine.contribution import contributions
from analytics.engine.drivers import Drivers as EngineDrivers
from analytics.engine.drivers import drivers
from analytics.engine.errors import Undefined
from analytics.holding_series import HoldingDays, by_holding
from analytics.selectors.performance import Stretch
from analytics.selectors.scope import figure, sentence
from market.selectors import day_number
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import HoldingMove, InstrumentView, holding_moves

SIX = Decimal(1).scaleb(-6)  # what rests on daily series is told to the millionth


@dataclass(frozen=True, slots=True)
class Bridge:
    """start + flows + price + currency + income − costs = end, to the last digit; undefined together."""

    start: Figure
    flows: Figure
    price: Figure
    currency: Figure
    income: Figure
    costs: Figure
    end: Figure
    change: Figure


@dataclass(frozen=True, slots=True)
class Part:
    """One holding, also one that was sold since; `instrument` None: cash.  Contributions add up to the time-weighted return."""

    instrument: InstrumentView | None
    contribution: Figure
    gain: Figure
    price: Figure
    currency: Figure
    income: Figure
    costs: Figure
    is_held: bool  # at the end of the period


class Parts:
    """Of one stretch; the series of its holdings are kept under the versions of ledgers and prices."""

    def __init__(self, stretch: Stretch) -> None:
        self.stretch, self.scope = stretch, stretch.scope

    @cached_property
    def days(self) -> HoldingDays:
        """The series by holding; the last close at the newest quotes where the period ends today.  Raises Undefined."""
        self.stretch.growth  # noqa: B018  (whatever is not known of the whole is not known of its parts)
        first, length = self.stretch.daily.first, len(self.stretch.daily.value)
        found = memory.holdings.of((self.scope.key, first, length), self._computed)
        if self.stretch.last != self.scope.today:
            return found
        now = {row.instrument.id: float(row.value.value) for row in self.scope.table.rows if row.value.value is not None}
        value = found.value.copy()
        value[:, -1] = [now.get(pk, 0.0) for pk in found.instruments]
        return replace(found, value=value)

    def _computed(self) -> HoldingDays:
        daily, moves = self.stretch.daily, memory.moves.of(self.scope.key, self._moves)
        return by_holding(
            self.scope.books, moves, currency=self.scope.currency, market=self.scope.market_of_holdings, first=daily.first, length=len(daily.value)
        )

    def _moves(self) -> list[HoldingMove]:
        told = [one for one in self.scope.portfolios if one.pk in self.scope.told.books]
        return holding_moves(told, self.scope.currency, until=self.scope.until, known_at=self.scope.known_at)

    # ── contribution ────────────────────────────────────────────────────────

    @cached_property
    def gains(self) -> FloatArray:
        """(m + 1, n); the last row is cash: what no holding brought."""
        daily = self.stretch.daily
        whole = np.diff(daily.value) - daily.inflow + daily.outflow
        held = self.days.gains
        return np.vstack([held, whole - held.sum(axis=0)])

    @cached_property
    def earned(self) -> FloatArray:
        """What the return is made of: the gains; gross, before fees and taxes."""
        if not self.scope.gross:
            return self.gains
        series = self.stretch.earning
        whole = np.diff(series.value) - series.inflow + series.outflow
        held = self.days.gains + self.days.costs
        return np.vstack([held, whole - held.sum(axis=0)])

    @cached_property
    def at_work(self) -> FloatArray:
        """The close before and what was paid in, each day."""
        return self.stretch.earning.value[:-1] + self.stretch.earning.inflow

    @cached_property
    def contributed(self) -> FloatArray:
        return contributions(self.earned, self.at_work)

    # ── drivers ─────────────────────────────────────────────────────────────

    @cached_property
    def driven(self) -> EngineDrivers:
        """By holding, and last of all cash, whose price part is its currency part: cash has no price."""
        days, daily = self.days, self.stretch.daily
        flows = daily.inflow - daily.outflow
        income, costs = self._income_and_costs()
        worth = daily.value - days.value.sum(axis=0)
        rest = flows + income - costs - days.put_in.sum(axis=0)
        own = np.vstack([days.value / days.rate, worth])
        rate = np.vstack([days.rate, np.ones(len(worth))])
        return drivers(own, rate, np.vstack([days.put_in / days.rate[:, 1:], rest]), flows=flows, income=income, costs=costs)

    def _income_and_costs(self) -> tuple[FloatArray, FloatArray]:
        """Of all holdings and of none, each day."""
        income, costs = self.days.income.sum(axis=0), self.days.costs.sum(axis=0)
        first, last = self.stretch.daily.first, self.stretch.last
        for book in self.scope.books:
            for posting in book.postings:
                if posting.instrument is None and first < posting.day <= last:
                    entry = day_number(posting.day) - day_number(first) - 1
                    if posting.kind == "income":
                        income[entry] += float(posting.amount)
                    elif posting.kind == "expense":
                        costs[entry] += float(posting.amount)
        return income, costs

    def bridge(self) -> Bridge:
        """The steps, in decimals: price is what the others leave, as in the engine."""
        stretch, code = self.stretch, self.scope.currency
        start, end, flows = stretch.start_value, stretch.end_value, stretch.net_flows
        change = Figure("change", Unit.MONEY, _exact(end) - _exact(start), currency=code) if start.known and end.known else end
        names = {"price": "price_part", "currency": "currency_part", "income": "income", "costs": "costs"}
        try:
            found = self.driven
            if end.value is None or start.value is None:
                raise Undefined(end.why_not or start.why_not)
        except Undefined as problem:
            none = {name: Figure.undefined(said, Unit.MONEY, sentence(problem.reason), code) for name, said in names.items()}
            return Bridge(start, flows, none["price"], none["currency"], none["income"], none["costs"], end, replace(change, name="change"))
        cash = float(found.price_by_holding[-1])
        steps = {"currency": found.currency + cash, "income": found.income, "costs": found.costs}
        exact = {name: Decimal(repr(amount)).quantize(SIX) for name, amount in steps.items()}
        price = _exact(end) - _exact(start) - _exact(flows) - exact["currency"] - exact["income"] + exact["costs"]
        made = {name: Figure(names[name], Unit.MONEY, amount, currency=code) for name, amount in {**exact, "price": price}.items()}
        return Bridge(start, flows, made["price"], made["currency"], made["income"], made["costs"], end, change)

    def parts(self) -> tuple[Part, ...]:
        """Largest contribution first, cash among them; empty where the series are not known."""
        try:
            days, gains = self.days, self.gains.sum(axis=1)
            driven = self.driven
        except Undefined:
            return ()
        rows = [self._part(row, pk, gains, driven) for row, pk in enumerate((*days.instruments, None))]
        moved = [one for one in rows if one.is_held or abs(float(one.gain.value or 0)) > 1e-9]
        return tuple(
            sorted(moved, key=lambda one: (one.contribution.value is None, -float(one.contribution.value or 0), -float(one.gain.value or 0)))
        )

    def _part(self, row: int, pk: int | None, gains: FloatArray, driven: EngineDrivers) -> Part:
        code, is_cash = self.scope.currency, pk is None

        def amount(name: str, value: float) -> Figure:
            return Figure(name, Unit.MONEY, float(value), currency=code)

        if is_cash:
            income, costs = (
                whole.sum() - held.sum() for whole, held in zip(self._income_and_costs(), (self.days.income, self.days.costs), strict=True)
            )
            price, currency = 0.0, float(driven.price_by_holding[row])
        else:
            income, costs = self.days.income[row].sum(), self.days.costs[row].sum()
            price, currency = float(driven.price_by_holding[row]), float(driven.currency_by_holding[row])
        return Part(
            instrument=None if pk is None else self.scope.instruments[pk],
            contribution=figure("contribution", Unit.POINTS, lambda: float(self.contributed[row])),
            gain=amount("gain", gains[row]),
            price=amount("price_part", price),
            currency=amount("currency_part", currency),
            income=amount("income", income),
            costs=amount("costs", costs),
            is_held=not is_cash and bool(self.days.value[row, -1]),
        )


def _exact(one: Figure) -> Decimal:
    value = one.value
    assert value is not None
    return value if isinstance(value, Decimal) else Decimal(repr(value)).quantize(SIX)
