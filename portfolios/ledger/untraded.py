"""A ledger as it would be had nothing been traded after a day.  numbers.md: "Had I never traded".

What is held at the close of that day is kept.  Later purchases, sales and exchanges of currency did not happen, so that the money they would have
moved stays where it was.  Everything else is as it was: money that came and went, interest, costs of the account, units moved in; and what
happens to units whoever holds them (dividends, splits, mergers, redemptions, units moved out) happens to as many as are kept.

A holding is *parted* once a trade of it did not happen: from there on the ledger knows of other units than are kept.  What an entry does to it counts
for each unit that the ledger had before the day of the entry; where it had none any more, what the market reports counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal, localcontext
from itertools import groupby
from typing import Any

from portfolio_site.kernel.decimals import EXACT, ONE_UNIT, rounded
from portfolio_site.kernel.money import Currency
from portfolios.ledger.book import Book
from portfolios.ledger.events import (
    ONE,
    ZERO,
    Buy,
    BuyToCover,
    Dividend,
    Event,
    FxExchange,
    Redemption,
    Reinvestment,
    Reorganisation,
    Reward,
    Rights,
    Sell,
    ShortSell,
    Split,
    StockDividend,
    TransferIn,
    TransferOut,
    in_ledger_order,
)
from portfolios.ledger.handlers import HANDLERS
from portfolios.ledger.replay import replay
from portfolios.ledger.run import Rules, Run

TRADES = (Buy, BuyToCover, Rights, Sell, ShortSell, FxExchange)
_OF_UNITS = ("amount", "gross", "fees", "taxes", "accrued", "quantity", "fraction", "cash")  # fields that count for each unit held
_MOVES_UNITS = (Reward, Reinvestment, StockDividend, Redemption, TransferOut)
_NOBODY = 0  # the number of what no entry told


@dataclass(frozen=True, slots=True)
class Reported:
    """What the market says happened to one unit: it became ratio_new of ratio_old, or was paid `paid` of base currency, before tax."""

    day: date
    instrument: int
    ratio_new: Decimal = ONE
    ratio_old: Decimal = ONE
    paid: Decimal = ZERO


def untraded(events: Iterable[Event], rules: Rules, *, after: date, reported: Iterable[Reported] = ()) -> Book:
    """The book of a ledger without its trades after the close of `after`; where nothing was traded it is the book of the ledger.

    events    of a ledger that can be replayed under `rules`
    reported  of what was traded after that close

    Raises portfolios.errors.LedgerRefused where an entry has no meaning without a trade.
    """
    return replay(kept_events(events, rules, after=after, reported=reported), rules)


def kept_events(events: Iterable[Event], rules: Rules, *, after: date, reported: Iterable[Reported] = (), book: Book | None = None) -> list[Event]:
    """The entries that are left of a ledger, each as it would have been, in their order.

    book  of all these entries, from a caller that has it: it spares a replay
    """
    ordered = in_ledger_order(events)
    if not any(isinstance(event, TRADES) and event.day > after for event in ordered):
        return ordered
    whole = replay(ordered, replace(rules, only=None)) if book is None else book
    units = {step.instrument: step.quantity_after for step in whole.steps if step.day <= after}
    quoted = {pk: whole.positions[pk].currency for pk in units}
    first = next(place for place, event in enumerate(ordered) if event.day > after)
    return [*ordered[:first], *_Keeping(rules, units, quoted, after).of(ordered[first:], reported)]


class _Keeping:
    """The units of the ledger and those that are kept, side by side, entry by entry.  Lots and cost do not matter here: they are pooled."""

    def __init__(self, rules: Rules, units: Mapping[int, Decimal], quoted: Mapping[int, Currency | None], after: date) -> None:
        self.after, self.base = after, rules.base_currency
        pooled = rules.under("average")
        self.told, self.kept = _holding(pooled, units, quoted, after), _holding(pooled, units, quoted, after)
        self.last = {pk: held for pk, held in units.items() if held}  # units of the ledger, before it had none any more
        self.parted: set[int] = set()

    def of(self, later: Iterable[Event], reported: Iterable[Reported]) -> Iterator[Event]:
        by_day: dict[date, list[Reported]] = defaultdict(list)
        for one in sorted(reported, key=lambda one: (one.day, bool(one.paid))):
            by_day[one.day].append(one)
        entries = {day: list(group) for day, group in groupby(later, lambda event: event.day)}
        with localcontext(EXACT):
            for day in sorted({*entries, *(day for day in by_day if day > self.after)}):
                yield from self._day(entries.get(day, []), by_day[day])

    def _day(self, events: list[Event], reported: list[Reported]) -> Iterator[Event]:
        before: dict[int, tuple[Decimal, Decimal]] = {}
        for said in reported:
            if (made := self._as_event(said)) is not None:
                HANDLERS[type(made)](self.kept, made)
                yield made
        for event in events:
            instrument = getattr(event, "instrument", None)
            if instrument is not None:
                before.setdefault(instrument, (_units(self.kept, instrument), self._told(instrument)))
            left = self._left(event, *((ZERO, ZERO) if instrument is None else before[instrument]))
            HANDLERS[type(event)](self.told, event)
            self._remember(event)
            if left is not None:
                HANDLERS[type(left)](self.kept, left)
                yield left

    def _told(self, instrument: int) -> Decimal:
        return _units(self.told, instrument) or self.last.get(instrument, ZERO)

    def _remember(self, event: Event) -> None:
        for instrument in _touched(event):
            if units := _units(self.told, instrument):
                self.last[instrument] = units

    def _as_event(self, said: Reported) -> Event | None:
        """What the market reports, where units are kept that the ledger has none of any more."""
        units = _units(self.kept, said.instrument)
        if said.instrument not in self.parted or _units(self.told, said.instrument) or not units:
            return None
        told: dict[str, Any] = {"id": _NOBODY, "sequence": _NOBODY, "day": said.day, "currency": Currency(self.base), "instrument": said.instrument}
        if said.paid:
            return Dividend(**told, gross=rounded(units * said.paid))
        return Split(**told, ratio_new=said.ratio_new, ratio_old=said.ratio_old)

    def _left(self, event: Event, kept: Decimal, told: Decimal) -> Event | None:
        """The entry as it would have been; None where it would not have been."""
        if isinstance(event, TRADES):
            self.parted |= _touched(event)
            return None
        if isinstance(event, TransferIn) or not self.parted & _touched(event):
            return event
        if isinstance(event, Reorganisation):
            self.parted |= _touched(event)
        if not kept or not told:
            return None
        if isinstance(event, _MOVES_UNITS) and kept * told < ZERO:
            return None
        return _scaled(event, kept, told)


def _holding(rules: Rules, units: Mapping[int, Decimal], quoted: Mapping[int, Currency | None], day: date) -> Run:
    """A run that begins with these units, which cost nothing, and knows of those that are gone."""
    run = Run(rules)
    for instrument, held in units.items():
        stock = run.stock(instrument, day)
        stock.currency, stock.quantity = quoted[instrument], held
        if held < ZERO:
            stock.owed = run.refill([(None, day, -held, ZERO, ZERO)])
        elif held:
            stock.lots = run.refill([(None, day, held, ZERO, ZERO)])
    return run


def _touched(event: Event) -> set[int]:
    """The instruments that an entry is about."""
    legs = {leg.instrument for leg in event.legs} if isinstance(event, Reorganisation) else set()
    instrument = getattr(event, "instrument", None)
    return legs if instrument is None else legs | {instrument}


def _units(run: Run, instrument: int) -> Decimal:
    stock = run.stocks.get(instrument)
    return ZERO if stock is None else stock.quantity


def _scaled(event: Event, kept: Decimal, told: Decimal) -> Event | None:
    """What an entry did to `told` units, done to those that are kept; None where nothing is left of it."""

    def part(amount: Decimal) -> Decimal:
        return amount if kept == told else rounded(amount * kept / told)

    def fraction(units: Decimal) -> Decimal:
        """Never more than there are: rounded down."""
        return units if kept == told else abs(units * kept / told).quantize(ONE_UNIT, ROUND_DOWN)

    changed: dict[str, Any] = {name: part(value) for name in _OF_UNITS if (value := getattr(event, name, ZERO))}
    if isinstance(event, Reorganisation):
        changed["legs"] = tuple(replace(leg, fraction=fraction(leg.fraction), cash=part(leg.cash)) for leg in event.legs)
    if isinstance(event, (Redemption, TransferOut)):
        changed |= {"lots": (), "quantity": min(changed["quantity"], kept)}
    if isinstance(event, Split) and "fraction" in changed:
        changed["fraction"] = fraction(event.fraction)
    if isinstance(event, _MOVES_UNITS) and changed.get("quantity", ZERO) <= ZERO:
        return None
    return replace(event, **changed)
