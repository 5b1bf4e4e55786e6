"""Short ways to write ledgers down in tests.  Everything is in EUR at a rate of 1 unless a test says otherwise."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import product, quotient
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import (
    EVENT_TYPES,
    Buy,
    Deposit,
    Dividend,
    Fee,
    Interest,
    Leg,
    LotChoice,
    Sell,
    Split,
    Tax,
    TransferIn,
    TransferOut,
    Withdrawal,
)
from portfolios.ledger.replay import Book, Rules, replay

EUR, USD, CHF, JPY, GBP = (Currency(code) for code in ("EUR", "USD", "CHF", "JPY", "GBP"))


def D(text: str | int) -> Decimal:
    return Decimal(text)


def day(text: str | int) -> date:
    """ "2024-06-03", or the n-th of June 2024."""
    return date(2024, 6, text) if isinstance(text, int) else date.fromisoformat(text)


def at(text: str) -> datetime:
    """A time in UTC: "2024-06-03 14:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


NUMBERS = {
    "fees", "taxes", "cost_local", "accrued", "costs_rate", "gross", "amount", "quantity", "local_price", "fraction", "cash", "cash_share",
    "given", "given_rate", "ratio_new", "ratio_old",
}  # fmt: skip


def lot_choices(text: str) -> tuple[LotChoice, ...]:
    """ "2:5 1:3": five units of the lot that event 2 opened, and three of that of event 1."""
    return tuple(LotChoice(int(number), D(units)) for number, units in (one.split(":") for one in text.split()))


def leg(
    instrument: int, ratio: str, share: str | int, *, currency: Currency = EUR, rate: str | int = 1, fraction: str | int = 0, cash: str | int = 0
) -> Leg:
    new, old = ratio.split(":")
    return Leg(
        instrument=instrument, ratio_new=D(new), ratio_old=D(old), cost_share=D(share), local_currency=currency, local_rate=D(rate),
        fraction=D(fraction), cash=D(cash),
    )  # fmt: skip


class Ledger:
    """Builds events in the order written, which is the order recorded, and replays them."""

    def __init__(self, **rules: Any) -> None:
        self.rules = Rules(base_currency=rules.pop("base", EUR), **rules)
        self.events: list[Any] = []

    def _common(self, when: str | int, fx: str | int, currency: Currency, more: dict[str, Any]) -> dict[str, Any]:
        number = len(self.events) + 1
        common = {"id": number, "sequence": number, "day": day(when), "currency": currency, "fx_rate": D(fx)}
        return common | {key: D(value) if key in NUMBERS else value for key, value in more.items()}

    def _trade(
        self,
        cls: Any,
        when: str | int,
        quantity: str | int,
        price: str | int,
        instrument: int,
        currency: Currency,
        fx: str | int,
        more: dict[str, Any],
    ) -> Ledger:
        local = {"local_price": D(more.pop("local_price", price)), "local_currency": more.pop("local_currency", currency)}
        gross = more.pop("gross", None)
        amount = product(D(quantity), D(price)) if gross is None else D(gross)
        common = self._common(when, fx, currency, more)
        self.events.append(cls(**common, **local, instrument=instrument, quantity=D(quantity), gross=amount))
        return self

    def buy(
        self, when: str | int, quantity: str | int, price: str | int, instrument: int = 1, currency: Currency = EUR, fx: str | int = 1, **more: Any
    ) -> Ledger:
        return self._trade(Buy, when, quantity, price, instrument, currency, fx, more)

    def sell(
        self, when: str | int, quantity: str | int, price: str | int, instrument: int = 1, currency: Currency = EUR, fx: str | int = 1, **more: Any
    ) -> Ledger:
        return self._trade(Sell, when, quantity, price, instrument, currency, fx, more)

    def trade(
        self,
        kind: str,
        when: str | int,
        quantity: str | int,
        price: str | int,
        instrument: int = 1,
        currency: Currency = EUR,
        fx: str | int = 1,
        **more: Any,
    ) -> Ledger:
        """Any kind of purchase or sale, by its name."""
        return self._trade(EVENT_TYPES[kind], when, quantity, price, instrument, currency, fx, more)

    def event(self, kind: str, when: str | int, currency: Currency | None = None, fx: str | int = 1, **more: Any) -> Ledger:
        """Any event, by the name of its kind and with its own fields."""
        currency = currency or self.rules.base_currency
        if "quantity" in more and kind in {"reinvestment", "staking_reward", "airdrop"}:
            price = quotient(D(more["gross"]), D(more["quantity"]))
            more = {"local_price": price, "local_currency": currency} | more
        self.events.append(EVENT_TYPES[kind](**self._common(when, fx, currency, more)))
        return self

    def transfer_in(
        self, when: str | int, quantity: str | int, price: str | int, instrument: int = 1, currency: Currency = EUR, fx: str | int = 1, **more: Any
    ) -> Ledger:
        if "acquired_on" in more:
            more["acquired_on"] = day(more["acquired_on"])
        return self._trade(TransferIn, when, quantity, price, instrument, currency, fx, more)

    def transfer_out(
        self, when: str | int, quantity: str | int, instrument: int = 1, currency: Currency = EUR, fx: str | int = 1, **more: Any
    ) -> Ledger:
        self.events.append(TransferOut(**self._common(when, fx, currency, more), instrument=instrument, quantity=D(quantity)))
        return self

    def split(self, when: str | int, new: str | int, old: str | int, instrument: int = 1, **more: Any) -> Ledger:
        currency, fx = more.pop("currency", self.rules.base_currency), more.pop("fx", 1)
        common = self._common(when, fx, currency, more)
        self.events.append(Split(**common, instrument=instrument, ratio_new=D(new), ratio_old=D(old)))
        return self

    def dividend(self, when: str | int, gross: str | int, instrument: int = 1, currency: Currency = EUR, fx: str | int = 1, **more: Any) -> Ledger:
        self.events.append(Dividend(**self._common(when, fx, currency, more), instrument=instrument, gross=D(gross)))
        return self

    def _amount(self, cls: Any, when: str | int, amount: str | int, currency: Currency, fx: str | int, more: dict[str, Any]) -> Ledger:
        self.events.append(cls(**self._common(when, fx, currency, more), amount=D(amount)))
        return self

    def interest(self, when: str | int, amount: str | int, currency: Currency = EUR, fx: str | int = 1, **more: Any) -> Ledger:
        return self._amount(Interest, when, amount, currency, fx, more)

    def fee(self, when: str | int, amount: str | int, currency: Currency = EUR, fx: str | int = 1, **more: Any) -> Ledger:
        return self._amount(Fee, when, amount, currency, fx, more)

    def tax(self, when: str | int, amount: str | int, currency: Currency = EUR, fx: str | int = 1, **more: Any) -> Ledger:
        return self._amount(Tax, when, amount, currency, fx, more)

    def deposit(self, when: str | int, amount: str | int, currency: Currency = EUR, fx: str | int = 1, **more: Any) -> Ledger:
        return self._amount(Deposit, when, amount, currency, fx, more)

    def withdraw(self, when: str | int, amount: str | int, currency: Currency = EUR, fx: str | int = 1, **more: Any) -> Ledger:
        return self._amount(Withdrawal, when, amount, currency, fx, more)

    def book(self, **other_rules: Any) -> Book:
        rules = Rules(**{name: getattr(self.rules, name) for name in Rules.__slots__} | other_rules)
        return replay(self.events, rules)


def balance(book: Book, prices: dict[int, Decimal], rates: dict[Currency, Decimal]) -> Decimal:
    """V − Σ flows − (realised + unrealised + income − expenses): numbers.md says 0, to the last decimal."""
    from portfolios.ledger.gains import worth

    now = worth(book, prices, rates)
    return now.value - book.net_flows - (book.realised + now.gain + book.income - book.expenses)
