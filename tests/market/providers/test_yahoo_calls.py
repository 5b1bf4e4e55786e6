"""Calls to Yahoo over real connections: the crumb, the two hosts, and that the field's own client reads what the emulator tells."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from websockets.sync.client import connect

from market.providers.base import History, SymbolQuote
from market.providers.failures import Failure, FailureKind, NoBudget, Throttled, Unreachable
from market.providers.web import Web
from market.providers.yahoo import Yahoo
from market.providers.yahoo.stream import quote_in, subscription
from tests.emulator import Emulator

SYMBOLS = ("AAPL", "MSFT", "VOD.L", "SAP.DE", "7203.T", "NPN.JO", "NBK.KW", "^GSPC", "BTC-USD", "EURUSD=X", "VFIAX")


def paths(emulator: Emulator) -> list[str]:
    return [call.path.removeprefix("/yahoo").partition("?")[0] for call in emulator.calls("yahoo")]


def prices(answers: Any) -> dict[str, Decimal]:
    return {symbol: each.price for symbol, each in answers.items() if isinstance(each, SymbolQuote)}


def of_the_world(emulator: Emulator, *symbols: str) -> dict[str, Decimal]:
    return {symbol: emulator.world.quote(security).price for symbol in symbols if (security := emulator.world.get(symbol))}


def bulk(emulator: Emulator, number: int) -> list[str]:
    return [f"GEN{at:04d}" for at in range(1, number + 1)]


# ── quotes and the crumb ────────────────────────────────────────────────────


def test_a_hundred_symbols_are_one_call_and_the_crumb_is_got_once(emulator: Emulator) -> None:
    yahoo = Yahoo.open(base=emulator.base("yahoo"))
    for _ in range(2):
        answers = yahoo.quotes(bulk(emulator, 100), emulator.world.now())
        assert prices(answers) == of_the_world(emulator, *bulk(emulator, 100))
    assert paths(emulator) == ["/cookies", "/v1/test/getcrumb", "/v7/finance/quote", "/v7/finance/quote"]


def test_prices_of_all_kinds_arrive_as_the_world_has_them(emulator: Emulator) -> None:
    answers = Yahoo.open(base=emulator.base("yahoo")).quotes([*SYMBOLS, "FB", "NOPE", "a,b"], emulator.world.now())
    assert prices(answers) == of_the_world(emulator, *SYMBOLS)
    assert {symbol: each.kind.value for symbol, each in answers.items() if isinstance(each, Failure)} == dict.fromkeys(
        ("FB", "NOPE", "a,b"), "unknown_symbol"
    )


def test_processes_that_share_what_is_kept_share_a_crumb(emulator: Emulator) -> None:
    passes: dict[str, str] = {}
    for _ in range(2):
        Yahoo.open(base=emulator.base("yahoo"), passes=passes).quotes(["AAPL"], emulator.world.now())
    assert paths(emulator).count("/v1/test/getcrumb") == 1


def test_an_expired_crumb_is_renewed_once_and_the_call_made_again(emulator: Emulator) -> None:
    yahoo = Yahoo.open(base=emulator.base("yahoo"))
    yahoo.quotes(["AAPL"], emulator.world.now())
    emulator.switches["yahoo"].crumb_calls = 1
    emulator.forget_calls()
    assert prices(yahoo.quotes(["AAPL"], emulator.world.now())) == of_the_world(emulator, "AAPL")
    assert paths(emulator) == ["/v7/finance/quote", "/cookies", "/v1/test/getcrumb", "/v7/finance/quote"]


@pytest.mark.parametrize("switch", [{"wrong_key": True}, {"error_in_200": "crumb"}])
def test_without_a_crumb_spark_tells_the_same_prices_twenty_a_call(emulator: Emulator, switch: dict[str, Any]) -> None:
    emulator.switches["yahoo"].turn(**switch)
    answers = Yahoo.open(base=emulator.base("yahoo")).quotes([*bulk(emulator, 40), "NOPE"], emulator.world.now())
    assert prices(answers) == of_the_world(emulator, *bulk(emulator, 40))
    assert answers["NOPE"] == Failure(FailureKind.UNKNOWN_SYMBOL, "Yahoo does not know these symbols.")
    assert paths(emulator).count("/v7/finance/spark") == 3


def test_a_refused_crumb_is_not_asked_for_again_for_a_quarter_of_an_hour(emulator: Emulator) -> None:
    emulator.switches["yahoo"].error_in_200 = "crumb"
    yahoo, now = Yahoo.open(base=emulator.base("yahoo")), emulator.world.now()
    yahoo.quotes(["AAPL"], now)
    yahoo.quotes(["AAPL"], now + timedelta(minutes=14))
    assert paths(emulator).count("/v1/test/getcrumb") == 1
    emulator.switches["yahoo"].error_in_200 = ""
    yahoo.quotes(["AAPL"], now + timedelta(minutes=16))
    assert paths(emulator)[-1] == "/v7/finance/quote"


def test_without_a_cookie_no_crumb_is_asked_for(emulator: Emulator) -> None:
    yahoo = Yahoo(Web(""), [emulator.base("yahoo")], cookies="http://127.0.0.1:9/")
    assert prices(yahoo.quotes(["AAPL"], emulator.world.now())) == of_the_world(emulator, "AAPL")
    assert paths(emulator) == ["/v7/finance/spark"]


def test_the_first_too_many_ends_the_call_and_no_other_host_is_asked(emulator: Emulator) -> None:
    yahoo = Yahoo(Web(""), [emulator.base("yahoo"), emulator.base("other")], f"{emulator.base('yahoo')}/cookies")
    yahoo.quotes(["AAPL"], emulator.world.now())
    emulator.switches["yahoo"].turn(limit=0, retry_after=90.0)
    with pytest.raises(Throttled) as problem:
        yahoo.quotes(["AAPL"], emulator.world.now())
    assert problem.value.retry_after == 90
    assert emulator.calls("other") == []


def test_a_pause_asked_for_with_the_cookie_or_the_crumb_holds_for_spark_too(emulator: Emulator) -> None:
    for told in (0, 1):
        emulator.forget_calls()
        emulator.switches["yahoo"].turn(limit=told, retry_after=90.0)
        with pytest.raises(Throttled) as problem:
            Yahoo(Web(""), [emulator.base("yahoo")], f"{emulator.base('yahoo')}/cookies").quotes(["AAPL"], emulator.world.now())
        assert problem.value.retry_after == 90 and len(paths(emulator)) == told + 1
    assert emulator.calls_in_pause() == []


def test_a_fault_of_one_host_is_made_good_by_the_other(emulator: Emulator) -> None:
    emulator.switches["broken"].fault = 502
    yahoo = Yahoo(Web(""), [emulator.base("broken"), emulator.base("yahoo")], f"{emulator.base('yahoo')}/cookies")
    for _ in range(2):
        assert prices(yahoo.quotes(["AAPL"], emulator.world.now())) == of_the_world(emulator, "AAPL")
    assert len(emulator.calls("broken")) == 1
    emulator.switches["yahoo"].fault = 500
    with pytest.raises(Unreachable):
        yahoo.quotes(["AAPL"], emulator.world.now())


def test_our_own_budget_is_no_fault_of_the_crumb(emulator: Emulator) -> None:
    def refuse(cost: int) -> None:
        raise NoBudget("The calls of an hour are used up.", retry_after=60)

    with pytest.raises(NoBudget):
        Yahoo.open(base=emulator.base("yahoo"), gate=refuse).quotes(["AAPL"], emulator.world.now())
    assert emulator.calls() == []


@pytest.mark.parametrize("switch", [{"html": True}, {"truncated": True}, {"down": True}, {"reset": True}, {"fault": 503}])
def test_what_goes_wrong_on_the_way_is_a_failure_and_no_price(emulator: Emulator, switch: dict[str, Any]) -> None:
    emulator.switches["yahoo"].turn(**switch)
    yahoo, now = Yahoo.open(base=emulator.base("yahoo")), emulator.world.now()
    found = yahoo.histories({"AAPL": None, "MSFT": None}, now)
    assert all(isinstance(each, Failure) and each.kind in {FailureKind.MALFORMED, FailureKind.UNREACHABLE} for each in found.values())


# ── series ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("symbol", ["AAPL", "VOD.L", "C", "7203.T", "NBK.KW", "IBM", "VFIAX", "BTC-USD", "EURUSD=X", "^GSPC"])
def test_the_whole_past_arrives_raw_as_the_world_has_it(emulator: Emulator, symbol: str) -> None:
    world, security = emulator.world, emulator.world.get(symbol)
    assert security is not None
    found = Yahoo.open(base=emulator.base("yahoo")).histories({symbol: None}, world.now())[symbol]
    assert isinstance(found, History)
    assert [(each.day, each.close, each.open) for each in found.prices] == [(bar.day, bar.close, bar.open) for bar in world.bars(security)]
    told = {(each.ex_day, each.amount or (each.ratio_new, each.ratio_old)) for each in found.actions}
    assert told == {(each.ex_day, each.amount) for each in world.dividends(security)} | {
        (each.ex_day, (Decimal(each.new), Decimal(each.old))) for each in world.splits(security)
    }


def test_a_split_overnight_leaves_the_past_as_it_was(emulator: Emulator) -> None:
    yahoo, world = Yahoo.open(base=emulator.base("yahoo")), emulator.world
    before = yahoo.histories({"MSFT": date(2026, 5, 1)}, world.now())["MSFT"]
    world.clock.move(days=1)
    world.split("MSFT", date(2026, 6, 17), 3, 1)
    after = yahoo.histories({"MSFT": date(2026, 5, 1)}, world.now())["MSFT"]
    assert isinstance(before, History) and isinstance(after, History)
    settled = before.prices[:-1]  # the last was of the running day
    assert after.prices[: len(settled)] == settled
    assert after.actions[-1].ratio_new == 3


def test_holes_and_a_running_day_told_twice_change_nothing_else(emulator: Emulator) -> None:
    yahoo, now = Yahoo.open(base=emulator.base("yahoo")), emulator.world.now()
    asked: dict[str, date | None] = {"AAPL": date(2026, 5, 1)}
    whole = yahoo.histories(asked, now)["AAPL"]
    emulator.switches["yahoo"].turn(null_holes=True, duplicate_last_bar=True)
    found = yahoo.histories(asked, now)["AAPL"]
    assert isinstance(whole, History) and isinstance(found, History)
    assert set(found.prices[:-1]) < set(whole.prices)
    assert (found.prices[-1].close, found.prices[-1].volume) == (whole.prices[-1].close, (whole.prices[-1].volume or 0) + 17)
    assert found.final_until == date(2026, 6, 15)


def test_a_window_before_the_listing_has_no_data(emulator: Emulator) -> None:
    emulator.switches["yahoo"].empty_window = True
    found = Yahoo.open(base=emulator.base("yahoo")).histories({"META": None, "AAPL": date(2026, 6, 12)}, emulator.world.now())
    assert isinstance(found["META"], Failure) and found["META"].kind is FailureKind.NO_DATA
    assert isinstance(found["AAPL"], History) and found["AAPL"].prices == ()


def test_parts_of_the_day_end_at_the_newest_price(emulator: Emulator) -> None:
    found = Yahoo.open(base=emulator.base("yahoo")).intraday(["AAPL", "VOD.L", "NOPE"], emulator.world.now())
    bars = found["AAPL"]
    assert not isinstance(bars, Failure) and len(bars.bars) == 19
    days = Yahoo.open(base=emulator.base("yahoo")).intraday(["AAPL"], emulator.world.now(), days=5)["AAPL"]
    assert not isinstance(days, Failure) and len({bar.start.date() for bar in days.bars}) == 5 and days.bars[-19:] == bars.bars
    assert bars.currency == "USD" and bars.bars[-1].close == of_the_world(emulator, "AAPL")["AAPL"]
    assert isinstance(found["NOPE"], Failure) and found["NOPE"].kind is FailureKind.UNKNOWN_SYMBOL


def test_search_and_profiles_tell_what_the_world_knows(emulator: Emulator) -> None:
    yahoo = Yahoo.open(base=emulator.base("yahoo"))
    assert [each.symbol for each in yahoo.search("  Vodafone ")] == ["VOD.L"]
    assert yahoo.search(" ") == ()
    profiles = yahoo.profiles(["AAPL", "SPY", "NOPE"])
    apple, spy, nobody = profiles.values()
    assert not isinstance(apple, Failure) and (apple.sector, apple.country, apple.exchange) == ("Technology", "US", "XNAS")
    assert not isinstance(spy, Failure) and sum(each.weight for each in spy.weights if each.dimension == "sector") == 1
    assert isinstance(nobody, Failure) and nobody.kind is FailureKind.UNKNOWN_SYMBOL


def test_the_stream_tells_prices_of_what_was_asked_for(emulator: Emulator) -> None:
    with connect(emulator.stream("yahoo")) as socket:
        socket.send(subscription(["AAPL", "VOD.L", "NOPE"]))
        found = [quote_in(str(socket.recv(timeout=5))) for _ in range(2)]
    assert {each.symbol: each.price for each in found if each} == of_the_world(emulator, "AAPL", "VOD.L")


# ── the field's own client ──────────────────────────────────────────────────


class ToEmulator(HTTPAdapter):
    """Takes calls to Yahoo's hosts to the emulator."""

    def __init__(self, session: requests.Session, base: str) -> None:
        super().__init__()
        self.session, self.base = session, base

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        address = str(request.url)
        path = "/cookies" if "//fc.yahoo.com" in address else "/" + address.split("/", 3)[3]
        request.url = self.base + path
        reply = super().send(request, *args, **more)
        request.url = reply.url = address
        if path == "/cookies":
            self.session.cookies.set("A3", "d=emulated", domain=".yahoo.com", path="/", expires=1_999_999_999)
        return reply


@pytest.fixture
def yfinance(emulator: Emulator, tmp_path: Any) -> Iterator[Any]:
    """The client, whose calls reach the emulator."""
    client = pytest.importorskip("yfinance")
    logging.getLogger("peewee").setLevel(logging.WARNING)
    client.set_tz_cache_location(str(tmp_path))
    client.data.SingletonMeta._instances.clear()
    session = requests.Session()
    session.mount("https://", ToEmulator(session, emulator.base("yahoo")))
    client.data.YfData(session=session)
    client.emulated = session
    yield client
    client.data.SingletonMeta._instances.clear()


def test_yfinance_reads_the_emulators_history_as_we_do(emulator: Emulator, yfinance: Any) -> None:
    ours = Yahoo.open(base=emulator.base("yahoo")).histories({"AAPL": date(2020, 8, 20)}, emulator.world.now())["AAPL"]
    table = yfinance.Ticker("AAPL", session=yfinance.emulated).history(start="2020-08-21", end="2020-09-10", auto_adjust=False, raise_errors=True)
    assert isinstance(ours, History)
    expected = {each.day: each.close for each in ours.prices if each.day < date(2020, 9, 10)}
    read = {stamp.date(): Decimal(str(round(close, 4))) for stamp, close in table["Close"].items()}
    assert set(read) == set(expected)
    assert all(abs(close * (4 if day < date(2020, 8, 31) else 1) - expected[day]) < Decimal("0.005") for day, close in read.items())
    assert table["Stock Splits"].max() == 4


def test_yfinance_reads_the_emulators_pence_parts_of_a_day_and_dividends(emulator: Emulator, yfinance: Any) -> None:
    vodafone = yfinance.Ticker("VOD.L", session=yfinance.emulated)
    assert len(vodafone.history(period="1d", interval="5m", raise_errors=True)) >= 96
    table = vodafone.history(start="2026-01-01", end="2026-06-17", auto_adjust=False, raise_errors=True)
    security = emulator.world.get("VOD.L")
    assert security is not None
    paid = {each.ex_day: float(each.amount * 100) for each in emulator.world.dividends(security) if each.ex_day >= date(2026, 1, 1)}
    assert {stamp.date(): pytest.approx(value) for stamp, value in table["Dividends"].items() if value} == paid
    assert vodafone.fast_info.currency == "GBp"


def test_yfinance_reads_the_emulators_quotes_profiles_and_search(emulator: Emulator, yfinance: Any) -> None:
    apple = yfinance.Ticker("AAPL", session=yfinance.emulated)
    assert Decimal(str(apple.info["regularMarketPrice"])) == of_the_world(emulator, "AAPL")["AAPL"]
    assert (apple.info["sector"], apple.info["country"]) == ("Technology", "United States")
    assert yfinance.Ticker("SPY", session=yfinance.emulated).funds_data.sector_weightings["technology"] == pytest.approx(0.32)
    found = yfinance.Search("Vodafone", session=yfinance.emulated, news_count=0).quotes
    assert [each["symbol"] for each in found] == ["VOD.L"]


def test_yfinance_takes_our_refusal_for_one(emulator: Emulator, yfinance: Any) -> None:
    emulator.switches["yahoo"].limit = 0
    with pytest.raises(yfinance.exceptions.YFRateLimitError):
        yfinance.Ticker("AAPL", session=yfinance.emulated).history(period="5d", raise_errors=True)
