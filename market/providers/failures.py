"""How a source may fail, and what to do about it.

A `Failure` is an answer: what one symbol got instead of a price.  `ProviderFailed` is raised where a call failed as a whole, and
carries such a failure for all that was asked.  Only RATE_LIMITED and UNREACHABLE are worth another try.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portfolio_site.kernel.errors import Unavailable


class FailureKind(StrEnum):
    UNKNOWN_SYMBOL = "unknown_symbol"  # nobody asks again for a day
    NO_DATA = "no_data"  # the symbol is known, and has no such price
    RATE_LIMITED = "rate_limited"  # not before `retry_after`
    AUTH = "auth"  # the key is missing or wrong: the administrator is told
    PLAN_RESTRICTED = "plan_restricted"  # the key does not buy this: nobody asks again before the settings change
    MALFORMED = "malformed"  # it answered, but not in a form that can be trusted; nothing of it is used
    UNREACHABLE = "unreachable"  # no answer, or a broken one on the way


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer.

    retry_after    seconds that must pass before the next call, where the source says so
    ours           we kept from calling: nothing is said about the source
    """

    kind: FailureKind
    detail: str
    retry_after: float | None = None
    ours: bool = False

    @property
    def worth_another_try(self) -> bool:
        return self.kind in {FailureKind.RATE_LIMITED, FailureKind.UNREACHABLE}


class ProviderFailed(Unavailable):
    """A call to a source failed.  The leaves say how."""

    code, title = "provider_failed", "The source of prices does not answer."
    kind = FailureKind.UNREACHABLE
    retry_after: float | None = None

    @property
    def failure(self) -> Failure:
        return Failure(self.kind, self.detail, self.retry_after)


class NotConfigured(ProviderFailed):
    """The source needs a key or a package that is not there, or the key is wrong.  Nobody asks again before the settings change."""

    code, kind = "provider_not_configured", FailureKind.AUTH


class PlanRestricted(ProviderFailed):
    """The key is good, and does not buy this."""

    code, kind = "provider_plan_restricted", FailureKind.PLAN_RESTRICTED


class Unreachable(ProviderFailed):
    """No answer, or a broken one on the way: try again with a growing pause."""

    code, kind = "provider_unreachable", FailureKind.UNREACHABLE


class Throttled(ProviderFailed):
    """Too many calls.  `retry_after` seconds must pass before the next."""

    code, kind = "provider_throttled", FailureKind.RATE_LIMITED

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after


class NoBudget(Throttled):
    """We kept from calling: the source's limit would be passed.  No fault of the source."""

    code = "provider_budget"

    @property
    def failure(self) -> Failure:
        return Failure(self.kind, self.detail, self.retry_after, ours=True)


class BadAnswer(ProviderFailed):
    """It answered, but not in a form that can be trusted; nothing of the answer is used."""

    code, kind = "provider_bad_answer", FailureKind.MALFORMED


class UnknownSymbol(ProviderFailed):
    """A call about one symbol, which the source does not know."""

    code, kind = "provider_unknown_symbol", FailureKind.UNKNOWN_SYMBOL


class NoData(ProviderFailed):
    """A call about one symbol, which the source knows and has nothing of."""

    code, kind = "provider_no_data", FailureKind.NO_DATA
