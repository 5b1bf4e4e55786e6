"""When what trades.  Days and hours are those that the exchanges published."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from market.choices import AssetClass
from market.exchanges import EXCHANGES, known_exchange, shown_exchange
from market.hours import closes_at, is_open, is_session, last_open, session_of


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("exchange", "moment", "expected"),
    [
        ("XNAS", "2026-11-20 15:00", True),
        ("NASDAQ", "2026-11-20 14:29", False),  # opens at 09:30 in New York
        ("XNYS", "2026-07-10 13:30", True),  # summer time
        ("XNYS", "2026-11-26 15:00", False),  # Thanksgiving
        ("XNYS", "2026-11-27 18:30", False),  # closes at 13:00 the day after
        ("XLON", "2026-12-25 12:00", False),
        ("XETR", "2026-11-20 16:00", True),
        ("XHKG", "2026-11-21 03:00", False),  # a Saturday
    ],
)
def test_an_exchange_is_open_in_its_own_hours(exchange: str, moment: str, expected: bool) -> None:
    assert is_open(exchange, AssetClass.STOCK, at(moment)) is expected


def test_a_price_of_the_close_is_as_new_as_can_be_until_the_next_morning() -> None:
    assert last_open("XNYS", AssetClass.STOCK, at("2026-11-22 12:00")) == at("2026-11-20 21:00")
    assert last_open("XNYS", AssetClass.STOCK, at("2026-11-20 16:00")) == at("2026-11-20 16:00")
    assert last_open("XLON", AssetClass.STOCK, at("2026-12-27 12:00")) == at("2026-12-24 12:30")  # half a day before Christmas


def test_coins_trade_always() -> None:
    sunday = at("2026-11-22 03:00")
    assert is_open("", AssetClass.CRYPTO, sunday)
    assert last_open("", AssetClass.CRYPTO, sunday) == sunday
    assert session_of("", AssetClass.CRYPTO, sunday) == date(2026, 11, 22)


def test_a_fund_has_one_price_a_day_after_its_time() -> None:
    assert not is_open("", AssetClass.FUND, at("2026-11-20 15:00"))
    assert last_open("", AssetClass.FUND, at("2026-11-20 15:00")) == at("2026-11-19 22:00")
    assert last_open("", AssetClass.FUND, at("2026-11-22 15:00")) == at("2026-11-20 22:00")


def test_what_trades_nowhere_known_is_open_on_weekdays() -> None:
    assert is_open("Somewhere", AssetClass.STOCK, at("2026-11-20 03:00"))
    assert not is_open("Somewhere", AssetClass.STOCK, at("2026-11-21 03:00"))
    assert last_open("", AssetClass.STOCK, at("2026-11-22 15:00")) == at("2026-11-21 00:00")


def test_a_price_belongs_to_the_trading_day_of_its_exchange() -> None:
    assert session_of("XNYS", AssetClass.STOCK, at("2026-11-20 21:00")) == date(2026, 11, 20)
    assert session_of("XNYS", AssetClass.STOCK, at("2026-11-22 12:00")) == date(2026, 11, 20)
    assert session_of("XASX", AssetClass.STOCK, at("2026-11-19 23:30")) == date(2026, 11, 20)  # Friday morning in Sydney


def test_a_day_closes_when_its_exchange_does() -> None:
    assert closes_at("XNYS", AssetClass.STOCK, date(2026, 11, 20)) == at("2026-11-20 21:00")
    assert closes_at("XNYS", AssetClass.STOCK, date(2026, 11, 27)) == at("2026-11-27 18:00")
    assert closes_at("XASX", AssetClass.STOCK, date(2026, 11, 20)) == at("2026-11-20 05:00")
    assert closes_at("", AssetClass.CRYPTO, date(2026, 11, 20)) == closes_at("", AssetClass.STOCK, date(2026, 11, 20)) == at("2026-11-21 00:00")


def test_holidays_are_no_trading_days() -> None:
    assert not is_session("XNYS", AssetClass.STOCK, date(2026, 11, 26))
    assert is_session("XNYS", AssetClass.STOCK, date(2026, 11, 27))
    assert is_session("", AssetClass.CRYPTO, date(2026, 12, 25))


@pytest.mark.parametrize("exchange", sorted(EXCHANGES))
def test_every_exchange_answers(exchange: str) -> None:
    assert last_open(exchange, AssetClass.STOCK, at("2026-11-20 12:00")) <= at("2026-11-20 12:00")
    assert session_of(exchange, AssetClass.STOCK, at("2026-11-20 12:00")) <= date(2026, 11, 20)


def test_an_exchange_is_known_by_its_code_and_by_its_names() -> None:
    assert known_exchange("xetra") is known_exchange("XETR") is EXCHANGES["XETR"]
    assert known_exchange("Nowhere") is None
    assert shown_exchange("XLON") == "London" and shown_exchange("Nowhere") == "Nowhere"
