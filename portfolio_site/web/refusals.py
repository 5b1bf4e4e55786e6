"""What a request was refused, noted while it is answered.  Who keeps an account of it reads it when the answer is out
(accounts.denials).  Where there is no request, as on a socket, they are told (`told`) once the answers are out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal

told = Signal()  # actor: int, where: str, found: list[Refusal]
_NAME = "_refusals"  # on the request


@dataclass(frozen=True, slots=True)
class Refusal:
    """`about`: the kind and number of the thing, where it is known; `subject`: the person whose account it is, where nobody is signed in."""

    action: str
    code: str
    about: tuple[str, int | str] | None = None
    subject: int | None = None


def note(request: Any, action: str, *, code: str, about: tuple[str, int | str] | None = None, subject: int | None = None) -> None:
    """Notes a refusal on a request, of Django or of the API framework."""
    request = getattr(request, "_request", request)
    if request is not None:
        setattr(request, _NAME, [*noted(request), Refusal(action, code, about, subject)])


def noted(request: Any) -> list[Refusal]:
    """What was noted on a request of Django."""
    return list(getattr(request, _NAME, ()))


def tell(actor: int, where: str, found: list[Refusal]) -> None:
    """Says what a person was refused outside of a request, after they were answered."""
    told.send(Refusal, actor=actor, where=where, found=found)
