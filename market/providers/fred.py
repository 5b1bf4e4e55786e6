"""FRED, the database of the Federal Reserve Bank of St. Louis: interest rates that stand for “without risk”, and an index.

https://fred.stlouisfed.org/docs/api/fred — with a key by its API, without one by the table that its charts offer.

Values are as published: rates in percent a year.  A holiday is "." (API and older tables) or an empty field, and is no observation.
DTB3 is quoted as a discount, not as a yield.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Self

from market.providers import reading
from market.providers.base import Observation
from market.providers.failures import BadAnswer, Failure, NoData, NotConfigured, Throttled, UnknownSymbol
from market.providers.limits import MINUTE, Limits, Window
from market.providers.web import PAUSE, Reply, Web, classified, one_by_one

BASE = "https://api.stlouisfed.org"
SITE = "https://fred.stlouisfed.org"  # where it is asked without a key
SERIES = {
    "DTB3": "Treasury bill of 3 months, discount",
    "DGS10": "Treasury bond of 10 years, yield",
    "FEDFUNDS": "Federal funds, effective rate, by month",
    "SOFR": "Secured overnight financing rate",
    "ECBDFR": "ECB deposit facility",
    "ECBESTRVOLWGTTRMDMNRT": "Euro short-term rate (€STR)",
    "IUDSOIA": "Sterling overnight index average (SONIA)",
    "SP500": "S&P 500, last ten years only",
}


class Fred:
    name = "fred"
    LIMITS = Limits(windows=(Window(120, MINUTE),), gap=0.5)

    def __init__(self, web: Web, key: str = "") -> None:
        self.web, self._key = web, key

    @classmethod
    def open(cls, key: str = "", *, base: str = "", gate: Callable[[int], None] = lambda cost: None) -> Self:
        """`base` empty: the API with a key, the site without."""
        return cls(Web(base or (BASE if key else SITE), secrets=(key,), gate=gate), key)

    def series(self, after: Mapping[str, date | None]) -> Mapping[str, tuple[Observation, ...] | Failure]:
        """As `SeriesSource`; one call a series."""
        return one_by_one(after, lambda name: self._one(name, after[name]))

    def _one(self, name: str, after: date | None) -> tuple[Observation, ...]:
        since = None if after is None else after + timedelta(days=1)
        found = self._by_key(name, since) if self._key else self._by_table(name, since)
        if not found and since is None:
            raise NoData(f"FRED has no values of {name}.")
        return tuple(each for each in found if since is None or each.day >= since)

    def _by_key(self, name: str, since: date | None) -> list[Observation]:
        asked = {"series_id": name, "api_key": self._key, "file_type": "json"}
        if since is not None:
            asked["observation_start"] = since.isoformat()
        return read_json(self.web.get("/fred/series/observations", asked), name)

    def _by_table(self, name: str, since: date | None) -> list[Observation]:
        asked = {"id": name} if since is None else {"id": name, "cosd": since.isoformat()}
        reply = self.web.get("/graph/fredgraph.csv", asked)
        if reply.status in {400, 404}:  # with a page
            raise UnknownSymbol(f"FRED has no series {name}.")
        return read_table(classified(reply, "FRED"), name)


def read_json(reply: Reply, name: str) -> list[Observation]:
    """Observations of the API, oldest first.  Raises ProviderFailed: a wrong key has status 400 as a wrong series has."""
    if reply.status == 429:
        raise Throttled("FRED was asked too often.", retry_after=reply.retry_after() or PAUSE)
    if reply.body.lstrip()[:1] != b"{":
        classified(reply, "FRED")
    body = reading.fields(reply.json())
    if "error_code" in body or "error_message" in body:
        _refused(body, reply, name)
    classified(reply, "FRED")
    rows = [reading.fields(each) for each in reading.items(body.get("observations"), "observations")]
    return _observations([(str(row.get("date")), row.get("value")) for row in rows])


def _refused(body: Mapping[str, object], reply: Reply, name: str) -> None:
    message = str(body.get("error_message", "")).casefold()
    if str(body.get("error_code")) == "429":
        raise Throttled("FRED was asked too often.", retry_after=reply.retry_after() or PAUSE)
    if "api_key" in message:
        raise NotConfigured("FRED refuses the key.")
    if "series" in message and "not exist" in message:
        raise UnknownSymbol(f"FRED has no series {name}.")
    raise BadAnswer("FRED did not understand the question.")


def read_table(reply: Reply, name: str) -> list[Observation]:
    """Observations of the site's table, oldest first; its first head was DATE until 2024 and is observation_date since."""
    rows = csv.reader(io.StringIO(reply.text))
    try:
        heads = [cell.strip() for cell in next(rows, [])]
        if heads != [heads[0] if heads[:1] and heads[0].casefold() in {"date", "observation_date"} else "", name]:
            raise BadAnswer("FRED sent something else where a table was expected.")
        cells = [row for row in rows if row]
    except csv.Error:
        raise BadAnswer("FRED sent a table that is broken.") from None
    if any(len(row) != 2 for row in cells):
        raise BadAnswer("FRED sent a table with a row that is too short or too long.")
    return _observations([(row[0], row[1]) for row in cells])


def _observations(told: list[tuple[str, object]]) -> list[Observation]:
    values = ((reading.day(day), reading.number(value)) for day, value in told)
    return sorted((Observation(day, value) for day, value in values if value is not None), key=lambda each: each.day)
