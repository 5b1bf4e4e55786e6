"""What was commanded, and what it must come to: a list of entries, put in order and folded by the independent reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import Event
from portfolios.ledger.replay import Rules
from tests.ledger.reference import State, fold, one
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


def folded(events: Iterable[Event], rules: Rules) -> State:
    """Raises Impossible."""
    state = State()
    for event in sorted(events, key=place):
        _refuse(state, event, rules)
        one(state, event, rules)
    return state


def units(state: State, instrument: int) -> Fraction:
    return sum((lot[1] for lot in state.lots[instrument]), Fraction(0))


def _refuse(state: State, event: Event, rules: Rules) -> None:
    if getattr(event, "instrument", None) is None:
        return
    held = units(state, event.instrument)
    if event.kind in _OUT and event.quantity > held and (event.kind not in {"sell", "short_sell"} or not rules.allows_short):
        raise Impossible(f"{event.kind} of {event.quantity}, held {held}")
    if event.kind in _NEEDS_UNITS and not held:
        raise Impossible(f"{event.kind} of nothing")
    if event.kind == "split" and not any(_after(held, event)):
        raise Impossible("a split that leaves nothing")


def _after(held: Fraction, event: Any) -> list[int]:
    return [round(held * Fraction(event.ratio_new) / Fraction(event.ratio_old) * 10**18)]


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

    def held(self, instrument: int, until: date) -> Decimal:
        """Units at the end of a day; below zero where they are short."""
        state = fold(sorted((e for e in self.events() if e.day <= until), key=place), self.rules)
        return decimal(units(state, instrument))


def decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def rules_for(base: str, method: str, treatment: str, *, tracks_cash: bool, allows_short: bool = False) -> Rules:
    return Rules(Currency(base), method, treatment, tracks_cash, allows_short)
