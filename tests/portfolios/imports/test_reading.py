"""Bytes to text, text to rows, cells to numbers and days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portfolios.importers import CellProblem, Options, Unreadable
from portfolios.importers.reading import (
    Decimals,
    Row,
    Table,
    cells_of,
    day_order,
    decimal_evidence,
    decode,
    read_moment,
    read_number,
    records_of,
    sniff_delimiter,
)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("Kürzel,Wert\n".encode(), "UTF-8"),
        ("Kürzel,Wert\n".encode("utf-8-sig"), "UTF-8"),
        ("Kürzel,Wert\n".encode("utf-16"), "UTF-16"),
        ("Kürzel,Wert\n".encode("utf-32"), "UTF-32"),
        ("Kürzel,Wert,a,b,c\n".encode("utf-16-le"), "UTF-16"),
        ("Kürzel,Wert,a,b,c\n".encode("utf-16-be"), "UTF-16"),
        ("Kürzel,Wert €\n".encode("cp1252"), "Windows-1252"),
        (b"K\x81rzel,Wert\n", "ISO-8859-1"),
    ],
)
def test_the_encoding_is_found_from_the_bytes(data, encoding):
    text = decode(data)
    assert text.encoding == encoding
    assert text.content.startswith("K") and "rzel,Wert" in text.content


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"PK\x03\x04" + b"xl/workbook.xml" + b"\x00" * 90, "Excel workbook"),
        (b"PK\x03\x04" + b"a.csv" + b"\x00" * 90, "zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel file of the old kind"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"\x89PNG\r\n", "picture"),
        (b"MZ\x90\x00\x03", "program"),
        (b"<FlexQueryResponse>", "XML"),
        (b'{"a": 1}', "JSON"),
        (b"OFXHEADER:100", "OFX"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(head, word):
    with pytest.raises(Unreadable, match=word):
        decode(head)


def test_a_text_that_begins_like_a_program_is_read():
    assert decode(b"MZ,BZh\n1,2\n").content == "MZ,BZh\n1,2\n"


def test_a_nul_is_refused_with_its_row():
    with pytest.raises(Unreadable, match="Row 3: a NUL"):
        decode(b"a,b\n1,2\n3,\x004\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_cuts_even_columns(delimiter):
    lines = ["date;x,kind".replace(";x,", delimiter), *(f"2026-01-0{n}{delimiter}1,5 a;b" for n in range(1, 9))]
    if delimiter == ",":
        lines = ["date,kind", "2026-01-01,buy", "2026-01-02,sell"]
    assert sniff_delimiter("\n".join(lines)) == delimiter


def test_rows_are_numbered_by_the_line_they_begin_on_also_after_a_line_break_inside_quotes():
    rows = list(records_of('a,b\n"one\ntwo",2\n\n3,4\r5,6\r\n', ",", 100))
    assert [(row.number, row.cells) for row in rows] == [(1, ("a", "b")), (2, ("one\ntwo", "2")), (5, ("3", "4")), (6, ("5", "6"))]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('a,b\n1,2\n3,"open\n5,6\n', "Row 3: a quote that opens here never closes"),
        ('a,b\n1,2\n3,"x"y\n', "Row 3: the quotes of this row do not match"),
        ("a,b\n1,2\n" + "9" * 300_000 + ",1\n", "Row 3: the line is 300,00"),
        ('a,b\n1,2\n3,"' + "x\n" * 100_000, "Row 3: a cell that begins here is too long"),
        ("a,b\n1,2\n" + "," * 900 + "\n1", "Row 3: the row has 901 columns"),
        ("a,b\n" + "1,2\n" * 200, "Row 141: the file has more than 100 rows"),
    ],
)
def test_a_damaged_or_oversized_file_is_refused_with_the_row(text, sentence):
    with pytest.raises(Unreadable, match=sentence):
        list(records_of(text, ",", 100))


# ── numbers ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("1234.5", "point", "1234.5"),
        ("1,234.50", "point", "1234.50"),
        ("1.234,50", "comma", "1234.50"),
        ("1.234", "point", "1.234"),
        ("1.234", "comma", "1234"),
        ("1 234,5", "comma", "1234.5"),
        ("1\u00a0234,5", "comma", "1234.5"),
        ("1'234.50", "point", "1234.50"),
        ("1’234.50", "point", "1234.50"),
        ("−4.00", "point", "-4.00"),
        ("(1,234.56)", "point", "-1234.56"),
        ("-$694.48", "point", "-694.48"),
        ("$-694.48", "point", "-694.48"),
        ("€ 12,50", "comma", "12.50"),
        ("12,50 EUR", "comma", "12.50"),
        ("12.50-", "point", "-12.50"),
        ('="12.5"', "point", "12.5"),
        ("1E-7", "point", "0.0000001"),
        (".5", "point", "0.5"),
        ("0.0000000000", "point", "0"),
    ],
)
def test_numbers_are_read_exactly(text, style, value):
    assert read_number(text, Decimals(style)) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NaN", "not_a_number"),
        ("sNaN", "not_a_number"),
        ("Infinity", "not_a_number"),
        ("-inf", "not_a_number"),
        ("1e400", "not_exact"),
        ("1e-400", "not_exact"),
        ("0x1F", "not_a_number"),
        ("1_000", "not_a_number"),
        ("١٢٣", "not_a_number"),
        ("１２", "not_a_number"),
        ("1,23.4", "not_a_number"),
        ("1,2345", "decimal_style"),
        ("1.234,50", "decimal_style"),
        ("12,5", "decimal_style"),
        ("--5", "not_a_number"),
        ("5%", "not_a_number"),
        ("=1+1", "formula"),
        ("@SUM(A1)", "formula"),
        ("+cmd|' /C calc'!A0", "not_a_number"),
        ("9" * 30, "not_exact"),
        ("0." + "1" * 19, "not_exact"),
        ("1" * 100, "not_a_number"),
        ("ten", "not_a_number"),
    ],
)
def test_odd_numbers_are_refused_each_with_its_reason(text, code):
    with pytest.raises(CellProblem) as caught:
        read_number(text, Decimals.POINT)
    assert caught.value.code == code and caught.value.detail


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        (["1.234", "12.5"], Decimals.POINT),
        (["1.234", "12,5"], Decimals.COMMA),
        (["1.234.567"], Decimals.COMMA),
        (["1,234,567"], Decimals.POINT),
        (["0,123"], Decimals.COMMA),
        (["0.123"], Decimals.POINT),
        (["1.234", "5.678", "12"], None),
    ],
)
def test_the_decimal_mark_is_decided_by_the_cells_that_prove_one(cells, style):
    assert decimal_evidence(cells).style == style


def test_a_number_that_can_be_read_both_ways_is_named():
    assert decimal_evidence(["12", "1.234"]).ambiguous == "1.234"


# ── days ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "day_first", "day"),
    [
        ("2026-03-31", None, date(2026, 3, 31)),
        ("2026/03/31", None, date(2026, 3, 31)),
        ("20260331", None, date(2026, 3, 31)),
        ("20260331;093005", None, date(2026, 3, 31)),
        ("31.03.2026", None, date(2026, 3, 31)),
        ("31/03/2026", None, date(2026, 3, 31)),
        ("03/04/2026", True, date(2026, 4, 3)),
        ("03/04/2026", False, date(2026, 3, 4)),
        ("04/04/2026", None, date(2026, 4, 4)),
        ("31 Mar 2026", None, date(2026, 3, 31)),
        ("Mar 31, 2026", None, date(2026, 3, 31)),
        ("31/03/26", True, date(2026, 3, 31)),
        ("31/03/99", True, date(1999, 3, 31)),
        ("2024-02-29", None, date(2024, 2, 29)),
    ],
)
def test_days_are_read_in_the_usual_forms(text, day_first, day):
    assert read_moment(text, day_first).day == day


def test_a_time_with_a_zone_becomes_utc_and_the_day_stays_the_one_written():
    moment = read_moment("2026-03-31T23:30:00.250-05:00", None)
    assert moment.day == date(2026, 3, 31)
    assert moment.time == datetime(2026, 4, 1, 4, 30, 0, 250000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("13/13/2024", "no_such_date"),
        ("2026-11-31", "no_such_date"),
        ("2023-02-29", "no_such_date"),
        ("03/04/2026", "ambiguous_date"),
        ("1850-01-01", "no_such_date"),
        ("2026-01-01 25:00:00", "no_such_date"),
        ("=TODAY()", "formula"),
        ("45000", "not_a_date"),
        ("yesterday", "not_a_date"),
        ("٢٠٢٦-01-01", "not_a_date"),
        ("0000-00-00", "no_such_date"),
    ],
)
def test_days_that_do_not_exist_or_could_be_read_both_ways_are_refused(text, code):
    with pytest.raises(CellProblem) as caught:
        read_moment(text, None)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("cells", "first"),
    [(["03/04/2026", "25/04/2026"], True), (["03/04/2026", "04/25/2026"], False), (["03/04/2026"], None), (["25/04/2026", "04/25/2026"], None)],
)
def test_day_or_month_first_is_decided_by_the_cells_that_prove_it(cells, first):
    assert day_order(cells)[0] == first


def test_what_is_shown_of_a_row_is_its_filled_cells_by_column():
    rows = [Row(2, (" 1 ", "", "x" * 400)), Row(3, ("2", "", "b")), Row(4, ("3", "c"))]
    table = Table("UTF-8", ",", 1, ("A", "B", "C"), tuple(rows))
    first, second, third = (each.shown for each in cells_of(table, Options(today=date(2026, 1, 1)), decimals=Decimals.POINT, day_first=None))
    assert dict(first) == {"A": "1", "C": "x" * 300} and second == {"A": "2", "C": "b"} and third == {"A": "3", "B": "c"}
    assert "B" not in second and second.get("B") is None and len(third) == 2
