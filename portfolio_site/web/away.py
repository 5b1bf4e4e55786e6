"""Whether an error says that the database cannot be asked just now, and that the same call may well succeed in a moment."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

from portfolio_site.kernel.errors import Unavailable

RETRY_AFTER = 30  # seconds that are told to whoever asked
# PostgreSQL: it shuts down or starts, has no connection left, did not get a lock in time, or chose this one of two that were in each other's way
_STATES = ("08", "57P", "53300", "53400", "55P03", "57014", "40001", "40P01")
_SQLITE = ("database is locked", "database table is locked", "unable to open database file", "disk i/o error", "database or disk is full")


class DatabaseAway(Unavailable):
    code, title = "database_away", "This is not available right now."


def away() -> DatabaseAway:
    return DatabaseAway("The database cannot be asked just now. Try again in a moment; under the same Idempotency-Key nothing is done twice.")


def is_away(problem: BaseException | None) -> bool:
    """A missing table, or whatever else another try would not mend, is none of them."""
    if not isinstance(problem, OperationalError | InterfaceError):
        return False
    cause = problem.__cause__
    if type(cause).__module__.partition(".")[0] == "sqlite3":
        return any(words in str(cause).lower() for words in _SQLITE)
    state = getattr(cause, "sqlstate", None)
    return state is None or str(state).startswith(_STATES)
