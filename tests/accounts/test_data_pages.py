"""Taking one's data along and bringing it: the page, the API, the job that may die, the file that is handed out once."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tasks
from accounts.data_rights import exporting, jobs
from accounts.data_rights.choices import JobStatus
from accounts.errors import AlreadyAsked, NoSuchExport
from accounts.models import AuditEntry, DataArrival, DataExport
from portfolios.models import Portfolio, Transaction
from tests import factories
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import sign_in
from tests.accounts.test_data_export import ledger_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger(marta: Any) -> Portfolio:
    portfolio = factories.make_portfolio(marta, name="Core")
    factories.record(portfolio, "deposit", "2024-01-02", amount="1000.123456789012")
    return portfolio


@pytest.fixture
def asked(marta: Any, django_capture_on_commit_callbacks: Any) -> DataExport:
    with django_capture_on_commit_callbacks(execute=True):
        return exporting.ask_for_export(marta)


def test_the_page_makes_a_file_and_hands_it_out_once_after_the_password(
    client: Any, marta: Any, ledger: Portfolio, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(marta)  # no password was given in this session
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("data-export"))
    page = client.get(reverse("settings-data")).content.decode()
    assert "Ready since" in page and "Download" in page
    take = reverse("data-export-take", args=[DataExport.objects.get().pk])
    asks = client.post(take)
    assert asks.status_code == 302 and asks["Location"].startswith(reverse("account_reauthenticate"))
    file = client.post(asks["Location"], {"password": PASSWORD})
    assert file.status_code == 200 and file["Cache-Control"] == "no-store" and file["Content-Type"] == "application/zip"
    assert file["Content-Disposition"].startswith('attachment; filename="plumbline-export-')
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert b"1000.123456789012" in archive.read("data/portfolios.transaction.json")
    assert client.post(take).status_code == 404
    assert DataExport.objects.get().content is None
    assert list(AuditEntry.objects.filter(action__startswith="data.").order_by("pk").values_list("action", flat=True)) == [
        "data.export_asked",
        "data.export_ready",
        "data.exported",
    ]


def test_the_api_does_the_same_with_the_password_in_the_call(marta: Any, ledger: Portfolio, django_capture_on_commit_callbacks: Any) -> None:
    caller = APIClient()
    caller.force_authenticate(marta)
    with django_capture_on_commit_callbacks(execute=True):
        asked = caller.post("/api/v1/auth/export")
    assert asked.status_code == 202
    told = caller.get(f"/api/v1/auth/export/{asked.json()['id']}").json()
    assert told["status"] == "ready" and told["size"] > 1000
    for wrong in ({}, {"password": "not it"}):
        refused = caller.post(told["file"], wrong, format="json")
        assert refused.status_code == 403 and refused.json()["code"] == "confirm_again"
    file = caller.post(told["file"], {"password": PASSWORD}, format="json")
    assert file.status_code == 200 and file["Cache-Control"] == "no-store" and zipfile.is_zipfile(io.BytesIO(file.content))
    again = caller.post(told["file"], {"password": PASSWORD}, format="json")
    assert again.status_code == 404 and again.json()["code"] == "no_such_export"


def test_a_file_is_kept_for_a_day_and_no_longer(marta: Any, asked: DataExport, time_machine: Any) -> None:
    over = DataExport.objects.get().expires_at
    assert over - DataExport.objects.get().ready_at == timedelta(hours=24)
    time_machine.move_to(over - timedelta(seconds=1), tick=False)
    tasks.sweep_data_rights()
    assert DataExport.objects.get().status == JobStatus.READY
    time_machine.move_to(over, tick=False)
    with pytest.raises(NoSuchExport):
        exporting.take_export(marta, asked.pk)
    tasks.sweep_data_rights()
    assert DataExport.objects.get().status == JobStatus.OVER and DataExport.objects.get().content is None


def test_a_job_that_was_killed_is_rung_again_and_one_that_always_dies_says_so(marta: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    export = exporting.ask_for_export(marta)
    with pytest.raises(AlreadyAsked):
        exporting.ask_for_export(marta)
    for _ in range(jobs.MOST_ATTEMPTS):
        with monkeypatch.context() as patched:
            patched.setattr(exporting, "write_archive", dies)
            with pytest.raises(KeyboardInterrupt):
                exporting.make_export(export.pk)
        assert jobs.waiting(DataExport) == [], "its lease is fresh"
        DataExport.objects.update(touched_at=timezone.now() - jobs.LEASE - timedelta(seconds=1))
        assert jobs.waiting(DataExport) == [export.pk]
    attempt = DataExport.objects.get()
    assert attempt.status == JobStatus.WORKING
    DataExport.objects.update(attempts=1)
    assert tasks.sweep_data_rights() == 1 and DataExport.objects.get().status == JobStatus.READY
    DataExport.objects.update(status=JobStatus.WORKING, attempts=jobs.MOST_ATTEMPTS, content=None, touched_at=attempt.touched_at)
    tasks.sweep_data_rights()
    failed = DataExport.objects.get()
    assert failed.status == JobStatus.FAILED and "could not be made in 4 tries" in failed.problem


def test_an_export_is_brought_by_the_page_and_makes_the_same_ledger(
    client: Any, marta: Any, stranger: Any, ledger: Portfolio, asked: DataExport, django_capture_on_commit_callbacks: Any
) -> None:
    content = exporting.take_export(marta, asked.pk)
    client.force_login(stranger)
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post(reverse("data-bring"), {"file": SimpleUploadedFile("export.zip", content)})
    assert sent.status_code == 302, sent.content
    assert "was read in on" in client.get(reverse("settings-data")).content.decode()
    copy = Portfolio.objects.get(owner=stranger)
    assert ledger_of(copy) == ledger_of(ledger)
    arrival = DataArrival.objects.get()
    assert arrival.status == JobStatus.DONE and arrival.content is None
    again = client.post(reverse("data-bring"), {"file": SimpleUploadedFile("export.zip", content)})
    assert again.status_code == 422 and "You have portfolios here already" in again.content.decode()
    assert Transaction.objects.filter(portfolio__owner=stranger).count() == 1


def test_what_is_no_export_is_refused_on_the_page_and_keeps_nothing(client: Any, marta: Any) -> None:
    client.force_login(marta)
    for content in (b"", b"Date,Type\n", b"PK\x05\x06" + b"\0" * 18):
        sent = client.post(reverse("data-bring"), {"file": SimpleUploadedFile("x.zip", content)})
        assert sent.status_code == 422 and "no export of Plumbline" in sent.content.decode()
    assert not DataArrival.objects.exists()


def test_an_export_that_does_not_fit_leaves_nothing_and_says_why(
    marta: Any, stranger: Any, asked: DataExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts.data_rights import bringing
    from portfolio_site.kernel.errors import Invalid

    def refuses(person: Any, export: Any) -> None:
        factories.make_portfolio(person, name="Half")
        raise Invalid("Line 3 sells more than is held.")

    arrival = bringing.bring_export(stranger, exporting.take_export(marta, asked.pk))
    monkeypatch.setattr(bringing, "read_in", refuses)
    bringing.read_arrival(arrival.pk)
    told = DataArrival.objects.get()
    assert told.status == JobStatus.FAILED and told.problem == "Nothing was taken in. Line 3 sells more than is held."
    assert told.content is None and not Portfolio.objects.filter(owner=stranger).exists()


def test_the_page_asks_few_queries(client: Any, marta: Any, ledger: Portfolio, asked: DataExport, django_assert_num_queries: Any) -> None:
    sign_in(client)
    with django_assert_num_queries(5):  # session, person, and the page's three; preferences come with the frame
        client.get(reverse("settings-data"))


def test_an_administrator_reads_an_export_in_by_command(marta: Any, stranger: Any, ledger: Portfolio, asked: DataExport, tmp_path: Any) -> None:
    from django.core.management import CommandError, call_command

    file = tmp_path / "export.zip"
    file.write_bytes(exporting.take_export(marta, asked.pk))
    call_command("bring_export", stranger.username, str(file), verbosity=0)
    assert ledger_of(Portfolio.objects.get(owner=stranger)) == ledger_of(ledger)
    with pytest.raises(CommandError, match="You have portfolios here already"):
        call_command("bring_export", stranger.username, str(file))
    with pytest.raises(CommandError, match="There is no account nobody"):
        call_command("bring_export", "nobody", str(file))
