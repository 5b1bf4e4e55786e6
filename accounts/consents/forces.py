"""Whether a purpose is in force for somebody, as the app says whose purpose it is: also where it was switched on before words were kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.consents.texts import TEXTS, Purpose

_asked: dict[Purpose, Callable[[Any], bool]] = {}


def tells_in_force(purpose: Purpose) -> Callable[[Callable[[Any], bool]], Callable[[Any], bool]]:
    """Decorator of what an app answers, given the person, for a purpose of its own."""

    def kept(answer: Callable[[Any], bool]) -> Callable[[Any], bool]:
        _asked[purpose] = answer
        return answer

    return kept


def in_force(person: Any, purpose: Purpose) -> bool:
    """Two queries at most.  What an account cannot be without is, as long as there is one."""
    answer = _asked.get(purpose)
    return not TEXTS[purpose].optional if answer is None else answer(person)
