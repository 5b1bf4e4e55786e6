"""Our own export holds every field of every kind of entry, and reads back in as the identical ledger."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import fields
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from portfolios.choices import ImportStatus, Verdict
from portfolios.exports import COLUMNS, csv_of, exported, xlsx_of
from portfolios.imports import services as imports
from portfolios.imports import tasks
from portfolios.models import CashBalance, ImportRow, Portfolio, Transaction
from portfolios.selectors import book_of
from portfolios.services import TransactionDraft, draft_of, record_many, void_transaction
from tests.factories import D, make_instrument, make_portfolio, record
from tests.portfolios.every_kind import World, drafts_of_every_kind, make_world
from tests.portfolios.test_every_kind import ENTRIES, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(person: Any) -> World:
    made = make_world(person)
    record_many(person, made.portfolio, drafts_of_every_kind(made))
    return made


def file_of(portfolio: Portfolio) -> bytes:
    return "".join(csv_of(exported(portfolio))).encode()


def read_in(portfolio: Portfolio, content: bytes) -> Any:
    batch = imports.start_import(portfolio.owner, portfolio, file_name="export.csv", content=content)
    tasks.read_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.status == ImportStatus.REVIEW, batch.problem
    wrong = [
        (row.number, row.verdict, row.reason) for row in ImportRow.objects.filter(batch=batch).exclude(verdict__in=[Verdict.NEW, Verdict.DUPLICATE])
    ]
    assert wrong == []
    return batch


def take_in(portfolio: Portfolio, batch: Any) -> None:
    imports.confirm_import(portfolio.owner, batch)
    tasks.commit_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.status == ImportStatus.COMMITTED, batch.problem


def facts(portfolio: Portfolio) -> list[dict[str, Any]]:
    """Every field of every entry; lots by the place of the entry that opened them."""
    rows = exported(portfolio)
    places = {row.entry: place for place, row in enumerate(rows)}
    told = []
    for row in rows:
        draft = draft_of(row)
        values = {
            field.name: getattr(draft, field.name) for field in fields(TransactionDraft) if field.name not in {"fx_rate", "source", "source_key"}
        }
        values["lots"] = [(places[lot.event_id], lot.quantity) if hasattr(lot, "event_id") else lot for lot in draft.lots]
        told.append({**values, "rate": row.fx_rate})
    return told


def test_csv_goes_out_and_in_as_the_identical_ledger(world: World, person: Any) -> None:
    content = file_of(world.portfolio)
    copy = make_portfolio(person, cost_method="fifo", allows_short=True)
    take_in(copy, read_in(copy, content))
    assert facts(copy) == facts(world.portfolio)
    assert state(copy) == state(world.portfolio)
    one, two = book_of(world.portfolio), book_of(copy)
    assert (one.realised, one.income, one.expenses, one.net_flows) == (two.realised, two.income, two.expenses, two.net_flows)
    assert file_of(copy) == content, "a second export is the same file"


def test_the_same_file_twice_adds_nothing_and_a_row_taken_out_comes_back_with_its_lots(world: World, person: Any) -> None:
    content = file_of(world.portfolio)
    copy = make_portfolio(person, cost_method="fifo", allows_short=True)
    take_in(copy, read_in(copy, content))
    again = read_in(copy, content)
    assert set(again.rows.values_list("verdict", flat=True)) == {Verdict.DUPLICATE}
    before = state(copy)
    sale = next(row for row in exported(copy) if row.kind == "sell" and row.lots)
    void_transaction(person, sale)
    take_in(copy, read_in(copy, content))
    assert state(copy) == before and file_of(copy) != b""
    back = next(row for row in exported(copy) if row.kind == "sell" and row.lots)
    assert back.lots == sale.lots


def test_where_cash_is_not_tracked_every_row_is_taken_as_well(person: Any) -> None:
    """A deposit is an entry there that moves nothing, but for its costs, as when it is entered by hand."""
    world = make_world(person)
    source = make_portfolio(person, tracks_cash=False, cost_method="fifo", allows_short=True)
    record_many(person, source, [draft for draft in drafts_of_every_kind(world) if not draft.lots])
    assert {"deposit", "withdrawal", "fx_exchange"} <= {row.kind for row in exported(source)}
    content = file_of(source)
    copy = make_portfolio(person, tracks_cash=False, cost_method="fifo", allows_short=True)
    take_in(copy, read_in(copy, content))
    assert facts(copy) == facts(source) and state(copy) == state(source)
    assert file_of(copy) == content, "a second export is the same file"
    assert not CashBalance.objects.filter(portfolio=copy).exists()
    assert set(read_in(copy, content).rows.values_list("verdict", flat=True)) == {Verdict.DUPLICATE}


def test_a_ledger_moves_between_portfolios_with_and_without_cash(world: World, person: Any) -> None:
    content = file_of(world.portfolio)
    without = make_portfolio(person, tracks_cash=False, cost_method="fifo", allows_short=True)
    take_in(without, read_in(without, content))
    back = make_portfolio(person, cost_method="fifo", allows_short=True)
    take_in(back, read_in(back, file_of(without)))
    assert facts(back) == facts(world.portfolio) and state(back) == state(world.portfolio)


def test_a_broker_statement_still_leaves_deposits_out_and_says_so_row_by_row(person: Any) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    content = b"Date,Type,Amount,Currency\n2024-01-02,Deposit,100,EUR\n2024-01-03,Withdrawal,40,EUR\n"
    batch = imports.start_import(person, portfolio, file_name="statement.csv", content=content)
    tasks.read_batch(batch.pk)
    said = list(ImportRow.objects.filter(batch=batch).order_by("number").values_list("verdict", "reason"))
    assert [verdict for verdict, _ in said] == [Verdict.SKIPPED, Verdict.SKIPPED]
    assert {reason for _, reason in said} == {"This portfolio does not track cash."}


def test_two_splits_of_one_ratio_in_a_week_both_stay_wherever_the_file_is_cut(person: Any) -> None:
    source, share = make_portfolio(person), make_instrument("TWICE")
    record(source, "buy", "2024-01-01", share, quantity="10", price="8")
    record(source, "split", "2024-01-02", share, ratio_new="2", ratio_old="1")
    record(source, "split", "2024-01-04", share, ratio_new="2", ratio_old="1")
    content = file_of(source)
    copy = make_portfolio(person)
    take_in(copy, read_in(copy, b"".join(content.splitlines(keepends=True)[:3])))
    take_in(copy, read_in(copy, content))
    assert state(copy) == state(source) and facts(copy) == facts(source)


def test_json_goes_out_and_in_by_the_batch_call(api: Any, world: World, person: Any) -> None:
    answer = api.get(f"/api/v1/portfolios/{world.portfolio.pk}/export?format=json")
    told = json.loads(b"".join(answer.streaming_content))
    assert len(told["transactions"]) == ENTRIES
    copy = make_portfolio(person, cost_method="fifo", allows_short=True)
    body = json.dumps({"transactions": told["transactions"]})
    sent = api.post(f"/api/v1/portfolios/{copy.pk}/transactions/batch", body, content_type="application/json")
    assert sent.status_code == 201, sent.content
    assert facts(copy) == facts(world.portfolio) and state(copy) == state(world.portfolio)


def test_every_column_is_filled_somewhere_and_only_text_could_be_a_formula(world: World) -> None:
    rows = list(csv.DictReader(io.StringIO(file_of(world.portfolio).decode())))
    assert {name for name in COLUMNS if not any(row[name] for row in rows)} <= {"isin", "link"}
    named = next(row for row in rows if "row" in row["lots"])
    assert json.loads(named["lots"]) == [{"row": 5, "quantity": "20"}] and rows[4]["row"] == "5"


def test_a_leg_of_an_instrument_that_is_not_known_says_so(world: World, person: Any) -> None:
    content = file_of(world.portfolio).replace(b"CHILD", b"NOBODY")
    copy = make_portfolio(person, cost_method="fifo", allows_short=True)
    batch = imports.start_import(person, copy, file_name="export.csv", content=content)
    tasks.read_batch(batch.pk)
    row = ImportRow.objects.get(batch=batch, verdict=Verdict.ERROR)
    assert "No instrument is known under NOBODY" in row.reason and not Transaction.objects.filter(portfolio=copy).exists()


def _sheet(content: bytes) -> list[list[str]]:
    """The cells of a workbook, as a reader of the format sees them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        root = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    return [["".join(cell.itertext()) for cell in row.findall("x:c", space)] for row in root.findall("x:sheetData/x:row", space)]


def test_the_workbook_is_the_same_table_and_holds_no_formula(api: Any, world: World, person: Any) -> None:
    record_many(
        person, world.portfolio, [TransactionDraft(kind="fee", traded_on=date(2024, 3, 1), amount=D("1.000000000000000001"), notes="=1+1 & <b>\x07")]
    )
    answer = api.get(f"/api/v1/portfolios/{world.portfolio.pk}/export?format=xlsx")
    assert answer["Content-Type"].endswith("spreadsheetml.sheet") and answer["Content-Disposition"].endswith('.xlsx"')
    cells = _sheet(answer.content)
    assert cells[0] == list(COLUMNS) and b"<f>" not in answer.content
    written = list(csv.reader(io.StringIO(file_of(world.portfolio).decode())))
    assert [[text.removeprefix("'") for text in row] for row in written[:-1]] == cells[:-1]
    last = dict(zip(COLUMNS, cells[-1], strict=True))
    assert (last["amount"], last["notes"]) == ("1.000000000000000001", "=1+1 & <b>_x0007_")


def test_a_workbook_saved_as_csv_reads_back_in(world: World, person: Any) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(_sheet(xlsx_of(exported(world.portfolio))))
    copy = make_portfolio(person, cost_method="fifo", allows_short=True)
    take_in(copy, read_in(copy, buffer.getvalue().encode()))
    assert facts(copy) == facts(world.portfolio) and state(copy) == state(world.portfolio)
