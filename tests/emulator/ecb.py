"""The ECB's three files, in the layouts of its site: double-quoted XML, a zipped table with `N/A` and an empty last column."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.rates import CURRENCIES, FIRST_RATE, Rates, target_open

FRANKFURT = ZoneInfo("Europe/Berlin")
PUBLISHED = time(16, 0)
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
    'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><gesmes:subject>Reference rates</gesmes:subject>'
    "<gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender><Cube>"
)


def newest(now: datetime) -> date:
    """The newest day that has rates: today's come at four in the afternoon."""
    there = now.astimezone(FRANKFURT)
    day = there.date() if there.time() >= PUBLISHED else there.date() - timedelta(days=1)
    while not target_open(day):
        day -= timedelta(days=1)
    return day


class Emulated(Format):
    def answer(self, ask: Ask) -> Answer:
        day, rates = newest(ask.world.now()), ask.world.rates
        version = f'"{day.isoformat()}-{ask.path}"'
        modified = format_datetime(datetime.combine(day, PUBLISHED, FRANKFURT).astimezone(UTC), usegmt=True)
        headers = {"ETag": version, "Last-Modified": modified}
        if ask.headers.get("if-none-match") == version or ("if-none-match" not in ask.headers and ask.headers.get("if-modified-since") == modified):
            return Answer(b"", 304, headers=headers)
        if ask.path == "/eurofxref-daily.xml":
            return Answer(_xml(rates, [] if ask.switches.empty_window else [day]), content_type="text/xml", headers=headers)
        if ask.path == "/eurofxref-hist-90d.xml":
            days = rates.days(day - timedelta(days=90), day)
            return Answer(_xml(rates, reversed(days)), content_type="text/xml", headers=headers)
        if ask.path == "/eurofxref-hist.zip":
            return Answer(_zip(rates.seed, day), content_type="application/zip", headers=headers)
        return ask.missing


def _xml(rates: Rates, days: Iterable[date]) -> str:
    cubes = []
    for day in days:
        told = ((currency, rates.published(currency, day)) for currency in CURRENCIES)
        cells = "".join(f'<Cube currency="{currency}" rate="{rate.normalize():f}"/>' for currency, rate in told if rate is not None)
        cubes.append(f'<Cube time="{day.isoformat()}">{cells}</Cube>')
    return HEAD + "".join(cubes) + "</Cube></gesmes:Envelope>"


@lru_cache(maxsize=4)
def _zip(seed: int, newest_day: date) -> bytes:
    rates = Rates(seed)
    days = rates.days(FIRST_RATE, newest_day)
    lines = [",".join(("Date", *CURRENCIES, ""))]
    for day in reversed(days):
        told = (rates.published(currency, day) for currency in CURRENCIES)
        lines.append(",".join((day.isoformat(), *("N/A" if rate is None else f"{rate.normalize():f}" for rate in told), "")))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", "\n".join(lines) + "\n")
    return packed.getvalue()
