"""Whether a ledger has an action already: by a statement, by hand, or by a proposal that was accepted before.

A split is there where one of the same ratio was recorded within ten days, or any reorganisation of the instrument within five, since
a spin-off may have been reported as a split.  A dividend is there where about as much was recorded in the weeks after the
ex-day; money comes later than the right to it.  Each entry stands for one action only, the nearest: those who pay each
month pay the same amount each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from market.choices import ActionKind
from market.selectors import ActionView
from portfolios.actions import ratios
from portfolios.choices import TransactionKind as Kind
from portfolios.models import Transaction

ZERO = Decimal(0)
REORGANISED = timedelta(days=5)
BEFORE_EX_DAY, AFTER_EX_DAY = timedelta(days=10), timedelta(days=45)
LEAST, MOST = Decimal("0.6"), Decimal("1.05")  # of what was expected: what is left after tax, and what rounding adds
_SPLITS = (Kind.SPLIT, Kind.STOCK_DIVIDEND, Kind.SPIN_OFF, Kind.MERGER, Kind.SYMBOL_CHANGE)
_PAYMENTS = (Kind.DIVIDEND, Kind.RETURN_OF_CAPITAL)
KINDS = (*_SPLITS, *_PAYMENTS)


def found_in(actions: Iterable[ActionView], rows: Iterable[Transaction], held: dict[int, Decimal]) -> dict[int, Transaction]:
    """The entry that is each action already, by the action's number; those that stand for none are absent.

    rows  live entries of the instruments of these actions
    held  units at the close before the ex-day, by action
    """
    wanted = sorted(actions, key=lambda action: action.ex_day)
    entries = [row for row in rows if row.kind in KINDS]
    found = {action.id: row for action in wanted if action.kind == ActionKind.SPLIT for row in entries if _is_split(action, row)}
    return found | _payments([action for action in wanted if action.kind == ActionKind.DIVIDEND], entries, held)


def _is_split(action: ActionView, row: Transaction) -> bool:
    apart = abs(row.traded_on - action.ex_day)
    if row.kind not in _SPLITS or row.instrument_id != action.instrument_id or apart > ratios.NEAR:
        return False
    if row.kind != Kind.SPLIT or row.ratio_new is None or row.ratio_old is None or action.ratio_new is None or action.ratio_old is None:
        return apart <= REORGANISED
    return ratios.same(row.ratio_new, row.ratio_old, action.ratio_new, action.ratio_old)


def split_beside(entry: Transaction) -> Transaction | None:
    """The live split that is the same as this one, where one of the two came from a proposal and the other did not.

    Two that were entered by hand, or two of statements, are what somebody says that there were.  One query.
    """
    if entry.kind != Kind.SPLIT or entry.ratio_new is None or entry.ratio_old is None:
        return None
    near = (entry.traded_on - ratios.NEAR, entry.traded_on + ratios.NEAR)
    others = Transaction.objects.live().filter(
        portfolio=entry.portfolio_id,
        instrument=entry.instrument_id,
        kind=Kind.SPLIT,
        traded_on__range=near,
        proposal__isnull=entry.proposal_id is not None,
    )
    other: Transaction
    for other in others.select_related("instrument").order_by("traded_on", "pk"):
        new, old = other.ratio_new, other.ratio_old
        if new is not None and old is not None and ratios.same(entry.ratio_new, entry.ratio_old, new, old):
            return other
    return None


def _payments(actions: list[ActionView], entries: list[Transaction], held: dict[int, Decimal]) -> dict[int, Transaction]:
    """Nearest pairs first."""
    pairs = [
        (abs((row.traded_on - action.ex_day).days), action.ex_day, row.pk, action, row)
        for action in actions
        for row in entries
        if row.kind in _PAYMENTS and row.instrument_id == action.instrument_id and _is_in_time(row.traded_on, action.ex_day)
    ]
    found: dict[int, Transaction] = {}
    used: set[int] = set()
    for _, _, pk, action, row in sorted(pairs, key=lambda pair: pair[:3]):
        if action.id not in found and pk not in used and _is_about(action, row, held.get(action.id, ZERO)):
            found[action.id] = row
            used.add(pk)
    return found


def _is_in_time(day: date, ex_day: date) -> bool:
    return ex_day - BEFORE_EX_DAY <= day <= ex_day + AFTER_EX_DAY


def _is_about(action: ActionView, row: Transaction, held: Decimal) -> bool:
    """Whether the entry is of about what the action pays; where it was paid in another currency, the nearest is taken for it."""
    if action.amount is None:
        return False
    if row.price is not None and not row.settlement_currency:
        return bool(LEAST * action.amount <= row.price <= MOST * action.amount)
    if row.amount is None or row.settlement_currency:
        return True
    gross = row.amount + (row.taxes or ZERO) + (row.fees or ZERO)
    expected = held * action.amount
    return expected > 0 and LEAST * expected <= gross <= MOST * expected
