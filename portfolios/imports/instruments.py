"""Which instrument a row of a statement means.

In this order: what the person chose for the same hint in an earlier import; the ISIN; the symbol in the same currency, unless
both sides have ISINs and they differ.  Where more than one could be meant, none is chosen: the review asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Max

from market.models import Instrument
from market.selectors import candidates, exchange_code, instruments_visible_to
from portfolio_site.web.sealed import fingerprint
from portfolios.importers import InstrumentHint
from portfolios.models import ImportRow


def key_of(hint: InstrumentHint) -> str:
    """The keyed hash under which rows of one instrument are found together."""
    return fingerprint(hint.key, "import-instrument")


class Matcher:
    """Answers for many hints after four queries, whatever their number."""

    def __init__(self, user: Any, hints: Iterable[InstrumentHint]) -> None:
        wanted = list({hint.key: hint for hint in hints}.values())
        self._by_isin: dict[str, list[Instrument]] = defaultdict(list)
        self._by_symbol: dict[str, list[Instrument]] = defaultdict(list)
        for found in candidates(user, symbols=[hint.symbol for hint in wanted], isins=[hint.isin for hint in wanted]):
            if found.isin:
                self._by_isin[found.isin].append(found)
            self._by_symbol[found.symbol.upper()].append(found)
        self._remembered = _remembered(user, {key_of(hint) for hint in wanted})

    def of(self, hint: InstrumentHint) -> Instrument | None:
        """The one instrument that is meant, or None."""
        if (chosen := self._remembered.get(key_of(hint))) is not None:
            return chosen
        if hint.isin and (listed := self._by_isin.get(hint.isin)):
            return _narrowed(listed, hint)
        if hint.symbol:
            listed = [one for one in self._by_symbol.get(hint.symbol.upper(), []) if not (hint.isin and one.isin)]
            return _narrowed([one for one in listed if not hint.currency or one.currency == hint.currency], hint)
        return None

    def suggestions(self, hint: InstrumentHint) -> list[Instrument]:
        """What might be meant: same ISIN or same symbol."""
        listed = [*self._by_isin.get(hint.isin, []), *self._by_symbol.get(hint.symbol.upper(), [])] if hint.isin or hint.symbol else []
        return list({one.pk: one for one in listed}.values())


def _narrowed(listed: list[Instrument], hint: InstrumentHint) -> Instrument | None:
    left = listed
    for narrower in (
        [one for one in left if one.owner_id is not None],
        [one for one in left if hint.exchange and exchange_code(one.exchange) == exchange_code(hint.exchange)],
        [one for one in left if hint.currency and one.currency == hint.currency],
        [one for one in left if hint.symbol and one.symbol.upper() == hint.symbol.upper()],
    ):
        kept = [one for one in left if one in narrower]
        left = kept or left
    return left[0] if len(left) == 1 else None


def _remembered(user: Any, keys: set[str]) -> dict[str, Instrument]:
    rows = (
        ImportRow.objects.filter(batch__portfolio__owner=user, instrument_key__in=keys, instrument__isnull=False)
        .values("instrument_key", "instrument_id")
        .annotate(last=Max("id"))
        .order_by("last")
    )
    newest = {row["instrument_key"]: row["instrument_id"] for row in rows}
    known = instruments_visible_to(user).in_bulk(list(set(newest.values())))
    return {key: known[pk] for key, pk in newest.items() if pk in known}
