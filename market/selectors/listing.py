"""Instruments as lists of the market show them: newest price, change of the day, last closes, and how fresh all this is.

Changes are as quoted, in the instrument's currency; fractions, never percent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from market.choices import AssetClass, Quality
from market.exchanges import shown_exchange
from market.models import Benchmark, Instrument
from market.providers.demo import SOURCE as DEMO
from market.providers.registry import title_of
from market.selectors.columns import price_columns
from market.selectors.quotes import QuoteView, is_of_last_session, view_of
from market.selectors.rates import OWN_SOURCE
from portfolio_site.kernel.figures import Figure, Unit

CLOSES = 30  # of a row
MOST_FOUND = 25
MOST_INDICES = 24
_TITLES = {DEMO: "Demo market", OWN_SOURCE: "Own price"}


@dataclass(frozen=True, slots=True)
class ListedInstrument:
    """One row.

    day_change, day_change_fraction  against the close before; undefined where the newest price is not of the last session
    quote   where the price comes from and how old it is; None where there is none
    closes  what one unit was worth at the last 30 closes, the oldest first
    """

    id: int
    symbol: str
    name: str
    asset_class: str
    currency: str
    exchange: str  # as people call it
    is_own: bool
    price: Figure
    day_change: Figure
    day_change_fraction: Figure
    quote: QuoteView | None
    closes: tuple[float, ...] = ()

    @property
    def quality(self) -> str:
        """How good the price is, in a word or two; empty where the source says so already."""
        told = self.quote is not None and self.quote.quality not in {Quality.SIMULATED, Quality.OWN}
        return str(Quality(self.quote.quality).label) if told and self.quote is not None else ""

    @property
    def source(self) -> str:
        """Who says so, as people call them."""
        return "" if self.quote is None else shown_source(self.quote.source)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, the nearest first; `more`: there is more than is listed."""

    rows: tuple[ListedInstrument, ...]
    more: bool = False


def shown_source(name: str) -> str:
    """What people call a source."""
    return _TITLES.get(name) or title_of(name)


def listed(instruments: Iterable[Instrument], *, now: datetime | None = None) -> list[ListedInstrument]:
    """Rows of instruments that were read with their quote, without closes.  No query."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    found = []
    for one in instruments:
        stored = getattr(one, "quote", None)
        found.append(_row(one, None if stored is None else view_of(one, stored, now=now), today))
    return found


def _row(instrument: Instrument, quote: QuoteView | None, today: date) -> ListedInstrument:
    currency = instrument.currency
    change, fraction = _changes(instrument, quote, today)
    return ListedInstrument(
        id=instrument.pk,
        symbol=instrument.symbol,
        name=instrument.name,
        asset_class=instrument.asset_class,
        currency=currency,
        exchange=shown_exchange(instrument.exchange),
        is_own=instrument.owner_id is not None,
        price=_price(instrument, quote),
        day_change=change,
        day_change_fraction=fraction,
        quote=quote,
    )


def _price(instrument: Instrument, quote: QuoteView | None) -> Figure:
    if quote is None:
        return Figure.undefined("price", Unit.MONEY, f"No price of {instrument.symbol} has arrived yet.", instrument.currency)
    since = timezone.localdate(quote.as_of) if quote.stale else None
    return Figure("price", Unit.MONEY, quote.price, currency=instrument.price_unit, stale_since=since)


def _changes(instrument: Instrument, quote: QuoteView | None, today: date) -> tuple[Figure, Figure]:
    """In money and as a fraction of the close before.  numbers.md: "Value"."""
    if quote is None:
        why_not = f"No price of {instrument.symbol} has arrived yet."
    elif not is_of_last_session(day := timezone.localdate(quote.as_of), instrument.asset_class, today):
        why_not = f"The newest price is of {day.day} {day:%b} {day.year}."
    elif quote.change is None or quote.change_fraction is None:
        why_not = f"No earlier price of {instrument.symbol} is known."
    else:
        return (
            Figure("day_change", Unit.MONEY, quote.change, currency=instrument.currency),
            Figure("day_change_fraction", Unit.FRACTION, quote.change_fraction),
        )
    return (
        Figure.undefined("day_change", Unit.MONEY, why_not, instrument.currency),
        Figure.undefined("day_change_fraction", Unit.FRACTION, why_not),
    )


def with_closes(*groups: Sequence[ListedInstrument]) -> tuple[tuple[ListedInstrument, ...], ...]:
    """The rows with their last closes, in their groups.  One query for all of them, none without rows."""
    columns = price_columns({row.id for group in groups for row in group})
    closes = {pk: tuple(column.closes[-CLOSES:].tolist()) for pk, column in columns.items()}
    return tuple(tuple(replace(row, closes=closes.get(row.id, ())) for row in group) for group in groups)


# ── which ───────────────────────────────────────────────────────────────────


def listed_of(user: Any, instrument_ids: Iterable[int]) -> list[ListedInstrument]:
    """Those of these instruments that the person may see, by symbol, without closes.  One query, none for no instruments."""
    wanted = set(instrument_ids)
    return listed(Instrument.objects.visible_to(user).filter(pk__in=wanted).select_related("quote").order_by("symbol", "pk")) if wanted else []


def indices(compared: Iterable[int] = ()) -> list[ListedInstrument]:
    """Everybody's indices, what stands in for one on the list of indices, and what else is compared with, by name, without closes; what is
    compared with stands first.  One query.

    They are called as the list calls them.  A twin, which is an index once more with its dividends, is here only where it is compared with.
    """
    wanted = set(compared)
    listed_there = Q(listing__owner=None, listing__is_active=True)
    twins = Benchmark.objects.indices().filter(twin=OuterRef("pk"))
    known = Instrument.objects.filter(owner=None).filter(Q(asset_class=AssetClass.INDEX) & ~Exists(twins) | listed_there | Q(pk__in=wanted))
    first = Case(When(pk__in=wanted, then=Value(0)), default=Value(1), output_field=IntegerField())
    called = known.annotate(called=Coalesce("listing__name", "name")).select_related("quote").order_by(first, "called", "pk")[:MOST_INDICES]
    return [replace(row, name=one.called) for one, row in zip(called, listed(called), strict=True)]


def find_listed(user: Any, text: str) -> Found:
    """What a person may mean by a few letters: symbol or ISIN that begins with them, or a name that holds them.  One query.

    The symbol itself stands first, then symbols that begin with the text, then the rest by name.  Nothing for no letters.
    """
    text = text.strip()
    if not text:
        return Found(())
    nearness = Case(
        When(Q(symbol__iexact=text) | Q(isin__iexact=text), then=Value(0)),
        When(symbol__istartswith=text, then=Value(1)),
        When(name__istartswith=text, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    hits = Instrument.objects.visible_to(user).matching(text).select_related("quote").order_by(nearness, "name", "pk")[: MOST_FOUND + 1]
    rows = listed(hits)
    return Found(tuple(rows[:MOST_FOUND]), more=len(rows) > MOST_FOUND)
