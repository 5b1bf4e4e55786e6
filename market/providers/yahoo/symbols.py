"""Which symbols can be asked for, and which answer belongs to which question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from market.providers.failures import Failure, FailureKind

Row = TypeVar("Row")
_SYMBOL = re.compile(r"\^?[A-Z0-9][A-Z0-9.&_-]{0,30}(=[A-Z0-9]{1,3})?", re.ASCII)


def askable(symbol: str) -> bool:
    """Whether it can be one of Yahoo's: anything else would break out of a path or a list."""
    return bool(_SYMBOL.fullmatch(symbol.upper()))


def refused(symbols: Iterable[str]) -> dict[str, Any]:
    """Answers for those that nobody needs to ask Yahoo about."""
    return {each: Failure(FailureKind.UNKNOWN_SYMBOL, f"“{each[:40]}” is no symbol of Yahoo.") for each in symbols if not askable(each)}


def in_path(symbol: str) -> str:
    """As it stands in a path: ^GSPC is %5EGSPC, EURUSD=X is EURUSD%3DX."""
    return quote(symbol.upper(), safe="")


def same(asked: str, answered: str) -> bool:
    """Whether an answer is about what was asked for.  USDEUR=X is sometimes answered as EUR=X."""
    asked, answered = asked.upper(), answered.upper()
    return asked == answered or (len(asked) == 8 and asked.startswith("USD") and asked.endswith("=X") and asked[3:] == answered)


def by_symbol(found: Iterable[tuple[str, Row]], asked: Sequence[str]) -> Mapping[str, Row]:
    """Answers by the symbols as they were asked for; those without one are absent."""
    rows = {name.upper(): row for name, row in found}
    answers = {}
    for symbol in asked:
        name = symbol.upper() if symbol.upper() in rows else symbol.upper()[3:]
        if name in rows and same(symbol, name):
            answers[symbol] = rows[name]
    return answers
