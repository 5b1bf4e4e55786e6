"""What each recorded file of NewsAPI means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from market.providers.base import ArticleRow
from market.providers.failures import FailureKind
from market.providers.newsapi import NewsApi
from tests.market.providers.table import Expected, Played

NOW = datetime(2026, 5, 16, tzinfo=UTC)


def news(*names: str) -> Callable[[Played], Any]:
    return lambda r: NewsApi(r.web).news(names, datetime(2026, 5, 1, tzinfo=UTC), NOW)


def article(number: int, hour: int, minute: int, second: int = 0, summary: str = "Short description.") -> ArticleRow:
    at = datetime(2026, 5, 15, hour, minute, second, tzinfo=UTC)
    publisher = "Reuters" if number == 1 else "Example Wire"
    title = f"Example headline {number}" + (" - Example Wire" if number == 1 else "")
    return ArticleRow(f"https://news.example.com/a/{number}", title, at, publisher, summary, "en", ("AAPL",))


EXPECTED = {
    # the fourth was taken back
    "everything-ok.json": Expected(news("AAPL"), [article(3, 13, 45, summary=""), article(2, 13, 45), article(1, 13, 45), article(5, 9, 2, 11)]),
    "everything-empty.json": Expected(news("zzzz"), []),
    "top_headlines-ok.json": Expected(unused="headlines of a country are about nobody's holdings"),
    "error-401-key-invalid.json": Expected(news("AAPL"), fails=FailureKind.AUTH),
    "error-401-key-missing.json": Expected(news("AAPL"), fails=FailureKind.AUTH),
    "error-429-rate-limited.json": Expected(news("AAPL"), fails=FailureKind.RATE_LIMITED, pause=43_200.0),
    "error-426-max-results.json": Expected(news("AAPL"), fails=FailureKind.PLAN_RESTRICTED),
    "error-426-too-far-back.json": Expected(news("AAPL"), fails=FailureKind.PLAN_RESTRICTED),
    "error-400-parameters-missing.json": Expected(news("AAPL"), fails=FailureKind.MALFORMED),
}
