"""Section 104 of the Taxation of Chargeable Gains Act 1992: sales are matched with purchases of the same day, then with those of
the thirty days after, the earliest first, then with the pool.

A sale may be matched with a purchase that is yet to come, so the ledger is replayed twice.  First as a pool, with a `Log` for
each instrument of what came, what left and what was split; from the logs `planned` says which sale takes how much of which
purchase, and at what cost.  Then with `Shares`, which follow that plan.

Units that were sold ahead of their purchase are missing from what is held, but not from the pool: its average stays what it was
until they come.  Units that were bought for a sale of the same day never join the pool.  Both stand beside it, under `early`.

Purchases are all that is bought or received as income.  Rights, transfers and what corporate actions bring join the pool.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from portfolio_site.kernel.decimals import ONE_UNIT
from portfolios.ledger.events import ZERO, Buy, BuyToCover, Event, Reinvestment, Reward, Sale
from portfolios.ledger.lots import OpenLot, apart, drawn, pour

AFTERWARDS = timedelta(days=30)
PURCHASES = (Buy, BuyToCover, Reinvestment, Reward)
Amounts = tuple[Decimal, Decimal, Decimal]  # units, cost, local cost


# ── the first replay: what happens to each instrument ───────────────────────


class Log:
    """A pool that writes down what comes and what leaves.  `scale` is what one unit of the beginning has become by splits."""

    __slots__ = ("came", "era", "left", "pool", "scale")

    def __init__(self, lots: Iterable[OpenLot] = ()) -> None:
        self.pool = deque(lots)
        self.scale = Fraction(1)
        self.era = 0  # a new one whenever all units became something else
        self.came: list[tuple[OpenLot, Fraction, int]] = []
        self.left: list[tuple[int, Decimal, Fraction, int]] = []

    def add(self, lot: OpenLot) -> None:
        self.came.append((lot, self.scale, self.era))
        pour(self.pool, lot)

    def take(self, units: Decimal, taker: int) -> list[OpenLot]:
        self.left.append((taker, units, self.scale, self.era))
        return drawn(self.pool, units)

    def become(self, lots: Sequence[OpenLot]) -> Log:
        before = sum((lot[2] for lot in self.pool), ZERO)
        after = sum((lot[2] for lot in lots), ZERO)
        if not after:
            self.era += 1
        elif before and after != before:
            self.scale *= Fraction(after) / Fraction(before)
        self.pool = deque(lots)
        return self

    def in_order(self) -> list[OpenLot]:
        return list(self.pool)


# ── the plan ────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Plan:
    """What sales take of purchases, of one instrument.

    takes  by sale: (purchase, its day, units as they are at the sale, cost, local cost)
    gives  by purchase: (sale, units as they are at the purchase, cost, local cost)
    """

    takes: dict[int, list[tuple[int, date, Decimal, Decimal, Decimal]]] = field(default_factory=lambda: defaultdict(list))
    gives: dict[int, list[tuple[int, Decimal, Decimal, Decimal]]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class _Purchase:
    event_id: int
    day: date
    units: Decimal  # and cost: what is not matched yet
    cost: Decimal
    local: Decimal
    scale: Fraction
    era: int

    def give(self, units: Decimal) -> tuple[Decimal, Decimal]:
        """The cost and local cost that go with the units."""
        _, (_, _, self.units, self.cost, self.local) = parts = apart((None, self.day, self.units, self.cost, self.local), units)
        return parts[0][3:]


@dataclass(slots=True)
class _Sale:
    event_id: int
    day: date
    units: Decimal
    scale: Fraction
    era: int


def planned(instrument: int, log: Log, events: dict[int, Event]) -> Plan:
    """The plan for an instrument, from its log; `events` are the purchases and sales, by number."""
    purchases, sales = _purchases(instrument, log, events), _sales(log, events)
    plan = Plan()
    by_day: dict[date, list[_Purchase]] = defaultdict(list)
    for purchase in purchases:
        by_day[purchase.day].append(purchase)
    for sale in sales:
        _match(plan, sale, by_day.get(sale.day, ()))
    days = sorted(day for day, bought in by_day.items() if any(one.units for one in bought))
    first = 0
    for sale in sales:
        while first < len(days) and not any(one.units for one in by_day[days[first]]):
            first += 1
        for day in days[max(first, bisect_right(days, sale.day)) :]:
            if not sale.units or day > sale.day + AFTERWARDS:
                break
            _match(plan, sale, by_day[day])
    return plan


def _purchases(instrument: int, log: Log, events: dict[int, Event]) -> list[_Purchase]:
    found: dict[int, _Purchase] = {}
    for (event_id, _, units, cost, local), scale, era in log.came:
        event: Any = events.get(event_id or 0)
        if isinstance(event, PURCHASES) and event.instrument == instrument and event_id not in found:
            found[event.id] = _Purchase(event.id, event.day, units, cost, local, scale, era)
    return list(found.values())


def _sales(log: Log, events: dict[int, Event]) -> list[_Sale]:
    found = [(events.get(taker), units, scale, era) for taker, units, scale, era in log.left]
    return [_Sale(event.id, event.day, units, scale, era) for event, units, scale, era in found if isinstance(event, Sale)]


def _match(plan: Plan, sale: _Sale, bought: Iterable[_Purchase]) -> None:
    """The purchases of one day are one purchase, unless a split came between them."""
    by_scale: dict[Fraction, list[_Purchase]] = defaultdict(list)
    for one in bought:
        if one.units and one.era == sale.era:
            by_scale[one.scale].append(one)
    for alike in by_scale.values():
        _share(plan, sale, alike)


def _share(plan: Plan, sale: _Sale, bought: Sequence[_Purchase]) -> None:
    """Each purchase gives its part of what the sale takes of all of them."""
    ratio = bought[0].scale / sale.scale
    most = sum((one.units for one in bought), ZERO)
    wanted = min(_scaled(sale.units, ratio), most)
    for one in bought:
        units = (wanted * one.units / most).quantize(ONE_UNIT)
        wanted, most = wanted - units, most - one.units
        at_sale = min(_scaled(units, 1 / ratio), sale.units)
        if not units or not at_sale:
            continue
        cost, local = one.give(units) if units < one.units else (one.cost, one.local)
        if units == one.units:
            one.units = one.cost = one.local = ZERO
        plan.takes[sale.event_id].append((one.event_id, one.day, at_sale, cost, local))
        plan.gives[one.event_id].append((sale.event_id, units, cost, local))
        sale.units -= at_sale


def _scaled(units: Decimal, ratio: Fraction) -> Decimal:
    return units if ratio == 1 else (units * ratio.numerator / ratio.denominator).quantize(ONE_UNIT)


# ── the second replay ───────────────────────────────────────────────────────


class Shares:
    """The pool of an instrument, and beside it what its plan keeps out of it.

    early  by sale and purchase: units that were bought for a sale to come (+), or sold ahead of their purchase (−)
    """

    __slots__ = ("early", "plan", "pool")

    def __init__(self, lots: Iterable[OpenLot] = (), plan: Plan | None = None) -> None:
        self.pool: deque[OpenLot] = deque()
        self.plan = plan or Plan()
        self.early: dict[tuple[int, int], Amounts] = {}
        for lot in lots:
            pour(self.pool, lot)

    def add(self, lot: OpenLot) -> None:
        for sale, units, cost, local in self.plan.gives.pop(lot[0] or 0, ()):
            key = (sale, lot[0] or 0)
            if key in self.early:  # it was sold already: it comes to where it is missing
                units, cost, local = (-amount for amount in self.early.pop(key))
            else:
                self.early[key] = (units, cost, local)
            lot = (lot[0], lot[1], lot[2] - units, lot[3] - cost, lot[4] - local)
        if any(lot[2:]) or not self.pool:
            pour(self.pool, lot)

    def take(self, units: Decimal, taker: int) -> list[OpenLot]:
        taken: list[OpenLot] = []
        for bought, day, planned_units, cost, local in self.plan.takes.pop(taker, ()):
            kept = self.early.pop((taker, bought), None)
            if kept is None:
                self.early[taker, bought] = (-planned_units, -cost, -local)
            taken.append((bought, day, kept[0] if kept else planned_units, cost, local))
            units -= taken[-1][2]
        if units:
            event_id, opened_on = self.pool[0][:2]
            taken += drawn(self.pool, units)
            if self.early and not self.pool:
                self.pool.append((event_id, opened_on, ZERO, ZERO, ZERO))
        elif not self.early and self.pool and not self.pool[0][2]:
            self.pool.clear()
        return taken

    def become(self, lots: Sequence[OpenLot]) -> Shares:
        """Units that stand beside the pool are split with it; what changes of the cost is the pool's."""
        if not self.early:
            return Shares(lots, self.plan)
        event_id, opened_on, _, cost, local = self.pool[0]
        (before, shown, shown_local), (now, now_cost, now_local) = _sums(self.in_order()), _sums(lots)
        self.early = {key: ((one[0] * now / before).quantize(ONE_UNIT), one[1], one[2]) for key, one in self.early.items()}
        units = now - sum((one[0] for one in self.early.values()), ZERO)
        self.pool = deque([(event_id, opened_on, units, cost + now_cost - shown, local + now_local - shown_local)])
        return self

    def in_order(self) -> list[OpenLot]:
        """What is held, as one lot: what was bought ahead, and the pool, whose average does not know of what was sold ahead."""
        if not self.pool:
            return []
        event_id, opened_on, units, cost, local = self.pool[0]
        if self.early:
            left = units + sum((one[0] for one in self.early.values() if one[0] < ZERO), ZERO)
            if units:
                cost, local = (cost * left / units).quantize(ONE_UNIT), (local * left / units).quantize(ONE_UNIT)
            kept = [one for one in self.early.values() if one[0] > ZERO]
            units = left + sum((one[0] for one in kept), ZERO)
            cost, local = cost + sum((one[1] for one in kept), ZERO), local + sum((one[2] for one in kept), ZERO)
        return [(event_id, opened_on, units, cost, local)] if units else []


def _sums(lots: Iterable[OpenLot]) -> Amounts:
    units = cost = local = ZERO
    for lot in lots:
        units, cost, local = units + lot[2], cost + lot[3], local + lot[4]
    return units, cost, local
