"""Why cash differs from a statement: an entry twice, voided, the wrong way, not settled, a fee, a dividend, an exchange rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from portfolios.reconciling.causes import (
    DATED_LATER,
    DUPLICATE,
    MOST_ALIKE,
    NEAR,
    NOT_SETTLED,
    NOT_THERE,
    VOIDED,
    WRONG_WAY,
    Cause,
    without_guesses,
)

ZERO = Decimal(0)
FEE_NOT_THERE, FEE_MORE, DIVIDEND, DIVIDEND_NET = "cost_not_on_statement", "cost_missing", "missing_dividend", "missing_dividend_after_tax"
RATE, MISSING_CASH = "exchange_rate", "missing_cash"
RATE_OFF = Decimal("0.03")  # a rate of a broker is within so much of the reference rate
MOST_TAX = Decimal("0.5")  # of a dividend
RECENT = timedelta(days=400)  # older entries are not looked at for rates and costs: earlier statements would have shown them


@dataclass(frozen=True, slots=True)
class CashEntry:
    """What one entry does to the balance.

    amount   with its sign
    costs    fees and taxes in it, each by itself
    crossed  whether an exchange rate made the amount: its price is in another currency, or it is an exchange
    turns    whether it can be turned round, so that the same amount moves the other way
    settles  whether the amount is what is recorded of it, so that another can be put in its place
    recosts  whether its fees and taxes can be changed, and its amount with them
    """

    number: int
    kind: str
    day: date
    amount: Decimal
    instrument: int | None = None
    costs: tuple[Decimal, ...] = ()
    crossed: bool = False
    settles_on: date | None = None
    turns: bool = False
    settles: bool = False
    recosts: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """A dividend that the market reports, for the units held then, before tax; and that no entry books."""

    instrument: int
    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """What is known of a currency whose balance differs.  `entries` are those up to the day of the statement."""

    currency: str
    day: date
    here: Decimal
    there: Decimal
    entries: tuple[CashEntry, ...]
    later: tuple[CashEntry, ...] = ()
    voided: tuple[CashEntry, ...] = ()
    unpaid: tuple[Payment, ...] = ()

    @property
    def difference(self) -> Decimal:
        return self.there - self.here


def cash_causes_of(balance: Balance) -> tuple[Cause, ...]:
    """What may explain the difference, the likeliest first; never nothing."""
    supposed = (_duplicates, _voided, _wrong_way, _waiting, _costs, _dividends, _too_many, _rates)
    found = [cause for supposition in supposed for cause in supposition(balance)]
    if not found:
        found.append(Cause(MISSING_CASH, amount=balance.difference))
    return tuple({(cause.code, cause.entries, cause.paid): cause for cause in without_guesses(found)}.values())


def _duplicates(balance: Balance) -> Iterator[Cause]:
    groups: dict[tuple[str, date, Decimal, int | None], list[int]] = defaultdict(list)
    for entry in balance.entries:
        if entry.amount:
            groups[entry.kind, entry.day, entry.amount, entry.instrument].append(entry.number)
    spare = {key: sorted(numbers)[1:] for key, numbers in groups.items() if len(numbers) > 1}
    for (_, _, amount, _), numbers in spare.items():
        for gone in accumulate([[number] for number in reversed(numbers)]):
            if -amount * len(gone) == balance.difference:
                yield Cause(DUPLICATE, "void", tuple(gone))
    if len(spare) > 1 and -sum((key[2] * len(numbers) for key, numbers in spare.items()), ZERO) == balance.difference:
        yield Cause(DUPLICATE, "void", tuple(number for numbers in spare.values() for number in numbers))


def _few(code: str, fix: str, entries: list[CashEntry]) -> Iterator[Cause]:
    """The entries that explain it, where they are few enough to say something; the newest first."""
    if len(entries) <= MOST_ALIKE:
        newest = sorted(entries, key=lambda entry: (entry.day, entry.number), reverse=True)
        yield from (Cause(code, fix, (entry.number,)) for entry in newest)


def _voided(balance: Balance) -> Iterator[Cause]:
    yield from _few(VOIDED, "restore", [entry for entry in balance.voided if entry.day <= balance.day and entry.amount == balance.difference])


def _wrong_way(balance: Balance) -> Iterator[Cause]:
    entries = [entry for entry in balance.entries if entry.amount and -2 * entry.amount == balance.difference]
    turns = {entry.number for entry in entries if entry.turns}
    yield from (replace(cause, fix="turn" if turns.issuperset(cause.entries) else "") for cause in _few(WRONG_WAY, "", entries))


def _waiting(balance: Balance) -> Iterator[Cause]:
    open_then = [entry for entry in balance.entries if entry.settles_on is not None and entry.settles_on > balance.day]
    if open_then and -sum((entry.amount for entry in open_then), ZERO) == balance.difference:
        yield Cause(NOT_SETTLED, "", tuple(entry.number for entry in open_then))
    near = sorted((entry for entry in balance.later if entry.day <= balance.day + NEAR), key=lambda entry: (entry.day, entry.number))
    for some in accumulate([[entry] for entry in near]):
        if sum((entry.amount for entry in some), ZERO) == balance.difference:
            yield Cause(DATED_LATER, "", tuple(entry.number for entry in some))
            return


def _recent(balance: Balance) -> list[CashEntry]:
    return [entry for entry in balance.entries if entry.day >= balance.day - RECENT]


def _costs(balance: Balance) -> Iterator[Cause]:
    """A fee or tax that the ledger has and the statement has not, or the other way round: charged twice."""
    for code, wanted in ((FEE_NOT_THERE, balance.difference), (FEE_MORE, -balance.difference)):
        entries = [entry for entry in _recent(balance) if wanted > 0 and wanted in entry.costs]
        changed = {entry.number for entry in entries if entry.recosts}
        for cause in _few(code, "", entries):
            yield replace(cause, fix="costs" if changed.issuperset(cause.entries) else "", amount=balance.difference)


def _dividends(balance: Balance) -> Iterator[Cause]:
    """A dividend that the market reports and the ledger has not: whole, or less a tax."""
    if balance.difference <= 0:
        return
    near = [payment for payment in balance.unpaid if payment.day <= balance.day]
    for payment in near:
        if payment.amount == balance.difference:
            yield Cause(DIVIDEND, amount=payment.amount, paid=(payment.instrument, payment.day))
    net = [one for one in near if one.amount * MOST_TAX <= balance.difference < one.amount and one.day >= balance.day - RECENT]
    if len(net) == 1:
        yield Cause(DIVIDEND_NET, amount=balance.difference, paid=(net[0].instrument, net[0].day))


def _too_many(balance: Balance) -> Iterator[Cause]:
    yield from _few(NOT_THERE, "", [entry for entry in balance.entries if entry.amount and -entry.amount == balance.difference])


def _rates(balance: Balance) -> Iterator[Cause]:
    """One recent entry whose amount an exchange rate made: the broker's rate was another."""
    crossed = [entry for entry in _recent(balance) if entry.crossed and ZERO < abs(balance.difference) <= RATE_OFF * abs(entry.amount)]
    if len(crossed) == 1:
        entry = crossed[0]
        yield Cause(RATE, "amount" if entry.settles else "", (entry.number,), amount=entry.amount + balance.difference)
