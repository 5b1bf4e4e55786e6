"""News as a person reads it: each story once, the one that matters most to them first.

Which instruments it is about, and how much of the portfolio each is, comes from above: the market knows no portfolios.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from market.errors import NotMuted, UnknownArticle
from market.models import Article, ArticleInstrument, Instrument, MutedPublisher, OpenedArticle
from market.providers.registry import title_of
from market.stories import Taste, rank, score

MOST_ARTICLES = 2_000  # the newest of them are looked at: a month of some twenty instruments


class NewsOrder(StrEnum):
    BEST = "best"  # by weight, freshness and taste: `market.stories.rank`
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class About:
    """An instrument that a story is about."""

    id: int
    symbol: str
    name: str


@dataclass(frozen=True, slots=True)
class Telling:
    """One publisher's article of a story."""

    id: int
    publisher: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """A story by the article that told it first, with the others that tell it.

    site     host of the address, as it is shown beside a link
    source   who it was fetched from
    score    1.2 at most for news of this minute, see `market.stories.rank`; it halves in 24 hours
    opened   whether the person opened any of its articles
    """

    id: int
    title: str
    summary: str
    url: str
    site: str
    publisher: str
    language: str
    published_at: datetime
    fetched_at: datetime
    source: str
    instruments: tuple[About, ...]
    others: tuple[Telling, ...]
    score: float
    opened: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a story stands in the list: its rank, and its article between those that stand together."""

    rank: float
    id: int


@dataclass(frozen=True, slots=True)
class MutedView:
    id: int
    publisher: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of stories, and what the whole list can be narrowed down to.

    first, last   places of the first and last story of the page; None on an empty one
    total         stories that meet the conditions
    known         stories before publisher and language were asked for
    """

    stories: tuple[Story, ...]
    total: int
    known: int
    first: Place | None
    last: Place | None
    earlier: bool
    later: bool
    publishers: tuple[str, ...]
    languages: tuple[str, ...]
    muted: tuple[MutedView, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    story: str
    publisher: str
    language: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class _Told:
    """A story before its words are read: the articles that tell it, the first first."""

    lead: _Row
    rows: tuple[_Row, ...]
    instruments: tuple[int, ...]
    rank: float
    place: Place


def oldest_kept(now: datetime) -> datetime:
    """Articles from before that are neither stored nor shown."""
    return now - timedelta(days=settings.NEWS_DAYS)


def news_feed(
    user: Any,
    weights: Mapping[int, float],
    *,
    publisher: str = "",
    language: str | None = None,
    order: NewsOrder = NewsOrder.BEST,
    after: Place | None = None,
    before: Place | None = None,
    size: int = 30,
    now: datetime | None = None,
) -> Feed:
    """One page of the news about the instruments of `weights` (part of the portfolio by id, 0 to 1; 0 for what is only watched).

    publisher, language   only stories that one of its articles tells; a language of "" is one that nobody tells
    after, before         the page that follows a place, or ends before it

    What the person muted is left out, and so is what is older than NEWS_DAYS.  Seven queries at most, whatever there is.
    """
    now = now or timezone.now()
    muted = muted_publishers(user)
    rows, about = _candidates(weights, [one.publisher for one in muted], oldest_kept(now))
    taste, opened = _taste(user) if rows else (Taste(), set())
    stories = _grouped(rows, about, weights, taste, order)
    wanted = sorted(_narrowed(stories, publisher, language), key=_key)
    page, start = _page(wanted, after, before, size)
    return Feed(
        stories=tuple(_read(page, opened, now)),
        total=len(wanted),
        known=len(stories),
        first=page[0].place if page else None,
        last=page[-1].place if page else None,
        earlier=start > 0,
        later=start + len(page) < len(wanted),
        publishers=tuple(sorted({row.publisher for row in rows if row.publisher}, key=str.casefold)),
        languages=tuple(sorted({row.language for row in rows})),
        muted=muted,
    )


def muted_publishers(user: Any) -> tuple[MutedView, ...]:
    """By name.  One query."""
    return tuple(MutedView(pk, publisher) for pk, publisher in MutedPublisher.objects.visible_to(user).values_list("pk", "publisher"))


def get_muted(user: Any, pk: int) -> MutedPublisher:
    """Raises NotMuted, also for somebody else's.  One query."""
    found: MutedPublisher | None = MutedPublisher.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise NotMuted("You have not muted this publisher, or show it again already.").of("publisher", pk)
    return found


def get_article(user: Any, pk: int) -> Article:
    """An article about an instrument that the person sees.  Raises UnknownArticle.  One query."""
    found: Article | None = Article.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise UnknownArticle("There is no such article, or it is too old to be kept.")
    return found


def newest_fetch(instruments: Iterable[int]) -> datetime | None:
    """When sources were last asked for news of any of these; None where never.  One query."""
    rows = Instrument.objects.filter(pk__in=list(instruments)).exclude(news_asked=None).order_by("-news_asked__asked_at")
    found: datetime | None = rows.values_list("news_asked__asked_at", flat=True).first()
    return found


# ── inside ──────────────────────────────────────────────────────────────────


def _candidates(instruments: Iterable[int], muted: Sequence[str], since: datetime) -> tuple[list[_Row], dict[int, list[int]]]:
    """The newest articles about the instruments, and which they are about.  Two queries."""
    ids = list(instruments)
    if not ids:
        return [], {}
    links = ArticleInstrument.objects.filter(instrument__in=ids)
    found = Article.objects.filter(pk__in=links.values("article"), published_at__gte=since).exclude(publisher__in=muted)
    rows = [_Row(*row) for row in found.values_list("pk", "story", "publisher", "language", "published_at")[:MOST_ARTICLES]]
    about: dict[int, list[int]] = defaultdict(list)
    for article, instrument in links.filter(article__in=[row.id for row in rows]).values_list("article", "instrument"):
        about[article].append(instrument)
    return rows, about


def _taste(user: Any) -> tuple[Taste, set[int]]:
    """What the person opened of what is kept, and which articles.  Two queries."""
    opened = dict(OpenedArticle.objects.filter(owner=user).values_list("article", "article__publisher"))
    links = ArticleInstrument.objects.filter(article__in=OpenedArticle.objects.filter(owner=user).values("article"))
    instruments = Counter(links.values_list("instrument", flat=True))
    return Taste(len(opened), instruments, Counter(publisher for publisher in opened.values() if publisher)), set(opened)


def _grouped(rows: Iterable[_Row], about: Mapping[int, Sequence[int]], weights: Mapping[int, float], taste: Taste, order: NewsOrder) -> list[_Told]:
    told: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        told[row.story].append(row)
    stories = []
    for group in told.values():
        group.sort(key=lambda row: (row.published_at, row.id))
        instruments = tuple(sorted({pk for row in group for pk in about.get(row.id, ())}, key=lambda pk: (-weights.get(pk, 0.0), pk)))
        lead, publishers = group[0], [row.publisher for row in group]
        stand = rank(sum(weights.get(pk, 0.0) for pk in instruments), lead.published_at, taste.liking(instruments, publishers))
        place = Place(stand if order is NewsOrder.BEST else lead.published_at.timestamp(), lead.id)
        stories.append(_Told(lead, tuple(group), instruments, stand, place))
    return stories


def _narrowed(stories: Iterable[_Told], publisher: str, language: str | None) -> list[_Told]:
    """Stories with an article that meets the conditions, which then leads."""
    found = []
    for story in stories:
        fitting = [row for row in story.rows if (not publisher or row.publisher == publisher) and (language is None or row.language == language)]
        if fitting:
            found.append(replace(story, lead=fitting[0]))
    return found


def _key(story: _Told) -> tuple[float, int]:
    return _order_of(story.place)


def _order_of(place: Place) -> tuple[float, int]:
    """The best first; of those that stand together the newest stored."""
    return -place.rank, -place.id


def _page(stories: Sequence[_Told], after: Place | None, before: Place | None, size: int) -> tuple[Sequence[_Told], int]:
    """The stories of the page, and how many stand before them."""
    if after is not None:
        start = sum(_key(story) <= _order_of(after) for story in stories)
    elif before is not None:
        start = max(sum(_key(story) < _order_of(before) for story in stories) - size, 0)
        size = sum(_key(story) < _order_of(before) for story in stories) - start
    else:
        start = 0
    return list(itertools.islice(stories, start, start + size)), start


def _read(page: Sequence[_Told], opened: set[int], now: datetime) -> Iterable[Story]:
    """The words of a page's stories.  Two queries."""
    articles = Article.objects.in_bulk([story.lead.id for story in page])
    wanted = {pk for story in page for pk in story.instruments}
    names = {pk: About(pk, symbol, name) for pk, symbol, name in Instrument.objects.filter(pk__in=wanted).values_list("pk", "symbol", "name")}
    for told in page:
        if (article := articles.get(told.lead.id)) is None:  # forgotten just now
            continue
        yield Story(
            id=article.pk,
            title=article.title,
            summary=article.summary,
            url=article.url,
            site=(urlsplit(article.url).hostname or "").removeprefix("www."),
            publisher=article.publisher,
            language=article.language,
            published_at=article.published_at,
            fetched_at=article.fetched_at,
            source=title_of(article.source),
            instruments=tuple(names[pk] for pk in told.instruments if pk in names),
            others=tuple(Telling(row.id, row.publisher, row.published_at) for row in told.rows if row.id != article.pk),
            score=score(told.rank, now),
            opened=any(row.id in opened for row in told.rows),
        )
