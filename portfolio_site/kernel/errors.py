"""The error tree.  Domain code raises these and knows no HTTP; `web/problems.py` alone maps a branch to a status.

    DomainError
    ├── Invalid        422  understood, but refused by a rule
    ├── NotFound       404  not there, or not yours
    ├── Forbidden      403  you may look at it, but not do this
    ├── Conflict       409  it collides with what is there
    └── Unavailable    503  something this needs does not answer; try again later

A leaf sets `code` (never changes once published) and `title`; the instance carries the sentence that says what happened
and what to do, and named data for programs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field.  `field` is a path such as "quantity" or "transactions.17.date"."""

    field: str
    code: str
    detail: str


class DomainError(Exception):
    """Base of all errors that a person can act on."""

    code = "error"
    title = "Something went wrong."
    about: tuple[str, int | str] | None = None  # the kind and number of the thing that was asked for; not told to who asked

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = (), **data: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.data = data

    def of(self, kind: str, number: int | str) -> Self:
        """The same error, which knows what it is about."""
        self.about = (kind, number)
        return self


class Invalid(DomainError):
    code, title = "invalid", "The entry was refused."


class NotFound(DomainError):
    code, title = "not_found", "There is no such thing."


class Forbidden(DomainError):
    code, title = "forbidden", "You may not do this."


class Conflict(DomainError):
    code, title = "conflict", "It collides with what is there."


class Unavailable(DomainError):
    code, title = "unavailable", "This is not available right now."
