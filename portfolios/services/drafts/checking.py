"""Many drafts at once: entries that can be stored, or one refusal that names every field that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from market.selectors import RateView, rates
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolios.errors import LedgerRefused, Oversold
from portfolios.models import Portfolio, Transaction
from portfolios.services.drafts.booking import Check
from portfolios.services.drafts.shapes import Pair, TransactionDraft

if TYPE_CHECKING:
    from market.models import Instrument

_AT_ONCE = 5000  # drafts that are checked together, and forgotten then
MOST_ERRORS = 500  # more are counted, not listed


def checked(
    portfolio: Portfolio, drafts: Iterable[TransactionDraft], *, actor: Any, rows: bool, unread: Mapping[int, Sequence[FieldError]] | None = None
) -> list[Transaction]:
    """The drafts as entries that can be stored, in their order, not saved.

    Raises Invalid with every field that is wrong; with `rows` each field is prefixed by "transactions.<place from 0>.".
    At most two queries for rates, for each few thousand drafts, which are let go when the next ones are taken.

    unread  what could not be read of a draft, by its place: told with the rest, while nothing is asked of those fields again
    """
    unread = unread or {}
    today = timezone.localdate()
    made: list[Transaction] = []
    wrong: list[tuple[int, Sequence[FieldError]]] = []
    known: dict[Pair, RateView] = {}
    coming, start = iter(drafts), 0
    while checks := [Check(draft, portfolio, today) for draft in islice(coming, _AT_ONCE)]:
        wanted: set[Pair] = set().union(*(check.pairs() for number, check in enumerate(checks, start) if number not in unread))
        if wanted - known.keys():
            known |= rates(wanted - known.keys(), user=actor)
        for number, check in enumerate(checks, start):
            if number in unread:
                wrong.append((number, _with_unread(unread[number], check.errors)))
                continue
            entry = check.finish(known)
            if entry is not None:
                made.append(entry)
            else:
                wrong.append((number, check.errors))
        start += len(checks)
    if wrong:
        raise refusal(wrong, rows=rows)
    return made


def _with_unread(unread: Sequence[FieldError], found: Sequence[FieldError]) -> list[FieldError]:
    """What could not be read, and what else is wrong with the draft: without the fields that lack for that reason."""
    fields = {error.field.split(".")[0] for error in unread}
    if "" in fields:  # it is no entry at all
        return list(unread)
    if fields & {"symbol", "isin", "exchange"}:
        fields.add("instrument")
    if "traded_at" in fields:
        fields.add("traded_on")
    if fields & {"quantity", "price"}:
        fields.add("amount")  # it is asked for only where these two do not tell it
    return [*unread, *(error for error in found if error.field.split(".")[0] not in fields)]


def refusal(errors: Iterable[tuple[int, Sequence[FieldError]]], *, rows: bool) -> Invalid:
    """One error out of many."""
    found: list[FieldError] = []
    refused = 0
    for number, wrong in errors:
        refused += bool(wrong)
        prefix = f"transactions.{number}." if rows else ""
        found.extend(FieldError((prefix + error.field).rstrip("."), error.code, error.detail) for error in wrong)  # "": the row as a whole
    if not rows:
        return Invalid(found[0].detail, errors=found)
    first = found[0]
    place = first.field.split(".")[1]
    return Invalid(
        f"{refused} {'row was' if refused == 1 else 'rows were'} refused and nothing was recorded. The first is row {int(place) + 1}: {first.detail}",
        errors=found[:MOST_ERRORS],
    )


def with_symbol(refused: LedgerRefused, instruments: Iterable[Instrument | None]) -> LedgerRefused:
    """The same refusal, with the symbol of what was held too little of: the ledger knows instruments by number only."""
    symbol = next((one.symbol for one in instruments if one is not None and one.pk == refused.data.get("instrument")), "")
    units = refused.data.get("held")
    if isinstance(refused, Oversold) and isinstance(units, Decimal) and symbol:
        held = f"you held {plain(units)}"
        refused.detail = refused.detail.replace(held, f"{held} {symbol}", 1)
        refused.args = (refused.detail,)
    return refused
