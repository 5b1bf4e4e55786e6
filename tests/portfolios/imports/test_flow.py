"""From the upload to the ledger and back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from portfolio_site.kernel.errors import Conflict, Invalid, NotFound
from portfolio_site.schedule import jobs
from portfolios.choices import ImportStatus, Verdict
from portfolios.importers import Layout, Unreadable
from portfolios.imports import selectors, services
from portfolios.imports.reading import LEASE, touch
from portfolios.models import Holding, ImportBatch, ImportRow, Transaction
from tests import factories
from tests.portfolios.imports.helpers import FILES

pytestmark = pytest.mark.django_db


@pytest.fixture
def pounds(person):
    return factories.make_portfolio(person, base_currency="GBP")


@pytest.fixture
def upload(person, pounds, django_capture_on_commit_callbacks):
    """Uploads a fixture file or text into the portfolio, and lets the jobs run."""

    def act(source, *, portfolio=None):
        content = source if isinstance(source, bytes) else (FILES / source).read_bytes()
        with django_capture_on_commit_callbacks(execute=True):
            batch = services.start_import(person, portfolio or pounds, file_name="statement.csv", content=content)
        return selectors.get_import(person, batch.pk)

    return act


@pytest.fixture
def run(person, django_capture_on_commit_callbacks):
    """Calls a service, lets the jobs run, and answers the batch as it is afterwards."""

    def act(service, batch, *args, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            service(person, batch, *args, **kwargs)
        return selectors.get_import(person, batch.pk)

    return act


def ledger(portfolio):
    rows = Transaction.objects.live().filter(portfolio=portfolio).order_by("traded_on", "traded_at", "id")
    return [(row.kind, row.traded_on.isoformat(), row.quantity, row.amount) for row in rows]


def states(batch):
    return {name: getattr(selectors.counts_of(batch), name) for name in ("unknown", "error", "check", "duplicate", "ready", "out")}


def test_an_uploaded_statement_waits_for_its_instruments_and_then_is_recorded(person, pounds, upload, run):
    batch = upload("t212_same_id.csv")
    assert (batch.status, batch.format, batch.rows_total) == (ImportStatus.REVIEW, "trading212", 7)
    assert states(batch) == {"unknown": 2, "error": 0, "check": 0, "duplicate": 0, "ready": 5, "out": 0}

    unknown = selectors.unknown_instruments(person, batch)
    assert [(each.isin, each.symbol, each.name, each.currency, each.numbers) for each in unknown] == [
        ("US0000001115", "ALFA", "Alfa Corp", "USD", "3, 7")
    ]

    batch = run(services.create_unknown, batch, unknown[0].key)
    assert states(batch)["ready"] == 7
    batch = run(services.confirm_import, batch)
    assert batch.status == ImportStatus.COMMITTED and batch.rows_done == 7
    assert len(ledger(pounds)) == 7
    holding = Holding.objects.get(portfolio=pounds)
    assert (holding.quantity, holding.realised) == (0, Decimal("958.80") - Decimal("801.20"))
    assert ImportBatch.objects.get(pk=batch.pk).content is None


def test_the_same_file_twice_adds_nothing(person, pounds, upload, run):
    first = run(services.create_all_unknown, upload("t212_same_id.csv"))
    run(services.confirm_import, first)
    before = ledger(pounds)
    again = upload("t212_same_id.csv")
    assert states(again) == {"unknown": 0, "error": 0, "check": 0, "duplicate": 7, "ready": 0, "out": 0}
    with pytest.raises(Invalid, match="No row is ready"):
        services.confirm_import(person, again)
    assert ledger(pounds) == before


def test_two_equal_fills_in_one_file_both_stay_and_are_known_again(pounds, upload, run):
    batch = run(services.create_all_unknown, upload("t212_total_currency.csv"))
    run(services.confirm_import, batch)
    fills = [row for row in ledger(pounds) if row[0] == "buy" and row[1] == "2022-01-05"]
    assert len(fills) == 2
    assert states(upload("t212_total_currency.csv"))["duplicate"] == 6


def test_overlapping_files_add_only_what_is_new(pounds, upload, run):
    lines = (FILES / "t212_total_currency.csv").read_text().splitlines(keepends=True)
    first = run(services.create_all_unknown, upload("".join(lines[:4]).encode()))  # up to the first of two equal fills
    run(services.confirm_import, first)
    rest = upload("t212_total_currency.csv")
    assert states(rest) == {"unknown": 0, "error": 0, "check": 0, "duplicate": 3, "ready": 3, "out": 0}
    run(services.confirm_import, rest)
    assert len(ledger(pounds)) == 6


def test_undo_leaves_the_ledger_as_it_was_and_the_file_can_be_imported_again(person, pounds, upload, run):
    batch = run(services.confirm_import, run(services.create_all_unknown, upload("t212_same_id.csv")))
    recorded = ledger(pounds)
    batch = run(services.revert_import, batch)
    assert batch.status == ImportStatus.REVERTED and ledger(pounds) == []
    again = upload("t212_same_id.csv")
    assert states(again)["ready"] == 7
    run(services.confirm_import, again)
    assert ledger(pounds) == recorded


def test_undo_is_refused_where_a_later_sale_needs_what_was_imported(person, pounds, upload, run):
    lines = (FILES / "t212_same_id.csv").read_text().splitlines(keepends=True)
    batch = run(services.confirm_import, run(services.create_all_unknown, upload("".join(lines[:3]).encode())))
    instrument = Transaction.objects.get(portfolio=pounds, kind="buy").instrument
    factories.record(pounds, "sell", "2024-05-01", instrument, quantity="3", price="10", settlement_currency="GBP", amount="24")
    before = ledger(pounds)
    with pytest.raises(Conflict, match="later entries need what it recorded"):
        services.revert_import(person, batch)
    assert ledger(pounds) == before
    assert selectors.get_import(person, batch.pk).status == ImportStatus.COMMITTED


def test_a_sale_of_more_than_is_held_is_told_in_its_row_and_stays_out(pounds, upload, run):
    text = (
        (FILES / "t212_same_id.csv")
        .read_text()
        .replace('8.0000000000,150.00,USD,1.25000,156.00,"GBP",958.80', '9.0000000000,150.00,USD,1.25000,156.00,"GBP",1078.80')
    )
    batch = run(services.create_all_unknown, upload(text.encode()))
    row = ImportRow.objects.get(batch=batch, verdict=Verdict.ERROR)
    assert row.number == 7 and "you held 8; the sale is of 9" in row.reason
    run(services.confirm_import, batch)
    assert len(ledger(pounds)) == 6


def test_what_the_ledger_refuses_while_recording_records_nothing_and_marks_the_row(person, pounds, upload, run):
    lines = (FILES / "t212_same_id.csv").read_text().splitlines(keepends=True)
    run(services.confirm_import, run(services.create_all_unknown, upload("".join(lines[:3]).encode())))
    batch = upload("t212_same_id.csv")
    bought = Transaction.objects.get(portfolio=pounds, kind="buy")
    factories.record(pounds, "sell", "2024-03-01", bought.instrument, quantity="1", price="125", settlement_currency="GBP", amount="100")
    before = ledger(pounds)
    batch = run(services.confirm_import, batch)
    assert batch.status == ImportStatus.REVIEW and batch.problem.startswith("Nothing was recorded. Row 7: On 29 Apr 2024 you held 7")
    assert ledger(pounds) == before
    assert ImportRow.objects.get(batch=batch, number=7).verdict == Verdict.ERROR


def test_rows_left_out_stay_out_and_can_be_taken_in_again(person, pounds, upload, run):
    batch = upload("t212_same_id.csv")
    services.leave_out(person, batch, [2, 4])
    assert states(selectors.get_import(person, batch.pk))["out"] == 2
    services.leave_out(person, batch, [4], out=False)
    batch = run(services.confirm_import, selectors.get_import(person, batch.pk))
    assert {row[0] for row in ledger(pounds)} == {"interest", "fee", "withdrawal"}


def test_a_corrected_cell_is_read_again_and_what_was_left_out_stays_out(person, pounds, upload, run):
    broken = (FILES / "t212_same_id.csv").read_text().replace("2024-02-02 11:05:03.126", "2024-02-30 11:05:03")
    batch = upload(broken.encode())
    error = selectors.view_of(ImportRow.objects.get(batch=batch, verdict=Verdict.ERROR))
    assert (error.number, error.column, error.bad_text) == (4, "Time", "2024-02-30 11:05:03")
    services.leave_out(person, batch, [2])
    batch = run(services.correct_cell, batch, number=4, column="Time", text="2024-02-02")
    assert states(batch)["error"] == 0 and states(batch)["out"] == 1


def test_a_duplicate_can_be_recorded_all_the_same(pounds, upload, run):
    first = run(services.create_all_unknown, upload("t212_same_id.csv"))
    run(services.confirm_import, first)
    again = run(services.import_anyway, upload("t212_same_id.csv"), 4)
    assert states(again)["check"] == 1
    run(services.confirm_import, again)
    assert [row[0] for row in ledger(pounds)].count("interest") == 3


def test_an_unknown_file_asks_for_its_columns_and_types(person, upload, run):
    euros = factories.make_portfolio(person, base_currency="EUR")
    batch = upload("german.csv", portfolio=euros)
    assert batch.status == ImportStatus.MAPPING
    layout = Layout.from_json(batch.facts["layout"])
    batch = run(services.name_columns, batch, Layout(columns=layout.columns, types={**layout.types, "Vorabpauschale": "tax"}))
    assert batch.status == ImportStatus.REVIEW
    run(services.confirm_import, run(services.create_all_unknown, batch))
    assert [row[0] for row in ledger(euros)] == ["buy", "dividend", "sell", "tax"]


def test_the_answers_are_remembered_for_the_next_file_with_the_same_columns(upload, run):
    first = upload("german.csv")
    layout = Layout.from_json(first.facts["layout"])
    run(services.name_columns, first, Layout(columns=layout.columns, types={**layout.types, "Vorabpauschale": "tax"}))
    again = upload((FILES / "german.csv").read_bytes().replace(b"2026", b"2025"))
    assert again.status == ImportStatus.REVIEW and again.mapping["like"] == "statement.csv"
    assert {selectors.view_of(row).kind for row in selectors.rows_of(again)} == {"buy", "dividend", "sell", "tax"}


def test_a_layout_with_a_column_that_the_file_does_not_have_is_refused(person, upload):
    batch = upload("german.csv")
    with pytest.raises(Invalid, match="no column “Nope”"):
        services.name_columns(person, batch, Layout(columns={"date": "Nope"}))


def test_an_instrument_that_is_known_by_isin_is_found(person, pounds, upload):
    alfa = factories.make_instrument("ALFA", currency="USD", isin="US0000001115")
    batch = upload("t212_same_id.csv")
    assert states(batch)["ready"] == 7
    assert {row.instrument_id for row in ImportRow.objects.filter(batch=batch, number__in=[3, 7])} == {alfa.pk}


def test_a_choice_of_instrument_is_remembered_for_the_next_file(person, pounds, upload, run):
    other = factories.make_instrument("ALFA.L", currency="USD")
    batch = upload("t212_same_id.csv")
    batch = run(services.resolve_instrument, batch, selectors.unknown_instruments(person, batch)[0].key, other)
    run(services.revert_import, run(services.confirm_import, batch))
    again = upload("t212_same_id.csv")
    assert states(again)["ready"] == 7
    assert {row.instrument_id for row in ImportRow.objects.filter(batch=again, number__in=[3, 7])} == {other.pk}


def test_tax_withheld_in_dollars_is_turned_into_pounds_at_the_rate_of_the_day(person, pounds, upload, run):
    from datetime import date

    day = date(2020, 10, 2)
    factories.set_rates("USD", {day: "1.2"})
    factories.set_rates("GBP", {day: "0.9"})
    batch = run(services.create_all_unknown, upload("t212_header_currency.csv"))
    run(services.confirm_import, batch)
    dividend = Transaction.objects.get(portfolio=pounds, kind="dividend")
    assert (dividend.amount, dividend.taxes) == (Decimal("3.95"), Decimal("0.68"))  # 0.90 × 0.9 / 1.2 = 0.675
    assert "tax of 0.9 USD" in dividend.notes


def test_an_exchange_brings_cash_right_in_both_currencies_and_no_money_from_outside(person, upload, run):
    from portfolios.selectors.ledger import book_of

    francs = factories.make_portfolio(person, base_currency="CHF")
    from datetime import date

    for day in (date(2023, 1, 5), date(2023, 3, 1), date(2023, 3, 2), date(2023, 3, 3)):
        factories.set_rates("USD", {day: "1.1"})
        factories.set_rates("CHF", {day: "1.0"})
    batch = run(services.create_all_unknown, upload("flex_trades.csv", portfolio=francs))
    batch = run(services.confirm_import, batch)
    francs.refresh_from_db()
    book = book_of(francs)
    assert batch.status == ImportStatus.COMMITTED
    assert book.cash["USD"].amount == -5026 * 2 + Decimal("2398.95") - Decimal("2.5") + 1100
    assert book.cash["CHF"].amount == Decimal("-1002.5") - 1000 - Decimal("1.8")
    exchange = [flow.amount for flow in book.flows if flow.day == date(2023, 3, 3)]
    assert len(exchange) == 2 and abs(sum(exchange)) < Decimal("1e-12")


def test_an_assumed_currency_that_does_not_fit_the_rate_of_the_day_is_refused(person, upload, run):
    from datetime import date

    day = date(2023, 3, 3)
    factories.set_rates("USD", {day: "1.1"})
    factories.set_rates("CHF", {day: "1.6"})
    francs = factories.make_portfolio(person, base_currency="CHF")
    batch = upload("flex_trades.csv", portfolio=francs)
    row = ImportRow.objects.get(batch=batch, number=6, part=0)
    assert row.verdict == Verdict.ERROR and "another currency must be meant" in row.reason


def test_a_portfolio_without_cash_leaves_deposits_out(person, upload):
    plain = factories.make_portfolio(person, base_currency="GBP", tracks_cash=False)
    batch = upload("t212_same_id.csv", portfolio=plain)
    assert {row.number for row in ImportRow.objects.filter(batch=batch, verdict=Verdict.SKIPPED)} == {2, 8}


def test_an_unreadable_file_fails_with_its_sentence_and_keeps_no_byte(upload):
    batch = upload(b'a,b\n1,2\n3,"4\n')
    assert batch.status == ImportStatus.FAILED and batch.problem.startswith("Row 3: a quote that opens here never closes")
    assert ImportBatch.objects.get(pk=batch.pk).content is None


def test_an_archive_is_refused_at_the_door(person, pounds):
    with pytest.raises(Unreadable, match="zip archive"):
        services.start_import(person, pounds, file_name="x.csv", content=b"PK\x03\x04" + b"\0" * 100)
    assert ImportBatch.objects.count() == 0


def test_a_stranger_finds_no_import(stranger, upload):
    batch = upload("t212_same_id.csv")
    with pytest.raises(NotFound):
        selectors.get_import(stranger, batch.pk)


def test_an_import_that_recorded_something_is_not_discarded(person, upload, run):
    batch = run(services.confirm_import, upload("t212_same_id.csv"))
    with pytest.raises(Conflict):
        services.discard_import(person, batch)
    other = upload("german.csv")
    services.discard_import(person, other)
    assert not ImportBatch.objects.filter(pk=other.pk).exists()


def test_a_job_that_begins_anew_says_no_less_than_the_one_that_died_had_said(upload):
    batch = upload("t212_same_id.csv")
    ImportBatch.objects.filter(pk=batch.pk).update(rows_done=5)
    touch(batch, 2)
    assert ImportBatch.objects.get().rows_done == 5
    touch(batch, 6)
    assert ImportBatch.objects.get().rows_done == 6


def test_an_import_whose_job_died_is_rung_for_again_well_within_a_minute():
    (sweep,) = (job for job in jobs() if job.task == "portfolios.imports.tasks.sweep_imports")
    assert sweep.every is not None and LEASE + sweep.every <= timedelta(seconds=45)
