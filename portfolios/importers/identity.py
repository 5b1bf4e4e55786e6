"""What makes a row itself, so that the same row of another export is known again.

The broker's id counts only together with what the row does, because a buy and its sale can carry the same one.  Without an id
it is date, type, instrument, quantity and amount.  Rows that are equal in all of this are told apart by their ordinal, which
the flow adds: two equal fills in one file are two entries.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from portfolio_site.kernel.decimals import plain
from portfolios.importers.base import Draft

text_of_day = lru_cache(maxsize=8192)(date.isoformat)  # the same text for all rows of a day


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def identity_of(format_key: str, draft: Draft) -> tuple[str, ...]:
    """The parts of the identity, in a fixed order, as text."""
    what = draft.hint.key if draft.hint else ""
    size = (_text(draft.quantity), _text(draft.amount), draft.settlement_currency or draft.currency)
    ratio = (_text(draft.ratio_new), _text(draft.ratio_old)) if draft.ratio_new is not None else ()
    return (format_key, draft.external_id, text_of_day(draft.day), str(draft.kind), what, *size, *ratio)
