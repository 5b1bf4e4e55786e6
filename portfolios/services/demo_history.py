"""The histories of the demo: what a person might have bought, paid and received, month by month, in the demo market.

Prices paid are near the close of the day (a little above for purchases, a little below for sales, as in life); amounts are
rounded to cents.  Nothing is random: the same market gives the same history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from market.models import Instrument
from market.selectors import PriceView, RateView, prices_on, rate
from portfolios.choices import TransactionKind as Kind
from portfolios.services.drafts import TransactionDraft

CENT, UNIT = Decimal("0.01"), Decimal("0.0001")
ABOVE, BELOW = Decimal("1.00037"), Decimal("0.99958")
BUY_DAY = 15


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
        spend = min(Decimal(worth), self.cash[code] - Decimal(fees))
        quantity = (spend / (price * known.rate)).quantize(places, ROUND_DOWN)
        if quantity <= 0:
            return
        amount = (quantity * price * known.rate).quantize(CENT) + Decimal(fees)
        self.cash[code] -= amount
        self.units[symbol] += quantity
        across = {"settlement_currency": code, "amount": amount} if code != instrument.currency else {"amount": amount}
        own = Decimal(fx_rate) if fx_rate and code != self.base else None
        self._add(Kind.BUY, traded, symbol, quantity=quantity, price=price, fees=Decimal(fees) or None, fx_rate=own, notes=notes, **across)

    def sell(self, day: date, symbol: str, part: str, *, fees: str = "0", taxes: str = "0", paid_in: str = "", notes: str = "") -> None:
        """Sell a part of what is held: "1" is all, "0.5" half."""
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
            notes=notes,
            **across,
        )

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


# ── shares held for the long term, in dollars, from 2008 ────────────────────

_BOUGHT: dict[tuple[int, int], tuple[tuple[str, str, str], ...]] = {
    (2008, 1): (
        ("AAPL", "3200", ""),
        ("JNJ", "7800", "The first purchases, after a long Christmas of reading"),
        ("KO", "6400", ""),
        ("XOM", "6900", ""),
    ),
    (2008, 3): (("GE", "5200", ""), ("PG", "4900", "")),
    (2008, 11): (("BAC", "2700", "It looked cheap"), ("MSFT", "5600", "")),
    (2009, 3): (("HD", "4300", ""), ("MSFT", "2400", "")),
    (2010, 2): (("PEP", "5100", ""), ("WMT", "3900", "")),
    (2011, 2): (("DGOLD", "6800", "A tenth in gold"),),
    (2012, 2): (("LLY", "2600", ""), ("JPM", "6100", "")),
    (2013, 2): (("UNH", "3100", ""), ("CVX", "4700", "")),
    (2014, 9): (("MRK", "5600", ""),),
    (2015, 2): (("DGOLD", "3900", ""), ("PFE", "4100", "")),
    (2016, 2): (("JPM", "5200", "From the sale of General Electric"),),
    (2017, 3): (("DCOIN", "1500", "For curiosity; no more than could be lost"),),
    (2018, 2): (("JNJ", "4200", ""), ("DGOLD", "4400", "")),
    (2020, 3): (("HD", "4600", "Bought while everything fell"), ("JPM", "5200", "")),
    (2021, 9): (("WMT", "8400", ""), ("DGOLD", "7600", "")),
    (2022, 6): (("CVX", "6200", ""), ("MRK", "5300", "")),
    (2023, 9): (("PG", "6700", ""),),
    (2024, 6): (("PEP", "7900", ""), ("DGOLD", "8200", "")),
    (2025, 4): (("UNH", "5400", ""), ("JNJ", "6100", "")),
}
_QUARTERLY = {"JNJ": "0.0066", "KO": "0.0076", "XOM": "0.0085", "PG": "0.0064", "PEP": "0.0069", "JPM": "0.0061", "CVX": "0.0092", "MRK": "0.0068"}


def long_term(instruments: Mapping[str, Instrument], until: date) -> list[TransactionDraft]:
    """Single shares, gold and a little of the demo coin; dividends, a gift, a house, taxes."""
    story = Story("USD", instruments, until)
    for year, month in months((2008, 1), until):
        middle = date(year, month, BUY_DAY)
        if month == 1:
            story.deposit(date(year, 1, 9), "42000" if year == 2008 else str(5200 + 300 * (year - 2008)), notes="Savings of the year before")
            story.cost(Kind.FEE, date(year, 1, 20), str(24 + 2 * (year - 2008)), notes="Custody")
        for symbol, worth, notes in _BOUGHT.get((year, month), ()):
            story.buy(middle, symbol, worth, fees="4.95", notes=notes)
        if month in {3, 6, 9, 12}:
            for symbol, part in _QUARTERLY.items():
                story.dividend(date(year, month, 10), symbol, part)
        if month == 4:
            story.cost(Kind.TAX, date(year, 4, 14), str(90 + 21 * (year - 2008)), notes="On last year’s dividends")
        if month == 12:
            story.interest(date(year, 12, 30) if date(year, 12, 30) <= until else middle, "0.006")
        for deed in _LONG_TERM_DEEDS.get((year, month), ()):
            deed(story, middle)
    return story.drafts


_Deed = Callable[[Story, date], None]
_LONG_TERM_DEEDS: dict[tuple[int, int], tuple[_Deed, ...]] = {
    (2010, 5): (lambda s, day: s.transfer_in(day, "PG", "85", "31.4275", date(2004, 6, 1), notes="From the account at the old broker"),),
    (2012, 9): (lambda s, day: s.sell(day, "BAC", "1", fees="4.95", notes="Patience ran out"),),
    (2016, 1): (lambda s, day: s.sell(day, "GE", "1", fees="4.95"),),
    (2017, 12): (lambda s, day: s.sell(day, "DCOIN", "0.4", fees="9.90", notes="Took out what was put in"),),
    (2018, 6): (
        lambda s, day: s.deposit(day, "4000", "EUR", fx_rate="1.1712", notes="Left over from the summer"),
        lambda s, day: s.buy(
            day + timedelta(days=4), "DWORLD", "3900", fees="6.50", fx_rate="1.1698", notes="Paid in euros, at the rate of the bank"
        ),
    ),
    (2019, 5): (lambda s, day: s.sell(day, "XOM", "0.5", fees="4.95"), lambda s, day: s.sell(day, "AAPL", "0.25", fees="4.95", taxes="410.37")),
    (2019, 6): (lambda s, day: s.withdraw(day, "21500", notes="Towards the house"),),
    (2021, 5): (lambda s, day: s.transfer_out(day, "KO", "40", notes="A gift to Nora"),),
    (2024, 3): (lambda s, day: s.sell(day, "PFE", "1", fees="4.95", notes="The thesis was wrong"),),
    (2025, 9): (lambda s, day: s.withdraw(day, "6200", notes="A bicycle and a summer"),),
}


# ── a savings plan, in euros, from 2013 ─────────────────────────────────────

_SAVINGS_DEEDS: dict[tuple[int, int], tuple[_Deed, ...]] = {
    (2015, 2): (
        lambda s, day: s.deposit(day, "5200", "CHF", fx_rate="0.9389", notes="The Swiss account was closed"),
        lambda s, day: s.buy(day + timedelta(days=8), "DALPIN", "5100", fees="19.00", fx_rate="0.9364"),
    ),
    (2016, 9): (lambda s, day: s.buy(day, "DWATER", "2600", fees="7.90", paid_in="EUR", notes="After the vote"),),
    (2018, 3): (lambda s, day: s.buy(day, "DCITY", "3100", fees="7.90"),),
    (2019, 10): (lambda s, day: s.buy(day, "DWATER", "2200", fees="7.90", paid_in="EUR"),),
    (2021, 4): (lambda s, day: s.sell(day, "DCITY", "0.35", fees="7.90", taxes="61.18"),),
    (2022, 10): (lambda s, day: s.transfer_out(day, "DWORLD", "25", notes="Moved to Jonas’s own account"),),
    (2023, 5): (lambda s, day: s.buy(day, "AAPL", "2900", fees="7.90", paid_in="EUR", places=Decimal(1)),),
    (2024, 5): (lambda s, day: s.sell(day, "DALPIN", "0.4", fees="21.00"),),
    (2025, 3): (lambda s, day: s.withdraw(day, "950", notes="A new boiler, in part"),),
}


def savings_plan(instruments: Mapping[str, Instrument], until: date, *, private: str = "") -> list[TransactionDraft]:
    """A fund each month, bonds each quarter, and what came along; `private` is the symbol of an unlisted share, if there is one."""
    story = Story("EUR", instruments, until)
    for year, month in months((2013, 1), until):
        middle = date(year, month, BUY_DAY)
        rate_of_saving = 350 + 25 * (year - 2013)
        story.deposit(date(year, month, 2), str(rate_of_saving + 140), notes="Standing order" if month == 1 else "")
        story.buy(middle, "DWORLD", str(rate_of_saving), fees="1.50", places=Decimal("0.000001"), notes="Savings plan")
        if month in {2, 5, 8, 11}:
            story.buy(middle, "DBONDS", "260", fees="1.50", places=Decimal("0.000001"))
            story.dividend(date(year, month, 20), "DCITY", "0.0082", withheld="0.26375")
        if month in {6, 12}:
            story.dividend(date(year, month, 18), "DWATER", "0.019", withheld="0")
        if month == 7:
            story.dividend(date(year, month, 8), "DALPIN", "0.036", withheld="0.35")
        if month == 12:
            story.cost(Kind.FEE, date(year, 12, 28) if date(year, 12, 28) <= until else middle, "18.00", notes="Custody")
        if month == 1:
            story.interest(date(year, 1, 4), "0.004" if year < 2023 else "0.018", taxes="0.26375")
            story.cost(Kind.TAX, date(year, 1, 12), str(6 + 3 * (year - 2013)) + ".40", notes="Advance lump sum")
        for deed in _SAVINGS_DEEDS.get((year, month), ()):
            deed(story, middle)
        if private:
            _brewery(story, private, year, month)
    return story.drafts


def _brewery(story: Story, symbol: str, year: int, month: int) -> None:
    """Shares of an unlisted brewery: bought in 2014, split ten for one in 2019."""
    if (year, month) == (2014, 6):
        story.deposit(date(2014, 5, 20), "6200", notes="An inheritance, in part")
        story.buy(date(2014, 6, 10), symbol, "6000", fees="45.00", places=Decimal(1), notes="At the annual meeting")
    elif (year, month) == (2019, 6):
        story.split(date(2019, 6, 3), symbol, 10, 1, notes="Ten new shares for each old one")
    elif month == 6 and year > 2015:
        story.dividend(date(year, 6, 12), symbol, "0.021", withheld="0.26375")


def brewery_prices(until: date) -> list[tuple[date, Decimal]]:
    """One valuation a year, at the meeting of the shareholders; the price falls to a tenth with the split of 2019."""
    price, rows = Decimal("240"), []
    for year in range(2014, until.year + 1):
        if year == 2019:
            rows.append((date(2019, 6, 2), price.quantize(CENT)))
            price /= 10
        if year > 2014:
            price *= Decimal("1.061") if year % 3 else Decimal("1.018")
        day = date(year, 6, 3)
        if day <= until:
            rows.append((day, price.quantize(CENT)))
    return rows
