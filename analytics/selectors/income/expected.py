"""What is likely to be paid in the next twelve months on what is held now, cash too.  docs/numbers.md: "Expected payments".

First what the market reports with a day to come; then, for what is not reported, the rhythm of the past payments of the holding;
where the ledger shows none, that of the dividends that the market reported.  Each is marked announced or estimate, with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from analytics.engine.errors import Undefined
from analytics.engine.payments import Due, Paid, Pattern, expected_payments, months_after, pattern_of, without_announced
from analytics.selectors.income.cash import KIND, Balance, balances
from analytics.selectors.income.paid import PaidHistory
from analytics.selectors.income.shapes import Expected, Unforeseen
from analytics.selectors.scope import in_words, sentence
from market.selectors import ActionView, rates
from portfolio_site.kernel.decimals import product, quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import HoldingRow

MONTHS_AHEAD = 12
FORESEEN_KIND = {"reinvestment": "dividend"}  # whether it will be reinvested is not known
ONE = Decimal(1)


class Expectations:
    """Payments to come of a scope.  One query more than what was paid, two with exchange rates of one's own, where others than those of the holdings are needed."""

    def __init__(self, paid: PaidHistory) -> None:
        self.paid, self.scope = paid, paid.scope
        self.today = self.scope.today
        self.until = months_after(self.today, MONTHS_AHEAD)
        self._answers: dict[int, tuple[tuple[Expected, ...], str]] = {}

    @cached_property
    def all(self) -> tuple[Expected, ...]:
        """In the order of their days."""
        found = (*self.of_holdings, *self.of_cash)
        return tuple(sorted(found, key=lambda one: (one.day, one.symbol)))

    @cached_property
    def of_holdings(self) -> tuple[Expected, ...]:
        return tuple(one for row in self.scope.table.rows for one in self.of(row.instrument.id))

    @property
    def of_cash(self) -> tuple[Expected, ...]:
        """Interest on the balances of now."""
        return self._cash[0]

    @property
    def why_no_interest(self) -> str:
        """Why none is foreseen on any balance; "" where some is."""
        return self._cash[1]

    @cached_property
    def _cash(self) -> tuple[tuple[Expected, ...], str]:
        found: list[Expected] = []
        why = "No cash is held on which interest was paid."
        for balance in () if self.paid.instrument is not None else balances(self.paid):
            try:
                pattern, dues = balance.to_come(self.today, self.until)
            except Undefined as none:
                why = sentence(none.reason)
                continue
            found += [self._interest(balance, one, pattern) for one in dues]
        return tuple(sorted(found, key=lambda one: one.day)), "" if found else why

    def of(self, instrument: int) -> tuple[Expected, ...]:
        return self._answer(instrument)[0]

    def why_none(self, instrument: int) -> str:
        """Why no payment of it is foreseen; "" where some are."""
        return self._answer(instrument)[1]

    @cached_property
    def unforeseen(self) -> tuple[Unforeseen, ...]:
        """What is held and paid before, or was reported to, but has no payment to come."""
        return tuple(
            Unforeseen(row.instrument, why)
            for row in self.scope.table.rows
            if (why := self.why_none(row.instrument.id)) and self.paid.by_instrument.get(row.instrument.id)
        )

    @cached_property
    def _held(self) -> dict[int, HoldingRow]:
        return {row.instrument.id: row for row in self.scope.table.rows}

    def _answer(self, instrument: int) -> tuple[tuple[Expected, ...], str]:
        """The payments to come of one holding, or why there are none; worked out once."""
        if instrument not in self._answers:
            row = self._held.get(instrument)
            self._answers[instrument] = ((), "It is not held.") if row is None else self._of(row)
        return self._answers[instrument]

    def _of(self, row: HoldingRow) -> tuple[tuple[Expected, ...], str]:
        announced = self._announced(row)
        try:
            pattern, code, is_reported = self._pattern(row.instrument.id)
        except Undefined as none:
            return announced, "" if announced else sentence(none.reason)
        dues = expected_payments(pattern, today=self.today, until=self.until)
        left = without_announced(dues, [one.day for one in announced], pattern.rhythm)
        found = (*announced, *(self._estimate(row, one, pattern, code, is_reported) for one in left))
        return tuple(sorted(found, key=lambda one: one.day)), ""

    def _pattern(self, instrument: int) -> tuple[Pattern, str, bool]:
        """The pattern that still goes on, its currency, and whether it is that of what the market reported.  Raises Undefined."""
        own, code = self.paid.of_one_unit(instrument)
        try:
            return self._going_on(own), code, False
        except Undefined as none:
            reported = self.paid.reported(instrument)
            if not reported:
                raise
            try:
                return self._going_on(reported), self.scope.instruments[instrument].currency, True
            except Undefined as other:
                raise (none if own else other) from None

    def _going_on(self, payments: Sequence[Paid]) -> Pattern:
        found = pattern_of(payments)
        expected_payments(found, today=self.today, until=self.until)  # raises where it has stopped
        return found

    # ── one payment ─────────────────────────────────────────────────────────

    def _announced(self, row: HoldingRow) -> tuple[Expected, ...]:
        coming = [one for one in self.paid.actions.get(row.instrument.id, ()) if self.today < one.ex_day <= self.until]
        return tuple(self._of_action(row, one, coming) for one in coming if one.kind == "dividend" and one.amount)

    def _of_action(self, row: HoldingRow, action: ActionView, coming: Sequence[ActionView]) -> Expected:
        assert action.amount is not None
        units = row.quantity
        for split in coming:
            if split.kind == "split" and split.ratio_new and split.ratio_old and split.ex_day <= action.ex_day:
                units = quotient(product(units, split.ratio_new), split.ratio_old)
        reason = f"Reported by {action.source}: shares go without it from {in_words(action.ex_day)} on; it is paid then or some weeks later."
        return self._made(row, "dividend", True, action.ex_day, action.ex_day, action.amount, units, row.instrument.currency, reason)

    def _estimate(self, row: HoldingRow, due: Due, pattern: Pattern, code: str, is_reported: bool) -> Expected:
        past = self.paid.by_instrument.get(row.instrument.id, ())
        kind = "dividend" if is_reported or not past else past[-1].kind
        came = "The market reports that it pays" if is_reported else "It paid"
        late = f" It was due about {in_words(due.due)} and is not recorded yet." if due.due < due.day else ""
        reason = f"{came} {pattern.rhythm.words}; as much for a unit as on {in_words(due.like.day)}.{late}"
        return self._made(row, FORESEEN_KIND.get(kind, kind), False, due.day, due.due, due.amount, row.quantity, code, reason)

    def _interest(self, balance: Balance, due: Due, pattern: Pattern) -> Expected:
        late = f" It was due about {in_words(due.due)} and is not recorded yet." if due.due < due.day else ""
        reason = f"It paid {pattern.rhythm.words}; as much on the balance of now as on that before {in_words(due.like.day)}.{late}"
        code = balance.currency
        rate = Figure("rate", Unit.NUMBER, ONE) if code == self.scope.currency else self._other_rates[code]
        amount = product(due.amount, balance.amount)
        return Expected(
            None, KIND, False, due.day, due.due, due.amount, balance.amount, code, amount, rate, self._told(amount, rate), reason, balance.key
        )

    def _made(
        self, row: HoldingRow, kind: str, announced: bool, day: date, due: date, each: Decimal, units: Decimal, code: str, reason: str
    ) -> Expected:
        amount, rate = product(each, units), self._rate(row, code)
        return Expected(row.instrument, kind, announced, day, due, each, units, code, amount, rate, self._told(amount, rate), reason)

    def _told(self, amount: Decimal, rate: Figure) -> Figure:
        """In the report currency."""
        report = self.scope.currency
        if isinstance(rate.value, Decimal):
            return Figure("expected", Unit.MONEY, product(amount, rate.value), currency=report, stale_since=rate.stale_since)
        return Figure.undefined("expected", Unit.MONEY, rate.why_not, report)

    def _rate(self, row: HoldingRow, code: str) -> Figure:
        """Units of the report currency for one of a currency, now."""
        if code == self.scope.currency:
            return Figure("rate", Unit.NUMBER, ONE)
        return row.rate if code == row.instrument.currency else self._other_rates[code]

    @cached_property
    def _other_rates(self) -> dict[str, Figure]:
        """Of the currencies in which holdings paid, though they are quoted in others."""
        report, today = self.scope.currency, self.today
        codes = {one.currency for one in self.paid.payments if one.currency and one.currency != report}
        owner = self.scope.portfolios[0].owner if self.scope.portfolios else None
        known = rates({(code, report, today) for code in codes}, user=owner) if codes else {}
        return {
            code: Figure("rate", Unit.NUMBER, known[code, report, today].rate)
            if (code, report, today) in known
            else Figure.undefined("rate", Unit.NUMBER, f"No rate of {code} to {report} is known.")
            for code in codes
        }


def within(expected: Sequence[Expected], today: date, days: int) -> tuple[Expected, ...]:
    """Those of the next days, today included."""
    return tuple(one for one in expected if one.day <= today + timedelta(days=days))
