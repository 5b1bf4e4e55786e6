"""A second ledger, written only to be compared with: whole fractions, plain lists, nothing shared with the real one.

It knows the conventions of docs/ledger.md and is slow.  Every number is a Fraction; `r18` is the one rounding.  One method for
each kind of event, by its name.  Units, cost and local cost of what is short are below zero.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

from portfolios.ledger.events import Event
from portfolios.ledger.replay import Rules
from tests.ledger.reference.actions import Actions
from tests.ledger.reference.state import POOLS, Lot, r18
from tests.ledger.reference.uk import Following, Looking


def fold(events: list[Event], rules: Rules) -> Fold:
    """`events` in the order in which they happen."""
    if rules.method != "section104":
        return Fold(rules).run(events)
    first = Ahead(rules)
    first.look()
    second = Planned(rules)
    second.follow(first.run(events))
    return second.run(events)


class Fold(Actions):
    def run(self, events: list[Event]) -> Any:
        for e in events:
            self.step(e)
        return self

    # ── trades ──────────────────────────────────────────────────────────────

    def trade(self, e: Any, way: int) -> None:
        """A purchase brings units with what they cost, a sale brings units below zero with what they yielded, below zero."""
        i, gross, accrued = e.instrument, F(e.gross), F(e.accrued)
        amount, worth, own = self.costs_of(e)
        gross_worth, accrued_worth = r18(gross * F(e.fx_rate)), r18(accrued * F(e.fx_rate))
        self.quoted[i] = e.local_currency
        cost = gross_worth + way * worth
        self.arrive(e, i, Lot(e.id, e.day, way * F(e.quantity), way * cost, way * self.local_of(e, way, gross_worth, cost)))
        self.income -= way * accrued_worth
        self.pay(e.currency, -way * (gross + accrued) - amount, -way * (gross_worth + accrued_worth) - (worth - own))

    def buy(self, e: Any) -> None:
        self.trade(e, 1)

    def sell(self, e: Any) -> None:
        self.trade(e, -1)

    rights = buy_to_cover = buy
    short_sell = redemption = sell

    # ── income and money ────────────────────────────────────────────────────

    def dividend(self, e: Any) -> None:
        amount, worth, own = self.costs_of(e)
        gross = r18(F(e.gross) * F(e.fx_rate))
        reduces = self.rules.dividend_treatment == "reduce_cost" and e.kind == "dividend" and self.held(e.instrument) > 0
        self.income += gross - (self.lower(e.instrument, gross) if reduces else 0)
        self.expenses += worth
        self.pay(e.currency, F(e.gross) - amount, gross - (worth - own))

    coupon = dividend

    def reinvestment(self, e: Any) -> None:
        _, worth = self.spend(e)
        gross = r18(F(e.gross) * F(e.fx_rate))
        reduces = self.rules.dividend_treatment == "reduce_cost" and self.held(e.instrument) > 0
        self.income += gross - (self.lower(e.instrument, gross) if reduces else 0)
        self.quoted[e.instrument] = e.local_currency
        local = self.local_of(e, -1, gross, gross - worth)
        self.arrive(e, e.instrument, Lot(e.id, e.day, F(e.quantity), gross - worth, local))

    def reward(self, e: Any) -> None:
        amount, worth = self.spend(e)
        gross = r18(F(e.gross) * F(e.fx_rate))
        self.income += gross
        self.quoted[e.instrument] = e.local_currency
        self.arrive(e, e.instrument, Lot(e.id, e.day, F(e.quantity), gross, self.local_of(replace(e, fees=0, taxes=0), 1, gross, gross)))
        self.pay(e.currency, -amount, -worth)

    staking_reward = airdrop = reward

    def interest(self, e: Any) -> None:
        amount, worth = self.spend(e)
        got = r18(F(e.amount) * F(e.fx_rate))
        self.income += got
        self.pay(e.currency, F(e.amount) - amount, got - worth)

    def fee(self, e: Any) -> None:
        worth = r18(F(e.amount) * F(e.fx_rate))
        self.expenses += worth
        self.pay(e.currency, -F(e.amount), -worth)

    tax = fee

    def external(self, e: Any, sign: int) -> None:
        amount, worth = self.spend(e, sign=-1) if hasattr(e, "fees") else (F(0), F(0))
        moved = sign * r18(F(e.amount) * F(e.fx_rate))
        if self.rules.tracks_cash:
            self.flows += moved
            amount, worth = amount + sign * F(e.amount), worth + moved
        self.pay(e.currency, amount, worth)

    def deposit(self, e: Any) -> None:
        self.external(e, 1)

    def withdrawal(self, e: Any) -> None:
        self.external(e, -1)

    adjustment_of_cash = deposit

    def fx_exchange(self, e: Any) -> None:
        base, rate = self.rules.base_currency, F(e.given_rate)
        costs = r18(F(e.fees) * rate) + r18(F(e.taxes) * rate)
        worth = F(e.amount) if e.currency == base else r18(F(e.given) * rate)
        self.expenses += costs
        if self.rules.tracks_cash:
            self.pay(e.given_currency, -F(e.given) - F(e.fees) - F(e.taxes), -worth - costs)
            self.pay(e.currency, F(e.amount), worth)
        else:
            self.pay(e.given_currency, -F(e.fees) - F(e.taxes), -costs)

    # ── transfers ───────────────────────────────────────────────────────────

    def transfer_in(self, e: Any) -> None:
        self.quoted[e.instrument] = e.local_currency
        base = self.rules.base_currency
        if e.lots:
            brought = [Lot(e.id, lot.acquired_on, F(lot.quantity), r18(F(lot.cost) * F(e.fx_rate)), F(lot.cost_local)) for lot in e.lots]
            lots = self.named(brought, [])
        else:
            cost = r18(F(e.gross) * F(e.fx_rate))
            known = e.cost_local is not None and e.local_currency != base
            quoted = F(e.gross) if e.local_currency == e.currency else r18(F(e.quantity) * F(e.local_price))
            lots = [Lot(e.id, e.acquired_on or e.day, F(e.quantity), cost, F(e.cost_local) if known else quoted)]
        for lot in lots:
            lot.local = lot.cost if e.local_currency == base else lot.local
            self.flows += lot.cost
            self.arrive(e, e.instrument, lot)
        self.pay(e.currency, *self.spend(e, sign=-1))

    def transfer_out(self, e: Any) -> None:
        for lot in self.take(self.lots[e.instrument], F(e.quantity), e):
            self.flows -= lot.cost
            self.carried.append((e.id, None if self.rules.method in POOLS else lot.id, lot.day, lot.units, lot.cost, lot.local))
        self.pay(e.currency, *self.spend(e, sign=-1))

    adjustment_in = transfer_in
    adjustment_out = transfer_out


class Ahead(Looking, Fold):
    """The first run under section 104."""


class Planned(Following, Fold):
    """The second one."""
