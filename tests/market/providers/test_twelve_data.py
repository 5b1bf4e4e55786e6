"""Twelve Data: a credit a symbol, numbers as text, errors inside a 200, pence on other exchanges."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from market.choices import Quality
from market.providers.base import History
from market.providers.failures import BadAnswer, Failure, FailureKind, NotConfigured, ProviderFailed, Throttled, Unreachable
from market.providers.twelve_data import TwelveData, symbol_for
from tests.emulator import Emulator
from tests.market.providers.replay import replay, says

NOW = datetime(2026, 6, 16, 15, tzinfo=UTC)
TODAY = date(2026, 6, 16)
AAPL = {
    "symbol": "AAPL",
    "currency": "USD",
    "close": "10.50000",
    "previous_close": "10",
    "timestamp": 1_781_616_600,
    "volume": "5",
    "is_market_open": True,
}
UNKNOWN = {"code": 400, "message": "**symbol** not found: NOPE. Please specify it correctly.", "status": "error"}


def error(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "status": "error"}


def series(*days: tuple[str, Any], **meta: str) -> dict[str, Any]:
    values = [{"datetime": on, "open": close, "high": close, "low": close, "close": close, "volume": "5"} for on, close in days]
    return {"meta": {"currency": "USD", "exchange_timezone": "America/New_York"} | meta, "values": values, "status": "ok"}


def one(*answers: Any, symbol: str = "AAPL") -> Any:
    return TwelveData(replay(*answers)).quotes([symbol], NOW)[symbol]


def test_eight_symbols_are_one_call_of_eight_credits() -> None:
    web = replay({f"S{number}": AAPL for number in range(8)})
    assert len(TwelveData(web).quotes([f"S{number}" for number in range(8)], NOW)) == 8
    assert web.costs == [8] and web.asked == [("/quote", {"symbol": "S0,S1,S2,S3,S4,S5,S6,S7"})]


def test_one_symbol_is_answered_without_its_name_and_several_by_name() -> None:
    assert one(AAPL).price == Decimal("10.5")
    assert one({"AAPL": AAPL}).price == Decimal("10.5")


def test_errors_of_some_symbols_stand_inside_an_answer_for_all() -> None:
    parts = {"AAPL": AAPL, "NOPE": UNKNOWN, "VOD:LSE": error(404, "This symbol is available starting with Grow. Consider upgrading now")}
    answers = TwelveData(replay(parts)).quotes(["VOD:LSE", "NOPE", "AAPL", "GONE"], NOW)
    kinds = [each.kind if isinstance(each, Failure) else each.price for each in answers.values()]
    assert kinds == [FailureKind.PLAN_RESTRICTED, FailureKind.UNKNOWN_SYMBOL, Decimal("10.5"), FailureKind.UNKNOWN_SYMBOL]


def test_an_error_for_the_call_is_true_of_the_symbols_that_it_names_only() -> None:
    answers = TwelveData(replay(says(UNKNOWN, 400))).quotes(["AAPL", "NOPE"], NOW)
    assert [each.kind for each in answers.values() if isinstance(each, Failure)] == [FailureKind.MALFORMED, FailureKind.UNKNOWN_SYMBOL]


def test_credits_that_end_in_the_middle_of_an_answer_end_the_rest() -> None:
    answers = TwelveData(replay({"A": AAPL, "B": error(429, "for the current minute"), "C": AAPL})).quotes(["A", "B", "C"], NOW)
    assert [isinstance(each, Failure) and each.kind for each in answers.values()] == [False, FailureKind.RATE_LIMITED, FailureKind.RATE_LIMITED]


def test_pence_become_pounds_and_the_factor_is_told() -> None:
    answer = one(AAPL | {"currency": "GBp", "close": "73.42", "previous_close": "72"}, symbol="VOD:LSE")
    assert (answer.price, answer.previous_close, answer.currency, answer.unit_factor) == (Decimal("0.7342"), Decimal("0.72"), "GBP", Decimal("0.01"))
    assert one(AAPL | {"currency": "GBP", "close": "73.42"}).price == Decimal("73.42")


def test_a_pair_is_priced_in_what_stands_behind_the_slash() -> None:
    row = {name: value for name, value in AAPL.items() if name != "currency"}
    assert one(row | {"currency_base": "Euro", "currency_quote": "US Dollar"}, symbol="EUR/USD").currency == "USD"


def test_the_time_of_the_price_is_preferred_to_the_begin_of_its_day() -> None:
    assert one(AAPL).as_of == datetime(2026, 6, 16, 13, 30, tzinfo=UTC)
    assert one(AAPL | {"last_quote_at": 1_781_622_000}).as_of == NOW
    assert (one(AAPL).quality, one(AAPL | {"is_market_open": False}).quality) == (Quality.DELAYED, Quality.CLOSE)


@pytest.mark.parametrize("close", ["0.00000", "", None, "N/A", "None"])
def test_what_stands_for_no_number_is_no_price(close: Any) -> None:
    assert one(AAPL | {"close": close}).kind is FailureKind.NO_DATA


@pytest.mark.parametrize(
    "spoiled",
    [{"close": "-1"}, {"close": "ten"}, {"timestamp": None}, {"timestamp": "2026"}, {"close": []}, {"currency": None}, {"currency": "Dollar"}],
)
def test_a_quote_that_cannot_be_trusted_is_malformed(spoiled: dict[str, Any]) -> None:
    assert one(AAPL | spoiled).kind is FailureKind.MALFORMED


# ── history ─────────────────────────────────────────────────────────────────


def test_prices_are_asked_for_as_they_were_on_the_day() -> None:
    web = replay(series(("2026-06-12", "1")))
    TwelveData(web).histories({"AAPL": date(2026, 6, 11)}, NOW)
    assert web.asked[0][1] == {
        "symbol": "AAPL", "interval": "1day", "outputsize": "5000", "order": "ASC", "adjust": "none", "start_date": "2026-06-12",
    }  # fmt: skip


def test_days_come_oldest_first_and_the_one_that_runs_there_is_not_final() -> None:
    found = TwelveData(replay(series(("2026-06-16", "3"), ("2026-06-15", "2"), ("2026-06-12", "1")))).histories({"AAPL": None}, NOW)["AAPL"]
    assert isinstance(found, History)
    assert [(row.day.day, row.close) for row in found.prices] == [(12, 1), (15, 2), (16, 3)] and found.final_until == date(2026, 6, 15)


def test_the_running_day_is_the_one_of_the_exchange() -> None:
    late = datetime(2026, 6, 16, 16, tzinfo=UTC)  # the 17th in Tokyo
    found = TwelveData(replay(series(("2026-06-16", "3"), exchange_timezone="Asia/Tokyo"))).histories({"7203:JPX": None}, late)["7203:JPX"]
    assert isinstance(found, History) and found.final_until == date(2026, 6, 16)


def test_a_history_in_pence_is_told_in_pounds_in_every_column() -> None:
    found = TwelveData(replay(series(("2026-06-12", "73.42"), currency="GBp"))).histories({"VOD:LSE": None}, NOW)["VOD:LSE"]
    assert isinstance(found, History) and (found.currency, found.unit_factor) == ("GBP", Decimal("0.01"))
    row = found.prices[0]
    assert row.open == row.high == row.low == row.close == Decimal("0.7342")


def test_holes_and_zeros_are_absent_days() -> None:
    found = TwelveData(replay(series(("2026-06-11", None), ("2026-06-12", "1"), ("2026-06-15", "0")))).histories({"AAPL": None}, NOW)["AAPL"]
    assert isinstance(found, History) and [row.day.day for row in found.prices] == [12]


def test_an_empty_window_is_told_as_an_error_and_is_none_where_days_are_known() -> None:
    nothing = says(error(400, "No data is available on the specified dates. Try setting different start/end dates."), 400)
    assert TwelveData(replay(nothing)).histories({"AAPL": TODAY}, NOW) == {"AAPL": History("", ())}
    assert TwelveData(replay(nothing)).histories({"AAPL": None}, NOW)["AAPL"].kind is FailureKind.NO_DATA  # type: ignore[union-attr]


def test_symbols_with_the_same_last_day_share_calls_of_eight() -> None:
    web = replay({})
    TwelveData(web).histories({f"S{number}": None for number in range(9)} | {"T": TODAY}, NOW)
    assert [(query["symbol"].count(",") + 1, query.get("start_date")) for _, query in web.asked] == [(8, None), (1, None), (1, "2026-06-17")]


def test_what_was_fetched_before_the_credits_ended_is_kept() -> None:
    web = replay(series(("2026-06-12", "1")), says(error(429, "for the current minute"), 429))
    found = TwelveData(web).histories({"A": None, "B": TODAY, "C": date(2026, 6, 1)}, NOW)
    assert isinstance(found["A"], History) and {each.kind for each in (found["B"], found["C"])} == {FailureKind.RATE_LIMITED}  # type: ignore[union-attr]


# ── refusals ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [200, 429])
def test_the_two_limits_are_told_in_the_body_and_have_their_own_pauses(status: int) -> None:
    minute = error(
        429, "You have run out of API credits for the current minute. Wait for the next minute or consider switching to a higher tier plan"
    )
    whole = error(429, "You have run out of API credits for the day. Wait for the next day or consider switching to a higher tier plan")
    pauses = []
    for body in (minute, whole):
        with pytest.raises(Throttled) as problem:
            TwelveData(replay(says(body, status, date="Tue, 16 Jun 2026 15:00:00 GMT"))).quotes(["A", "B"], NOW)
        pauses.append(problem.value.retry_after)
    assert pauses == [60.0, 9 * 3600.0]  # credits of a day come back at 00:00 UTC


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (error(401, "**apikey** parameter is incorrect or not specified."), 401, NotConfigured),
        (error(400, "**apikey** parameter is incorrect"), 200, NotConfigured),
        (error(500, "Internal"), 500, Unreachable),
        (error(414, "Too long"), 414, BadAnswer),
        ("<html>", 200, BadAnswer),
        ("<html>", 502, Unreachable),
        ([1], 200, BadAnswer),
    ],
)
def test_refusals_are_told_by_the_body_first(body: Any, status: int, expected: type[ProviderFailed]) -> None:
    with pytest.raises(expected):
        TwelveData(replay(says(body, status))).quotes(["A", "B"], NOW)


def test_a_plan_that_lacks_a_symbol_is_no_unknown_symbol() -> None:
    told = says(error(404, "**symbol** VOD is not available with your plan."), 404)
    assert one(told, symbol="VOD:LSE").kind is FailureKind.PLAN_RESTRICTED


def test_the_key_goes_in_a_header() -> None:
    assert TwelveData.open("SECRETKEY").web.headers == {"Authorization": "apikey SECRETKEY"}


# ── the rest ────────────────────────────────────────────────────────────────


def test_a_hit_carries_its_exchange_in_the_symbol_but_in_the_united_states() -> None:
    rows = [
        {
            "symbol": "VOD",
            "instrument_name": "Vodafone",
            "exchange": "LSE",
            "mic_code": "XLON",
            "instrument_type": "Common Stock",
            "country": "United Kingdom",
            "currency": "GBp",
        },
        {
            "symbol": "VOD",
            "instrument_name": "Vodafone ADR",
            "exchange": "NASDAQ",
            "mic_code": "XNGS",
            "instrument_type": "ETF",
            "country": "United States",
            "currency": "USD",
        },
        {
            "symbol": "BTC/USD",
            "instrument_name": "Bitcoin",
            "exchange": "Coinbase Pro",
            "mic_code": "DIGITAL_CURRENCY",
            "instrument_type": "Digital Currency",
        },
    ]
    found = TwelveData(replay({"data": rows, "status": "ok"})).search("vod")
    assert [(each.symbol, each.exchange, each.asset_class, each.currency, each.country) for each in found] == [
        ("VOD:LSE", "XLON", "stock", "GBP", "GB"),
        ("VOD", "XNAS", "etf", "USD", "US"),
        ("BTC/USD", "", "crypto", "", ""),
    ]


def test_prices_alone_are_in_the_unit_of_the_source() -> None:
    assert TwelveData(replay({"price": "176.47000"})).prices(["GOOG"]) == {"GOOG": Decimal("176.47")}


def test_a_profile_costs_ten_credits() -> None:
    web = replay({"name": "X", "sector": "Financial Services", "country": "Germany", "mic_code": "XETR", "type": "REIT"})
    profile = TwelveData(web).profiles(["X:XETR"])["X:XETR"]
    assert not isinstance(profile, Failure) and (profile.sector, profile.country, profile.exchange) == ("Financials", "DE", "XETR")
    assert web.costs == [10]


@pytest.mark.parametrize(
    ("ticker", "mic", "symbol"), [("VOD", "XLON", "VOD:LSE"), ("BRK-B", "XNYS", "BRK.B"), ("7203", "XTKS", "7203:JPX"), ("X", "NOPE", None)]
)
def test_a_ticker_and_its_exchange_make_a_symbol(ticker: str, mic: str, symbol: str | None) -> None:
    assert symbol_for(ticker, mic) == symbol


# ── with the emulator ───────────────────────────────────────────────────────

WORLD = {"AAPL": "AAPL", "BRK.B": "BRK-B", "VOD:LSE": "VOD.L", "NPN:JSE": "NPN.JO", "7203:JPX": "7203.T", "EUR/USD": "EURUSD=X"}


def test_a_round_trip_tells_the_prices_of_the_world(emulator: Emulator) -> None:
    source, world = TwelveData.open("k", base=emulator.base("twelve_data")), emulator.world
    answers = source.quotes([*WORLD, "NOPE"], world.now())
    histories = source.histories({symbol: date(2026, 5, 1) for symbol in WORLD}, world.now())
    for symbol, name in WORLD.items():
        security, answer, history = world.get(name), answers[symbol], histories[symbol]
        assert security is not None and not isinstance(answer, Failure) and isinstance(history, History)
        assert (answer.price, answer.currency) == (world.quote(security).price, security.currency)
        assert {row.day: row.close for row in history.prices} == {bar.day: bar.close for bar in world.bars(security, date(2026, 5, 2))}
    assert answers["NOPE"].kind is FailureKind.UNKNOWN_SYMBOL  # type: ignore[union-attr]
    assert source.exchange_rates(["EUR/USD"], world.now())["EUR/USD"].price == answers["EUR/USD"].price  # type: ignore[union-attr]
    assert source.search("vodafone")[0].symbol == "VOD:LSE" and source.profiles(["AAPL"])["AAPL"].sector == "Technology"  # type: ignore[union-attr]
    assert source.prices(["AAPL"])["AAPL"] == answers["AAPL"].price  # type: ignore[union-attr]


def test_faults_of_the_emulated_source_are_typed(emulator: Emulator) -> None:
    source, switches = TwelveData.open("k", base=emulator.base("twelve_data")), emulator.switches["twelve_data"]
    for turned, expected in (
        ({"error_in_200": "minute"}, Throttled),
        ({"error_in_200": "day"}, Throttled),
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
            source.quotes(["AAPL", "MSFT"], NOW)
    switches.reset_all()
    switches.turn(plan=True, unknown={"MSFT"})
    kinds = [isinstance(each, Failure) and each.kind for each in source.quotes(["AAPL", "MSFT", "VOD:LSE"], NOW).values()]
    assert kinds == [False, FailureKind.UNKNOWN_SYMBOL, FailureKind.PLAN_RESTRICTED]
    switches.reset_all()
    switches.empty_window = True
    assert source.histories({"AAPL": TODAY}, NOW) == {"AAPL": History("", ())}
