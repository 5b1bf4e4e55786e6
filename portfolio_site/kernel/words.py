"""Words that go with numbers, and what names may be made of."""

from __future__ import annotations

import unicodedata


def counted(number: int, one: str, several: str = "") -> str:
    """ "1 entry", "2 entries": a number with its noun; `several` where it is not the noun with an s."""
    return f"{number} {one if number == 1 else several or one + 's'}"


_JOINERS = "\u200c\u200d"  # Persian words and many emoji are written with them


def unwritable(text: str) -> str:
    """What is wrong with the signs of a name, as a sentence; "" where all is well.

    Refused are control signs, halves of signs, line ends, and invisible signs such as U+202E, which turn what stands around them.
    """
    wrong = next((sign for sign in text if sign not in _JOINERS and unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"}), "")
    return f"It holds a sign that cannot be seen (U+{ord(wrong):04X}). Write it without." if wrong else ""


def unstorable(text: str) -> bool:
    """Whether a text of any form, such as a note, holds what no database takes: NUL, or half a sign."""
    return any(sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in text)
