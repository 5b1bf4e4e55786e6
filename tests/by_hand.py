"""The exact figures of some portfolios made again by hand: from stored rows, with plain decimals, by the rules of docs/ledger.md.

Of ledgers with the common entries (`figures_by_hand`) nothing of the ledger core, the selectors or the rates is used.  Money is in the report currency; every amount is rounded to 18
places, half to even, where the rules say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction as F
from typing import Any

from market.models import FxRate, Instrument, Price, Quote
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import in_ledger_order
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import events_in, rules_of
from tests.ledger.reference import fold

WIDE = Context(prec=120, rounding=ROUND_HALF_EVEN)
PLACES = Decimal(1).scaleb(-18)
ZERO, ONE = Decimal(0), Decimal(1)
RANK = {"split": 0, "buy": 1, "transfer_in": 1, "sell": 2, "transfer_out": 2}


def to_18(value: Decimal) -> Decimal:
    return value.quantize(PLACES, context=WIDE)


def times(*factors: Decimal) -> Decimal:
    product = ONE
    for factor in factors:
        product = WIDE.multiply(product, factor)
    return product


def rate_of(base: str, quote: str, day: date) -> Decimal:
    """Units of `quote` for one `base`: over the euro, of the same day, at most seven days back.  Reference rates only."""
    if base == quote:
        return ONE
    for back in range(8):
        found = dict(
            FxRate.objects.filter(owner=None, base="EUR", quote__in=[base, quote], day=day - timedelta(days=back)).values_list("quote", "rate")
        )
        found["EUR"] = ONE
        if base in found and quote in found:
            return found[quote] if base == "EUR" else to_18(WIDE.divide(found[quote], found[base]))
    raise LookupError(f"{base}/{quote} {day}")


@dataclass
class Sums:
    """What comes out, in the report currency."""

    value: Decimal = ZERO
    holdings_value: Decimal = ZERO
    cash_value: Decimal = ZERO
    cost: Decimal = ZERO  # of units held
    cash_cost: Decimal = ZERO
    realised: Decimal = ZERO
    income: Decimal = ZERO
    expenses: Decimal = ZERO
    net_flows: Decimal = ZERO
    units: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    by_symbol: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def unrealised(self) -> Decimal:
        return self.value - self.cost - self.cash_cost

    @property
    def total_gain(self) -> Decimal:
        return self.realised + self.unrealised + self.income - self.expenses


def figures_by_hand(portfolios: Iterable[Portfolio], currency: str, today: date) -> Sums:
    """All exact figures of these portfolios together, now: quotes, or the last close where there is none."""
    sums = Sums()
    for portfolio in portfolios:
        _Ledger(portfolio, currency, sums).run(today)
    assert sums.value - sums.net_flows == sums.total_gain, "the identity"
    return sums


def figures_by_fold(portfolios: Iterable[Portfolio], currency: str, today: date) -> Sums:
    """The same for ledgers with entries of any kind, by the slow ledger of the tests (`tests.ledger.reference`).

    The entries are told in the report currency by the product; what they come to, and what it is worth, is worked out here.
    """
    sums = Sums()
    for portfolio in portfolios:
        events = in_ledger_order(events_in([portfolio], currency)[portfolio.pk])
        state = fold(events, replace(rules_of(portfolio), base_currency=Currency(currency)))
        for pk, lots in state.lots.items():
            units = sum((lot.units for lot in lots), F(0))
            if units:
                _held(sums, pk, exact(units), exact(sum((lot.cost for lot in lots), F(0))), currency, today)
        for code, (balance, cost) in state.cash.items():
            sums.cash_value += to_18(times(exact(balance), rate_of(str(code), currency, today)))
            sums.cash_cost += exact(cost)
        sums.realised += exact(state.realised)
        sums.income += exact(state.income)
        sums.expenses += exact(state.expenses)
        sums.net_flows += exact(state.flows)
    sums.value = sums.holdings_value + sums.cash_value
    assert sums.value - sums.net_flows == sums.total_gain, "the identity"
    return sums


def exact(number: F) -> Decimal:
    return to_18(WIDE.divide(Decimal(number.numerator), Decimal(number.denominator)))


def price_of(pk: int, today: date) -> Decimal:
    """Of one unit: the quote, or the last close where there is none."""
    quote = Quote.objects.filter(pk=pk).first()
    quoted = quote.price if quote is not None else Price.objects.filter(instrument=pk, day__lte=today).order_by("-day")[0].close
    return times(quoted, Instrument.objects.get(pk=pk).price_factor)


def _held(sums: Sums, pk: int, units: Decimal, cost: Decimal, currency: str, today: date) -> None:
    instrument = Instrument.objects.get(pk=pk)
    worth = to_18(times(units, price_of(pk, today), rate_of(instrument.currency, currency, today)))
    sums.holdings_value += worth
    sums.units[instrument.symbol] += units
    sums.by_symbol[instrument.symbol] += worth
    sums.cost += cost


class _Ledger:
    def __init__(self, portfolio: Portfolio, currency: str, sums: Sums) -> None:
        self.portfolio, self.currency, self.sums = portfolio, currency, sums
        self.lots: dict[int, list[list[Decimal]]] = defaultdict(list)  # [units, cost], oldest first; one pool under average
        self.cash: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])  # balance, what it cost

    def run(self, today: date) -> None:
        rows = Transaction.objects.filter(portfolio=self.portfolio, voided_at=None)
        for row in sorted(rows, key=lambda row: (row.traded_on, RANK.get(row.kind, 3), row.entry)):
            self.book(row)
        for pk, lots in self.lots.items():
            units = sum((lot[0] for lot in lots), ZERO)
            if units:
                _held(self.sums, pk, units, sum((lot[1] for lot in lots), ZERO), self.currency, today)
        for code, (balance, cost) in self.cash.items():
            self.sums.cash_value += to_18(times(balance, rate_of(code, self.currency, today)))
            self.sums.cash_cost += cost
        self.sums.value = self.sums.holdings_value + self.sums.cash_value

    # ── one entry ───────────────────────────────────────────────────────────

    def rate(self, row: Transaction) -> Decimal:
        """Of the settlement currency, on the day of the entry."""
        settles, base = row.settlement_currency or row.currency, self.portfolio.base_currency
        if settles == self.currency:
            return ONE
        own = ONE if settles == base else row.fx_rate
        return times(own, rate_of(base, self.currency, row.traded_on))

    def book(self, row: Transaction) -> None:
        if row.kind == "split":
            for lot in self.lots[row.instrument_id]:
                lot[0] = WIDE.divide(times(lot[0], row.ratio_new), row.ratio_old)
            return
        rate, fees, taxes = self.rate(row), row.fees or ZERO, row.taxes or ZERO
        gross = self.gross(row, fees + taxes)
        based, costs = to_18(times(gross, rate)), to_18(times(fees, rate)) + to_18(times(taxes, rate))
        getattr(self, row.kind)(row, gross, based, fees + taxes, costs)

    @staticmethod
    def gross(row: Transaction, costs: Decimal) -> Decimal:
        """Before fees and taxes."""
        if row.amount is None:
            return to_18(times(row.quantity or ZERO, row.price or ZERO))
        if row.kind in {"buy", "withdrawal"}:
            return Decimal(row.amount - costs)
        if row.kind in {"sell", "dividend", "interest", "deposit"}:
            return Decimal(row.amount + costs)
        return Decimal(row.amount)

    def move(self, row: Transaction, amount: Decimal, worth: Decimal) -> None:
        """Money: `amount` in the settlement currency, worth `worth`; + received, − paid."""
        if not self.portfolio.tracks_cash:
            self.sums.net_flows -= worth
            return
        code = row.settlement_currency or row.currency
        pool = self.cash[code]
        if code == self.currency:
            pool[0] += amount
            pool[1] += amount
        elif amount >= 0:
            assert pool[0] >= 0, "no debts in these ledgers"
            pool[0] += amount
            pool[1] += worth
        else:
            assert -amount <= pool[0], "no debts in these ledgers"
            share = pool[1] if -amount == pool[0] else to_18(WIDE.divide(times(pool[1], -amount), pool[0]))
            self.sums.realised += -worth - share
            pool[0] += amount
            pool[1] -= share

    def add(self, row: Transaction, cost: Decimal) -> None:
        lots = self.lots[row.instrument_id]
        if self.portfolio.cost_method == "average" and lots:
            lots[0][0] += row.quantity
            lots[0][1] += cost
        else:
            lots.append([row.quantity, cost])

    def take(self, row: Transaction) -> Decimal:
        """The cost of the units that leave, oldest first."""
        lots, left, cost = self.lots[row.instrument_id], row.quantity, ZERO
        while left:
            units, paid = lots[0]
            if units <= left:
                lots.pop(0)
                left, cost = left - units, cost + paid
            else:
                share = to_18(WIDE.divide(times(paid, left), units))
                lots[0] = [units - left, paid - share]
                left, cost = ZERO, cost + share
        return cost

    # ── by kind ─────────────────────────────────────────────────────────────

    def buy(self, row: Any, gross: Decimal, based: Decimal, fees: Decimal, costs: Decimal) -> None:
        self.add(row, based + costs)
        self.move(row, -gross - fees, -based - costs)

    def sell(self, row: Any, gross: Decimal, based: Decimal, fees: Decimal, costs: Decimal) -> None:
        self.sums.realised += based - costs - self.take(row)
        self.move(row, gross - fees, based - costs)

    def dividend(self, row: Any, gross: Decimal, based: Decimal, fees: Decimal, costs: Decimal) -> None:
        assert self.portfolio.dividend_treatment == "income"
        self.sums.income += based
        self.sums.expenses += costs
        self.move(row, gross - fees, based - costs)

    interest = dividend

    def fee(self, row: Any, gross: Decimal, based: Decimal, fees: Decimal, costs: Decimal) -> None:
        self.sums.expenses += based
        self.move(row, -gross, -based)

    tax = fee

    def deposit(self, row: Any, gross: Decimal, based: Decimal, fees: Decimal, costs: Decimal) -> None:
        self.sums.expenses += costs
        if self.portfolio.tracks_cash:
            self.sums.net_flows += based
            self.move(row, gross - fees, based - costs)
        else:
            self.move(row, -fees, -costs)

    def withdrawal(self, row: Any, gross: Decimal, based: Decimal, fees: Decimal, costs: Decimal) -> None:
        self.sums.expenses += costs
        if self.portfolio.tracks_cash:
            self.sums.net_flows -= based
            self.move(row, -gross - fees, -based - costs)
        else:
            self.move(row, -fees, -costs)

    def transfer_in(self, row: Any, gross: Decimal, based: Decimal, fees: Decimal, costs: Decimal) -> None:
        self.add(row, based)
        self.sums.net_flows += based
        self.moved_in_kind(row, fees, costs)

    def transfer_out(self, row: Any, gross: Decimal, based: Decimal, fees: Decimal, costs: Decimal) -> None:
        self.sums.net_flows -= self.take(row)
        self.moved_in_kind(row, fees, costs)

    def moved_in_kind(self, row: Any, fees: Decimal, costs: Decimal) -> None:
        self.sums.expenses += costs
        if fees:
            self.move(row, -fees, -costs)
