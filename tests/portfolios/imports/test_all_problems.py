"""All that is wrong with a row is told at once, each with its column, in every format: nobody mends a file one cell at a time."""

from __future__ import annotations

import pytest

from portfolios.importers import RowError
from tests.portfolios.imports.helpers import read_text

T212 = "Action,Time,ISIN,Ticker,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total)\n"
FLEX = "ISIN,Symbol,Buy/Sell,TradeDate,Quantity,TradePrice,TradeMoney,CurrencyPrimary,Multiplier\n"
CASH = "Type,SettleDate,Amount,CurrencyPrimary,ISIN,Symbol,Description\n"
TABLE = "Date,Type,ISIN,Symbol,Quantity,Price,Fees,Amount,Currency\n2026-01-02,buy,,OK,1,2,,,EUR\n2026-01-03,sell,,OK,1,2.5,,,EUR\n"


def told(text: str) -> list[tuple[str, str]]:
    """(column, what is wrong) of the one row that is refused, the first first."""
    (error,) = read_text(text).errors
    assert isinstance(error, RowError)
    return [(error.column, error.detail), *error.more]


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("Market buy,2025-13-02,US00000011,,x,0,,-1,,GBP", ["ISIN", "No. of shares", "Price / share", "Currency (Price / share)", "Total", "Exchange rate", "Time"]),
        ("Market sell,,,,,,,,,", ["ISIN", "No. of shares", "Price / share", "Currency (Price / share)", "Total", "Time"]),
        ("Dividend (Ordinary),,,,1,x,EUR,,0,EUR", ["ISIN", "Total", "Price / share", "Time"]),
        ("Deposit,2025-02-30,,,,,,,,", ["Total", "Time"]),
        ("Currency conversion,2030-01-01,,,,,,,,", ["Currency conversion from amount", "Currency conversion to amount", "Time"]),
        ("Transfer in,,,,0,,,,,", ["ISIN", "No. of shares", "Currency (Price / share)", "Time"]),
        ("Stock split open,2025-13-02,,,0,,,,,", ["ISIN", "No. of shares", "Time"]),
        ("Moon landing,2025-13-02,,,many,,,,much,EUR", ["Action", "Time", "No. of shares", "Total"]),
    ],
)  # fmt: skip
def test_trading_212(row: str, columns: list[str]) -> None:
    header = T212.rstrip("\n") + ",Currency conversion from amount,Currency conversion to amount\n" if "conversion" in row else T212
    found = told(f"{header}{row}\n")
    assert sorted(column.casefold() for column, _ in found) == sorted(column.casefold() for column in columns)
    assert all(detail.endswith(".") for _, detail in found)


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("US00000011,A,HOLD,20251399,0,x,,,100", ["Buy/Sell", "ISIN", "Quantity", "TradePrice", "CurrencyPrimary", "Multiplier", "TradeDate"]),
        ("US0000001115,A,BUY,,10,5,900,EUR,1", ["TradeMoney", "TradeDate"]),
        (",,SELL,20300101,0,1.1,,USD,1", ["Quantity", "Symbol", "TradeDate"]),
    ],
)
def test_trades_of_interactive_brokers(row: str, columns: list[str]) -> None:
    assert sorted(column for column, _ in told(f"{FLEX}{row}\n")) == sorted(columns)


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("Gift,20251399,0,,US00000011,A,", ["Type", "SettleDate", "Amount", "CurrencyPrimary", "ISIN"]),
        ("Dividends,,x,EURO,,,", ["SettleDate", "Amount", "CurrencyPrimary", "ISIN"]),
        ("Dividends,20300101,5,EUR,,,A RETURN OF CAPITAL", ["SettleDate", "ISIN", "Type"]),
    ],
)
def test_cash_of_interactive_brokers(row: str, columns: list[str]) -> None:
    assert sorted(column for column, _ in told(f"{CASH}{row}\n")) == sorted(columns)


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("2026-13-45,,,A,y,x,z,,EURO", ["Type", "Date", "Currency", "Quantity", "Price", "Fees"]),
        ("2030-01-01,dividend,,,,,x,,", ["Date", "Currency", "ISIN", "Fees", "Amount"]),
        ("2026-13-45,buy,,A,10,2,,90,EUR", ["Date", "Amount"]),
        ("2026-01-05,buy,,A,x,2,,90,EUR", ["Quantity"]),
    ],
)  # fmt: skip
def test_any_table(row: str, columns: list[str]) -> None:
    assert sorted(column for column, _ in told(f"{TABLE}{row}\n")) == sorted(columns)


def test_a_sum_that_does_not_agree_is_told_unless_something_stands_in_for_a_part_of_it() -> None:
    good = "Market buy,{time},US0000001115,A,10,5,USD,{rate},900,GBP\n"
    assert [column for column, _ in told(T212 + good.format(time="2025-13-02", rate="1.25"))] == ["Total", "Time"]
    assert [column for column, _ in told(T212 + good.format(time="2025-13-02", rate="x"))] == ["Exchange rate", "Time"]


def test_our_own_export_tells_lots_and_legs_beside_the_rest() -> None:
    header = "row,date,type,symbol,quantity,price,settlement_currency,given_amount,reinvested_quantity,legs,lots,cost_share\n"
    found = told(f'{header}1,2025-13-02,nonsense,A,x,1,EUR,,,"[{{""ratio_new"": ""y""}}]","[{{""row"": 1}}]",\n')
    assert sorted(column for column, _ in found) == ["date", "legs", "lots", "quantity", "type"]
