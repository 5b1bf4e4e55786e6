"""What a channel is: one way to deliver, with an answer that says what to do next."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from alerts.models import Delivery


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side took it."""

    reference: str = ""  # what it calls the message
    code: int | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: it is tried again."""

    problem: str
    code: int | None = None
    retry_after: float | None = None  # seconds that the other side asked for
    ambiguous: bool = False  # it may have been taken: the other side hung up before it answered
    everywhere: bool = False  # the way itself is blocked: the others of this channel need not be tried now


@dataclass(frozen=True, slots=True)
class Never:
    """Refused: trying again would change nothing."""

    problem: str
    code: int | None = None
    unwanted: bool = False  # the person switched it off meanwhile: nothing went wrong


Outcome = Sent | Later | Never


class Sender(Protocol):
    """Sends deliveries of one channel.  Raises nothing that the network or the other side can bring about."""

    def send(self, delivery: Delivery) -> Outcome: ...


class Way(Protocol):
    """One channel."""

    name: str

    def opened(self) -> AbstractContextManager[Sender]:
        """A sender for several deliveries, which may keep a connection."""
