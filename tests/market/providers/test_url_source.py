"""A feed that an administrator sets up: where its price stands, what is refused before anybody is asked, and what is not believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from market.choices import Quality
from market.providers.base import History, PriceRow, SymbolQuote
from market.providers.failures import Failure, FailureKind
from market.providers.url_source import Feed, UrlSource
from portfolio_site.kernel.errors import Invalid
from portfolio_site.web import outgoing
from tests.emulator import Answer, Emulator

NOW = datetime(2026, 6, 16, 15, tzinfo=UTC)
QUOTE = Feed("house", "https://prices.example/quote/{symbol}.json", "json", "data.items[0]['last price']", "GBp", time="$.data.items[-1].at")
DAYS = Feed("house", "https://prices.example/days/{symbol}.json", "json", "c", "USD", day="d", rows="prices")
TABLE = Feed("house", "https://prices.example/days/{symbol}.csv", "csv", "Close", "USD", day="Date")
GERMAN = Feed("house", "https://prices.example/kurse?symbol={symbol}", "csv", "Schluss", "USD", day="Datum", delimiter=";", comma=True)


def source(emulator: Emulator, feed: Feed) -> UrlSource:
    address = feed.address.replace("https://prices.example", emulator.base("url_source"))
    return UrlSource.open(replace(feed, address=address), allowed=outgoing.networks(["127.0.0.1"]))


def refused(**fields: Any) -> set[str]:
    with pytest.raises(Invalid) as problem:
        replace(QUOTE, **fields).checked()
    return {error.field for error in problem.value.errors}


# ── what it reads ───────────────────────────────────────────────────────────


def test_a_price_in_pence_at_a_path_is_told_in_pounds_with_its_time(emulator: Emulator) -> None:
    quote = emulator.world.quote(emulator.world.get("VOD.L"))  # type: ignore[arg-type]
    assert source(emulator, QUOTE).quotes(["VOD.L"], NOW) == {
        "VOD.L": SymbolQuote("VOD.L", quote.price, quote.at, Quality.DELAYED, currency="GBP", unit_factor=Decimal("0.01"))
    }


@pytest.mark.parametrize("feed", [DAYS, TABLE, GERMAN], ids=["json", "csv", "german csv"])
def test_rows_with_days_give_a_history_and_the_newest_of_them_the_quote(emulator: Emulator, feed: Feed) -> None:
    nikkei = emulator.world.get("^N225")  # in thousands: 40.000,00
    assert nikkei is not None
    expected = tuple(PriceRow(bar.day, bar.close) for bar in emulator.world.bars(nikkei, date(2026, 6, 8)) if bar.close)
    house = source(emulator, feed)
    assert house.histories({"^N225": date(2026, 6, 7)}, NOW) == {"^N225": History("USD", expected, final_until=date(2026, 6, 15))}
    quote = house.quotes(["^N225"], NOW)["^N225"]
    assert isinstance(quote, SymbolQuote)
    assert (quote.price, quote.previous_close, quote.as_of.date(), quote.quality) == (
        expected[-1].close,
        expected[-2].close,
        expected[-1].day,
        Quality.CLOSE,
    )


def test_a_factor_goes_on_top_of_pence(emulator: Emulator) -> None:
    emulator.say("url_source", Answer({"p": "12345"}))
    quote = source(emulator, replace(QUOTE, price="p", time="", factor=Decimal("0.1"))).quotes(["X"], NOW)["X"]
    assert isinstance(quote, SymbolQuote) and (quote.price, quote.unit_factor, quote.as_of) == (Decimal("12.345"), Decimal("0.001"), NOW)


@pytest.mark.parametrize("at", [1781622000, "1781622000", 1781622000000, "2026-06-16T15:00:00Z", "2026-06-16T17:00:00+02:00", "2026-06-16 15:00:00"])
def test_times_come_in_seconds_milliseconds_and_iso_form(emulator: Emulator, at: Any) -> None:
    emulator.say("url_source", Answer({"p": 1, "t": at}))
    quote = source(emulator, replace(QUOTE, price="p", time="t")).quotes(["X"], NOW)["X"]
    assert isinstance(quote, SymbolQuote) and quote.as_of == NOW


def test_a_symbol_cannot_leave_its_place_in_the_address(emulator: Emulator) -> None:
    emulator.say("url_source", Answer({"p": 1}))
    house = source(emulator, replace(QUOTE, price="p", time=""))
    house.quotes(["../../admin?x=1&y#z", "A/B"], NOW)
    assert [call.path for call in emulator.calls()] == [
        "/url_source/quote/..%2F..%2Fadmin%3Fx%3D1%26y%23z.json",
        "/url_source/quote/A%2FB.json",
    ]
    found = house.quotes(["..", ""], NOW)
    assert {each.kind for each in found.values() if isinstance(each, Failure)} == {FailureKind.UNKNOWN_SYMBOL} and len(emulator.calls()) == 2


# ── what it does not believe ────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer({"p": None}), FailureKind.NO_DATA),
        (Answer({"p": 0}), FailureKind.NO_DATA),
        (Answer({"p": "N/A"}), FailureKind.NO_DATA),
        (Answer({"p": -1}), FailureKind.MALFORMED),
        (Answer({"p": "12,5"}), FailureKind.MALFORMED),
        (Answer({"p": [1]}), FailureKind.MALFORMED),
        (Answer({"q": 1}), FailureKind.MALFORMED),
        (Answer([]), FailureKind.MALFORMED),
        (Answer("<html>1</html>"), FailureKind.MALFORMED),
        (Answer({"p": 1}, 404), FailureKind.UNKNOWN_SYMBOL),
        (Answer({"p": 1}, 429), FailureKind.RATE_LIMITED),
        (Answer({"p": 1}, 403), FailureKind.AUTH),
        (Answer({"p": 1}, 500), FailureKind.UNREACHABLE),
        (Answer(b"", 302, headers={"Location": "http://10.0.0.1/"}), FailureKind.MALFORMED),
    ],
)
def test_an_answer_without_a_price_says_why(emulator: Emulator, answer: Answer, kind: FailureKind) -> None:
    emulator.say("url_source", answer)
    found = source(emulator, replace(QUOTE, price="p", time="")).quotes(["X"], NOW)["X"]
    assert isinstance(found, Failure) and found.kind is kind
    assert all(not call.path.startswith("/10.") for call in emulator.calls()) and len(emulator.calls()) == 1


@pytest.mark.parametrize(
    "text",
    ["", "<html>", "Date,Price\n2026-06-15,1\n", "Date,Close\n2026-06-15,1,2\n", "Date,Close\nsoon,1\n", "Date,Close\n2026-06-15,1\n2026-06-15,2\n"],
)
def test_a_table_that_does_not_fit_is_a_bad_answer(emulator: Emulator, text: str) -> None:
    emulator.say("url_source", Answer(text))
    found = source(emulator, TABLE).histories({"X": None}, NOW)["X"]
    assert isinstance(found, Failure) and found.kind is FailureKind.MALFORMED


def test_days_to_come_and_holes_are_left_out(emulator: Emulator) -> None:
    emulator.say("url_source", Answer("Date,Close\n2026-06-15,1.5\n2026-06-16,\n2027-01-01,9\n"))
    assert source(emulator, TABLE).histories({"X": None}, NOW)["X"] == History(
        "USD", (PriceRow(date(2026, 6, 15), Decimal("1.5")),), final_until=date(2026, 6, 15)
    )


def test_a_feed_without_days_has_no_history(emulator: Emulator) -> None:
    found = source(emulator, QUOTE).histories({"VOD.L": None}, NOW)["VOD.L"]
    assert isinstance(found, Failure) and found.kind is FailureKind.NO_DATA and emulator.calls() == []


def test_without_leave_a_private_network_is_not_asked(emulator: Emulator) -> None:
    house = UrlSource.open(replace(QUOTE, address=emulator.base("url_source") + "/quote/{symbol}.json"))
    found = house.quotes(["VOD.L", "AAPL"], NOW)
    assert {each.kind for each in found.values() if isinstance(each, Failure)} == {FailureKind.AUTH} and emulator.calls() == []


# ── how it may be set up ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"address": "ftp://prices.example/{symbol}"}, "address"),
        ({"address": "https://user:word@prices.example/{symbol}"}, "address"),
        ({"address": "https://{symbol}/x"}, "address"),
        ({"address": "https://{symbol}.example/{symbol}"}, "address"),
        ({"address": "https://prices.example/x"}, "address"),
        ({"address": "https://prices.example/{symbol}/{key}"}, "address"),
        ({"kind": "xml"}, "kind"),
        ({"price": ""}, "price"),
        ({"price": "a[b]"}, "price"),
        ({"price": "a..b"}, "price"),
        ({"time": "a["}, "time"),
        ({"day": "d"}, "day"),
        ({"currency": "gbp"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"factor": Decimal(0)}, "factor"),
        ({"factor": Decimal("NaN")}, "factor"),
        ({"delimiter": ";;"}, "delimiter"),
    ],
)
def test_each_field_that_is_wrong_is_named(fields: dict[str, Any], wrong: str) -> None:
    assert refused(**fields) == {wrong}


def test_all_that_is_wrong_is_named_at_once() -> None:
    assert refused(address="x", currency="?", factor=Decimal(-1)) == {"address", "currency", "factor"}
