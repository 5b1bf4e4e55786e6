"""One question that is not about symbols, such as a search: to one source, once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from market.providers.failures import Failure, NoBudget, ProviderFailed
from market.services.calls.breaker import NotAdmitted, admit, report

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


def ask_once(source: str, what: str, call: Callable[[], Answer]) -> Answer | Failure:
    """The answer, or why there is none.  Never raises for a source that fails; what came of it counts for the source's health."""
    try:
        admit(source)
        answer = call()
    except ProviderFailed as problem:
        if not isinstance(problem, (NoBudget, NotAdmitted)):
            report(source, problem.failure)
            log.warning("source.failed", extra={"source": source, "what": what, "kind": problem.kind.value, "problem": problem.detail})
        return problem.failure
    report(source, None)
    return answer
