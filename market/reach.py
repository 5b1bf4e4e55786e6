"""Which private instruments of others a person sees: the apps above say where, since this one does not know what is shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q

_words: list[Callable[[Any], Any]] = []


def reaches(words: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Registers a function from a person to a queryset of the keys of instruments that they see although they are somebody else's."""
    _words.append(words)
    return words


def reached_by(user: Any) -> Q:
    """A condition on instruments; part of the query that asks it."""
    found = Q()
    for words in _words:
        found |= Q(pk__in=words(user))
    return found
