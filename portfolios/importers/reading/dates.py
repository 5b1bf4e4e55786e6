"""Cells to days.  Whether 03/04/2026 is in March or April is decided for a whole file from its data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

from portfolio_site.kernel.dates import EARLIEST
from portfolios.importers.base import CellProblem

_TIME = r"(?:[T ;,]\s*(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?|\d{6})\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
_ISO = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME, re.ASCII)
_PACKED = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})" + _TIME, re.ASCII)
_DOTTED = re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4}|\d{2})" + _TIME, re.ASCII)
_SLASHED = re.compile(r"(?P<a>\d{1,2})(?P<s>[/-])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4}|\d{2})" + _TIME, re.ASCII)
_NAMED = re.compile(r"(?P<d>\d{1,2})[ -](?P<name>[A-Za-z]{3,9})\.?[ -,]+(?P<y>\d{4})" + _TIME, re.ASCII)
_NAMED_FIRST = re.compile(r"(?P<name>[A-Za-z]{3,9})\.? (?P<d>\d{1,2}),? (?P<y>\d{4})" + _TIME, re.ASCII)
_MONTHS = {name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)}


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and the time on it in UTC where the cell has one.  A time without a zone is taken as UTC by the caller's format."""

    day: date
    time: datetime | None = None


def day_order(texts: Iterable[str]) -> tuple[bool | None, str]:
    """(day first?, a cell that could be read both ways).  None where no cell proves an order, or cells contradict each other."""
    first = second = 0
    ambiguous = ""
    for text in texts:
        found = _SLASHED.fullmatch(text.strip()[:40])
        if not found:
            continue
        a, b = int(found["a"]), int(found["b"])
        if a > 12 >= b:
            first += 1
        elif b > 12 >= a:
            second += 1
        elif a <= 12 and b <= 12 and a != b:
            ambiguous = ambiguous or text.strip()
    if bool(first) == bool(second):
        return None, ambiguous
    return first > 0, ambiguous


@lru_cache(maxsize=8192)  # a day stands in many rows
def read_moment(text: str, day_first: bool | None) -> Moment:
    """The day in a cell.  Raises CellProblem where it is no date, does not exist, or could be read both ways."""
    cell = text.strip()
    shown = cell[:40]
    if cell[:1] in ("=", "@"):
        raise CellProblem("formula", f"“{shown}” is a formula. Save the file with values only.")
    if len(cell) > 60:
        raise CellProblem("not_a_date", f"“{shown}…” is not a date.")
    for pattern in (_ISO, _PACKED, _DOTTED, _NAMED, _NAMED_FIRST, _SLASHED):
        if found := pattern.fullmatch(cell):
            parts = found.groupdict()
            day = _day(parts, day_first, shown)
            return Moment(day, _time(day, parts, shown))
    raise CellProblem("not_a_date", f"“{shown}” is not a date. Write it like 2026-03-31.")


def _day(parts: dict[str, str | None], day_first: bool | None, shown: str) -> date:
    year = int(parts["y"] or 0)
    if len(parts["y"] or "") == 2:
        year += 2000 if year < 70 else 1900
    if parts.get("name"):
        month = _MONTHS.get((parts["name"] or "")[:3].lower(), 0)
        day = int(parts["d"] or 0)
    elif parts.get("a"):
        month, day = _slashed(int(parts["a"] or 0), int(parts["b"] or 0), day_first, shown)
    else:
        month, day = int(parts["m"] or 0), int(parts["d"] or 0)
    try:
        value = date(year, month, day)
    except ValueError:
        raise CellProblem("no_such_date", f"The date “{shown}” does not exist.") from None
    if value < EARLIEST:
        raise CellProblem("no_such_date", f"The date “{shown}” is before 1900.")
    return value


def _slashed(a: int, b: int, day_first: bool | None, shown: str) -> tuple[int, int]:
    """(month, day)"""
    if day_first is None and a != b and a <= 12 and b <= 12:
        raise CellProblem("ambiguous_date", f"“{shown}” could be read both ways, day or month first.")
    if day_first is None:
        day_first = a > 12
    return (b, a) if day_first else (a, b)


def _time(day: date, parts: dict[str, str | None], shown: str) -> datetime | None:
    clock = parts.get("clock")
    if not clock:
        return None
    if ":" not in clock:
        clock = f"{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    bits = clock.split(":")
    seconds, _, fraction = (bits[2] if len(bits) > 2 else "0").partition(".")
    hour = int(bits[0])
    if half := (parts.get("half") or "").lower():
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        at = time(hour, int(bits[1]), int(seconds), int(fraction[:6].ljust(6, "0")) if fraction else 0)
        moment = datetime.combine(day, at, tzinfo=_zone(parts.get("zone") or ""))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CellProblem("no_such_date", f"The time in “{shown}” does not exist.") from None


def _zone(text: str) -> timezone:
    if text in ("", "Z", "UTC", "GMT"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
