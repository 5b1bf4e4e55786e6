"""The rules of a ledger, and its state while a replay runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import ONE_UNIT, plain
from portfolio_site.kernel.money import Currency
from portfolios.errors import CurrencyChanged, MethodPools, Oversold, RateMismatch
from portfolios.ledger.cash import Pool
from portfolios.ledger.events import ONE, ZERO, Event, Sale, TransferOut
from portfolios.ledger.lots import OpenLot, Stock
from portfolios.ledger.matching import METHODS, Method, take_as_asked, taking
from portfolios.ledger.records import EXPENSE, INCOME, REALISED
from portfolios.ledger.section104 import Plan, Shares
from portfolios.ledger.words import facts_of, in_words

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """How a portfolio keeps its ledger.

    method              a key of matching.METHODS
    dividend_treatment  "income", or "reduce_cost": a dividend lowers the remaining cost, and is income where none remains
    tracks_cash         cash is held inside; else whatever is paid comes from outside and whatever is received goes there
    allows_short        whether units may fall below zero
    asked               the method is one that a report asks for: what sales want by themselves is left aside where it pools, and
                        lots that they name are taken as far as the method has left of them
    only                these instruments alone are told, as a portfolio without cash; see `slices`.  None: the whole ledger
    """

    base_currency: Currency
    method: str = "average"
    dividend_treatment: str = "income"
    tracks_cash: bool = True
    allows_short: bool = False
    asked: bool = False
    only: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"“{self.method}” is not a cost method. Known are: {', '.join(METHODS)}.")
        if self.dividend_treatment not in {"income", "reduce_cost"}:
            raise ValueError(f"“{self.dividend_treatment}” is not a dividend treatment.")

    def under(self, method: str) -> Rules:
        """The same rules under a method that a report asks for."""
        return replace(self, method=method, asked=True)


def based(amount: Decimal, rate: Decimal) -> Decimal:
    """The amount in base currency, rounded to 18 places once, here."""
    return amount if rate == ONE or not amount else (amount * rate).quantize(ONE_UNIT)


class Run:
    """The state of one replay.  Handlers change it through the verbs below.

    What there is one of per event is kept without names: the fields of Flow, QuantityStep, CashStep, Posting and Carried end to
    end in one list each, which spares memory and the collector of reference cycles; and sales in the same way as closed by,
    instrument, day, units, amount, local amount, lots, is short.  The book gives them their names, and shares a sale's proceeds
    among its lots, when somebody asks.
    """

    __slots__ = (
        "add",
        "allows_short",
        "asked",
        "base",
        "become",
        "carried",
        "cash",
        "cash_steps",
        "expenses",
        "flows",
        "income",
        "method",
        "plans",
        "pools",
        "postings",
        "reduces",
        "refill",
        "sales",
        "steps",
        "stocks",
        "take",
        "tracks_cash",
    )

    def __init__(self, rules: Rules, method: Method | None = None, plans: dict[int, Plan] | None = None) -> None:
        self.method = method = method or METHODS[rules.method]
        self.plans = plans
        self.base = rules.base_currency
        self.add, self.take, self.refill, self.become, self.pools = method.add, method.take, method.refill, method.become, method.pools
        self.allows_short, self.asked, self.tracks_cash = rules.allows_short, rules.asked, rules.tracks_cash
        self.reduces = rules.dividend_treatment == "reduce_cost"
        self.stocks: dict[int, Stock] = {}
        self.cash: dict[Currency, Pool] = {}
        self.income = ZERO  # of no instrument, as the expenses
        self.expenses = ZERO
        self.sales: list[Any] = []
        self.carried: list[Any] = []
        self.flows: list[Any] = []
        self.steps: list[Any] = []
        self.cash_steps: list[Any] = []
        self.postings: list[Any] = []

    # ── what an event is about ──────────────────────────────────────────────

    def stock(self, instrument: int, day: date) -> Stock:
        """The instrument, marked as touched on that day."""
        stock = self.stocks.get(instrument)
        if stock is None:
            lots = self.refill(()) if self.plans is None else Shares((), self.plans.get(instrument))
            stock = self.stocks[instrument] = Stock(instrument, day, lots)
        stock.changed_on = day
        return stock

    def rate(self, event: Event, currency: Currency | None = None, rate: Decimal | None = None) -> Decimal:
        """Units of base currency for one unit of the settlement currency, or of another one that the event names with its rate."""
        known = event.fx_rate if rate is None else rate
        if known != ONE and (currency or event.currency) == self.base:
            raise RateMismatch(
                f"The entry of {in_words(event.day)} is in {self.base}, the portfolio's own currency, at a rate of {plain(known)}. "
                "Leave the rate out, or correct the currency.",
                **facts_of(event),
            )
        return known

    def quote(self, event: Event, stock: Stock, currency: Currency) -> None:
        """An instrument is quoted in one currency for as long as units are held: local costs of two could not be added."""
        if stock.quantity and stock.currency is not None and stock.currency != currency:
            raise CurrencyChanged(
                f"On {in_words(event.day)} the price is in {currency}, but the units held then were priced in {stock.currency}. "
                f"Enter the price in {stock.currency}; what was paid may be in another currency.",
                **facts_of(event) | {"instrument": stock.instrument},
                expected=stock.currency,
                found=currency,
            )
        stock.currency = currency

    # ── units ───────────────────────────────────────────────────────────────

    def lots(self, stock: Stock) -> list[OpenLot]:
        """All open lots, oldest first, each with the purchase that opened it.  Of a short position: with units above zero."""
        return self.method.in_order(stock.owed if stock.quantity < ZERO else stock.lots)

    def hold(self, event: Event, stock: Stock, lots: Sequence[OpenLot], *, short: bool = False) -> None:
        """The open lots are these from now on, oldest first, none where the list is empty.  Nothing is booked for it."""
        before = stock.quantity
        units = sum((lot[2] for lot in lots), ZERO)
        if short:
            stock.owed = self.refill(lots)
        else:
            stock.lots = self.become(stock.lots, lots) if self.become else self.refill(lots)
        stock.quantity = -units if short else units
        if not before and units:
            stock.opened_on = event.day
        if stock.quantity != before:
            self.steps += (event.day, stock.instrument, stock.quantity)

    def arrive(self, event: Event, stock: Stock, lots: Sequence[OpenLot]) -> None:
        """Units come, each lot with its cost and date, oldest first.  They cover what is short before they are held."""
        for lot in lots:
            held = stock.quantity
            if held < ZERO:
                lot = self.cover(event, stock, lot)
                if not lot[2]:
                    continue
                held = stock.quantity
            if not held:
                stock.opened_on = event.day
            self.add(stock.lots, lot)
            stock.quantity = held + lot[2]
        self.steps += (event.day, stock.instrument, stock.quantity)

    def leave(self, event: Event, stock: Stock, units: Decimal, what: str = "transfer", missing: str = "entry") -> list[OpenLot]:
        """Take units out, chosen by the method; without an event where they come from a pool.  Raises Oversold."""
        held = stock.quantity
        if units > held:
            raise Oversold(
                f"On {in_words(event.day)} you held {plain(held)}; the {what} is of {plain(units)}. Check the date, or record the missing {missing}.",
                **facts_of(event) | {"instrument": stock.instrument},
                held=held,
                quantity=units,
            )
        if isinstance(event, (Sale, TransferOut)) and (event.lots or event.method):
            taken = self._as_asked(event, stock, units)
        else:
            taken = self.take(stock.lots, units, event.id)
        stock.quantity = left = held - units
        self.steps += (event.day, stock.instrument, left)
        return taken

    def _as_asked(self, sale: Sale | TransferOut, stock: Stock, units: Decimal) -> list[OpenLot]:
        method = self.method_of(sale, stock, units)
        if method is None:
            return self.take(stock.lots, units, sale.id)
        taken, left = take_as_asked(self.lots(stock), units, sale, method, only_asked=self.asked)
        stock.lots = self.refill(left)
        return taken

    def method_of(self, sale: Sale | TransferOut, stock: Stock, units: Decimal) -> Method | None:
        """By which a sale chooses its lots; None where none are kept apart and it asks for no other.  Raises MethodPools."""
        method = METHODS[sale.method] if sale.method else self.method
        if not (self.pools or method.pools):
            return method
        if self.asked or (method is self.method and not sale.lots):
            return None
        raise MethodPools(
            f"The {taking(sale)} of {in_words(sale.day)} chooses its lots, but the cost method keeps none apart. "
            "Leave the choice out, or change the portfolio's method.",
            **facts_of(sale),
            held=stock.quantity,
            quantity=units,
        )

    def match(self, event: Event, stock: Stock, taken: list[OpenLot], proceeds: Decimal, local: Decimal) -> None:
        """Units that left are sold: the gain over what they cost is realised, and each lot is matched with its share."""
        units = cost = ZERO
        for lot in taken:
            units += lot[2]
            cost += lot[3]
        self.sales += (event.id, stock.instrument, event.day, units, proceeds, local, taken, False)
        self.realise(event, proceeds - cost, stock)

    def cover(self, event: Event, stock: Stock, lot: OpenLot) -> OpenLot:
        """Units that come close what is short, by the method; what they brought less what these cost is realised.

        Returns what is left of the lot then, to be held.
        """
        units = min(lot[2], -stock.quantity)
        closing, rest = lot, (lot[0], lot[1], ZERO, ZERO, ZERO)
        if units < lot[2]:
            share, share_local = (lot[3] * units / lot[2]).quantize(ONE_UNIT), (lot[4] * units / lot[2]).quantize(ONE_UNIT)
            closing, rest = (lot[0], lot[1], units, share, share_local), (lot[0], lot[1], lot[2] - units, lot[3] - share, lot[4] - share_local)
        taken = self.take(stock.owed, units, event.id)
        stock.quantity += units
        self.sales += (event.id, stock.instrument, event.day, units, closing[3], closing[4], taken, True)
        self.realise(event, sum((one[3] for one in taken), ZERO) - closing[3], stock)
        return rest

    def owe(self, event: Event, stock: Stock, lot: OpenLot) -> None:
        """Units that were not there have left: what they brought is the lot's cost, above zero.  To be called with nothing held."""
        if not stock.quantity:
            stock.opened_on = event.day
            stock.owed = self.refill(())
        self.add(stock.owed, lot)
        stock.quantity -= lot[2]

    def redeem(self, event: Event, stock: Stock, units: Decimal) -> list[OpenLot]:
        """Units that are owed are so no longer, and nothing is booked for it.  There are as many."""
        taken = self.take(stock.owed, units, event.id)
        stock.quantity += units
        self.steps += (event.day, stock.instrument, stock.quantity)
        return taken

    def realise(self, event: Event, gain: Decimal, stock: Stock) -> None:
        """A gain, in base currency."""
        stock.realised += gain
        self.postings += (event.day, stock.instrument, REALISED, event.kind, gain, event.id)

    # ── money ───────────────────────────────────────────────────────────────

    def pay(
        self,
        event: Event,
        amount: Decimal,
        worth: Decimal,
        instrument: int | None = None,
        quantity: Decimal | None = None,
        currency: Currency | None = None,
    ) -> None:
        """Cash moves: `amount` in the settlement currency, or in another one, `worth` of it in base; + received, − paid.

        Without cash tracking the money comes from outside or goes there: a flow, with the units that came or left for it.
        """
        if not self.tracks_cash:
            if worth or quantity is not None:
                self.flows += (event.day, -worth, event.id, instrument, quantity)
            return
        day = event.day
        if currency is None:
            currency = event.currency
        pool = self.cash.get(currency)
        if pool is None:
            pool = self.cash[currency] = Pool(currency, is_base=currency == self.base)
        if pool.is_base:
            pool.amount += amount
        else:
            gain = pool.move(amount, worth)
            if gain:
                self.postings += (day, None, REALISED, "currency", gain, event.id)
        self.cash_steps += (day, currency, pool.amount)

    def flow(self, event: Event, amount: Decimal, instrument: int | None = None, quantity: Decimal | None = None) -> None:
        """Something came from outside (+) or went there (−), besides what `pay` knows of."""
        self.flows += (event.day, amount, event.id, instrument, quantity)

    def expend(self, event: Event, amount: Decimal, source: str, stock: Stock | None) -> None:
        """An expense, in base currency."""
        if amount:
            self.postings += (event.day, stock.instrument if stock else None, EXPENSE, source, amount, event.id)
            if stock:
                stock.expenses += amount
            else:
                self.expenses += amount

    def earn(self, event: Event, amount: Decimal, stock: Stock | None) -> None:
        """Income, in base currency."""
        if amount:
            self.postings += (event.day, stock.instrument if stock else None, INCOME, event.kind, amount, event.id)
            if stock:
                stock.income += amount
            else:
                self.income += amount
