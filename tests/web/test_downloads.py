"""Tables as files: plain numbers, reasons in place of figures, no formula, and no amount where amounts are hidden."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from portfolio_site.kernel.errors import NotFound
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.downloads import Column, Table, download, file_name

VALUE = Figure("value", Unit.MONEY, Decimal("1234.50"), currency="EUR")
RETURN = Figure("twr", Unit.FRACTION, 0.05)
NONE = Figure.undefined("mwr", Unit.FRACTION, "No money moved.")
TABLES = [
    Table("figures", "Figures", [Column("figure"), Column("value")], [("value", VALUE), ("twr", RETURN), ("mwr", NONE), ("=1+1", 3)]),
    Table("days", "Days", [Column("date"), Column("amount", private=True)], [(date(2026, 1, 31), 2.5), (date(2026, 2, 28), None)]),
]


def test_csv_holds_one_table_and_a_reason_where_there_is_no_figure() -> None:
    answer = download("csv", "report", TABLES, {}, hidden=False)
    assert answer.content.decode().splitlines() == ["figure,value", "value,1234.5", "twr,0.05", "mwr,Undefined: No money moved.", "'=1+1,3"]
    assert answer["Content-Disposition"] == 'attachment; filename="report-figures.csv"'
    assert download("csv", "report", TABLES, {}, hidden=False, table="days").content.decode().splitlines()[1:] == ["2026-01-31,2.5", "2026-02-28,"]


def test_json_holds_all_tables_and_says_what_is_undefined() -> None:
    body = json.loads(download("json", "report", TABLES, {"currency": "EUR"}, hidden=False).content)
    assert body["currency"] == "EUR" and body["amounts_hidden"] is False
    assert [row["value"] for row in body["figures"]] == ["1234.5", "0.05", None, 3]
    assert body["days"][0] == {"date": "2026-01-31", "amount": "2.5"}
    assert body["undefined"] == [{"figure": "figures.2.value", "reason": "No money moved."}]


def test_a_workbook_has_a_sheet_for_each_table() -> None:
    archive = zipfile.ZipFile(io.BytesIO(download("xlsx", "report", TABLES, {}, hidden=False).content))
    assert archive.testzip() is None
    assert 'name="Figures"' in archive.read("xl/workbook.xml").decode() and 'name="Days"' in archive.read("xl/workbook.xml").decode()
    assert "<v>1234.5</v>" in archive.read("xl/worksheets/sheet1.xml").decode()
    assert "2026-02-28" in archive.read("xl/worksheets/sheet2.xml").decode()


@pytest.mark.parametrize("form", ["csv", "json"])
def test_hidden_amounts_are_in_no_file_but_ratios_and_days_are(form: str) -> None:
    text = (
        download(form, "report", TABLES, {}, hidden=True).content.decode()
        + download(form, "report", TABLES, {}, hidden=True, table="days").content.decode()
    )
    assert "1234.5" not in text and "2.5" not in text
    assert "0.05" in text and "2026-01-31" in text


@pytest.mark.parametrize(("form", "table"), [("pdf", ""), ("csv", "nothing")])
def test_a_file_that_is_not_made_is_not_found(form: str, table: str) -> None:
    with pytest.raises(NotFound, match="Take csv, xlsx, json, and of tables figures, days"):
        download(form, "report", TABLES, {}, hidden=False, table=table)


def test_names_of_files_are_plain() -> None:
    assert file_name("performance", "Größe / 1", date(2025, 1, 2), None, date(2026, 1, 2)) == "performance-gr-e-1-2025-01-02-2026-01-02"
