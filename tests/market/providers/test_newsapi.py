"""NewsAPI: many names in one query, an end of paging that looks like an error, articles that were taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from market.providers.failures import BadAnswer, NotConfigured, PlanRestricted, ProviderFailed, Throttled, Unreachable
from market.providers.newsapi import NewsApi, queries
from tests.emulator import Emulator
from tests.market.providers.replay import replay, says

NOW = datetime(2026, 6, 16, 15, tzinfo=UTC)
SINCE = NOW - timedelta(days=2)


def row(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "source": {"id": None, "name": "Wire"},
        "title": f"Headline {number} - Wire",
        "description": "Apple Inc. rises.",
        "url": f"https://n.example/{number}",
        "urlToImage": "https://n.example/a.png",
        "publishedAt": "2026-06-15T13:45:00Z",
        "content": "Text… [+1843 chars]",
    } | more


def page(*rows: dict[str, Any], total: int = 0) -> dict[str, Any]:
    return {"status": "ok", "totalResults": total or len(rows), "articles": list(rows)}


def error(code: str, status: int) -> Any:
    return says({"status": "error", "code": code, "message": "words"}, status)


def test_names_are_joined_by_or_and_stand_between_quotes() -> None:
    assert list(queries(["Apple Inc.", "AT&T", "AAPL", "AAPL", 'Say "AND"', "  "])) == [
        ('("Apple Inc." OR "AT&T" OR "AAPL" OR "Say AND")', ("Apple Inc.", "AT&T", "AAPL", 'Say "AND"'))
    ]


def test_no_query_is_longer_than_500_characters_and_no_name_is_lost() -> None:
    names = [f"Société Générale Nº {number}" for number in range(60)]
    found = list(queries([*names, "x" * 600]))
    assert [name for _, held in found for name in held] == names
    assert all(len(quote_plus(query)) <= 500 for query, _ in found) and len(found) < 12


def test_the_call_asks_for_a_span_a_language_and_the_newest_first() -> None:
    web = replay(page())
    NewsApi(web, "de").news(["SAP SE"], SINCE, NOW)
    assert web.asked == [
        (
            "/everything",
            {
                "q": '("SAP SE")',
                "language": "de",
                "sortBy": "publishedAt",
                "pageSize": "100",
                "page": "1",
                "from": "2026-06-14T15:00:00",
                "to": "2026-06-16T15:00:00",
            },
        )
    ]


def test_a_free_key_is_not_asked_for_more_than_a_month() -> None:
    web = replay(page())
    NewsApi(web).news(["SAP SE"], datetime(2020, 1, 1, tzinfo=UTC), NOW)
    assert web.asked[0][1]["from"] == "2026-05-18T15:00:00"


def test_articles_are_plain_text_without_pictures_and_name_their_publisher_once() -> None:
    (found,) = NewsApi(replay(page(row(description="<p>Apple <img src='x'>rises</p>")))).news(["Apple"], SINCE, NOW)
    assert (found.title, found.publisher, found.summary, found.language, found.symbols) == ("Headline 1", "Wire", "Apple rises", "en", ("Apple",))
    assert not any("png" in str(getattr(found, name)) for name in found.__slots__)


def test_what_was_taken_back_and_what_lacks_an_address_or_a_time_is_left_out() -> None:
    removed = row(2, title="[Removed]", description="[Removed]", url="https://removed.com", publishedAt="1970-01-01T00:00:00Z")
    rows = [row(1), removed, row(3, url=None), row(4, publishedAt=None), row(5, title=""), row(6, publishedAt="2026-06-01T00:00:00Z")]
    assert [each.url for each in NewsApi(replay(page(*rows))).news(["Apple"], SINCE, NOW)] == ["https://n.example/1"]


def test_which_of_several_names_an_article_is_about_is_told_by_whole_words() -> None:
    rows = [row(1), row(2, description="Pineapple incorporated"), row(3, title="SAP SE and Apple Inc.: a deal")]
    found = NewsApi(replay(page(*rows))).news(["Apple Inc.", "SAP SE"], SINCE, NOW)
    assert {each.url[-1]: each.symbols for each in found} == {"1": ("Apple Inc.",), "2": (), "3": ("Apple Inc.", "SAP SE")}


def test_pages_are_read_until_the_total_and_the_end_of_the_plan_is_no_error() -> None:
    full = page(*(row(number) for number in range(100)), total=250)
    web = replay(full, page(*(row(number) for number in range(100, 200)), total=250), page(row(200), total=250))
    assert len(NewsApi(web).news(["Apple"], SINCE, NOW)) == 201 and len(web.asked) == 3
    web = replay(full, error("maximumResultsReached", 426), full)
    source = NewsApi(web)
    assert len(source.news(["Apple"], SINCE, NOW)) == 100 and len(web.asked) == 2
    source.news(["Apple"], SINCE, NOW)
    assert len(web.asked) == 3  # it is not tried a second time


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("rateLimited", 429, Throttled),
        ("rateLimited", 200, Throttled),
        ("apiKeyExhausted", 401, Throttled),
        ("apiKeyInvalid", 401, NotConfigured),
        ("apiKeyMissing", 401, NotConfigured),
        ("apiKeyDisabled", 401, NotConfigured),
        ("parameterInvalid", 426, PlanRestricted),  # too far back: not a 400
        ("maximumResultsReached", 426, PlanRestricted),  # on the first page
        ("parametersMissing", 400, BadAnswer),
        ("unexpectedError", 500, Unreachable),
    ],
)
def test_refusals_are_told_by_the_code_in_the_body(code: str, status: int, expected: type[ProviderFailed]) -> None:
    with pytest.raises(expected):
        NewsApi(replay(error(code, status))).news(["Apple"], SINCE, NOW)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [("<html>", 200, BadAnswer), ("<html>", 502, Unreachable), ({"status": "ok"}, 200, BadAnswer), ("", 429, Throttled)],
)
def test_what_is_no_answer_is_typed(body: Any, status: int, expected: type[ProviderFailed]) -> None:
    with pytest.raises(expected):
        NewsApi(replay(says(body, status))).news(["Apple"], SINCE, NOW)


def test_a_refusal_without_a_time_lasts_twelve_hours() -> None:
    with pytest.raises(Throttled) as problem:
        NewsApi(replay(error("rateLimited", 429))).news(["Apple"], SINCE, NOW)
    assert problem.value.retry_after == 43_200


def test_the_key_goes_in_a_header() -> None:
    assert NewsApi.open("SECRETKEY").web.headers == {"X-Api-Key": "SECRETKEY"}


# ── with the emulator ───────────────────────────────────────────────────────


def test_a_round_trip_tells_the_news_of_the_world(emulator: Emulator) -> None:
    source, world = NewsApi.open("k", base=emulator.base("newsapi")), emulator.world
    names = {security.name: security.symbol for security in world.securities() if security.asset_class == "stock"}
    found = source.news(["Apple Inc.", "SAP SE"], world.now() - timedelta(days=9), world.now())
    expected = world.articles(("AAPL", "SAP.DE"), world.now() - timedelta(days=9), world.now() - timedelta(days=1))
    assert [(each.url, each.title, each.summary, each.published_at) for each in found] == [
        (each.url, each.title, each.summary, each.published_at) for each in expected
    ]
    assert [tuple(names[name] for name in each.symbols) for each in found] == [each.symbols for each in expected]


def test_a_query_with_more_articles_than_the_plan_gives_ends_at_a_hundred_or_goes_on(emulator: Emulator) -> None:
    source, world = NewsApi.open("k", base=emulator.base("newsapi")), emulator.world
    names = [security.name for security in world.securities() if security.asset_class == "stock"][:9]
    assert len(list(queries(names))) == 1
    since = world.now() - timedelta(days=25)
    few = len(source.news(names, since, world.now()))
    emulator.switches["newsapi"].plan = True
    many = len(NewsApi.open("k", base=emulator.base("newsapi")).news(names, since, world.now()))
    assert few <= 100 < many


def test_faults_of_the_emulated_source_are_typed(emulator: Emulator) -> None:
    source, switches = NewsApi.open("k", base=emulator.base("newsapi")), emulator.switches["newsapi"]
    for turned, expected in (
        ({"limit": 0}, Throttled),
        ({"wrong_key": True}, NotConfigured),
        ({"html": True}, BadAnswer),
        ({"truncated": True}, Unreachable),
        ({"fault": 500}, Unreachable),
    ):
        switches.reset_all()
        emulator.forget_calls()
        switches.turn(**turned)
        with pytest.raises(expected):
            source.news(["Apple Inc."], SINCE, NOW)
    switches.reset_all()
    switches.empty_window = True
    assert source.news(["Apple Inc."], SINCE, NOW) == []
