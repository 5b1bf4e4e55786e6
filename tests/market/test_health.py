"""Data health: what weakens a person's figures, and asking the sources again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from analytics.selectors.health import data_health
from market.choices import AssetClass, SuspectKind, SuspectReason, Verdict
from market.errors import NoSource, NotPricedBySources, UnknownInstrument
from market.models import Classification, SourceSymbol, Suspect, Watchlist, WatchlistItem
from market.services.on_demand import request_refresh
from tests import factories
from tests.factories import D, make_instrument, set_closes, set_quote

pytestmark = pytest.mark.django_db

WHOLE = {"sector": "Energy", "country": "NL"}


def told(user: Any) -> list[tuple[str, str]]:
    return [(point.kind.value, point.symbol) for point in data_health(user).points]


@pytest.fixture
def watch(person: Any) -> Any:
    """Puts instruments on the person's list."""
    watchlist = Watchlist.objects.create(owner=person, name="Mine")

    def put(*instruments: Any) -> None:
        for place, one in enumerate(instruments):
            WatchlistItem.objects.create(watchlist=watchlist, instrument=one, position=place)

    return put


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[tuple[str, Any]]:
    """Jobs that were rung for.  Yahoo and the ECB are on."""
    from market import tasks

    settings.PROVIDERS = ["yahoo", "ecb"]
    calls: list[tuple[str, Any]] = []
    for name in ("refresh_quotes_of", "refresh_histories_of"):
        monkeypatch.setattr(getattr(tasks, name), "delay", lambda ids, name=name: calls.append((name, ids)))
    monkeypatch.setattr(tasks.fetch_rates, "delay", lambda: calls.append(("fetch_rates", None)))
    return calls


def sound(symbol: str, **fields: Any) -> Any:
    made = make_instrument(symbol, price="10", **{**WHOLE, **fields})
    set_closes(made, {date(2024, 3, 4): "10"})
    return made


def test_what_is_sound_is_not_told_and_the_page_says_so(client: Client, person: Any, watch: Any) -> None:
    watch(sound("GOOD"))
    assert told(person) == []
    client.force_login(person)
    assert "Everything is up to date" in client.get("/health/").content.decode()


def test_each_weakness_is_told_the_worst_first(person: Any, watch: Any) -> None:
    bare, old, short, unnamed, odd, doubted = (
        make_instrument("BARE", **WHOLE),
        sound("OLD"),
        make_instrument("SHORT", price="5", **WHOLE),
        sound("UNNAMED", sector="", country=""),
        sound("ODD", asset_class=AssetClass.OTHER),
        sound("DOUBT"),
    )
    set_quote(old, "9", as_of=timezone.now() - timedelta(days=9))
    SourceSymbol.objects.create(instrument=bare, source="yahoo", symbol="BARE", state="unknown", detail="BARE is not known.")
    for day in (4, 5):
        Suspect.objects.create(
            instrument=doubted, kind=SuspectKind.BAR, source="yahoo", day=date(2024, 3, day), as_of=timezone.now(), price=D("1500"),
            before=D("10"), reason=SuspectReason.HUNDREDFOLD, found_at=timezone.now(),
        )  # fmt: skip
    watch(bare, old, short, unnamed, odd, doubted)
    points = data_health(person).points
    assert [(one.kind.value, one.symbol) for one in points] == [
        ("no_price", "BARE"), ("stale_price", "OLD"), ("sources_differ", "DOUBT"), ("no_history", "SHORT"), ("unclassified", "ODD"), ("unclassified", "UNNAMED"),
    ]  # fmt: skip
    assert points[0].detail == "No price has arrived yet. Yahoo Finance: BARE is not known." and points[0].price is None
    assert points[1].price.stale_since is not None and points[1].source == "Test"
    assert points[2].price.value == D("1500") and points[2].source == "Yahoo Finance" and "1 more waits" in points[2].detail
    assert points[2].detail.startswith("Test says 10, which stands. A hundred times")
    assert points[5].detail == "No sector and no country is known."


def test_what_a_person_says_for_themselves_counts_for_them(person: Any, stranger: Any, watch: Any) -> None:
    one = sound("UNNAMED", sector="", country="")
    watch(one)
    Classification.objects.create(instrument=one, owner=stranger, sector="Energy", country="NL")
    assert told(person) == [("unclassified", "UNNAMED")]
    Classification.objects.create(instrument=one, owner=person, sector="Energy", country="NL")
    assert told(person) == []


def test_what_was_settled_and_what_others_hold_is_not_told(person: Any, stranger: Any, watch: Any) -> None:
    one = sound("GOOD")
    Suspect.objects.create(
        instrument=one, kind=SuspectKind.QUOTE, source="yahoo", day=date(2024, 3, 4), as_of=datetime(2024, 3, 4, tzinfo=UTC), price=D("99"),
        reason=SuspectReason.JUMP, found_at=timezone.now(), verdict=Verdict.REFUSED,
    )  # fmt: skip
    watch(one)
    make_instrument("BARE")
    assert told(person) == told(stranger) == []


def test_a_rate_that_is_missing_is_told_for_what_is_held(person: Any, portfolio: Any, today: date) -> None:
    dollars = sound("USA", currency="USD")
    factories.set_rate_every_day("USD", "1.25", today - timedelta(days=40), today - timedelta(days=20))
    factories.record(portfolio, "deposit", today - timedelta(days=30), amount="1000")
    factories.record(portfolio, "buy", today - timedelta(days=30), dollars, quantity="1", price="10")
    assert told(person) == [("no_rate", "USD/EUR")]
    factories.set_rates("USD", {today: "1.25"})
    assert told(person) == []


def test_the_number_of_queries_does_not_grow(client: Client, person: Any, watch: Any, a_portfolio: Any, django_assert_max_num_queries: Any) -> None:
    a_portfolio(6)
    watch(*(make_instrument() for _ in range(20)))
    with django_assert_max_num_queries(18):
        assert len(data_health(person).points) > 25
    client.force_login(person)
    with django_assert_max_num_queries(21):
        client.get("/health/")


def test_asking_again_rings_once_a_minute_whoever_asks(person: Any, stranger: Any, rung: Any, django_capture_on_commit_callbacks: Any) -> None:
    one = make_instrument("BARE")
    with django_capture_on_commit_callbacks(execute=True):
        assert request_refresh(person, one)
        assert not request_refresh(stranger, one)
    assert rung == [("refresh_quotes_of", [one.pk]), ("refresh_histories_of", [one.pk])]
    cache.clear()
    assert request_refresh(stranger, one)


def test_what_cannot_be_asked_for_is_refused(person: Any, stranger: Any, rung: Any, settings: Any) -> None:
    with pytest.raises(UnknownInstrument):
        request_refresh(person, make_instrument(owner=stranger))
    with pytest.raises(NotPricedBySources):
        request_refresh(person, make_instrument(owner=person))
    settings.PROVIDERS = []
    with pytest.raises(NoSource):
        request_refresh(person, make_instrument())
    assert rung == []


def test_the_page_mends_in_the_row(client: Client, person: Any, watch: Any, rung: Any, django_capture_on_commit_callbacks: Any) -> None:
    bare, own = make_instrument("BARE", **WHOLE), make_instrument("HOUSE", owner=person, asset_class=AssetClass.PROPERTY)
    watch(bare, own)
    client.force_login(person)
    page = client.get("/health/").content.decode()
    assert page.count("Ask again now") == 1 and f"/instruments/{own.pk}/prices/" in page and "every 5s" not in page
    with django_capture_on_commit_callbacks(execute=True):
        page = client.post("/health/ask/", {"instrument": bare.pk}, follow=True).content.decode()
    assert "The sources are being asked." in page and "Being asked" in page and "every 5s" in page and len(rung) == 2
    assert "within the last minute" in client.post("/health/ask/", {"instrument": bare.pk}, follow=True).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/health/ask/")
    assert rung[-1] == ("fetch_rates", None)
    assert client.post("/health/ask/", {"instrument": "x"}).status_code == 404
    assert client.get("/health/ask/").status_code == 405
    part = client.get("/health/", headers={"HX-Request": "true", "HX-Target": "points"}).content.decode()
    assert part.startswith('<div class="stack" id="points"')


def test_a_stranger_cannot_ask_for_ones_own_instrument(client: Client, person: Any, stranger: Any, rung: Any) -> None:
    client.force_login(stranger)
    assert client.post("/health/ask/", {"instrument": make_instrument(owner=person).pk}).status_code == 404
    client.logout()
    assert client.get("/health/").status_code == 302


def test_the_api_tells_the_same_and_asks_again(api: Any, person: Any, watch: Any, rung: Any, stranger: Any) -> None:
    bare, old = make_instrument("BARE", **WHOLE), sound("OLD")
    set_quote(old, "9.5", as_of=timezone.now() - timedelta(days=9))
    watch(bare, old)
    first, second = api.get("/api/v1/market/health").json()["results"]
    assert (first["kind"], first["instrument"], first["price"], first["as_of"]) == ("no_price", bare.pk, None, None)
    assert (second["kind"], second["price"], second["currency"], second["source"]) == ("stale_price", "9.5", "EUR", "Test")
    answer = api.post(f"/api/v1/instruments/{bare.pk}/refresh")
    assert (answer.status_code, answer.json()) == (202, {"asked": True})
    assert api.post(f"/api/v1/instruments/{bare.pk}/refresh").json() == {"asked": False}
    assert api.post(f"/api/v1/instruments/{make_instrument(owner=person).pk}/refresh").status_code == 409
    assert api.post(f"/api/v1/instruments/{make_instrument(owner=stranger).pk}/refresh").status_code == 404
