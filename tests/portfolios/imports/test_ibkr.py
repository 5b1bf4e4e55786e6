"""Interactive Brokers' Flex queries, against tables written by hand from the files."""

from __future__ import annotations

from decimal import Decimal

from portfolios.importers import Draft, detect
from tests.portfolios.imports.helpers import FILES, brief, read, read_text

TRADES = [
    (2, 0, "buy", "2023-01-05", "100", "5026", "USD", "1", ""),
    (3, 0, "buy", "2023-01-05", "100", "5026", "USD", "1", ""),
    (4, 0, "sell", "2023-03-01", "40", "2398.95", "USD", "1.05", ""),
    (5, 0, "buy", "2023-03-02", "5", "1002.5", "CHF", "", ""),
    (5, 1, "fee", "2023-03-02", "", "2.5", "USD", "", ""),
    (6, 0, "withdrawal", "2023-03-03", "", "1000", "CHF", "", ""),
    (6, 1, "deposit", "2023-03-03", "", "1100", "USD", "", ""),
    (6, 2, "fee", "2023-03-03", "", "1.8", "CHF", "", ""),
]
CASH = [
    (2, 0, "dividend", "2023-06-23", "", "42.5", "USD", "", "7.5"),
    (4, 0, "dividend", "2023-09-13", "", "19.5", "CHF", "", "10.5"),
    (7, 0, "tax", "2023-10-01", "", "-2.5", "USD", "", ""),
    (9, 0, "dividend", "2025-06-25", "", "455", "JPY", "", ""),
    (10, 0, "fee", "2025-07-03", "", "3.21", "USD", "", ""),
    (11, 0, "deposit", "2025-07-04", "", "1000", "USD", "", ""),
]


def test_trades_become_the_entries_written_beside_them():
    parsed = read("flex_trades.csv")
    assert [brief(draft) for draft in parsed.drafts] == TRADES


def test_an_exchange_whose_other_currency_nothing_names_asks_for_the_symbol():
    errors = read("flex_trades.csv").errors
    assert [(error.number, error.code) for error in errors] == [(7, "currency_not_named")]
    assert "Symbol" in errors[0].detail


def test_an_exchange_taken_from_the_commission_currency_says_that_it_is_assumed():
    leg = next(draft for draft in read("flex_trades.csv").drafts if draft.number == 6)
    assert leg.exchange is not None and leg.exchange.assumed
    assert "does not name the currency" in leg.warnings[0]


def test_an_exchange_with_a_symbol_needs_no_assumption():
    text = "Buy/Sell,TradeDate,Symbol,ISIN,Quantity,TradePrice,TradeMoney,CurrencyPrimary,IBCommission,IBCommissionCurrency\n"
    parsed = read_text(text + 'BUY,"20240105;101500",EUR.USD,,500,1.1,550,USD,-2,CHF\n')
    assert [brief(draft)[2:7] for draft in parsed.drafts] == [
        ("withdrawal", "2024-01-05", "", "550", "USD"),
        ("deposit", "2024-01-05", "", "500", "EUR"),
        ("fee", "2024-01-05", "", "2", "CHF"),
    ]
    assert parsed.drafts[0].exchange is not None and not parsed.drafts[0].exchange.assumed


def test_summaries_and_repeated_headers_are_not_booked():
    text = (
        "Buy/Sell,TradeDate,Symbol,ISIN,Quantity,TradePrice,TradeMoney,CurrencyPrimary,IBCommission,IBCommissionCurrency,LevelOfDetail\n"
        "BUY,20240105,ALFA,US0000001115,5,10,50,USD,-1,USD,EXECUTION\n"
        "BUY,20240105,ALFA,US0000001115,5,10,50,USD,-1,USD,ORDER\n"
        "SELL,20240106,ALFA,US0000001115,5,10,50,USD,-1,USD,CLOSED_LOT\n"
    )
    parsed = read_text(text)
    assert [draft.number for draft in parsed.drafts] == [2]
    assert [row.number for row in parsed.folded] == [3, 4]


def test_a_commission_given_back_is_a_negative_fee_beside_the_trade():
    text = "Buy/Sell,TradeDate,ISIN,Quantity,TradePrice,TradeMoney,CurrencyPrimary,IBCommission,IBCommissionCurrency\n"
    parsed = read_text(text + "BUY,20240105,US0000001115,5,10,50,USD,0.35,USD\n")
    assert [(str(d.kind), d.amount) for d in parsed.drafts] == [("buy", Decimal(50)), ("fee", Decimal("-0.35"))]


def test_options_are_refused_by_row():
    text = "Buy/Sell,TradeDate,AssetClass,ISIN,Symbol,Quantity,TradePrice,TradeMoney,CurrencyPrimary,IBCommission,IBCommissionCurrency\n"
    parsed = read_text(text + "BUY,20240105,OPT,,ALFA  240119C00010000,1,2,200,USD,-1,USD\n")
    assert [(error.number, error.code) for error in parsed.errors] == [(2, "unsupported_asset")]


def test_dividends_take_the_tax_of_their_day_and_amount_per_share():
    parsed = read("flex_cash.csv")
    assert [brief(draft) for draft in parsed.drafts] == CASH
    assert {row.number: row.detail for row in parsed.folded} == {
        3: "Booked with row 2 as tax withheld.",
        6: "Booked with row 4 as tax withheld.",
        8: "Netted with row 7.",
    }


def test_return_of_capital_asks_and_can_be_recorded_as_a_dividend():
    error = read("flex_cash.csv").errors[0]
    assert (error.number, error.code) == (5, "return_of_capital")
    repair = error.repairs[0]
    parsed = read("flex_cash.csv", corrections={5: {repair.column: repair.text}})
    assert parsed.errors == ()
    assert brief(next(draft for draft in parsed.drafts if draft.number == 5))[2:7] == ("dividend", "2023-09-13", "", "3.5", "CHF")


def test_tax_booked_again_with_another_amount_leaves_the_dividend_itself():
    lines = (FILES / "flex_cash.csv").read_text().splitlines()
    before, after = (read_text("\n".join([lines[0], lines[1], lines[2].replace('"-7.5"', f'"{tax}"')])).drafts[0] for tax in ("-7.5", "-15"))
    assert before.amount != after.amount and before.identity == after.identity


def test_drafts_survive_being_stored():
    for name in ("flex_trades.csv", "flex_cash.csv"):
        for draft in read(name).drafts:
            assert Draft.from_json(draft.to_json()) == draft


def test_the_formats_are_known_by_the_names_of_their_columns():
    assert [getattr(detect((FILES / name).read_bytes()), "key", None) for name in ("flex_trades.csv", "flex_cash.csv", "german.csv")] == [
        "ibkr_flex_trades",
        "ibkr_flex_cash",
        None,
    ]
