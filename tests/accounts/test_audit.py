"""The audit: append-only, chained per person, and every way of tampering is named."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest
import structlog
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.audit import seal_of
from accounts.migrations import __name__ as migrations_package
from accounts.models import AuditEntry, AuditHead
from accounts.selectors import audit_is_append_only, audit_of, verify_all_chains, verify_chain
from accounts.services import record_audit
from tests.threads import at_once

User = get_user_model()
SUBJECT = 4242


def write(count: int, subject: int = SUBJECT) -> list[AuditEntry]:
    return [record_audit(None, "thing.done", subject=subject, object_type="thing", object_id=n, step=n) for n in range(count)]


def tamper(statement: str, *params: object) -> None:
    """What somebody with the right to drop triggers could do."""
    import importlib

    guard = importlib.import_module(f"{migrations_package}.0002_audit_append_only")
    with connection.schema_editor() as editor:
        guard.remove(None, editor)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
    with connection.schema_editor() as editor:
        guard.install(None, editor)


@pytest.mark.django_db
def test_a_chain_of_entries_verifies_and_each_follows_the_one_before():
    entries = write(3)
    assert [e.sequence for e in entries] == [1, 2, 3]
    assert entries[0].previous == "" and entries[1].previous == entries[0].hash and entries[2].previous == entries[1].hash
    report = verify_chain(SUBJECT)
    assert report.whole and report.length == 3


@pytest.mark.django_db
def test_an_entry_reads_back_to_the_hash_it_was_written_with():
    record_audit(
        None,
        "odd.values",
        subject=SUBJECT,
        words="naïve “quotes” \x00 \ud800",
        day=date(2026, 1, 2),
        id=uuid.UUID(int=7),
        deep={"b": [1, None, True]},
        big=2**60,
    )
    assert verify_chain(SUBJECT).whole
    assert AuditEntry.objects.get(subject=SUBJECT).data["day"] == "2026-01-02"


@pytest.mark.django_db
@pytest.mark.parametrize("amount", [Decimal("12.50"), 12.5])
def test_amounts_are_refused(amount):
    with pytest.raises(TypeError):
        record_audit(None, "trade.recorded", subject=SUBJECT, price=amount)
    assert verify_chain(SUBJECT).length == 0


@pytest.mark.django_db
def test_chains_of_two_people_do_not_touch():
    write(2, subject=1001)
    write(1, subject=1002)
    assert verify_chain(1001).length == 2 and verify_chain(1002).length == 1
    assert {report.subject for report in verify_all_chains()} >= {1001, 1002}


@pytest.mark.django_db
def test_the_request_id_of_the_log_context_is_kept():
    with structlog.contextvars.bound_contextvars(request_id="abc-12345"):
        entry = record_audit(None, "thing.done", subject=SUBJECT)
    assert entry.request_id == "abc-12345"


@pytest.mark.django_db
def test_a_person_sees_only_their_own_entries():
    one = User.objects.create_user("one", "one@example.org", "x")
    two = User.objects.create_user("two", "two@example.org", "x")
    record_audit(one, "thing.done")
    record_audit(two, "thing.done")
    assert {entry.subject for entry in audit_of(one)} == {one.pk}


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE accounts_auditentry SET action = 'x'", "DELETE FROM accounts_auditentry"])
def test_the_database_refuses_change_and_deletion(statement):
    write(1)
    assert audit_is_append_only()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert verify_chain(SUBJECT).length == 1


TAMPERED = {
    "changed": ("UPDATE accounts_auditentry SET action = 'nothing.done' WHERE subject = %s AND sequence = 3", 3, "changed"),
    "actor replaced": ("UPDATE accounts_auditentry SET actor = 99 WHERE subject = %s AND sequence = 2", 2, "changed"),
    "moved in time": ("UPDATE accounts_auditentry SET at = '2020-01-01 00:00:00+00:00' WHERE subject = %s AND sequence = 4", 4, "changed"),
    "taken out": ("DELETE FROM accounts_auditentry WHERE subject = %s AND sequence = 2", 2, "missing"),
    "first taken out": ("DELETE FROM accounts_auditentry WHERE subject = %s AND sequence = 1", 1, "missing"),
    "last taken away": ("DELETE FROM accounts_auditentry WHERE subject = %s AND sequence = 5", 5, "missing"),
    "all taken away": ("DELETE FROM accounts_auditentry WHERE subject = %s", 1, "missing"),
    "reordered": (
        "UPDATE accounts_auditentry SET sequence = CASE sequence WHEN 2 THEN 30 ELSE 20 END WHERE subject = %s AND sequence IN (2, 3)",
        2,
        "missing",
    ),
    "hash replaced": ("UPDATE accounts_auditentry SET hash = 'ab' WHERE subject = %s AND sequence = 2", 2, "changed"),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_named_with_its_first_bad_row(name):
    statement, place, why = TAMPERED[name]
    write(5)
    tamper(statement, SUBJECT)
    report = verify_chain(SUBJECT)
    assert not report.whole and report.bad_sequence == place and why in report.why


@pytest.mark.django_db(transaction=True)
def test_two_entries_that_changed_places_are_named():
    first, second = write(3)[1:]
    tamper("UPDATE accounts_auditentry SET sequence = sequence + 100 WHERE id IN (%s, %s)", first.pk, second.pk)
    tamper("UPDATE accounts_auditentry SET sequence = CASE id WHEN %s THEN 3 ELSE 2 END WHERE id IN (%s, %s)", first.pk, first.pk, second.pk)
    report = verify_chain(SUBJECT)
    assert report.bad_sequence == 2 and report.bad_id == second.pk


@pytest.mark.django_db(transaction=True)
def test_a_chain_written_anew_without_the_key_is_named():
    entries = write(2)
    forged = AuditEntry.objects.get(pk=entries[1].pk)
    forged.action = "nothing.done"
    from accounts.audit import hash_of

    forged.hash = hash_of(forged)
    tamper("UPDATE accounts_auditentry SET action = %s, hash = %s WHERE id = %s", forged.action, forged.hash, forged.pk)
    AuditHead.objects.filter(pk=SUBJECT).update(hash=forged.hash)
    assert "without the key" in verify_chain(SUBJECT).why
    assert seal_of(SUBJECT, 2, forged.hash) != AuditHead.objects.get(pk=SUBJECT).seal


@pytest.mark.django_db(transaction=True)
def test_the_nightly_check_names_the_row_and_fails(capsys):
    write(3)
    call_command("check_audit")
    assert "3 entries" in capsys.readouterr().out
    tamper("UPDATE accounts_auditentry SET action = 'x' WHERE subject = %s AND sequence = 2", SUBJECT)
    with pytest.raises(CommandError, match="1 chain"):
        call_command("check_audit")
    assert f"person {SUBJECT}, entry 2" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_appends_at_the_same_time_do_not_fork_the_chain():
    def append() -> None:
        for _ in range(5):
            with transaction.atomic():
                record_audit(None, "thing.done", subject=SUBJECT)

    assert at_once(*[append] * 4) == [None] * 4
    report = verify_chain(SUBJECT)
    assert report.whole and report.length == 20


@pytest.mark.django_db
def test_an_append_costs_three_queries(django_assert_num_queries):
    write(1)
    with django_assert_num_queries(3):
        record_audit(None, "thing.done", subject=SUBJECT)
