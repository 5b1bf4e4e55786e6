"""Spin-offs, mergers and changes of symbol, as they are entered and as the ledger must see them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from market.models import Instrument
from portfolio_site.kernel.money import Currency
from portfolios.ledger import events as ev
from portfolios.services.drafts import LegDraft
from tests.truth.entries import ZERO, Entry, Made, Writer
from tests.truth.world import reference_rate


def _leg(w: Writer, target: Instrument, new: int, old: int, share: Decimal) -> tuple[LegDraft, Callable[[Entry, str], ev.Leg]]:
    """A leg as it is entered; and as the ledger must see it, at the reference rate of the day between the two quotes."""
    source, there = str(w.instrument.currency), str(target.currency)
    draft = LegDraft(instrument=target, ratio_new=Decimal(new), ratio_old=Decimal(old), cost_share=share)

    def leg(entry: Entry, base: str) -> ev.Leg:
        rate = reference_rate(source, there, entry.day)
        return ev.Leg(
            instrument=target.pk, ratio_new=Decimal(new), ratio_old=Decimal(old), cost_share=share, local_currency=Currency(there), local_rate=rate
        )

    return draft, leg


def _reorganisation(w: Writer, cls: type[ev.Event], made: list[Any], *, cash: Decimal = ZERO, cash_share: Decimal = ZERO) -> Made:
    currency = str(w.instrument.currency)
    w.fields["legs"] = tuple(draft for draft, _ in made)
    truth: dict[str, Any] = {"legs": lambda entry, base: tuple(leg(entry, base) for _, leg in made)}
    rate = None
    if cash:
        fees, taxes = w.costs(some=0.3)
        rate = w.own_rate(currency)
        w.fields["amount"] = cash - fees - taxes
        truth |= {"cash": cash, "fees": fees, "taxes": taxes}
    if cash_share:
        w.fields["cost_share"] = truth["cash_share"] = cash_share
    return cls, truth, currency, rate


def _others(w: Writer) -> list[Instrument]:
    return [one for one in w.world.shares if one != w.instrument]


def spin_off(w: Writer) -> Made:
    share = Decimal(w.random.randint(0, 40)) / 100
    new, old = w.random.choice([(1, 4), (1, 3), (2, 1)])
    return _reorganisation(w, ev.SpinOff, [_leg(w, w.random.choice(_others(w)), new, old, share)])


def merger(w: Writer) -> Made:
    """Into shares of one or two, for cash, or for both."""
    form, others = w.random.choice(["shares", "two", "cash", "both"]), _others(w)
    new, old = w.random.choice([(1, 2), (3, 1), (2, 3)])
    if form == "shares":
        return _reorganisation(w, ev.Merger, [_leg(w, others[0], new, old, Decimal(1))])
    if form == "two":
        share = Decimal(w.random.randint(1, 99)) / 100
        return _reorganisation(w, ev.Merger, [_leg(w, others[0], new, old, share), _leg(w, others[1], 1, 1, 1 - share)])
    cash = w.number(5000, "50")
    if form == "cash":
        return _reorganisation(w, ev.Merger, [], cash=cash, cash_share=Decimal(1))
    share = Decimal(w.random.randint(1, 99)) / 100
    return _reorganisation(w, ev.Merger, [_leg(w, others[0], new, old, share)], cash=cash, cash_share=1 - share)


def symbol_change(w: Writer) -> Made:
    return _reorganisation(w, ev.SymbolChange, [_leg(w, w.random.choice(_others(w)), 1, 1, Decimal(1))])
