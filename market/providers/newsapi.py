"""NewsAPI: articles of the last month that mention any of some names.  https://newsapi.org/docs

A symbol is what is searched for: a name ("Vodafone Group") or a ticker; short tickers that are words find everything.  Many go into one
query, joined by OR, of at most 500 characters.  A free key has 100 calls a day and 100 articles a query, a day late, and is for
development only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self
from urllib.parse import quote_plus

from market.providers.articles import TITLE, link, merged, text
from market.providers.base import ArticleRow
from market.providers.failures import BadAnswer, NotConfigured, PlanRestricted, ProviderFailed, Throttled, Unreachable
from market.providers.limits import DAY, HOUR, Limits, Window
from market.providers.reading import count, fields, items, moment
from market.providers.web import Reply, Web, classified

BASE = "https://newsapi.org/v2"
LONGEST_QUERY = 500  # characters, as they stand in the address
PAGE = 100  # articles
MOST_PAGES = 5  # of one query
OLDEST = timedelta(days=29)  # a free key reaches a month back
REMOVED = "[Removed]"  # what is left of an article that was taken back, with a date of 1970
_PAUSE = 12.0 * HOUR  # a refusal tells no time; half of the day's calls come back after twelve hours
_KEY_CODES = frozenset({"apiKeyDisabled", "apiKeyInvalid", "apiKeyMissing"})
_LIMIT_CODES = frozenset({"rateLimited", "apiKeyExhausted"})


@dataclass(slots=True)
class NewsApi:
    """Articles in one language.  `deep`: whether the plan gives more than one page, which the first refusal tells."""

    name: ClassVar[str] = "newsapi"
    news_at_once: ClassVar[int] = 20
    LIMITS: ClassVar[Limits] = Limits((Window(50, 12 * HOUR), Window(100, DAY)))

    web: Web
    language: str = "en"
    deep: bool = True

    @classmethod
    def open(cls, key: str, *, base: str = BASE, language: str = "en", gate: Callable[[int], None] = lambda cost: None) -> Self:
        return cls(Web(base, headers={"X-Api-Key": key}, secrets=(key,), gate=gate), language)

    def news(self, symbols: Sequence[str], since: datetime, now: datetime) -> list[ArticleRow]:
        """Articles that mention any of these; which of several is found by the words of title and summary, and
        none where these are not there: the whole text was searched, and is not given.
        """
        first = max(since, now - OLDEST)
        found: list[ArticleRow] = []
        for query, names in queries(symbols):
            for row in self._rows(query, first, now):
                article = _article(row, names, self.language)
                if article and first <= article.published_at <= now:
                    found.append(article)
        return merged(found)

    # ── inside ──────────────────────────────────────────────────────────────

    def _rows(self, query: str, since: datetime, now: datetime) -> Iterator[Mapping[str, Any]]:
        """Rows of all pages.  Beyond what the plan gives the answer is an error that only means the end."""
        span = {"from": _stamp(since), "to": _stamp(now)}
        for page in range(1, MOST_PAGES + 1):
            answer = self._json(q=query, language=self.language, sortBy="publishedAt", pageSize=str(PAGE), page=str(page), **span)
            if answer is None:
                self.deep = False
                return
            rows = items(answer.get("articles"))
            yield from map(fields, rows)
            if not self.deep or len(rows) < PAGE or page * PAGE >= (count(answer.get("totalResults")) or 0):
                return

    def _json(self, **params: str) -> dict[str, Any] | None:
        """The answer; None for a page beyond the last."""
        reply = self.web.get("/everything", params)
        try:
            answer = fields(reply.json())
        except BadAnswer:
            classified(reply, "NewsAPI")
            raise
        if answer.get("status") == "error":
            if answer.get("code") == "maximumResultsReached" and params["page"] != "1":
                return None
            raise _problem(reply, str(answer.get("code") or ""), self.web.scrubbed(str(answer.get("message") or "")))
        classified(reply, "NewsAPI")
        return answer


def queries(names: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Queries of as many names as 500 characters hold, each with its names.  A name that is too long for one is left out."""
    terms: list[str] = []
    held: list[str] = []
    for name in dict.fromkeys(names):
        if not (term := _term(name)) or len(quote_plus(f"({term})")) > LONGEST_QUERY:
            continue
        if terms and len(quote_plus(f"({' OR '.join([*terms, term])})")) > LONGEST_QUERY:
            yield f"({' OR '.join(terms)})", tuple(held)
            terms, held = [], []
        terms.append(term)
        held.append(name)
    if terms:
        yield f"({' OR '.join(terms)})", tuple(held)


def _term(name: str) -> str:
    """A name as one word of a query: between quotes, which take all meaning from its signs and from words such as AND."""
    plain = " ".join(re.sub(r'["\\]', " ", name).split())
    return f'"{plain}"' if plain else ""


def _problem(reply: Reply, code: str, said: str) -> ProviderFailed:
    """By the code in the body: 426 is the end of paging, a plan's limit in time, or a plan that is not for this use."""
    if code in _LIMIT_CODES or reply.status == 429:
        return Throttled("NewsAPI was asked too often.", retry_after=reply.retry_after() or _PAUSE)
    if code in _KEY_CODES:
        return NotConfigured("NewsAPI refuses the key.")
    if reply.status == 426 or code in {"maximumResultsReached", "corsNotAllowed"}:
        return PlanRestricted(f"NewsAPI does not give this to the key: {said}")
    if code == "unexpectedError" or reply.status >= 500:
        return Unreachable("NewsAPI has a fault of its own.")
    return BadAnswer(f"NewsAPI answered with an error: {said}")


def _article(row: Mapping[str, Any], names: Sequence[str], language: str) -> ArticleRow | None:
    """None for one that was taken back, and for one without an address, a title or a time."""
    address, title, at = link(row.get("url")), text(row.get("title"), TITLE), row.get("publishedAt")
    if not (address and title and at) or title == REMOVED:
        return None
    publisher = text(fields(row.get("source") or {}).get("name"), 100)
    summary = text(row.get("description")) or text(row.get("content"))
    told = f"{title}\n{summary}\n{text(row.get('content'))}".casefold()
    symbols = tuple(names) if len(names) == 1 else tuple(name for name in names if _mentions(told, name))
    title = title.removesuffix(f" - {publisher}") if publisher else title
    return ArticleRow(address, title, moment(at), publisher, "" if summary == title else summary, language, symbols)


def _mentions(told: str, name: str) -> bool:
    """Whether the name stands there as whole words."""
    return re.search(rf"(?<!\w){re.escape(' '.join(name.casefold().split()))}(?!\w)", told) is not None


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
