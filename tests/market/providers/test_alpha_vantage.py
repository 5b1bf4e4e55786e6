"""Alpha Vantage: errors under status 200, numbers in text, and a key that must not be told."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from market.providers.alpha_vantage import AlphaVantage, symbol_for
from market.providers.alpha_vantage.answers import rows_of, until_midnight
from market.providers.base import ActionRow, History, Observation, PriceRow, Profile, SymbolQuote
from market.providers.failures import BadAnswer, Failure, FailureKind, NoData, NotConfigured
from tests.market.providers.replay import Replay, replay, says

NOW = datetime(2026, 6, 16, 15, tzinfo=UTC)  # eleven in New York, on a Tuesday
KEY = "KEYKEYKEYKEYKEYK"
D = Decimal


def alpha(*replies: Any, paid: bool = False, **currencies: str) -> AlphaVantage:
    known = {name.replace("_", "."): value for name, value in currencies.items()}
    return AlphaVantage(replay(*replies, secrets=[KEY]), KEY, paid=paid, currencies=known)


def asked(source: AlphaVantage) -> list[str]:
    assert isinstance(source.web, Replay)
    return [query["function"] for _, query in source.web.asked]


def quote(symbol: str = "IBM", price: str = "219.3000", day: str = "2026-06-15", before: str = "218.37") -> dict[str, Any]:
    row = {"01. symbol": symbol, "05. price": price, "06. volume": "6154450", "07. latest trading day": day, "08. previous close": before}
    return {"Global Quote": row | {"10. change percent": "-0.5852%"}}


def daily(closes: dict[str, str], refreshed: str = "2026-06-15") -> dict[str, Any]:
    rows = {day: dict.fromkeys(("1. open", "2. high", "3. low", "4. close"), close) | {"5. volume": "1000"} for day, close in closes.items()}
    return {"Meta Data": {"3. Last Refreshed": refreshed, "5. Time Zone": "US/Eastern"}, "Time Series (Daily)": rows}


# ── errors ──────────────────────────────────────────────────────────────────

DAILY = f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day. Please subscribe to any of the premium plans"
BURST = "Please consider spreading out your free API requests more sparingly (1 request per second). … lift the free key rate limit (25 requests per day) … premium endpoints"


@pytest.mark.parametrize(
    ("body", "kind", "pause"),
    [
        ({"Information": DAILY}, FailureKind.RATE_LIMITED, 46_800.0),
        ({"Information": BURST}, FailureKind.RATE_LIMITED, 1.5),
        ({"Note": "Our standard API call frequency is 5 calls per minute and 500 calls per day."}, FailureKind.RATE_LIMITED, 60.0),
        ({"Note": "Our standard API rate limit is 25 requests per day."}, FailureKind.RATE_LIMITED, 46_800.0),
        ({"Information": "This is a premium endpoint. You may subscribe to any of the premium plans"}, FailureKind.PLAN_RESTRICTED, None),
        ({"Information": "The parameter outputsize=full is a premium feature"}, FailureKind.PLAN_RESTRICTED, None),
        (
            {"endpoint": "x", "message": "This is a premium endpoint. Invented prices follow.", "data": [{"close": "1"}]},
            FailureKind.PLAN_RESTRICTED,
            None,
        ),
        ({"Information": "The **demo** API key is for demo purposes only."}, FailureKind.AUTH, None),
        ({"Error Message": "the parameter apikey is invalid or missing. Please claim your free API key"}, FailureKind.AUTH, None),
        ({"Error Message": "Invalid API call. Please retry or visit the documentation for GLOBAL_QUOTE."}, FailureKind.UNKNOWN_SYMBOL, None),
        ({"Information": "Something new."}, FailureKind.MALFORMED, None),
        ({"Global Quote": {}}, FailureKind.UNKNOWN_SYMBOL, None),
        ({}, FailureKind.UNKNOWN_SYMBOL, None),
        ("<html>Just a moment, please</html>", FailureKind.MALFORMED, None),
        ('{"Global Quote": ', FailureKind.MALFORMED, None),
    ],
)
def test_an_error_under_status_200_is_told_by_its_words(body: Any, kind: FailureKind, pause: float | None) -> None:
    found = alpha(body).quotes(["IBM"], NOW)["IBM"]
    assert isinstance(found, Failure)
    assert (found.kind, found.retry_after) == (kind, pause)


@pytest.mark.parametrize(("status", "kind"), [(429, FailureKind.RATE_LIMITED), (503, FailureKind.UNREACHABLE), (403, FailureKind.AUTH)])
def test_where_the_body_says_nothing_the_status_does(status: int, kind: FailureKind) -> None:
    found = alpha(says("", status)).quotes(["IBM"], NOW)["IBM"]
    assert isinstance(found, Failure) and found.kind is kind


def test_the_key_that_the_source_repeats_is_in_no_failure_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        found = alpha({"Information": DAILY}).quotes(["IBM", "MSFT"], NOW)
    assert KEY not in str(found) + caplog.text


def test_the_day_of_the_limit_ends_at_midnight_in_new_york() -> None:
    assert until_midnight(datetime(2026, 6, 16, 3, 59, tzinfo=UTC)) == 60
    assert until_midnight(datetime(2026, 6, 16, 4, 0, tzinfo=UTC)) == 86_400
    assert until_midnight(datetime(2026, 12, 16, 4, 0, tzinfo=UTC)) == 3_600


def test_a_spent_day_ends_the_round_without_another_call() -> None:
    source = alpha({"Information": DAILY})
    found = source.quotes(["IBM", "MSFT", "AAPL"], NOW)
    assert asked(source) == ["GLOBAL_QUOTE"]
    assert {each.kind for each in found.values() if isinstance(each, Failure)} == {FailureKind.RATE_LIMITED}


def test_without_a_key_nothing_is_asked() -> None:
    source = AlphaVantage(replay(quote()), "")
    found = source.quotes(["IBM"], NOW)["IBM"]
    assert isinstance(found, Failure) and found.kind is FailureKind.AUTH
    assert asked(source) == []
    with pytest.raises(NotConfigured):
        source.search("IBM")


# ── quotes ──────────────────────────────────────────────────────────────────


def test_a_quote_is_of_the_end_of_its_day_or_of_now() -> None:
    closed, running = (alpha(quote(day=day)).quotes(["IBM"], NOW)["IBM"] for day in ("2026-06-15", "2026-06-16"))
    assert isinstance(closed, SymbolQuote) and isinstance(running, SymbolQuote)
    assert (closed.as_of.isoformat(), closed.quality) == ("2026-06-15T16:00:00-04:00", "close")
    assert (running.as_of, running.quality) == (NOW, "delayed")


@pytest.mark.parametrize("price", ["0.0000", "None", "-", "", "n/a"])
def test_what_stands_for_no_number_is_no_price(price: str) -> None:
    found = alpha(quote(price=price)).quotes(["IBM"], NOW)["IBM"]
    assert isinstance(found, Failure) and found.kind is FailureKind.NO_DATA


def test_a_quote_about_another_symbol_is_refused() -> None:
    found = alpha(quote("MSFT")).quotes(["IBM"], NOW)["IBM"]
    assert isinstance(found, Failure) and found.kind is FailureKind.MALFORMED


def test_a_london_price_is_in_pence_and_the_search_says_so_once() -> None:
    search = {"bestMatches": [{"1. symbol": "TSCO.LON", "3. type": "Equity", "8. currency": "GBX"}]}
    source = alpha(quote("TSCO.LON", "388.5", before="390"), search, quote("TSCO.LON", "389"))
    first, then = (source.quotes(["TSCO.LON"], NOW)["TSCO.LON"] for _ in range(2))
    assert isinstance(first, SymbolQuote) and isinstance(then, SymbolQuote)
    assert (first.price, first.previous_close, first.currency, first.unit_factor) == (D("3.885"), D("3.9"), "GBP", D("0.01"))
    assert then.price == D("3.89")
    assert asked(source) == ["GLOBAL_QUOTE", "SYMBOL_SEARCH", "GLOBAL_QUOTE"]


def test_a_currency_that_nobody_tells_stays_empty_and_a_history_without_one_is_none() -> None:
    source = alpha(quote("X.LON"), {"bestMatches": []}, daily({"2026-06-15": "1"}))
    found = source.quotes(["X.LON"], NOW)["X.LON"]
    assert isinstance(found, SymbolQuote) and found.currency == ""
    missing = source.histories({"X.LON": None}, NOW)["X.LON"]
    assert isinstance(missing, Failure) and missing.kind is FailureKind.NO_DATA


def test_a_pair_is_told_with_a_dash_for_its_bid() -> None:
    told = {"1. From_Currency Code": "BTC", "3. To_Currency Code": "EUR", "5. Exchange Rate": "90000.12", "6. Last Refreshed": "2026-06-16 14:59:01"}
    found = alpha({"Realtime Currency Exchange Rate": told | {"7. Time Zone": "UTC", "8. Bid Price": "-"}}).quotes(["BTC/EUR"], NOW)["BTC/EUR"]
    assert found == SymbolQuote("BTC/EUR", D("90000.12"), datetime(2026, 6, 16, 14, 59, 1, tzinfo=UTC), "delayed", currency="EUR")


# ── histories ───────────────────────────────────────────────────────────────

SPLITS = "effective_date,split_factor\r\n2026-06-10,4.0000\r\n2026-07-01,2.0000\r\n"
DIVIDENDS = (
    "ex_dividend_date,declaration_date,record_date,payment_date,amount\r\n2026-06-15,None,None,None,0.25\r\n2026-05-01,None,None,None,0.24\r\n"
)
WEEKLY = "timestamp,open,high,low,close,adjusted close,volume,dividend amount\r\n2026-06-12,1,9,1,5,5,70,0\r\n2014-11-28,1,9,1,162.17,96.78,70,0\r\n"


def test_a_free_key_gets_a_hundred_days_and_before_them_the_closes_of_weeks() -> None:
    source = alpha(daily({"2026-06-15": "12", "2026-06-12": "11"}), WEEKLY, SPLITS, DIVIDENDS)
    found = source.histories({"IBM": None}, NOW)["IBM"]
    assert isinstance(found, History)
    assert asked(source) == ["TIME_SERIES_DAILY", "TIME_SERIES_WEEKLY_ADJUSTED", "SPLITS", "DIVIDENDS"]
    assert found.prices[0] == PriceRow(date(2014, 11, 28), D("162.17"))
    assert [each.close for each in found.prices] == [D("162.17"), D(11), D(12)]
    assert found.actions == (
        ActionRow("dividend", date(2026, 5, 1), amount=D("0.24")),
        ActionRow("split", date(2026, 6, 10), D(4), D(1)),
        ActionRow("dividend", date(2026, 6, 15), amount=D("0.25")),
    )  # the split of July is only announced


def test_a_short_gap_is_filled_without_the_weeks() -> None:
    source = alpha(daily({"2026-06-15": "12", "2026-06-12": "11"}), "", {})
    found = source.histories({"IBM": date(2026, 6, 12)}, NOW)["IBM"]
    assert found == History("USD", (PriceRow(date(2026, 6, 15), D(12), D(12), D(12), D(12), 1000),), (), date(2026, 6, 15))
    assert asked(source) == ["TIME_SERIES_DAILY", "SPLITS", "DIVIDENDS"]


@pytest.mark.parametrize(
    ("refreshed", "now", "until"),
    [
        ("2026-06-16 11:00:01", NOW, date(2026, 6, 15)),
        ("2026-06-16 11:00:01", datetime(2026, 6, 20, tzinfo=UTC), date(2026, 6, 15)),
        ("2026-06-16 16:00:01", datetime(2026, 6, 16, 20, 5, tzinfo=UTC), date(2026, 6, 16)),
        ("2026-06-16", NOW, date(2026, 6, 15)),
    ],
)
def test_the_running_day_is_told_by_the_time_of_last_refreshed(refreshed: str, now: datetime, until: date) -> None:
    found = alpha(daily({"2026-06-16": "13", "2026-06-15": "12"}, refreshed), "", {}).histories({"IBM": date(2026, 6, 12)}, now)["IBM"]
    assert isinstance(found, History) and found.final_until == until


def test_an_adjusted_table_has_raw_prices_and_the_actions_on_their_days() -> None:
    row = {"1. open": "400", "2. high": "400", "3. low": "400", "4. close": "400", "5. adjusted close": "99.1", "6. volume": "7"}
    rows = {
        "2020-08-31": row | {"4. close": "129.04", "7. dividend amount": "0.0000", "8. split coefficient": "4.0"},
        "2020-08-28": row | {"7. dividend amount": "0.8200", "8. split coefficient": "1.0"},
    }
    found = alpha({"Meta Data": {"3. Last Refreshed": "2020-08-31"}, "Time Series (Daily)": rows}, paid=True).histories({"AAPL": None}, NOW)["AAPL"]
    assert isinstance(found, History)
    assert [(each.close, each.volume) for each in found.prices] == [(D(400), 7), (D("129.04"), 7)]  # the volume is key 6 here
    assert [(each.kind, each.amount or each.ratio_new) for each in found.actions] == [("dividend", D("0.82")), ("split", D(4))]


def test_keys_of_before_2024_with_the_currency_behind_them_are_the_same() -> None:
    rows = {"2023-01-02": {"1a. open (EUR)": "1", "4a. close (EUR)": "15000.5", "5. volume": "9.9", "6. market cap (USD)": "3"}}
    found = alpha({"Meta Data": {}, "Time Series (Digital Currency Daily)": rows}).histories({"BTC/EUR": None}, NOW)["BTC/EUR"]
    assert isinstance(found, History)
    assert (found.currency, found.prices) == ("EUR", (PriceRow(date(2023, 1, 2), D("15000.5"), D(1), volume=9),))


@pytest.mark.parametrize("body", ["a,b\r\n1\r\n", 'a,b\r\n"1,2\r\n', "\x00,\x00", "just text"])
def test_a_broken_table_is_a_bad_answer(body: str) -> None:
    with pytest.raises(BadAnswer):
        rows_of(says(body), "IBM", NOW)


def test_nothing_at_all_is_no_data() -> None:
    with pytest.raises(NoData):
        rows_of(says("\r\n"), "IBM", NOW)


# ── reference data, rates, news ─────────────────────────────────────────────


def test_a_fund_has_no_overview_but_weights_and_what_has_neither_is_unknown() -> None:
    source = alpha(
        {}, {"portfolio_turnover": "n/a", "sectors": [{"sector": "INFORMATION TECHNOLOGY", "weight": "0.5"}, {"sector": "ENERGY", "weight": "n/a"}]}
    )
    found = source.profiles(["QQQ"])["QQQ"]
    assert isinstance(found, Profile)
    assert [(each.name, each.weight) for each in found.weights] == [("Technology", D("0.5"))]
    assert asked(source) == ["OVERVIEW", "ETF_PROFILE"]
    missing = alpha({}).profiles(["NOPE"])["NOPE"]
    assert isinstance(missing, Failure) and missing.kind is FailureKind.UNKNOWN_SYMBOL


def test_none_and_a_dash_in_an_overview_are_empty() -> None:
    found = alpha({"Symbol": "X", "Name": "X plc", "Sector": "None", "Industry": "-", "Country": "None", "Exchange": "None"}).profiles(["X"])["X"]
    assert found == Profile("X", "X plc")


def test_interest_rates_are_in_percent_oldest_first_and_a_dot_is_no_value() -> None:
    body = {
        "name": "x",
        "unit": "percent",
        "data": [{"date": "2026-06-16", "value": "."}, {"date": "2026-06-15", "value": "4.21"}, {"date": "2026-06-12", "value": "4.2"}],
    }
    source = alpha(body)
    assert source.series({"TREASURY_YIELD:3month": date(2026, 6, 12)}) == {"TREASURY_YIELD:3month": (Observation(date(2026, 6, 15), D("4.21")),)}
    assert isinstance(source.web, Replay) and source.web.asked[0][1]["maturity"] == "3month"
    other = source.series({"REAL_GDP": None})["REAL_GDP"]
    assert isinstance(other, Failure) and other.kind is FailureKind.UNKNOWN_SYMBOL


def test_news_come_without_pictures_and_each_address_once() -> None:
    article = {
        "title": "IBM <b>rises</b>",
        "url": "https://n.example/1",
        "time_published": "20260517T091500",
        "source": "Wire",
        "summary": "S",
        "banner_image": "x.png",
    }
    feed = {"items": "3", "feed": [article, article, article | {"url": "javascript:alert(1)"}]}
    source = alpha(feed, feed, {"Information": "No articles found. Please adjust the time range."})
    found = source.news(["IBM", "MSFT", "AAPL"], datetime(2026, 5, 16, tzinfo=UTC), NOW)
    assert [(each.url, each.title, each.published_at, each.symbols) for each in found] == [
        ("https://n.example/1", "IBM rises", datetime(2026, 5, 17, 9, 15, tzinfo=UTC), ("IBM", "MSFT"))
    ]
    assert isinstance(source.web, Replay) and [query["tickers"] for _, query in source.web.asked] == ["IBM", "MSFT", "AAPL"]


@pytest.mark.parametrize(
    ("ticker", "mic", "symbol"),
    [
        ("BRK.B", "XNYS", "BRK.B"),
        ("BRK-B", "XNYS", "BRK.B"),
        ("TSCO", "XLON", "TSCO.LON"),
        ("SAP", "XETR", "SAP.DEX"),
        ("RY", "XTSE", "RY.TRT"),
        ("X", "XPAR", None),
    ],
)
def test_a_share_class_has_a_dot_and_an_exchange_a_suffix(ticker: str, mic: str, symbol: str | None) -> None:
    assert symbol_for(ticker, mic) == symbol
