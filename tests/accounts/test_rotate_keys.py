"""Sealing everything again under a new key: whole, resumable, and while people work."""

from __future__ import annotations

import base64
import hashlib

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import IdempotencyKey
from accounts.oauth import keys
from analytics.memory import Memory
from portfolio_site.management.commands import rotate_keys
from portfolio_site.web.sealed import CannotOpen, fingerprint, key_number, newest_key, seal, unseal

pytestmark = pytest.mark.django_db
OLD, NEW = hashlib.sha256(b"old").digest(), hashlib.sha256(b"new").digest()
LABEL = b"accounts.idempotencykey.body"


@pytest.fixture
def old_key(settings, tmp_path):
    settings.FIELD_KEYS, settings.DATA_DIR = {1: OLD}, tmp_path
    return settings


def keep(user, count, start=0):
    IdempotencyKey.objects.bulk_create(
        [IdempotencyKey(user=user, key=f"k{n}", fingerprint="f", status=201, body=f"answer {n}".encode()) for n in range(start, start + count)]
    )


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, body FROM accounts_idempotencykey WHERE body IS NOT NULL ORDER BY id")
        return {pk: bytes(body) for pk, body in cursor.fetchall()}


def numbers():
    return {key_number(body) for body in stored().values()}


def test_every_sealed_column_is_walked():
    names = {f"{model._meta.label}.{field.name}" for model, field in rotate_keys.sealed_columns()}
    assert {"accounts.IdempotencyKey.body", "portfolios.Portfolio.name", "portfolios.Transaction.sealed"} <= names


def test_everything_is_sealed_with_the_new_key_and_reads_the_same(old_key, marta, capsys):
    keep(marta, 7)
    IdempotencyKey.objects.create(user=marta, key="running", fingerprint="f")
    old_key.FIELD_KEYS = {1: OLD, 2: NEW}
    call_command("rotate_keys", batch=3)
    assert "7 values sealed again with key 2" in capsys.readouterr().out
    assert numbers() == {2}
    old_key.FIELD_KEYS = {2: NEW}
    assert [row.body for row in IdempotencyKey.objects.order_by("pk")][:7] == [f"answer {n}".encode() for n in range(7)]


def test_a_second_run_finds_nothing_to_do(old_key, marta, capsys):
    keep(marta, 3)
    old_key.FIELD_KEYS = {1: OLD, 2: NEW}
    call_command("rotate_keys")
    before = stored()
    call_command("rotate_keys")
    assert "0 values sealed again" in capsys.readouterr().out and stored() == before


def test_a_run_that_was_stopped_goes_on_where_it_was(old_key, marta, monkeypatch):
    keep(marta, 9)
    old_key.FIELD_KEYS = {1: OLD, 2: NEW}
    calls = []

    def stop(plaintext, label):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return seal(plaintext, label)

    monkeypatch.setattr(rotate_keys, "seal", stop)
    with pytest.raises(KeyboardInterrupt):
        call_command("rotate_keys", batch=2)
    assert sorted(key_number(body) for body in stored().values()) == [1] * 5 + [2] * 4  # whole batches
    monkeypatch.undo()
    call_command("rotate_keys", batch=2)
    assert numbers() == {2}
    assert {row.body for row in IdempotencyKey.objects.all()} == {f"answer {n}".encode() for n in range(9)}


def test_a_value_that_changes_meanwhile_is_not_overwritten(old_key, marta, monkeypatch):
    keep(marta, 2)
    first = min(stored())
    old_key.FIELD_KEYS = {1: OLD, 2: NEW}
    touched = []

    def meanwhile(plaintext, label):
        if not touched:
            touched.append(1)
            old_key.FIELD_KEYS = {1: OLD}  # another process, which does not seal with the new key yet
            IdempotencyKey.objects.filter(pk=first).update(body=b"newer")
            old_key.FIELD_KEYS = {1: OLD, 2: NEW}
        return seal(plaintext, label)

    monkeypatch.setattr(rotate_keys, "seal", meanwhile)
    call_command("rotate_keys")
    assert IdempotencyKey.objects.get(pk=first).body == b"newer" and numbers() == {2}


def test_verify_says_what_each_key_still_seals(old_key, marta, capsys):
    keep(marta, 2)
    old_key.FIELD_KEYS = {1: OLD, 2: NEW}
    keep(marta, 3, start=2)
    before = stored()
    call_command("rotate_keys", verify=True)
    out = capsys.readouterr().out
    assert "key 1: 2 values" in out and "key 2: 3 values" in out and "accounts.IdempotencyKey.body: 2 with key 1" in out
    assert stored() == before
    call_command("rotate_keys")
    call_command("rotate_keys", verify=True)
    assert "older keys may go" in capsys.readouterr().out


def test_a_value_whose_key_is_gone_is_named_and_left(old_key, marta, capsys):
    keep(marta, 1)
    before = stored()
    old_key.FIELD_KEYS = {2: NEW}
    keep(marta, 1, start=1)
    with pytest.raises(CommandError, match="Not everything"):
        call_command("rotate_keys")
    assert "accounts.IdempotencyKey.body: 1 values do not open" in capsys.readouterr().err
    assert before.items() <= stored().items()


def test_a_key_can_be_rolled_out_before_anything_is_sealed_with_it(old_key, marta):
    old_key.FIELD_KEYS, old_key.SEALING_KEY = {1: OLD, 2: NEW}, 1
    keep(marta, 1)
    assert newest_key() == 1 and numbers() == {1}
    old_key.SEALING_KEY = 0
    keep(marta, 1, start=1)
    assert numbers() == {1, 2}


def test_fingerprints_outlive_every_field_key(old_key):
    before = fingerprint("a trade", "trades")
    old_key.FIELD_KEYS = {2: NEW}
    assert fingerprint("a trade", "trades") == before
    assert fingerprint("a trade", "imports") != before
    old_key.FINGERPRINT_KEY = NEW
    assert fingerprint("a trade", "trades") != before


def test_a_value_moved_to_another_column_or_changed_by_a_bit_does_not_open(old_key):
    sealed = seal(b"12.50", LABEL)
    assert unseal(sealed, LABEL) == b"12.50"
    with pytest.raises(CannotOpen):
        unseal(sealed, b"portfolios.transaction.price")
    with pytest.raises(CannotOpen):
        unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), LABEL)
    assert b"12.50" not in sealed and base64.b64encode(b"12.50") not in sealed


def test_secrets_of_second_factors_are_sealed_with_the_new_key_too(old_key, marta, capsys):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.utils import decrypt, encrypt

    kinds = {Authenticator.Type.TOTP: {"secret": encrypt("JBSWY3DP")}, Authenticator.Type.RECOVERY_CODES: {"seed": encrypt("5eed"), "used_mask": 3}}
    for kind, data in kinds.items():
        Authenticator.objects.create(user=marta, type=kind, data=data)
    Authenticator.objects.create(user=marta, type=Authenticator.Type.WEBAUTHN, data={"name": "Phone", "credential": {}})
    old_key.FIELD_KEYS = {1: OLD, 2: NEW}
    call_command("rotate_keys", verify=True)
    assert "mfa.Authenticator.data: 2 with key 1" in capsys.readouterr().out
    call_command("rotate_keys")
    old_key.FIELD_KEYS = {2: NEW}
    opened = {one.type: one.data for one in Authenticator.objects.all()}
    assert decrypt(opened["totp"]["secret"]) == "JBSWY3DP"
    assert decrypt(opened["recovery_codes"]["seed"]) == "5eed" and opened["recovery_codes"]["used_mask"] == 3
    call_command("rotate_keys", verify=True)
    assert "older keys may go" in capsys.readouterr().out


def test_nobody_is_signed_out_by_a_new_key(old_key, marta, client, capsys):
    client.force_login(marta)
    old_key.FIELD_KEYS = {1: OLD, 2: NEW}
    call_command("rotate_keys", verify=True)
    assert "sessions.Session.session_data: 1 with key 1" in capsys.readouterr().out
    call_command("rotate_keys")
    old_key.FIELD_KEYS = {2: NEW}
    assert client.get("/settings/profile/").status_code == 200
    call_command("rotate_keys", verify=True)
    assert "older keys may go" in capsys.readouterr().out


def test_a_session_whose_key_is_gone_goes_too(old_key, marta, client):
    client.force_login(marta)
    old_key.FIELD_KEYS = {2: NEW}
    call_command("rotate_keys")
    assert not Session.objects.exists() and client.get("/settings/profile/").status_code == 302


def test_the_key_that_signs_id_tokens_stays_the_same(old_key, capsys):
    old_key.OIDC_PRIVATE_KEY = ""
    made = keys.signing_key()
    old_key.FIELD_KEYS = {1: OLD, 2: NEW}
    call_command("rotate_keys")
    assert "1 values sealed again" in capsys.readouterr().out
    old_key.FIELD_KEYS = {2: NEW}
    keys._read.clear()
    assert keys.signing_key() == made
    old_key.FIELD_KEYS = {3: OLD}
    call_command("rotate_keys")
    assert list(keys.kept_numbers()) == []


def test_what_was_cached_under_a_key_that_is_gone_counts_as_not_there(old_key):
    old_key.REDIS_URL = "redis://nowhere"
    numbers = iter((41, 42, 43))

    def asked_anew():  # as another process would
        return Memory("test", 8, shared=True).of("asked", lambda: next(numbers))

    assert [asked_anew(), asked_anew()] == [41, 41]
    old_key.FIELD_KEYS = {2: NEW}
    assert asked_anew() == 42
