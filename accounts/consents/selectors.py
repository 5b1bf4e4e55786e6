"""What somebody agreed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.consents.forces import in_force
from accounts.consents.texts import TEXTS, Purpose, Source
from accounts.models import Consent, User


@dataclass(frozen=True, slots=True)
class Word:
    """One word that was given or taken back."""

    purpose: str
    given: bool
    version: str
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a purpose stands: the newest word, and what it was about."""

    key: str
    purpose: str
    words: str  # as they are now
    optional: bool
    newest: Word | None
    in_force: bool  # asked of its app where no word stands: it may be older than the words

    @property
    def is_on(self) -> bool:
        return self.in_force if self.newest is None else self.newest.given


@dataclass(frozen=True, slots=True)
class Consents:
    standing: tuple[Standing, ...]
    history: tuple[Word, ...]  # newest first
    objected_at: datetime | None  # when a browser first said that nothing may be sold or shared


def consents_of(user: User) -> Consents:
    """One query, and two at most for each purpose without a word."""
    rows = list(Consent.objects.filter(person=user.pk))
    told = [Word(Purpose(row.purpose).label, row.given, row.version, Source(row.source).label, row.at) for row in rows]
    newest: dict[str, Word] = {}
    for row, word in zip(rows, told, strict=True):
        newest.setdefault(row.purpose, word)
    standing = tuple(
        Standing(
            purpose.value,
            purpose.label,
            text.words,
            text.optional,
            newest.get(purpose.value),
            purpose.value not in newest and in_force(user, purpose),
        )
        for purpose, text in TEXTS.items()
        if purpose != Purpose.SALE
    )
    objection = newest.get(Purpose.SALE.value)
    return Consents(standing, tuple(told), objection.at if objection else None)
