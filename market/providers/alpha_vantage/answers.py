"""What Alpha Vantage says: errors under status 200, and tables as JSON with numbered keys or as CSV.

Every number is text; "None", "-" and "n/a" stand for a missing one.  The text about the daily limit holds the key, so no error repeats
what the source said.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from market.providers import reading
from market.providers.failures import BadAnswer, NoData, NotConfigured, PlanRestricted, Throttled, UnknownSymbol
from market.providers.web import PAUSE, Reply, classified

BURST = 1.5  # seconds: at most one call in a second
_NUMBERED = re.compile(r"^\d+[a-z]?\. *")
_SERIES = re.compile(r"time series", re.IGNORECASE)
_NEW_YORK = ZoneInfo("America/New_York")
Row = dict[str, str]


def body_of(reply: Reply, what: str, now: datetime) -> dict[str, Any]:
    """The answer as an object; empty where it is.  Raises as its message says, whatever the status."""
    if not reply.body.lstrip().startswith(b"{"):
        classified(reply, "Alpha Vantage")
    body = reading.fields(reply.json(), "an answer of Alpha Vantage")
    for name in ("Error Message", "Information", "Note", "message"):
        if isinstance(told := body.get(name), str):
            _refused(told.casefold(), what, now)
    classified(reply, "Alpha Vantage")
    return body


def _refused(said: str, what: str, now: datetime) -> NoReturn:
    """Raises what a message means, by its words: the three kinds of “Information” differ in nothing else."""
    if "detected your api key" in said or ("requests per day" in said and "per second" not in said):
        raise Throttled("Alpha Vantage gives no more today.", retry_after=until_midnight(now))
    if "per second" in said:
        raise Throttled("Alpha Vantage was asked twice in a second.", retry_after=BURST)
    if "calls per minute" in said or "call frequency" in said or "rate limit" in said:
        raise Throttled("Alpha Vantage was asked too often.", retry_after=PAUSE)
    if "apikey" in said or "demo" in said:
        raise NotConfigured("Alpha Vantage refuses the key.")
    if "premium" in said:
        raise PlanRestricted("Alpha Vantage does not give this without a paid plan.")
    if "no articles" in said:
        raise NoData(f"Alpha Vantage has nothing about {what}.")
    if "invalid api call" in said or "invalid inputs" in said:
        raise UnknownSymbol(f"Alpha Vantage does not know {what}.")
    raise BadAnswer(f"Alpha Vantage answered about {what} with a message in place of data.")


def until_midnight(now: datetime) -> float:
    """Seconds until the day of the limit is over.  Whose day it is nobody says: New York's ends after that of UTC."""
    day = now.astimezone(_NEW_YORK)
    return (day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1) - day).total_seconds()


def rows_of(reply: Reply, what: str, now: datetime) -> list[Row]:
    """The rows of a table, whichever way it was sent, with plain names; a series has its day under "timestamp".

    Raises UnknownSymbol for an empty object, and NoData for nothing at all.
    """
    if reply.body.lstrip().startswith(b"{"):
        return list(_json_rows(body_of(reply, what, now), what))
    classified(reply, "Alpha Vantage")
    if not reply.body.strip():
        raise NoData(f"Alpha Vantage has nothing of {what}.")
    return _csv_rows(reply)


def refreshed(reply: Reply) -> str:
    """When a series was last brought up to date, as it says; empty for a table that does not."""
    if not reply.body.lstrip().startswith(b"{"):
        return ""
    meta = reading.fields(reply.json()).get("Meta Data")
    told = {_plain(name): value for name, value in meta.items()} if isinstance(meta, dict) else {}
    return str(told.get("last refreshed") or "")


def _json_rows(body: dict[str, Any], what: str) -> Iterator[Row]:
    if not body:
        raise UnknownSymbol(f"Alpha Vantage does not know {what}.")
    for name, value in body.items():
        if _SERIES.search(name):
            for day, row in reading.fields(value, "a series").items():
                yield {"timestamp": day, **_named(row)}
            return
    for value in body.values():
        if isinstance(value, list):
            yield from map(_named, value)
            return
    for value in body.values():
        if isinstance(value, dict):
            if not value:
                raise UnknownSymbol(f"Alpha Vantage does not know {what}.")
            yield _named(value)
            return
    raise BadAnswer(f"Alpha Vantage answered about {what} without a table.")


def _csv_rows(reply: Reply) -> list[Row]:
    text = reply.text
    if "\x00" in text or text.lstrip().startswith("<") or "," not in text.partition("\n")[0]:
        raise BadAnswer("Alpha Vantage answered with something that is neither JSON nor a table.")
    try:
        lines = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error:
        raise BadAnswer("Alpha Vantage answered with a table that is broken.") from None
    names = [_plain(name) for name in lines[0]]
    if any(len(line) not in {0, len(names)} for line in lines):
        raise BadAnswer("Alpha Vantage answered with a table whose rows have not as many fields as it has columns.")
    return [dict(zip(names, line, strict=True)) for line in lines[1:] if line]


def _named(row: Any) -> Row:
    return {_plain(name): str(value) for name, value in reading.fields(row, "a row").items() if value is not None}


def _plain(name: str) -> str:
    """ "08. previous close", "previousClose" and "previous_close" are one name; of "4a. close (EUR)" the currency is left out."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _NUMBERED.sub("", name)).replace("_", " ")
    return spaced.partition(" (")[0].strip().casefold()
