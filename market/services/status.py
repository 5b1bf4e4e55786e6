"""How the sources do, for administrators; and asking one again before its pause is over."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from market.errors import StaffOnly, UnknownSource
from market.providers import registry
from market.providers.failures import FailureKind
from market.providers.registry import Entry, Setup
from market.services.calls import BudgetView, budgets_of, reopen, state_of, symbols_of
from market.services.sources import setup
from market.services.streaming.told import StreamState, stream_state
from portfolio_site.web.administration import may
from portfolio_site.web.deeds import tell

HIDDEN = "…"  # in place of a key


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source that is on.

    budgets    calls (credits, where the source counts these) used and left of each window, the shortest first
    symbols    different symbols of this month; None where the source does not count them
    position   "closed": calls go through; "open": none does before `until`; "half open": one does
    paused     the source itself asked for the pause
    score      share of calls that succeeded, the newest weighing most: 1 is well
    wrong_key  the variable of the key that was refused last; empty where none was
    refused    the same of a source that an administrator set up: its secret or the way there was refused
    has_stream whether it sends prices by itself as well
    stream     how that does; None where nobody follows it
    """

    name: str
    title: str
    budgets: tuple[BudgetView, ...]
    symbols: BudgetView | None
    position: str
    paused: bool
    until: datetime | None
    score: float
    failures: int
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_kind: str
    last_detail: str
    wrong_key: str
    refused: bool = False
    has_stream: bool = False
    stream: StreamState | None = None

    @property
    def score_percent(self) -> int:
        return round(self.score * 100)

    @property
    def is_well(self) -> bool:
        return self.position == "closed" and not self.wrong_key and not self.refused

    @property
    def kind(self) -> str:
        """The kind of the last failure in words."""
        return self.last_kind.replace("_", " ")


def sources_status(*, now: float | None = None) -> tuple[SourceStatus, ...]:
    """Every source that is on, by its title.  One query, for those that administrators set up: the rest stands in the shared cache."""
    now, made = time.time() if now is None else now, setup()
    return tuple(sorted((_status(entry, made, now) for entry in registry.on(made)), key=lambda one: one.title.casefold()))


@transaction.atomic
def try_source_again(actor: Any, name: str) -> None:
    """Ends the pause of a source; the next job asks it.  Leaves an audit line.  Raises StaffOnly, UnknownSource for one that is off."""
    if not may(actor, "work", "market.SourceSymbol"):
        raise StaffOnly("Only administrators end the pause of a source.")
    if not setup().is_on(name):
        raise UnknownSource(f"No source of the name “{name[:20]}” is on.")
    tell(actor, "source.tried_again", object_type="source", object_id=name)
    transaction.on_commit(lambda: reopen(name))


def _status(entry: Entry, made: Setup, now: float) -> SourceStatus:
    limits, state = registry.limits(made, entry.name), state_of(entry.name)
    position = state.position(now)
    refused = state.last_kind == FailureKind.AUTH and state.last_failure_at > state.last_success_at
    return SourceStatus(
        name=entry.name,
        title=entry.title,
        budgets=tuple(sorted(budgets_of(entry.name, limits, now=now), key=lambda one: one.seconds)),
        symbols=symbols_of(entry.name, limits, now=now),
        position=position,
        paused=position == "open" and state.last_kind == FailureKind.RATE_LIMITED,
        until=_moment(state.until) if position == "open" else None,
        score=state.score,
        failures=state.failures,
        last_success_at=_moment(state.last_success_at),
        last_failure_at=_moment(state.last_failure_at),
        last_kind=state.last_kind,
        last_detail=_without(made.keys.get(entry.name, ""), state.last_detail),
        wrong_key=entry.variable if refused else "",
        refused=refused and entry.name in made.added(),
        has_stream=bool(entry.stream),
        stream=_stream(entry, made.keys.get(entry.name, "")),
    )


def _stream(entry: Entry, key: str) -> StreamState | None:
    state = stream_state(entry.name) if entry.stream else None
    return None if state is None else replace(state, last_failure=_without(key, state.last_failure))


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _without(key: str, text: str) -> str:
    """The sentence without the key, should a source repeat it."""
    return text.replace(key, HIDDEN) if key else text
