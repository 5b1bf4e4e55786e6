"""What an address says of time: the day that is looked at, and the day whose knowledge counts.

`?as_of=2024-12-31` is the end of that day; `?known_at=2025-01-15` is what was recorded by the end of that day, or by a moment.
Days begin and end in the time zone in force.  A day to come, and today, mean now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import urlencode

from django.utils import timezone

from portfolio_site.kernel.dates import EARLIEST


@dataclass(frozen=True, slots=True)
class Moment:
    """What is looked at.  Each is None for now; `problem` says which day of the address was not understood."""

    as_of: date | None = None
    known_at: datetime | None = None
    problem: str = ""

    @property
    def is_now(self) -> bool:
        return self.as_of is None and self.known_at is None

    @property
    def known_on(self) -> date | None:
        """The day whose knowledge counts."""
        return None if self.known_at is None else timezone.localdate(self.known_at)

    @property
    def known_text(self) -> str:
        """As the address has it: a day, where it is the end of one."""
        if self.known_at is None or self.known_on is None:
            return ""
        return self.known_on.isoformat() if self.known_at == end_of(self.known_on) else self.known_at.isoformat()

    @property
    def query(self) -> str:
        """What links to other pages carry on, beginning with “&”; blank for now."""
        carried = {} if self.as_of is None else {"as_of": self.as_of.isoformat()}
        if self.known_at is not None:
            carried["known_at"] = self.known_text
        return "".join(f"&{urlencode({name: value})}" for name, value in carried.items())


NOW = Moment()


def end_of(day: date) -> datetime:
    """The last instant of a day."""
    return timezone.make_aware(datetime.combine(day, time.max))


def moment_of(text: str) -> datetime | None:
    """A moment written as a day (its end) or as a time with offset; None where it is still to come.  Raises ValueError."""
    text = text.strip()
    moment = end_of(date.fromisoformat(text)) if len(text) == 10 else datetime.fromisoformat(text.replace(" ", "+"))
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    if moment.astimezone(timezone.get_default_timezone()).date() < EARLIEST:
        raise ValueError(text)
    return None if moment >= timezone.now() else moment


def chosen_moment(address: Mapping[str, str]) -> Moment:
    """The moment in the address of a page.  What is no day is as if it were not there, and is said."""
    as_of = known_at = None
    problem = ""
    if given := address.get("as_of", "").strip():
        try:
            day = date.fromisoformat(given)
        except ValueError:
            problem = f"“{given[:20]}” is not a day. Write it like 2024-12-31."
        else:
            if day < EARLIEST:
                problem = f"{given} is before {EARLIEST.year}. Check the year."
            elif day < timezone.localdate():
                as_of = day
    if given := address.get("known_at", "").strip():
        try:
            known_at = moment_of(given)
        except (ValueError, OverflowError):
            problem = f"“{given[:20]}” is not a day. Write it like 2024-12-31."
    return Moment(as_of, known_at, problem)
