"""The report of income: what was paid in a period, what is likely to come, and what that is a year of value and cost.

docs/numbers.md: "Income".  One `IncomeReport` reads; the page, the API, the files, the calendar and the explanations share what it
found.  Everything in money is exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from analytics.selectors.income.buckets import KIND, buckets_of, length_for, parts_of
from analytics.selectors.income.expected import Expectations, within
from analytics.selectors.income.figures import growth_of, of_units, over_cost, over_value, past_year, yearly_sums
from analytics.selectors.income.paid import PaidHistory
from analytics.selectors.income.shapes import ZERO, Amounts, Expected, HoldingIncome, Income, Payment
from analytics.selectors.income.withheld import Withheld
from analytics.selectors.scope import Scope
from analytics.selectors.value import total
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import HoldingRow, InstrumentView

NEXT_DAYS = 90  # of the calendar
LEFT_OUT = "It is left out."


@dataclass(frozen=True, slots=True)
class IncomeAsked:
    """start, end  of the period; where missing, the first entry and today
    by           "month", "quarter" or "year": what a bar is; "" by the length of the period
    stack        "kind" or "holding": what it is divided by
    expected     whether what is to come is told; the payments of the past are its base either way
    residence    the country in which the person is taxed, "" where it is not known
    """

    start: date | None = None
    end: date | None = None
    by: str = ""
    stack: str = KIND
    expected: bool = True
    residence: str = ""


class IncomeReport:
    """See the head of this module.  What a scope reads, then four queries at most, and two for rates of other currencies.

    instrument  the payments of one instrument alone, for its own page
    """

    def __init__(self, scope: Scope, asked: IncomeAsked = IncomeAsked(), instrument: int | None = None) -> None:
        self.scope, self.asked = scope, asked
        self.today = scope.today
        self.end = min(asked.end or self.today, self.today)
        self.paid = PaidHistory(scope, instrument)
        self.expectations = Expectations(self.paid)
        self.by = asked.by or length_for(asked.start, self.end, self.paid.began)

    # ── the past ────────────────────────────────────────────────────────────

    @cached_property
    def payments(self) -> tuple[Payment, ...]:
        """Of the period, latest first."""
        start = self.asked.start
        return tuple(one for one in reversed(self.paid.payments) if (start is None or one.day >= start) and one.day <= self.end)

    @cached_property
    def amounts(self) -> Amounts:
        return summed(self.payments)

    @cached_property
    def held(self) -> dict[int, HoldingRow]:
        return {row.instrument.id: row for row in self.scope.table.rows}

    def year_of(self, payments: Iterable[Payment]) -> Decimal:
        return past_year(((one.day, one.amounts.gross) for one in payments), self.today)

    @cached_property
    def past_year(self) -> Figure:
        if not self.paid.payments:
            return Figure.undefined("income_past_year", Unit.MONEY, self.why_empty, self.scope.currency)
        return self._money("income_past_year", self.year_of(self.paid.payments))

    @cached_property
    def of_held(self) -> Decimal:
        """The past year's income of what is held now: without what was sold, and without interest on cash."""
        return self.year_of(one for one in self.paid.payments if one.instrument is not None and one.instrument.id in self.held)

    @cached_property
    def income_yield(self) -> Figure:
        return over_value("income_yield", self.of_held, self.scope.table.holdings_value)

    @cached_property
    def yield_on_cost(self) -> Figure:
        return over_cost("yield_on_cost", self.of_held, self.scope.table.cost)

    @cached_property
    def sums(self) -> list[Decimal]:
        """Income of whole years, the latest first."""
        return yearly_sums([(one.day, one.amounts.gross) for one in self.paid.payments], self.paid.began, self.today)

    @cached_property
    def growth(self) -> Figure:
        return growth_of(self.sums)

    # ── the future ──────────────────────────────────────────────────────────

    @property
    def expected(self) -> tuple[Expected, ...]:
        return self.expectations.all if self.asked.expected else ()

    @cached_property
    def expected_year(self) -> Figure:
        return self._of_expected("expected_income", self.expectations.all, self._why_none_expected)

    @cached_property
    def _why_none_expected(self) -> str:
        if not self.held:
            why = self.expectations.why_no_interest if self.payments_on_cash else ""
            return f"No interest is foreseen: {_lowered(why)}" if why else "Nothing is held."
        if not self.expectations.unforeseen:
            return "Nothing that is held has paid yet, and the market reports no payment to come."
        return f"No payment is foreseen: of {self.expectations.unforeseen[0].instrument.symbol} " + _lowered(self.expectations.unforeseen[0].reason)

    def _of_expected(self, name: str, found: Sequence[Expected], why_none: str) -> Figure:
        if not found:
            return Figure.undefined(name, Unit.MONEY, why_none, self.scope.currency)
        return total(name, (one.value for one in found), self.scope.currency, left_out=LEFT_OUT)

    @cached_property
    def payments_on_cash(self) -> list[Payment]:
        return [one for one in self.paid.payments if one.instrument is None]

    @cached_property
    def expected_of_held(self) -> Figure:
        """Without interest on cash."""
        return self._of_expected("expected_income", self.expectations.of_holdings, self._why_none_expected if self.held else "Nothing is held.")

    @cached_property
    def expected_yield(self) -> Figure:
        return over_value("expected_yield", self.expected_of_held, self.scope.table.holdings_value)

    # ── by holding ──────────────────────────────────────────────────────────

    @cached_property
    def holdings(self) -> tuple[HoldingIncome, ...]:
        """What is held or paid in the period or the year; the largest past year first, interest on cash last."""
        inside: dict[int | None, list[Payment]] = defaultdict(list)
        for one in self.payments:
            inside[one.instrument.id if one.instrument else None].append(one)
        known = {pk for pk in (*inside, *self.held) if pk is not None and (pk in inside or self._matters(pk))}
        rows = [self._holding(self.scope.instruments[pk], summed(inside.get(pk, ()))) for pk in known if pk in self.scope.instruments]
        rows.sort(
            key=lambda row: (-float(row.past_year.value or 0), -float(row.expected.value or 0), row.instrument.symbol if row.instrument else "")
        )
        if None in inside or self.expectations.of_cash:
            rows.append(self._on_cash(summed(inside.get(None, ()))))
        return tuple(rows)

    def _matters(self, pk: int) -> bool:
        """Whether something held paid once, or will."""
        return bool(self.paid.by_instrument.get(pk) or self.expectations.of(pk))

    def _holding(self, view: InstrumentView, amounts: Amounts) -> HoldingIncome:
        row = self.held.get(view.id)
        paid = self.paid.by_instrument.get(view.id, ())
        year, coming = self.year_of(paid), self.expectations.of(view.id)
        why = self.expectations.why_none(view.id)
        return HoldingIncome(
            instrument=view,
            is_held=row is not None,
            amounts=amounts,
            last=paid[-1] if paid else None,
            next=coming[0] if coming else None,
            why_no_next=why,
            past_year=self._money("income_past_year", year),
            expected=self._of_expected("expected_income", coming, why),
            income_yield=Figure.undefined("income_yield", Unit.FRACTION, "It is not held.")
            if row is None
            else over_value("income_yield", year, row.value),
            yield_on_cost=over_cost("yield_on_cost", year, row.cost if row is not None else ZERO),
            growth=self.growth_of_unit(view.id) if row is not None else Figure.undefined("income_growth", Unit.FRACTION, "It is not held."),
        )

    def of_holding(self, instrument: int) -> HoldingIncome:
        """What one instrument paid in the period and the year, and what it is expected to pay."""
        paid = [one for one in self.payments if one.instrument is not None and one.instrument.id == instrument]
        return self._holding(self.scope.instruments[instrument], summed(paid))

    def growth_of_unit(self, instrument: int) -> Figure:
        """How fast what one unit is paid in a year grew."""
        return growth_of(self.sums_of_unit(instrument))

    def sums_of_unit(self, instrument: int) -> list[Decimal]:
        """What one unit was paid in whole years in which it was held, in units of today, the latest first."""
        payments, _ = self.paid.of_one_unit(instrument)
        days = [step.day for book in self.scope.books for step in book.steps if step.instrument == instrument]
        return yearly_sums(of_units(payments), min(days, default=None), self.today)

    def _on_cash(self, amounts: Amounts) -> HoldingIncome:
        mine, coming, none = self.payments_on_cash, self.expectations.of_cash, self.expectations.why_no_interest
        return HoldingIncome(
            instrument=None,
            is_held=True,
            amounts=amounts,
            last=mine[-1] if mine else None,
            next=coming[0] if coming else None,
            why_no_next=none,
            past_year=self._money("income_past_year", self.year_of(mine)),
            expected=self._of_expected("expected_income", coming, none),
            income_yield=Figure.undefined("income_yield", Unit.FRACTION, "Cash has no value of its own here; see the balances."),
            yield_on_cost=Figure.undefined("yield_on_cost", Unit.FRACTION, "Cash has no cost that it is earned on."),
            growth=Figure.undefined("income_growth", Unit.FRACTION, "Cash has no units."),
        )

    # ── the whole ───────────────────────────────────────────────────────────

    @cached_property
    def withheld(self) -> Withheld:
        return Withheld(self.payments, self.asked.residence, self.scope.currency)

    @cached_property
    def why_empty(self) -> str:
        if self.paid.began is None:
            return "Nothing has been recorded yet."
        if not self.paid.payments:
            return "Nothing that you recorded is a dividend, interest, a coupon or a reward."
        return ""

    def _money(self, name: str, amount: Decimal) -> Figure:
        return Figure(name, Unit.MONEY, amount, currency=self.scope.currency)

    @cached_property
    def result(self) -> Income:
        asked, today, table = self.asked, self.today, self.scope.table
        coming = self.expected if self.end == today else ()
        parts = parts_of(self.payments, coming, asked.stack)
        return Income(
            start=asked.start,
            end=self.end,
            today=today,
            currency=self.scope.currency,
            by=self.by,
            stack=asked.stack,
            amounts=self.amounts,
            payments=self.payments,
            past_year=self.past_year,
            expected_year=self.expected_year,
            income_yield=self.income_yield,
            expected_yield=self.expected_yield,
            yield_on_cost=self.yield_on_cost,
            growth=self.growth,
            growth_years=max(len(self.sums) - 1, 0),
            parts=parts,
            buckets=buckets_of(self.payments, coming, self.by, asked.stack, parts, asked.start, self.end),
            holdings=self.holdings,
            expected=self.expected,
            calendar=within(self.expected, today, NEXT_DAYS),
            unforeseen=self.expectations.unforeseen,
            withholding=self.withheld.rows,
            withheld=self.withheld.total,
            reclaimable=self.withheld.reclaimable,
            why_empty=self.why_empty,
            warnings=tuple(dict.fromkeys((*table.value.warnings, *self.expected_year.warnings, *self._lowered_cost()))),
        )

    def _lowered_cost(self) -> tuple[str, ...]:
        """Where a portfolio counts dividends against the cost, they are not wholly in the income."""
        lowered = any(one.lowered for one in self.payments if one.paid is not None and one.kind in {"dividend", "reinvestment"})
        return ("Dividends of a portfolio that lowers its cost by them are income only where no cost remains.",) if lowered else ()


def summed(payments: Iterable[Payment]) -> Amounts:
    whole = Amounts()
    for one in payments:
        whole = whole.plus(one.amounts)
    return whole


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
