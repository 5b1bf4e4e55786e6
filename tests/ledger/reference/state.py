"""What there is, and the arithmetic of lots and cash."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction as F
from typing import Any

from portfolios.ledger.events import Event
from portfolios.ledger.replay import Rules

GRID = 10**18
POOLS = {"average", "section104"}


def r18(x: F) -> F:
    return F(round(x * GRID), GRID)  # Python rounds a Fraction half to even


def shared(total: F, weights: list[F]) -> list[F]:
    """`total` by weight: each its part of what is left, so that the last one takes the rest."""
    parts, left, weight = [], total, sum(weights)
    for one in weights:
        part = left if one == weight else r18(left * one / weight)
        parts, left, weight = [*parts, part], left - part, weight - one
    return parts


def taken_from(total: F, shares: list[F]) -> list[F]:
    """The given shares (of one) of `total`; whoever brings them to one takes all that is left.  Last of the list: what stays."""
    parts, left, share_left = [], total, F(1)
    for share in shares:
        part = left if share and share == share_left else r18(total * share)
        parts, left, share_left = [*parts, part], left - part, share_left - share
    return [*parts, left]


@dataclass
class Lot:
    id: int
    day: date
    units: F
    cost: F
    local: F
    own: bool = False  # of one purchase, although the method pools
    nth: int = 1  # of several lots of that entry and day

    def split_off(self, units: F) -> Lot:
        if units == self.units:
            part = replace(self)
            self.units = self.cost = self.local = F(0)
            return part
        part = replace(self, units=units, cost=r18(self.cost * units / self.units), local=r18(self.local * units / self.units))
        self.units, self.cost, self.local = self.units - units, self.cost - part.cost, self.local - part.local
        return part


def meant(lot: Lot, choice: Any) -> bool:
    """Whether a sale names the lot: by its entry, by its day as well, or by its place among those of one day."""
    entry, day, nth = choice.event_id, choice.opened_on, choice.nth
    return lot.id == entry and (day is None or lot.day == day) and (nth is None or lot.nth == nth)


class State:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.lots: dict[int, list[Lot]] = defaultdict(list)
        self.quoted: dict[int, Any] = {}
        self.opened: dict[int, date] = {}  # since when there are units, or were the last ones
        self.cash: dict[Any, list[F]] = defaultdict(lambda: [F(0), F(0)])  # currency → [amount, cost]
        self.realised = self.income = self.expenses = self.flows = F(0)
        self.gains: list[tuple] = []  # (sale, lot, instrument, opened, closed, units, cost, proceeds, gain, price part)
        self.carried: list[tuple] = []

    def step(self, e: Event) -> None:
        before = {i: self.held(i) for i in self.lots}
        self.now = e
        getattr(self, e.kind)(e)
        for i in list(self.lots):
            if self.held(i) and self.held(i) * before.get(i, F(0)) <= 0:
                self.opened[i] = e.day

    # ── small things ────────────────────────────────────────────────────────

    def held(self, i: int) -> F:
        return sum((lot.units for lot in self.lots[i]), F(0))

    def spend(self, e: Event, *, sign: int = 1) -> tuple[F, F]:
        """Fees and taxes as expenses, paid in the settlement currency: (amount, worth)."""
        amount = F(e.fees) + F(e.taxes)
        worth = r18(F(e.fees) * F(e.fx_rate)) + r18(F(e.taxes) * F(e.fx_rate))
        self.expenses += worth
        return sign * amount, sign * worth

    def costs_of(self, e: Any) -> tuple[F, F, F]:
        """Of a trade or income: (part of the settlement amount, worth, worth that is paid in another currency)."""
        amount, own = F(e.fees) + F(e.taxes), e.costs_currency
        rate = F(e.costs_rate) if own else F(e.fx_rate)
        worth = r18(F(e.fees) * rate) + r18(F(e.taxes) * rate)
        if not own:
            return amount, worth, F(0)
        self.pay(own, -amount, -worth)
        return F(0), worth, worth

    def pay(self, currency: Any, amount: F, worth: F) -> None:
        if not self.rules.tracks_cash:
            self.flows -= worth
            return
        pool = self.cash[currency]
        held, cost = pool
        if currency == self.rules.base_currency:
            pool[:] = [held + amount, cost + worth]
            return
        if not amount:
            self.realised -= worth
            return
        closed = F(0) if held * amount >= 0 else min(abs(amount), abs(held)) * (1 if held > 0 else -1)  # of the old side, what ends
        worth_closed = worth if closed == -amount else r18(worth * -closed / amount)
        cost_closed = cost if closed == held else r18(cost * closed / held) if held else F(0)
        if closed:
            self.realised += -worth_closed - cost_closed
            pool[:] = [held + amount, cost - cost_closed + worth - worth_closed]
        else:
            pool[:] = [held + amount, cost + worth]

    def in_quote(self, e: Any, i: int, amount: F, worth: F, cost: F, local: F) -> F:
        """Money of the settlement currency in the one in which `i` is quoted; a third one at the rate at which units were bought."""
        quoted = self.quoted[i]
        return worth if quoted == self.rules.base_currency else amount if quoted == e.currency else r18(worth * local / cost) if cost else F(0)

    def local_of(self, e: Any, way: int, worth: F, whole: F) -> F:
        """What is worth `whole` with its costs, and `worth` without, in the currency of the quote."""
        if e.local_currency == self.rules.base_currency:
            return whole
        gross, own = F(e.gross), getattr(e, "costs_currency", None) or e.currency
        costs = way * (F(e.fees) + F(e.taxes))
        quoted = gross if e.local_currency == e.currency else F(e.quantity) * F(e.local_price)
        if e.local_currency == own:
            return r18(quoted) + costs
        if own == e.currency:
            return r18(quoted * (gross + costs) / gross if gross else quoted)
        return r18(quoted * whole / worth if worth else quoted)

    def become(self, i: int, before: F, was: Lot | None) -> None:
        """Called when the lots of `i` were changed in place: so many units they were, and that was the first of them."""

    # ── lots ────────────────────────────────────────────────────────────────

    def named(self, coming: list[Lot], there: list[Lot]) -> list[Lot]:
        """The lots that come, numbered on from those of the same entry and day."""
        for n, lot in enumerate(coming):
            lot.nth = 1 + max((one.nth for one in (*there, *coming[:n]) if (one.id, one.day) == (lot.id, lot.day)), default=0)
        return coming

    def put(self, i: int, lot: Lot) -> None:
        kept = self.lots[i]
        if self.rules.method in POOLS and kept:
            pool = kept[0]
            pool.day, pool.units, pool.cost, pool.local = min(pool.day, lot.day), pool.units + lot.units, pool.cost + lot.cost, pool.local + lot.local
        else:
            kept.append(replace(lot))
            kept.sort(key=lambda lot: lot.day)  # stable: equal dates stay as they came

    def order(self, kept: list[Lot], e: Any) -> list[tuple[Lot, tuple[int, F] | None]]:
        """The lots in the order in which they leave; with which choice of the sale names them, and for how many units, where one does."""
        method = getattr(e, "method", "") or self.rules.method
        by = {"lifo": lambda k: -k, "hifo": lambda k: (-kept[k].cost / kept[k].units, k), "lofo": lambda k: (kept[k].cost / kept[k].units, k)}
        named = enumerate(e.lots) if hasattr(e, "method") and method not in POOLS else []
        rest = sorted(range(len(kept)), key=by.get(method, lambda k: k))
        return [(lot, (n, F(choice.quantity))) for n, choice in named for lot in kept if meant(lot, choice)] + [(kept[k], None) for k in rest]

    def take(self, kept: list[Lot], units: F, e: Any) -> list[Lot]:
        """`units` (with the sign of what is held) out of the lots, by the method."""
        pieces: list[Lot] = []
        left_of_named: dict[int, F] = {}
        for lot, named in self.order(kept, e):
            most = abs(units) if named is None else min(abs(units), left_of_named.setdefault(*named))
            part = min(most, abs(lot.units)) * (1 if units > 0 else -1)
            if part:
                if named is not None:
                    left_of_named[named[0]] -= abs(part)
                pieces.append(lot.split_off(part))
                units -= part
        assert not units, "more leaves than is held"
        kept[:] = [lot for lot in kept if lot.units]
        return pieces

    def close(self, e: Any, i: int, pieces: list[Lot], worth: F, local: F) -> None:
        """Units of lots end for money: `worth` received for what was held, paid (below zero) for what was short."""
        pooled = self.rules.method in POOLS
        units = [lot.units for lot in pieces]
        for lot, got, got_local in zip(pieces, shared(worth, units), shared(local, units), strict=True):
            self.gain(e, i, lot, got, got_local, None if pooled and not lot.own else lot.id)

    def gain(self, e: Any, i: int, lot: Lot, got: F, got_local: F, lot_id: int | None, units: F | None = None) -> None:
        gain = got - lot.cost
        price = gain
        if lot.local and not (got == got_local and lot.cost == lot.local):
            price = r18(got_local * lot.cost / lot.local) - lot.cost
        cost, proceeds = (lot.cost, got) if lot.units > 0 else (-got, -lot.cost)
        self.realised += gain
        self.gains.append((e.id, lot_id, i, lot.day, e.day, abs(lot.units) if units is None else units, cost, proceeds, gain, price))

    def arrive(self, e: Any, i: int, lot: Lot) -> None:
        """Units come: what they find on the other side ends first, the rest stays."""
        against = self.held(i)
        if against * lot.units < 0:
            closing = lot.split_off(lot.units if abs(lot.units) <= abs(against) else -against)
            self.close(e, i, self.take(self.lots[i], -closing.units, e), -closing.cost, -closing.local)
        if lot.units:
            self.put(i, lot)

    def lower(self, i: int, amount: F) -> F:
        """Lower the cost (of what is short: its proceeds) by `amount`, to zero at most.  Returns what that could take."""
        sign, left, units = (1 if self.held(i) >= 0 else -1), amount, abs(self.held(i))
        before = self.held(i), replace(self.lots[i][0]) if self.lots[i] else None
        for lot in sorted(self.lots[i], key=lambda lot: lot.cost / lot.units):
            share = min(r18(left * abs(lot.units) / units), max(sign * lot.cost, F(0)))
            cost = lot.cost - sign * share
            lot.local = cost if self.quoted[i] == self.rules.base_currency else r18(lot.local * cost / lot.cost) if lot.cost else lot.local
            lot.cost, units, left = cost, units - abs(lot.units), left - share
        self.become(i, *before)
        return amount - left

    def scaled(self, lots: list[Lot], new: F, old: F) -> list[Lot]:
        """The lots with units × new ÷ old, rounded as a whole; a lot that rounds to nothing gives its cost to a neighbour."""
        kept, units, after, stray = [], F(0), F(0), [F(0), F(0)]
        for lot in lots:
            units += lot.units
            total = r18(units * new / old)
            here, after = total - after, total
            if here:
                kept.append(Lot(lot.id, lot.day, here, lot.cost + stray[0], lot.local + stray[1], nth=lot.nth))
                stray = [F(0), F(0)]
            else:
                stray = [stray[0] + lot.cost, stray[1] + lot.local]
        kept[-1].cost, kept[-1].local = kept[-1].cost + stray[0], kept[-1].local + stray[1]
        return kept
