"""Prices that come by themselves: who is followed, what is stored of it, and a following that outlives whatever fails."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from market.choices import SuspectReason
from market.models import Instrument, Quote, SourceSymbol, Suspect
from market.providers.base import SymbolQuote
from market.providers.failures import Failure
from market.selectors import interest, most_followed
from market.services.calls import Source
from market.services.refreshing import due_quotes, take_quotes
from market.services.streaming import StreamThread, open_streams, streams_are_on, symbols_to_follow
from market.services.streaming.following import Streaming
from market.services.streaming.told import StreamState, stream_state, tell_state
from market.signals import quotes_changed
from tests.emulator import Emulator
from tests.emulator.formats import Ask, Socket
from tests.emulator.yahoo import Emulated as EmulatedYahoo

NOW = datetime.fromisoformat("2026-11-20T15:00:00+00:00")  # a Friday: New York is open
OPENED = NOW.replace(hour=14, minute=30)


@pytest.fixture
def listed(db: None) -> Any:
    def make(symbol: str, *sources: str, price: str = "", as_of: datetime = OPENED, quality: str = "delayed", **more: Any) -> Instrument:
        made = Instrument.objects.create(**{"symbol": symbol, "name": symbol, "currency": "USD", "exchange": "XNAS"} | more)
        for name in sources or ("finnhub",):
            SourceSymbol.objects.create(instrument=made, source=name, symbol=symbol, currency=made.currency)
        if price:
            told = {"source": "yahoo", "quality": quality, "sequence": 1, "previous_close": Decimal("268"), "volume": 5}
            Quote.objects.create(instrument=made, price=Decimal(price), as_of=as_of, fetched_at=as_of, **told)
        return made

    return make


def trade(symbol: str, price: str, as_of: datetime = NOW) -> SymbolQuote:
    return SymbolQuote(symbol, Decimal(price), as_of, "live")


def nobody(_: Instrument) -> list[Source[SymbolQuote]]:
    return []


def saying(price: str) -> Callable[[Instrument], list[Source[SymbolQuote]]]:
    def call(symbols: Any) -> Mapping[str, SymbolQuote | Failure]:
        return {symbol: replace(trade(symbol, price), currency="USD") for symbol in symbols}

    return lambda _: [Source("yahoo", 100, call)]


# ── who is followed ─────────────────────────────────────────────────────────


def test_those_that_most_people_follow_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interest, "_asked", [lambda: {1: 1, 2: 5, 3: 2}, lambda: [3, 4], lambda: {4: 1, 1: 1}])
    assert most_followed() == [2, 3, 1, 4]


def test_a_stream_is_filled_with_the_most_followed_and_the_next_takes_the_rest(listed: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PROVIDERS, settings.PROVIDER_KEYS = ["yahoo"], {"finnhub": "k"}
    few, many, more, abroad = (listed(symbol, "finnhub", "yahoo") for symbol in ("FEW", "MANY", "MORE", "ABROAD.L"))
    Instrument.objects.filter(pk=abroad.pk).update(exchange="XLON", currency="GBP")
    fund, private = listed("FUND", "yahoo", asset_class="fund"), listed("NONE", "tiingo")
    times = {few.pk: 1, many.pk: 9, more.pk: 5, abroad.pk: 2, fund.pk: 9, private.pk: 9, 0: 9}
    monkeypatch.setattr(interest, "_asked", [lambda: times])
    found = symbols_to_follow({"finnhub": 1, "yahoo": 2}, NOW)
    assert found == {"finnhub": {"MANY": many.pk}, "yahoo": {"MORE": more.pk, "ABROAD.L": abroad.pk}}
    assert symbols_to_follow({"finnhub": 1}, NOW) == {"finnhub": {"MANY": many.pk}}


def test_looking_for_them_takes_three_queries(listed: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any) -> None:
    settings.PROVIDER_KEYS = {"finnhub": "k"}
    monkeypatch.setattr(interest, "_asked", [lambda: [listed(f"S{number}").pk for number in range(20)]])
    ids = interest._asked[0]()
    monkeypatch.setattr(interest, "_asked", [lambda: ids])
    with django_assert_num_queries(2):  # names, instruments
        assert len(symbols_to_follow({"finnhub": 50}, NOW)["finnhub"]) == 20


# ── what is stored ──────────────────────────────────────────────────────────


def test_a_trade_is_stored_and_keeps_what_it_does_not_tell_of_the_day(listed: Any) -> None:
    apple = listed("AAPL", price="271.00")
    assert take_quotes({apple.pk: ("finnhub", trade("AAPL", "271.49"))}, NOW, nobody).published == (apple.pk,)
    row = Quote.objects.get(pk=apple.pk)
    assert (row.price, row.source, row.quality, row.as_of, row.sequence) == (Decimal("271.49"), "finnhub", "live", NOW, 2)
    assert (row.previous_close, row.volume) == (268, 5)


@pytest.mark.parametrize(("quality", "expected"), [("close", 271), ("delayed", None)])
def test_a_new_day_begins_with_the_close_that_stands(listed: Any, quality: str, expected: int | None) -> None:
    apple = listed("AAPL", price="271", as_of=NOW - timedelta(hours=18), quality=quality)
    take_quotes({apple.pk: ("finnhub", trade("AAPL", "272"))}, NOW, nobody)
    assert Quote.objects.get(pk=apple.pk).previous_close == expected


def test_what_comes_by_itself_is_not_asked_for_and_what_comes_in_part_is(listed: Any) -> None:
    whole, part = listed("WHOLE", price="271"), listed("PART")
    take_quotes({whole.pk: ("finnhub", trade("WHOLE", "271")), part.pk: ("finnhub", replace(trade("PART", "5"), currency="USD"))}, NOW, nobody)
    every = timedelta(minutes=15)
    assert due_quotes([whole.pk, part.pk], NOW, every) == [part.pk]  # nobody told the close of its day before
    assert due_quotes([whole.pk, part.pk], NOW + every, every) == [part.pk, whole.pk]  # the stream has ended since


@pytest.mark.parametrize(
    "as_of", [NOW.replace(hour=12), NOW.replace(hour=22) - timedelta(days=1), NOW + timedelta(hours=1), NOW - timedelta(days=400)]
)
def test_what_is_no_price_of_trading_hours_is_left_out(listed: Any, as_of: datetime) -> None:
    apple = listed("AAPL", price="271", as_of=NOW - timedelta(days=3))
    assert take_quotes({apple.pk: ("finnhub", trade("AAPL", "272", as_of))}, NOW, nobody).published == ()


def test_a_jump_waits_as_a_suspect_and_is_looked_into_once(listed: Any) -> None:
    apple = listed("AAPL", "finnhub", "yahoo", price="271")
    told = {apple.pk: ("finnhub", trade("AAPL", "27100"))}
    assert take_quotes(told, NOW, saying("271.20")).suspects == {}  # the second source told a price that can be believed
    assert Quote.objects.get(pk=apple.pk).price == Decimal("271.20")
    assert Suspect.objects.get().reason == SuspectReason.HUNDREDFOLD
    Suspect.objects.all().delete()
    later = {apple.pk: ("finnhub", trade("AAPL", "400", NOW + timedelta(seconds=1)))}
    assert take_quotes(later, NOW, nobody).suspects == {apple.pk: SuspectReason.JUMP} and Suspect.objects.count() == 1
    Suspect.objects.all().delete()
    assert take_quotes(later, NOW, nobody, quiet={apple.pk}).suspects == {} and not Suspect.objects.exists()


def test_another_currency_is_never_stored(listed: Any) -> None:
    apple = listed("AAPL", price="271")
    take_quotes({apple.pk: ("finnhub", replace(trade("AAPL", "271"), currency="EUR"))}, NOW, nobody)
    assert Quote.objects.get(pk=apple.pk).sequence == 1 and Suspect.objects.get().reason == SuspectReason.CURRENCY


def test_a_second_of_many_trades_takes_as_many_queries_as_one(listed: Any, django_assert_max_num_queries: Any) -> None:
    made = [listed(f"S{number}", price="271") for number in range(30)]
    with django_assert_max_num_queries(13):
        take_quotes({one.pk: ("finnhub", trade(one.symbol, "272")) for one in made}, NOW, nobody)


# ── following, at the emulator ──────────────────────────────────────────────


class Following:
    """A following that runs until something is so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.streaming = Streaming(open_streams(), every=0.02, choose=0.05, pause=0.01)
        self.stored: list[int] = []
        self.told: list[SymbolQuote] = []

    def until(self, reached: Callable[[], bool], patience: float = 10.0) -> None:
        def note(*, instrument_ids: Any, **_: Any) -> None:
            self.stored.extend(instrument_ids)

        quotes_changed.connect(note)
        try:
            asyncio.run(self._run(reached, patience))
        finally:
            quotes_changed.disconnect(note)

    async def _run(self, reached: Callable[[], bool], patience: float) -> None:
        work, end = asyncio.ensure_future(self.streaming.run()), time.perf_counter() + patience
        while not reached() and not work.done():
            assert time.perf_counter() < end, {name: one.state() for name, one in self.streaming.followed.items()}
            await asyncio.sleep(0.01)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        await asyncio.to_thread(self.streaming._aside.shutdown)  # what it still did is done before the test looks


@pytest.fixture
def following(world: Emulator, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of the emulator's Finnhub and Yahoo; each has an instrument, and everything in the database is followed."""
    monkeypatch.setattr("market.services.refreshing.openings.Openings.quotes", lambda *_: [])
    apple = Instrument.objects.create(symbol="AAPL", name="Apple", currency="USD", exchange="XNAS")
    SourceSymbol.objects.create(instrument=apple, source="finnhub", symbol="AAPL", currency="USD")
    vodafone = Instrument.objects.create(symbol="VOD", name="Vodafone", currency="GBP", exchange="XLON")
    SourceSymbol.objects.create(instrument=vodafone, source="yahoo", symbol="VOD.L", currency="GBP")
    return Following(monkeypatch)


@pytest.mark.django_db(transaction=True)
def test_prices_of_both_streams_are_stored_and_told(following: Following, world: Emulator) -> None:
    following.until(lambda: len(set(following.stored)) == 2)
    for symbol, name in (("AAPL", "AAPL"), ("VOD", "VOD.L")):
        security = world.world.get(name)
        assert security is not None and Quote.objects.get(instrument__symbol=symbol).price == world.world.quote(security).price
    state = stream_state("finnhub")
    assert state is not None and following.streaming.followed["finnhub"].symbols == {"AAPL": Instrument.objects.get(symbol="AAPL").pk}


@pytest.mark.django_db(transaction=True)
def test_after_a_cut_it_connects_and_subscribes_again(following: Following, world: Emulator) -> None:
    world.switches["finnhub"].disconnect_after = 2  # a ping and a trade; the trades after the second symbol are cut
    made = Instrument.objects.create(symbol="MSFT", name="Microsoft", currency="USD", exchange="XNAS")
    SourceSymbol.objects.create(instrument=made, source="finnhub", symbol="MSFT", currency="USD")
    finnhub, vodafone = following.streaming.followed["finnhub"], Instrument.objects.get(symbol="VOD")
    following.until(lambda: len(world.calls("finnhub")) >= 3 and {*following.stored} >= {vodafone.pk, min(finnhub.symbols.values())})
    assert "Finnhub's stream ended" in finnhub.state().last_failure and not finnhub.ended


@pytest.mark.django_db(transaction=True)
def test_a_wrong_key_ends_its_stream_and_no_other(following: Following, world: Emulator) -> None:
    world.switches["finnhub"].wrong_key = True
    finnhub, vodafone = following.streaming.followed["finnhub"], Instrument.objects.get(symbol="VOD")
    following.until(lambda: finnhub.ended and vodafone.pk in following.stored)
    assert finnhub.state().last_failure == "Finnhub refuses the key." and finnhub.state().ended
    assert len(world.calls("finnhub")) == 1


@pytest.mark.django_db(transaction=True)
def test_where_so_many_symbols_are_refused_fewer_are_followed(following: Following, world: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.emulator.finnhub.MOST", 1)
    for symbol in ("MSFT", "IBM"):
        made = Instrument.objects.create(symbol=symbol, name=symbol, currency="USD", exchange="XNYS")
        SourceSymbol.objects.create(instrument=made, source="finnhub", symbol=symbol, currency="USD")
    finnhub = following.streaming.followed["finnhub"]
    following.until(lambda: finnhub.room == 1 and finnhub.stream.heard is not None and len(finnhub.symbols) == 1 and finnhub.stream.since is not None)
    assert not finnhub.ended and "so many symbols" in finnhub.state().last_failure


@pytest.mark.django_db(transaction=True)
def test_garbage_is_left_out_and_the_price_behind_it_counts(following: Following, world: Emulator) -> None:
    class Garbled(EmulatedYahoo):
        def stream(self, ask: Ask, socket: Socket) -> None:
            for message in (
                "hello",
                b"\xff\x00",
                "{",
                json.dumps({"type": "pricing", "message": "%%%"}),
                json.dumps({"type": "pricing", "message": ""}),
            ):
                socket.send(message)
            super().stream(ask, socket)

    world.speak("yahoo", Garbled())
    vodafone = Instrument.objects.get(symbol="VOD")
    following.until(lambda: vodafone.pk in following.stored)
    assert following.streaming.followed["yahoo"].stream.dropped >= 3


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_and_a_lost_cache_are_outlived(following: Following, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = {"take": 3, "choose": 2, "tell": 1}

    def losing(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if lost[name]:
                lost[name] -= 1
                raise OperationalError("server closed the connection unexpectedly") if name != "tell" else ConnectionError("Redis is away")
            return work(*args)

        return call

    place = "market.services.streaming.following."
    monkeypatch.setattr(place + "take_quotes", losing("take", take_quotes))
    monkeypatch.setattr(place + "symbols_to_follow", losing("choose", symbols_to_follow))
    monkeypatch.setattr(place + "tell_state", losing("tell", tell_state))
    following.until(lambda: len(set(following.stored)) == 2)
    assert lost == {"take": 0, "choose": 0, "tell": 0}  # the prices of the seconds without a database were kept


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_the_server_starts_and_stops(following: Following, world: Emulator) -> None:
    thread, end = StreamThread(), time.perf_counter() + 10
    thread.start()
    while len(world.calls("finnhub")) < 1 and time.perf_counter() < end:
        time.sleep(0.02)
    thread.ask_to_stop()
    assert world.calls("finnhub") and thread.wait(5.0)


# ── where nothing streams ───────────────────────────────────────────────────


def test_without_a_source_with_a_stream_nothing_starts(settings: Any) -> None:
    settings.PROVIDERS, settings.PROVIDER_KEYS = ["coingecko"], {"tiingo": "t"}
    thread = StreamThread()
    thread.start()
    thread.ask_to_stop()
    assert not streams_are_on() and thread.wait()
    with pytest.raises(CommandError, match="Set FINNHUB_KEY"):
        call_command("stream")


@pytest.mark.django_db
def test_administrators_see_how_streams_do(settings: Any, client: Any, django_user_model: Any) -> None:
    settings.PROVIDERS, settings.PROVIDER_KEYS = ["yahoo", "ecb"], {"finnhub": "s3cr3t"}
    client.force_login(django_user_model.objects.create_superuser("boss", "boss@example.org", "x"))
    now = timezone.now()
    tell_state("finnhub", StreamState(now, 37, now, now, "Refused with s3cr3t."))
    page = client.get("/admin/market/sourcesymbol/status/").content.decode()
    assert "Connected since" in page and "<td>37</td>" in page and "s3cr3t" not in page
    assert page.count("Nobody follows it") == 1  # Yahoo's
    tell_state("finnhub", StreamState(ended=True))
    assert "Not tried again before the next start." in client.get("/admin/market/sourcesymbol/status/").content.decode()
    cache.clear()
