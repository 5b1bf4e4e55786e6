"""News as a person reads it: their holdings' first, each story once, nothing of what they muted, and nothing that harms them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from analytics.selectors import NewsAsked, news_stories
from market.models import Article, Instrument, MutedPublisher, OpenedArticle
from market.providers.base import ArticleRow
from market.selectors import NewsOrder
from market.services import mute_publisher, note_opened, store_articles
from market.services.news import FoundArticle
from tests import factories

pytestmark = pytest.mark.django_db

Tell = Callable[..., Article]


@pytest.fixture
def tell() -> Tell:
    """Stores one article: what it is about, its title, its age in hours."""
    numbers = iter(range(1, 100_000))

    def store(*about: Instrument, title: str = "", hours: float = 1, publisher: str = "The Wire", language: str = "en", url: str = "") -> Article:
        number, now = next(numbers), timezone.now()
        row = ArticleRow(
            url or f"https://wire.example/{number}",
            title or f"Something happened, number {number}",
            now - timedelta(hours=hours),
            publisher,
            f"It happened, said {publisher}.",
            language,
        )
        store_articles([FoundArticle(row, "finnhub", tuple(one.pk for one in about))], now)
        return Article.objects.latest("pk")

    return store


@pytest.fixture
def big(person: Any, portfolio: Any, today: Any) -> Instrument:
    """Three quarters of the portfolio."""
    return _held(portfolio, today, "BIG", "750")


@pytest.fixture
def small(person: Any, portfolio: Any, today: Any) -> Instrument:
    """A quarter of it."""
    return _held(portfolio, today, "SMALL", "250")


def _held(portfolio: Any, today: Any, symbol: str, price: str) -> Instrument:
    made = factories.make_instrument(symbol, name=f"{symbol.title()} Company", price=price)
    factories.record(portfolio, "deposit", today, amount=price)
    factories.record(portfolio, "buy", today, made, quantity="1", price=price)
    return made


def titles(person: Any, portfolios: list[Any], **asked: Any) -> list[str]:
    return [story.title for story in news_stories(person, portfolios, "EUR", NewsAsked(**asked)).stories]


# ── the order ───────────────────────────────────────────────────────────────


def test_of_two_stories_of_one_age_the_one_about_more_of_the_portfolio_is_first(
    person: Any, portfolio: Any, big: Instrument, small: Instrument, tell: Tell
) -> None:
    tell(small, title="About the small holding")
    tell(big, title="About the large holding")
    assert titles(person, [portfolio]) == ["About the large holding", "About the small holding"]


def test_what_is_two_days_newer_is_first_even_about_less(person: Any, portfolio: Any, big: Instrument, small: Instrument, tell: Tell) -> None:
    tell(big, title="About the large holding", hours=49)
    tell(small, title="About the small holding")
    assert titles(person, [portfolio])[0] == "About the small holding"


def test_what_a_person_opens_rises(person: Any, portfolio: Any, big: Instrument, small: Instrument, tell: Tell) -> None:
    for number in range(12):
        note_opened(person, tell(small, title=f"Opened about the small one {number}", hours=200))
    tell(big, title="About the large holding", hours=3, publisher="Other")
    tell(small, title="About the small holding", hours=1)
    assert titles(person, [portfolio])[0] == "About the small holding"
    OpenedArticle.objects.all().delete()
    assert titles(person, [portfolio])[0] == "About the large holding"


def test_newest_first_is_by_time_alone(person: Any, portfolio: Any, big: Instrument, small: Instrument, tell: Tell) -> None:
    tell(small, title="About the small holding", hours=1)
    tell(big, title="About the large holding", hours=2)
    assert titles(person, [portfolio], order=NewsOrder.NEWEST) == ["About the small holding", "About the large holding"]


def test_a_holding_without_a_value_has_news_too(person: Any, portfolio: Any, today: Any, tell: Tell) -> None:
    one = factories.make_instrument("DARK")
    factories.record(portfolio, "deposit", today, amount="10")
    factories.record(portfolio, "buy", today, one, quantity="1", price="10")
    tell(one, title="About the one without a price")
    assert titles(person, [portfolio]) == ["About the one without a price"]


def test_a_feed_is_about_its_portfolio_and_an_instrument_about_itself(person: Any, portfolio: Any, big: Instrument, today: Any, tell: Tell) -> None:
    other = factories.make_portfolio(person, name="Other")
    theirs = _held(other, today, "OTHER", "10")
    tell(big, title="About the large holding")
    tell(theirs, title="About the other portfolio")
    tell(factories.make_instrument("LOOSE"), title="About what nobody holds")
    assert titles(person, [portfolio]) == ["About the large holding"]
    assert titles(person, [other]) == ["About the other portfolio"]
    assert set(titles(person, [portfolio, other])) == {"About the large holding", "About the other portfolio"}
    assert titles(person, [], instrument=theirs) == ["About the other portfolio"]


# ── each story once ─────────────────────────────────────────────────────────


def test_a_story_is_shown_once_by_who_told_it_first_with_the_others_and_all_it_is_about(
    person: Any, portfolio: Any, big: Instrument, small: Instrument, tell: Tell
) -> None:
    tell(small, title="Chip orders seen flat next quarter", publisher="Second", hours=1)
    first = tell(big, title="Chip orders seen flat next quarter", publisher="First", hours=3)
    (story,) = news_stories(person, [portfolio], "EUR", NewsAsked()).stories
    assert (story.id, story.publisher, [one.publisher for one in story.others]) == (first.pk, "First", ["Second"])
    assert [one.symbol for one in story.instruments] == ["BIG", "SMALL"]
    (story,) = news_stories(person, [portfolio], "EUR", NewsAsked(publisher="Second")).stories
    assert (story.publisher, [one.publisher for one in story.others]) == ("Second", ["First"])


def test_what_is_muted_is_told_by_nobody_and_another_publisher_takes_the_story(
    person: Any, stranger: Any, portfolio: Any, big: Instrument, tell: Tell
) -> None:
    tell(big, title="Only the loud one told this", publisher="Loud")
    tell(big, title="Chip orders seen flat next quarter", publisher="Loud", hours=3)
    tell(big, title="Chip orders seen flat next quarter", publisher="Calm", hours=1)
    mute_publisher(person, "Loud")
    feed = news_stories(person, [portfolio], "EUR", NewsAsked())
    assert [(story.publisher, story.others) for story in feed.stories] == [("Calm", ())]
    assert feed.publishers == ("Calm",) and [one.publisher for one in feed.muted] == ["Loud"]
    assert len(news_stories(stranger, [], "EUR", NewsAsked(instrument=big)).stories) == 2


def test_what_is_older_than_the_days_that_are_kept_is_not_shown(person: Any, portfolio: Any, big: Instrument, tell: Tell, settings: Any) -> None:
    tell(big, hours=24 * 20)
    settings.NEWS_DAYS = 14
    assert titles(person, [portfolio]) == []


@pytest.mark.parametrize("order", list(NewsOrder))
def test_pages_hold_every_story_once_forwards_and_backwards(
    person: Any, portfolio: Any, big: Instrument, small: Instrument, tell: Tell, order: NewsOrder
) -> None:
    for number in range(11):
        tell(big if number % 2 else small, hours=number % 4)
    whole = [story.id for story in news_stories(person, [portfolio], "EUR", NewsAsked(order=order)).stories]
    seen: list[int] = []
    asked, feed = NewsAsked(order=order, size=4), None
    while feed is None or feed.later:
        feed = news_stories(person, [portfolio], "EUR", asked)
        seen += [story.id for story in feed.stories]
        asked = NewsAsked(order=order, size=4, after=feed.last)
    assert seen == whole and len(whole) == 11
    back = news_stories(person, [portfolio], "EUR", NewsAsked(order=order, size=4, before=feed.first))
    assert [story.id for story in back.stories] == whole[4:8] and back.earlier and back.later


@pytest.mark.parametrize("articles", [1, 60])
def test_a_feed_costs_seven_queries_however_much_there_is(
    person: Any, big: Instrument, tell: Tell, articles: int, django_assert_num_queries: Any
) -> None:
    for number in range(articles):
        article = tell(big, publisher=f"P{number % 7}")
        if number % 3 == 0:
            note_opened(person, article)
    mute_publisher(person, "P6")
    with django_assert_num_queries(7):
        news_stories(person, [], "EUR", NewsAsked(instrument=big))


# ── the page ────────────────────────────────────────────────────────────────


def test_the_page_shows_stories_and_loads_nothing_from_outside(signed_in: Client, big: Instrument, tell: Tell) -> None:
    article = tell(big, title="Chip orders seen flat next quarter")
    answer = signed_in.get("/news/")
    page = answer.content.decode()
    assert "Chip orders seen flat next quarter" in page and "It happened, said The Wire." in page and ">BIG<" in page
    link = re.search(rf'<a [^>]*href="/news/{article.pk}/open/"[^>]*>', page)
    assert link and 'rel="noopener noreferrer"' in link[0] and 'target="_blank"' in link[0]
    assert "https://wire.example" not in page and "<img" not in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_filters_narrow_the_feed_and_stay_in_the_address(signed_in: Client, big: Instrument, small: Instrument, tell: Tell) -> None:
    tell(big, title="By the wire, in English")
    tell(small, title="Von der Zeitung, auf Deutsch", publisher="Zeitung", language="de")
    tell(small, title="By nobody knows in no language told", publisher="", language="")

    def shown(query: str) -> set[str]:
        return {story.title[:3] for story in signed_in.get(f"/news/?{query}").context["feed"].stories}

    assert shown("") == {"By ", "Von"} and shown("publisher=Zeitung") == {"Von"}
    assert shown("language=de") == {"Von"} and shown("language=none") == {"By "} and shown(f"instrument={big.pk}") == {"By "}
    page = signed_in.get("/news/?language=de&publisher=Zeitung").content.decode()
    assert "German" in page and "Remove the filter Publisher" in page
    assert "No story meets all these conditions." in signed_in.get("/news/?publisher=Nobody").content.decode()


def test_an_empty_page_says_why(signed_in: Client, person: Any, today: Any, settings: Any) -> None:
    settings.PROVIDERS = []
    assert "Nothing is held yet" in signed_in.get("/news/").content.decode()
    portfolio = factories.make_portfolio(person)
    _held(portfolio, today, "BIG", "10")
    page = signed_in.get("/news/").content.decode()
    assert "Finnhub, NewsAPI, Alpha Vantage or Tiingo bring news" in page and "FINNHUB_KEY" not in page
    person.is_staff = True
    person.save()
    assert "FINNHUB_KEY" in signed_in.get("/news/").content.decode()
    settings.PROVIDER_KEYS = {"finnhub": "key"}
    page = signed_in.get("/news/").content.decode()
    assert "No news yet" in page and "Finnhub" in page and "key" not in page.split("Where it comes from")[1].split("</dl>")[0]


def test_a_person_mutes_a_publisher_and_shows_it_again(signed_in: Client, person: Any, big: Instrument, tell: Tell) -> None:
    tell(big, title="Told by the loud one", publisher="Loud & <Proud>")
    assert Article.objects.get().publisher == "Loud &"  # the mark went when it was stored
    answer = signed_in.post("/news/mute/", {"publisher": "Loud &", "next": "/news/?sort=newest"})
    assert answer["Location"] == "/news/?sort=newest"
    assert "Told by the loud one" not in signed_in.get("/news/").content.decode()
    muted = MutedPublisher.objects.get(owner=person)
    assert signed_in.post(f"/news/unmute/{muted.pk}/", {"next": "https://evil.example/"})["Location"] == "/news/"
    assert "Told by the loud one" in signed_in.get("/news/").content.decode()
    signed_in.post("/news/mute/", {"publisher": ""})
    assert not MutedPublisher.objects.exists()


def test_the_card_shows_the_first_four_and_the_way_to_the_rest(signed_in: Client, big: Instrument, tell: Tell) -> None:
    for _ in range(6):
        tell(big)
    page = signed_in.get(f"/news/card/?instrument={big.pk}").content.decode()
    assert page.count("feed__title") == 4 and f"/news/?instrument={big.pk}" in page


@pytest.mark.parametrize("holdings", [1, 12])
def test_the_page_costs_the_same_however_much_is_held(
    signed_in: Client, a_portfolio: Any, tell: Tell, holdings: int, django_assert_max_num_queries: Any
) -> None:
    a_portfolio(positions=holdings)
    for one in Instrument.objects.all():
        for _ in range(4):
            tell(one)
    with django_assert_max_num_queries(17):
        assert signed_in.get("/news/").status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("cursor=zzz", 200),
        ("cursor=a1e9:1", 200),
        ("cursor=a1:99999999999999999999", 200),
        ("publisher=" + "x" * 500, 200),
        ("sort=odd", 200),
        ("instrument=abc", 404),
        ("language=%00", 400),
    ],
)
def test_an_address_that_no_page_gave_shows_a_page(signed_in: Client, big: Instrument, query: str, status: int) -> None:
    assert signed_in.get(f"/news/?{query}").status_code == status


# ── opening ─────────────────────────────────────────────────────────────────


def test_opening_goes_to_the_stored_address_is_noted_once_and_tells_that_site_nothing(
    signed_in: Client, person: Any, big: Instrument, tell: Tell
) -> None:
    article = tell(big, url="https://wire.example/story?id=7&x=%22")
    for _ in range(2):
        answer = signed_in.get(f"/news/{article.pk}/open/?next=https://evil.example/&url=javascript:alert(1)")
        assert (answer.status_code, answer["Location"]) == (302, "https://wire.example/story?id=7&x=%22")
        assert answer["Referrer-Policy"] == "no-referrer" and answer["Cache-Control"] == "no-store"
    assert OpenedArticle.objects.get().owner == person
    assert news_stories(person, [], "EUR", NewsAsked(instrument=big)).stories[0].opened


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}])
def test_what_another_site_links_to_or_a_browser_fetches_ahead_is_not_noted(
    signed_in: Client, big: Instrument, tell: Tell, headers: dict[str, str]
) -> None:
    article = tell(big)
    assert signed_in.get(f"/news/{article.pk}/open/", headers=headers).status_code == 302
    assert not OpenedArticle.objects.exists()


def test_an_article_about_somebody_elses_instrument_does_not_exist(signed_in: Client, stranger: Any, tell: Tell) -> None:
    article = tell(factories.make_instrument("HOUSE", owner=stranger, exchange=""))
    assert signed_in.get(f"/news/{article.pk}/open/").status_code == 404
    assert signed_in.get(f"/news/?instrument={article.instruments.get().pk}").status_code == 404


# ── what an attacker sends ──────────────────────────────────────────────────


def test_marks_and_scripts_of_a_source_stand_on_the_page_as_text_or_not_at_all(signed_in: Client, big: Instrument, tell: Tell) -> None:
    tell(
        big,
        title='"><script>alert(1)</script><b>Yields</b> rise when a < b & "quotes\' stay',
        publisher='Wire" onmouseover="alert(1)\' <svg/onload=alert(1)>',
        language='"><',
    )
    page = signed_in.get("/news/").content.decode()
    assert "Yields rise when a &lt; b &amp; &quot;quotes&#x27; stay" in page
    assert "<script>alert" not in page and 'onmouseover="' not in page and "<svg/onload" not in page
    card = signed_in.get("/news/card/").content.decode()
    assert "<script>alert" not in card and 'onmouseover="' not in card


# ── the API ─────────────────────────────────────────────────────────────────


def test_the_api_tells_the_same_as_the_page(api: APIClient, portfolio: Any, big: Instrument, small: Instrument, tell: Tell) -> None:
    tell(small, title="About the small holding")
    article = tell(big, title="About the large holding")
    body = api.get("/api/v1/news").json()
    assert [one["title"] for one in body["results"]] == ["About the large holding", "About the small holding"]
    one = body["results"][0]
    assert one["id"] == article.pk and one["url"] == article.url and one["source"] == "Finnhub" and one["language"] == "en"
    assert one["instruments"] == [{"id": big.pk, "symbol": "BIG", "name": "Big Company"}] and 0 < one["score"] <= 1.2
    assert body["next"] is None and body["previous"] is None
    assert len(api.get(f"/api/v1/news?portfolio={portfolio.pk}&instrument={small.pk}").json()["results"]) == 1


def test_the_api_goes_in_pages_there_and_back(api: APIClient, big: Instrument, tell: Tell) -> None:
    for number in range(5):
        tell(big, hours=number)
    first = api.get("/api/v1/news?page_size=2").json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    assert third["next"] is None
    assert len({one["id"] for page in (first, second, third) for one in page["results"]}) == 5
    assert [one["id"] for one in api.get(second["previous"]).json()["results"]] == [one["id"] for one in first["results"]]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("cursor=zzz", 400),
        ("page_size=0", 400),
        ("page_size=501", 400),
        ("sort=odd", 400),
        ("portfolio=x", 400),
        ("portfolio=999999", 404),
        ("instrument=999999", 404),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(api: APIClient, query: str, status: int) -> None:
    answer = api.get(f"/api/v1/news?{query}")
    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"


def test_news_of_a_strangers_portfolio_does_not_exist(api: APIClient, stranger: Any) -> None:
    assert api.get(f"/api/v1/news?portfolio={factories.make_portfolio(stranger).pk}").status_code == 404


def test_publishers_are_muted_and_articles_opened_over_the_api(api: APIClient, person: Any, stranger: Any, big: Instrument, tell: Tell) -> None:
    article = tell(big, publisher="Loud")
    made = api.post("/api/v1/news/muted", {"publisher": "Loud"})
    assert made.status_code == 201 and api.post("/api/v1/news/muted", {"publisher": "Loud"}).status_code == 200
    assert api.get("/api/v1/news/muted").json() == [made.json()]
    assert api.get("/api/v1/news").json()["results"] == []
    theirs, _ = mute_publisher(stranger, "Other")
    assert api.delete(f"/api/v1/news/muted/{theirs.pk}").status_code == 404
    assert api.delete(f"/api/v1/news/muted/{made.json()['id']}").status_code == 204
    assert api.post(f"/api/v1/news/{article.pk}/opened").status_code == 204
    assert api.get("/api/v1/news").json()["results"][0]["opened"] is True


@pytest.mark.parametrize("publisher", ["", "   ", "x" * 81, "<b>", "a\x00b", "a\u202eb"])
def test_a_publisher_that_cannot_stand_beside_an_article_is_refused(api: APIClient, publisher: str) -> None:
    assert api.post("/api/v1/news/muted", {"publisher": publisher}).status_code in {400, 422}
    assert not MutedPublisher.objects.exists()
