"""What an import would change, from its rows: shown above the review, recomputed when a row's fate changes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import EXACT, plain, rounded
from portfolios.choices import Verdict
from portfolios.importers import Draft
from portfolios.kinds import RULES
from portfolios.models import ImportRow


def cash_effect(draft: Draft) -> tuple[Decimal, str] | None:
    """(signed cash, currency) of a draft; None where it moves none."""
    rule = RULES[draft.kind]
    if not rule.direction or draft.reinvested_quantity is not None:
        return None
    amount = draft.amount
    if amount is None:
        gross = EXACT.multiply(draft.quantity or Decimal(0), draft.price or Decimal(0))
        costs = Decimal(0) if draft.costs_currency else (draft.fees or Decimal(0)) + (draft.taxes or Decimal(0))
        amount = rounded(gross + rule.costs_way * costs + (draft.accrued or Decimal(0)))
    return rule.direction * amount, draft.settlement_currency or draft.currency


def will_be_recorded(row: Any) -> bool:
    """Of a row as it is stored, or as it is looked at before."""
    return bool(row.chosen and row.verdict == Verdict.NEW)


def summarise(rows: Iterable[ImportRow]) -> dict[str, Any]:
    """Counts, cash by currency, instruments and first and last day of the rows that would be recorded."""
    return summary_of((Draft.from_json(row.draft), row.instrument_id) for row in rows if will_be_recorded(row))


def summary_of(entries: Iterable[tuple[Draft, int | None]]) -> dict[str, Any]:
    """The same, from drafts and the instruments that they are of."""
    cash: dict[str, Decimal] = {}
    instruments: set[int] = set()
    first = last = ""
    count = 0
    for draft, instrument in entries:
        count += 1
        if instrument is not None:
            instruments.add(instrument)
        day = draft.day.isoformat()
        first, last = min(first or day, day), max(last, day)
        if (moved := cash_effect(draft)) is not None:
            cash[moved[1]] = cash.get(moved[1], Decimal(0)) + moved[0]
    return {
        "entries": count,
        "cash": {currency: plain(amount) for currency, amount in sorted(cash.items())},
        "instruments": sorted(instruments),
        "first": first,
        "last": last,
    }
