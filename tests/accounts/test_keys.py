"""Personal keys: shown once, kept as a digest, good for what they were given, ended by a revocation, their end or a new password."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.keys import calls
from accounts.keys.models import ApiKey, ApiKeyCall
from accounts.keys.secrets import digest_of, new_secret, prefix_of
from accounts.keys.services import MOST_KEYS, make_key, revoke_key, sweep_keys
from accounts.models import AuditEntry
from accounts.tokens import issue
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db
ALL = ["portfolios:read", "portfolios:write", "market:read", "profile:read"]


@pytest.fixture(autouse=True)
def nothing_waits() -> Any:
    calls.forget_waiting()
    yield
    calls.forget_waiting()


def with_key(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return client


def signed(user: Any) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue(user).access}")
    return client


def test_a_key_is_made_over_the_api_shown_once_and_opens_what_it_was_given(marta: Any) -> None:
    person = signed(marta)
    made = person.post("/api/v1/auth/keys", {"name": "Sheet", "scopes": ["profile:read"], "expires_in_days": 30})
    assert made.status_code == 201 and made["Cache-Control"] == "no-store"
    secret = made.json()["secret"]
    assert with_key(secret).get("/api/v1/auth/me").json()["email"] == marta.email
    (listed,) = person.get("/api/v1/auth/keys").json()["results"]
    assert listed["name"] == "Sheet" and listed["state"] == "good" and "secret" not in listed and "digest" not in listed
    stored = ApiKey.objects.get()
    assert stored.digest == digest_of(secret) and secret[12:55] not in str(vars(stored))
    assert AuditEntry.objects.filter(action="key.made", subject=marta.pk).exists()


def test_what_is_wrong_with_a_new_key_is_told_by_field_and_makes_none(marta: Any) -> None:
    person = signed(marta)
    for body, field in (
        ({"name": "", "scopes": ["profile:read"]}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "scopes"),
        ({"name": "x", "scopes": ["profile:read"], "expires_in_days": 0}, "expires_in_days"),
        ({"name": "x", "scopes": ["profile:read"], "user": 1}, "user"),
        ({"name": "x\u202e", "scopes": ["profile:read"]}, "name"),
    ):
        answer = person.post("/api/v1/auth/keys", body)
        assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == field, answer.json()
    assert not ApiKey.objects.exists()


def test_nobody_has_more_keys_than_a_list_can_hold(marta: Any) -> None:
    for number in range(MOST_KEYS):
        make_key(marta, name=str(number), scopes=["profile:read"], days=None)
    answer = signed(marta).post("/api/v1/auth/keys", {"name": "one more", "scopes": ["profile:read"]})
    assert answer.status_code == 409 and answer.json()["code"] == "too_many_keys"


def test_a_key_that_is_revoked_over_or_older_than_the_password_opens_nothing(marta: Any) -> None:
    _, revoked = make_key(marta, name="revoked", scopes=ALL, days=None)
    over, late = make_key(marta, name="over", scopes=ALL, days=1)
    _, before = make_key(marta, name="before", scopes=ALL, days=None)
    revoke_key(marta, ApiKey.objects.get(prefix=prefix_of(revoked)).pk)
    ApiKey.objects.filter(pk=over.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert with_key(before).get("/api/v1/auth/me").status_code == 200
    marta.set_password("another plumb line hangs")
    marta.save()
    _, good = make_key(marta, name="after", scopes=ALL, days=None)
    for secret in (revoked, late, before):
        answer = with_key(secret).get("/api/v1/auth/me")
        assert answer.status_code == 401 and answer.json()["code"] == "bad_key" and "Api-Key" in answer["WWW-Authenticate"]
    states = {one["name"]: one["state"] for one in signed(marta).get("/api/v1/auth/keys").json()["results"]}
    assert states == {"revoked": "revoked", "over": "password", "before": "password", "after": "good"} | {"over": "expired"}
    assert with_key(good).get("/api/v1/auth/me").status_code == 200
    marta.is_active = False
    marta.save()
    assert with_key(good).get("/api/v1/auth/me").status_code == 401


def test_a_key_that_is_written_wrongly_is_told_without_a_query(marta: Any, django_assert_num_queries: Any) -> None:
    _, secret = make_key(marta, name="x", scopes=ALL, days=None)
    slip = secret[:20] + ("A" if secret[20] != "A" else "B") + secret[21:]
    for wrong in (slip, secret[:-1], secret + "0", secret.upper(), "pk_", "", "x" * 5000, f"{secret} {secret}", "pk_é", "\x00"):
        with django_assert_num_queries(0):
            answer = with_key(wrong).get("/api/v1/auth/me")
        assert answer.status_code == 401, wrong
    assert len(secret) == 64
    other, _ = new_secret()
    assert with_key(other).get("/api/v1/auth/me").status_code == 401


def test_a_key_counts_before_a_session_that_comes_with_it(client: Client, marta: Any, stranger: Any) -> None:
    _, secret = make_key(marta, name="x", scopes=["profile:read"], days=None)
    client.force_login(stranger)
    assert client.get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"Api-Key {secret}").json()["username"] == "marta"
    assert client.get("/api/v1/auth/me", HTTP_AUTHORIZATION="Api-Key pk_no").status_code == 401


def test_no_key_makes_sees_or_ends_keys(marta: Any) -> None:
    from accounts.scopes import SCOPES

    key, secret = make_key(marta, name="x", scopes=SCOPES, days=None)
    for method, path in (("get", "keys"), ("post", "keys"), ("delete", f"keys/{key.pk}"), ("get", f"keys/{key.pk}/calls")):
        answer = getattr(with_key(secret), method)(f"/api/v1/auth/{path}")
        assert answer.status_code == 403 and answer.json()["code"] == "insufficient_scope"
    assert ApiKey.objects.get().revoked_at is None


def test_a_stranger_neither_sees_nor_ends_a_key(marta: Any, stranger: Any) -> None:
    key, _ = make_key(marta, name="x", scopes=ALL, days=None)
    other = signed(stranger)
    assert other.delete(f"/api/v1/auth/keys/{key.pk}").status_code == 404
    assert other.get(f"/api/v1/auth/keys/{key.pk}/calls").status_code == 404
    assert other.get("/api/v1/auth/keys").json()["results"] == []
    assert signed(marta).delete(f"/api/v1/auth/keys/{key.pk}").status_code == 204
    assert ApiKey.objects.get().revoked_at is not None


def test_a_session_makes_a_key_over_the_api_only_when_the_password_was_asked_for_lately(client: Client, marta: Any) -> None:
    body = {"name": "x", "scopes": ["profile:read"]}
    client.force_login(marta)
    assert client.post("/api/v1/auth/keys", body, content_type="application/json").json()["code"] == "reauthentication_required"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.post("/api/v1/auth/keys", body, content_type="application/json").status_code == 201


# ── the log of calls ────────────────────────────────────────────────────────


def test_calls_are_written_in_bulk_with_the_time_of_the_last_use(marta: Any, django_assert_num_queries: Any) -> None:
    key, secret = make_key(marta, name="x", scopes=["profile:read"], days=None)
    caller = with_key(secret)
    with django_assert_num_queries(2):  # the key with its person, and whether the address is confirmed: nothing is written
        caller.get("/api/v1/auth/me?q=secret", REMOTE_ADDR="203.0.113.9")
    caller.get("/api/v1/portfolios")
    revoke_key(marta, key.pk)
    caller.get("/api/v1/auth/me")
    assert not ApiKeyCall.objects.exists()
    with django_assert_num_queries(5):  # savepoint, keys, lines, last use, release: however many lines
        assert calls.write_calls() == 3
    lines = signed(marta).get(f"/api/v1/auth/keys/{key.pk}/calls").json()["results"]
    assert [(one["method"], one["path"], one["status"]) for one in lines] == [
        ("GET", "/api/v1/auth/me", 401),
        ("GET", "/api/v1/portfolios", 403),
        ("GET", "/api/v1/auth/me", 200),
    ]
    assert lines[2]["address"] == "203.0.113.9"
    assert ApiKey.objects.get().last_used_at is not None


def test_lines_of_a_key_that_is_gone_are_dropped_and_those_of_a_database_that_is_away_are_kept(marta: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = make_key(marta, name="x", scopes=["profile:read"], days=None)
    with_key(secret).get("/api/v1/auth/me")
    from django.db import DatabaseError

    def away(lines: Any) -> int:
        raise DatabaseError("away")

    with monkeypatch.context() as broken:
        broken.setattr(calls, "_write", away)
        with pytest.raises(DatabaseError):
            calls.write_calls()
    ApiKey.objects.all().delete()
    assert calls.write_calls() == 0 and calls.write_calls() == 0 and key.pk


def test_the_log_holds_a_bounded_number_of_lines_for_a_bounded_time(marta: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = make_key(marta, name="x", scopes=["profile:read"], days=None)
    now = timezone.now()
    monkeypatch.setattr("accounts.keys.services.MOST_CALLS", 5)
    for age in (40, 31, *[0] * 8):
        calls.note(calls.Call(key.pk, "GET", "/x", 200, "", now - timedelta(days=age)))
    calls.write_calls()
    sweep_keys(now)
    assert ApiKeyCall.objects.count() == 5 and not ApiKeyCall.objects.filter(at__lt=now - timedelta(days=30)).exists()
    ApiKey.objects.update(revoked_at=now - timedelta(days=91))
    sweep_keys(now)
    assert not ApiKey.objects.exists()


def test_a_key_is_limited_by_itself(marta: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from portfolio_site.web.throttling import CredentialThrottle

    monkeypatch.setattr(CredentialThrottle, "THROTTLE_RATES", {"credential": "3/min"})
    secrets = [make_key(marta, name=name, scopes=["profile:read"], days=None)[1] for name in "ab"]
    codes = [with_key(secrets[0]).get("/api/v1/auth/me").status_code for _ in range(5)]
    assert codes == [200] * 3 + [429] * 2
    answer = with_key(secrets[1]).get("/api/v1/auth/me")
    assert answer.status_code == 200 and answer["RateLimit-Limit"] == "3"


# ── pages ───────────────────────────────────────────────────────────────────


def test_a_person_makes_a_key_on_the_page_after_giving_the_password_once_more(client: Client, marta: Any) -> None:
    client.force_login(marta)
    sent = client.get("/settings/keys/new/")
    assert sent.status_code == 302 and "/accounts/reauthenticate/" in sent["Location"]
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.post("/settings/keys/new/", {"name": "", "scopes": []}).status_code == 422
    made = client.post("/settings/keys/new/", {"name": "<b>Sheet</b>", "scopes": ["profile:read"], "expires_in_days": "30"})
    secret = made.context["secret"]
    page = made.content.decode()
    assert secret in page and "&lt;b&gt;Sheet" in page and "See your name" in page and made["Cache-Control"] == "no-store"
    assert with_key(secret).get("/api/v1/auth/me").status_code == 200
    listing = client.get("/settings/keys/").content.decode()
    assert secret not in listing and "last used" in listing
    key = ApiKey.objects.get()
    assert "/api/v1/auth/me" in client.get(f"/settings/keys/{key.pk}/").content.decode()
    client.post(f"/settings/keys/{key.pk}/revoke/")
    assert "Revoked" in client.get("/settings/keys/").content.decode()
    assert with_key(secret).get("/api/v1/auth/me").status_code == 401


def test_the_pages_cost_the_same_however_many_keys_and_calls(client: Client, marta: Any, django_assert_max_num_queries: Any) -> None:
    client.force_login(marta)
    for number in range(12):
        key, _ = make_key(marta, name=str(number), scopes=ALL, days=None)
        calls.note(calls.Call(key.pk, "GET", "/x", 200, "", timezone.now()))
    calls.write_calls()
    with django_assert_max_num_queries(6):
        client.get("/settings/keys/")
    with django_assert_max_num_queries(8):
        client.get(f"/settings/keys/{key.pk}/")
