"""News from the wire to the stored article: who is asked for whom, what is kept, once, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from market import services, tasks
from market.models import Article, ArticleInstrument, Instrument, NewsAsked, OpenedArticle, SourceSymbol
from market.providers.base import ArticleRow
from market.services.calls.budgets import forget_own_counts
from market.services.news import FoundArticle
from portfolio_site import schedule
from tests.emulator import Emulator
from tests.factories import make_instrument

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 17, 15, tzinfo=UTC)
NEWS = ("finnhub", "newsapi", "alpha_vantage", "tiingo")


@pytest.fixture
def world(emulator: Emulator, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Sources at the emulator, at the time of its world; everything in the database is followed."""
    settings.PROVIDERS, settings.EMULATOR_URL = ["emulated"], emulator.address
    monkeypatch.setattr("market.selectors.interest._asked", [lambda: Instrument.objects.values_list("pk", flat=True)])
    monkeypatch.setattr("market.services.refreshing.openings.patient_gate", lambda *_: lambda cost: None)
    cache.clear()
    forget_own_counts()
    with time_machine.travel(emulator.world.now, tick=False):
        yield emulator
    cache.clear()


def listed(emulator: Emulator, *symbols: str, sources: tuple[str, ...] = ("finnhub",)) -> list[Instrument]:
    made = []
    for symbol in symbols:
        of: Any = emulator.world.get(symbol)
        one = Instrument.objects.create(
            symbol=symbol, name=of.name, currency=of.currency, exchange=of.mic, asset_class=of.asset_class, provider="yahoo"
        )
        for source in sources:
            SourceSymbol.objects.create(instrument=one, source=source, symbol=symbol)
        made.append(one)
    return made


def only(world: Emulator, *names: str) -> None:
    """Of the sources of news only these answer."""
    for name in set(NEWS) - set(names):
        world.switches[name].turn(down=True)


# ── from the wire ───────────────────────────────────────────────────────────


def test_news_arrives_with_publisher_language_time_and_what_it_is_about(world: Emulator) -> None:
    apple, _ = listed(world, "AAPL", "MSFT")
    assert tasks.plan_news() == 2
    true = {one.url: one for one in world.world.articles(("AAPL",), world.world.now() - timedelta(days=7))}
    stored = Article.objects.filter(instruments=apple)
    assert {one.url for one in stored} == set(true) and len(true) > 2
    for one in stored:
        assert (one.title, one.published_at) == (true[one.url].title, true[one.url].published_at.replace(microsecond=0))
        assert one.publisher == true[one.url].publisher and one.source == "finnhub" and one.fetched_at == world.world.now()


def test_nothing_of_a_picture_is_stored(world: Emulator) -> None:
    listed(world, "AAPL")
    tasks.plan_news()
    assert "img" not in str(list(Article.objects.values()))


def test_names_go_to_newsapi_many_in_one_call(world: Emulator) -> None:
    only(world, "newsapi")
    made = listed(world, "AAPL", "MSFT", "KO", "JNJ", "SAP.DE", "NESN.SW", sources=("yahoo",))
    tasks.plan_news()
    assert len(world.calls("newsapi")) == 1
    assert all(Article.objects.filter(instruments=one, source="newsapi", language="en").exists() for one in made)


def test_two_shares_of_one_company_both_get_what_its_name_finds_in_one_call(world: Emulator) -> None:
    only(world, "newsapi")
    (one,) = listed(world, "AAPL", sources=("yahoo",))
    other = make_instrument("APC", name="Apple Inc.", exchange="XETR")
    SourceSymbol.objects.create(instrument=other, source="yahoo", symbol="APC.DE")
    tasks.plan_news()
    assert len(world.calls("newsapi")) == 1
    found = set(Article.objects.filter(instruments=one).values_list("pk", flat=True))
    assert found and found == set(Article.objects.filter(instruments=other).values_list("pk", flat=True))


def test_where_the_first_source_is_down_or_has_nothing_the_next_is_asked(world: Emulator) -> None:
    (apple,) = listed(world, "AAPL")
    world.switches["finnhub"].turn(down=True)
    tasks.plan_news()
    assert set(Article.objects.filter(instruments=apple).values_list("source", flat=True)) == {"newsapi"}


def test_a_symbol_that_the_plan_does_not_cover_ends_nothing_for_the_others(world: Emulator) -> None:
    only(world, "finnhub")
    world.switches["finnhub"].turn(plan=True)
    _, apple = listed(world, "SAP.DE", "AAPL")
    tasks.plan_news()
    assert Article.objects.filter(instruments=apple).exists()


@pytest.mark.parametrize("fault", [{"html": True}, {"truncated": True}, {"reset": True}, {"fault": 500}, {"limit": 0}, {"wrong_key": True}])
def test_whatever_sources_send_instead_nothing_wrong_is_stored_and_nothing_raises(world: Emulator, fault: dict[str, Any]) -> None:
    listed(world, "AAPL", sources=NEWS)
    for name in NEWS:
        world.switches[name].turn(**fault)
    tasks.plan_news()
    assert not Article.objects.exists()


def test_the_same_round_again_stores_nothing_twice_and_asks_nobody_too_early(world: Emulator) -> None:
    listed(world, "AAPL", "MSFT")
    tasks.plan_news()
    stored, calls = Article.objects.count(), len(world.calls())
    assert tasks.plan_news() == 0 and len(world.calls()) == calls
    world.world.clock.move(minutes=30)
    with time_machine.travel(world.world.now, tick=False):
        assert tasks.plan_news() == 2
    assert Article.objects.count() - stored <= 2 and len(world.calls()) > calls


def test_a_round_in_which_nobody_answered_is_made_up_for(world: Emulator) -> None:
    (apple,) = listed(world, "AAPL")
    only(world)
    tasks.plan_news()
    assert NewsAsked.objects.get(pk=apple.pk).answered_at is None
    for name in NEWS:
        world.switches[name].turn(down=False)
    cache.clear()
    world.world.clock.move(days=2)
    with time_machine.travel(world.world.now, tick=False):
        tasks.plan_news()
    oldest = Article.objects.order_by("published_at").first()
    assert oldest and oldest.published_at < world.world.now() - timedelta(days=4)


def test_names_of_a_persons_own_instruments_and_of_what_no_source_knows_go_nowhere(world: Emulator, person: Any) -> None:
    own = make_instrument("SECRET", owner=person, name="Apple Inc.", exchange="")
    invented = make_instrument("HALE", name="Apple Inc.")
    SourceSymbol.objects.create(instrument=own, source="finnhub", symbol="AAPL")
    assert tasks.plan_news() == 0
    tasks.fetch_news_of([own.pk, invented.pk])
    assert not Article.objects.exists() and not world.calls()


def test_those_who_wait_longest_are_asked_first(world: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = listed(world, "AAPL", "MSFT", "KO")
    NewsAsked.objects.create(instrument=one, asked_at=world.world.now() - timedelta(hours=1))
    NewsAsked.objects.create(instrument=two, asked_at=world.world.now() - timedelta(hours=2))
    monkeypatch.setattr("market.tasks.MOST_NEWS", 2)
    rung: list[list[int]] = []
    monkeypatch.setattr("market.tasks.fetch_news_of.delay", lambda ids: rung.append(list(ids)))
    tasks.plan_news()
    assert rung == [[three.pk, two.pk]]


def test_without_a_source_of_news_nobody_is_asked_and_nothing_is_scheduled(settings: Any, person: Any) -> None:
    settings.PROVIDERS = ["yahoo", "ecb"]
    assert tasks.plan_news() == 0
    assert "news" not in {job.name for job in schedule.jobs()}
    settings.PROVIDER_KEYS = {"finnhub": "key"}
    assert "news" in {job.name for job in schedule.jobs()}


def test_the_number_of_queries_does_not_grow_with_the_instruments(world: Emulator) -> None:
    counts = []
    for symbols in (("AAPL",), ("MSFT", "KO", "JNJ", "XOM", "C", "IBM")):
        made = listed(world, *symbols)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            tasks.fetch_news_of([one.pk for one in made])
        counts.append(len(captured))
    assert counts[0] == counts[1]


# ── once ────────────────────────────────────────────────────────────────────


def row(number: int = 1, **more: Any) -> ArticleRow:
    usual: dict[str, Any] = {
        "url": f"https://wire.example/{number}",
        "title": f"Chip orders seen flat next quarter, part {number}",
        "published_at": NOW - timedelta(hours=1),
        "publisher": "The Wire",
        "summary": "Orders are flat.",
        "language": "en",
    }
    return ArticleRow(**usual | more)


def store(*rows: ArticleRow, about: tuple[int, ...] = (), source: str = "finnhub", now: datetime = NOW) -> int:
    return services.store_articles([FoundArticle(one, source, about) for one in rows], now)


def test_an_address_that_two_sources_send_is_stored_once_about_both() -> None:
    one, two = make_instrument("A"), make_instrument("B")
    assert store(row(url="https://wire.example/1?utm_source=finnhub"), about=(one.pk,)) == 1
    assert store(row(url="http://www.wire.example/1/"), about=(two.pk, one.pk), source="newsapi") == 0
    assert set(Article.objects.get().instruments.all()) == {one, two} and ArticleInstrument.objects.count() == 2


def test_one_title_under_two_addresses_is_one_story() -> None:
    store(row(url="https://a.example/x", title="Chip orders seen flat next quarter"))
    store(row(url="https://b.example/y", title="CHIP ORDERS seen flat, next quarter - The Ledger", publisher="The Ledger"))
    assert Article.objects.count() == 2 and Article.objects.values("story").distinct().count() == 1


def test_a_story_told_over_the_end_of_a_week_stays_one() -> None:
    sunday = datetime(2026, 6, 14, 23, 30, tzinfo=UTC)
    for number, at in enumerate((sunday, sunday + timedelta(hours=2), sunday + timedelta(days=1))):
        store(row(url=f"https://a.example/{number}", title="Chip orders seen flat next quarter", published_at=at))
    assert Article.objects.values("story").distinct().count() == 1
    both = [
        row(url=f"https://b.example/{n}", title="Another thing happened to chips", published_at=sunday + timedelta(hours=2 * n)) for n in range(2)
    ]
    store(*both)
    assert Article.objects.filter(title__startswith="Another").values("story").distinct().count() == 1


def test_the_same_title_two_weeks_later_is_another_story() -> None:
    store(row(url="https://a.example/1", title="Chip orders seen flat next quarter", published_at=NOW - timedelta(days=14)))
    store(row(url="https://a.example/2", title="Chip orders seen flat next quarter"))
    assert Article.objects.values("story").distinct().count() == 2


# ── what an attacker sends ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    "sent",
    [
        {"url": "javascript:alert(1)"},
        {"url": "data:text/html,<script>"},
        {"url": "https://bank.example@evil.example/"},
        {"url": "//evil.example/x"},
        {"url": "https://wire.example/" + "a" * 1_000},
        {"url": "https://wire.example/\u202egpj.exe"},
        {"title": ""},
        {"title": "<img src=x onerror=alert(1)>"},
        {"title": "\u202e\u200b\x00"},
        {"published_at": NOW + timedelta(days=1)},
        {"published_at": NOW - timedelta(days=31)},
    ],
)
def test_what_cannot_be_shown_is_left_out_and_the_rest_stays(sent: dict[str, Any]) -> None:
    assert store(row(2, **sent), row(1)) == 1
    assert Article.objects.get().url == "https://wire.example/1"


def test_texts_are_stored_plain_and_short_whoever_sent_them() -> None:
    store(
        row(
            title="<b>Bold</b> &lt;script&gt;alert(1)&lt;/script&gt; words \x00\u202e" + "x" * 5_000,
            summary="<p>One</p><script>alert(1)</script>" + "two " * 5_000,
            publisher="<i>The</i>\nWire " + "w" * 500,
            language="<script>",
        )
    )
    one = Article.objects.get()
    assert one.title.startswith("Bold words") and len(one.title) <= 300
    assert one.summary.startswith("One two") and len(one.summary) <= 1_000
    assert one.publisher.startswith("The Wire") and len(one.publisher) <= 80 and one.language == ""
    assert not any(sign in f"{one.title}{one.summary}{one.publisher}" for sign in "<>\x00\u202e\n")


# ── for how long ────────────────────────────────────────────────────────────


def test_news_goes_after_the_days_that_the_settings_say_with_what_was_noted_about_it(settings: Any, person: Any) -> None:
    one = make_instrument("A")
    store(row(1), row(2, published_at=NOW - timedelta(days=9)), about=(one.pk,))
    services.note_opened(person, Article.objects.get(url="https://wire.example/2"))
    settings.NEWS_DAYS = 7
    with time_machine.travel(NOW, tick=False):
        assert tasks.sweep_news() == 1
        assert tasks.sweep_news() == 0
    assert Article.objects.get().url == "https://wire.example/1"
    assert ArticleInstrument.objects.count() == 1 and not OpenedArticle.objects.exists()


def test_what_is_too_old_to_be_kept_is_not_stored_again(settings: Any) -> None:
    settings.NEWS_DAYS = 7
    assert store(row(published_at=NOW - timedelta(days=9))) == 0


def test_the_demos_real_companies_have_news_and_its_invented_ones_are_named_to_nobody(world: Emulator) -> None:
    apple = make_instrument("AAPL", name="Apple", exchange="XNAS", currency="USD", isin="US0378331005", provider="demo")
    make_instrument("DCITY", name="Demo City Property Trust", exchange="DEMO", asset_class="stock", provider="demo")
    assert tasks.plan_news() == 1
    assert Article.objects.filter(instruments=apple).exists() and not SourceSymbol.objects.exists()
    assert not any("DCITY" in call.path or "Demo" in call.path for call in world.calls())
