"""Every kind of entry twice: the fields that a person enters, and the event that the ledger must make of them.

Nothing of the product's own translation is used here.  Numbers come from one seed for each entry, as in tests/ledger/strategies.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from market.models import Instrument
from portfolio_site.kernel.decimals import product, quotient, rounded
from portfolio_site.kernel.money import Currency
from portfolios.ledger import events as ev
from tests.truth.world import World, reference_rate

ZERO = Decimal(0)


@dataclass(frozen=True)
class Entry:
    """fields: of TransactionDraft.  truth: of the event `cls`, without what every event has.  rate: the trade's own, or None."""

    kind: str
    day: date
    cls: type[ev.Event]
    fields: dict[str, Any]
    truth: dict[str, Any]
    currency: str
    instrument: Instrument | None = None
    time: datetime | None = None
    rate: Decimal | None = None

    @property
    def draft(self) -> dict[str, Any]:
        more = {"traded_at": self.time} if self.time else {}
        return {"kind": self.kind, "traded_on": self.day, "instrument": self.instrument, **self.fields, **more}

    def event(self, number: int, base: str) -> ev.Event:
        rate = Decimal(1) if self.currency == base else self.rate or reference_rate(self.currency, base, self.day)
        truth = {name: value(self, base) if callable(value) else value for name, value in self.truth.items()}
        if self.instrument is not None:
            truth["instrument"] = self.instrument.pk
        return self.cls(id=number, sequence=number, day=self.day, time=self.time, currency=Currency(self.currency), fx_rate=rate, **truth)

    def moved(self, day: date) -> Entry:
        """On another day; the time of the old one does not stay."""
        acquired = self.truth.get("acquired_on")
        if acquired is not None and acquired > day:
            return self
        return replace(self, day=day, time=None)

    def renumbered(self, numbers: Mapping[int, int]) -> Entry:
        """In a ledger whose entries have other numbers: those of the lots that it names."""
        if not self.truth.get("lots"):
            return self
        return replace(self, truth=self.truth | {"lots": tuple(lot._replace(event_id=numbers[lot.event_id]) for lot in self.truth["lots"])})


@dataclass
class Writer:
    """What a generator may look at."""

    random: Random
    world: World
    day: date
    base: str
    instrument: Instrument
    held: Decimal
    short: Decimal = ZERO
    lots: tuple[tuple[tuple[Any, ...], Decimal], ...] = ()  # open on the day: its name (entry; and day, and place), units
    apart: bool = False  # whether the portfolio's method keeps lots apart
    fields: dict[str, Any] = field(default_factory=dict)

    def number(self, largest: int, smallest: str = "0") -> Decimal:
        places = self.random.choice([0, 2, 2, 8, 18])
        return max(Decimal(self.random.randint(0, largest * 10**places)).scaleb(-places), Decimal(smallest))

    def units(self) -> Decimal:
        return self.number(100, "1e-18")

    def part_of_held(self) -> Decimal:
        """All of it, a part, or, one time in ten, more than there is."""
        chance = self.random.random()
        if not self.held or chance < 0.1:
            return self.held + self.units()
        return self.held if chance < 0.4 else rounded(self.held * self.random.randint(1, 999) / 1000) or self.held

    def costs(self, *, some: float = 0.5) -> tuple[Decimal, Decimal]:
        """Fees and taxes, written into the fields where there are any."""
        found = []
        for name in ("fees", "taxes"):
            amount = self.number(20) if self.random.random() < some else ZERO
            if amount:
                self.fields[name] = amount
            found.append(amount)
        return found[0], found[1]

    def settled(self, *, in_other: float = 0.3) -> tuple[str, Decimal | None]:
        """The settlement currency, and a rate of one's own."""
        own, other = str(self.instrument.currency), self.random.choice(["EUR", "USD"])
        currency = other if self.random.random() < in_other else own
        return currency, self.own_rate(currency)

    def own_rate(self, currency: str) -> Decimal | None:
        if currency == self.base or self.random.random() < 0.5:
            return None
        rate = Decimal(self.random.randint(1, 3 * 10**6)).scaleb(-6)
        self.fields["fx_rate"] = rate
        return rate


Made = tuple[type[ev.Event], dict[str, Any], str, Decimal | None]


def _local(w: Writer, price: Decimal) -> dict[str, Any]:
    factor = w.instrument.price_factor
    return {"local_price": product(price, factor), "local_currency": Currency(w.instrument.currency)}


def _trade(w: Writer, cls: type[ev.Event], way: int, quantity: Decimal) -> Made:
    """By price alone, or with the cash that moved, which may be in another currency than the price."""
    price, (fees, taxes) = w.number(1000), w.costs()
    accrued = w.number(5) if w.instrument.asset_class == "bond" and w.random.random() < 0.6 else ZERO
    w.fields |= {"quantity": quantity, "price": price} | ({"accrued": accrued} if accrued else {})
    gross = rounded(quantity * price * w.instrument.price_factor)
    if w.random.random() < 0.5:
        currency, rate = str(w.instrument.currency), w.own_rate(str(w.instrument.currency))
    else:
        currency, rate = w.settled(in_other=0.6)
        gross = w.number(10_000) + (fees + taxes if way < 0 else 0)
        w.fields |= {"amount": gross + way * (fees + taxes) + accrued, "settlement_currency": currency}
    truth = {"quantity": quantity, "gross": gross, "fees": fees, "taxes": taxes, **_local(w, price)}
    return cls, truth | ({"accrued": accrued} if accrued else {}), currency, rate


def buy(w: Writer) -> Made:
    return _trade(w, ev.Buy, 1, w.units())


def sell(w: Writer) -> Made:
    """One in three says which lots, or which method, where lots are kept apart."""
    cls, truth, currency, rate = _trade(w, ev.Sell, -1, w.part_of_held())
    if w.apart and w.random.random() < 0.35:
        if w.random.random() < 0.5:
            w.fields["method"] = truth["method"] = w.random.choice(["fifo", "lifo", "hifo", "lofo"])
        elif w.lots:
            name, units = w.random.choice(w.lots)
            wanted = min(units, truth["quantity"])
            choice = ev.LotChoice(name[0], wanted if w.random.random() < 0.8 else wanted + 1, *name[1:])
            w.fields["lots"] = truth["lots"] = (choice,)
            truth["method"] = "specific"  # what it leaves open is taken oldest first, whatever the portfolio's method
    return cls, truth, currency, rate


def short_sell(w: Writer) -> Made:
    return _trade(w, ev.ShortSell, -1, w.units())


def buy_to_cover(w: Writer) -> Made:
    quantity = w.short if w.short and w.random.random() < 0.5 else rounded(w.short / 3) or w.units()
    return _trade(w, ev.BuyToCover, 1, quantity)


def rights(w: Writer) -> Made:
    return _trade(w, ev.Rights, 1, w.units())


def redemption(w: Writer) -> Made:
    return _trade(w, ev.Redemption, -1, w.part_of_held())


def _income(w: Writer, cls: type[ev.Event]) -> Made:
    fees, taxes = w.costs()
    currency, rate = w.settled()
    amount = w.number(500, "0.01")
    if w.random.random() < 0.15:
        amount = -amount
    w.fields |= {"amount": amount, "settlement_currency": currency}
    return cls, {"gross": amount + fees + taxes, "fees": fees, "taxes": taxes}, currency, rate


def dividend(w: Writer) -> Made:
    return _income(w, ev.Dividend)


def coupon(w: Writer) -> Made:
    return _income(w, ev.Coupon)


def reinvestment(w: Writer) -> Made:
    fees, taxes = w.costs()
    currency, units = str(w.instrument.currency), w.units()
    rate, amount = w.own_rate(currency), w.number(500, "0.01")
    w.fields |= {"amount": amount, "reinvested_quantity": units}
    gross = amount + fees + taxes
    return ev.Reinvestment, {"gross": gross, "fees": fees, "taxes": taxes, "quantity": units, **_local(w, ZERO)}, currency, rate


def _reward(w: Writer, cls: type[ev.Event]) -> Made:
    fees, taxes = w.costs(some=0.2)
    currency, units, price = str(w.instrument.currency), w.units(), w.number(100)
    rate = w.own_rate(currency)
    w.fields |= {"quantity": units, "price": price}
    gross = rounded(units * price * w.instrument.price_factor)
    return cls, {"quantity": units, "gross": gross, "fees": fees, "taxes": taxes, **_local(w, price)}, currency, rate


def staking_reward(w: Writer) -> Made:
    return _reward(w, ev.StakingReward)


def airdrop(w: Writer) -> Made:
    return _reward(w, ev.Airdrop)


def _money(w: Writer, cls: type[ev.Event], *, costs_on_top: bool = False) -> Made:
    fees, taxes = w.costs(some=0.2)
    currency = w.random.choice(["EUR", "EUR", "USD"])
    rate, amount = w.own_rate(currency), w.number(10_000, "0.01")
    w.fields |= {"amount": amount + (fees + taxes if costs_on_top else 0), "settlement_currency": currency}
    return cls, {"amount": amount + (0 if costs_on_top else fees + taxes), "fees": fees, "taxes": taxes}, currency, rate


def deposit(w: Writer) -> Made:
    return _money(w, ev.Deposit)


def withdrawal(w: Writer) -> Made:
    return _money(w, ev.Withdrawal, costs_on_top=True)


def interest(w: Writer) -> Made:
    return _money(w, ev.Interest)


def _charge(w: Writer, cls: type[ev.Event]) -> Made:
    currency = w.random.choice(["EUR", "EUR", "USD"])
    rate, amount = w.own_rate(currency), w.number(100, "0.01")
    if w.random.random() < 0.15:
        amount = -amount
    w.fields |= {"amount": amount, "settlement_currency": currency}
    return cls, {"amount": amount}, currency, rate


def fee(w: Writer) -> Made:
    return _charge(w, ev.Fee)


def tax(w: Writer) -> Made:
    return _charge(w, ev.Tax)


def split(w: Writer) -> Made:
    new, old = w.random.choice([(2, 1), (4, 1), (1, 10), (3, 2), (7, 3), (1, 3)])
    w.fields |= {"ratio_new": Decimal(new), "ratio_old": Decimal(old)}
    truth: dict[str, Any] = {"ratio_new": Decimal(new), "ratio_old": Decimal(old)}
    currency, rate = str(w.instrument.currency), None
    if w.held * new / old > 1 and w.random.random() < 0.4:
        fraction, cash = Decimal("0.5"), w.number(50, "0.01")
        rate = w.own_rate(currency)
        w.fields |= {"quantity": fraction, "amount": cash}
        truth |= {"fraction": fraction, "cash": cash}
    return ev.Split, truth, currency, rate


def stock_dividend(w: Writer) -> Made:
    units = w.units()
    w.fields["quantity"] = units
    truth: dict[str, Any] = {"quantity": units}
    currency, rate = str(w.instrument.currency), None
    if w.random.random() < 0.4:
        gross, rate = w.number(200, "0.01"), w.own_rate(currency)
        w.fields["amount"] = truth["gross"] = gross
    return ev.StockDividend, truth, currency, rate


def return_of_capital(w: Writer) -> Made:
    fees, taxes = w.costs(some=0.2)
    currency = str(w.instrument.currency)
    rate, amount = w.own_rate(currency), w.number(2000, "0.01")
    w.fields["amount"] = amount
    return ev.ReturnOfCapital, {"amount": amount + fees + taxes, "fees": fees, "taxes": taxes}, currency, rate


def transfer_in(w: Writer) -> Made:
    fees, taxes = w.costs(some=0.2)
    currency, units, price = str(w.instrument.currency), w.units(), w.number(1000)
    rate = w.own_rate(currency)
    w.fields |= {"quantity": units, "price": price}
    truth = {"quantity": units, "gross": rounded(units * price * w.instrument.price_factor), "fees": fees, "taxes": taxes, **_local(w, price)}
    if w.random.random() < 0.5:
        w.fields["acquired_on"] = truth["acquired_on"] = w.day - timedelta(days=w.random.randint(0, 900))
    return ev.TransferIn, truth, currency, rate


def transfer_out(w: Writer) -> Made:
    fees, taxes = w.costs(some=0.2)
    w.fields["quantity"] = quantity = w.part_of_held()
    currency = str(w.instrument.currency)
    rate = w.own_rate(currency) if fees or taxes else None
    return ev.TransferOut, {"quantity": quantity, "fees": fees, "taxes": taxes}, currency, rate


def adjustment_in(w: Writer) -> Made:
    currency, units, price = str(w.instrument.currency), w.units(), w.number(1000)
    rate = w.own_rate(currency)
    w.fields |= {"quantity": units, "price": price}
    return ev.AdjustmentIn, {"quantity": units, "gross": rounded(units * price * w.instrument.price_factor), **_local(w, price)}, currency, rate


def adjustment_out(w: Writer) -> Made:
    quantity = w.part_of_held()
    w.fields["quantity"] = -quantity
    return ev.AdjustmentOut, {"quantity": quantity}, str(w.instrument.currency), None


def adjustment_of_cash(w: Writer) -> Made:
    currency = w.random.choice(["EUR", "USD"])
    rate, amount = w.own_rate(currency), w.number(1000, "0.01") * w.random.choice([1, -1])
    w.fields |= {"amount": amount, "currency": currency}
    return ev.AdjustmentOfCash, {"amount": amount}, currency, rate


def fx_exchange(w: Writer) -> Made:
    """Between the two currencies of this world, one of which is always the portfolio's own.  It says its own rate."""
    fees, taxes = w.costs(some=0.3)
    received = w.random.choice(["EUR", "USD"])
    given = "USD" if received == "EUR" else "EUR"
    amount, other = w.number(1000, "0.01"), w.number(1000, "0.01")
    w.fields |= {"amount": amount, "currency": received, "given_amount": other, "settlement_currency": given}

    def given_rate(entry: Entry, base: str) -> Decimal:
        """What the two amounts say; one of the currencies is the portfolio's own."""
        return Decimal(1) if given == base else quotient(amount, other)

    truth = {"amount": amount, "given": other, "given_currency": Currency(given), "given_rate": given_rate, "fees": fees, "taxes": taxes}
    return ev.FxExchange, truth, received, (w.base == given and quotient(other, amount)) or None
