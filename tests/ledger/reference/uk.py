"""Section 104 once more: what a sale takes of the purchases of its day and of the thirty days after, planned from a first run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction as F
from typing import Any

from tests.ledger.reference.state import Lot, r18

PURCHASES = {"buy", "buy_to_cover", "reinvestment", "staking_reward", "airdrop"}
SALES = {"sell", "short_sell", "redemption"}


@dataclass
class Came:
    id: int
    day: date
    units: F
    cost: F
    local: F
    scale: F
    era: int


@dataclass
class Left:
    id: int
    day: date
    units: F
    scale: F
    era: int


class Looking:
    """Mixed into the fold for its first run, under one pool: writes down what comes, what leaves and what is split."""

    def look(self) -> None:
        self.came: dict[int, list[Came]] = defaultdict(list)
        self.left: dict[int, list[Left]] = defaultdict(list)
        self.scale: dict[int, F] = defaultdict(lambda: F(1))
        self.era: dict[int, int] = defaultdict(int)

    def put(self, i: int, lot: Lot) -> None:
        e = self.now
        if lot.units > 0 and e.kind in PURCHASES and e.instrument == i:
            self.came[i].append(Came(lot.id, e.day, lot.units, lot.cost, lot.local, self.scale[i], self.era[i]))
        super().put(i, lot)

    def take(self, kept: list[Lot], units: F, e: Any) -> list[Lot]:
        if e.kind in SALES and units > 0:
            self.left[e.instrument].append(Left(e.id, e.day, units, self.scale[e.instrument], self.era[e.instrument]))
        return super().take(kept, units, e)

    def become(self, i: int, before: F, was: Lot | None) -> None:
        after = self.held(i)
        if before > 0 and not after:
            self.era[i] += 1
        elif before > 0:
            self.scale[i] *= after / before


def plan(came: list[Came], left: list[Left]) -> tuple[dict, dict]:
    """(by sale: what it takes, by purchase: what it gives)."""
    takes, gives = defaultdict(list), defaultdict(list)
    came = [replace(one) for one in came]
    for sale in left:
        match(sale, [one for one in came if one.day == sale.day], takes, gives)
    for sale in left:
        for day in sorted({one.day for one in came if 0 < (one.day - sale.day).days <= 30}):
            match(sale, [one for one in came if one.day == day], takes, gives)
    return takes, gives


def match(sale: Left, bought: list[Came], takes: dict, gives: dict) -> None:
    """The purchases of a day are one, unless a split came between them; each gives its part."""
    bought = [one for one in bought if one.units and one.era == sale.era]
    for scale in dict.fromkeys(one.scale for one in bought):
        alike = [one for one in bought if one.scale == scale]
        ratio, most = scale / sale.scale, sum(one.units for one in alike)
        wanted = min(r18(sale.units * ratio), most)
        for one in alike:
            units = r18(wanted * one.units / most)
            wanted, most = wanted - units, most - one.units
            at_sale = min(r18(units / ratio), sale.units)
            if units and at_sale:
                part = Lot(one.id, one.day, one.units, one.cost, one.local)
                given = part.split_off(units)
                one.units, one.cost, one.local = part.units, part.cost, part.local
                takes[sale.id].append((one.id, one.day, at_sale, given.cost, given.local))
                gives[one.id].append((sale.id, units, given.cost, given.local))
                sale.units -= at_sale


class Following:
    """Mixed into the fold for its second run: a pool, and beside it what was bought or sold ahead.  `lots` is what shows of it."""

    def follow(self, first: Any) -> None:
        self.plans = {i: plan(first.came[i], first.left[i]) for i in first.came}
        self.pool: dict[int, Lot | None] = defaultdict(lambda: None)
        self.early: dict[int, dict[tuple[int, int], Lot]] = defaultdict(dict)

    def show(self, i: int) -> None:
        """What is held, as one lot."""
        pool, lots = self.pool[i], self.lots[i]
        if lots and lots[0].units < 0:
            return
        lots.clear()
        if pool is None:
            return
        ahead = sum((one.units for one in self.early[i].values() if one.units < 0), F(0))
        kept = [one for one in self.early[i].values() if one.units > 0]
        here = pool.units + ahead
        cost, local = (r18(pool.cost * here / pool.units), r18(pool.local * here / pool.units)) if ahead else (pool.cost, pool.local)
        units = here + sum(one.units for one in kept)
        if units:
            lots.append(Lot(pool.id, pool.day, units, cost + sum(one.cost for one in kept), local + sum(one.local for one in kept)))

    def put(self, i: int, lot: Lot) -> None:
        if lot.units < 0:
            super().put(i, lot)
            return
        own = self.now.instrument == i and self.now.kind in PURCHASES
        for sale, units, cost, local in self.plans[i][1].pop(lot.id, ()) if own and i in self.plans else ():
            gone = self.early[i].pop((sale, lot.id), None)
            if gone is None:
                self.early[i][sale, lot.id] = Lot(lot.id, lot.day, units, cost, local)
            else:
                units, cost, local = -gone.units, -gone.cost, -gone.local
            lot = Lot(lot.id, lot.day, lot.units - units, lot.cost - cost, lot.local - local)
        pool = self.pool[i]
        if pool is None:
            self.pool[i] = replace(lot)
        elif lot.units or lot.cost or lot.local:
            day = min(pool.day, lot.day)
            self.pool[i] = Lot(pool.id, day, pool.units + lot.units, pool.cost + lot.cost, pool.local + lot.local)
        self.show(i)

    def take(self, kept: list[Lot], units: F, e: Any) -> list[Lot]:
        mine = [i for i, lots in self.lots.items() if lots is kept]
        if not mine or units < 0:
            return super().take(kept, units, e)
        (i,) = mine
        taken = []
        for bought, day, planned, cost, local in self.plans[i][0].pop(e.id, ()) if i in self.plans else ():
            ahead = self.early[i].pop((e.id, bought), None)
            if ahead is None:
                self.early[i][e.id, bought] = Lot(bought, day, -planned, -cost, -local)
            taken.append(Lot(bought, day, ahead.units if ahead else planned, cost, local, own=True))
            units -= taken[-1].units
        pool = self.pool[i]
        if units:
            taken.append(pool.split_off(units))
        if not pool.units and not self.early[i]:
            self.pool[i] = None
        self.show(i)
        return taken

    def become(self, i: int, before: F, was: Lot | None) -> None:
        """What shows was changed in place, by a split or in its cost: so does what it is made of."""
        now = self.lots[i][0] if self.lots[i] else None
        if before < 0 or (now and now.units < 0) or was is None:
            return
        if not self.early[i]:
            self.pool[i] = replace(now) if now else None
            return
        assert now is not None
        pool = self.pool[i]
        for key, one in self.early[i].items():
            self.early[i][key] = replace(one, units=r18(one.units * now.units / was.units))
        units = now.units - sum(one.units for one in self.early[i].values())
        self.pool[i] = Lot(pool.id, pool.day, units, pool.cost + now.cost - was.cost, pool.local + now.local - was.local)
        self.show(i)
