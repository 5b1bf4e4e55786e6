"""What a period cost: fees and taxes by kind, year and holding, and what they took off the return.  Exact.  docs/numbers.md: "Costs"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from analytics.choices import CostKind
from analytics.engine.errors import Undefined
from analytics.selectors.performance import NOTHING_YET, Stretch
from analytics.selectors.scope import figure, less, renamed
from portfolio_site.kernel.dates import DAYS_A_YEAR
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.choices import TransactionKind
from portfolios.selectors import CostPaid, InstrumentView

ZERO = Decimal(0)
ON_INCOME = frozenset({TransactionKind.DIVIDEND, TransactionKind.COUPON, TransactionKind.INTEREST, "reinvestment", "staking_reward", "airdrop"})
NOT_COUNTED = "What funds charge inside is in their prices and not counted here: nobody tells it to this installation."


@dataclass(frozen=True, slots=True)
class CostRow:
    """What something cost: a year, a holding (`instrument` None: what belongs to none), or everything.  fees + taxes = total."""

    year: int | None
    instrument: InstrumentView | None
    fees: Decimal
    taxes: Decimal
    total: Decimal
    by_kind: Mapping[CostKind, Decimal]


@dataclass(frozen=True, slots=True)
class Costs:
    """booked     those that the ledger books as expenses: `expenses` of the gains of the period; the others are inside of trades
    mean_value  of the closes of the period
    share       total over mean_value; share_a_year: times 365/days, for 365 days or more
    of_gain     total over the gain before it
    drag        gross return less net return, in points
    """

    currency: str
    total: Figure
    booked: Figure
    inside: Figure
    whole: CostRow
    years: tuple[CostRow, ...]  # latest first
    holdings: tuple[CostRow, ...]  # dearest first
    mean_value: Figure
    share: Figure
    share_a_year: Figure
    of_gain: Figure
    drag: Figure
    notes: tuple[str, ...] = (NOT_COUNTED,)


def kind_of(one: CostPaid) -> CostKind:
    if not one.is_booked:
        return CostKind.TRADE_TAXES if one.is_tax else CostKind.TRADE_FEES
    if one.entry in ON_INCOME:
        return CostKind.WITHHELD if one.is_tax else CostKind.INCOME_FEES
    if one.is_tax:
        return CostKind.OTHER_TAXES
    return CostKind.ACCOUNT_FEES if one.entry == TransactionKind.FEE else CostKind.OTHER_FEES


@dataclass(eq=False)
class CostsReport:
    """Of one stretch.  Three queries for the entries, and the closes of an opening value."""

    stretch: Stretch

    @cached_property
    def paid(self) -> list[CostPaid]:
        """The fees and taxes of the period, by day."""
        if self.stretch.is_empty:
            return []
        return [one for one in self.stretch.scope.costs_paid if self.stretch.daily.first < one.day <= self.stretch.last]

    def _money(self, name: str, amount: Decimal) -> Figure:
        return Figure(name, Unit.MONEY, amount, currency=self.stretch.scope.currency)

    @cached_property
    def total(self) -> Figure:
        if self.stretch.is_empty:
            return Figure.undefined("costs", Unit.MONEY, NOTHING_YET, self.stretch.scope.currency)
        return self._money("costs", sum((one.amount for one in self.paid), ZERO))

    @cached_property
    def mean_value(self) -> Figure:
        return figure("mean_value", Unit.MONEY, self._mean, self.stretch.scope.currency)

    def _mean(self) -> float:
        self.stretch.growth  # noqa: B018  (its own reason comes first)
        return float(self.stretch.daily.value[1:].mean())

    @cached_property
    def share(self) -> Figure:
        return figure("cost_share", Unit.FRACTION, lambda: self._over(self.mean_value, "on average nothing was at work"))

    @cached_property
    def share_a_year(self) -> Figure:
        return figure("cost_share", Unit.FRACTION, self._a_year)

    def _a_year(self) -> float:
        if self.stretch.days < DAYS_A_YEAR:
            raise Undefined(f"a share a year needs {DAYS_A_YEAR} days or more; the period has {self.stretch.days}")
        return self._over(self.mean_value, "on average nothing was at work") * DAYS_A_YEAR / self.stretch.days

    @cached_property
    def gain_before(self) -> Figure:
        gain = self.stretch.gain
        if gain.value is None or self.total.value is None:
            return Figure.undefined("gain", Unit.MONEY, gain.why_not or self.total.why_not, gain.currency)
        value = gain.value + self.total.value if isinstance(gain.value, Decimal) else gain.value + float(self.total.value)  # type: ignore[operator]
        return Figure("gain", Unit.MONEY, value, currency=gain.currency, warnings=gain.warnings)

    @cached_property
    def of_gain(self) -> Figure:
        return figure("cost_of_gain", Unit.FRACTION, lambda: self._over(self.gain_before, "there was no gain before costs"))

    def _over(self, whole: Figure, none: str) -> float:
        if whole.value is None or self.total.value is None:
            raise Undefined(whole.why_not or self.total.why_not)
        if whole.value <= 0:
            raise Undefined(none)
        return float(self.total.value) / float(whole.value)

    @cached_property
    def drag(self) -> Figure:
        return renamed("cost_drag", less("cost_drag", self.stretch.gross_twr, self.stretch.net_twr, unit=Unit.POINTS))

    def result(self) -> Costs:
        whole = _row(self.paid)
        years: dict[int, list[CostPaid]] = defaultdict(list)
        held: dict[int | None, list[CostPaid]] = defaultdict(list)
        for one in self.paid:
            years[one.day.year].append(one)
            held[one.instrument].append(one)
        views = self.stretch.scope.instruments
        rows = [_row(found, instrument=None if pk is None else views[pk]) for pk, found in held.items()]
        booked = sum((one.amount for one in self.paid if one.is_booked), ZERO)
        known = self.total.known
        return Costs(
            currency=self.stretch.scope.currency,
            total=self.total,
            booked=self._money("expenses", booked) if known else renamed("expenses", self.total),
            inside=self._money("costs", whole.total - booked) if known else self.total,
            whole=whole,
            years=tuple(_row(years[year], year=year) for year in sorted(years, reverse=True)),
            holdings=tuple(sorted(rows, key=lambda row: (-row.total, row.instrument.symbol if row.instrument else ""))),
            mean_value=self.mean_value,
            share=self.share,
            share_a_year=self.share_a_year,
            of_gain=self.of_gain,
            drag=self.drag,
        )


def _row(paid: Iterable[CostPaid], *, year: int | None = None, instrument: InstrumentView | None = None) -> CostRow:
    by_kind: dict[CostKind, Decimal] = defaultdict(Decimal)
    taxes = ZERO
    for one in paid:
        by_kind[kind_of(one)] += one.amount
        taxes += one.amount if one.is_tax else ZERO
    total = sum(by_kind.values(), ZERO)
    return CostRow(year, instrument, total - taxes, taxes, total, {kind: by_kind[kind] for kind in CostKind if kind in by_kind})
