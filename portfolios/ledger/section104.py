"""Section 104 of the Taxation of Chargeable Gains Act 1992: sales are matched with purchases of the same day, then with those of
the thirty days after, the earliest first, then with the pool.

A sale may be matched with a purchase that is yet to come, so the ledger is replayed twice.  First as a pool, with a `Log` for
each instrument of what came, what left and what was split; from the logs a `Planner` says which sale takes how much of which
purchase, and at what cost.  Then with `Shares`, which follow that plan.  The first time only units count, so that it leaves out
money, and instruments that `needs_a_plan` does not name.

Units that were sold ahead of their purchase are missing from what is held, but not from the pool: its average stays what it was
until they come.  Units that were bought for a sale of the same day never join the pool.  Both stand beside it, under `early`.

Purchases are all that is bought or received as income.  Rights, transfers and what corporate actions bring join the pool.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from portfolio_site.kernel.decimals import ONE_UNIT
from portfolios.ledger.events import ZERO, Buy, BuyToCover, Event, Reinvestment, Reward, Sale
from portfolios.ledger.lots import OpenLot, apart, drawn, pour

AFTERWARDS = timedelta(days=30)
MATCHED = (Buy, BuyToCover, Reinvestment, Reward, Sale)
Amounts = tuple[Decimal, Decimal, Decimal]  # units, cost, local cost
Money = tuple[Decimal, Decimal]  # cost, local cost


# ── the first replay: what happens to each instrument ───────────────────────


class Log:
    """The units of an instrument, as one lot without cost, and what came and left, with what one unit of the beginning was then.

    era  a new one begins whenever all units became something else: a sale is not matched across that
    """

    __slots__ = ("came", "era", "left", "lot", "scale")

    def __init__(self, lots: Iterable[OpenLot] = ()) -> None:
        self.lot: OpenLot | None = None
        self.scale = Fraction(1)
        self.era = 0
        self.came: list[tuple[int, Decimal, Money | None, Fraction, int]] = []
        self.left: list[tuple[int, Decimal, Fraction, int]] = []
        self._hold(lots)

    def _hold(self, lots: Iterable[OpenLot]) -> None:
        for lot in lots:
            self.lot = (*lot[:2], (self.lot[2] if self.lot else ZERO) + lot[2], ZERO, ZERO)

    def add(self, lot: OpenLot) -> None:
        self.came.append((lot[0] or 0, lot[2], lot[3:], self.scale, self.era))
        self.lot = (lot[0], lot[1], self.lot[2] + lot[2] if self.lot else lot[2], ZERO, ZERO)

    def buy(self, event_id: int, day: date, units: Decimal) -> None:
        """As `add`, of a purchase as a whole, whose cost is asked for where it matters."""
        self.came.append((event_id, units, None, self.scale, self.era))
        self.lot = (event_id, day, self.lot[2] + units if self.lot else units, ZERO, ZERO)

    def take(self, units: Decimal, taker: int) -> list[OpenLot]:
        event_id, opened_on, held, _, _ = self.in_order()[0]
        self.left.append((taker, units, self.scale, self.era))
        self.lot = None if held == units else (event_id, opened_on, held - units, ZERO, ZERO)
        return [(None, opened_on, units, ZERO, ZERO)]

    def become(self, lots: Sequence[OpenLot]) -> Log:
        before, self.lot = self.lot, None
        self._hold(lots)
        if self.lot is None:
            self.era += 1
        elif before is not None and self.lot[2] != before[2]:
            self.scale *= Fraction(self.lot[2]) / Fraction(before[2])
        return self

    def in_order(self) -> list[OpenLot]:
        return [self.lot] if self.lot else []


def purchases_and_sales(ordered: Iterable[Event]) -> dict[int, Event]:
    """The events that the rules match with each other, by number."""
    return {event.id: event for event in ordered if isinstance(event, MATCHED)}


def needs_a_plan(trades: Iterable[Event]) -> set[int]:
    """The instruments of which something was bought on the day of a sale, or in the thirty days after.  In order of days."""
    sold: dict[int, date] = {}
    found: set[int] = set()
    bought: dict[int, date] = {}
    for event in trades:
        trade: Any = event
        if isinstance(event, Sale):
            sold[trade.instrument] = event.day
            if bought.get(trade.instrument) == event.day:
                found.add(trade.instrument)
        else:
            bought[trade.instrument] = event.day
            last = sold.get(trade.instrument)
            if last is not None and event.day - last <= AFTERWARDS:
                found.add(trade.instrument)
    return found


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

    def give(self, units: Decimal) -> Money:
        """The cost and local cost that go with the units."""
        whole: OpenLot = (None, self.day, self.units, self.cost, self.local)
        part, rest = apart(whole, units) if units < self.units else (whole, (None, self.day, ZERO, ZERO, ZERO))
        _, _, self.units, self.cost, self.local = rest
        return part[3:]


@dataclass(slots=True)
class _Sale:
    event_id: int
    day: date
    units: Decimal
    scale: Fraction
    era: int


class Planner:
    """Matches the sales of an instrument with its purchases, from its log.

    trades  the purchases and sales, by number; cost_of: what a purchase as a whole costs
    """

    def __init__(self, instrument: int, log: Log, trades: dict[int, Event], cost_of: Callable[[Any], Money]) -> None:
        self.cost_of = cost_of
        self.trades = trades
        self.log = log
        self.came: dict[int, Any] = {}
        for one in log.came:
            event: Any = trades.get(one[0])
            if event is not None and event.instrument == instrument and one[0] not in self.came and not isinstance(event, Sale):
                self.came[one[0]] = one
        self.days = [(trades[event_id].day, event_id) for event_id in self.came]
        self.made: dict[int, _Purchase] = {}

    def plan(self) -> Plan:
        """Sales of one day go before those of the next, and what is bought on a day serves the sales of that day first."""
        plan, near = Plan(), self._sales_with_purchases_near()
        for sale, same_day, _ in near:
            _match(plan, sale, map(self._purchase, same_day))
        for sale, _, after in near:
            for _, of_one_day in groupby(map(self._purchase, after), attrgetter("day")):
                if not sale.units:
                    break
                _match(plan, sale, of_one_day)
        return plan

    def _sales_with_purchases_near(self) -> list[tuple[_Sale, list[int], list[int]]]:
        """Each with the numbers of what was bought on its day, and of what was bought in the thirty days after, in order."""
        found, days, start = [], self.days, 0
        for taker, units, scale, era in self.log.left:
            event = self.trades.get(taker)
            if not isinstance(event, Sale):
                continue
            day = event.day
            while start < len(days) and days[start][0] < day:
                start += 1
            if start == len(days) or days[start][0] > day + AFTERWARDS:
                continue
            near = days[start : bisect_right(days, day + AFTERWARDS, start, key=itemgetter(0))]
            first_after = bisect_right(near, day, key=itemgetter(0))
            sale = _Sale(taker, day, units, scale, era)
            found.append((sale, [one[1] for one in near[:first_after]], [one[1] for one in near[first_after:]]))
        return found

    def _purchase(self, event_id: int) -> _Purchase:
        made = self.made.get(event_id)
        if made is None:
            _, units, money, scale, era = self.came[event_id]
            event = self.trades[event_id]
            cost, local = money or self.cost_of(event)
            made = self.made[event_id] = _Purchase(event_id, event.day, units, cost, local, scale, era)
        return made


def _match(plan: Plan, sale: _Sale, bought: Iterable[_Purchase]) -> None:
    """The purchases of one day are one purchase, unless a split came between them."""
    by_scale: dict[Fraction, list[_Purchase]] = {}
    for one in bought:
        if one.units and one.era == sale.era:
            by_scale.setdefault(one.scale, []).append(one)
    for alike in by_scale.values():
        _share(plan, sale, alike)


def _share(plan: Plan, sale: _Sale, bought: Sequence[_Purchase]) -> None:
    """Each purchase gives its part of what the sale takes of all of them."""
    scale = bought[0].scale
    most = sum((one.units for one in bought), ZERO)
    wanted = min(_scaled(sale.units, sale.scale, scale), most)
    for one in bought:
        units = wanted if len(bought) == 1 else (wanted * one.units / most).quantize(ONE_UNIT)
        wanted, most = wanted - units, most - one.units
        at_sale = min(_scaled(units, scale, sale.scale), sale.units)
        if not units or not at_sale:
            continue
        cost, local = one.give(units)
        plan.takes[sale.event_id].append((one.event_id, one.day, at_sale, cost, local))
        plan.gives[one.event_id].append((sale.event_id, units, cost, local))
        sale.units -= at_sale


def _scaled(units: Decimal, old: Fraction, new: Fraction) -> Decimal:
    """Units of one scale in those of another, rounded once."""
    if old is new or old == new:
        return units
    ratio = new / old
    return (units * ratio.numerator / ratio.denominator).quantize(ONE_UNIT)


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
        gives = self.plan.gives.pop(lot[0] or 0, None)
        if gives is not None:
            lot = self._kept_out(lot, gives)
            if self.pool and not any(lot[2:]):
                return
        pour(self.pool, lot)

    def _kept_out(self, lot: OpenLot, gives: Iterable[tuple[int, Decimal, Decimal, Decimal]]) -> OpenLot:
        """What is left of the lot for the pool."""
        for sale, units, cost, local in gives:
            key = (sale, lot[0] or 0)
            if key in self.early:  # it was sold already: it comes to where it is missing
                units, cost, local = (-amount for amount in self.early.pop(key))
            else:
                self.early[key] = (units, cost, local)
            lot = (lot[0], lot[1], lot[2] - units, lot[3] - cost, lot[4] - local)
        return lot

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
