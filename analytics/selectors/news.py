"""News about what is held, the more of the portfolio it is about the higher.  What the order means: docs/market.md, "News"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from analytics.border import to_float64
from market.models import Instrument
from market.selectors import Feed, NewsOrder, Place, newest_fetch, news_feed
from portfolios.models import Portfolio
from portfolios.selectors import HoldingsTable, InstrumentView, holdings_of

PAGE = 30  # stories


@dataclass(frozen=True, slots=True)
class NewsAsked:
    """What of the news is wanted; `instrument` None: of all that is held.  A language of "" is one that nobody tells, None any."""

    instrument: Instrument | None = None
    publisher: str = ""
    language: str | None = None
    order: NewsOrder = NewsOrder.BEST
    after: Place | None = None
    before: Place | None = None
    size: int = PAGE


@dataclass(frozen=True, slots=True)
class News:
    """A page of the feed; what is held, by name; and when sources were asked about it last (None: never)."""

    feed: Feed
    held: tuple[InstrumentView, ...]
    asked_at: datetime | None


def news_stories(user: Any, portfolios: Sequence[Portfolio], currency: str, asked: NewsAsked) -> Feed:
    """A page of the feed of some portfolios, or of one instrument whoever holds it.

    Seven queries at most for one instrument; for portfolios those of `holdings_of` before them.
    """
    if asked.instrument is not None:
        return _feed(user, {asked.instrument.pk: 1.0}, asked)
    return _feed(user, weights_of(holdings_of(portfolios, currency=currency)), asked)


def news(user: Any, portfolios: Sequence[Portfolio], currency: str, asked: NewsAsked) -> News:
    """As `news_stories`, with what the page shows beside it."""
    table = holdings_of(portfolios, currency=currency)
    weights = weights_of(table) if asked.instrument is None else {asked.instrument.pk: 1.0}
    held = sorted((row.instrument for row in table.rows), key=lambda one: one.name.casefold())
    return News(_feed(user, weights, asked), tuple(held), newest_fetch(weights))


def weights_of(table: HoldingsTable) -> dict[int, float]:
    """Part of the whole by instrument, without a sign; 0 where it has no value."""
    rows = [(row.instrument.id, row.weight.value) for row in table.rows]
    exact = [abs(weight) if isinstance(weight, Decimal) else Decimal(0) for _, weight in rows]
    return dict(zip((pk for pk, _ in rows), to_float64(exact).tolist(), strict=True))


def _feed(user: Any, weights: dict[int, float], asked: NewsAsked) -> Feed:
    return news_feed(
        user,
        weights,
        publisher=asked.publisher,
        language=asked.language,
        order=asked.order,
        after=asked.after,
        before=asked.before,
        size=asked.size,
    )
