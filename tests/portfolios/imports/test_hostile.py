"""Forty files that nobody should be able to hurt us with: each gets a message, with its row where there is one, and changes nothing."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import re
import time
import tracemalloc
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from market.models import Instrument
from portfolios.choices import ImportStatus, Verdict
from portfolios.imports import selectors
from portfolios.models import ImportBatch, ImportRow, Transaction
from tests import factories
from tests.portfolios.imports.helpers import FILES

HEADER = "Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total),Notes,ID\n"
GOOD = "Deposit,2025-01-01 10:00:00,,,,,,,,100.00,GBP,,0\n"


def buy(
    units="10",
    price="5",
    currency="USD",
    rate="1.25",
    total="40.00",
    day="2025-01-02 10:00:00",
    isin="US0000001115",
    action="Market buy",
    account="GBP",
):
    return f"{action},{day},{isin},ALFA,Alfa,{units},{price},{currency},{rate},{total},{account},,1\n"


def bad_row(**cells):
    return (HEADER + GOOD + buy(**cells)).encode()


def zip_bomb() -> bytes:
    """A megabyte of zeros a few times over, which unpacks to a thousand times its size."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("statement.csv", b"0" * 50_000_000)
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY b "c">]><workbook>&b;</workbook>')
    return out.getvalue()


def nested_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../etc/passwd.zip", zip_bomb())
    return out.getvalue()


# refused as a whole: (file, words of the message)
WHOLE = {
    "empty": (b"", "empty"),
    "only a byte-order mark": (b"\xef\xbb\xbf", "empty"),
    "zip bomb": (zip_bomb, "zip archive"),
    "nested zip with a path that climbs": (nested_zip, "zip archive"),
    "workbook with an entity": (workbook, "Excel workbook"),
    "gzip": (lambda: gzip.compress(GOOD.encode() * 1000), "compressed"),
    "bzip2": (lambda: bz2.compress(GOOD.encode() * 1000) + b"\0", "compressed"),
    "pdf named csv": (b"%PDF-1.7\n1 0 obj", "PDF"),
    "picture named csv": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "picture"),
    "program": (b"\x7fELF\x02\x01\x01" + b"\0" * 50, "program"),
    "xml with an external entity": (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "XML"),
    "html": (b"<html><script>alert(1)</script></html>", "HTML"),
    "json": (json.dumps({"transactions": []}).encode(), "JSON"),
    "nul in a row": ((HEADER + GOOD + buy(units="1\x000")).encode(), "Row 3: a NUL character"),
    "control character": ((HEADER + GOOD + buy(action="Market\x07 buy")).encode(), "Row 3: a control character"),
    "utf-16 cut in the middle": ((HEADER + GOOD).encode("utf-16")[:-1], "Row 2: the file says it is UTF-16"),
    "utf-8 mark over latin-1": (
        b"\xef\xbb\xbf" + (HEADER + GOOD.replace("Deposit", "D\u00e9p\u00f4t")).encode("latin-1"),
        "Row 2: the file says it is UTF-8",
    ),
    "unclosed quote": ((HEADER + GOOD + '"Market buy,2025-01-02\n' + GOOD * 20).encode(), "Row 3: a quote that opens here never closes"),
    "unclosed quote before much text": ((HEADER + GOOD + '"Market buy\n' + GOOD * 10_000).encode(), "Row 3: a cell that begins here is too long"),
    "text after a closing quote": ((HEADER + GOOD + '"Market" buy,2025\n').encode(), "Row 3: the quotes of this row do not match"),
    "line of 9 MB": ((HEADER + GOOD + "A" * 9_000_000 + "\n").encode(), "Row 3: the line is 9,000,001 characters long"),
    "line of commas": ((HEADER + GOOD + "x" + "," * 150_000 + "\n").encode(), "Row 3: the row has 150,001 columns"),
    "one column only": (b"hello\nworld\n", "no columns were found"),
    "header only": (HEADER.encode(), "Row 1: the header has no rows below it"),
    "too many rows": ((HEADER + GOOD * 3000).encode(), "Row 2043: the file has more than 2,000 rows|more than 2,000 rows"),
}
# the row is refused with its number and column, the good row before it is ready: (file, column)
ROWS = {
    "date of no month": (bad_row(day="13/13/2024"), "Time"),
    "date that could be read both ways": (bad_row(day="03/04/2024"), "Time"),
    "date of no year": (bad_row(day="2023-02-29"), "Time"),
    "date far ahead": (bad_row(day="2999-01-01"), "Time"),
    "formula in a date": (bad_row(day="=NOW()"), "Time"),
    "NaN": (bad_row(units="NaN"), "No. of shares"),
    "infinity": (bad_row(price="Infinity"), "Price / share"),
    "1e400": (bad_row(units="1e400"), "No. of shares"),
    "1e-400": (bad_row(price="1e-400"), "Price / share"),
    "a hundred digits": (bad_row(units="9" * 79), "No. of shares"),
    "formula in a number": (bad_row(units="=1+1"), "No. of shares"),
    "call in a number": (bad_row(total="@SUM(1;2)"), "Total"),
    "pipe to a program": (bad_row(units="+cmd|' /C calc'!A0"), "No. of shares"),
    "thousands marks of another style": (bad_row(units='"1.000,50"'), "No. of shares"),
    "digits of another script": (bad_row(units="١٢٣"), "No. of shares"),
    "underscore in a number": (bad_row(units="1_000"), "No. of shares"),
    "hexadecimal": (bad_row(units="0x1F"), "No. of shares"),
    "currency that is none": (bad_row(currency="XQQ"), "Currency (Price / share)"),
    "currency with markup": (bad_row(account="<b>"), "Currency (Total)"),
    "ISIN with a path": (bad_row(isin="../../etc"), "ISIN"),
    "zero rate": (bad_row(rate="0"), "Exchange rate"),
    "unknown action with markup": (bad_row(action="<img src=x onerror=alert(1)>"), "Action"),
    "too many cells": ((HEADER + GOOD + buy().rstrip("\n") + ",=cmd|x,y\n").encode(), ""),
    "amounts a thousand apart": (bad_row(total="40000.00"), "Total"),
}


@pytest.fixture
def pounds(person):
    return factories.make_portfolio(person, base_currency="GBP")


@pytest.fixture
def send(api, pounds, settings, django_capture_on_commit_callbacks):
    settings.IMPORT_MAX_ROWS = 2000

    def act(content):
        file = SimpleUploadedFile("statement.csv", content() if callable(content) else content, "text/csv")
        with django_capture_on_commit_callbacks(execute=True):
            return api.post(f"/api/v1/portfolios/{pounds.pk}/imports", {"file": file}, format="multipart")

    return act


def test_there_are_at_least_forty():
    assert len(WHOLE) + len(ROWS) >= 40


@pytest.mark.django_db
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_cannot_be_read_says_why_and_changes_nothing(name, send, pounds):
    content, words = WHOLE[name]
    answer = send(content)
    assert answer.status_code in (202, 422), answer.content
    if answer.status_code == 422:
        said = answer.json()["detail"]
        assert ImportBatch.objects.count() == 0
    else:
        batch = ImportBatch.objects.get()
        said = batch.problem
        assert batch.status == ImportStatus.FAILED and batch.content is None
    assert re.search(words, said), said
    assert Transaction.objects.count() == ImportRow.objects.count() == Instrument.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("name", ROWS)
def test_a_bad_row_is_named_by_number_and_column_and_nothing_is_recorded(name, send, signed_in, pounds):
    content, column = ROWS[name]
    assert send(content).status_code == 202
    batch = ImportBatch.objects.get()
    assert batch.status == ImportStatus.REVIEW
    refused = [selectors.view_of(row) for row in ImportRow.objects.filter(batch=batch, verdict=Verdict.ERROR)]
    assert [(row.number, row.column) for row in refused] == [(3, column)]
    assert refused[0].reason
    assert selectors.counts_of(batch).ready == 1
    assert Transaction.objects.count() == Instrument.objects.count() == 0
    shown = signed_in.get(f"/import/{batch.pk}/review/")
    assert shown.status_code == 200
    assert b"<img src=x" not in shown.content and b"<b>" + b"</b>" not in shown.content


@pytest.mark.django_db
def test_only_old_mac_line_ends_and_duplicate_headers_are_read_all_the_same(send):
    assert send((HEADER + GOOD + GOOD.replace(",0\n", ",1\n")).replace("\n", "\r").encode()).status_code == 202
    assert selectors.counts_of(ImportBatch.objects.get()).ready == 2


@pytest.mark.parametrize("name", WHOLE)
def test_reading_a_hostile_file_is_quick_and_takes_little_memory(name):
    from portfolios.importers import Unreadable
    from tests.portfolios.imports.helpers import read_file_bytes

    content, _ = WHOLE[name]
    data = content() if callable(content) else content
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(Unreadable):
        read_file_bytes(data, max_rows=2000)
    spent = time.process_time() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 1024 * 1024 and spent < 5


@pytest.mark.parametrize("cut", range(0, 900, 7))
def test_a_statement_cut_anywhere_is_read_or_refused_but_never_breaks(cut):
    from portfolios.importers import Unreadable
    from tests.portfolios.imports.helpers import read_file_bytes

    data = (FILES / "t212_same_id.csv").read_bytes()[:-cut] if cut else (FILES / "t212_same_id.csv").read_bytes()
    try:
        parsed = read_file_bytes(data)
    except Unreadable as refused:
        assert refused.detail
    else:
        assert len(parsed.drafts) + len(parsed.errors) <= 7
