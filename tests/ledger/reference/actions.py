"""Corporate actions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

from tests.ledger.reference.state import POOLS, Lot, State, r18, shared, taken_from


class Actions(State):
    def paid_in_cash(self, e: Any, i: int, lots: list[Lot], fraction: F, cash: F) -> None:
        """A sale of the fraction, out of these lots."""
        if not fraction and not cash:
            return
        cash = cash if lots[0].units > 0 else -cash
        worth = r18(cash * F(e.fx_rate))
        pieces = self.take(lots, fraction if lots[0].units > 0 else -fraction, e)
        cost, local = sum(lot.cost for lot in pieces), sum(lot.local for lot in pieces)
        self.close(e, i, pieces, worth, self.in_quote(e, i, cash, worth, cost, local))
        self.pay(e.currency, cash, worth)

    def multiply(self, i: int, new: F, old: F) -> None:
        lots, before = self.lots[i], self.held(i)
        was = replace(lots[0])
        lots[:] = self.scaled(lots, new, old)
        self.become(i, before, was)

    def split(self, e: Any) -> None:
        self.multiply(e.instrument, F(e.ratio_new), F(e.ratio_old))
        lots = self.lots[e.instrument]
        self.paid_in_cash(e, e.instrument, lots, F(e.fraction), F(e.cash))

    def stock_dividend(self, e: Any) -> None:
        i, lots, held = e.instrument, self.lots[e.instrument], self.held(e.instrument)
        units = F(e.quantity) if held > 0 else -F(e.quantity)
        if not e.gross:
            self.multiply(i, held + units, held)
            return
        amount = F(e.gross) if held > 0 else -F(e.gross)
        worth = r18(amount * F(e.fx_rate))
        local = self.in_quote(e, i, amount, worth, sum(lot.cost for lot in lots), sum(lot.local for lot in lots))
        self.income += worth
        self.put(i, Lot(e.id, e.day, units, worth, local))

    def return_of_capital(self, e: Any) -> None:
        i, costs = e.instrument, self.spend(e)
        sign = 1 if self.held(i) >= 0 else -1
        amount = sign * F(e.amount)
        worth = r18(amount * F(e.fx_rate))
        excess = worth - sign * self.lower(i, sign * worth)
        if excess:
            local = self.in_quote(e, i, amount, worth, F(0), F(0))
            local = excess if self.quoted[i] == self.rules.base_currency else r18(local * excess / worth)
            lots = self.lots[i] or [Lot(-1, self.opened[i], F(1), F(0), F(0))]
            weights = [lot.units for lot in lots]
            for lot, got, got_local in zip(lots, shared(excess, weights), shared(local, weights), strict=True):
                lot_id = None if self.rules.method in POOLS or lot.id < 0 else lot.id
                self.gain(e, i, Lot(lot.id, lot.day, lot.units, F(0), F(0)), got, got_local, lot_id, F(0))
        self.pay(e.currency, amount - costs[0], worth - costs[1])

    def reorganisation(self, e: Any) -> None:
        i, before = e.instrument, self.lots[e.instrument]
        sign, cash, stays = (1 if self.held(i) > 0 else -1), F(e.cash), e.kind == "spin_off"
        worth = r18(cash * F(e.fx_rate))
        on_top = cash * sign < 0 and not e.cash_share and e.legs
        shares = [F(leg.cost_share) for leg in e.legs] + [F(e.cash_share)]
        costs = [taken_from(lot.cost, shares) for lot in before]
        locals_ = [taken_from(lot.local, shares) for lot in before]
        source = [replace(lot) for lot in before]
        units = [lot.units for lot in source]
        if stays:
            for lot, cost, local in zip(before, costs, locals_, strict=True):
                lot.cost, lot.local = cost[-1], local[-1]
        else:
            before.clear()
        self.become(i, sum(units), source[0])
        weights = shares[:-1] if any(shares[:-1]) else [F(k == len(e.legs) - 1) for k in range(len(e.legs))]
        extra = shared(-worth if on_top else F(0), weights)
        extra_amount = shared(-cash if on_top else F(0), weights)
        quoted = self.quoted[i]
        for n, leg in enumerate(e.legs):
            self.quoted[leg.instrument] = leg.local_currency
            arriving = [Lot(lot.id, lot.day, lot.units, costs[k][n], locals_[k][n]) for k, lot in enumerate(source)]
            for lot in arriving:
                same = leg.local_currency == quoted
                lot.local = lot.cost if leg.local_currency == self.rules.base_currency else lot.local if same else r18(lot.local * F(leg.local_rate))
            lots = self.named(self.scaled(arriving, F(leg.ratio_new), F(leg.ratio_old)), self.lots[leg.instrument])
            cost, local = sum(lot.cost for lot in lots), sum(lot.local for lot in lots)
            more = self.in_quote(e, leg.instrument, extra_amount[n], extra[n], cost, local)
            by = [lot.units for lot in lots]
            for lot, part, part_local in zip(lots, shared(extra[n], by), shared(more, by), strict=True):
                lot.cost, lot.local = lot.cost + part, lot.local + part_local
            self.paid_in_cash(e, leg.instrument, lots, F(leg.fraction), F(leg.cash))
            for lot in lots:
                self.arrive(e, leg.instrument, lot)
        amount, spent = self.spend(e)
        if not on_top and (cash or e.cash_share):
            self.quoted[i] = quoted
            left = [Lot(lot.id, lot.day, lot.units, costs[k][-2], locals_[k][-2]) for k, lot in enumerate(source)]
            local = self.in_quote(e, i, cash, worth, sum(lot.cost for lot in left), sum(lot.local for lot in left))
            gone = self.units_for_cash(e, units, stays)
            for lot, got, got_local, part in zip(left, shared(worth, units), shared(local, units), gone, strict=True):
                self.gain(e, i, lot, got, got_local, None if self.rules.method in POOLS else lot.id, part)
        self.pay(e.currency, cash - amount, worth - spent)

    spin_off = merger = symbol_change = reorganisation

    def units_for_cash(self, e: Any, units: list[F], stays: bool) -> list[F]:
        """The units that a match of the cash shows: those that left for it alone."""
        return [F(0) if stays else abs(one) if not e.legs else abs(r18(one * F(e.cash_share))) for one in units]
