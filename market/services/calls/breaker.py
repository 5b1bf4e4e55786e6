"""Whether a source is asked at all: after three failures in a row it is left alone for a minute, then two, four, up to an hour.

When that time is over one call goes through (half open); if it succeeds all do again.  A source that says how long to wait is
left alone for just that long.  Also kept: how well it did of late, by which sources of one kind are put in order.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace

from django.core.cache import cache

from market.providers.failures import Failure, FailureKind, Throttled, Unreachable
from market.services.calls.counted import lasting

FAILURES, SHORTEST, LONGEST = 3, 60.0, 3_600.0  # in a row; seconds
PROBE = 30  # seconds that the one call of a half-open source may take
_KEPT = 7 * 86_400
_WEIGHT = 0.2  # of the newest call in the score


class NotAdmitted(Unreachable):
    """The source is left alone, or is being tried by somebody else.  Nobody was asked."""


class Paused(Throttled, NotAdmitted):
    """The source asked for a pause that is not over.  Nobody was asked."""

    kind = FailureKind.RATE_LIMITED


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source did of late.

    score      share of calls that succeeded, the newest weighing most: 1 is well
    until      nobody asks before that (seconds since 1970); 0: open to all
    opened     times in a row that it was shut
    """

    score: float = 1.0
    failures: int = 0
    opened: int = 0
    until: float = 0.0
    last_kind: str = ""
    last_detail: str = ""
    last_failure_at: float = 0.0
    last_success_at: float = 0.0

    def position(self, now: float) -> str:
        """ "closed": calls go through; "open": none does; "half open": one does."""
        if not self.opened and self.until <= now:
            return "closed"
        return "open" if self.until > now else "half open"


def state_of(provider: str) -> SourceState:
    """Without a cache, and where nothing is known yet: well."""
    found = lasting.get(_key(provider))
    return SourceState(**found) if isinstance(found, dict) else SourceState()


def admit(provider: str, *, now: float | None = None) -> None:
    """Raises NotAdmitted, or Paused with the seconds that are left, where the source is not to be asked now."""
    now = time.time() if now is None else now
    state = state_of(provider)
    if state.until > now:
        if state.last_kind == FailureKind.RATE_LIMITED:
            raise Paused(f"{provider} asked for a pause.", retry_after=state.until - now)
        raise NotAdmitted(f"{provider} failed {state.failures} times in a row and is left alone for {state.until - now:.0f} seconds.")
    if state.opened and not cache.add(f"{_key(provider)}:probe", 1, timeout=PROBE):
        raise NotAdmitted(f"{provider} is being tried again.")


def report(provider: str, failure: Failure | None, *, now: float | None = None) -> None:
    """What came of a call.  Only what is worth another try shuts a source; an answer about one symbol is a success."""
    now = time.time() if now is None else now
    before = state_of(provider)
    if failure is None or not failure.worth_another_try:
        after = replace(before, score=_mean(before.score, 1.0), failures=0, opened=0, until=0.0, last_success_at=now)
        if failure is not None and failure.kind in {FailureKind.AUTH, FailureKind.PLAN_RESTRICTED, FailureKind.MALFORMED}:
            after = replace(after, score=_mean(before.score, 0.0), last_success_at=before.last_success_at)
            after = replace(after, last_kind=failure.kind.value, last_detail=failure.detail, last_failure_at=now)
    else:
        after = _failed(before, failure, now)
    lasting.set(_key(provider), asdict(after), timeout=_KEPT)
    cache.delete(f"{_key(provider)}:probe")


def reopen(provider: str) -> None:
    """The source is asked again at once, whatever it did or asked for; how well it did of late stays."""
    lasting.set(_key(provider), asdict(replace(state_of(provider), failures=0, opened=0, until=0.0)), timeout=_KEPT)
    cache.delete(f"{_key(provider)}:probe")


def _failed(before: SourceState, failure: Failure, now: float) -> SourceState:
    failures = before.failures + 1
    shut = failures >= FAILURES or bool(before.opened)
    opened = before.opened + 1 if shut else 0
    pause = min(SHORTEST * 2.0 ** (opened - 1), LONGEST) if shut else 0.0
    pause = max(pause, failure.retry_after or 0.0)
    return replace(
        before,
        score=_mean(before.score, 0.0),
        failures=failures,
        opened=opened,
        until=now + pause if pause else 0.0,
        last_kind=failure.kind.value,
        last_detail=failure.detail,
        last_failure_at=now,
    )


def _mean(before: float, newest: float) -> float:
    return before + _WEIGHT * (newest - before)


def _key(provider: str) -> str:
    return f"source:{provider}"
