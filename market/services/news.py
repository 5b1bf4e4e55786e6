"""News stored, forgotten, muted and opened.

What a source sends is made plain once more here, so that nothing but text and addresses of the web ever reaches a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from market.errors import InvalidPublisher
from market.models import Article, ArticleInstrument, MutedPublisher, OpenedArticle
from market.providers.articles import SUMMARY, TITLE, link, text
from market.providers.base import ArticleRow
from market.selectors.news import oldest_kept
from market.signals import news_stored
from market.stories import ONE_STORY, fingerprint, neighbouring_stories, story_of
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.deeds import tell

ADDRESS, PUBLISHER = 1_000, 80  # characters
MOST_MUTED = 200
AHEAD = timedelta(minutes=10)  # that a source's clock may be before ours
_BATCH = 500


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """An article as a source sent it, with the instruments that it was found for."""

    row: ArticleRow
    source: str
    instruments: tuple[int, ...]


# ── storing ─────────────────────────────────────────────────────────────────


@transaction.atomic
def store_articles(found: Iterable[FoundArticle], now: datetime) -> int:
    """Stores each article once, whoever sent it, and notes what it is about; answers how many are new.

    Left out is what has no title, no address of the web, a time to come, or one that is too old to be kept.
    Four queries for each 500 articles, and the writing.
    """
    drafts: dict[str, Article] = {}
    about: dict[str, dict[int, None]] = {}
    for one in sorted(found, key=lambda one: (one.row.published_at, one.row.url)):
        draft = _draft(one, now)
        if draft is None:
            continue
        drafts.setdefault(draft.fingerprint, draft)
        about.setdefault(draft.fingerprint, {}).update(dict.fromkeys(one.instruments))
    names = list(drafts)
    return sum(_store({name: drafts[name] for name in names[start : start + _BATCH]}, about) for start in range(0, len(names), _BATCH))


def _draft(found: FoundArticle, now: datetime) -> Article | None:
    row = found.row
    url, title, publisher = link(row.url, ADDRESS), text(row.title, TITLE), text(row.publisher, PUBLISHER)
    if not url or not title or not oldest_kept(now) <= row.published_at <= now + AHEAD:
        return None
    mark = fingerprint(url)
    language = row.language.lower() if len(row.language) == 2 and row.language.isascii() and row.language.isalpha() else ""
    return Article(
        fingerprint=mark,
        story=story_of(title, publisher, row.published_at, mark),
        url=url,
        title=title,
        summary=text(row.summary, SUMMARY),
        publisher=publisher,
        language=language,
        published_at=row.published_at,
        fetched_at=now,
        source=found.source,
    )


def _store(drafts: Mapping[str, Article], about: Mapping[str, Iterable[int]]) -> int:
    known = set(Article.objects.filter(fingerprint__in=drafts).values_list("fingerprint", flat=True))
    fresh = [draft for name, draft in drafts.items() if name not in known]
    _join_stories(fresh)
    Article.objects.bulk_create(fresh, ignore_conflicts=True)  # somebody else may store the same now
    ids = dict(Article.objects.filter(fingerprint__in=drafts).values_list("fingerprint", "pk"))
    links = [ArticleInstrument(article_id=ids[name], instrument_id=pk) for name in drafts if name in ids for pk in about[name]]
    stored = set(ArticleInstrument.objects.filter(article__in=list(ids.values())).values_list("article_id", "instrument_id"))
    ArticleInstrument.objects.bulk_create(
        [one for one in links if (one.article_id, one.instrument_id) not in stored], ignore_conflicts=True, batch_size=_BATCH
    )
    if fresh:
        told = tuple(sorted({pk for draft in fresh for pk in about[draft.fingerprint]}))
        transaction.on_commit(partial(news_stored.send, Article, instrument_ids=told))
    return len(fresh)


def _join_stories(drafts: Sequence[Article]) -> None:
    """A story that is told over the end of a week keeps the key under which it was told first.  One query.  `drafts` are in order of time."""
    near = {draft.fingerprint: neighbouring_stories(draft.title, draft.publisher, draft.published_at) for draft in drafts}
    told: dict[str, list[datetime]] = {}
    for story, at in Article.objects.filter(story__in={key for keys in near.values() for key in keys}).values_list("story", "published_at"):
        told.setdefault(story, []).append(at)
    for draft in drafts:
        close = [key for key in near[draft.fingerprint] if any(abs(draft.published_at - at) < ONE_STORY for at in told.get(key, ()))]
        if close and draft.story not in told:
            draft.story = close[0]
        told.setdefault(draft.story, []).append(draft.published_at)


def sweep_news(now: datetime) -> int:
    """Forgets what is older than NEWS_DAYS, with what was noted about it; answers how many articles."""
    gone = 0
    while old := list(Article.objects.filter(published_at__lt=oldest_kept(now)).order_by().values_list("pk", flat=True)[:_BATCH]):
        with transaction.atomic():
            Article.objects.filter(pk__in=old).delete()
        gone += len(old)
    return gone


# ── what a person does ──────────────────────────────────────────────────────


@transaction.atomic
def mute_publisher(actor: Any, publisher: str) -> tuple[MutedPublisher, bool]:
    """Shows the person no more of a publisher; with whether that is new.  Raises InvalidPublisher."""
    name = publisher.strip()
    if not name or len(name) > PUBLISHER or text(name, PUBLISHER) != name:
        detail = f"Name a publisher as it stands beside its articles, in at most {PUBLISHER} characters."
        raise InvalidPublisher(detail, errors=[FieldError("publisher", "invalid", detail)])
    muted = MutedPublisher.objects.visible_to(actor)
    if (known := muted.filter(publisher=name).first()) is not None:
        return known, False
    if muted.count() >= MOST_MUTED:
        detail = f"You have muted {MOST_MUTED} publishers. Show some again before you mute more."
        raise InvalidPublisher(detail, errors=[FieldError("publisher", "too_many", detail)])
    made, new = MutedPublisher.objects.get_or_create(owner=actor, publisher=name)
    if new:
        tell(actor, "news.muted", object_type="publisher", object_id=made.pk)
    return made, new


@transaction.atomic
def unmute_publisher(actor: Any, muted: MutedPublisher) -> None:
    """Shows the publisher again."""
    tell(actor, "news.unmuted", object_type="publisher", object_id=muted.pk)
    muted.delete()


def note_opened(actor: Any, article: Article) -> None:
    """Notes, once, that the person opened the article.  One query."""
    OpenedArticle.objects.bulk_create([OpenedArticle(owner=actor, article=article, opened_at=timezone.now())], ignore_conflicts=True)
