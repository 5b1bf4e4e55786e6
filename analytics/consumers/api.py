"""The API's sockets: `/api/v1/ws/portfolio/{id}` and `/api/v1/ws/live`.  docs/live.md has the messages.

From a peer: `subscribe` and `unsubscribe` with `channels` ("portfolio:7", "quotes:AAPL,MSFT", "alerts", "imports", "news"), `ping`, `resume`.
To it: `snapshot`, then `quotes`, `portfolio`, `alert`, `import`, `news`; `pong`, `error`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from channels.db import database_sync_to_async
from django.db.models import Q

from analytics.consumers.base import NOT_YOURS, TOO_MANY, Closed, Said, Socket, members
from analytics.live import frames
from analytics.live.valuation import Key
from market.models import Instrument
from portfolio_site.kernel.errors import NotFound
from portfolio_site.web.json import dumps
from portfolios.selectors import get_portfolio

MOST_INSTRUMENTS = 500
MOST_PORTFOLIOS = 50
LETTERS = {"alerts": "alert", "imports": "import", "news": "news"}  # channel → type of its messages
SCOPES = {"portfolio": "portfolios:read", "quotes": "market:read", "alerts": "alerts:read", "imports": "portfolios:read", "news": "market:read"}
_PORTFOLIO = re.compile(r"portfolio:([1-9][0-9]{0,17})")


class ApiSocket(Socket):
    """Subscriptions of one program or page."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.portfolios: dict[int, Key] = {}
        self.lists: dict[str, tuple[int, ...]] = {}  # "quotes:AAPL,MSFT" → instruments
        self.told: set[str] = set()  # kinds of letters that it wants

    async def heard(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "ping":
                await self.put("pong", "")
            case "resume":
                await self._snapshots(anew=True)
            case "subscribe":
                for channel in self._channels(message):
                    await self.subscribe(channel)
            case "unsubscribe":
                for channel in self._channels(message):
                    self.unsubscribe(channel)
            case "auth":
                await self._error("already_authenticated", "You are signed in on this socket.")
            case _:
                await self._error("unknown_message", "Send subscribe, unsubscribe, ping or resume.")

    def _channels(self, message: dict[str, Any]) -> list[str]:
        channels = message.get("channels")
        if not isinstance(channels, list):
            return [""]
        if len(channels) > MOST_PORTFOLIOS + MOST_INSTRUMENTS:
            raise Closed(TOO_MANY)
        return [channel if isinstance(channel, str) else "" for channel in channels]

    async def _error(self, code: str, detail: str, channel: str = "") -> None:
        await self.put("error", members({"code": code, "detail": detail} | ({"channel": channel} if channel else {})))

    # ── subscriptions ───────────────────────────────────────────────────────

    async def subscribe(self, channel: str) -> None:
        """Joins one channel and sends its snapshot; an error message where it does not exist, is somebody else's, or is beyond the scopes."""
        scope = SCOPES.get(channel.partition(":")[0], "")
        if scope and not self.may(scope):
            await self._error("insufficient_scope", f"This key or app was not given “{scope}”.", channel[:100])
        elif found := _PORTFOLIO.fullmatch(channel):
            try:
                await self._watch_portfolio(int(found[1]))
            except NotFound as problem:
                self.not_theirs(problem)
                await self._error("not_found", problem.detail, channel)
        elif channel.startswith("quotes:") and len(channel) > len("quotes:"):
            await self._watch_quotes(channel)
        elif channel in LETTERS:
            self.told.add(LETTERS[channel])
            await self.put("snapshot", f'"channel":"{channel}"')
        else:
            await self._error("unknown_channel", "Channels are portfolio:ID, quotes:SYMBOL,SYMBOL, alerts, imports and news.", channel[:100])

    async def _watch_portfolio(self, pk: int) -> None:
        portfolio = await database_sync_to_async(get_portfolio)(self.user, pk)
        if len(self.portfolios) >= MOST_PORTFOLIOS and pk not in self.portfolios:
            raise Closed(TOO_MANY)
        key: Key = ((portfolio.pk,), portfolio.base_currency)
        await self.hub.value(key)
        self.portfolios[pk] = key
        self._look()
        await self._portfolio_snapshot(pk)

    async def _watch_quotes(self, channel: str) -> None:
        symbols = list(dict.fromkeys(part.strip().upper() for part in channel.removeprefix("quotes:").split(",") if part.strip()))
        if len(symbols) + sum(map(len, self.lists.values())) > MOST_INSTRUMENTS:
            raise Closed(TOO_MANY)
        found = await database_sync_to_async(self._instruments)(symbols)
        unknown = [symbol for symbol in symbols if symbol not in found]
        if unknown:
            await self._error("unknown_instrument", f"No instrument has the symbol {', '.join(unknown)[:200]}.", channel[:200])
        if not found:
            return
        await self.hub.know(found.values())
        self.lists[channel] = tuple(found.values())
        self._look()
        await self._quotes_snapshot(channel)

    def _instruments(self, symbols: list[str]) -> dict[str, int]:
        """By symbol; the person's own before everybody's, and of several listings the first."""
        visible = Instrument.objects.visible_to(self.user).filter(Q(symbol__in=symbols))
        rows = sorted(visible.values_list("symbol", "owner", "pk"), key=lambda row: (row[1] is None, row[2]))
        self.private.update(pk for _, owner, pk in rows if owner is not None)
        found: dict[str, int] = {}
        for symbol, _, pk in rows:
            found.setdefault(symbol, pk)
        return found

    def unsubscribe(self, channel: str) -> None:
        """Leaves one channel; one that was not joined is left already."""
        if found := _PORTFOLIO.fullmatch(channel):
            self.portfolios.pop(int(found[1]), None)
        elif channel in LETTERS:
            self.told.discard(LETTERS[channel])
        else:
            self.lists.pop(channel, None)
        self._look()

    def _look(self) -> None:
        instruments = {pk for pks in self.lists.values() for pk in pks}
        self.hub.watch(self, instruments=instruments, keys=set(self.portfolios.values()))

    def shown(self) -> Iterable[int]:
        return self.portfolios

    # ── out ─────────────────────────────────────────────────────────────────

    async def _snapshots(self, *, anew: bool) -> None:
        """All that is subscribed to, from the database: after it no earlier message matters."""
        self._drop_pending()
        for pk, key in list(self.portfolios.items()):
            await self.hub.value(key, anew=anew)
            await self._portfolio_snapshot(pk)
        for channel in list(self.lists):
            await self._quotes_snapshot(channel)

    def _drop_pending(self) -> None:
        self.moved, self.revalued, self.renewed = set(), {}, set()

    async def _portfolio_snapshot(self, pk: int) -> None:
        await self.put(*self._whole(pk))

    def _whole(self, pk: int) -> Said:
        body = frames.portfolio(self.hub.valuations[self.portfolios[pk]])
        return "snapshot", f'"channel":"portfolio:{pk}",{members(body)}'

    async def _quotes_snapshot(self, channel: str) -> None:
        quotes = self.hub.encoded.quotes(self.hub.quotes, self.lists[channel])
        await self.put("snapshot", f'"channel":{dumps(channel).decode()},"quotes":{quotes}')

    def composed(self) -> list[Said]:
        moved, revalued, renewed, letters = self.moved & self.instruments, self.revalued, self.renewed, self.letters
        self._drop_pending()
        self.letters = []
        messages: list[Said] = []
        if moved:
            messages.append(("quotes", f'"quotes":{self.hub.encoded.quotes(self.hub.quotes, moved)}'))
        for pk, key in self.portfolios.items():
            valuation = self.hub.valuations.get(key)
            if valuation is None:
                continue
            if key in renewed:
                messages.append(self._whole(pk))
            elif key in revalued:
                messages.append(("portfolio", members(frames.portfolio(valuation, sorted(revalued[key])))))
        messages += [(kind, members(said)) for kind, said in letters if kind in self.told]
        return messages


class LiveSocket(ApiSocket):
    """`/api/v1/ws/live`: subscribes to what it asks for."""


class PortfolioSocket(ApiSocket):
    """`/api/v1/ws/portfolio/{id}`: subscribed to that portfolio from the start; closed with 4403 if it is not the person's."""

    async def opened(self) -> None:
        if not self.may(SCOPES["portfolio"]):
            raise Closed(NOT_YOURS)
        try:
            await self._watch_portfolio(int(self.scope["url_route"]["kwargs"]["pk"]))
        except NotFound as problem:
            self.not_theirs(problem)
            raise Closed(NOT_YOURS) from None
