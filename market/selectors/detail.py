"""One instrument as anybody looks at it: its newest price with state, age and source, when that is asked for again, and its names."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from market.choices import Quality, SymbolState
from market.errors import UnknownInstrument
from market.hours import SETTLES, hours_unknown, is_open, last_open, next_open
from market.models import Instrument, SourceSymbol
from market.providers.demo import SOURCE as DEMO
from market.providers.registry import ENTRIES
from market.querysets import EXCHANGE
from market.selectors.listing import ListedInstrument, listed, shown_source


class QuoteState(enum.StrEnum):
    """What the newest price is, in a word."""

    LIVE = "live"
    DELAYED = "delayed"
    CLOSED = "closed"  # of the last session: nothing trades now, as far as hours are known (market/hours.py)
    OLD = "old"
    DEMO = "demo"
    OWN = "own"
    NONE = "none"


STATES = {
    QuoteState.LIVE: "Live",
    QuoteState.DELAYED: "Delayed",
    QuoteState.CLOSED: "Closed",
    QuoteState.OLD: "Old",
    QuoteState.DEMO: "Demo",
    QuoteState.OWN: "Own price",
    QuoteState.NONE: "No price yet",
}


@dataclass(frozen=True, slots=True)
class NextRefresh:
    """When the newest price is asked for again by itself, or why it is not.  `supposed`: why that rests on hours that nobody here knows."""

    at: datetime | None
    why_not: str = ""
    supposed: str = ""


@dataclass(frozen=True, slots=True)
class SymbolView:
    """What a source calls the instrument.  `until`: the first day on which it no longer did; `problem`: what it said last where it gave nothing."""

    source: str
    title: str
    symbol: str
    until: date | None
    state: str
    asked_at: datetime | None
    problem: str

    @property
    def state_name(self) -> str:
        return "Ended" if self.until is not None else str(SymbolState(self.state).label)


@dataclass(frozen=True, slots=True)
class InstrumentDetail:
    """`row` is its row in lists of the market; `symbols` those of today first."""

    instrument: Instrument
    row: ListedInstrument
    state: QuoteState
    next_refresh: NextRefresh
    symbols: tuple[SymbolView, ...]

    @property
    def state_name(self) -> str:
        return STATES[self.state]

    @property
    def fetched_at(self) -> datetime | None:
        """When the newest price came here."""
        quote = getattr(self.instrument, "quote", None)
        return None if quote is None else quote.fetched_at


def instrument_detail(user: Any, pk: int, *, now: datetime | None = None) -> InstrumentDetail:
    """Raises UnknownInstrument, also for what belongs to somebody else.  Two queries."""
    now = now or timezone.now()
    instrument = Instrument.objects.visible_to(user).select_related("quote").filter(pk=pk).first()
    if instrument is None:
        raise UnknownInstrument("There is no such instrument. Search for it by name, symbol or ISIN.").of("instrument", pk)
    (row,) = listed([instrument], now=now)
    names = list(SourceSymbol.objects.filter(instrument=instrument).order_by("source", "-until"))
    names.sort(key=lambda name: name.until is not None)
    return InstrumentDetail(instrument, row, _state(instrument, row, now), _next_refresh(instrument, names, now), tuple(map(_symbol, names)))


def _symbol(name: SourceSymbol) -> SymbolView:
    title = "The exchange itself" if name.source == EXCHANGE else shown_source(name.source)
    return SymbolView(name.source, title, name.symbol, name.until, name.state, name.asked_at, name.detail)


def _state(instrument: Instrument, row: ListedInstrument, now: datetime) -> QuoteState:
    if row.quote is None:
        return QuoteState.NONE
    if row.quote.stale:
        return QuoteState.OLD
    if row.quote.quality == Quality.SIMULATED:
        return QuoteState.DEMO
    if row.quote.quality == Quality.OWN:
        return QuoteState.OWN
    if row.quote.quality == Quality.CLOSE or not is_open(instrument.exchange, instrument.asset_class, now):
        return QuoteState.CLOSED
    return QuoteState.LIVE if row.quote.quality == Quality.LIVE else QuoteState.DELAYED


def _next_refresh(instrument: Instrument, names: Sequence[SourceSymbol], now: datetime) -> NextRefresh:
    """As the plan of newest prices has it: what somebody follows, while it trades and once after."""
    if instrument.owner_id is not None:
        return NextRefresh(None, "You price it yourself.")
    if instrument.provider == DEMO:
        return NextRefresh(now) if settings.DEMO_MARKET else NextRefresh(None, "The demo market is off.")
    if not (settings.PROVIDERS or any(settings.PROVIDER_KEYS.values())):
        return NextRefresh(None, "No source of prices is set up.")
    current = [name for name in names if name.until is None and name.source in ENTRIES]
    if not current:
        return NextRefresh(None, "No source is known to have it.")
    asked_at = max((name.asked_at for name in current if name.asked_at), default=None)
    every, place = timedelta(seconds=settings.QUOTES_EVERY), (instrument.exchange, instrument.asset_class)
    supposed = hours_unknown(*place, now)
    if asked_at is None or asked_at < last_open(*place, now) - 2 * every:
        return NextRefresh(None, "Sources are asked by themselves only for what somebody holds or watches.")
    waits = [name.retry_at for name in current if name.retry_at and name.retry_at > now]
    if len(waits) == len(current):
        return NextRefresh(min(waits))
    if is_open(*place, now) or asked_at < last_open(*place, now) + SETTLES:
        return NextRefresh(max(asked_at + every, now), supposed=supposed)
    return NextRefresh(next_open(*place, now), supposed=supposed)
