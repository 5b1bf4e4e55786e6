"""CoinGecko's wire format: simple/price, market_chart, coins/{id}, search, coins/list, ping.

`error_in_200`: "429" tells a refusal with status 200.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.things import Security

_TOO_MANY = {"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit. Please visit https://www.coingecko.com/en/api/pricing."}}
_NO_KEY = {"status": {"timestamp": "2026-06-16T15:00:00.000+00:00", "error_code": 10002, "error_message": "API Key Missing."}}
_TOO_FAR = {"error": {"status": {"error_code": 10012, "error_message": "Your request exceeds the allowed time range."}}}
_KEYS = ("x-cg-demo-api-key", "x-cg-pro-api-key", "x_cg_demo_api_key", "x_cg_pro_api_key")


class Emulated(Format):
    def limited(self, ask: Ask, pause: float) -> Answer:
        return Answer(_TOO_MANY, 429, headers={"Retry-After": str(max(1, round(pause)))})

    def answer(self, ask: Ask) -> Answer:
        if ask.switches.error_in_200 == "429":
            return Answer(_TOO_MANY)
        if ask.switches.wrong_key:
            return Answer(_NO_KEY, 401)
        match ask.path.strip("/").split("/"):
            case ["ping"]:
                return Answer({"gecko_says": "(V3) To the Moon!"})
            case ["simple", "price"]:
                return Answer(self._prices(ask))
            case ["search"]:
                return Answer(self._search(ask))
            case ["coins", "list"]:
                coins = [each for each in ask.world.securities() if each.coin]
                return Answer([{"id": each.coin, "symbol": _ticker(each).lower(), "name": each.name} for each in coins])
            case ["coins", coin, *rest]:
                security = ask.known(ask.world.coin(coin))
                if security is None:
                    return Answer({"error": "coin not found"}, 404)
                return self._coin(ask, security) if not rest else self._chart(ask, security) if rest == ["market_chart"] else ask.missing
        return ask.missing

    def _prices(self, ask: Ask) -> dict[str, Any]:
        """By id, in an order of its own; ids that nobody knows are left out, and currencies too."""
        found: dict[str, Any] = {}
        for coin in sorted(ask.query.get("ids", "").split(","), reverse=True):
            security = ask.known(ask.world.coin(coin))
            if security is None:
                continue
            quote, row = ask.quote(security), {}
            for currency in ask.query.get("vs_currencies", "").split(","):
                if (rate := _rate(ask, currency, quote.at.date())) is None:
                    continue
                row[currency] = quote.price * rate
                if ask.query.get("include_market_cap") == "true":
                    row[f"{currency}_market_cap"] = quote.price * rate * 19_000_000
            if row and ask.query.get("include_last_updated_at") == "true":
                row["last_updated_at"] = int(quote.at.timestamp())
            found[coin] = row
        return found

    def _chart(self, ask: Ask, security: Security) -> Answer:
        """Values at 00:00 UTC, each the close of the day before, and the one of now."""
        currency, days, now = ask.query.get("vs_currency", ""), ask.query.get("days", ""), ask.world.now().astimezone(UTC)
        if _rate(ask, currency, now.date()) is None:
            return Answer({"error": "invalid vs_currency"}, 422)
        if not ask.key("x-cg-pro-api-key", "x_cg_pro_api_key") and (days == "max" or int(days) > 365):
            return Answer(_TOO_FAR, 401)
        since = None if days == "max" else now.date() - timedelta(days=int(days))
        points = []
        for bar in ask.bars(security, since, now.date()):
            at = now if bar.running else datetime.combine(bar.day + timedelta(days=1), time(), UTC)
            close = None if bar.close is None else bar.close * (_rate(ask, currency, bar.day) or 1)
            points.append([int(at.timestamp() * 1000), close])
        flat = [[at, 1000] for at, _ in points]
        return Answer({"prices": points, "market_caps": flat, "total_volumes": flat})

    def _coin(self, ask: Ask, security: Security) -> Answer:
        return Answer(
            {
                "id": security.coin,
                "symbol": _ticker(security).lower(),
                "name": security.name,
                "categories": ["Cryptocurrency", "Layer 1 (L1)"],
                "description": {"en": f"{security.name} is <a href='https://example.org'>made up</a>."},
                "last_updated": ask.world.now().isoformat(),
            }
        )

    def _search(self, ask: Ask) -> dict[str, Any]:
        found = [each for each in ask.world.search(ask.query.get("query", "")) if each.coin and ask.known(each)]
        coins = [{"id": each.coin, "api_symbol": each.coin, "name": each.name, "symbol": _ticker(each), "market_cap_rank": 1} for each in found]
        return {"coins": coins, "exchanges": [], "icos": [], "categories": [], "nfts": []}


def _ticker(security: Security) -> str:
    return security.symbol.partition("-")[0]


def _rate(ask: Ask, currency: str, day: date) -> Decimal | None:
    """Units of a currency for a dollar; None for one that is not told."""
    if currency == "usd":
        return Decimal(1)
    if currency not in {"eur", "gbp", "chf", "jpy"}:
        return None
    return Decimal(repr(round(ask.world.rates.cross("USD", currency.upper(), day, 0.5), 6)))
