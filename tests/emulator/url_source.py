"""A house's own page of prices: JSON with one quote or all days, CSV with heads, and one in the German manner."""

from __future__ import annotations

from datetime import timedelta

from tests.emulator.formats import Answer, Ask, Format

DAYS = 30


class Emulated(Format):
    """/quote/SYMBOL.json, /days/SYMBOL.json, /days/SYMBOL.csv, /kurse?symbol=SYMBOL."""

    def answer(self, ask: Ask) -> Answer:
        if ask.path == "/away":
            return Answer(b"", 302, headers={"Location": "http://169.254.169.254/latest/meta-data"})
        folder, _, file = ask.path.lstrip("/").partition("/")
        name, _, kind = file.rpartition(".")
        security = ask.security(ask.query.get("symbol", "") or name)
        if security is None:
            return Answer("not found", 404)
        if folder == "quote":
            quote = ask.quote(security)
            told = {"last price": quote.price / security.factor, "unit": security.unit, "at": int(quote.at.timestamp() * 1000)}
            return Answer({"data": {"items": [told]}})
        bars = [bar for bar in ask.bars(security, ask.world.now().date() - timedelta(days=DAYS)) if not bar.running]
        prices = [(bar.day.isoformat(), None if bar.close is None else bar.close / security.factor) for bar in bars]
        if folder == "kurse":
            lines = [f"{day};{'' if price is None else f'{price:,}'.translate(str.maketrans(',.', '.,'))}" for day, price in prices]
            return Answer("\n".join(("Datum;Schluss", *lines)), content_type="text/csv")
        if kind == "csv":
            lines = [f"{day},{'' if price is None else price},1" for day, price in prices]
            return Answer("\n".join(("Date,Close,Volume", *lines)), content_type="text/csv")
        return Answer({"prices": [{"d": day, "c": price} for day, price in prices]})
