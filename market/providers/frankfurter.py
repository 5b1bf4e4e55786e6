"""Frankfurter: exchange rates of the ECB (v1) and of some 80 central banks (v2), for any base and span of days in one call.

https://frankfurter.dev — free, without a key; can be run on one's own server (`base`).

v1 has the ECB's days and currencies, so that it stands in for the ECB.  v2 blends central banks: it has currencies that the ECB has
not, and days on which the ECB rests; its rates are not the ECB's to the last digit, and carry a source of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Self

from market.providers import reading
from market.providers.base import RateRow
from market.providers.failures import BadAnswer, NoData
from market.providers.limits import HOUR, Limits, Window
from market.providers.web import Reply, Web, classified

BASE = "https://api.frankfurter.dev"
FIRST = date(1999, 1, 4)
BLENDED = "frankfurter-v2"


class Frankfurter:
    name = "frankfurter"
    LIMITS = Limits(windows=(Window(120, HOUR),), gap=0.5)  # “fair use”; nothing more is published

    def __init__(self, web: Web) -> None:
        self.web = web

    @classmethod
    def open(cls, key: str = "", *, base: str = BASE, gate: Callable[[int], None] = lambda cost: None) -> Self:
        """No key is needed; one that is given is not sent."""
        return cls(Web(base, gate=gate))

    def rates(self, after: date | None, until: date) -> Sequence[RateRow]:
        """As `RateSource`."""
        since = FIRST if after is None else after + timedelta(days=1)
        return self.between(since, until)

    def latest(self, base: str = "EUR", quotes: Iterable[str] = ()) -> list[RateRow]:
        """The newest rates by v1, of all currencies or of these."""
        return self._one_day("/v1/latest", base, quotes)

    def on(self, day: date, base: str = "EUR", quotes: Iterable[str] = ()) -> list[RateRow]:
        """The rates of a day by v1; of the last day before it that has some, where it is a holiday."""
        return self._one_day(f"/v1/{day.isoformat()}", base, quotes)

    def between(self, since: date, until: date, base: str = "EUR", quotes: Iterable[str] = ()) -> list[RateRow]:
        """The rates of all days from one to the other by v1, both included, oldest first; none where no day has any."""
        if since > until:
            return []
        reply = self.web.get(f"/v1/{since.isoformat()}..{until.isoformat()}", _asked(base, "symbols", quotes))
        if reply.status == 404:  # a span of holidays
            return []
        body = reading.fields(_body(reply))
        days = reading.fields(body.get("rates"), "rates by day")
        rows = [row for day, rates in days.items() for row in _rows(body, reading.day(day), rates, base)]
        return sorted((row for row in rows if since <= row.day <= until), key=_order)  # it moves the first day back over holidays

    def blended(self, since: date, until: date, base: str = "EUR", quotes: Iterable[str] = ()) -> list[RateRow]:
        """The rates from one day to the other by v2, both included, oldest first."""
        if since > until:
            return []
        span = {"date": since.isoformat()} if since == until else {"from": since.isoformat(), "to": until.isoformat()}
        reply = self.web.get("/v2/rates", {**span, **_asked(base, "quotes", quotes)})
        if reply.status == 404:
            return []
        found = [_blended(each, base) for each in reading.items(_body(reply))]
        return sorted((row for row in found if row is not None and since <= row.day <= until), key=_order)

    def _one_day(self, path: str, base: str, quotes: Iterable[str]) -> list[RateRow]:
        reply = self.web.get(path, _asked(base, "symbols", quotes))
        if reply.status == 404:
            raise NoData(f"Frankfurter has no such rates for {base}.")
        body = reading.fields(_body(reply))
        return sorted(_rows(body, reading.day(body.get("date")), body.get("rates"), base), key=_order)


def _asked(base: str, name: str, quotes: Iterable[str]) -> dict[str, str]:
    listed = ",".join(quotes)
    return {"base": base, **({name: listed} if listed else {})}


def _body(reply: Reply) -> Any:
    """The JSON of an answer that says that all is well.  A refusal has a `message`, whatever its status."""
    if reply.status == 422:
        raise BadAnswer("Frankfurter did not understand the question.")
    body = classified(reply, "Frankfurter").json()
    if isinstance(body, dict) and "message" in body:
        raise BadAnswer("Frankfurter sent a message where rates were expected.")
    return body


def _rows(body: dict[str, Any], day: date, rates: Any, base: str) -> list[RateRow]:
    if body.get("base") != base or reading.number(body.get("amount", 1)) != 1:
        raise BadAnswer("Frankfurter sent rates of another base or amount.")
    told = ((quote, reading.price(value)) for quote, value in reading.fields(rates, "rates").items() if quote != base)
    return [RateRow(base, _currency(quote), day, rate, Frankfurter.name) for quote, rate in told if rate is not None]


def _blended(each: Any, base: str) -> RateRow | None:
    row = reading.fields(each)
    if row.get("base") != base:
        raise BadAnswer("Frankfurter sent rates of another base.")
    rate = reading.price(row.get("rate"))
    if rate is None or row.get("quote") == base:  # it lists the base itself
        return None
    return RateRow(base, _currency(row.get("quote")), reading.day(row.get("date")), rate, BLENDED)


def _currency(text: Any) -> str:
    if not isinstance(text, str) or len(text) != 3 or not (text.isascii() and text.isupper()):
        raise BadAnswer(f"Frankfurter sent {str(text)[:20]!r} where a currency was expected.")
    return text


def _order(row: RateRow) -> tuple[date, str]:
    return row.day, row.quote
