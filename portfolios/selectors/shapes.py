"""What the selectors answer with.  Frozen; money is exact and in the report currency unless a name says otherwise.

Conventions: fractions, never percent; `None` only where a docstring says so; a figure that cannot be computed is a
`Figure` with its reason.  Names of figures are their entries in numbers.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from market.selectors import shown_exchange
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.numbers import PERCENT_OF_PAR

if TYPE_CHECKING:
    from market.models import Instrument
    from market.selectors import OwnWords, QuoteView


@dataclass(frozen=True, slots=True)
class InstrumentView:
    """What a row shows of an instrument."""

    id: int
    symbol: str
    name: str
    asset_class: str
    currency: str
    exchange: str = ""
    isin: str = ""
    sector: str = ""
    country: str = ""
    region: str = ""
    is_own: bool = False  # a private instrument with its owner's prices
    traded_as: str = ""  # the class that its prices go by, whatever its holder calls it
    is_classified_by_owner: bool = False
    in_percent: bool = False  # quoted in percent of par, as bonds are
    price_factor: Decimal = Decimal(1)  # what a quote of 1 is worth

    @property
    def price_unit(self) -> str:
        """What its prices are shown in, for the filters of prices: its currency, or per cent."""
        return PERCENT_OF_PAR if self.in_percent else self.currency

    @property
    def exchange_name(self) -> str:
        """What people call its exchange."""
        return shown_exchange(self.exchange)

    @classmethod
    def of(cls, instrument: Instrument, words: OwnWords | None = None) -> InstrumentView:
        """As it stands for everybody, or with what its holder says of it."""
        if words is not None:
            classes = {name: words.of(instrument, name) for name in ("asset_class", "sector", "country", "region")}
        else:
            classes = {name: getattr(instrument, name) for name in ("asset_class", "sector", "country", "region")}
        return cls(
            id=instrument.pk,
            symbol=instrument.symbol,
            name=instrument.name,
            currency=instrument.currency,
            exchange=instrument.exchange,
            isin=instrument.isin,
            is_own=instrument.owner_id is not None,
            traded_as=instrument.asset_class,
            is_classified_by_owner=words is not None,
            in_percent=instrument.in_percent,
            price_factor=instrument.price_factor,
            **classes,
        )


@dataclass(frozen=True, slots=True)
class HoldingRow:
    """One instrument held, over all the portfolios asked for.

    price is of one unit, in the instrument's currency; quoted is the same as it is quoted, of a bond in percent of par; everything else in money is in the table's currency.  `weight` is a fraction of
    the table's value, cash included.  `rate` is units of the table's currency for one unit of the instrument's currency.
    """

    instrument: InstrumentView
    portfolio_id: int | None  # None: held in several
    portfolio_ids: tuple[int, ...]
    quantity: Decimal
    average_cost: Figure
    cost: Decimal
    price: Figure
    quoted: Figure
    rate: Figure
    value: Figure
    day_change: Figure
    day_change_fraction: Figure
    unrealised: Figure
    unrealised_fraction: Figure
    price_part: Figure
    currency_part: Figure
    realised: Decimal
    income: Decimal
    expenses: Decimal  # fees and taxes not in cost
    total_gain: Figure
    total_gain_fraction: Figure  # of everything ever paid for it
    weight: Figure
    opened_on: date
    changed_on: date
    quote: QuoteView | None = None  # None on an earlier day, and where there is no quote
    priced_on: date | None = None  # the day or quote day of the price
    stale: bool = False
    at_cost: bool = False  # there is no price, or no rate, to value it with

    @property
    def is_open(self) -> bool:
        return self.quantity != 0

    @property
    def priced_at(self) -> datetime | date | None:
        """What its price is of: a time, or a day where there is no quote; None without a price."""
        return self.priced_on if self.quote is None else self.quote.as_of


@dataclass(frozen=True, slots=True)
class CashRow:
    """Cash of one currency.  `amount` is in it; `value`, `cost` and `gain` in the table's currency."""

    currency: str
    amount: Decimal
    rate: Figure
    value: Figure
    cost: Decimal
    gain: Figure  # what the currency itself gained or lost since the cash came in
    weight: Figure


@dataclass(frozen=True, slots=True)
class HoldingsTable:
    """What the portfolios hold at the end of a day, or now, with totals.

    `value − net_flows = realised + unrealised + income − expenses`, to the last decimal, where the table's currency is
    the portfolio's own (numbers.md, "The identity that always holds").
    """

    portfolio_ids: tuple[int, ...]
    currency: str
    as_of: date
    is_now: bool
    rows: tuple[HoldingRow, ...]  # open holdings, largest value first
    closed: tuple[HoldingRow, ...]  # sold entirely, last changed first
    cash: tuple[CashRow, ...]
    value: Figure  # holdings and cash
    holdings_value: Figure
    cash_value: Figure
    cost: Decimal  # of the open holdings
    day_change: Figure
    day_change_fraction: Figure
    unrealised: Figure  # of holdings and of cash
    unrealised_fraction: Figure
    realised: Decimal
    income: Decimal
    expenses: Decimal
    net_flows: Decimal
    total_gain: Figure
    total_gain_fraction: Figure  # of everything ever paid in
    undefined: tuple[Figure, ...] = ()  # the figures of rows that are not in the totals

    @property
    def at_cost(self) -> tuple[HoldingRow, ...]:
        """What stands at its cost because it cannot be valued.  One's own first: those can be priced."""
        return tuple(sorted((row for row in self.rows if row.at_cost), key=lambda row: not row.instrument.is_own))

    @property
    def at_cost_share(self) -> Figure:
        """How much of the value stands at cost, without signs."""
        whole = self.value.value
        if not isinstance(whole, Decimal) or whole <= 0:
            return Figure.undefined("at_cost_share", Unit.FRACTION, self.value.why_not or "The value is not above zero; there are no parts of it.")
        return Figure("at_cost_share", Unit.FRACTION, quotient(sum((abs(row.cost) for row in self.at_cost), Decimal(0)), whole))

    @property
    def has_weights(self) -> bool:
        """Whether there is a value to be a part of."""
        return self.value.value is not None and self.value.value > 0

    @property
    def all_weights(self) -> Decimal | None:
        """The sum of the weights; None where one is missing."""
        weights = [*(row.weight.value for row in self.rows), *(cash.weight.value for cash in self.cash)]
        known = [weight for weight in weights if isinstance(weight, Decimal)]
        return sum(known, Decimal(0)) if known and len(known) == len(weights) else None

    def row(self, instrument_id: int) -> HoldingRow | None:
        """The row of an instrument, open or closed."""
        return next((row for row in (*self.rows, *self.closed) if row.instrument.id == instrument_id), None)


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Conditions on a list of entries; each empty one lets everything pass.  Days are inclusive."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    instrument_id: int | None = None  # also as what other units became
    symbol: str = ""  # of an instrument, in any case
    portfolio_ids: tuple[int, ...] = ()
    start: date | None = None
    end: date | None = None
    source: str = ""  # "hand", "import"
    tag: str = ""  # as the person wrote it, in any case
    with_voided: bool = False


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """One entry as lists show it.

    cash     its signed effect on cash, in the settlement currency; None where it has none
    moves    the same by currency: an exchange and costs in a currency of their own move cash in two
    """

    id: int
    portfolio_id: int
    portfolio_name: str
    kind: str
    kind_label: str
    traded_on: date
    traded_at: datetime | None
    instrument: InstrumentView | None
    quantity: Decimal | None
    price: Decimal | None
    currency: str
    fees: Decimal | None
    taxes: Decimal | None
    settlement_currency: str
    cash: Decimal | None
    cash_base: Decimal | None
    base_currency: str
    fx_rate: Decimal | None
    ratio: str  # "4:1" of a split
    notes: str
    source: str
    is_voided: bool
    is_edited: bool  # it replaced another entry
    replaced: bool  # another entry replaced it
    recorded_at: datetime
    batch_id: int | None
    other_side: str = ""  # of a transfer between two portfolios: “To Savings”; of a merger and the like: “Into NEW 1:4”
    may_write: bool = True  # whoever asked may change, void and duplicate it
    may_suggest: bool = True  # or suggest that somebody does
    is_locked: bool = False  # it lies in the time that its portfolio is locked up to
    moves: tuple[tuple[str, Decimal], ...] = ()
    costs_currency: str = ""  # of fees and taxes
    reinvested: Decimal | None = None  # units that a dividend bought

    @property
    def price_unit(self) -> str:
        """What its price is shown in: a bond's in percent of par."""
        return PERCENT_OF_PAR if self.instrument is not None and self.instrument.in_percent else self.currency


@dataclass(frozen=True, slots=True)
class MonthGroup:
    """The entries of one month on one page, with the cash effect of those that count, by currency of their portfolio."""

    month: date
    rows: tuple[TransactionRow, ...]
    sums: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class TransactionsPage:
    """One page of a list of entries, newest first, with where it goes on."""

    months: tuple[MonthGroup, ...]
    shown: int
    matching: int  # entries that meet the conditions
    total: int  # entries that count, in the portfolios asked for or in all
    older: str = ""  # cursor, or "" at the end
    newer: str = ""
    filter: TransactionFilter = field(default_factory=TransactionFilter)
