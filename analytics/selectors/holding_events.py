"""What was done with one instrument: its entries, the marks they leave on a chart, and its own money-weighted return."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

import numpy as np

from analytics.border import day_numbers, to_float64
from analytics.engine.returns import DAYS_A_YEAR, money_weighted_return
from analytics.selectors.scope import Scope, figure
from analytics.selectors.shapes import PriceMark
from market.models import Instrument
from market.selectors import PriceColumnView, day_number, price_columns
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.events import (
    Event,
    Income,
    Purchase,
    Reinvestment,
    Reorganisation,
    ReturnOfCapital,
    Reward,
    Sale,
    Split,
    StockDividend,
    TransferIn,
    TransferOut,
)
from portfolios.ledger.links import instrument_ids_of
from portfolios.models import Portfolio
from portfolios.selectors import HoldingRow, cash_worth, connected_to, events_in, payments_while_short, traces_of

ZERO = Decimal(0)


class Dealings:
    """The entries that touch one instrument in the portfolios of a scope, in the report currency.  Four queries at most, and those of `short`."""

    def __init__(self, scope: Scope, instrument: Instrument) -> None:
        self.scope, self.instrument = scope, instrument
        books = scope.told.books
        self.portfolios: list[Portfolio] = [one for one in scope.portfolios if one.pk in books and instrument.pk in books[one.pk].positions]

    @cached_property
    def by_portfolio(self) -> dict[int, list[Event]]:
        if not self.portfolios:
            return {}
        wanted = connected_to([one.pk for one in self.portfolios], [self.instrument.pk])
        scope = self.scope
        read = events_in(self.portfolios, scope.currency, instruments=wanted, until=scope.until, known_at=scope.known_at)
        return {pk: [event for event in events if self.instrument.pk in instrument_ids_of(event)] for pk, events in read.items()}

    @cached_property
    def events(self) -> list[Event]:
        """Of all portfolios, oldest first."""
        return sorted((event for events in self.by_portfolio.values() for event in events), key=lambda event: (event.day, event.sequence))

    @cached_property
    def short(self) -> set[int]:
        """The entries that paid what others receive."""
        return payments_while_short(self.portfolios, [self.instrument.pk], until=self.scope.until, known_at=self.scope.known_at)

    @cached_property
    def units_moved(self) -> dict[int, dict[int, Decimal]]:
        """By entry: the units of each instrument that came (+) or went (−) in a reorganisation.  Replays only where there is one."""
        moved: dict[int, dict[int, Decimal]] = defaultdict(dict)
        if any(isinstance(event, Reorganisation) for event in self.events):
            for trace in traces_of(self.portfolios, self.scope.currency, self.instrument.pk, until=self.scope.until, known_at=self.scope.known_at):
                for change in trace.book.changes:
                    moved[change.event_id][change.instrument] = change.quantity
        return moved


# ── marks on a chart ────────────────────────────────────────────────────────


def _side(event: Event) -> str:
    """Whether units came, went, or money was paid on them."""
    match event:
        case Purchase() | TransferIn() | Reward() | Reinvestment() | StockDividend():
            return "in"
        case Sale() | TransferOut():
            return "out"
        case Income() | ReturnOfCapital():
            return "paid"
    return ""


def marks(dealings: Dealings, column: PriceColumnView | None) -> list[PriceMark]:
    """Trades at their own price, the rest at the close of their day; what has no price on a chart is left off."""
    found = []
    for event in dealings.events:
        side = _side(event)
        if not side and not isinstance(event, Split | Reorganisation):
            continue
        own_price = getattr(event, "local_price", None)
        price = _close(column, event.day) if own_price is None else float(own_price)
        if price is None:
            continue
        found.append(
            PriceMark(
                kind=event.kind,
                side=side,
                day=event.day,
                price=price,
                quantity=getattr(event, "quantity", None),
                amount=Figure("amount", Unit.MONEY, abs(cash_worth(event)), currency=dealings.scope.currency),
                ratio=f"{plain(event.ratio_new)}:{plain(event.ratio_old)}" if isinstance(event, Split) else "",
            )
        )
    return found


def _close(column: PriceColumnView | None, day: date) -> float | None:
    """The last close on or before a day."""
    place = -1 if column is None else int(np.searchsorted(column.days, day_number(day), side="right")) - 1
    return None if column is None or place < 0 else float(column.closes[place])


# ── its own return ──────────────────────────────────────────────────────────


class _Unpriced(Exception):
    """Units were moved on a day without a price."""


def money_weighted(dealings: Dealings, row: HoldingRow | None) -> tuple[Figure, bool]:
    """The holding's own rate, and whether it is a year's: what was paid for it and received from it, and its value now.

    Units moved in kind count with the close of their day; what a spin-off or merger gives counts as received from the one and
    paid for the other.
    """
    if row is None or not row.value.known:
        why = "It was never held." if row is None else row.value.why_not
        return Figure.undefined("mwr", Unit.FRACTION, why), False
    scope, days, amounts = dealings.scope, [], []
    try:
        for event in dealings.events:
            days.append(event.day)
            amounts.append(_received(dealings, event))
    except _Unpriced as problem:
        return Figure.undefined("mwr", Unit.FRACTION, f"No price of {problem} is known on a day on which units were moved."), False
    days.append(scope.today)
    amounts.append(float(to_float64([row.value.value])[0]) if isinstance(row.value.value, Decimal) else 0.0)
    moved = [day for day, amount in zip(days, amounts, strict=True) if amount]
    annual = bool(moved) and (max(moved) - min(moved)).days >= DAYS_A_YEAR
    return figure("mwr", Unit.FRACTION, lambda: money_weighted_return(day_numbers(days), np.array(amounts))), annual


def _received(dealings: Dealings, event: Event) -> float:
    """What an entry brought to whoever holds the instrument: cash, and units at their worth."""
    pk = dealings.instrument.pk
    cash = float(cash_worth(event, short=event.id in dealings.short))
    if isinstance(event, TransferIn | TransferOut):
        sign = 1 if isinstance(event, TransferOut) else -1
        return cash + sign * float(event.quantity) * _worth(dealings, pk, event.day)
    if not isinstance(event, Reorganisation):
        return cash
    units = dealings.units_moved.get(event.id, {})
    if event.instrument != pk:
        return -float(units.get(pk, ZERO)) * _worth(dealings, pk, event.day)
    legs: Sequence[int] = sorted({leg.instrument for leg in event.legs} - {pk})
    return cash + sum(float(units.get(leg, ZERO)) * _worth(dealings, leg, event.day) for leg in legs if units.get(leg))


def _worth(dealings: Dealings, pk: int, day: date) -> float:
    """Close × rate of a day.  Raises _Unpriced."""
    instrument = dealings.instrument if pk == dealings.instrument.pk else Instrument.objects.get(pk=pk)
    columns, currency = price_columns([pk]), dealings.scope.currency
    worth = 0.0
    if columns:
        market = dealings.scope.market(columns, {pk: instrument.currency}, ())
        worth = float(market.worth_of_one(pk, currency, day_number(day), 1)[0])
    if not worth:
        raise _Unpriced(instrument.symbol)
    return worth
