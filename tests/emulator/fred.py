"""FRED's API (values as text, "." on holidays, errors with status 400) and the table of its site, asked without a key."""

from __future__ import annotations

from datetime import date

from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.rates import SERIES

NO_KEY = "Bad Request.  The value for variable api_key is not registered."
NO_SERIES = "Bad Request.  The series does not exist."
LIMIT = {"error_code": 429, "error_message": "Too Many Requests.  Exceeded Rate Limit"}
PAGE = "<!DOCTYPE html><html><body>We can't find that page.</body></html>"


def _refused(message: str) -> Answer:
    return Answer({"error_code": 400, "error_message": message}, 400)


class Emulated(Format):
    def answer(self, ask: Ask) -> Answer:
        if ask.path == "/fred/series/observations":
            return self._api(ask)
        if ask.path == "/graph/fredgraph.csv":
            return self._table(ask)
        return ask.missing

    def limited(self, ask: Ask, pause: float) -> Answer:
        return Answer(LIMIT, 200 if ask.switches.error_in_200 else 429)

    def _api(self, ask: Ask) -> Answer:
        if not ask.key("api_key"):
            return _refused(NO_KEY)
        if ask.switches.error_in_200:
            return Answer(LIMIT, 200)
        name, today = ask.query.get("series_id", ""), ask.world.now().date()
        if name not in SERIES or name in ask.switches.unknown:
            return _refused(NO_SERIES)
        if ask.query.get("file_type") != "json":
            return Answer('<?xml version="1.0" encoding="utf-8" ?>\n<observations/>', content_type="text/xml")
        since = date.fromisoformat(ask.query.get("observation_start", "1776-07-04"))
        vintage = {"realtime_start": today.isoformat(), "realtime_end": today.isoformat()}
        told = [] if ask.switches.empty_window else ask.world.rates.observations(name, since, today)
        rows = [{**vintage, "date": day.isoformat(), "value": "." if value is None else f"{value:f}"} for day, value in told]
        span = {"observation_start": since.isoformat(), "observation_end": "9999-12-31"}
        rest = {"units": "lin", "output_type": 1, "file_type": "json", "order_by": "observation_date", "sort_order": "asc"}
        return Answer({**vintage, **span, **rest, "count": len(rows), "offset": 0, "limit": 100000, "observations": rows})

    def _table(self, ask: Ask) -> Answer:
        name = ask.query.get("id", "")
        if name not in SERIES or name in ask.switches.unknown:
            return Answer(PAGE, 404, "text/html")
        since = date.fromisoformat(ask.query.get("cosd", "1776-07-04"))
        told = [] if ask.switches.empty_window else ask.world.rates.observations(name, since, ask.world.now().date())
        lines = [f"{day.isoformat()},{'' if value is None else f'{value:f}'}" for day, value in told]
        return Answer("\n".join((f"observation_date,{name}", *lines)) + "\n", content_type="application/csv")
