"""Many values of a row, sealed as one: what is read and written together costs one seal.

    class Entry(models.Model):
        sealed = PackedField()
        quantity = sealed.decimal()
        notes = sealed.text()

`entry.quantity` reads and sets the value as a field of its own would; the database knows only the column `sealed`.  The inside is
the values as text in the order in which the class declares them, with a NUL between two, so that a new value is declared after
all others.  An empty text stands for a decimal or JSON value that is None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import exact, plain
from portfolio_site.web.sealed import SealedField, opener

_BETWEEN = "\x00"
_NOTHING = ""  # most values of most rows
_STORABLE = re.compile(r"-?\d{1,20}(\.\d{1,18})?", re.ASCII)
Values = tuple[Any, ...]


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _json(text: str) -> Any:
    return json.loads(text) if text else None


def _text(text: str) -> str:
    return text


class Packed(property):
    """One of the values, as an attribute of the row."""

    def __init__(self, field: str, place: int, load: Callable[[str], Any], longest: int | None = None) -> None:
        self.place, self.load, self.longest = place, load, longest

        def read(row: Any) -> Any:
            return getattr(row, field)[place]

        def write(row: Any, value: Any) -> None:
            values = getattr(row, field)
            setattr(row, field, (*values[:place], value, *values[place + 1 :]))

        super().__init__(read, write)


def packed(values: Iterable[Any]) -> bytes:
    """The inside of a sealed column: each value as text, what is missing at the end left off."""
    return _BETWEEN.join(["" if value is None or value is _NOTHING else _written(value) for value in values]).rstrip(_BETWEEN).encode()


def _written(value: Any) -> str:
    if isinstance(value, Decimal):
        text = str(value)
        if not _STORABLE.fullmatch(text):
            return plain(exact(value))
        if text[-1] == "0" and "." in text:
            text = text.rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    if isinstance(value, str):
        if _BETWEEN in value:
            raise ValueError("The text holds a character that cannot be stored.")
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def texts_of(inside: bytes) -> list[str]:
    """The values as text, in order; the ones that are missing at the end are not there."""
    return inside.decode().split(_BETWEEN)


class PackedField(SealedField):
    """The column.  As a value it is a tuple of the values in the order declared."""

    description = "Values sealed together"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts: list[Packed] = []
        self.nothing: Values = ()

    def decimal(self) -> Any:
        """An exact decimal, or None."""
        return self._part(_number, None)

    def text(self, *, longest: int = 10_000) -> Any:
        """A text, "" where there is none.  Services check its length."""
        return self._part(_text, "", longest)

    def json(self) -> Any:
        """A small JSON value, or None.  Numbers that matter stand in it as text."""
        return self._part(_json, None)

    def _part(self, load: Callable[[str], Any], nothing: Any, longest: int | None = None) -> Packed:
        self.nothing = (*self.nothing, nothing)
        part = Packed(_ATTRIBUTE, len(self.parts), load, longest)
        self.parts.append(part)
        return part

    def get_default(self) -> Values:
        return self.nothing

    def _dump(self, value: Any) -> bytes:
        return packed(value)

    def opener(self) -> Callable[[Any], Values]:
        """From a stored value to the values, for opening many."""
        opened, loads, nothing = opener(self.label), [part.load for part in self.parts], self.nothing
        numbers = next((place for place, load in enumerate(loads) if load is not _number), len(loads))

        def load(stored: Any) -> Values:
            texts = opened(bytes(stored)).decode().split(_BETWEEN)
            if len(texts) <= numbers:  # most rows have nothing but the numbers that come first
                return (*[Decimal(text) if text else None for text in texts], *nothing[len(texts) :])
            return (*[read(text) for read, text in zip(loads, texts)], *nothing[len(texts) :])  # noqa: B905  (there are fewer texts)

        return load

    def _load(self, raw: bytes) -> Values:
        texts = texts_of(raw)
        if not self.parts:  # as a migration sees it
            return tuple(texts)
        loaded = [part.load(text) for part, text in zip(self.parts, texts, strict=False)]
        return (*loaded, *self.nothing[len(loaded) :])


_ATTRIBUTE = "sealed"  # the name of the column wherever values are packed
