"""What apps above have recorded under an instrument.  A merge asks them to take part; the market knows none of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, NamedTuple

from django.db import models

Progress = Callable[[int, int], None]  # how many ledgers are done, and of how many
Keys = Callable[[type[models.Model], str], list[int]]  # a model and a foreign key of it → the rows that moved


class Counted(NamedTuple):
    """How much names an instrument."""

    entries: int = 0
    ledgers: int = 0


class Parter(ABC):
    """One app's part in taking a merge back, called in this order inside its transaction.  What any step raises leaves the merge as it is.

    keys    which of its rows moved, by model and foreign key
    memory  what its Recorder left
    """

    def __init__(self, actor: Any, stays: int, goes: int, keys: Keys, memory: Any, progress: Progress) -> None:
        self.actor, self.stays, self.goes, self.keys, self.memory, self.progress = actor, stays, goes, keys, memory, progress

    @abstractmethod
    def lock(self) -> None:
        """Lock what names the one that comes back."""

    @abstractmethod
    def prepare(self) -> None:
        """Refuse what cannot be taken back.  Every row still names the one that stayed."""

    @abstractmethod
    def finish(self) -> None:
        """Bring in line what follows from the rows, which name what they named before the merge."""


class Recorder(ABC):
    """One app's part in one merge, called in this order inside its transaction.  What any step raises ends the merge.

    name     by which what it remembers is found again
    parter   its part in taking a merge back
    rebuilt  models whose rows are made from others: nobody needs to know what became of them
    memory   what taking the merge back needs to know, as JSON has it; complete once it has finished
    """

    name: ClassVar[str]
    parter: ClassVar[type[Parter]]
    rebuilt: ClassVar[tuple[type[models.Model], ...]] = ()

    def __init__(self, actor: Any, stays: int, goes: int, progress: Progress) -> None:
        self.actor, self.stays, self.goes, self.progress = actor, stays, goes, progress
        self.memory: dict[str, Any] = {}

    @staticmethod
    @abstractmethod
    def counted(instruments: Collection[int]) -> Mapping[int, Counted]:
        """How much names each instrument, for whoever has to decide."""

    @abstractmethod
    def lock(self) -> None:
        """Lock what names the one that goes.  No instrument is locked yet: writers of ledgers come in this order too."""

    @abstractmethod
    def prepare(self, same: Mapping[int, int]) -> None:
        """Refuse what cannot be merged, and let go of what would be there twice.  Every row still names what it named.

        same  corporate actions of the one that goes, which are about to go, by key, with the action of the one that stays that each is
        """

    @abstractmethod
    def finish(self) -> None:
        """Bring in line what follows from the rows, which all name the one that stays by now."""


_recorders: list[type[Recorder]] = []


def records(recorder: type[Recorder]) -> type[Recorder]:
    """Decorator of the class by which an app takes part in merges; its configuration imports the module."""
    if recorder not in _recorders:
        _recorders.append(recorder)
    return recorder


def recorders(actor: Any, stays: int, goes: int, progress: Progress) -> list[Recorder]:
    """All parts of one merge."""
    return [one(actor, stays, goes, progress) for one in _recorders]


def parters(actor: Any, stays: int, goes: int, keys: Keys, memories: Mapping[str, Any], progress: Progress) -> list[Parter]:
    """All parts of taking one merge back: those of the apps that remember something of it."""
    return [one.parter(actor, stays, goes, keys, memories[one.name], progress) for one in _recorders if one.name in memories]


def counted(instruments: Collection[int]) -> dict[int, Counted]:
    """How many entries of how many ledgers name each of the instruments."""
    found = dict.fromkeys(instruments, Counted())
    for recorder in _recorders:
        for pk, more in recorder.counted(instruments).items():
            found[pk] = Counted(found[pk].entries + more.entries, found[pk].ledgers + more.ledgers)
    return found
