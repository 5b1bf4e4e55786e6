"""What Yahoo tells beside prices: symbols, exchanges, search, profiles; and the messages of its stream."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from market.providers.base import Weight
from market.providers.failures import BadAnswer, NoData
from market.providers.web import Reply
from market.providers.yahoo import symbol_for
from market.providers.yahoo.exchanges import asset_class, mic_of, ticker_and_mic
from market.providers.yahoo.reference import found_in, profile_of
from market.providers.yahoo.stream import quote_in
from market.providers.yahoo.symbols import askable, in_path

D = Decimal


def exact(value: Any) -> Any:
    """As it arrives: JSON with exact numbers."""
    return Reply(200, "application/json", json.dumps(value).encode()).json()


def test_marks_of_indices_and_currencies_are_encoded_in_a_path() -> None:
    assert (in_path("^gspc"), in_path("EURUSD=X")) == ("%5EGSPC", "EURUSD%3DX")


@pytest.mark.parametrize("symbol", ["", "..", "A,B", "A/B", "A B", "A?x=1", "É", "A" * 40, "^", "A=B=C"])
def test_what_would_break_out_of_a_path_or_a_list_is_not_asked(symbol: str) -> None:
    assert not askable(symbol)


@pytest.mark.parametrize("symbol", ["AAPL", "BRK-B", "VOD.L", "^GSPC", "EURUSD=X", "GC=F", "BTC-USD", "0P000071W8.TO", "0700.HK", "M&M.NS"])
def test_symbols_of_all_forms_can_be_asked_for(symbol: str) -> None:
    assert askable(symbol)


@pytest.mark.parametrize(
    ("ticker", "mic", "symbol"),
    [
        ("AAPL", "XNAS", "AAPL"),
        ("BRK.B", "XNYS", "BRK-B"),
        ("VOD", "XLON", "VOD.L"),
        ("BT.A", "XLON", "BT-A.L"),
        ("BP.", "XLON", "BP.L"),
        ("700", "XHKG", "0700.HK"),
        ("ERIC B", "XSTO", "ERIC-B.ST"),
        ("SAP", "XETR", "SAP.DE"),
        ("AAPL", "XXXX", None),
    ],
)
def test_a_ticker_at_an_exchange_has_one_symbol(ticker: str, mic: str, symbol: str | None) -> None:
    assert symbol_for(ticker, mic) == symbol


def test_a_suffix_tells_the_exchange_and_a_share_class_does_not() -> None:
    assert ticker_and_mic("VOD.L") == ("VOD", "XLON")
    assert ticker_and_mic("6488.TWO") == ("6488", "ROCO")
    assert ticker_and_mic("BRK-B") == ("BRK-B", "")
    assert ticker_and_mic("0RQ6.XX") == ("0RQ6.XX", "")


def test_codes_are_told_as_mic_and_types_as_classes() -> None:
    assert [mic_of(code) for code in ("NMS", "NYQ", "LSE", "GER", "CCC", "", None)] == ["XNAS", "XNYS", "XLON", "XETR", "", "", ""]
    assert [asset_class(kind, code) for kind, code in (("FUTURE", "CMX"), ("FUTURE", "CME"), ("OPTION", "OPR"), ("ETF", "PCX"))] == [
        "commodity",
        "other",
        "",
        "etf",
    ]


def test_a_search_leaves_out_options_and_firms_and_tells_no_currency() -> None:
    hits = [
        {"symbol": "X", "quoteType": "EQUITY", "exchange": "LSE", "shortname": "X PLC   ORD", "isYahooFinance": True},
        {"symbol": "X250620P00210000", "quoteType": "OPTION", "exchange": "OPR", "isYahooFinance": True},
        {"index": "abc", "name": "X firm", "permalink": "x", "isYahooFinance": False},
    ]
    found = found_in({"quotes": hits})
    assert [(each.symbol, each.name, each.exchange, each.currency) for each in found] == [("X", "X PLC ORD", "XLON", "")]


def test_a_fund_has_the_weights_of_its_sectors_and_holdings_raw_or_formatted() -> None:
    top = {
        "sectorWeightings": [{"realestate": 0.02}, {"consumer_cyclical": {"raw": 0.1, "fmt": "10%"}}, {"utilities": 0}],
        "holdings": [{"symbol": "AAPL", "holdingName": "Apple Inc", "holdingPercent": 0.0712}],
    }
    found = profile_of(exact({"result": [{"topHoldings": top, "price": {"shortName": 'Fund - e",', "quoteType": "ETF", "currency": "GBp"}}]}), "X")
    assert found.weights == (
        Weight("sector", "Real estate", D("0.02")),
        Weight("sector", "Consumer discretionary", D("0.1")),
        Weight("holding", "Apple Inc", D("0.0712")),
    )
    assert (found.name, found.asset_class, found.currency) == ("Fund - e", "etf", "GBP")


def test_a_weight_in_percent_is_refused() -> None:
    with pytest.raises(BadAnswer):
        profile_of(exact({"result": [{"topHoldings": {"holdings": [{"symbol": "A", "holdingPercent": 7.12}]}}]}), "X")


# ── stream ──────────────────────────────────────────────────────────────────

MESSAGE = "CgdCVEMtVVNEFYoMuUcYwLCVgIplIgNVU0QqA0NDQzApOAFFPWrEP0iAgOrxvANVx/25R12csrRHZYD8skR9/7i0R7ABgIDq8bwD2AEE4AGAgOrxvAPoAYCA6vG8A/IBA0JUQ4ECAAAAwPrjckGJAgAA2P5ZT3tC"


def test_a_frame_of_the_second_version_holds_the_same_message_in_json() -> None:
    found = quote_in(json.dumps({"type": "pricing", "message": MESSAGE}))
    assert found == quote_in(MESSAGE)
    assert found is not None and found.price == D("94745.08")  # 94745.078125 in single precision
    assert quote_in('{"type": "heartbeat"}') is None


@pytest.mark.parametrize(
    "frame", ["{", "¤¤", MESSAGE[:-20], "CgdC", "////", "A" * 20_000, '{"type": "pricing", "message": "%%"}', "gICAgICAgICAgICAgICAAQ=="]
)
def test_a_broken_frame_is_a_bad_answer(frame: str) -> None:
    with pytest.raises((BadAnswer, NoData)):
        quote_in(frame)
