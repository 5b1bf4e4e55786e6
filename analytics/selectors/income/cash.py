"""What cash is likely to earn in the next twelve months: the interest on it follows the rule of payments.  docs/numbers.md: "Expected payments".

Each balance stands alone: one portfolio, one currency.  One unit of it was paid the interest over the balance at the close before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from analytics.engine.payments import Due, Paid, Pattern, expected_payments, pattern_of
from analytics.selectors.income.paid import PaidHistory
from analytics.selectors.income.shapes import ZERO, Payment
from portfolio_site.kernel.decimals import quotient
from portfolios.ledger.book import Book

KIND = "interest"


@dataclass(frozen=True, slots=True)
class Balance:
    """What lies in one portfolio in one currency, with the interest on it, oldest first."""

    portfolio: int
    currency: str
    amount: Decimal
    payments: tuple[Payment, ...]
    of_one: tuple[Paid, ...]

    @property
    def key(self) -> str:
        """What names of its explanations hold."""
        return f"cash_{self.portfolio}_{self.currency}"

    def to_come(self, today: date, until: date) -> tuple[Pattern, list[Due]]:
        """Raises Undefined where the interest shows no rhythm, or has stopped."""
        pattern = pattern_of(self.of_one)
        return pattern, expected_payments(pattern, today=today, until=until)


def balances(paid: PaidHistory) -> Iterator[Balance]:
    """Those above zero on which interest was paid."""
    found: dict[tuple[int, str], list[Payment]] = defaultdict(list)
    for one in paid.payments:
        if one.instrument is None and one.kind == KIND and one.paid:
            found[one.portfolio_id, one.currency].append(one)
    for (portfolio, code), payments in ((key, _kept(rows)) for key, rows in sorted(found.items())):
        book = paid.scope.told.books[portfolio]
        days, levels = _levels(book, code)
        amount = levels[-1] if levels else ZERO
        if amount > 0 and payments:
            yield Balance(portfolio, code, amount, tuple(payments), tuple(_of_one(payments, days, levels)))


def _kept(payments: list[Payment]) -> list[Payment]:
    """Without those that were taken back, and without the taking back."""
    kept: list[Payment] = []
    for one in payments:
        assert one.paid is not None
        if one.paid > 0:
            kept.append(one)
        elif (same := next((row for row in reversed(kept) if row.paid == -one.paid), None)) is not None:
            kept.remove(same)
    return kept


def _levels(book: Book, code: str) -> tuple[list[date], list[Decimal]]:
    steps = [(day, level) for day, currency, level in book.cash_steps if str(currency) == code]
    return [day for day, _ in steps], [level for _, level in steps]


def _of_one(payments: list[Payment], days: list[date], levels: list[Decimal]) -> Iterator[Paid]:
    """Interest of a day over the balance at the close before; a day before which nothing lay there is no example."""
    together: dict[date, Decimal] = defaultdict(Decimal)
    for one in payments:
        assert one.paid is not None
        together[one.day] += one.paid
    for day, interest in together.items():
        place = bisect_left(days, day) - 1
        if place >= 0 and levels[place] > 0 and (each := quotient(interest, levels[place])) > 0:
            yield Paid(day, each)
