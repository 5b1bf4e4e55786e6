"""The pages' own socket, `/ws/prices/`: finished text, so that the script in the page knows no locale (static/js/live.js).

server → page   {type: "hello", as_of, state: "live" | "delayed" | "closed", text}
                {type: "tick", seq, as_of, rows: [{id, dir, sign, price, pct, change, value, day}], totals: {nav, nav0, nav_pct, day, day0, sign}}
                {type: "stale", id, text}, {type: "alert", …}, {type: "import", …}, {type: "news", instruments}
page → server   {type: "watch", ids: [...], p: "portfolio, or empty for all"}

`id` is an instrument's number as text.  `dir` is the way the price went since the last tick, `sign` the way since the close before.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils import timezone

from accounts.models import Preferences
from analytics.consumers.base import Said, Socket, members
from analytics.live.valuation import Key, Line, Valuation
from market.choices import Quality
from market.models import Instrument
from market.selectors import QuoteView
from portfolio_site.kernel.errors import NotFound
from portfolio_site.web import numbers, times, writing
from portfolios.selectors import chosen_portfolios

MOST_ROWS = 1000


def _sign(value: Decimal | None) -> int:
    return 0 if value is None else (value > 0) - (value < 0)


class PricesSocket(Socket):
    """One open page."""

    tokens_allowed = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.preferences = Preferences()
        self.key: Key | None = None
        self._shown: dict[int, Decimal] = {}  # the price last sent, by instrument
        self._currencies: set[str] = set()
        self._rows_seq = 0

    async def heard(self, message: dict[str, Any]) -> None:
        if message.get("type") == "watch":
            await self._watch(message)

    # ── what the page shows ─────────────────────────────────────────────────

    async def _watch(self, message: dict[str, Any]) -> None:
        named = message.get("ids")
        ids = {int(text) for text in (named if isinstance(named, list) else [])[:MOST_ROWS] if isinstance(text, str) and _is_number(text)}
        choice = message.get("p")
        visible, key = await database_sync_to_async(self._page)(ids, choice if isinstance(choice, str) else "")
        if key is not None:
            valuation = await self.hub.value(key)
            self._currencies = {valuation.currency, *(line.currency for line in valuation.lines.values())}
        await self.hub.know(visible)
        self.key = key
        self.hub.watch(self, instruments=visible, keys=() if key is None else (key,))
        await self._hello()
        await self.put_page("tick", self._tick(self.instruments))
        for pk in sorted(self.instruments):
            quote = self.hub.quotes.get(pk)
            if quote is not None and quote.stale:
                await self._stale(quote)

    def _page(self, ids: set[int], choice: str) -> tuple[set[int], Key | None]:
        """What of the page's rows the person may see, and the portfolios it is about.  Also reads the preferences as they are now."""
        self.preferences = Preferences.objects.filter(user=self.user_id).first() or Preferences()
        owned = dict(Instrument.objects.visible_to(self.user).filter(pk__in=ids).values_list("pk", "owner"))
        visible, self.private = set(owned), {pk for pk, owner in owned.items() if owner is not None}
        try:
            portfolios = chosen_portfolios(self.user, choice)
        except NotFound as problem:
            self.not_theirs(problem)
            portfolios = []
        if not portfolios:
            return visible, None
        currency = portfolios[0].base_currency if len(portfolios) == 1 else self.preferences.base_currency
        return visible, (tuple(portfolio.pk for portfolio in portfolios), currency)

    def shown(self) -> Iterable[int]:
        return () if self.key is None else self.key[0]

    # ── out ─────────────────────────────────────────────────────────────────

    def composed(self) -> list[Said]:
        moved, renewed, letters = self.moved, bool(self.renewed), self.letters
        revalued = bool(self.revalued)
        self.moved, self.revalued, self.renewed, self.letters = set(), {}, set(), []
        if renewed:
            moved = set(self.instruments)
        messages = [("tick", members(self._tick(moved)))] if moved or revalued or renewed else []
        return messages + [(kind, members(said)) for kind, said in letters]

    async def put_page(self, kind: str, body: dict[str, Any]) -> None:
        await self.put(kind, members(body))

    async def _hello(self) -> None:
        quotes = [self.hub.quotes[pk] for pk in self.instruments if pk in self.hub.quotes]
        with self._speaking():
            newest = max((quote.as_of for quote in quotes), default=None)
            as_of = times.clock(newest, "s") if newest else ""
        await self.put_page("hello", {"as_of": as_of, "state": _state(quotes), "text": _sources(quotes)})

    async def _stale(self, quote: QuoteView) -> None:
        with self._speaking():
            text = f"The price of {quote.symbol} is of {times.moment(quote.as_of)}."
        await self.put_page("stale", {"id": str(quote.instrument_id), "text": text})

    def _tick(self, ids: Iterable[int]) -> dict[str, Any]:
        valuation = self.hub.valuations.get(self.key) if self.key is not None else None
        quotes = [self.hub.quotes[pk] for pk in sorted(ids) if pk in self.hub.quotes]
        with self._speaking():
            body: dict[str, Any] = {"rows": [self._row(quote, valuation) for quote in quotes]}
            newest = max((quote.as_of for quote in quotes), default=None)
            body["as_of"] = times.clock(newest, "s") if newest else ""
            if valuation is not None and valuation.value is not None:
                body["totals"] = _totals(valuation)
        return body

    def _row(self, quote: QuoteView, valuation: Valuation | None) -> dict[str, Any]:
        before = self._shown.get(quote.instrument_id, quote.price)
        self._shown[quote.instrument_id] = quote.price
        row: dict[str, Any] = {
            "id": str(quote.instrument_id),
            "dir": _sign(quote.price - before),
            "price": str(numbers.price(quote.price, quote.price_unit)),
            "at": times.when_said(quote.as_of),
        }
        line = valuation.lines.get(quote.instrument_id) if valuation is not None else None
        of_today = not quote.stale if line is None else line.day_change is not None
        if of_today and quote.change is not None and quote.change_fraction is not None:
            ratio = str(numbers.pct(quote.change_fraction))
            row |= {"sign": _sign(quote.change), "pct": ratio, "change": f"{numbers.price_change(quote.change, quote.price_unit)} ({ratio})"}
        return row if line is None or valuation is None else row | _held(line, valuation.currency)

    def _speaking(self) -> Any:
        return _Speaking(self.preferences, self._currencies)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _held(line: Line, currency: str) -> dict[str, str]:
    cells = {}
    if line.value is not None:
        cells["value"] = str(numbers.money(line.value, currency))
    if line.day_change is not None:
        cells["day"] = str(numbers.signed0(line.day_change, currency))
    return cells


def _totals(valuation: Valuation) -> dict[str, Any]:
    totals: dict[str, Any] = {
        "nav": str(numbers.money(valuation.value, valuation.currency)),
        "nav0": str(numbers.money0(valuation.value, valuation.currency)),
    }
    fraction = valuation.day_change_fraction
    if valuation.day_change is not None:
        totals |= {
            "day": str(numbers.signed(valuation.day_change, valuation.currency)),
            "day0": str(numbers.signed0(valuation.day_change, valuation.currency)),
            "sign": _sign(valuation.day_change),
        }
    if fraction is not None:
        totals["nav_pct"] = f"({numbers.pct(fraction)})"
    return totals


def _state(quotes: list[QuoteView]) -> str:
    qualities = {quote.quality for quote in quotes}
    if qualities & {Quality.LIVE, Quality.SIMULATED}:
        return "live"
    return "delayed" if Quality.DELAYED in qualities else "closed"


def _sources(quotes: list[QuoteView]) -> str:
    """The tooltip of the status."""
    if settings.DEMO_MARKET and any(quote.quality == Quality.SIMULATED for quote in quotes):
        return "Demo market: prices are simulated from real history."
    sources = sorted({quote.source for quote in quotes})
    return f"Prices from {', '.join(sources)}." if sources else "No price is shown on this page."


class _Speaking:
    """The person's locale, time zone, hidden amounts and currencies, for text made inside."""

    def __init__(self, preferences: Preferences, currencies: set[str]) -> None:
        self._words = writing.speaking(preferences.locale, hidden=preferences.hide_amounts, currencies=currencies)
        self._zone = timezone.override(ZoneInfo(preferences.time_zone))

    def __enter__(self) -> None:
        self._words.__enter__()
        self._zone.__enter__()

    def __exit__(self, *problem: Any) -> None:
        self._zone.__exit__(*problem)
        self._words.__exit__(*problem)
