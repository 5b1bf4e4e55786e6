"""Finnhub: zeros for what it does not know, millions, words of its own for refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from market.providers.failures import BadAnswer, Failure, FailureKind, NotConfigured, PlanRestricted, ProviderFailed, Throttled, Unreachable
from market.providers.finnhub import Finnhub, MarketStatus, symbol_for
from tests.emulator import Emulator
from tests.market.providers.replay import replay, says

NOW = datetime(2026, 6, 16, 15, tzinfo=UTC)
KNOWN = {"c": 10, "d": 1, "dp": 11.1, "h": 11, "l": 9, "o": 9, "pc": 9, "t": 1_781_622_000}
NOTHING = {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}


def test_zeros_throughout_are_an_unknown_symbol_and_never_a_price() -> None:
    answers = Finnhub(replay(KNOWN, NOTHING, {**NOTHING, "t": 1_781_622_000}, {**KNOWN, "t": 0}, {})).quotes("ABCDE", NOW)
    kinds = [answer.kind if isinstance(answer, Failure) else answer.price for answer in answers.values()]
    assert kinds == [10, FailureKind.UNKNOWN_SYMBOL, FailureKind.NO_DATA, FailureKind.NO_DATA, FailureKind.UNKNOWN_SYMBOL]


def test_a_quote_tells_no_currency_so_none_is_guessed() -> None:
    answer = Finnhub(replay(KNOWN)).quotes(["A"], NOW)["A"]
    assert not isinstance(answer, Failure) and answer.currency == "" and answer.previous_close == 9
    assert answer.as_of == datetime(2026, 6, 16, 15, tzinfo=UTC)  # seconds here, milliseconds on the stream


def test_a_close_before_of_zero_is_none() -> None:
    answer = Finnhub(replay({**KNOWN, "pc": 0})).quotes(["A"], NOW)["A"]
    assert not isinstance(answer, Failure) and answer.previous_close is None


def test_caps_come_in_millions_and_in_the_currency_of_the_accounts() -> None:
    row = {"name": "Alibaba", "marketCapitalization": 1_700_000.5, "currency": "CNY", "exchange": "NEW YORK STOCK EXCHANGE, INC.", "country": "CN"}
    profile = Finnhub(replay(row)).profiles(["BABA"])["BABA"]
    assert not isinstance(profile, Failure)
    assert (profile.market_cap, profile.reports_in, profile.currency) == (Decimal("1700000500000"), "CNY", "")
    assert (profile.exchange, profile.country) == ("XNYS", "CN")


def test_an_industry_leads_to_its_sector_or_to_none() -> None:
    rows = [{"name": "X", "finnhubIndustry": name} for name in ("Banking", "Road & Rail", "N/A", "Basket weaving")]
    found = [Finnhub(replay(row)).profiles(["X"])["X"] for row in rows]
    assert [(each.sector, each.industry) for each in found if not isinstance(each, Failure)] == [
        ("Financials", "Banking"),
        ("Industrials", "Road & Rail"),
        ("", ""),
        ("", "Basket weaving"),
    ]


def test_news_before_the_time_asked_for_or_without_an_address_is_left_out() -> None:
    row = {
        "headline": "H",
        "url": "https://x.example/1",
        "datetime": 1_781_600_000,
        "source": "S",
        "summary": "H",
        "image": "https://x.example/i.png",
    }
    rows = [
        row,
        {**row, "url": "https://x.example/2", "datetime": 1},
        {**row, "url": "javascript:alert(1)"},
        {**row, "url": "https://x.example/3", "headline": ""},
    ]
    found = Finnhub(replay(rows)).news(["AAPL"], NOW - timedelta(days=1), NOW)
    assert [(each.url, each.title, each.summary, each.symbols) for each in found] == [("https://x.example/1", "H", "", ("AAPL",))]


def test_news_is_asked_for_by_day_and_not_beyond_what_a_free_key_gives() -> None:
    web = replay([])
    Finnhub(web).news(["AAPL", "MSFT"], datetime(2020, 1, 1, tzinfo=UTC), NOW)
    assert web.asked[0] == ("/company-news", {"symbol": "AAPL", "from": "2025-06-17", "to": "2026-06-16"}) and len(web.asked) == 2


def test_whether_the_market_is_open() -> None:
    row = {"exchange": "US", "holiday": "Christmas", "isOpen": False, "session": None, "t": 1_781_622_000, "timezone": "America/New_York"}
    assert Finnhub(replay(row)).market_status() == MarketStatus("US", False, datetime(2026, 6, 16, 15, tzinfo=UTC), "", "Christmas")
    with pytest.raises(BadAnswer):
        Finnhub(replay({"isOpen": None})).market_status()


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"error": "API limit reached. Please try again later. Remaining Limit: 0"}, 429, Throttled),
        ({"error": "API limit reached."}, 200, Throttled),
        ("", 429, Throttled),
        ({"error": "You don't have access to this resource."}, 403, PlanRestricted),
        ({"error": "You don't have access to this resource."}, 401, PlanRestricted),  # its status until 2023
        ({"error": "Invalid API key"}, 401, NotConfigured),
        ({"error": "Please use an API key."}, 401, NotConfigured),
        ({"error": "Wrong parameter."}, 422, BadAnswer),
        ({"error": "Internal"}, 502, Unreachable),
        ("<html>", 200, BadAnswer),
        ({"result": None}, 200, BadAnswer),
    ],
)
def test_refusals_are_told_by_their_words_first(body: Any, status: int, expected: type[ProviderFailed]) -> None:
    with pytest.raises(expected):
        Finnhub(replay(says(body, status))).search("apple")


def test_the_pause_is_told_by_a_header_as_the_time_of_its_end() -> None:
    reply = says({"error": "API limit reached."}, 429, x_ratelimit_reset="1781622042", date="Tue, 16 Jun 2026 15:00:00 GMT")
    with pytest.raises(Throttled) as problem:
        Finnhub(replay(reply)).search("apple")
    assert problem.value.retry_after == 42


def test_a_limit_ends_the_round_and_a_plan_does_not() -> None:
    web = replay(says({"error": "You don't have access to this resource."}, 403), KNOWN, says({"error": "API limit reached."}, 429), KNOWN)
    kinds = [isinstance(each, Failure) and each.kind for each in Finnhub(web).quotes("ABCDE", NOW).values()]
    assert kinds == [FailureKind.PLAN_RESTRICTED, False, *[FailureKind.RATE_LIMITED] * 3] and len(web.asked) == 3


def test_the_key_goes_in_a_header() -> None:
    assert Finnhub.open("SECRETKEY").web.headers == {"X-Finnhub-Token": "SECRETKEY"}


@pytest.mark.parametrize(
    ("ticker", "mic", "symbol"), [("BRK.B", "XNYS", "BRK.B"), ("BRK-B", "XNYS", "BRK.B"), ("VOD", "XLON", "VOD.L"), ("X", "NOPE", None)]
)
def test_a_ticker_and_its_exchange_make_a_symbol(ticker: str, mic: str, symbol: str | None) -> None:
    assert symbol_for(ticker, mic) == symbol


# ── with the emulator ───────────────────────────────────────────────────────


def test_a_round_trip_tells_the_prices_of_the_world(emulator: Emulator) -> None:
    source, world = Finnhub.open("k", base=emulator.base("finnhub")), emulator.world
    answers = source.quotes(["AAPL", "BRK.B", "NOPE"], world.now())
    for symbol, security in (("AAPL", world.get("AAPL")), ("BRK.B", world.get("BRK-B"))):
        assert security is not None and answers[symbol].price == world.quote(security).price  # type: ignore[union-attr]
    assert answers["NOPE"].kind is FailureKind.UNKNOWN_SYMBOL  # type: ignore[union-attr]
    assert source.profiles(["AAPL"])["AAPL"].sector == "Technology"  # type: ignore[union-attr]
    assert source.profiles(["SPY"])["SPY"].kind is FailureKind.NO_DATA  # type: ignore[union-attr]
    assert [each.symbol for each in source.search("vodafone")] == ["VOD.L"]
    found = source.news(["AAPL"], world.now() - timedelta(days=7), world.now())
    assert {each.url for each in found} == {each.url for each in world.articles(("AAPL",), world.now() - timedelta(days=7))}
    assert found and not any("<" in each.summary for each in found)
    assert source.headlines(world.now() - timedelta(days=1), world.now()) and source.market_status().is_open


def test_faults_of_the_emulated_source_are_typed(emulator: Emulator) -> None:
    source, switches = Finnhub.open("k", base=emulator.base("finnhub")), emulator.switches["finnhub"]
    for turned, expected in (
        ({"error_in_200": "limit"}, FailureKind.RATE_LIMITED),
        ({"limit": 0}, FailureKind.RATE_LIMITED),
        ({"wrong_key": True}, FailureKind.AUTH),
        ({"plan": True}, FailureKind.PLAN_RESTRICTED),
        ({"empty_window": True}, FailureKind.UNKNOWN_SYMBOL),
        ({"html": True}, FailureKind.MALFORMED),
        ({"truncated": True}, FailureKind.UNREACHABLE),
        ({"fault": 503}, FailureKind.UNREACHABLE),
    ):
        switches.reset_all()
        emulator.forget_calls()
        switches.turn(**turned)
        answer = source.quotes(["VOD.L"], NOW)["VOD.L"]
        assert isinstance(answer, Failure) and answer.kind is expected, turned


def test_the_fields_own_client_reads_the_emulator(emulator: Emulator) -> None:
    finnhub = pytest.importorskip("finnhub")
    client = finnhub.Client(api_key="k")
    client.API_URL = emulator.base("finnhub")
    apple = emulator.world.get("AAPL")
    assert apple is not None and client.quote("AAPL")["c"] == float(emulator.world.quote(apple).price)
    assert client.company_profile2(symbol="AAPL")["ticker"] == "AAPL"
    assert client.symbol_lookup("apple")["result"][0]["symbol"] == "AAPL"
    assert client.company_news("AAPL", _from="2026-06-01", to="2026-06-16") and client.general_news("general")
    assert client.market_status(exchange="US")["isOpen"] is True
    with pytest.raises(finnhub.FinnhubAPIException, match="access"):
        client.stock_candles("AAPL", "D", 1, 2)
