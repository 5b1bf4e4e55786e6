"""Tables of no known broker: what is recognised, what is asked, and how the answers are used."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolios.importers import Layout
from tests.portfolios.imports.helpers import brief, read, read_text


@pytest.mark.parametrize("name", ["german.csv", "german_latin1.csv"])
def test_a_german_statement_is_recognised_down_to_its_open_type(name):
    parsed = read(name)
    assert parsed.facts.header_row == 2 and parsed.facts.delimiter == ";" and parsed.facts.decimals == "comma"
    assert [question.field for question in parsed.questions] == ["types"]
    assert parsed.layout is not None
    assert parsed.layout.columns["quantity"] == "Stück" and parsed.layout.columns["amount"] == "Betrag"
    assert parsed.layout.types == {"Kauf": "buy", "Dividende": "dividend", "Verkauf": "sell", "Vorabpauschale": ""}
    assert parsed.drafts == ()


def test_answers_complete_the_reading():
    suggested = read("german.csv").layout
    assert suggested is not None
    parsed = read("german.csv", layout=Layout(columns=suggested.columns, types={**suggested.types, "Vorabpauschale": "tax"}))
    assert [brief(draft) for draft in parsed.drafts] == [
        (3, 0, "buy", "2026-01-02", "12", "5297.86", "EUR", "4.9", ""),
        (4, 0, "dividend", "2026-01-05", "12", "18.6", "EUR", "", ""),
        (5, 0, "sell", "2026-01-14", "2", "2271.94", "EUR", "4.9", ""),
        (6, 0, "tax", "2026-01-15", "", "1.2", "EUR", "", ""),
    ]


def test_types_left_out_make_no_entry():
    suggested = read("german.csv").layout
    assert suggested is not None
    parsed = read("german.csv", layout=Layout(columns=suggested.columns, types={**suggested.types, "Vorabpauschale": "skip", "Dividende": "skip"}))
    assert [draft.number for draft in parsed.drafts] == [3, 5] and parsed.errors == ()


def test_a_type_without_meaning_is_an_error_of_its_row_with_ways_out():
    suggested = read("german.csv").layout
    assert suggested is not None
    parsed = read("german.csv", layout=suggested)
    error = parsed.errors[0]
    assert (error.number, error.code) == (6, "unknown_type")
    assert "Treat as tax" in [repair.label for repair in error.repairs]


def test_the_columns_of_our_own_export_need_no_answers():
    parsed = read("own_export.csv", base_currency="EUR")
    assert parsed.questions == () and parsed.errors == ()
    assert [brief(draft)[2:7] for draft in parsed.drafts] == [
        ("deposit", "2025-01-02", "", "1000", "EUR"),
        ("buy", "2025-01-03", "10", "256", "EUR"),
        ("split", "2025-02-03", "", "", ""),
        ("transfer_in", "2025-03-03", "3.5", "35", "EUR"),
        ("sell", "2025-04-03", "40", "279", "EUR"),
    ]
    assert parsed.drafts[2].ratio_new == 4 and parsed.drafts[3].acquired_on is not None


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("date,type,symbol,quantity,price,currency\n03/04/2026,buy,A,1,2,EUR\n", ["day_first"]),
        ("date,type,symbol,quantity,price,currency\n2026-04-03,buy,A,1,1.234,EUR\n", ["decimals"]),
        ("date,type,symbol,quantity,price\n2026-04-03,buy,A,1,1.5\n", ["currency"]),
        ("date,type,symbol,quantity,price,currency,exchange rate\n2026-04-03,buy,A,1,1.5,USD,1.16\n", ["rate_direction"]),
        ("when,what,thing,how many\nx,y,z,w\n", ["date", "type", "isin", "quantity", "currency"]),
    ],
)
def test_what_the_data_leaves_open_is_asked_and_not_guessed(text, fields):
    parsed = read_text(text)
    assert [question.field for question in parsed.questions] == fields
    assert parsed.drafts == ()


@pytest.mark.parametrize(("direction", "rate"), [("base_per_unit", Decimal("0.8")), ("unit_per_base", Decimal("1.25"))])
def test_the_direction_of_a_rate_is_used_as_answered(direction, rate):
    parsed = read_text(
        "date,type,symbol,quantity,price,currency,exchange rate\n2026-04-03,buy,A,1,1.5,USD,0.8\n",
        layout=Layout(rate_direction=direction),
        base_currency="EUR",
    )
    assert parsed.drafts[0].fx_rate == rate


def test_without_a_type_column_the_sign_of_the_units_says_buy_or_sell():
    parsed = read_text("date,symbol,quantity,price,currency\n2026-04-03,A,5,1.5,EUR\n2026-04-04,A,-2,1.5,EUR\n")
    assert [(str(draft.kind), draft.quantity) for draft in parsed.drafts] == [("buy", 5), ("sell", 2)]


def test_an_amount_before_fees_is_recognised_by_its_sum():
    parsed = read_text("date,type,symbol,quantity,price,currency,fee,amount\n2026-04-03,buy,A,10,2.5,EUR,1,25\n2026-04-04,sell,A,10,2.5,EUR,1,25\n")
    assert [draft.amount for draft in parsed.drafts] == [26, 24]


def test_a_cell_written_against_the_style_of_the_file_is_an_error_of_its_row():
    parsed = read_text(
        'date,type,symbol,quantity,price,currency\n2026-04-03,buy,A,10,2.5,EUR\n2026-04-03,buy,A,10,2.25,EUR\n2026-04-04,buy,A,10,"2,5",EUR\n'
    )
    assert [(error.number, error.code) for error in parsed.errors] == [(4, "decimal_style")]


def test_a_column_of_symbols_in_place_of_isins_is_read_as_symbols():
    parsed = read_text("date,type,isin,quantity,price,currency\n2026-04-03,buy,BTC,1,2.5,EUR\n")
    hint = parsed.drafts[0].hint
    assert hint is not None and (hint.isin, hint.symbol) == ("", "BTC")


def test_all_cells_of_a_row_that_cannot_be_read_are_told_at_once():
    text = "Date,Type,ISIN,Quantity,Price,Currency\n2026-01-02,buy,US0000001115,1,2,EUR\n2026-13-45,buy,,x,-3,EURO\n2026-01-03,buy,US0000001115,y,2,EUR\n"
    first, second = read_text(text).errors
    assert (first.number, first.column) == (3, "Date")
    assert [column for column, _ in first.more] == ["Currency", "ISIN", "Quantity", "Price"] and all(detail for _, detail in first.more)
    assert (second.column, second.more) == ("Quantity", ())
