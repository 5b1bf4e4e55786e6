"""The European Central Bank's euro reference rates: units of a currency for €1, once a working day about 16:00 Frankfurt.

https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates — free to use with the source named.

Three files hold the same figures: the newest day, about 62 working days, and all days since 4 January 1999 (0.6 MB, zipped).  The
smallest that reaches back far enough is fetched.  There is no rate on TARGET holidays, none for today in the morning, and none of a
currency after it ended.  Each file tells a version, with which it is asked for again only where it changed (`rates_unless`).
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Self
from xml.parsers import expat

from market.currencies import ENDED
from market.providers import reading
from market.providers.base import Published, RateRow, Version
from market.providers.failures import BadAnswer
from market.providers.limits import DAY, Limits, Window
from market.providers.web import Reply, Web, classified

BASE = "https://www.ecb.europa.eu/stats/eurofxref"
FIRST = date(1999, 1, 4)
SHORT = timedelta(days=85)  # that the file of 90 days surely covers
LARGEST = 16 * 1024 * 1024  # bytes of the history when unpacked; it has about 2 MB
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")


class File(StrEnum):
    DAY = "eurofxref-daily.xml"
    QUARTER = "eurofxref-hist-90d.xml"
    ALL = "eurofxref-hist.zip"


class Ecb:
    name = "ecb"
    LIMITS = Limits(windows=(Window(48, DAY),), gap=1.0)  # no limit is published; this is what courtesy asks for

    def __init__(self, web: Web) -> None:
        self.web = web

    @classmethod
    def open(cls, key: str = "", *, base: str = BASE, gate: Callable[[int], None] = lambda cost: None) -> Self:
        """No key is needed; one that is given is not sent."""
        return cls(Web(base, gate=gate))

    def rates(self, after: date | None, until: date) -> Sequence[RateRow]:
        """As `RateSource`.  One call, or none where the span is empty."""
        return list(self.rates_unless(after, until, None).rows)

    def rates_unless(self, after: date | None, until: date, seen: Version | None) -> Published:
        """As `VersionedRates`.  One call, or none where the span is empty.  A file with later days has not been seen: they are left out."""
        file = file_for(after, until)
        if file is None:
            return Published((), seen or Version(), unchanged=True)
        found = self.published(file, seen if seen is not None and seen.file == file else None)
        version = Version() if any(row.day > until for row in found.rows) else found.version
        return replace(found, rows=tuple(row for row in found.rows if (after is None or row.day > after) and row.day <= until), version=version)

    def published(self, file: File, seen: Version | None = None) -> Published:
        """All rates of a file, unless it is still of the version that was seen.  Raises ProviderFailed."""
        reply = self.web.get(f"/{file}", headers=(seen or Version()).headers)
        if reply.status == 304 and seen is not None:
            return Published((), seen, unchanged=True)
        classified(reply, "The ECB")
        version = Version(reply.headers.get("etag", ""), reply.headers.get("last-modified", ""), str(file))
        return Published(tuple(read_zip(reply.body) if file is File.ALL else read_xml(reply)), version)


def file_for(after: date | None, until: date) -> File | None:
    """The smallest file with all working days after one day, up to another that is today or close to it; None for an empty span."""
    if after is None or until - after > SHORT:
        return File.ALL
    days = [after + timedelta(days=n) for n in range(1, (until - after).days + 1)]
    working = [day for day in days if day.weekday() < 5]
    if not working:
        return None
    return File.DAY if len(working) == 1 else File.QUARTER


def read_xml(reply: Reply) -> list[RateRow]:
    """Rates of the daily file and of that of 90 days.  Raises BadAnswer for anything else."""
    return _rows(_days_of_xml(reply.body))


def read_zip(body: bytes) -> list[RateRow]:
    """Rates of the zipped history, or of the zipped newest day.  Raises BadAnswer, also for an archive that unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            if len(members) != 1 or members[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise BadAnswer("The ECB sent an archive of another kind.")
            with archive.open(members[0]) as file:
                text = file.read(LARGEST + 1)  # what the archive says of its size is not believed
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError, NotImplementedError):
        raise BadAnswer("The ECB sent something else where an archive was expected.") from None
    if len(text) > LARGEST:
        raise BadAnswer(f"The ECB sent an archive of more than {LARGEST // 1024} KB.")
    return read_csv(text.decode("utf-8-sig", errors="replace"))


def read_csv(text: str) -> list[RateRow]:
    """Rates of a table with one day a row and one currency a column.  Raises BadAnswer for anything else."""
    table = csv.reader(io.StringIO(text))
    heads = [cell.strip() for cell in next(table, [])]
    if heads[:1] != ["Date"] or len(heads) < 2:
        raise BadAnswer("The ECB sent something else where a table was expected.")
    return _rows(_days_of_csv(heads, table))


def _days_of_csv(heads: list[str], table: Iterator[list[str]]) -> Iterator[tuple[date, str, str]]:
    try:
        for cells in table:
            if not cells:
                continue
            if len(cells) != len(heads):
                raise BadAnswer("The ECB sent a table with a row that is too short or too long.")
            day = _day(cells[0])
            yield from ((day, currency, cell) for currency, cell in zip(heads[1:], cells[1:], strict=True) if currency)
    except csv.Error:
        raise BadAnswer("The ECB sent a table that is broken.") from None


def _day(text: str) -> date:
    """A date as 2026-04-13, or as 13 April 2026 in the file of the newest day."""
    words = text.split()
    if len(words) == 3 and words[1].casefold() in _MONTHS and words[0].isdigit() and words[2].isdigit():
        try:
            return date(int(words[2]), _MONTHS.index(words[1].casefold()) + 1, int(words[0]))
        except (ValueError, OverflowError):
            pass
    return reading.day(text.strip())


def _days_of_xml(body: bytes) -> Iterator[tuple[date, str, str]]:
    """Day, currency and rate of each innermost Cube.  A document type is refused, and with it every entity of its own."""
    found: list[tuple[date, str, str]] = []
    day: list[date] = []

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        if name.rpartition(" ")[2] != "Cube":
            return
        if "time" in attributes:
            day[:] = [reading.day(attributes["time"])]
        elif "currency" in attributes:
            if not day or "rate" not in attributes:
                raise BadAnswer("The ECB sent a rate without its day.")
            found.append((day[0], attributes["currency"], attributes["rate"]))

    def refuse(*_: object) -> None:
        raise BadAnswer("The ECB sent a document with a type of its own.")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError):
        raise BadAnswer("The ECB sent something else where XML was expected.") from None
    return iter(found)


def _rows(cells: Iterator[tuple[date, str, str]]) -> list[RateRow]:
    """Rows by day and currency.  Raises BadAnswer where there is none, or where a day has two rates of a currency."""
    found: dict[tuple[date, str], RateRow] = {}
    for day, currency, cell in cells:
        if len(currency) != 3 or not (currency.isascii() and currency.isupper()):
            raise BadAnswer(f"The ECB sent {currency[:20]!r} where a currency was expected.")
        rate = reading.price(cell)
        if rate is None or (currency in ENDED and day > ENDED[currency].last):
            continue
        if found.setdefault((day, currency), row := RateRow("EUR", currency, day, rate, Ecb.name)).rate != row.rate:
            raise BadAnswer(f"The ECB sent two rates of {currency} for {day}.")
    if not found:
        raise BadAnswer("The ECB sent no rates.")
    return [found[at] for at in sorted(found)]
