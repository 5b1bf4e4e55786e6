"""The two ways in which the engine refuses.

MalformedSeries   the caller's mistake: lengths disagree, a number is not finite, a flow is negative
Undefined         nobody's mistake: the figure has no value, and `reason` says why in words for a person
"""

from __future__ import annotations


class MalformedSeries(ValueError):
    """Arrays that no correct caller would pass."""


class Undefined(Exception):
    """The figure does not exist for this input.  `reason` is a clause such as "no day in the period had money at work"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
