"""The rules of a ledger, and its state while a replay runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.money import Currency
from portfolios.errors import RateMismatch
from portfolios.ledger.book import EXPENSE, INCOME, REALISED
from portfolios.ledger.cash import Pool
from portfolios.ledger.events import ONE, Event
from portfolios.ledger.lots import Stock
from portfolios.ledger.matching import METHODS

Row = tuple[Any, ...]


def in_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


@dataclass(frozen=True, slots=True)
class Rules:
    """How a portfolio keeps its ledger.

    method              a key of matching.METHODS
    dividend_treatment  "income", or "reduce_cost": a dividend lowers the remaining cost, and is income where none remains
    tracks_cash         cash is held inside; else whatever is paid comes from outside and whatever is received goes there
    allows_short        whether units may fall below zero; no kind of event opens a short position yet, so a sale takes what is held
    """

    base_currency: Currency
    method: str = "average"
    dividend_treatment: str = "income"
    tracks_cash: bool = True
    allows_short: bool = False

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"“{self.method}” is not a cost method. Known are: {', '.join(METHODS)}.")
        if self.dividend_treatment not in {"income", "reduce_cost"}:
            raise ValueError(f"“{self.dividend_treatment}” is not a dividend treatment.")


class Run:
    """The state of one replay.  Handlers change it through the verbs below.

    What there is one of per event is kept as rows in the order of the fields of Match, Carried, Flow, QuantityStep, CashStep and
    Posting; `replay` gives them their names at the end, all at once, which takes a third of the time.
    """

    __slots__ = (
        "base",
        "carried",
        "cash",
        "cash_steps",
        "flows",
        "keep",
        "matches",
        "pools",
        "postings",
        "reduces",
        "steps",
        "stocks",
        "take",
        "tracks_cash",
    )

    def __init__(self, rules: Rules) -> None:
        method = METHODS[rules.method]
        self.base = rules.base_currency
        self.keep = method.keep
        self.take = method.take
        self.pools = method.pools
        self.tracks_cash = rules.tracks_cash
        self.reduces = rules.dividend_treatment == "reduce_cost"
        self.stocks: dict[int, Stock] = {}
        self.cash: dict[Currency, Pool] = {}
        self.matches: list[Row] = []
        self.carried: list[Row] = []
        self.flows: list[Row] = []
        self.steps: list[Row] = []
        self.cash_steps: list[Row] = []
        self.postings: list[Row] = []

    def stock(self, instrument: int, day: date) -> Stock:
        """The instrument, marked as touched on that day."""
        stock = self.stocks.get(instrument)
        if stock is None:
            stock = self.stocks[instrument] = Stock(instrument, day)
        stock.changed_on = day
        return stock

    def rate(self, event: Event) -> Decimal:
        """Units of base currency for one unit of the settlement currency."""
        rate = event.fx_rate
        if event.currency == self.base and rate != ONE:
            raise RateMismatch(
                f"The entry of {in_words(event.day)} is in {self.base}, the portfolio's own currency, at a rate of {plain(rate)}. "
                "Leave the rate out, or correct the currency.",
                date=event.day,
                event_id=event.id,
                instrument=getattr(event, "instrument", None),
            )
        return rate

    def pay(self, event: Event, amount: Decimal, worth: Decimal, instrument: int | None = None, quantity: Decimal | None = None) -> None:
        """Cash moves: `amount` in settlement currency, `worth` of it in base, + received, − paid.

        Without cash tracking the money comes from outside or goes there: a flow, with the units that came or left for it.
        """
        if not self.tracks_cash:
            if worth or quantity is not None:
                self.flows.append((event.day, -worth, event.id, instrument, quantity))
            return
        currency = event.currency
        pool = self.cash.get(currency)
        if pool is None:
            pool = self.cash[currency] = Pool(currency)
        if currency == self.base:
            pool.amount = pool.cost = pool.amount + amount
        else:
            gain = pool.move(amount, worth)
            if gain:
                self.postings.append((event.day, None, REALISED, "currency", gain, event.id))
        self.cash_steps.append((event.day, currency, pool.amount))

    def expend(self, event: Event, amount: Decimal, source: str, stock: Stock | None) -> None:
        """An expense, in base currency."""
        if amount:
            self.postings.append((event.day, stock.instrument if stock else None, EXPENSE, source, amount, event.id))
            if stock:
                stock.expenses += amount

    def earn(self, event: Event, amount: Decimal, stock: Stock | None) -> None:
        """Income, in base currency."""
        if amount:
            self.postings.append((event.day, stock.instrument if stock else None, INCOME, event.kind, amount, event.id))
            if stock:
                stock.income += amount
