"""What was commanded, and what it must come to: a list of entries, put in order and folded by the independent reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import Event
from portfolios.ledger.replay import Rules
from tests.ledger.reference import Fold, fold
from tests.ledger.reference.state import POOLS, meant
from tests.truth.entries import Entry

# the order inside one day, said once more: corporate actions, units in, units out, the rest
_ACTIONS = {"split", "stock_dividend", "spin_off", "merger", "symbol_change", "rights"}
_IN = {"buy", "buy_to_cover", "reinvestment", "staking_reward", "airdrop", "transfer_in", "adjustment_in"}
_OUT = {"sell", "short_sell", "redemption", "transfer_out", "adjustment_out"}
_NEEDS_UNITS = {"split", "stock_dividend", "spin_off", "merger", "symbol_change"}


def place(event: Event) -> tuple[Any, ...]:
    """Entries with a time stand in the middle of their day; the harmless ones without a time before them, the others after."""
    rank = 0 if event.kind in _ACTIONS else 1 if event.kind in _IN else 2 if event.kind in _OUT else 3
    if event.time is None:
        return (event.day, rank if rank < 2 else rank + 1, 0, 0, event.sequence, event.id)
    return (event.day, 2, event.time.timestamp(), rank, event.sequence, event.id)


class Impossible(Exception):
    """The ledger must refuse this history."""


class _Judge(Fold):
    """The reference, asked before each event whether it may happen.  What may be refused depends on units, not on the matching."""

    real: Rules

    def step(self, e: Event) -> None:
        _refuse(self, e, self.real)
        super().step(e)


def folded(events: Iterable[Event], rules: Rules) -> Fold:
    """Raises Impossible."""
    ordered = sorted(events, key=place)
    state: Fold = judge_of(rules).run(ordered)
    return fold(ordered, rules) if rules.method == "section104" else state


def judge_of(rules: Rules) -> _Judge:
    """A fold that raises Impossible at the step that cannot be; under section 104 only its units are right."""
    judge = _Judge(replace(rules, method="average") if rules.method == "section104" else rules)
    judge.real = rules
    return judge


def _refuse(state: Fold, event: Any, rules: Rules) -> None:
    """What docs/ledger.md says is refused."""
    kind, instrument = event.kind, getattr(event, "instrument", None)
    if instrument is None:
        return
    held = state.held(instrument)
    if kind in _OUT and event.quantity > held and not (kind in {"sell", "short_sell"} and rules.allows_short):
        raise Impossible(f"{kind} of {event.quantity}, held {held}")
    if kind == "short_sell" and not rules.allows_short:
        raise Impossible("no short positions")
    if kind == "buy_to_cover" and event.quantity > max(-held, 0):
        raise Impossible("more is covered than is short")
    if kind in _NEEDS_UNITS and not held:
        raise Impossible(f"{kind} of nothing")
    if kind == "return_of_capital" and instrument not in state.quoted:
        raise Impossible("capital of what was never held")
    if kind == "split" and not _after(held, event):
        raise Impossible("a split that leaves nothing")
    if kind == "split" and event.fraction > abs(_after(held, event)):
        raise Impossible("more is paid in cash than there is")
    if any(not _after(held, leg) for leg in getattr(event, "legs", ())):
        raise Impossible("a leg that gives nothing")
    if kind in _OUT and (getattr(event, "lots", ()) or getattr(event, "method", "")):
        _refuse_choice(state, event, rules)


def _refuse_choice(state: Fold, event: Any, rules: Rules) -> None:
    method = event.method or rules.method
    if (rules.method in POOLS or method in POOLS) and (event.lots or method != rules.method):
        raise Impossible("the method keeps no lots apart")
    for choice in event.lots:
        open_units = sum(lot.units for lot in state.lots[event.instrument] if meant(lot, choice))
        if choice.quantity > open_units or choice.quantity > event.quantity:
            raise Impossible("the lot is not open")


def _after(held: Fraction, event: Any) -> Fraction:
    return Fraction(round(held * Fraction(event.ratio_new) / Fraction(event.ratio_old) * 10**18), 10**18)


@dataclass
class Ledger:
    """One portfolio as it was commanded.  `entries` by number, in the order recorded; those in `gone` are voided."""

    key: int
    rules: Rules
    entries: dict[int, Entry] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    @property
    def base(self) -> str:
        return str(self.rules.base_currency)

    def events(self, *, without: Iterable[int] = (), put: dict[int, Entry] | None = None, added: Iterable[Entry] = ()) -> list[Event]:
        """As it is, or as it would be after a change.  Entries that are added come after all others of their day."""
        live = {number: entry for number, entry in self.entries.items() if number not in self.gone and number not in set(without)}
        live |= put or {}
        found = [entry.event(number, self.base) for number, entry in live.items()]
        last = max(self.entries, default=0)
        return found + [entry.event(last + 1 + n, self.base) for n, entry in enumerate(added)]

    def allows(self, **change: Any) -> bool:
        try:
            folded(self.events(**change), self.rules)
        except Impossible:
            return False
        return True

    def upto(self, day: date) -> Fold:
        """As it stands at the end of a day."""
        return folded((e for e in self.events() if e.day <= day), self.rules)


def decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def rules_for(base: str, method: str, treatment: str, *, tracks_cash: bool, allows_short: bool = False) -> Rules:
    return Rules(Currency(base), method, treatment, tracks_cash, allows_short)
