"""What the report of income answers with.  As `shapes`: frozen; money exact and in the report currency unless a name says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from portfolio_site.kernel.figures import Figure
from portfolios.selectors import InstrumentView

ZERO = Decimal(0)
KINDS = {  # what an entry is called, by the kind of its event
    "dividend": "Dividend",
    "reinvestment": "Reinvested dividend",
    "interest": "Interest",
    "coupon": "Coupon",
    "staking_reward": "Staking reward",
    "airdrop": "Airdrop",
    "stock_dividend": "Stock dividend",
}
OTHER_KIND = "Accrued interest"  # of a trade in a bond: received with a sale, paid with a purchase


@dataclass(frozen=True, slots=True)
class Amounts:
    """What was paid: before tax, what was withheld of it, and fees taken off it."""

    gross: Decimal = ZERO
    withheld: Decimal = ZERO
    fees: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.gross - self.withheld - self.fees

    def plus(self, other: Amounts) -> Amounts:
        return Amounts(self.gross + other.gross, self.withheld + other.withheld, self.fees + other.fees)


@dataclass(frozen=True, slots=True)
class Payment:
    """One entry that booked income.

    amounts        as the ledger booked them, in the report currency
    paid           before tax in the currency it was paid in, `currency`; `rate` report currency for one of it; None for the interest of a trade
    units          held when it was paid, or when it went without the dividend, where that is known
    lowered        what lowered the cost and was no income, where the portfolio counts dividends so
    """

    entry: int
    day: date
    portfolio_id: int
    instrument: InstrumentView | None
    kind: str
    amounts: Amounts
    paid: Decimal | None = None
    currency: str = ""
    rate: Decimal = Decimal(1)
    units: Decimal = ZERO
    lowered: Decimal = ZERO

    @property
    def why_name(self) -> str:
        """What its explanation is called."""
        return f"payment_{self.entry}"

    @property
    def words(self) -> str:
        return KINDS.get(self.kind, OTHER_KIND)


@dataclass(frozen=True, slots=True)
class Expected:
    """A payment to come, before tax, on the units held now; without an instrument interest on cash, on the balance of now.

    is_announced  the market reported it; else it is an estimate by our rule
    day, due      when it is expected, and the day that the rhythm leads to: earlier where it is late
    each          of one unit, and `amount` of all of them, in `currency`; `value` the same in the report currency at the rate of now
    reason        why it is expected, a sentence
    balance       of interest on cash, which: "cash_7_EUR"
    """

    instrument: InstrumentView | None
    kind: str
    is_announced: bool
    day: date
    due: date
    each: Decimal
    units: Decimal
    currency: str
    amount: Decimal
    rate: Figure
    value: Figure
    reason: str
    balance: str = ""

    @property
    def why_name(self) -> str:
        """What its explanation is called."""
        return f"expected_{self.balance if self.instrument is None else self.instrument.id}_{self.due:%Y%m%d}"

    @property
    def symbol(self) -> str:
        return f"Cash, {self.currency}" if self.instrument is None else self.instrument.symbol

    @property
    def name(self) -> str:
        return f"Cash, {self.currency}" if self.instrument is None else self.instrument.name

    @property
    def words(self) -> str:
        return KINDS.get(self.kind, OTHER_KIND)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A month, quarter or year: `text` is the period that an address calls it.

    paid      by what it is stacked by (the key of a part), before tax
    expected  the same of what is to come; what has no rate is not in it
    """

    text: str
    first: date
    last: date
    amounts: Amounts
    paid: Mapping[str, Decimal]
    expected: Mapping[str, Decimal]

    @property
    def to_come(self) -> Decimal:
        return sum(self.expected.values(), ZERO)


@dataclass(frozen=True, slots=True)
class HoldingIncome:
    """One instrument, or (without one) the interest on cash.

    amounts        of the period
    last, next     the payments before and after now; `why_no_next` where none is foreseen
    past_year      of the last 365 days; `expected` of the next twelve months
    growth         of what one unit was paid in a year
    """

    instrument: InstrumentView | None
    is_held: bool
    amounts: Amounts
    last: Payment | None
    next: Expected | None
    why_no_next: str
    past_year: Figure
    expected: Figure
    income_yield: Figure
    yield_on_cost: Figure
    growth: Figure

    @property
    def why_name(self) -> str:
        """What the explanation of what it is expected to pay is called; "" of cash, of which nothing is."""
        return "" if self.instrument is None else f"holding_{self.instrument.id}"


@dataclass(frozen=True, slots=True)
class Withholding:
    """Dividends of one country in the period; `country` empty where it is not known.

    rate         withheld of what was paid
    reclaimable  what lies above the rate that treaties commonly leave to the country
    """

    country: str
    amounts: Amounts
    rate: Figure
    reclaimable: Figure


@dataclass(frozen=True, slots=True)
class Unforeseen:
    """A holding of which no payment is foreseen, and why, in a sentence."""

    instrument: InstrumentView
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Income:
    """The report.

    start, end       of the period; no start: since the beginning
    amounts          of the period; its gross is the income of the gains of that period
    payments         of the period, latest first
    past_year        income of the last 365 days up to `today`
    expected_year    of the twelve months after it, before tax
    income_yield     the past year's income of what is held, over its value; `expected_yield` the next twelve months over it
    yield_on_cost    the past year's income of what is held, over its cost
    growth           of the income of a year, a year, over `growth_years`
    parts            what buckets are stacked by: key and name, the largest first
    calendar         payments expected in the next 90 days; `expected` those of the next twelve months
    why_empty        why there is nothing to show, where there is not
    """

    start: date | None
    end: date
    today: date
    currency: str
    by: str
    stack: str
    amounts: Amounts
    payments: tuple[Payment, ...]
    past_year: Figure
    expected_year: Figure
    income_yield: Figure
    expected_yield: Figure
    yield_on_cost: Figure
    growth: Figure
    growth_years: int
    parts: tuple[tuple[str, str], ...]
    buckets: tuple[Bucket, ...]
    holdings: tuple[HoldingIncome, ...]
    expected: tuple[Expected, ...]
    calendar: tuple[Expected, ...]
    unforeseen: tuple[Unforeseen, ...]
    withholding: tuple[Withholding, ...]
    withheld: Figure
    reclaimable: Figure
    why_empty: str = ""
    warnings: tuple[str, ...] = field(default=())
