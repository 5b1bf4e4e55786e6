"""Frankfurter's v1 (one object by day, `base` never among the rates) and v2 (a flat list, the base among them)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from tests.emulator.ecb import newest
from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.rates import CURRENCIES, OTHERS, Rates, target_open

NOT_FOUND = Answer({"message": "not found"}, 404)


class Emulated(Format):
    def answer(self, ask: Ask) -> Answer:
        version, _, what = ask.path.lstrip("/").partition("/")
        try:
            if version == "v1":
                return self._v1(ask, what)
            if version == "v2" and what == "rates":
                return self._v2(ask)
        except ValueError:
            return Answer({"message": "invalid date"}, 422)
        return ask.missing

    def _v1(self, ask: Ask, what: str) -> Answer:
        rates, last, base = ask.world.rates, newest(ask.world.now()), ask.query.get("base", "EUR")
        if base != "EUR" and base not in CURRENCIES:
            return NOT_FOUND
        quotes = _quotes(ask.query.get("symbols", ""), sorted({"EUR", *CURRENCIES}))
        if ".." not in what:
            day = last if what == "latest" else _working(min(date.fromisoformat(what), last))
            told = _rates(rates, day, base, quotes)
            return Answer({"amount": Decimal("1.0"), "base": base, "date": day.isoformat(), "rates": told}) if told else NOT_FOUND
        first, _, end = what.partition("..")
        since, until = _working(date.fromisoformat(first)), min(date.fromisoformat(end) if end else last, last)
        days = {} if ask.switches.empty_window else {day.isoformat(): _rates(rates, day, base, quotes) for day in rates.days(since, until)}
        if not days:
            return NOT_FOUND
        span = list(days)
        return Answer({"amount": Decimal("1.0"), "base": base, "start_date": span[0], "end_date": span[-1], "rates": days})

    def _v2(self, ask: Ask) -> Answer:
        rates, today, base = ask.world.rates, ask.world.now().date(), ask.query.get("base", "EUR")
        everything = sorted({"EUR", *CURRENCIES, *OTHERS})
        if base not in everything:
            return NOT_FOUND
        since = date.fromisoformat(ask.query.get("date") or ask.query.get("from") or today.isoformat())
        until = min(date.fromisoformat(ask.query.get("date") or ask.query.get("to") or today.isoformat()), today)
        days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
        rows = [
            {"date": day.isoformat(), "base": base, "quote": quote, "rate": Decimal(repr(rates.cross(base, quote, day))).quantize(Decimal("0.00001"))}
            for day in days
            for quote in _quotes(ask.query.get("quotes", ""), everything)
            if (CURRENCIES.get(quote, (0, 0, None))[2] or day) >= day
        ]
        return Answer(rows) if rows else NOT_FOUND


def _quotes(asked: str, everything: list[str]) -> list[str]:
    wanted = {each for each in asked.upper().split(",") if each}
    return [each for each in everything if not wanted or each in wanted]


def _rates(rates: Rates, day: date, base: str, quotes: Iterable[str]) -> Mapping[str, Decimal]:
    """Of all but the base, crossed over the euro and rounded to five digits, as v1 does."""
    one = Decimal(1) if base == "EUR" else rates.published(base, day)
    found: dict[str, Decimal] = {}
    for quote in quotes:
        other = Decimal(1) if quote == "EUR" else rates.published(quote, day)
        if one is not None and other is not None and quote != base:
            crossed = other / one
            found[quote] = other if base == "EUR" else Decimal(f"{crossed:.5g}") if crossed < 1 else crossed.quantize(Decimal("0.00001"))
    return found


def _working(day: date) -> date:
    """The day, or the last before it that has rates."""
    while not target_open(day):
        day -= timedelta(days=1)
    return day
