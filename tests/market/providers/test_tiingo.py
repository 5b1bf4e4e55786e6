"""Tiingo: raw rows with the actions of their day, bulk quotes that leave out what they do not know, refusals with status 200."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from market.providers.base import ActionRow, History
from market.providers.failures import (
    BadAnswer,
    Failure,
    FailureKind,
    NotConfigured,
    PlanRestricted,
    ProviderFailed,
    Throttled,
    UnknownSymbol,
    Unreachable,
)
from market.providers.limits import DAY, HOUR
from market.providers.reading import ratio
from market.providers.tiingo import Tiingo, symbol_for
from tests.emulator import Emulator
from tests.market.providers.replay import replay, says

NOW = datetime(2026, 6, 16, 15, tzinfo=UTC)
TODAY = date(2026, 6, 16)


def row(day: str, close: Any = 10, **more: Any) -> dict[str, Any]:
    return {
        "date": f"{day}T00:00:00.000Z",
        "close": close,
        "open": 9,
        "high": 11,
        "low": 8,
        "volume": 5,
        "adjClose": 1,
        "divCash": 0.0,
        "splitFactor": 1.0,
    } | more


def history(*rows: dict[str, Any], after: date | None = None) -> Any:
    return Tiingo(replay(list(rows))).histories({"AAPL": after}, NOW)["AAPL"]


def test_raw_prices_are_read_and_adjusted_ones_are_not() -> None:
    found = history(row("2026-06-12", 400, adjClose=100), row("2026-06-15", 101, adjClose=101, splitFactor=4.0, divCash=0.25))
    assert [each.close for each in found.prices] == [400, 101]
    assert found.actions == (
        ActionRow("dividend", date(2026, 6, 15), amount=Decimal("0.25")),
        ActionRow("split", date(2026, 6, 15), ratio_new=Decimal(4), ratio_old=Decimal(1)),
    )


def test_an_action_stands_on_its_ex_day_and_is_given_once() -> None:
    rows = [row("2026-06-12", divCash=1), row("2026-06-15", divCash=0.5)]
    assert [each.ex_day for each in history(*rows, after=date(2026, 6, 12)).actions] == [date(2026, 6, 15)]


@pytest.mark.parametrize(
    ("factor", "new", "old"),
    [
        ("4.0", 4, 1),
        ("1.5", 3, 2),
        ("0.1", 1, 10),
        ("0.333333", 1, 3),
        ("0.0285714", 1, 35),
        ("0.545455", 6, 11),
        ("1.046", 523, 500),  # a spin-off told as a split
        ("0.0001", 1, 10000),
        ("1.281447", "1.281447", 1),
    ],
)
def test_the_two_numbers_of_a_split_are_found_from_one(factor: str, new: Any, old: Any) -> None:
    assert ratio(Decimal(factor)) == (Decimal(new), Decimal(old))


def test_the_running_day_is_not_final() -> None:
    assert history(row("2026-06-15"), row("2026-06-16")).final_until == date(2026, 6, 15)
    assert history(row("2026-06-16")).final_until is None


def test_a_row_without_a_close_or_with_zero_is_no_day() -> None:
    assert [each.day for each in history(row("2026-06-12", None), row("2026-06-11", 0), row("2026-06-10")).prices] == [date(2026, 6, 10)]


def test_an_empty_window_is_no_failure_where_days_are_known_already() -> None:
    assert history(after=date(2026, 6, 15)) == History("USD", ())
    assert history().kind is FailureKind.NO_DATA


def test_two_styles_of_dates_are_the_same_days() -> None:
    found = history(row("x", date="2026-06-12T00:00:00+00:00"), row("x", date="2026-06-15T00:00:00.000Z"))
    assert [each.day.day for each in found.prices] == [12, 15]


def test_without_a_known_day_all_is_asked_for_and_else_what_comes_after() -> None:
    web = replay([row("2026-06-15")])
    Tiingo(web).histories({"AAPL": None, "brk-b": date(2026, 6, 12)}, NOW)
    assert [(path, query["startDate"]) for path, query in web.asked] == [
        ("/tiingo/daily/aapl/prices", "1900-01-01"),
        ("/tiingo/daily/brk-b/prices", "2026-06-13"),
    ]


@pytest.mark.parametrize(
    "bad", [row("2026-13-40"), row("2026-06-15", "many"), row("2026-06-15", -1), row("2026-06-15", splitFactor=-4), row("2026-06-15", divCash=-1)]
)
def test_a_row_that_cannot_be_trusted_spoils_its_history(bad: dict[str, Any]) -> None:
    assert history(row("2026-06-12"), bad).kind is FailureKind.MALFORMED


def test_shares_coins_and_pairs_are_three_calls_whatever_their_number() -> None:
    at = "2026-06-16T15:00:00+00:00"
    web = replay(
        [
            {"ticker": "MSFT", "timestamp": at, "tngoLast": 2, "prevClose": 1.5, "volume": 7},
            {"ticker": "AAPL", "timestamp": at, "tngoLast": None, "last": 3},
        ],
        [{"ticker": "btcusd", "quoteCurrency": "usd", "topOfBookData": [{"lastPrice": 4, "lastSaleTimestamp": at}]}],
        [{"ticker": "eurusd", "quoteTimestamp": at, "midPrice": 1.15}],
    )
    answers = Tiingo(web).quotes(["fx:eurusd", "AAPL", "crypto:btcusd", "MSFT", "NOPE"], NOW)
    assert [path for path, _ in web.asked] == ["/iex/", "/tiingo/crypto/top", "/tiingo/fx/top"] and web.asked[0][1] == {"tickers": "aapl,msft,nope"}
    told = [(each.price, each.currency) for each in answers.values() if not isinstance(each, Failure)]
    assert list(answers) == ["fx:eurusd", "AAPL", "crypto:btcusd", "MSFT", "NOPE"]
    assert told == [(Decimal("1.15"), "USD"), (3, "USD"), (4, "USD"), (2, "USD")]
    assert answers["NOPE"].kind is FailureKind.UNKNOWN_SYMBOL  # type: ignore[union-attr]
    assert answers["MSFT"].volume is None and answers["MSFT"].previous_close == Decimal("1.5")  # type: ignore[union-attr]


def test_a_quote_without_price_or_time_is_a_failure_of_that_symbol() -> None:
    at = "2026-06-16T15:00:00+00:00"
    rows = [{"ticker": "A", "timestamp": at, "tngoLast": 0}, {"ticker": "B", "tngoLast": 1}, {"ticker": "C", "timestamp": "soon", "tngoLast": 1}]
    kinds = [each.kind for each in Tiingo(replay(rows)).quotes(["A", "B", "C"], NOW).values() if isinstance(each, Failure)]
    assert kinds == [FailureKind.NO_DATA, FailureKind.NO_DATA, FailureKind.MALFORMED]


def test_only_bars_of_the_newest_day_are_given() -> None:
    rows = [
        {"date": "2026-06-15T19:55:00.000Z", "close": 1},
        {"date": "2026-06-16T13:30:00.000Z", "close": 2},
        {"date": "2026-06-16T13:35:00.000Z", "close": None},
    ]
    bars = Tiingo(replay(rows)).intraday(["AAPL"], NOW)["AAPL"]
    assert not isinstance(bars, Failure) and [bar.close for bar in bars.bars] == [2]
    both = Tiingo(replay(rows)).intraday(["AAPL"], NOW, days=5)["AAPL"]
    assert not isinstance(both, Failure) and ([bar.close for bar in both.bars], both.currency) == ([1, 2], "USD")
    assert Tiingo(replay([])).intraday(["crypto:btcusd"], NOW)["crypto:btcusd"].kind is FailureKind.NO_DATA  # type: ignore[union-attr]


HOURLY = "Error: You have run over your hourly request allocation. Please upgrade at https://api.tiingo.com/pricing to have your limits increased."


@pytest.mark.parametrize(
    ("body", "status", "expected", "pause"),
    [
        ({"detail": HOURLY}, 429, Throttled, HOUR),
        ({"detail": HOURLY}, 200, Throttled, HOUR),  # the status that clients take for an answer
        (HOURLY, 200, Throttled, HOUR),
        ({"detail": "Error: You have run over your daily request allocation."}, 200, Throttled, DAY),
        ({"detail": "Error: You have run over your 500 symbol look up for this month."}, 200, Throttled, DAY),
        ({"detail": "Error: Ticker 'TOKEN' not found"}, 404, UnknownSymbol, None),
        ({"detail": "Not found."}, 404, UnknownSymbol, None),
        ({"detail": "Invalid token."}, 401, NotConfigured, None),
        ({"detail": "Please supply a token"}, 403, NotConfigured, None),
        ({"detail": "You do not have permission to access the News API"}, 403, PlanRestricted, None),
        ({"detail": "odd"}, 200, BadAnswer, None),
        ({"detail": "odd"}, 500, Unreachable, None),
        ("<html>", 200, BadAnswer, None),
        ({}, 200, BadAnswer, None),
    ],
)
def test_refusals_are_told_by_their_words_first(body: Any, status: int, expected: type[ProviderFailed], pause: float | None) -> None:
    with pytest.raises(expected) as problem:
        Tiingo(replay(says(body, status))).quotes(["AAPL"], NOW)
    assert problem.value.retry_after == pause


def test_a_refused_call_is_never_taken_for_an_unknown_ticker() -> None:
    answers = Tiingo(replay(says({"detail": HOURLY}, 200))).histories({"AAPL": None, "MSFT": None}, NOW)
    assert {each.kind for each in answers.values() if isinstance(each, Failure)} == {FailureKind.RATE_LIMITED}


def test_the_key_goes_in_a_header_and_not_into_an_error() -> None:
    source = Tiingo.open("SECRETKEY")
    assert source.web.headers == {"Authorization": "Token SECRETKEY"}
    with pytest.raises(NotConfigured) as problem:
        Tiingo(replay(says({"detail": "Invalid token SECRETKEY."}, 401), secrets=["SECRETKEY"])).quotes(["A"], NOW)
    assert "SECRETKEY" not in str(problem.value)


@pytest.mark.parametrize(
    ("ticker", "mic", "symbol"), [("BRK.B", "XNYS", "BRK-B"), ("600519", "XSHG", "600519"), ("VOD", "XLON", None), ("X", "", None)]
)
def test_a_ticker_and_its_exchange_make_a_symbol(ticker: str, mic: str, symbol: str | None) -> None:
    assert symbol_for(ticker, mic) == symbol


# ── with the emulator ───────────────────────────────────────────────────────


def test_a_round_trip_tells_the_prices_of_the_world(emulator: Emulator) -> None:
    source, world = Tiingo.open("k", base=emulator.base("tiingo")), emulator.world
    symbols = {"AAPL": "AAPL", "BRK-B": "BRK-B", "crypto:btcusd": "BTC-USD", "fx:eurusd": "EURUSD=X"}
    answers = source.quotes([*symbols, "VOD.L"], world.now())
    for symbol, name in symbols.items():
        security = world.get(name)
        assert security is not None and answers[symbol].price == world.quote(security).price  # type: ignore[union-attr]
    assert answers["VOD.L"].kind is FailureKind.UNKNOWN_SYMBOL  # type: ignore[union-attr]
    assert source.profiles(["AAPL"])["AAPL"].exchange == "XNAS"  # type: ignore[union-attr]
    bars = source.intraday(["AAPL"], world.now())["AAPL"]
    assert not isinstance(bars, Failure) and {bar.start.date() for bar in bars.bars} == {TODAY}
    assert source.news(["AAPL", "MSFT"], world.now() - timedelta(days=7), world.now())


@pytest.mark.parametrize("symbol", ["AAPL", "C", "crypto:btcusd", "fx:eurusd"])
def test_a_whole_history_is_the_worlds_raw_one_with_its_actions(emulator: Emulator, symbol: str) -> None:
    source, world = Tiingo.open("k", base=emulator.base("tiingo")), emulator.world
    security = world.get({"crypto:btcusd": "BTC-USD", "fx:eurusd": "EURUSD=X"}.get(symbol, symbol))
    assert security is not None
    found = source.histories({symbol: None}, world.now())[symbol]
    assert isinstance(found, History) and found.currency == "USD"
    told = {bar.day: bar.close for bar in world.bars(security)}
    assert {row.day: row.close for row in found.prices if row.day < TODAY} == {day: close for day, close in told.items() if day < TODAY}
    assert [(each.ex_day, each.ratio_new, each.ratio_old) for each in found.actions if each.kind == "split"] == [
        (each.ex_day, each.new, each.old) for each in world.splits(security)
    ]
    assert sum(each.amount or 0 for each in found.actions) == sum(each.amount for each in world.dividends(security) if each.ex_day < TODAY)


def test_faults_of_the_emulated_source_are_typed(emulator: Emulator) -> None:
    source, switches = Tiingo.open("k", base=emulator.base("tiingo")), emulator.switches["tiingo"]
    for turned, expected in (
        ({"error_in_200": "hourly"}, Throttled),
        ({"error_in_200": "text"}, Throttled),
        ({"error_in_200": "monthly"}, Throttled),
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
            source.quotes(["AAPL"], NOW)
    switches.reset_all()
    switches.plan = True
    with pytest.raises(PlanRestricted):
        source.news(["AAPL"], NOW, NOW)


def test_holes_of_the_emulated_source_are_absent_days(emulator: Emulator) -> None:
    source, world = Tiingo.open("k", base=emulator.base("tiingo")), emulator.world
    emulator.switches["tiingo"].null_holes = True
    found = source.histories({"AAPL": date(2026, 5, 1)}, world.now())["AAPL"]
    assert isinstance(found, History) and 15 < len(found.prices) < 30 and all(row.close > 0 for row in found.prices)
