"""Words that go with numbers."""

from __future__ import annotations


def counted(number: int, one: str, several: str = "") -> str:
    """ "1 entry", "2 entries": a number with its noun; `several` where it is not the noun with an s."""
    return f"{number} {one if number == 1 else several or one + 's'}"
