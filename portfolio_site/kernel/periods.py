"""The period that somebody asks for, as a word, a part of the calendar, or two ends: `1Y`, `2024`, `2024-Q2`, `2022-06 : ytd`.

A span has a first and a last day, both inside it.  `today` is passed; nothing here looks at a clock.  The past year opens at
the close of the same day a year ago, so its first day is the one after.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from portfolio_site.kernel.dates import EARLIEST, months_before

ONE_DAY = timedelta(days=1)
NAMES = ("1D", "WTD", "MTD", "YTD", "1Y", "3Y", "5Y", "MAX")  # what is offered; others are understood
_ROLLING = re.compile(r"(\d{1,3})([DWMY])")
_YEAR, _MONTH, _QUARTER = re.compile(r"\d{4}"), re.compile(r"(\d{4})-(\d{1,2})"), re.compile(r"(\d{4})-?Q(\d)")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_BETWEEN = re.compile(r"\s*(?::|\.{2,3}|–|—|\bto\b)\s*", re.IGNORECASE)
HOW = "Write a period like 1Y, YTD, 2024, 2024-Q2, 2024-05, or two ends like 2022-06 : ytd."


class UnreadablePeriod(ValueError):
    """What was written is no period; the message says why, and what to write."""


@dataclass(frozen=True, slots=True)
class Span:
    """A period as it was asked for.

    text   how an address writes it
    start  first day; None: from the first entry
    end    last day, never after `today`
    unit   what the calendar calls it: "day", "week", "month", "quarter", "year"; "months" of some length, "days", or "" for all
    """

    text: str
    start: date | None
    end: date
    today: date
    unit: str = "days"
    months: int = 0

    @property
    def previous(self) -> Span | None:
        """The period of the same kind that ends the day before this one begins; None where all is shown."""
        if self.start is None or self.start <= EARLIEST:
            return None
        last = self.start - ONE_DAY
        if self.unit in _CALENDAR:
            return calendar_span(last, self.unit, self.today)
        first = months_before(last + ONE_DAY, self.months) if self.months else self.start - (self.end - self.start) - ONE_DAY
        return between(max(first, EARLIEST), last, self.today, months=self.months)

    @property
    def next(self) -> Span | None:
        """The one that follows; None where it is still to come."""
        if self.start is None or self.end >= self.today:
            return None
        first = self.end + ONE_DAY
        if self.unit in _CALENDAR:
            return calendar_span(first, self.unit, self.today)
        last = months_before(first, -self.months) - ONE_DAY if self.months else first + (self.end - self.start)
        return between(first, last, self.today, months=self.months)


_CALENDAR = {"day": 0, "week": 0, "month": 1, "quarter": 3, "year": 12}


def between(start: date | None, end: date, today: date, *, months: int = 0) -> Span:
    """From one day to another.  Raises UnreadablePeriod where no day of it has come yet, or the end lies before the start."""
    if start is not None and start > today:
        raise UnreadablePeriod(f"The period begins on {start.isoformat()}, a day to come. Take an earlier one.")
    if start is not None and end < start:
        raise UnreadablePeriod(f"The period ends on {end.isoformat()}, before it begins on {start.isoformat()}. Exchange the two.")
    for day in (start, end):
        if day is not None and day < EARLIEST:
            raise UnreadablePeriod(f"{day.isoformat()} is before {EARLIEST.year}. Check the year.")
    last = min(end, today)
    text = f"{start.isoformat() if start else ''}:{last.isoformat()}"
    if start is None and last == today:
        return Span("MAX", None, today, today, "")
    return Span(text, start, last, today, "months" if months else "days", months)


def calendar_span(day: date, unit: str, today: date) -> Span:
    """The day, week (from Monday), month, quarter or year of the calendar that a day lies in."""
    if unit == "day":
        first, last, text = day, day, day.isoformat()
    elif unit == "week":
        first = day - timedelta(days=day.weekday())
        last = first + timedelta(days=6)
        text = f"{first.isoformat()}:{last.isoformat()}"
    else:
        length = _CALENDAR[unit]
        month = (day.month - 1) // length * length + 1
        first, last = date(day.year, month, 1), _end_of(day.year, month + length - 1)
        text = {1: f"{first:%Y-%m}", 3: f"{day.year:04}-Q{(month + 2) // 3}", 12: f"{day.year:04}"}[length]
    span = between(first, last, today)
    return Span(text, first, span.end, today, unit)


def _end_of(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def read_period(text: str, today: date) -> Span:
    """The period that a text means.  Raises UnreadablePeriod with what to write in its place.

    Words: 1D WTD MTD QTD YTD MAX, and as many days, weeks, months or years as one likes, up to today: 2W, 6M, 10Y.
    The calendar: 2024, 2024-Q2, 2024-05, 2024-05-03.  Two ends, each a part of the calendar or `today`: 2022-06 : 2023.
    An end that is left out, and `ytd` as the last one, is today; a start that is left out is the first entry.
    """
    given = " ".join(text.split())
    ends = _BETWEEN.split(given, maxsplit=1)
    if len(ends) == 2:
        return _between_ends(ends[0], ends[1], given, today)
    word = given.upper()
    if word in {"MAX", "ALL"}:
        return Span("MAX", None, today, today, "")
    if word in _TO_DATE:
        span = calendar_span(today, _TO_DATE[word], today)
        return Span(word, span.start, today, today, span.unit)
    if found := _ROLLING.fullmatch(word):
        return _rolling(word, int(found[1]), found[2], today)
    first, _, unit = _part(word, given)
    return calendar_span(first, unit, today)


_TO_DATE = {"1D": "day", "TODAY": "day", "WTD": "week", "MTD": "month", "QTD": "quarter", "YTD": "year"}


def _rolling(word: str, number: int, letter: str, today: date) -> Span:
    """So many days, weeks, months or years up to today."""
    if not number:
        raise UnreadablePeriod(f"“{word}” has no day. {HOW}")
    months = {"M": 1, "Y": 12}.get(letter, 0) * number
    try:
        start = months_before(today, months) + ONE_DAY if months else today - timedelta(days=number * (7 if letter == "W" else 1)) + ONE_DAY
    except ValueError:
        start = EARLIEST
    if start <= EARLIEST:
        raise UnreadablePeriod(f"“{word}” goes back beyond {EARLIEST.year}. Write MAX for everything.")
    return Span(word, start, today, today, "months" if months else "days", months)


def _between_ends(left: str, right: str, given: str, today: date) -> Span:
    if not left and not right:
        raise UnreadablePeriod(f"“{given}” has no end. {HOW}")
    starts = {"YTD": date(today.year, 1, 1), "MTD": today.replace(day=1), "TODAY": today, "NOW": today}
    ends = dict.fromkeys(("", "YTD", "MTD", "TODAY", "NOW", "MAX"), today)
    start = None if not left else starts.get(left.upper()) or _part(left.upper(), left)[0]
    end = ends.get(right.upper()) or _part(right.upper(), right)[1]
    whole = start is not None and start.day == 1 and (end + ONE_DAY).day == 1
    months = (end.year - start.year) * 12 + end.month - start.month + 1 if whole and start is not None and end <= today else 0
    return between(start, end, today, months=months)


def _part(word: str, given: str) -> tuple[date, date, str]:
    """First and last day of a part of the calendar, and what it is."""
    shown = given[:40]
    try:
        if _DAY.fullmatch(word):
            day = date.fromisoformat(word)
            return day, day, "day"
        if found := _QUARTER.fullmatch(word):
            month = int(found[2]) * 3 - 2
            return date(int(found[1]), month, 1), _end_of(int(found[1]), month + 2), "quarter"
        if found := _MONTH.fullmatch(word):
            return date(int(found[1]), int(found[2]), 1), _end_of(int(found[1]), int(found[2])), "month"
        if _YEAR.fullmatch(word):
            return date(int(word), 1, 1), date(int(word), 12, 31), "year"
    except ValueError:
        raise UnreadablePeriod(f"There is no {shown} in the calendar. {HOW}") from None
    raise UnreadablePeriod(f"“{shown}” is no period. {HOW}")
