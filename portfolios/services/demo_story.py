"""What a person of the demo does: each verb writes entries, and keeps account of cash and units.

Prices paid are near the close of the day (a little above for purchases, a little below for sales, as in life); amounts are
rounded to cents.  Nothing is random: the same market gives the same history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from market.models import Instrument
from market.selectors import PriceView, RateView, prices_on, rate
from portfolios.choices import TransactionKind as Kind
from portfolios.ledger.events import LotChoice
from portfolios.services.drafts import TransactionDraft

CENT, UNIT = Decimal("0.01"), Decimal("0.0001")
ABOVE, BELOW = Decimal("1.00037"), Decimal("0.99958")
BUY_DAY = 15
FRIDAY = 4


def settled(day: date) -> date:
    """Two weekdays after the trade."""
    for _ in range(2):
        day += timedelta(days=1)
        while day.weekday() > FRIDAY:
            day += timedelta(days=1)
    return day


def months(first: tuple[int, int], until: date) -> Iterator[tuple[int, int]]:
    """Every month from the first to the one whose middle is past."""
    year, month = first
    while date(year, month, BUY_DAY) <= until - timedelta(days=2):
        yield year, month
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


@dataclass
class Story:
    """Writes one ledger, and keeps account of cash and units so that nothing is spent or sold that is not there."""

    base: str
    instruments: Mapping[str, Instrument]
    until: date
    drafts: list[TransactionDraft] = field(default_factory=list)
    cash: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    units: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    _closes: dict[date, dict[int, PriceView]] = field(default_factory=dict)

    def close(self, symbol: str, day: date) -> tuple[date, Decimal]:
        """The last trading day up to `day`, and its close."""
        if day not in self._closes:
            self._closes[day] = prices_on((one.pk for one in self.instruments.values()), day)
        view = self._closes[day][self.instruments[symbol].pk]
        return view.day, view.close

    def _add(self, kind: str, day: date, symbol: str = "", **fields: Any) -> None:
        if day <= self.until:
            self.drafts.append(TransactionDraft(kind=kind, traded_on=day, instrument=self.instruments[symbol] if symbol else None, **fields))

    def deposit(self, day: date, amount: str | Decimal, currency: str = "", *, fx_rate: str | None = None, notes: str = "") -> None:
        code = currency or self.base
        if day > self.until:
            return
        self.cash[code] += Decimal(amount)
        self._add(Kind.DEPOSIT, day, amount=Decimal(amount), currency=code, fx_rate=Decimal(fx_rate) if fx_rate else None, notes=notes)

    def withdraw(self, day: date, amount: str, *, notes: str = "") -> None:
        if day <= self.until and self.cash[self.base] >= Decimal(amount):
            self.cash[self.base] -= Decimal(amount)
            self._add(Kind.WITHDRAWAL, day, amount=Decimal(amount), currency=self.base, notes=notes)

    def buy(
        self,
        day: date,
        symbol: str,
        worth: str | Decimal,
        *,
        fees: str = "0",
        paid_in: str = "",
        places: Decimal = UNIT,
        fx_rate: str | None = None,
        costs_in: str = "",
        tags: tuple[str, ...] = (),
        notes: str = "",
    ) -> None:
        """Spend about `worth` of the currency of the instrument, or of `paid_in`, as far as there is cash."""
        if day > self.until:
            return
        instrument = self.instruments[symbol]
        traded, close = self.close(symbol, day)
        price = (close * ABOVE).quantize(UNIT)
        code = paid_in or instrument.currency
        known = rate(instrument.currency, code, traded) if code != instrument.currency else RateView(Decimal(1), traded, "")
        apart = bool(costs_in) and costs_in != code
        spend = min(Decimal(worth), self.cash[code] - (0 if apart else Decimal(fees)))
        quantity = (spend / (price * known.rate)).quantize(places, ROUND_DOWN)
        if quantity <= 0:
            return
        amount = (quantity * price * known.rate).quantize(CENT) + (0 if apart else Decimal(fees))
        self.cash[code] -= amount
        self.cash[costs_in] -= Decimal(fees) if apart else 0
        self.units[symbol] += quantity
        across = {"settlement_currency": code, "amount": amount} if code != instrument.currency else {"amount": amount}
        own = Decimal(fx_rate) if fx_rate and code != self.base else None
        self._add(
            Kind.BUY,
            traded,
            symbol,
            quantity=quantity,
            price=price,
            fees=Decimal(fees) or None,
            costs_currency=costs_in if apart else "",
            fx_rate=own,
            settles_on=settled(traded),
            tags=tags,
            notes=notes,
            **across,
        )

    def sell(
        self,
        day: date,
        symbol: str,
        part: str,
        *,
        fees: str = "0",
        taxes: str = "0",
        paid_in: str = "",
        bought: tuple[int, int] | None = None,
        tags: tuple[str, ...] = (),
        notes: str = "",
    ) -> None:
        """Sell a part of what is held: "1" is all, "0.5" half; `bought` names the lot by the year and month of its purchase."""
        if day > self.until or not self.units[symbol]:
            return
        instrument = self.instruments[symbol]
        traded, close = self.close(symbol, day)
        price = (close * BELOW).quantize(UNIT)
        quantity = self.units[symbol] if part == "1" else (self.units[symbol] * Decimal(part)).quantize(UNIT, ROUND_DOWN)
        code = paid_in or instrument.currency
        known = rate(instrument.currency, code, traded).rate if code != instrument.currency else Decimal(1)
        amount = (quantity * price * known).quantize(CENT) - Decimal(fees) - Decimal(taxes)
        self.units[symbol] -= quantity
        self.cash[code] += amount
        across = {"settlement_currency": code} if code != instrument.currency else {}
        self._add(
            Kind.SELL,
            traded,
            symbol,
            quantity=quantity,
            price=price,
            amount=amount,
            fees=Decimal(fees) or None,
            taxes=Decimal(taxes) or None,
            settles_on=settled(traded),
            lots=self._lot(symbol, bought, quantity) if bought else (),
            tags=tags,
            notes=notes,
            **across,
        )

    def _lot(self, symbol: str, bought: tuple[int, int], quantity: Decimal) -> tuple[LotChoice, ...]:
        """The purchase of that month, named by its place among the drafts; as much of it as the sale is of."""
        for place, draft in enumerate(self.drafts, start=1):
            day, one = draft.traded_on, draft.instrument
            if draft.kind == Kind.BUY and one is not None and one.symbol == symbol and day is not None and (day.year, day.month) == bought:
                return (LotChoice(-place, min(quantity, draft.quantity or quantity)),)
        return ()

    def dividend(self, day: date, symbol: str, yield_: str, *, withheld: str = "0.15") -> None:
        """A part of what is held is paid out, less tax."""
        if day > self.until or not self.units[symbol]:
            return
        traded, close = self.close(symbol, day)
        each = (close * Decimal(yield_)).quantize(UNIT)
        gross = (self.units[symbol] * each).quantize(CENT)
        if gross < CENT * 100:
            return
        taxes = (gross * Decimal(withheld)).quantize(CENT)
        self.cash[self.instruments[symbol].currency] += gross - taxes
        self._add(Kind.DIVIDEND, traded, symbol, quantity=self.units[symbol], price=each, amount=gross - taxes, taxes=taxes or None)

    def interest(self, day: date, fraction: str, *, taxes: str = "0") -> None:
        amount = (self.cash[self.base] * Decimal(fraction)).quantize(CENT)
        withheld = (amount * Decimal(taxes)).quantize(CENT)
        if day <= self.until and amount > 1:
            self.cash[self.base] += amount - withheld
            self._add(Kind.INTEREST, day, amount=amount - withheld, taxes=withheld or None, currency=self.base)

    def cost(self, kind: str, day: date, amount: str, *, notes: str = "") -> None:
        if day <= self.until and self.cash[self.base] > Decimal(amount):
            self.cash[self.base] -= Decimal(amount)
            self._add(kind, day, amount=Decimal(amount), currency=self.base, notes=notes)

    def transfer_in(self, day: date, symbol: str, quantity: str, price: str, acquired_on: date, *, notes: str = "") -> None:
        self.units[symbol] += Decimal(quantity)
        self._add(Kind.TRANSFER_IN, day, symbol, quantity=Decimal(quantity), price=Decimal(price), acquired_on=acquired_on, notes=notes)

    def transfer_out(self, day: date, symbol: str, quantity: str, *, notes: str = "") -> None:
        if self.units[symbol] >= Decimal(quantity):
            self.units[symbol] -= Decimal(quantity)
            self._add(Kind.TRANSFER_OUT, day, symbol, quantity=Decimal(quantity), notes=notes)

    def split(self, day: date, symbol: str, new: int, old: int, *, notes: str = "") -> None:
        if self.units[symbol]:
            self.units[symbol] = self.units[symbol] * new / old
            self._add(Kind.SPLIT, day, symbol, ratio_new=Decimal(new), ratio_old=Decimal(old), notes=notes)
