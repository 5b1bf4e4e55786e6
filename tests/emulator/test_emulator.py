"""The emulator answers over real connections, fails as it is told to, and knows who did not wait."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from market.providers.failures import Unreachable
from market.providers.web import Web
from tests.emulator import Answer, Ask, Emulator, Format, World
from tests.emulator.formats import Socket
from tests.emulator.world import Clock
from tests.shared import ROOT, shared_file


class Plain(Format):
    """Tells the newest price of a symbol, and echoes what a websocket sends."""

    def answer(self, ask: Ask) -> Answer:
        security = ask.security(ask.path.lstrip("/"))
        return Answer({"price": ask.quote(security).price, "n": ask.number}) if security else Answer({"detail": "unknown"}, 404)

    def stream(self, ask: Ask, socket: Socket) -> None:
        while True:
            socket.send({"heard": socket.receive()})


@pytest.fixture
def plain(emulator: Emulator) -> Emulator:
    emulator.speak("plain", Plain())
    return emulator


def web(emulator: Emulator, **more: Any) -> Web:
    return Web(emulator.base("plain"), **more)


# ── the way ─────────────────────────────────────────────────────────────────


def test_an_answer_has_prices_with_all_their_digits_and_calls_are_counted(plain: Emulator) -> None:
    price = web(plain).get("/AAPL", {"token": "x"}).json()["price"]
    assert price == plain.world.quote(plain.world.get("AAPL")).price  # type: ignore[arg-type]
    assert [(call.source, call.path, call.status) for call in plain.calls()] == [("plain", "/plain/AAPL?token=x", 200)]


def test_an_answer_carries_the_time_of_the_world(plain: Emulator) -> None:
    assert web(plain).get("/AAPL").headers["date"] == "Tue, 16 Jun 2026 15:00:00 GMT"


def test_a_path_comes_without_its_escapes(plain: Emulator) -> None:
    assert web(plain).get("/%5EGSPC").status == web(plain).get("/EURUSD%3DX").status == 200


def test_one_call_too_many_is_refused_and_who_does_not_wait_is_known() -> None:
    seconds = [0.0]
    with Emulator(tick=lambda: seconds[0]) as emulator:
        emulator.speak("plain", Plain())
        emulator.switches["plain"].turn(limit=2, window=60.0)
        statuses = []
        for at in (0, 10, 20, 30, 70):
            seconds[0] = at
            statuses.append((reply := web(emulator).get("/AAPL")).status)
            if at == 20:
                assert reply.retry_after() == 40.0
        assert statuses == [200, 200, 429, 429, 200]
        assert [call.at for call in emulator.calls_in_pause()] == [30.0]


@pytest.mark.parametrize("switch", ["truncated", "reset", "down"])
def test_a_broken_way_is_no_answer(plain: Emulator, switch: str) -> None:
    plain.switches["plain"].turn(**{switch: True})
    with pytest.raises(Unreachable):
        web(plain).get("/AAPL")
    plain.switches["plain"].reset_all()
    assert web(plain).get("/AAPL").status == 200


def test_a_slow_drip_and_a_long_wait(plain: Emulator) -> None:
    plain.switches["plain"].drip = 0.05
    with pytest.raises(Unreachable, match="slowly"):
        web(plain, whole=0.2).get("/AAPL")
    plain.switches["plain"].turn(drip=0.0, latency=0.2)
    begun = time.monotonic()
    assert web(plain).get("/AAPL").status == 200
    assert time.monotonic() - begun >= 0.2


def test_a_page_in_place_of_the_answer_and_a_fault_of_its_own(plain: Emulator) -> None:
    plain.switches["plain"].html = True
    assert web(plain).get("/AAPL").text.startswith("<!DOCTYPE html>")
    plain.switches["plain"].turn(html=False, fault=502)
    assert web(plain).get("/AAPL").status == 502


def test_a_test_may_put_the_answer_itself(plain: Emulator) -> None:
    plain.say("plain", Answer("first"), Answer({"a": Decimal("1.10")}, 418))
    assert [web(plain).get("/x").body for _ in range(3)] == [b"first", b'{"a": 1.10}', b'{"a": 1.10}']
    plain.say("plain")
    assert web(plain).get("/AAPL").status == 200


def test_an_unheard_path_is_listed() -> None:
    with Emulator() as emulator:
        assert requests.get(emulator.base("nobody") + "/x", timeout=5).status_code == 404
        assert emulator.unheard == ["nobody/x"]


def test_websockets_speak_and_are_cut(plain: Emulator) -> None:
    plain.switches["plain"].disconnect_after = 2
    with connect(plain.stream("plain") + "?token=k") as socket:
        for word in ("a", "b"):
            socket.send(word)
            assert json.loads(socket.recv(timeout=5)) == {"heard": word}
        socket.send("c")
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)


def test_switches_can_be_turned_over_http(plain: Emulator) -> None:
    control = plain.base("_emulator")
    assert requests.post(f"{control}/switches/plain", json={"unknown": ["AAPL"]}, timeout=5).ok
    assert web(plain).get("/AAPL").status == 404
    assert requests.post(f"{control}/switches/plain", json={"nonsense": 1}, timeout=5).status_code == 400
    assert requests.post(f"{control}/switches/plain", json={}, timeout=5).json()["calls"] == {"plain": 1}
    assert web(plain).get("/AAPL").status == 200


def test_it_runs_as_a_process_with_a_clock_that_runs_until_it_is_interrupted() -> None:
    process = subprocess.Popen([sys.executable, "-m", "tests.emulator"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        before, after = (requests.get(told["control"], timeout=5).json()["now"] for _ in range(2))
        assert before < after
        assert requests.get(told["http"] + "/ecb/eurofxref-daily.xml", timeout=5).ok
        moved = requests.post(told["control"] + "clock", json={"days": 2}, timeout=5).json()["now"]
        assert datetime.fromisoformat(moved) - datetime.fromisoformat(after) >= timedelta(days=2)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0  # a busy machine ends it late
    finally:
        process.kill()


def test_recorded_answers_are_served_where_one_belongs_to_the_call_and_the_world_answers_the_rest() -> None:
    body = shared_file("providers/fred/error-400-series.json").read_bytes()
    with Emulator(recorded=True) as emulator:
        base = emulator.base("fred") + "/fred/series/observations?file_type=json&api_key=MINE&series_id="
        assert requests.get(base + "NOPE", timeout=5).content == body
        assert "observations" in requests.get(base + "SOFR", timeout=5).json()


def test_a_format_that_fails_is_seen_by_the_test() -> None:
    class Broken(Format):
        def answer(self, ask: Ask) -> Answer:
            raise KeyError("symbol")

    with Emulator() as emulator:
        emulator.speak("broken", Broken())
        assert requests.get(emulator.base("broken") + "/x", timeout=5).status_code == 500
        assert emulator.unheard == ["broken/x: KeyError: 'symbol'"]


def test_all_sources_are_down_at_once_and_up_again(emulator: Emulator) -> None:
    emulator.turn_all(down=True)
    for source in ("ecb", "fred", "yahoo"):
        with pytest.raises(Unreachable):
            Web(emulator.base(source)).get("/x")
    assert requests.post(emulator.base("_emulator") + "/switches/all", json={}, timeout=5).ok
    assert Web(emulator.base("ecb")).get("/eurofxref-daily.xml").status == 200


# ── the world ───────────────────────────────────────────────────────────────


def test_two_worlds_of_one_seed_tell_the_same_and_another_seed_tells_otherwise() -> None:
    def last(seed: int) -> Any:
        world = World(seed)
        return world.bars(world.get("VOD.L"), date(2026, 6, 1))  # type: ignore[arg-type]

    assert last(4) == last(4) != last(5)


def test_every_security_has_sound_bars_that_move_less_than_a_quarter_a_day() -> None:
    world = World()
    assert len(world.securities()) >= 40
    for security in world.securities():
        bars = world.bars(security, date(2024, 5, 1))
        for before, bar in pairwise(bars):
            assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high, security.symbol  # type: ignore[type-var, operator]
            told = before.close / world.split_factor(security, before.day) * world.split_factor(security, bar.day)  # type: ignore[operator]
            assert abs(bar.close / told - 1) < Decimal("0.25") or (security.places == 2 and bar.close < 1), (security.symbol, bar)  # type: ignore[operator]


def test_a_split_over_night_leaves_raw_prices_of_the_past_as_they_were() -> None:
    world = World()
    security = world.get("MSFT")
    assert security is not None
    before = world.bars(security, date(2026, 6, 1), date(2026, 6, 16))
    world.clock.move(days=1)
    world.split("MSFT", date(2026, 6, 17), 2, 1)
    after = world.bars(security, date(2026, 6, 1))
    assert after[: len(before) - 1] == before[:-1]
    assert abs(after[-1].close / before[-1].close - Decimal("0.5")) < Decimal("0.05")  # type: ignore[operator]
    assert world.split_factor(security, date(2026, 6, 16)) == 2 and world.split_factor(security, date(2026, 6, 17)) == 1
    assert abs(world.quote(security).price / world.quote(security).previous_close - 1) < Decimal("0.1")


def test_a_running_day_ends_as_its_close_and_its_minutes_lead_there() -> None:
    world = World()
    security = world.get("AAPL")
    assert security is not None
    running = world.quote(security)
    assert running.open_now and running.at == world.now()
    world.clock.move(hours=10)
    closed = world.quote(security)
    assert not closed.open_now and closed.at == datetime(2026, 6, 16, 20, tzinfo=UTC)
    assert closed.price == world.bars(security)[-1].close == world.minutes(security, date(2026, 6, 16), 5)[-1].close
    assert len(world.minutes(security, date(2026, 6, 16), 5)) == 78


def test_pence_are_a_hundredth_and_have_two_digits_of_their_own() -> None:
    world = World()
    vodafone, core = world.get("VOD.L"), world.get("CSPX.L")
    assert vodafone is not None and core is not None
    assert (vodafone.unit, vodafone.currency, vodafone.factor) == ("GBp", "GBP", Decimal("0.01"))
    assert (core.unit, core.currency, core.factor) == ("USD", "USD", Decimal(1))
    pence = world.quote(vodafone).price / vodafone.factor
    assert pence == round(pence, 2) and pence > 10


def test_any_number_of_generated_securities_is_known_and_nothing_else() -> None:
    world = World()
    assert all(world.quote(world.get(f"GEN{n:04d}")).price > 0 for n in range(1, 5001, 500))  # type: ignore[arg-type]
    assert world.coin("gen-coin-0007") == world.get("GEN0007-USD")
    assert world.find("GEN0001", "XLON") == world.get("GEN0001.L")
    assert world.get("NOPE") is None and world.get("GEN1") is None


def test_a_search_finds_a_symbol_with_and_without_its_ending() -> None:
    world = World()
    assert [each.symbol for each in world.search("vod.l")] == ["VOD.L"]
    assert "VOD.L" in {each.symbol for each in world.search("VOD")}
    assert world.search("vodx") == []


def test_rates_keep_the_calendar_and_end() -> None:
    rates = World().rates
    assert rates.published("USD", date(2026, 4, 3)) is None  # Good Friday
    assert rates.published("HRK", date(2022, 12, 30)) and rates.published("HRK", date(2023, 1, 2)) is None
    assert rates.published("BGN", date(2025, 12, 31)) == Decimal("1.9558") and rates.published("BGN", date(2026, 1, 2)) is None
    assert rates.observations("DTB3", date(2026, 1, 1), date(2026, 1, 2))[0] == (date(2026, 1, 1), None)


def test_a_clock_with_a_speed_runs() -> None:
    clock = Clock(datetime(2026, 6, 16, tzinfo=UTC), speed=36_000)
    time.sleep(0.02)
    assert clock.now() > datetime(2026, 6, 16, tzinfo=UTC) + timedelta(minutes=3)


def test_news_is_the_same_whenever_it_is_asked_for_and_newest_first() -> None:
    world = World()
    found = world.articles(("AAPL", "MSFT"), world.now() - timedelta(days=10))
    assert found == sorted(found, key=lambda each: each.published_at, reverse=True)
    assert {each.symbols for each in found} == {("AAPL",), ("MSFT",)} and len(found) > 8
