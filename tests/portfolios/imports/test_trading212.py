"""Trading 212, layout by layout, against tables written by hand from the files."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolios.importers import Charge, Draft, detect
from tests.portfolios.imports.helpers import FILES, brief, read, read_text

EXPECTED = {
    "t212_header_currency.csv": [
        (2, 0, "deposit", "2020-05-04", "", "5000", "GBP", "", ""),
        (3, 0, "buy", "2020-05-05", "10", "500", "GBP", "", ""),
        (4, 0, "buy", "2020-06-01", "100", "250", "GBP", "", ""),
        (5, 0, "sell", "2020-09-01", "4", "249.95", "GBP", "0.05", ""),
        (6, 0, "dividend", "2020-10-02", "6", "3.95", "GBP", "", ""),
    ],
    "t212_total_currency.csv": [
        (2, 0, "deposit", "2022-01-03", "", "3000", "GBP", "", ""),
        (3, 0, "buy", "2022-01-04", "10", "400.6", "GBP", "0.6", ""),
        (4, 0, "buy", "2022-01-05", "100", "251.25", "GBP", "", "1.25"),
        (5, 0, "buy", "2022-01-05", "100", "251.25", "GBP", "", "1.25"),
        (6, 0, "interest", "2022-02-01", "", "0.42", "GBP", "", ""),
        (7, 0, "withdrawal", "2022-03-01", "", "100", "GBP", "", ""),
    ],
    "t212_same_id.csv": [
        (2, 0, "deposit", "2024-02-01", "", "2000", "GBP", "", ""),
        (3, 0, "buy", "2024-02-01", "8", "801.2", "GBP", "1.2", ""),
        (4, 0, "interest", "2024-02-02", "", "0.04", "GBP", "", ""),
        (5, 0, "interest", "2024-02-04", "", "0.75", "GBP", "", ""),
        (6, 0, "fee", "2024-02-05", "", "0.25", "GBP", "", ""),
        (7, 0, "sell", "2024-04-29", "8", "958.8", "GBP", "1.2", ""),
        (8, 0, "withdrawal", "2024-05-26", "", "900", "GBP", "", ""),
    ],
    "t212_moved_columns.csv": [
        (2, 0, "deposit", "2025-05-01", "", "10000", "GBP", "", ""),
        (3, 0, "buy", "2025-05-02", "10", "801.2", "GBP", "1.2", ""),
        (4, 0, "sell", "2025-06-27", "10", "878.64", "GBP", "1.36", ""),
        (5, 0, "buy", "2025-08-01", "20", "803.6", "GBP", "1.2", "2.4"),
        (6, 0, "withdrawal", "2025-08-02", "", "100", "GBP", "", ""),
        (6, 1, "deposit", "2025-08-02", "", "125", "USD", "", ""),
        (6, 2, "fee", "2025-08-02", "", "0.15", "GBP", "", ""),
        (7, 0, "withdrawal", "2025-08-03", "", "12.5", "GBP", "", ""),
        (8, 0, "interest", "2025-08-04", "", "0.13", "GBP", "", ""),
        (9, 0, "interest", "2025-08-05", "", "0.02", "GBP", "", ""),
    ],
    "t212_joined.csv": [
        (2, 0, "deposit", "2023-11-06", "", "500", "EUR", "", ""),
        (3, 0, "buy", "2023-11-07", "40", "80", "EUR", "", ""),
        (4, 0, "dividend", "2024-01-12", "0.03", "18", "EUR", "", ""),
        (5, 0, "transfer_in", "2025-01-23", "11.5", "", "", "", ""),
        (6, 0, "transfer_in", "2025-02-27", "100", "350", "EUR", "", ""),
        (7, 0, "transfer_out", "2025-02-28", "100", "", "", "", ""),
        (9, 0, "split", "2025-03-24", "", "", "", "", ""),
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_row_of_the_layout_becomes_the_entry_written_beside_it(name):
    parsed = read(name)
    assert parsed.format == "trading212"
    assert [brief(draft) for draft in parsed.drafts] == EXPECTED[name]
    assert parsed.errors == ()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_draft_survives_being_stored(name):
    for draft in read(name).drafts:
        assert Draft.from_json(draft.to_json()) == draft


def _draft(name: str, number: int) -> Draft:
    return next(draft for draft in read(name).drafts if draft.number == number)


def test_a_price_in_pence_becomes_pounds():
    brvo = _draft("t212_header_currency.csv", 4)
    assert (brvo.price, brvo.currency) == (Decimal("2.5"), "GBP")


def test_tax_withheld_in_another_currency_is_handed_on_and_not_added_to_pounds():
    dividend = _draft("t212_header_currency.csv", 6)
    assert dividend.taxes is None
    assert dividend.charges == (Charge("tax", Decimal("0.90"), "USD"),)


def test_a_fee_in_the_currency_of_the_price_is_turned_by_the_rate_of_the_row():
    sale = _draft("t212_moved_columns.csv", 4)  # 0.05 USD / 1.25 = 0.04 GBP beside 1.32 GBP
    assert sale.fees == Decimal("1.36") and sale.warnings == ()


def test_equal_ids_of_a_buy_and_its_sale_are_two_identities():
    buy, sale = _draft("t212_same_id.csv", 3), _draft("t212_same_id.csv", 7)
    assert buy.external_id == sale.external_id == "EOF9"
    assert buy.identity != sale.identity


def test_two_equal_fills_have_equal_identities_and_are_both_kept():
    fills = [draft for draft in read("t212_total_currency.csv").drafts if draft.number in (4, 5)]
    assert len(fills) == 2 and fills[0].identity == fills[1].identity


def test_split_rows_are_one_split_by_the_ratio_of_their_share_counts():
    parsed = read("t212_joined.csv")
    split = parsed.drafts[-1]
    assert (split.ratio_new, split.ratio_old) == (1, 4)
    assert [(row.number, row.detail) for row in parsed.folded] == [(8, "Booked with row 9 as one split.")]


def test_a_conversion_carries_both_legs():
    leg = _draft("t212_moved_columns.csv", 6)
    assert leg.exchange is not None
    assert (leg.exchange.given, leg.exchange.given_currency, leg.exchange.taken, leg.exchange.taken_currency) == (100, "GBP", 125, "USD")


def test_a_dividend_total_that_is_still_in_pence_says_so():
    assert "in pence" in _draft("t212_joined.csv", 4).warnings[0]


def test_a_missing_half_of_a_split_is_an_error_of_its_row():
    lines = (FILES / "t212_joined.csv").read_text().splitlines()
    parsed = read_text("\n".join([lines[0], lines[7]]))
    assert [(error.number, error.code) for error in parsed.errors] == [(2, "split_unpaired")]


HEADER = "Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total),Notes,ID\n"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("Market buy,2025-01-02 10:00:00,US0000001115,ALFA,A,10,5,USD,1.25,60.00,GBP,,1", "Total", "amounts_disagree"),
        ("Market buy,2025-01-02 10:00:00,US0000001115,ALFA,A,10,5,XQQ,1.25,40.00,GBP,,1", "Currency (Price / share)", "unknown_currency"),
        ("Market buy,2025-01-02 10:00:00,US0000001115,ALFA,A,0,5,USD,1.25,40.00,GBP,,1", "No. of shares", "zero"),
        ("Market buy,2025-01-02 10:00:00,US0000001115,ALFA,A,NaN,5,USD,1.25,40.00,GBP,,1", "No. of shares", "not_a_number"),
        ("Market buy,2025-01-02 10:00:00,US0000001115,ALFA,A,10,0,USD,1.25,40.00,GBP,,1", "Price / share", "zero"),
        ("Market buy,2025-01-02 10:00:00,US0000001115,ALFA,A,10,5,USD,-1,40.00,GBP,,1", "Exchange rate", "bad_rate"),
        ("Market buy,2025-01-02 10:00:00,US00,ALFA,A,10,5,USD,1.25,40.00,GBP,,1", "ISIN", "bad_isin"),
        ("Market buy,2027-01-02 10:00:00,US0000001115,ALFA,A,10,5,USD,1.25,40.00,GBP,,1", "Time", "future"),
        ("Market buy,,US0000001115,ALFA,A,10,5,USD,1.25,40.00,GBP,,1", "Time", "missing"),
        ("Moon landing,2025-01-02 10:00:00,,,,,,,,40.00,GBP,,1", "Action", "unknown_type"),
        ("Deposit,2025-01-02 10:00:00,,,,,,,,,GBP,,1", "Total", "missing"),
        ("Deposit,2025-01-02 10:00:00,,,,,,,,1,GBP,,1,surplus", "", "too_many_cells"),
    ],
)
def test_a_bad_row_names_its_number_column_and_reason_and_the_others_are_read(row, column, code):
    good = "Deposit,2025-01-01 10:00:00,,,,,,,,100.00,GBP,,0"
    parsed = read_text(f"{HEADER}{good}\n{row}\n")
    assert [draft.number for draft in parsed.drafts] == [2]
    assert [(error.number, error.column, error.code) for error in parsed.errors] == [(3, column, code)]
    assert parsed.errors[0].detail and parsed.errors[0].cells


def test_an_amount_a_little_off_is_a_remark_and_the_amount_of_the_file_is_kept():
    parsed = read_text(HEADER + "Market buy,2025-01-02 10:00:00,US0000001115,ALFA,A,10,5,USD,1.25,40.05,GBP,,1\n")
    assert parsed.drafts[0].amount == Decimal("40.05")
    assert "come to 40.00 GBP; the file says 40.05 GBP" in parsed.drafts[0].warnings[0]


def test_a_file_saved_again_with_semicolons_and_decimal_commas_is_read_the_same():
    lines = (FILES / "t212_total_currency.csv").read_text().splitlines()
    again = "\n".join([lines[0].replace(",", ";"), *(line.replace(",", ";").replace(".", ",").replace(",000;", ".000;", 1) for line in lines[1:])])
    original = read("t212_total_currency.csv")
    parsed = read_text(again)
    assert [(d.kind, d.quantity, d.amount, d.fees) for d in parsed.drafts] == [(d.kind, d.quantity, d.amount, d.fees) for d in original.drafts]


def test_a_correction_of_a_cell_is_read_in_its_place():
    parsed = read_text(HEADER + "Deposit,2025-13-01,,,,,,,,5,GBP,,1\n", corrections={2: {"Time": "2025-11-01"}})
    assert parsed.errors == () and parsed.drafts[0].day.isoformat() == "2025-11-01"


def test_the_format_is_known_by_the_names_of_its_columns():
    for name in EXPECTED:
        found = detect((FILES / name).read_bytes())
        assert found is not None and found.key == "trading212"
