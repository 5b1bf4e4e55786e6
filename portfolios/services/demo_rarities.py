"""What happens to holdings of the demo now and then: short sales, exchanges, bonds, rewards, corrections and corporate actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from market.selectors import rate
from portfolios.choices import TransactionKind as Kind
from portfolios.services.demo_story import ABOVE, BELOW, CENT, UNIT, Story, settled
from portfolios.services.drafts import LegDraft


@dataclass
class Rarities(Story):
    """A story with the rarer verbs."""

    def sell_short(self, day: date, symbol: str, units: str, *, fees: str = "0", notes: str = "") -> None:
        if day > self.until:
            return
        traded, close = self.close(symbol, day)
        price, quantity = (close * BELOW).quantize(UNIT), Decimal(units)
        amount = (quantity * price).quantize(CENT) - Decimal(fees)
        self.units[symbol] -= quantity
        self.cash[self.instruments[symbol].currency] += amount
        numbers = {"quantity": quantity, "price": price, "amount": amount, "fees": Decimal(fees)}
        self._add(Kind.SHORT_SELL, traded, symbol, settles_on=settled(traded), notes=notes, **numbers)

    def cover(self, day: date, symbol: str, *, fees: str = "0", notes: str = "") -> None:
        """Buy back all that is short."""
        if day > self.until or self.units[symbol] >= 0:
            return
        traded, close = self.close(symbol, day)
        price, quantity = (close * ABOVE).quantize(UNIT), -self.units[symbol]
        amount = (quantity * price).quantize(CENT) + Decimal(fees)
        self.units[symbol] = Decimal(0)
        self.cash[self.instruments[symbol].currency] -= amount
        numbers = {"quantity": quantity, "price": price, "amount": amount, "fees": Decimal(fees)}
        self._add(Kind.BUY_TO_COVER, traded, symbol, settles_on=settled(traded), notes=notes, **numbers)

    def exchange(self, day: date, given: str, paid: str, *, notes: str = "") -> None:
        """All whole units of one currency that are left, for another, a little below the rate of the day."""
        amount = self.cash[given].quantize(Decimal(1), ROUND_DOWN)
        if day > self.until or amount <= 0:
            return
        received = (amount * rate(given, paid, day).rate * BELOW).quantize(CENT)
        self.cash[given] -= amount
        self.cash[paid] += received
        self._add(
            Kind.FX_EXCHANGE,
            day,
            amount=received,
            currency=paid,
            given_amount=amount,
            settlement_currency=given,
            settles_on=settled(day),
            notes=notes,
        )

    def reward(self, kind: str, day: date, symbol: str, part: str, *, worthless: bool = False, notes: str = "") -> None:
        """Units that come without being paid for: a part of those held."""
        quantity = (self.units[symbol] * Decimal(part)).quantize(Decimal("0.000001"), ROUND_DOWN)
        if day > self.until or quantity <= 0:
            return
        traded, close = self.close(symbol, day)
        self.units[symbol] += quantity
        self._add(kind, traded, symbol, quantity=quantity, price=Decimal(0) if worthless else close.quantize(UNIT), notes=notes)

    def reinvest(self, day: date, symbol: str, yield_: str, *, withheld: str = "0.15") -> None:
        """A dividend that buys units at once."""
        if day > self.until or self.units[symbol] <= 0:
            return
        traded, close = self.close(symbol, day)
        gross = (self.units[symbol] * close * Decimal(yield_)).quantize(CENT)
        taxes = (gross * Decimal(withheld)).quantize(CENT)
        units = ((gross - taxes) / close).quantize(UNIT, ROUND_DOWN)
        if units > 0:
            self.units[symbol] += units
            self._add(Kind.DIVIDEND, traded, symbol, amount=gross - taxes, taxes=taxes, reinvested_quantity=units, tags=("reinvested",))

    # ── a bond in percent of par ────────────────────────────────────────────

    def buy_bond(self, day: date, symbol: str, units: str, price: str, *, accrued: str, fees: str, notes: str = "") -> None:
        worth = Decimal(units) * Decimal(price) * self.instruments[symbol].price_factor + Decimal(accrued) + Decimal(fees)
        if day > self.until or worth > self.cash[self.base]:
            return
        self.cash[self.base] -= worth
        self.units[symbol] += Decimal(units)
        numbers = {"quantity": Decimal(units), "price": Decimal(price), "accrued": Decimal(accrued), "fees": Decimal(fees)}
        self._add(Kind.BUY, day, symbol, settles_on=settled(day), tags=("bonds",), notes=notes, **numbers)

    def coupon(self, day: date, symbol: str, each: str, *, withheld: str) -> None:
        gross = (self.units[symbol] * Decimal(each)).quantize(CENT)
        if day <= self.until and gross:
            taxes = (gross * Decimal(withheld)).quantize(CENT)
            self.cash[self.base] += gross - taxes
            self._add(Kind.COUPON, day, symbol, amount=gross - taxes, taxes=taxes, tags=("bonds",))

    def redeem(self, day: date, symbol: str, *, notes: str = "") -> None:
        """Paid back at par."""
        units = self.units[symbol]
        if day <= self.until and units:
            self.cash[self.base] += units * 100 * self.instruments[symbol].price_factor
            self.units[symbol] = Decimal(0)
            self._add(Kind.REDEMPTION, day, symbol, quantity=units, price=Decimal(100), tags=("bonds",), notes=notes)

    # ── corporate actions, and corrections ──────────────────────────────────

    def capital_back(self, day: date, symbol: str, each: str, *, notes: str = "") -> None:
        amount = (self.units[symbol] * Decimal(each)).quantize(CENT)
        if day <= self.until and amount:
            self.cash[self.base] += amount
            self._add(Kind.RETURN_OF_CAPITAL, day, symbol, amount=amount, notes=notes)

    def stock_dividend(self, day: date, symbol: str, units: str, *, notes: str = "") -> None:
        if day <= self.until and self.units[symbol]:
            self.units[symbol] += Decimal(units)
            self._add(Kind.STOCK_DIVIDEND, day, symbol, quantity=Decimal(units), notes=notes)

    def take_up_rights(self, day: date, symbol: str, units: str, price: str, *, notes: str = "") -> None:
        worth = Decimal(units) * Decimal(price)
        if day <= self.until and self.units[symbol] and worth <= self.cash[self.base]:
            self.units[symbol] += Decimal(units)
            self.cash[self.base] -= worth
            self._add(Kind.RIGHTS, day, symbol, quantity=Decimal(units), price=Decimal(price), notes=notes)

    def adjust(self, day: date, symbol: str, units: str, *, notes: str = "") -> None:
        """Units that were found, at what they are worth; or that were found missing."""
        if day > self.until or self.units[symbol] <= 0:
            return
        traded, close = self.close(symbol, day)
        self.units[symbol] += Decimal(units)
        price = close.quantize(UNIT) if Decimal(units) > 0 else None
        self._add(Kind.ADJUSTMENT, traded, symbol, quantity=Decimal(units), price=price, notes=notes)

    def become(self, kind: str, day: date, symbol: str, other: str, new: int, old: int, **fields: str) -> None:
        """Each `old` units bring `new` of another instrument: beside them (a spin-off), or in their place.

        fields  share (of the cost that goes along), each (cash for a unit), fraction_price (for a unit of what does not come whole), notes
        """
        held = self.units[symbol]
        if day > self.until or held <= 0:
            return
        units = held * new / old
        whole = units.quantize(Decimal(1), ROUND_DOWN)
        fraction = units - whole if "fraction_price" in fields else Decimal(0)
        paid = (fraction * Decimal(fields.get("fraction_price", "0"))).quantize(CENT)
        amount = (held * Decimal(fields.get("each", "0"))).quantize(CENT)
        self.units[other] += units - fraction
        if kind != Kind.SPIN_OFF:
            self.units[symbol] = Decimal(0)
        self.cash[self.base] += paid + amount
        leg = LegDraft(
            instrument=self.instruments[other],
            ratio_new=Decimal(new),
            ratio_old=Decimal(old),
            cost_share=Decimal(fields["share"]) if "share" in fields else None,
            fraction=fraction or None,
            cash=paid if fraction else None,
        )
        self._add(kind, day, symbol, legs=(leg,), amount=amount or None, notes=fields.get("notes", ""))
