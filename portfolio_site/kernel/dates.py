"""Ranges of days.  A Period is half open: it holds `start` and ends before `end`.  Year fractions are actual/365."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAYS_A_YEAR = 365
EARLIEST = date(1900, 1, 1)  # what is told of an earlier day is a slip of the year


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end).  Raises ValueError if end comes before start; an empty period is allowed."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"A period cannot end ({self.end}) before it starts ({self.start}).")

    @classmethod
    def through(cls, first: date, last: date) -> Period:
        """The period whose last day is `last`, as people say it."""
        return cls(first, last + timedelta(days=1))

    @property
    def last(self) -> date:
        """The last day inside."""
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=n) for n in range(self.days))


def years_between(start: date, end: date) -> float:
    """Actual/365, as the money-weighted return and annualising use it (numbers.md, "Returns")."""
    return (end - start).days / DAYS_A_YEAR


def years_before(day: date, years: int) -> date:
    """The same day `years` earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    month += 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}")


def no_day(text: object) -> str:
    """Why a text is no day, in a sentence: it is written otherwise, or the calendar has no such day."""
    if isinstance(text, str) and _WRITTEN.fullmatch(text.strip()):
        return f"There is no day {text.strip()} in the calendar. Check the day and the month."
    return "Write the date like 2026-03-31."
