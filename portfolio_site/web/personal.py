"""Words in which each app says, field by field, what becomes of what it keeps about people.

Each app has a module `personal.py` with a list `PERSONAL` of `rows(…)`, one for each of its models.  Every field stands there
under one fate: whether it is in the export of a person's data, and what happens to it when the person is erased.  Export, erasure
and the privacy page go by these lists, and a test fails where a field of a model stands in none (accounts/data_rights).

`person` names the ways from a row to the person whose it is, as the database follows them; a row without such a person
("everybody's instrument") is nobody's.  Models that are about nobody have no `person`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class End(StrEnum):
    """What happens to a field when its person is erased."""

    ERASE = "erase"
    ANONYMISE = "anonymise"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a field.  `reason` says why it is not exported, or why it is kept; `until`, how long it is kept."""

    end: End
    exported: bool
    reason: str = ""
    until: str = ""


GIVEN = Fate(End.ERASE, exported=True)  # in the export, and erased with the person
SECRET = Fate(End.ERASE, exported=False, reason="it opens something, and would be no safer in a file")
DERIVED = Fate(End.ERASE, exported=False, reason="it is worked out from what is in the export")
INTERNAL = Fate(End.ERASE, exported=False, reason="it only tells a job where it stands")
UNLINKED = Fate(End.ANONYMISE, exported=False, reason="the row is somebody else's; only the link to the person is cut")
NOBODYS = Fate(End.KEEP, exported=False, reason="it is about no person", until="as long as it is of use")


def kept(reason: str, until: str, *, exported: bool = True) -> Fate:
    """Stays after the person is gone, for this reason and no longer than this."""
    return Fate(End.KEEP, exported, reason, until)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one model: what they are in plain words, whose they are, and the fate of each field."""

    label: str
    what: str
    person: tuple[str, ...]
    fates: Mapping[str, Fate]
    whole: Fate | None = None  # of a package's model, whose fields are not ours to name: one fate for all of them
    known_by: tuple[str, ...] = ()  # what names a row that is nobody's, where somebody's rows point at it

    def fate(self, name: str) -> Fate | None:
        return self.fates.get(name, self.whole)

    @property
    def about_somebody(self) -> bool:
        return bool(self.person)


def rows(label: str, what: str, *, person: str = "", fields: Mapping[Fate, str] | Fate, known_by: str = "") -> Rows:
    """What becomes of a model's rows.

    label     such as "portfolios.Portfolio"
    what      in plain words, as the privacy page has them
    person    lookups from a row to a person, with spaces between; "" where the rows are about nobody
    fields    names under their fate; or one fate for everything, for models of packages only
    known_by  fields by which a row that is nobody's is recognised elsewhere: exported where a person's rows point at it
    Raises ValueError where a field has two fates.
    """
    if isinstance(fields, Fate):
        return Rows(label, what, tuple(person.split()), {}, fields, tuple(known_by.split()))
    fates: dict[str, Fate] = {}
    for fate, names in fields.items():
        for name in names.split():
            if name in fates:
                raise ValueError(f"{label}.{name} stands under two fates.")
            fates[name] = fate
    return Rows(label, what, tuple(person.split()), fates, None, tuple(known_by.split()))


# ── what apps do when data goes out, comes in, and is erased ────────────────


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export beside the plain rows: its path, what it is, and its lines."""

    path: str
    about: str
    lines: Iterable[str]


class Brought(Protocol):
    """An export that is being read in."""

    def rows(self, label: str) -> Iterator[dict[str, Any]]:
        """The rows of one model, as they were exported."""

    def lines(self, path: str) -> Iterator[str]:
        """The lines of another file; none where it is not there."""

    def place(self, label: str, number: Any, here: Any) -> None:
        """Says what stands here for a row of the export."""

    def here(self, label: str, number: Any) -> Any:
        """What stands here for a row of the export; None where nothing does."""

    def left(self, what: str) -> None:
        """Says to the person what was not taken in."""


@dataclass(frozen=True, slots=True)
class Step:
    """Work of an app in erasing a person, done before the rows go: given the person's number, safe to do twice."""

    name: str
    work: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Blocker:
    """What must be settled before a person can be erased, with the pages where that can be done: what each is called, and its address."""

    words: str
    ways: tuple[tuple[str, str], ...] = ()


Filing = Callable[[Any], Iterator[File]]
Reading = Callable[[Any, Brought], None]
Asking = Callable[[Any], list[Blocker]]
Telling = Callable[[Any], list[str]]


@dataclass(slots=True)
class _Known:
    files: list[Filing] = field(default_factory=list)
    readers: list[Reading] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    blockers: list[Asking] = field(default_factory=list)
    consequences: list[Telling] = field(default_factory=list)


known = _Known()  # filled by each app's `data_rights.py`, from below to above


def exports_files(files: Filing) -> Filing:
    """Decorator of a function that gives files of an export beside the plain rows."""
    known.files.append(files)
    return files


def reads_back(read: Reading) -> Reading:
    """Decorator of a function that takes an app's part of an export in, by the services of the app, inside the caller's transaction."""
    known.readers.append(read)
    return read


def erase_step(name: str) -> Callable[[Callable[[int], None]], Callable[[int], None]]:
    """Decorator of what an app does, by the person's number, before the person's rows are removed."""

    def kept_step(work: Callable[[int], None]) -> Callable[[int], None]:
        known.steps.append(Step(name, work))
        return work

    return kept_step


def blocks_erasure(ask: Asking) -> Asking:
    """Decorator of a function that says what a person must settle before they can be erased."""
    known.blockers.append(ask)
    return ask


def tells_of_erasure(tell: Telling) -> Telling:
    """Decorator of a function that says what becomes of what a person shares with others when they are erased, a sentence each."""
    known.consequences.append(tell)
    return tell
