"""Addresses of prices that administrators set up: in the form, as a source among the others, and under attack."""

from __future__ import annotations

import gzip
import json
import logging
import socket
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from market import selectors, tasks
from market.errors import InvalidFeed, StaffOnly
from market.models import Instrument, Price, Quote, SourceSymbol, UrlFeed
from market.providers.failures import FailureKind
from market.providers.registry import Can
from market.services import feeds, sources_in_order
from market.services.calls import state_of
from market.services.status import sources_status
from tests.emulator import Answer, Emulator
from tests.factories import PASSWORD, make_instrument

SECRET = "s3cr3t-of-the-house"


@pytest.fixture
def boss(db: None) -> Any:
    return get_user_model().objects.create_superuser("boss", "boss@example.org", PASSWORD)


@pytest.fixture
def desk(client: Client, boss: Any) -> Client:
    client.force_login(boss)
    return client


@pytest.fixture
def house(world: Emulator, settings: Any, boss: Any) -> Emulator:
    """The emulator as a house of one's own, in a private network that the settings allow; no other source is on."""
    settings.PROVIDERS, settings.URL_SOURCE_NETWORKS = [], ["127.0.0.0/8"]
    return world


def made(emulator: Emulator, boss: Any, secret: str = "", **fields: Any) -> UrlFeed:
    told = {
        "name": "house",
        "active": True,
        "address": emulator.base("url_source") + "/days/{symbol}.json",
        "rows": "prices",
        "price": "c",
        "day": "d",
        "currency": "USD",
    }
    return feeds.set_up_feed(boss, UrlFeed(**told | fields), secret=secret)


def priced(emulator: Emulator, symbol: str = "AAPL", **fields: Any) -> Instrument:
    one = make_instrument(symbol, currency="USD", exchange="XNAS", **fields)
    SourceSymbol.objects.create(instrument=one, source="house", symbol=symbol)
    return one


def typed(**changes: Any) -> dict[str, Any]:
    fields = {
        "name": "house",
        "place": "last",
        "rank": "0",
        "address": "https://prices.example/{symbol}.json",
        "kind": "json",
        "price": "p",
        "currency": "EUR",
        "factor": "1",
        "delimiter": ",",
        "calls_a_minute": "30",
    }
    return fields | changes


# ── a source among the others ───────────────────────────────────────────────


def test_its_prices_and_history_come_by_the_same_jobs_and_tell_where_they_are_from(house: Emulator, boss: Any) -> None:
    made(house, boss)
    one = priced(house)
    tasks.plan_quotes()
    tasks.plan_histories()
    bars = [bar for bar in house.world.bars(house.world.get("AAPL")) if bar.close and not bar.running]  # type: ignore[arg-type]
    quote = Quote.objects.get(pk=one.pk)
    assert (quote.price, quote.source, quote.quality) == (bars[-1].close, "house", "close")
    assert set(Price.objects.filter(instrument=one).values_list("source", flat=True)) == {"house"}
    assert dict(Price.objects.filter(instrument=one).values_list("day", "close")) == {
        bar.day: bar.close for bar in bars if bar.day >= min(Price.objects.filter(instrument=one).values_list("day", flat=True))
    }
    assert selectors.shown_source(quote.source) == "House"


def test_it_stands_where_its_place_says_and_falls_back_to_the_others(house: Emulator, boss: Any, settings: Any) -> None:
    settings.PROVIDERS = ["yahoo"]
    made(house, boss, place="first", rank=2)
    made(house, boss, name="second_house", place="first", rank=1)
    made(house, boss, name="last_house", day="", rows="", price="x")
    made(house, boss, name="off_house", active=False)
    assert sources_in_order(Can.QUOTES, "stock", american=True) == ("second_house", "house", "yahoo", "last_house")
    assert sources_in_order(Can.HISTORY, "bond") == ("second_house", "house")
    settings.PROVIDERS = ["emulated"]
    one = priced(house)
    SourceSymbol.objects.create(instrument=one, source="yahoo", symbol="AAPL", currency="USD")
    house.say("url_source", Answer("broken", 500))
    tasks.plan_quotes()
    assert Quote.objects.get(pk=one.pk).source == "yahoo" and state_of("house").failures == 1


def test_it_is_left_alone_after_three_failures_and_the_status_tells_so(house: Emulator, boss: Any, django_assert_num_queries: Any) -> None:
    made(house, boss, calls_a_day=50)
    one = priced(house)
    house.say("url_source", Answer("broken", 500))
    for _ in range(5):
        tasks.refresh_quotes_of([one.pk])
    assert len(house.calls("url_source")) == 3
    with django_assert_num_queries(1):
        (told,) = sources_status()
    assert (told.name, told.title, told.position, told.failures) == ("house", "House", "open", 3)
    assert [window.calls for window in told.budgets] == [30, 50]


def test_its_budget_is_kept(house: Emulator, boss: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from market.services.calls import patient_gate

    monkeypatch.setattr("market.services.refreshing.openings.patient_gate", lambda name, limits, patience: patient_gate(name, limits, 0.0))
    made(house, boss, calls_a_minute=2)
    ids = [priced(house, symbol).pk for symbol in ("AAPL", "MSFT", "NVDA")]
    tasks.refresh_quotes_of(ids)
    assert 1 <= len(house.calls("url_source")) <= 2 and state_of("house").failures == 0


def test_a_price_in_another_currency_than_the_instruments_waits_for_somebody(house: Emulator, boss: Any) -> None:
    made(house, boss, currency="GBP")
    one = priced(house)
    tasks.refresh_quotes_of([one.pk])
    assert not Quote.objects.filter(pk=one.pk).exists() and one.suspects.get().reason == "currency"


def test_what_is_removed_keeps_its_prices_and_its_names_end(house: Emulator, boss: Any) -> None:
    row = made(house, boss)
    one = priced(house)
    tasks.refresh_quotes_of([one.pk])
    feeds.remove_feed(boss, row)
    assert Quote.objects.get(pk=one.pk).source == "house" and one.symbols.get().until is not None
    assert sources_in_order(Can.QUOTES, "stock") == ()
    assert set(AuditEntry.objects.filter(object_id="house").values_list("action", flat=True)) == {"source.set_up", "source.removed"}


# ── the secret ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", ["header", "address"])
def test_the_secret_is_sent_and_neither_shown_logged_nor_stored_in_the_open(
    house: Emulator, boss: Any, desk: Client, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    address = house.base("url_source") + "/days/{symbol}.json" + ("?key={secret}" if where == "address" else "")
    row = made(house, boss, SECRET, address=address, header="X-Api-Key" if where == "header" else "")
    one = priced(house)
    with caplog.at_level(logging.DEBUG):
        tasks.refresh_quotes_of([one.pk])
        house.say("url_source", Answer({"error": SECRET}, 403))
        with time_machine.travel(house.world.now() + timedelta(minutes=1), tick=False):
            tasks.refresh_quotes_of([one.pk])
    calls = house.calls("url_source")
    assert len(calls) == 2 and all(SECRET in (call.headers.get("x-api-key", "") + call.path) for call in calls)
    assert SECRET not in json.dumps([record.__dict__ for record in caplog.records], default=str)
    for page in (reverse("admin:market_urlfeed_change", args=[row.pk]), reverse("admin:market_urlfeed_changelist"), reverse("admin:market_sources")):
        assert SECRET not in desk.get(page).content.decode()
    assert "Refused" in desk.get(reverse("admin:market_sources")).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM market_urlfeed")
        assert SECRET.encode() not in b"".join(
            bytes(cell) if isinstance(cell, (bytes, memoryview)) else str(cell).encode() for cell in cursor.fetchone()
        )


def test_an_empty_secret_keeps_the_one_that_is_there_and_a_box_forgets_it(desk: Client) -> None:
    sent = desk.post(reverse("admin:market_urlfeed_add"), typed(header="X-Api-Key", secret=SECRET))
    assert sent.status_code == 302, sent.context["errors"]
    row = UrlFeed.objects.get()
    page = reverse("admin:market_urlfeed_change", args=[row.pk])
    assert desk.post(page, typed(header="X-Api-Key", currency="USD")).status_code == 302
    row.refresh_from_db()
    assert (row.secret, row.currency) == (SECRET, "USD")
    refused = desk.post(page, typed(header="X-Api-Key", forget_secret="on")).content.decode()
    assert "Write the secret." in refused and SECRET not in refused
    assert desk.post(page, typed(forget_secret="on")).status_code == 302
    row.refresh_from_db()
    assert row.secret == ""


def test_a_redirect_does_not_take_the_secret_along(house: Emulator, boss: Any) -> None:
    made(house, boss, SECRET, header="Authorization", address=house.base("url_source") + "/away?{symbol}")
    priced(house)
    tasks.plan_quotes()
    assert [call.path for call in house.calls()] == ["/url_source/away?AAPL"] and not Quote.objects.exists()


# ── the form ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "yahoo", "means another source"),
        ("name", "own", "means another source"),
        ("name", "My Prices", "small letters"),
        ("address", "ftp://prices.example/{symbol}", "begins with https://"),
        ("address", "file:///etc/passwd?{symbol}", "begins with https://"),
        ("address", "gopher://127.0.0.1:6379/{symbol}", "begins with https://"),
        ("address", "https://me:word@prices.example/{symbol}", "without a name and a password"),
        ("address", "https://prices.example/", "Write {symbol} where the symbol goes"),
        ("address", "https://{secret}.example/{symbol}", "after the host"),
        ("address", "http://127.0.0.1/{symbol}", "private network"),
        ("address", "http://2130706433/{symbol}", "private network"),
        ("address", "http://0x7f.1/{symbol}", "private network"),
        ("address", "http://[::1]/{symbol}", "private network"),
        ("address", "http://[::ffff:10.0.0.1]/{symbol}", "private network"),
        ("address", "http://169.254.169.254/latest/{symbol}", "private network"),
        ("address", "http://localhost./{symbol}", "private network"),
        ("header", "Host", "name of a header"),
        ("header", "X Key", "name of a header"),
        ("secret", "a\nb", "on one line"),
        ("secret", "word", "Say where the secret goes"),
        ("price", "a[b]", "path such as"),
        ("day", "d", "list of rows"),
        ("currency", "XXQ", "Write a currency"),
        ("factor", "0", "factor above zero"),
        ("calls_a_minute", "0", "greater than or equal to 1"),
    ],
)
def test_the_form_tells_what_is_wrong_at_its_field_and_asks_nobody(
    desk: Client, monkeypatch: pytest.MonkeyPatch, field: str, value: str, told: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up in a request"))
    answer = desk.post(reverse("admin:market_urlfeed_add"), typed(**{field: value}))
    assert answer.status_code == 200 and not UrlFeed.objects.exists()
    assert told in " ".join(answer.context["adminform"].form.errors[field])


def test_the_name_stays_and_only_staff_sets_up(desk: Client, boss: Any, person: Any) -> None:
    desk.post(reverse("admin:market_urlfeed_add"), typed())
    row = UrlFeed.objects.get()
    assert desk.post(reverse("admin:market_urlfeed_change", args=[row.pk]), typed(name="other", price="q")).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.price) == ("house", "q")
    for deed in (lambda: feeds.set_up_feed(person, row), lambda: feeds.remove_feed(person, row), lambda: feeds.begin_trial(person, row, "X")):
        with pytest.raises(StaffOnly):
            deed()
    with pytest.raises(InvalidFeed):
        feeds.set_up_feed(boss, UrlFeed(name="x", address="x", price="", currency=""))
    client = Client()
    client.force_login(person)
    assert client.get(reverse("admin:market_urlfeed_try", args=[row.pk])).status_code in {302, 403}


def test_an_instrument_is_given_its_symbol_there_from_a_list_of_sources(desk: Client, house: Emulator, boss: Any) -> None:
    made(house, boss)
    one = make_instrument("AAPL", currency="USD")
    page = desk.get(reverse("admin:market_sourcesymbol_add") + "?source=house&symbol=AAPL").content.decode()
    assert "House (house)" in page and 'value="AAPL"' in page
    sent = desk.post(reverse("admin:market_sourcesymbol_add"), {"instrument": one.pk, "source": "house", "symbol": "AAPL", "state": "ok"})
    assert sent.status_code == 302 and one.symbols.get().source == "house"
    assert (
        desk.post(reverse("admin:market_sourcesymbol_add"), {"instrument": one.pk, "source": "hous", "symbol": "A", "state": "ok"}).status_code == 200
    )


# ── trying ──────────────────────────────────────────────────────────────────


def tried(desk: Client, row: UrlFeed, symbol: str, run: Any) -> str:
    here = reverse("admin:market_urlfeed_try", args=[row.pk])
    with run(execute=True):
        answer = desk.post(here, {"symbol": symbol})
    assert answer.status_code == 302 and answer["Location"].startswith(f"{here}?number=")
    page: str = desk.get(answer["Location"]).content.decode()
    return page


def test_trying_shows_the_first_rows_and_stores_nothing(desk: Client, house: Emulator, boss: Any, django_capture_on_commit_callbacks: Any) -> None:
    row = made(house, boss, active=False)
    bars = [bar for bar in house.world.bars(house.world.get("AAPL")) if bar.close and not bar.running]  # type: ignore[arg-type]
    page = tried(desk, row, "AAPL", django_capture_on_commit_callbacks)
    assert "Nothing was stored" in page and bars[-1].day.isoformat() in page and f"{bars[-1].close} USD" in page.replace("</strong>", "")
    assert page.count('<th scope="row">') == 10 and len(house.calls("url_source")) == 1
    assert not Quote.objects.exists() and not Price.objects.exists() and "House" in page


def test_trying_tells_what_is_wrong(desk: Client, house: Emulator, boss: Any, django_capture_on_commit_callbacks: Any) -> None:
    row = made(house, boss, price="closing")
    assert "There is nothing at &#x27;closing&#x27;" in tried(desk, row, "AAPL", django_capture_on_commit_callbacks)
    assert "There is no NOBODY." in tried(desk, row, "NOBODY", django_capture_on_commit_callbacks)
    other = made(house, boss, name="other_house")
    with django_capture_on_commit_callbacks(execute=True):
        number = feeds.begin_trial(boss, row, "AAPL")
    assert desk.get(reverse("admin:market_urlfeed_try", args=[other.pk]), {"number": number}).status_code == 302
    assert "This trial is over" in desk.get(reverse("admin:market_urlfeed_try", args=[row.pk]), {"number": "0" * 16}, follow=True).content.decode()


def test_while_the_job_is_on_its_way_the_page_looks_again_and_trying_is_limited(desk: Client, house: Emulator, boss: Any) -> None:
    row = made(house, boss)
    here = reverse("admin:market_urlfeed_try", args=[row.pk])
    page = desk.get(desk.post(here, {"symbol": "AAPL"})["Location"]).content.decode()
    assert 'http-equiv="refresh"' in page and "is being asked for" in page
    for _ in range(9):
        desk.post(here, {"symbol": "AAPL"})
    assert "You asked for a lot just now" in desk.post(here, {"symbol": "AAPL"}, follow=True).content.decode()
    assert house.calls() == []


# ── attacks ─────────────────────────────────────────────────────────────────


def attacked(boss: Any, address: str) -> feeds.Trial:
    row = UrlFeed.objects.create(name="house", address=address, price="p", currency="USD")  # as if nobody had checked it
    number = feeds.begin_trial(boss, row, "AAPL")
    tasks.try_feed(number)
    return feeds.trial(number)


@pytest.mark.parametrize("address", ["10.0.0.5", "192.168.1.1", "169.254.169.254", "127.0.0.1", "::1", "fd00:ec2::254", "100.64.0.1", "0.0.0.0"])
def test_a_name_that_leads_inside_is_not_asked(world: Emulator, boss: Any, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr("portfolio_site.web.outgoing.resolve", lambda host, port: [address])
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))])
    found = attacked(boss, "http://prices.example/{symbol}")
    assert found.status == "failed" and "private network" in found.detail and world.calls() == []


def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(world: Emulator, boss: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: public when it is judged, loopback at the next look.  There is no next look within a connection, and each is judged."""
    port = int(world.address.rsplit(":", 1)[1])
    answers = iter(["192.0.2.10", "127.0.0.1", "127.0.0.1"])
    looked: list[str] = []

    def rebinding(host: str, *_: Any, **__: Any) -> Any:
        looked.append(found := next(answers))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    monkeypatch.setattr("socket.getaddrinfo", rebinding)
    for _ in range(2):
        found = attacked(boss, f"http://prices.example:{port}/url_source/quote/{{symbol}}.json")
        assert found.status == "failed"
        UrlFeed.objects.all().delete()
    assert world.calls() == [] and looked[0] == "192.0.2.10"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(b"[" + b"1," * 3_000_000 + b"1]"), "more than 4096 KB"),
        (Answer(gzip.compress(b" " * 60_000_000), headers={"Content-Encoding": "gzip"}), "more than 4096 KB"),
        (Answer(b"[" * 200_000), "broken"),
        (Answer(b'{"p": ' + b"9" * 5_000 + b"}"), "broken"),
        (Answer(b"", 302, headers={"Location": "http://169.254.169.254/latest/meta-data"}), "status 302"),
        (Answer(b"", 301, headers={"Location": "file:///etc/passwd"}), "status 301"),
    ],
    ids=["huge", "gzip bomb", "deep", "long number", "redirect inside", "redirect to a file"],
)
def test_an_answer_that_is_an_attack_ends_in_a_sentence(house: Emulator, boss: Any, answer: Answer, told: str) -> None:
    house.say("url_source", answer)
    found = attacked(boss, house.base("url_source") + "/quote/{symbol}.json")
    assert found.status == "failed" and told in found.detail and len(house.calls()) == 1


def test_a_slow_drip_is_cut_off(house: Emulator, boss: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.providers.url_source.WHOLE", 0.3)
    house.switches["url_source"].drip = 0.05
    made(house, boss)
    number = feeds.begin_trial(boss, UrlFeed.objects.get(), "AAPL")
    tasks.try_feed(number)
    assert "too slowly" in feeds.trial(number).detail and state_of("house").last_kind == FailureKind.UNREACHABLE


def test_a_factor_and_pence_reach_the_stored_price(house: Emulator, boss: Any) -> None:
    made(house, boss, address=house.base("url_source") + "/quote/{symbol}.json", rows="", day="", price="p", currency="GBp", factor=Decimal("0.1"))
    one = make_instrument("VOD.L", currency="GBP", exchange="XLON")
    SourceSymbol.objects.create(instrument=one, source="house", symbol="VOD.L")
    house.say("url_source", Answer({"p": "12345"}))
    tasks.refresh_quotes_of([one.pk])
    assert Quote.objects.get(pk=one.pk).price == Decimal("12.345")
