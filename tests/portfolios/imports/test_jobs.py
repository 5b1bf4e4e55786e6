"""Jobs that are rung twice, die, or are handed a file that kills them; and statements cut into overlapping parts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portfolios.choices import ImportStatus
from portfolios.imports import reading, recording, selectors, services, tasks
from portfolios.models import ImportBatch, Transaction
from tests import factories
from tests.portfolios.imports.helpers import FILES

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=5)


@pytest.fixture
def pounds(person):
    return factories.make_portfolio(person, base_currency="GBP")


@pytest.fixture
def uploaded(person, pounds):
    """An import that nobody has read yet: its bell was lost."""

    def make(content=None):
        factories.make_instrument("ALFA", currency="USD", isin="US0000001115")
        return services.start_import(person, pounds, file_name="a.csv", content=content or (FILES / "t212_same_id.csv").read_bytes())

    return make


def state(batch):
    return ImportBatch.objects.get(pk=batch.pk).status


def test_the_sweep_rings_for_what_waits_and_then_there_is_nothing_to_ring_for(person, uploaded):
    batch = uploaded()
    assert tasks.sweep_imports() == 1 and state(batch) == ImportStatus.REVIEW
    services.confirm_import(person, selectors.get_import(person, batch.pk))
    assert state(batch) == ImportStatus.COMMITTING
    assert tasks.sweep_imports() == 1 and state(batch) == ImportStatus.COMMITTED
    assert tasks.sweep_imports() == 0


@pytest.mark.parametrize("step", [ImportStatus.READING, ImportStatus.COMMITTING])
def test_a_job_at_work_is_left_alone_and_a_dead_one_is_rung_again(person, uploaded, step):
    batch = uploaded()
    if step == ImportStatus.COMMITTING:
        reading.read_batch(batch.pk)
    ImportBatch.objects.filter(pk=batch.pk).update(status=step, attempts=1, touched_at=timezone.now())
    assert tasks.sweep_imports() == 0
    (reading.read_batch if step == ImportStatus.READING else recording.commit_batch)(batch.pk)  # a message delivered twice
    assert state(batch) == step
    ImportBatch.objects.filter(pk=batch.pk).update(touched_at=timezone.now() - LONG_AGO)
    assert tasks.sweep_imports() == 1
    assert state(batch) == (ImportStatus.REVIEW if step == ImportStatus.READING else ImportStatus.COMMITTED)


def test_a_job_that_is_delivered_again_after_its_end_does_nothing(person, pounds, uploaded):
    batch = uploaded()
    reading.read_batch(batch.pk)
    services.confirm_import(person, selectors.get_import(person, batch.pk))
    for _ in range(3):
        recording.commit_batch(batch.pk)
        reading.read_batch(batch.pk)
    assert state(batch) == ImportStatus.COMMITTED
    assert Transaction.objects.live().filter(portfolio=pounds).count() == 7


def test_a_file_that_kills_its_reader_again_and_again_is_given_up_with_a_reason(uploaded):
    batch = uploaded()
    for _ in range(reading.MOST_ATTEMPTS):
        assert reading.claim(batch.pk, ImportStatus.UPLOADED, ImportStatus.READING) is not None  # and there it dies
        ImportBatch.objects.filter(pk=batch.pk).update(touched_at=timezone.now() - LONG_AGO)
    tasks.sweep_imports()
    given_up = ImportBatch.objects.get(pk=batch.pk)
    assert given_up.status == ImportStatus.FAILED and "could not be read in 5 tries" in given_up.problem
    assert tasks.sweep_imports() == 0


def test_a_recording_that_never_ends_goes_back_to_the_review(person, pounds, uploaded):
    batch = uploaded()
    reading.read_batch(batch.pk)
    services.confirm_import(person, selectors.get_import(person, batch.pk))
    ImportBatch.objects.filter(pk=batch.pk).update(attempts=recording.MOST_ATTEMPTS, touched_at=timezone.now() - LONG_AGO)
    tasks.sweep_imports()
    assert state(batch) == ImportStatus.REVIEW and Transaction.objects.filter(portfolio=pounds).count() == 0


def _recorded(person, portfolio, content):
    batch = services.start_import(person, portfolio, file_name="a.csv", content=content)
    tasks.sweep_imports()
    batch = selectors.get_import(person, batch.pk)
    if batch.status == ImportStatus.REVIEW and selectors.counts_of(batch).recordable:
        services.confirm_import(person, batch)
        tasks.sweep_imports()
    return selectors.get_import(person, batch.pk)


@pytest.mark.parametrize("name", ["t212_same_id.csv", "t212_total_currency.csv"])
def test_a_part_and_then_the_whole_come_to_the_same_as_the_whole_wherever_it_is_cut(person, name):
    for symbol, isin in (("ALFA", "US0000001115"), ("BRVO", "GB0000002225")):
        factories.make_instrument(symbol, currency="USD" if symbol == "ALFA" else "GBP", isin=isin)
    lines = (FILES / name).read_text().splitlines(keepends=True)

    def entries(portfolio):
        rows = Transaction.objects.live().filter(portfolio=portfolio)
        return sorted((row.kind, row.traded_on, str(row.quantity), str(row.amount), row.source_key) for row in rows)

    at_once = factories.make_portfolio(person, base_currency="GBP")
    _recorded(person, at_once, "".join(lines).encode())
    for cut in range(2, len(lines)):
        in_parts = factories.make_portfolio(person, base_currency="GBP")
        _recorded(person, in_parts, "".join(lines[:cut]).encode())
        _recorded(person, in_parts, "".join(lines).encode())
        assert entries(in_parts) == entries(at_once), cut
    # newest first, as some brokers export: the same rows
    turned = factories.make_portfolio(person, base_currency="GBP")
    _recorded(person, turned, "".join([lines[0], *reversed(lines[1:])]).encode())
    assert entries(turned) == entries(at_once)
