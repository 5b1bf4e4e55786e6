"""A second ledger, written only to be compared with: whole fractions, plain lists, nothing shared with the real one.

It knows the conventions of docs/ledger.md and is slow.  Every number is a Fraction; `r18` is the one rounding.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction as F

from portfolios.ledger.events import Event
from portfolios.ledger.replay import Rules

GRID = 10**18


def r18(x: F) -> F:
    return F(round(x * GRID), GRID)  # Python rounds a Fraction half to even


@dataclass
class State:
    lots: dict[int, list[list]] = field(default_factory=lambda: defaultdict(list))  # instrument → [opened, units, cost, local]
    cash: dict[str, list[F]] = field(default_factory=lambda: defaultdict(lambda: [F(0), F(0)]))  # currency → [amount, cost]
    realised: F = F(0)
    income: F = F(0)
    expenses: F = F(0)
    flows: F = F(0)
    gains: list[tuple] = field(default_factory=list)  # (sale, units, cost, proceeds, gain)


def fold(events: list[Event], rules: Rules) -> State:
    """`events` in the order in which they happen."""
    s = State()
    for e in events:
        one(s, e, rules)
    return s


def one(s: State, e: Event, rules: Rules) -> None:
    fx = F(e.fx_rate)

    def base(x):
        return r18(F(x) * fx)

    fees, taxes = F(getattr(e, "fees", 0)), F(getattr(e, "taxes", 0))
    main = F(getattr(e, "gross", getattr(e, "amount", 0)))
    lots = s.lots[e.instrument] if getattr(e, "instrument", None) is not None else None
    if e.kind == "buy":
        cost = base(main) + base(fees) + base(taxes)
        put(lots, e.day, F(e.quantity), cost, local(e, rules, main, main + fees + taxes, cost), rules)
        pay(s, e, -(main + fees + taxes), -cost, rules)
    elif e.kind == "sell":
        got = base(main) - base(fees) - base(taxes)
        pieces = take(lots, F(e.quantity))
        left_got, left_units = got, F(e.quantity)
        for _, units, cost, _ in pieces:
            share = left_got if units == left_units else r18(left_got * units / left_units)
            left_got, left_units = left_got - share, left_units - units
            s.gains.append((e.id, units, cost, share, share - cost))
            s.realised += share - cost
        pay(s, e, main - fees - taxes, got, rules)
    elif e.kind == "split":
        before = after = F(0)
        for lot in lots:
            before += lot[1]
            total = r18(before * F(e.ratio_new) / F(e.ratio_old))
            lot[1], after = total - after, total
    elif e.kind == "transfer_in":
        cost = base(main)
        if e.cost_local is not None and e.local_currency != rules.base_currency:
            in_local = F(e.cost_local)
        else:
            in_local = (
                cost if e.local_currency == rules.base_currency else main if e.local_currency == e.currency else r18(F(e.quantity) * F(e.local_price))
            )
        put(lots, e.acquired_on or e.day, F(e.quantity), cost, in_local, rules)
        s.flows += cost
    elif e.kind == "transfer_out":
        s.flows -= sum(piece[2] for piece in take(lots, F(e.quantity)))
    elif e.kind == "dividend" and rules.dividend_treatment == "reduce_cost":
        s.income += base(main) - lower(lots, base(main))
    elif e.kind in {"dividend", "interest"}:
        s.income += base(main)
    elif e.kind in {"fee", "tax"}:
        s.expenses += base(main)
        pay(s, e, -main, -base(main), rules)
    elif rules.tracks_cash:
        sign = 1 if e.kind == "deposit" else -1
        s.flows += sign * base(main)
        pay(s, e, sign * main - fees - taxes, sign * base(main) - base(fees) - base(taxes), rules)
    else:
        pay(s, e, -fees - taxes, -base(fees) - base(taxes), rules)
    if e.kind in {"dividend", "interest"}:
        pay(s, e, main - fees - taxes, base(main) - base(fees) - base(taxes), rules)
    if e.kind in {"transfer_in", "transfer_out"}:
        pay(s, e, -fees - taxes, -base(fees) - base(taxes), rules)
    if e.kind not in {"buy", "sell", "fee", "tax", "split"}:
        s.expenses += base(fees) + base(taxes)


def local(e, rules, gross, total, in_base):
    if e.local_currency == rules.base_currency:
        return in_base
    if e.local_currency == e.currency:
        return total
    quoted = F(e.quantity) * F(e.local_price)
    return r18(quoted * total / gross) if gross else r18(quoted)


def put(lots, opened, units, cost, in_local, rules):
    if rules.method == "average" and lots:
        lots[0] = [min(lots[0][0], opened), lots[0][1] + units, lots[0][2] + cost, lots[0][3] + in_local]
    else:
        lots.append([opened, units, cost, in_local])
        lots.sort(key=lambda lot: lot[0])  # stable: equal dates stay as they came


def take(lots, units):
    pieces = []
    while units:
        lot = lots[0]
        if lot[1] <= units:
            pieces.append(lots.pop(0))
            units -= lot[1]
        else:
            piece = [lot[0], units, r18(lot[2] * units / lot[1]), r18(lot[3] * units / lot[1])]
            lots[0] = [lot[0], lot[1] - units, lot[2] - piece[2], lot[3] - piece[3]]
            pieces.append(piece)
            units = F(0)
    return pieces


def lower(lots, amount):
    units, left = sum(lot[1] for lot in lots), amount
    for lot in sorted(lots, key=lambda lot: lot[2] / lot[1]):
        share = min(r18(left * lot[1] / units), lot[2])
        same = lot[2] == lot[3]
        new = lot[2] - share
        lot[3] = new if same else r18(lot[3] * new / lot[2]) if lot[2] else lot[3]
        lot[2], units, left = new, units - lot[1], left - share
    return amount - left


def pay(s, e, amount, worth, rules):
    if not rules.tracks_cash:
        s.flows -= worth
        return
    pool = s.cash[e.currency]
    held, cost = pool
    if e.currency == rules.base_currency:
        pool[:] = [held + amount, cost + worth]
        return
    closed = F(0) if held * amount >= 0 else min(abs(amount), abs(held)) * (1 if held > 0 else -1)  # units of the old side that end
    if not amount:
        s.realised -= worth
        return
    worth_closed = worth if closed == -amount else r18(worth * -closed / amount)
    cost_closed = cost if closed == held else r18(cost * closed / held) if held else F(0)
    if closed:
        s.realised += -worth_closed - cost_closed
        pool[:] = [held + amount, cost - cost_closed + worth - worth_closed]
    else:
        pool[:] = [held + amount, cost + worth]
