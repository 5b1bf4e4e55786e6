"""The log narrowed and saved, and the audit as auditors get it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import datetime, timezone

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.log_files import AUDIT_COLUMNS
from accounts.models import AuditEntry
from accounts.services import record_audit
from tests.factories import make_portfolio

pytestmark = pytest.mark.django_db


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.fixture
def entries(marta, monkeypatch):
    """One entry on each of three days, at 23:30 UTC: half past midnight of the next day in Berlin."""
    marta.preferences.time_zone = "Europe/Berlin"
    marta.preferences.save()
    for day, action in ((1, "key.made"), (2, "portfolio.locked"), (3, "key.revoked")):
        monkeypatch.setattr("accounts.services.timezone.now", lambda day=day: datetime(2026, 2, day, 23, 30, tzinfo=timezone.utc))
        record_audit(marta, action)
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({}, ["key.revoked", "portfolio.locked", "key.made"]),
        ({"group": "Account"}, ["key.revoked", "key.made"]),
        ({"from": "2026-02-03"}, ["key.revoked", "portfolio.locked"]),
        ({"to": "2026-02-03"}, ["portfolio.locked", "key.made"]),
        ({"from": "2026-02-04", "to": "2026-02-04", "group": "Account"}, ["key.revoked"]),
    ],
)
def test_page_file_and_api_show_the_same_part_by_the_days_of_the_person(client, marta, entries, query, actions):
    caller = APIClient()
    caller.force_login(marta)
    client.force_login(marta)
    own = {"key.revoked", "portfolio.locked", "key.made"}
    listed = [line["action"] for line in caller.get("/api/v1/auth/log", query).json()["results"]]
    assert [action for action in listed if action in own] == actions
    for answer in (
        client.get(reverse("settings-log"), query | {"export": "csv"}),
        caller.get("/api/v1/auth/log", query | {"format": "csv"}),
    ):
        assert answer["Content-Type"].startswith("text/csv") and answer["Content-Disposition"].startswith('attachment; filename="log')
        assert [row["action"] for row in rows_of(answer) if row["action"] in own] == actions
    page = client.get(reverse("settings-log"), query).content.decode()
    assert ("API key made" in page) == ("key.made" in actions)


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"from": "yesterday"}, "from", "such as 2026-11-21"),
        ({"to": "2026-02-30"}, "to", "such as 2026-11-21"),
        ({"to": "9999-12-31"}, "to", "such as 2026-11-21"),
        ({"from": "2026-02-03", "to": "2026-02-01"}, "to", "is before"),
        ({"format": "pdf"}, "format", "csv"),
    ],
)
def test_days_that_are_none_are_refused_by_field_and_said_on_the_page(client, marta, query, field, words):
    caller = APIClient()
    caller.force_login(marta)
    client.force_login(marta)
    answer = caller.get("/api/v1/auth/log", query)
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == field and words in answer.json()["errors"][0]["detail"]
    if field != "format":
        page = client.get(reverse("settings-log"), query | {"export": "csv"})
        assert words in page.content.decode() and page["Content-Type"].startswith("text/html")


def test_what_a_spreadsheet_would_run_is_a_text_in_the_file(client, marta):
    record_audit(marta, "portfolio.changed", object_type="portfolio", object_id=make_portfolio(marta, name="=1+1").pk)
    client.force_login(marta)
    assert "'=1+1" in {row["about"] for row in rows_of(client.get(reverse("settings-log"), {"export": "csv"}))}


def written(**options):
    output = io.StringIO()
    call_command("export_audit", stdout=output, **options)
    return list(csv.DictReader(io.StringIO(output.getvalue())))


def outside(row):
    """The hash of a row as docs/privacy.md says, with nothing of ours."""
    values = {name: text.removeprefix("'") for name, text in row.items() if name != "hash"}
    values |= {"subject": int(values["subject"]), "sequence": int(values["sequence"]), "data": json.loads(values["data"])}
    values["actor"] = int(values["actor"]) if values["actor"] else None
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def test_auditors_can_check_a_chain_from_the_file_alone(marta):
    record_audit(None, "odd.values", subject=marta.pk, object_id="=1+1", words="naïve “quotes”, lines\nand 'more'", list=[1, None, True])
    record_audit(marta, "key.made", object_type="key", object_id=7)
    record_audit(None, "other.persons", subject=987)
    rows = written(person=marta.pk)
    assert list(rows[0]) == list(AUDIT_COLUMNS) and {row["subject"] for row in rows} == {str(marta.pk)}
    assert [row["hash"] for row in rows] == [outside(row) for row in rows]
    assert [row["previous"] for row in rows[1:]] == [row["hash"] for row in rows[:-1]] and rows[0]["previous"] == ""
    assert outside(rows[-1] | {"action": "key.revoked"}) != rows[-1]["hash"]
    assert len(written()) == AuditEntry.objects.count()


def test_auditors_get_the_days_they_ask_for_in_a_file(marta, entries, tmp_path):
    file = tmp_path / "audit.csv"
    call_command("export_audit", "--since", "2026-02-02", "--until", "2026-02-02", "--output", str(file))
    assert [row["action"] for row in csv.DictReader(file.open())] == ["portfolio.locked"]
    with pytest.raises(CommandError, match="no entries of person 424242"):
        call_command("export_audit", person=424242)
