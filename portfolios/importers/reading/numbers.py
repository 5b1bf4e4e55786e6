"""Cells to exact numbers.  Which mark is the decimal one is decided for a whole file from its data, never from a locale."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from portfolio_site.kernel.decimals import NotExact, exact
from portfolios.importers.base import CellProblem

_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"})
_MONEY_BEFORE = re.compile(r"^(?:[A-Z]{3}\b|US\$|C\$|A\$|[€$£¥])\s*")
_MONEY_AFTER = re.compile(r"\s*(?:\b[A-Z]{3}|[€$£¥])$")
_POINT = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?|\d{1,3}([, '])\d{3}(?:\1\d{3})*(?:\.\d+)?", re.ASCII)
_COMMA = re.compile(r"(?:\d+(?:,\d*)?|,\d+)(?:[eE][+-]?\d{1,3})?|\d{1,3}([. '])\d{3}(?:\1\d{3})*(?:,\d+)?", re.ASCII)
_SIMPLE = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?", re.ASCII)  # most cells of most files
_GROUP_OR_DECIMALS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_WRAPPED = re.compile(r'="([^"=]*)"')


class Decimals(enum.StrEnum):
    """The mark before the decimals."""

    POINT = "point"
    COMMA = "comma"

    @property
    def other(self) -> Decimals:
        return Decimals.COMMA if self is Decimals.POINT else Decimals.POINT


@dataclass(frozen=True, slots=True)
class Evidence:
    """How many cells can only be read one way, and one that could be read both ways."""

    point: int = 0
    comma: int = 0
    ambiguous: str = ""

    @property
    def style(self) -> Decimals | None:
        """The style that more cells prove; None where no cell proves any."""
        if self.point == self.comma == 0:
            return None
        return Decimals.POINT if self.point >= self.comma else Decimals.COMMA


def _bare(text: str) -> tuple[str, bool]:
    """The digits and marks of a cell, and whether it is negative: signs, brackets, currency and an Excel text wrap removed."""
    cell = text.strip().translate(_SIGNS)
    if wrapped := _WRAPPED.fullmatch(cell):
        cell = wrapped.group(1).strip()
    negative = False
    if cell.startswith("(") and cell.endswith(")"):
        cell, negative = cell[1:-1].strip(), True
    cell = _MONEY_BEFORE.sub("", cell)
    for _ in range(2):  # the sign may stand before or after the currency, once
        if cell[:1] in ("-", "+"):
            if negative:
                break
            negative, cell = cell[0] == "-", cell[1:].strip()
            cell = _MONEY_BEFORE.sub("", cell)
            break
    cell = _MONEY_AFTER.sub("", cell)
    if cell.endswith("-") and not negative:
        cell, negative = cell[:-1].rstrip(), True
    return cell, negative


def decimal_evidence(texts: Iterable[str]) -> Evidence:
    """Look at all number cells of a file.  “1.234” alone proves nothing; “1.234,50”, “12.5” and “1,234,567” do."""
    point = comma = 0
    ambiguous = ""
    for text in texts:
        if not text or len(text) > 64 or ("." not in text and "," not in text):
            continue
        if _SIMPLE.fullmatch(text):
            if _GROUP_OR_DECIMALS.fullmatch(text):
                ambiguous = ambiguous or text
            else:
                point += 1
            continue
        cell, _ = _bare(text)
        as_point, as_comma = bool(_POINT.fullmatch(cell)), bool(_COMMA.fullmatch(cell))
        if as_point and as_comma and not cell.startswith("0"):
            ambiguous = ambiguous or text.strip()
        elif as_point and (not as_comma or cell.startswith(("0.", "0,"))):
            # “0.123” has no thousands in front of its mark: the mark is the decimal one
            point, comma = (point, comma + 1) if cell.startswith("0,") else (point + 1, comma)
        elif as_comma:
            comma += 1
    return Evidence(point, comma, ambiguous)


def read_number(text: str, style: Decimals) -> Decimal:
    """The exact number in a cell.  Raises CellProblem; never rounds, never guesses."""
    if style is Decimals.POINT and _SIMPLE.fullmatch(text):
        return Decimal(text)
    shown = text.strip()[:40]
    if len(text) > 80:
        raise CellProblem("not_a_number", f"“{shown}…” is too long for a number.")
    if text.strip()[:1] in ("=", "@") and not _WRAPPED.fullmatch(text.strip()):
        raise CellProblem("formula", f"“{shown}” is a formula. Save the file with values only.")
    cell, negative = _bare(text)
    pattern, other = (_POINT, _COMMA) if style is Decimals.POINT else (_COMMA, _POINT)
    if not pattern.fullmatch(cell):
        if other.fullmatch(cell):
            raise CellProblem("decimal_style", f"“{shown}” is written with a decimal {style.other}, the rest of the file with a decimal {style}.")
        raise CellProblem("not_a_number", f"“{shown}” is not a number.")
    grouping, mark = (",", ".") if style is Decimals.POINT else (".", ",")
    digits = cell.replace(grouping, "").replace(" ", "").replace("'", "").replace(mark, ".")
    try:
        exact(digits)
    except NotExact as problem:
        raise CellProblem("not_exact", f"“{shown}”: {problem}") from None
    value = Decimal(digits)  # with its trailing zeros: how exactly a rate is printed says how far a product may be off
    return -value if negative else value
