"""NewsAPI's wire format: everything, as a free key finds it (100 articles of a query, a day late, a month back).

`error_in_200` has no case here: every refusal has a status of its own.  `plan`: further pages are given.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.things import Article, Security

MOST = 100
_REMOVED = {
    "source": {"id": None, "name": "[Removed]"},
    "author": None,
    "title": "[Removed]",
    "description": "[Removed]",
    "url": "https://removed.com",
    "urlToImage": None,
    "publishedAt": "1970-01-01T00:00:00Z",
    "content": "[Removed]",
}


def _error(status: int, code: str, message: str) -> Answer:
    return Answer({"status": "error", "code": code, "message": message}, status)


class Emulated(Format):
    def limited(self, ask: Ask, pause: float) -> Answer:
        return _error(
            429, "rateLimited", "You have made too many requests recently. Developer accounts are limited to 100 requests over a 24 hour period."
        )

    def answer(self, ask: Ask) -> Answer:
        if ask.path.strip("/") != "everything":
            return ask.missing
        if not ask.key("X-Api-Key", "Authorization", "apiKey"):
            return _error(401, "apiKeyInvalid" if ask.switches.wrong_key else "apiKeyMissing", "Your API key is invalid or incorrect.")
        query = ask.query.get("q", "")
        if not query:
            return _error(400, "parametersMissing", "Required parameters are missing, the scope of your search is too broad.")
        if len(query) > 500:
            return _error(400, "parameterInvalid", "The q parameter is too long: the maximum length is 500 characters.")
        now, size, page = ask.world.now(), int(ask.query.get("pageSize", "100")), int(ask.query.get("page", "1"))
        since = datetime.fromisoformat(ask.query["from"]).replace(tzinfo=UTC) if "from" in ask.query else now - timedelta(days=29)
        if since < now - timedelta(days=31):
            return _error(426, "parameterInvalid", "You are trying to request results too far in the past.")
        if size * page > MOST and not ask.switches.plan:
            return _error(
                426, "maximumResultsReached", "You have requested too many results. Developer accounts are limited to a max of 100 results."
            )
        rows = [] if ask.switches.empty_window else self._rows(ask, query, since, now - timedelta(days=1))
        return Answer({"status": "ok", "totalResults": len(rows), "articles": rows[size * (page - 1) : size * page]})

    def _rows(self, ask: Ask, query: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
        wanted = {word.casefold() for word in re.findall(r'"([^"]+)"|([^\s()"]+)', query) for word in word if word and word != "OR"}
        securities = [each for each in ask.world.securities() if ask.known(each) and any(_stands_in(word, each) for word in wanted)]
        rows = [_row(each) for each in ask.world.articles(tuple(each.symbol for each in securities), since, until)]
        return [*rows[:2], _REMOVED, *rows[2:]] if rows else rows


def _stands_in(phrase: str, security: Security) -> bool:
    """Whether the words stand in what is written about it: its name, and its ticker."""
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", f"{security.name}\n{security.ticker}".casefold()) is not None


def _row(article: Article) -> dict[str, Any]:
    return {
        "source": {"id": None, "name": article.publisher},
        "author": None,
        "title": f"{article.title} - {article.publisher}",
        "description": f"<p>{article.summary}</p>",
        "url": article.url,
        "urlToImage": "https://img.example/a.jpg",
        "publishedAt": article.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "content": f"{article.summary}\r\n… [+892 chars]",
    }
