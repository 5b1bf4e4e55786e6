"""Yahoo's prices: those of charts are turned back to what they were, in major units, and nothing that is missing becomes a number."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from market.providers.base import ActionRow, Bar, History, PriceRow, SymbolQuote
from market.providers.failures import BadAnswer, Failure, FailureKind, NoData, ProviderFailed, Throttled, Unreachable
from market.providers.web import Reply
from market.providers.yahoo.chart import bars_of, history_of
from market.providers.yahoo.numbers import Unit
from market.providers.yahoo.quotes import quotes_of, sparks_of
from market.providers.yahoo.transport import NoCrumb, crumb_of, opened
from tests.market.providers.yahoo_bodies import chart, opening, row

NOW = datetime(2026, 6, 16, 15, tzinfo=UTC)
MONDAY, TUESDAY = date(2026, 6, 15), date(2026, 6, 16)
D = Decimal


def exact(value: Any) -> Any:
    """As it arrives: JSON with exact numbers."""
    return Reply(200, "application/json", json.dumps(value).encode()).json()


def history(inside: dict[str, Any], after: date | None = None, now: datetime = NOW) -> History:
    return history_of(exact(inside), "X", after, now)


def closes(inside: dict[str, Any], after: date | None = None) -> dict[date, Decimal]:
    return {each.day: each.close for each in history(inside, after).prices}


# ── splits and dividends ────────────────────────────────────────────────────


def test_prices_before_splits_are_turned_back_to_what_they_were_on_the_day() -> None:
    days = [date(2014, 6, 6), date(2014, 6, 9), date(2020, 8, 28), date(2020, 8, 31)]
    adjusted = dict(zip(map(opening, days), [23.056072235107422, 23.424999237060547, 124.80750274658203, 129.0399932861328], strict=True))
    found = closes(chart(adjusted, splits=((days[1], 7, 1), (days[3], 4, 1))))
    assert list(found.values()) == [D("645.57"), D("93.7"), D("499.23"), D("129.04")]


def test_dividends_before_a_split_are_turned_back_and_lose_the_error_of_six_places() -> None:
    days = (date(1987, 5, 11), date(2014, 2, 6), date(2020, 8, 7), date(2020, 11, 6))
    told = tuple(zip(days, (0.000536, 0.108929, 0.205, 0.205), strict=True))
    splits = ((date(1987, 6, 16), 2, 1), (date(2000, 6, 21), 2, 1), (date(2005, 2, 28), 2, 1), (date(2014, 6, 9), 7, 1), (date(2020, 8, 31), 4, 1))
    found = history(chart({opening(days[0]): 1.0}, splits=splits, dividends=told))
    assert [each.amount for each in found.actions if each.kind == "dividend"] == [D("0.12"), D("3.05"), D("0.82"), D("0.205")]


def test_a_dividend_on_the_day_of_a_split_is_of_the_new_units() -> None:
    found = history(chart({opening(MONDAY): 10.0}, splits=((TUESDAY, 2, 1),), dividends=((TUESDAY, 0.5),)))
    assert found.actions == (ActionRow("dividend", TUESDAY, amount=D("0.5")), ActionRow("split", TUESDAY, D(2), D(1)))
    assert found.prices[0].close == D(20)


def test_volumes_are_turned_back_the_other_way() -> None:
    assert history(chart({opening(MONDAY): 10.0}, splits=((TUESDAY, 4, 1),))).prices[0].volume == 250


@pytest.mark.parametrize(
    ("new", "old", "before"), [(1, 10, "1"), (33, 70, "4.71"), (1, 10_000, "0.001"), (1046, 1000, "10.46"), (2002, 1000, "20.02")]
)
def test_reverse_splits_and_spin_offs_told_as_splits_have_any_ratio(new: int, old: int, before: str) -> None:
    found = history(chart({opening(MONDAY): 10.0, opening(TUESDAY): 10.0}, splits=((TUESDAY, new, old),)))
    assert [each.close for each in found.prices] == [D(before), D(10)]
    assert found.actions == (ActionRow("split", TUESDAY, D(new), D(old)),)


def test_a_split_without_its_ratio_makes_the_whole_answer_useless() -> None:
    with pytest.raises(BadAnswer):
        history(chart({opening(MONDAY): 10.0}, splits=((TUESDAY, 0, 1),)))


def test_an_answer_without_events_has_no_actions() -> None:
    assert history(chart({opening(MONDAY): 10.0})).actions == ()


def test_a_dividend_in_a_third_currency_is_left_out_and_one_in_pounds_beside_pence_is_not() -> None:
    inside = chart({opening(MONDAY): 250.0}, dividends=((MONDAY, 1.25), (TUESDAY, 0.03)), currency="GBp")
    events = inside["result"][0]["events"]["dividends"]
    events[str(opening(MONDAY))]["currency"] = "EUR"
    events[str(opening(TUESDAY))]["currency"] = "GBP"
    assert history(inside).actions == (ActionRow("dividend", TUESDAY, amount=D("0.03")),)


# ── units and rounding ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("unit", "currency", "price"),
    [("GBp", "GBP", "1.255"), ("ZAc", "ZAR", "1.255"), ("ILA", "ILS", "1.255"), ("KWF", "KWD", "0.1255"), ("GBP", "GBP", "125.5")],
)
def test_minor_units_are_told_by_the_case_of_letters_and_hold_for_prices_and_dividends(unit: str, currency: str, price: str) -> None:
    found = history(chart({opening(MONDAY): 125.5}, dividends=((MONDAY, 125.5),), currency=unit))
    assert (found.currency, found.prices[0].close, found.actions[0].amount) == (currency, D(price), D(price))


def test_a_market_cap_beside_pence_is_in_pounds_already() -> None:
    found = quotes_of(
        exact({"result": [row("X", currency="GBp", regularMarketPrice=308.8, regularMarketPreviousClose=315.2, marketCap=2554603520)]}), ["X"]
    )["X"]
    assert isinstance(found, SymbolQuote)
    assert (found.price, found.previous_close, found.market_cap) == (D("3.088"), D("3.152"), D(2554603520))


@pytest.mark.parametrize(
    ("hint", "sent", "price"),
    [
        (2, "75.0875015258789", "75.09"),
        (4, "1.0489877", "1.049"),
        (2, "0.00671234", "0.00671234"),
        (None, "97208.17", "97208.17"),
        (None, "1.0489877", "1.04899"),
        (6, "0.0000123456789", "0.0000123457"),
    ],
)
def test_noise_is_rounded_to_the_hint_of_places_and_a_hint_that_leaves_nothing_is_none(hint: int | None, sent: str, price: str) -> None:
    assert Unit("USD", D(1), hint).price(D(sent)) == D(price)


# ── days ────────────────────────────────────────────────────────────────────


def test_a_day_is_told_by_the_name_of_the_zone_not_by_todays_offset() -> None:
    midnight = {opening(date(2026, 1, 15), "Europe/London", "00:00"): 1.1, opening(MONDAY, "Europe/London", "00:00"): 1.2}
    found = closes(chart(midnight, exchangeTimezoneName="Europe/London", gmtoffset=3600))
    assert list(found) == [date(2026, 1, 15), MONDAY]


def test_the_east_begins_its_day_before_greenwich() -> None:
    found = closes(chart({opening(TUESDAY, "Pacific/Auckland", "10:00"): 5.0}, exchangeTimezoneName="Pacific/Auckland"), after=MONDAY)
    assert list(found) == [TUESDAY]


def test_of_the_running_day_told_twice_the_later_bar_counts() -> None:
    found = history(chart({opening(MONDAY): 10.0, opening(TUESDAY): 11.0, opening(TUESDAY) + 5400: 11.5}, period=(TUESDAY, "09:30", "16:00")))
    assert [(each.day, each.close) for each in found.prices] == [(MONDAY, D(10)), (TUESDAY, D("11.5"))]


@pytest.mark.parametrize(("hour", "minute", "until"), [(15, 0, MONDAY), (20, 10, MONDAY), (20, 30, TUESDAY)])
def test_the_running_day_is_not_final_until_its_session_has_ended_and_settled(hour: int, minute: int, until: date) -> None:
    inside = chart({opening(MONDAY): 10.0, opening(TUESDAY): 11.0}, period=(TUESDAY, "09:30", "16:00"))
    assert history(inside, now=datetime(2026, 6, 16, hour, minute, tzinfo=UTC)).final_until == until


def test_without_its_hours_a_day_is_final_on_the_next() -> None:
    inside = chart({opening(MONDAY): 10.0, opening(TUESDAY): 11.0})
    assert history(inside).final_until == MONDAY
    assert history(inside, now=NOW + timedelta(days=1)).final_until == TUESDAY


def test_null_holes_and_zeros_are_days_without_a_price() -> None:
    stamps = [opening(date(2026, 6, day)) for day in (10, 11, 12, 15)]
    assert list(closes(chart(dict(zip(stamps, [10.0, None, 0, 12.0], strict=True))))) == [date(2026, 6, 10), MONDAY]


def test_a_bar_with_a_close_alone_has_that_alone() -> None:
    inside = chart({opening(MONDAY): 10.0})
    inside["result"][0]["indicators"]["quote"] = [{"close": [10.0], "open": [None], "high": [0], "volume": [None]}]
    assert history(inside).prices == (PriceRow(MONDAY, D(10)),)


def test_arrays_that_are_shorter_than_the_stamps_end_early() -> None:
    inside = chart({opening(MONDAY): 10.0, opening(TUESDAY): 11.0})
    inside["result"][0]["indicators"]["quote"][0]["close"].pop()
    assert list(closes(inside)) == [MONDAY]


def test_prices_without_their_stamps_are_a_bad_answer() -> None:
    inside = chart({opening(MONDAY): 10.0})
    del inside["result"][0]["timestamp"]
    with pytest.raises(BadAnswer, match="more prices than times"):
        history(inside)


def test_an_empty_window_is_no_news_after_a_day_and_no_data_from_the_first() -> None:
    inside = {"result": [{"meta": chart({})["result"][0]["meta"], "indicators": {"quote": [{}]}}]}
    assert history(inside, after=MONDAY) == History("USD", ())
    with pytest.raises(NoData):
        history(inside)


def test_coarse_bars_and_another_symbol_are_refused() -> None:
    with pytest.raises(BadAnswer, match="1mo"):
        history(chart({opening(MONDAY): 10.0}, dataGranularity="1mo"))
    with pytest.raises(BadAnswer, match="another symbol"):
        history(chart({opening(MONDAY): 10.0}, symbol="Y"))


def test_a_fund_has_no_volume_of_zero_and_a_share_may() -> None:
    inside = chart({opening(MONDAY): 10.0})
    inside["result"][0]["indicators"]["quote"][0]["volume"] = [0]
    assert history(inside).prices[0].volume == 0
    inside["result"][0]["meta"]["instrumentType"] = "MUTUALFUND"
    assert history(inside).prices[0].volume is None


def test_within_a_day_the_live_point_joins_its_part_and_only_the_newest_session_counts() -> None:
    begin = opening(TUESDAY)
    prices = {opening(MONDAY) + 300: 9.0, begin: 10.0, begin + 300: 11.0, begin + 437: 12.0, begin + 600: None}
    inside = exact(chart(prices, dataGranularity="5m"))
    found = bars_of(inside, "X").bars
    assert [(each.start.isoformat(), each.close) for each in found] == [("2026-06-16T09:30:00-04:00", D(10)), ("2026-06-16T09:35:00-04:00", D(12))]
    assert found[1] == Bar(found[1].start, D(12), D(11), D(12), D(11), 1000)
    assert [each.close for each in bars_of(inside, "X", days=5).bars] == [D(9), D(10), D(12)]


# ── quotes ──────────────────────────────────────────────────────────────────


def test_a_bulk_answer_in_its_own_order_without_the_unknown_still_has_an_answer_for_each() -> None:
    rows = [row("B"), row("A", regularMarketPrice=0), row("OLD", quoteType="NONE"), row("C", regularMarketPrice=-1), row("D", regularMarketPrice="x")]
    answers = quotes_of(exact({"result": rows}), ["A", "b", "C", "D", "OLD", "NOPE"])
    assert answers["b"].price == D("10.5")  # type: ignore[union-attr]
    kinds = {symbol: each.kind for symbol, each in answers.items() if isinstance(each, Failure)}
    assert kinds == {
        "A": FailureKind.NO_DATA,
        "C": FailureKind.NO_DATA,
        "D": FailureKind.MALFORMED,
        "OLD": FailureKind.UNKNOWN_SYMBOL,
        "NOPE": FailureKind.UNKNOWN_SYMBOL,
    }


def test_usdeur_is_sometimes_answered_as_eur() -> None:
    answers = quotes_of(exact({"result": [row("EUR=X"), row("GBPUSD=X")]}), ["USDEUR=X", "GBPUSD=X", "GBPEUR=X"])
    assert [isinstance(each, SymbolQuote) for each in answers.values()] == [True, True, False]
    assert answers["USDEUR=X"].symbol == "USDEUR=X"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("state", "delay", "quality", "seconds"),
    [
        ("REGULAR", 0, "live", 0),
        ("REGULAR", 15, "delayed", 900),
        ("POST", 0, "close", 0),
        ("PRE", 15, "close", 900),
        ("REGULAR", None, "delayed", None),
    ],
)
def test_a_quote_says_how_far_it_is_behind(state: str, delay: int | None, quality: str, seconds: int | None) -> None:
    found = quotes_of(exact({"result": [row("X", marketState=state, exchangeDataDelayedBy=delay)]}), ["X"])["X"]
    assert isinstance(found, SymbolQuote)
    assert (found.quality, found.delay) == (quality, seconds)


def test_a_price_without_a_time_is_no_quote() -> None:
    found = quotes_of(exact({"result": [row("X", regularMarketTime=None)]}), ["X"])["X"]
    assert isinstance(found, Failure) and found.kind is FailureKind.NO_DATA


def test_a_spark_after_the_session_is_its_close() -> None:
    meta = row("X", currentTradingPeriod={"regular": {"start": 1, "end": 1_781_622_000}}, chartPreviousClose=10, marketState=None)
    found = sparks_of(exact({"result": [{"symbol": "X", "response": [{"meta": meta}]}]}), ["X"])["X"]
    assert isinstance(found, SymbolQuote)
    assert (found.quality, found.previous_close, found.delay) == ("close", D(10), None)


# ── errors ──────────────────────────────────────────────────────────────────


def envelope(name: str, code: str, text: str) -> str:
    return json.dumps({name: {"result": None, "error": {"code": code, "description": text}}})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, envelope("chart", "Not Found", "No data found, symbol may be delisted"), FailureKind.UNKNOWN_SYMBOL),
        (404, envelope("chart", "Not Found", "No data found for this date range, symbol may be delisted"), FailureKind.NO_DATA),
        (400, envelope("chart", "Bad Request", "Data doesn't exist for startDate = 1, endDate = 2"), FailureKind.NO_DATA),
        (422, envelope("chart", "Unprocessable Entity", "5m data not available for startTime=1"), FailureKind.NO_DATA),
        (404, envelope("quoteSummary", "Not Found", "Quote not found for symbol: X"), FailureKind.UNKNOWN_SYMBOL),
        (404, envelope("quoteSummary", "Not Found", "No fundamentals data found for any of the summaryTypes=assetProfile"), FailureKind.NO_DATA),
        (400, envelope("finance", "Bad Request", "Missing required query parameter=q"), FailureKind.MALFORMED),
        (200, envelope("quoteResponse", "argument-error", "Missing value for the symbols argument"), FailureKind.MALFORMED),
        (429, "Too Many Requests\r\n", FailureKind.RATE_LIMITED),
        (200, "Edge: Too Many Requests", FailureKind.RATE_LIMITED),
        (429, envelope("finance", "Too Many Requests", "Slow down"), FailureKind.RATE_LIMITED),
        (200, "<!DOCTYPE html><html><title>Yahoo</title></html>", FailureKind.MALFORMED),
        (502, "<html>Bad gateway</html>", FailureKind.UNREACHABLE),
        (200, '{"chart": ', FailureKind.MALFORMED),
        (200, "[]", FailureKind.MALFORMED),
        (401, envelope("finance", "Unauthorized", "Invalid Crumb"), FailureKind.UNREACHABLE),
    ],
)
def test_the_body_says_what_was_wrong_and_the_status_only_where_it_does_not(status: int, body: str, kind: FailureKind) -> None:
    with pytest.raises(ProviderFailed) as problem:
        opened(Reply(status, "", body.encode()), "X")
    assert problem.value.kind is kind


def test_a_refusal_without_a_pause_asks_for_a_minute_and_one_with_it_for_that() -> None:
    with pytest.raises(Throttled) as problem:
        opened(Reply(429, "", b"Too Many Requests"), "X")
    assert problem.value.retry_after == 60
    with pytest.raises(Throttled) as problem:
        opened(Reply(429, "", b"Too Many Requests", {"retry-after": "300"}), "X")
    assert problem.value.retry_after == 300


@pytest.mark.parametrize(("body", "crumb"), [("aB3/x.9Zq1", "aB3/x.9Zq1"), ('"aB3\\u002Fx.9Zq1"\n', "aB3/x.9Zq1")])
def test_a_crumb_is_bare_text_perhaps_with_an_escaped_slash(body: str, crumb: str) -> None:
    assert crumb_of(Reply(200, "text/plain", body.encode())) == crumb


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, "Too Many Requests"), (429, ""), (200, "<html><body>Consent</body></html>"), (200, ""), (401, "abcdefghijk"), (200, '{"a": 1}')],
)
def test_a_page_or_too_many_requests_is_no_crumb(status: int, body: str) -> None:
    with pytest.raises(NoCrumb) as problem:
        crumb_of(Reply(status, "text/plain", body.encode()))
    assert isinstance(problem.value, Unreachable)
