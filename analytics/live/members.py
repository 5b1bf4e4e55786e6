"""A socket as the hub sees it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from accounts.tickets.proofs import Proof
from analytics.live.valuation import Key


class Member(ABC):
    """The hub fills `moved` and `revalued`; the socket empties them when it sends."""

    def __init__(self) -> None:
        self.user: Any = None
        self.user_id = 0
        self.session_key = ""  # by which it came, or
        self.token = ""  # or
        self.proof: Proof | None = None
        self.password = ""  # as it stood then
        self.private: set[int] = set()  # instruments with an owner that were asked for: the person's own, or seen through a shared portfolio
        self.instruments: set[int] = set()
        self.keys: set[Key] = set()
        self.moved: set[int] = set()  # instruments with a newer quote
        self.revalued: dict[Key, set[int]] = {}  # valuations, with the holdings that moved
        self.renewed: set[Key] = set()  # valuations taken anew: all of it may differ
        self.letters: list[tuple[str, dict[str, Any]]] = []  # news for this person: its kind, and what it says
        self.rests_until = 0.0  # of the loop's clock

    @abstractmethod
    def deliver(self) -> None:
        """Asked when something was put down, once every PACE seconds at most.  Sends the newest of it without waiting for the peer."""

    def shown(self) -> Iterable[int]:
        """The portfolios whose figures go out."""
        return ()

    @abstractmethod
    def end(self, code: int | None) -> None:
        """Its person may no longer listen."""
