"""What sources call our instruments: who may be asked for what, and what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from market.choices import SymbolState
from market.models import SourceSymbol
from market.providers.failures import Failure, FailureKind

_DAY, _SOON, _MONTH = timedelta(days=1), timedelta(hours=1), timedelta(days=30)
_AGAIN = {FailureKind.UNKNOWN_SYMBOL: _DAY, FailureKind.NO_DATA: _SOON, FailureKind.PLAN_RESTRICTED: _MONTH}
_STATES = {
    FailureKind.UNKNOWN_SYMBOL: SymbolState.UNKNOWN,
    FailureKind.NO_DATA: SymbolState.NO_DATA,
    FailureKind.PLAN_RESTRICTED: SymbolState.RESTRICTED,
}

Names = dict[int, dict[str, SourceSymbol]]


@dataclass(frozen=True, slots=True)
class Stamps:
    """Where it is written when a source was asked, and when it may be asked again: a source may have quotes and no history.

    paced    an answer without a price counts as asked, since the next question comes in minutes anyway
    tells    what it fails with says something of the symbol and its prices
    again    how long a source that said no is left alone, by why
    """

    asked: str
    retry: str
    paced: bool
    tells: bool = True
    again: Mapping[FailureKind, timedelta] = field(default_factory=lambda: _AGAIN)


NOTED = timedelta(seconds=10)  # how often it is written down that prices come by themselves; less than QUOTES_EVERY can be
QUOTES = Stamps("asked_at", "retry_at", paced=True)
HISTORIES = Stamps("history_at", "history_retry_at", paced=False)
PROFILES = Stamps("profile_at", "profile_retry_at", paced=False, tells=False, again=dict.fromkeys(_AGAIN, _MONTH))


def names_of(ids: Iterable[int], now: datetime, stamps: Stamps) -> Names:
    """The symbols under which sources may be asked for these instruments now, by instrument and source.  One query."""
    found: Names = defaultdict(dict)
    for row in askable(stamps, now).filter(instrument__in=list(ids)):
        found[row.instrument_id][row.source] = row
    return dict(found)


def askable(stamps: Stamps, now: datetime) -> QuerySet[SourceSymbol]:
    """The names of everybody's instruments that nobody said to leave alone for now."""
    left_alone: Q = Q(**{f"{stamps.retry}__gt": now})
    rows: QuerySet[SourceSymbol] = SourceSymbol.objects.filter(~left_alone | Q(**{stamps.retry: None}), until=None, instrument__owner=None)
    return rows


def note_asked(names: Names, answered: Mapping[int, str], failures: Mapping[int, Mapping[str, Failure]], now: datetime, stamps: Stamps) -> None:
    """Writes down when each was asked and what came of it: `answered` by the source that did.  One query.

    A source that could not be reached, or asked for a pause, said nothing about a symbol: that counts as not asked.
    """
    changed: list[SourceSymbol] = []
    for pk, by_source in names.items():
        for source, row in by_source.items():
            failure = failures.get(pk, {}).get(source)
            if answered.get(pk) == source:
                if stamps.tells:
                    row.state, row.detail = SymbolState.OK, ""
                setattr(row, stamps.retry, None)
            elif failure is None or failure.worth_another_try:
                continue
            else:
                if stamps.tells:
                    row.state, row.detail = _STATES.get(failure.kind, row.state), failure.detail[:200]
                if failure.kind in stamps.again or not stamps.paced:
                    setattr(row, stamps.retry, now + stamps.again.get(failure.kind, _SOON))
            if stamps.paced or answered.get(pk) == source:
                setattr(row, stamps.asked, now)
            changed.append(row)
    SourceSymbol.objects.bulk_update(changed, ["state", "detail", stamps.retry, stamps.asked], batch_size=500)


def note_told(names: Names, told: Mapping[int, tuple[str, object]], now: datetime) -> None:
    """Writes down that sources told prices of these without being asked, every ten seconds at most.  At most one query."""
    rows = [names[pk][told[pk][0]] for pk in names if pk in told and told[pk][0] in names[pk]]
    if late := [row.pk for row in rows if row.asked_at is None or now - row.asked_at >= NOTED]:
        SourceSymbol.objects.filter(pk__in=late).update(asked_at=now, retry_at=None, state=SymbolState.OK, detail="")
