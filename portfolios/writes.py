"""The last writes to a ledger, as the row of its portfolio tells them.

Whoever knows the ledger as it was after one of them learns from the others from which day on it has changed since; everything before
that day is as it was.  The row comes with every question about the portfolio, so that no process has to be told, and none asks for it.

A write is [revision, a name of its own, its first day].  The name tells a write from another one of the same revision that was rolled
back.  A change of rules, or of what many ledgers name, raises the revision without a write here: whoever misses a revision knows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from secrets import token_hex
from typing import Any

KEPT = 16

Write = Sequence[Any]


def noted(writes: Sequence[Write], revision: int, since: date) -> list[Write]:
    """The writes with one more, which raised the revision to this."""
    return [*writes, [revision, token_hex(4), since.isoformat()]][-KEPT:]


def newest(writes: Sequence[Write], revision: int) -> Write | None:
    """What names the state of a ledger at this revision; None where the revision was not raised by a write."""
    return writes[-1] if writes and writes[-1][0] == revision else None


def changed_since(writes: Sequence[Write], revision: int, known: Write) -> date | None:
    """The first day of which somebody who knows the state after `known` knows too little; `date.max` where it is the state of now.

    None: nothing can be told.
    """
    if newest(writes, revision) is None or known not in writes:
        return None
    later = writes[list(writes).index(known) + 1 :]
    if [one[0] for one in later] != list(range(known[0] + 1, revision + 1)):
        return None
    return min((date.fromisoformat(one[2]) for one in later), default=date.max)
