"""Register, sign in, exchange, sign out, me."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from accounts.models import AuditEntry, RefreshToken
from accounts.services import update_preferences
from tests.accounts.conftest import PASSWORD

User = get_user_model()
pytestmark = pytest.mark.django_db


class DeadMailServer(BaseEmailBackend):
    """A server that does not answer."""

    def send_messages(self, email_messages):
        raise ConnectionRefusedError("no mail server here")


def login(api, **names):
    return api.post("/api/v1/auth/login", {"password": PASSWORD, **names})


def bearer(api, access):
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return api


def test_registering_answers_201_with_user_and_tokens_that_work_at_once(api):
    answer = api.post("/api/v1/auth/register", {"email": "New@Example.org", "username": "newcomer", "password": PASSWORD})
    assert answer.status_code == 201
    body = answer.json()
    assert body["user"]["email"] == "new@example.org" and body["user"]["username"] == "newcomer" and body["user"]["email_confirmed"] is False
    assert bearer(api, body["access"]).get("/api/v1/auth/me").json() == body["user"]


def test_the_confirmation_is_mailed_after_the_commit(api, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        api.post("/api/v1/auth/register", {"email": "new@example.org", "username": "newcomer", "password": PASSWORD})
    (message,) = mail.outbox
    assert message.to == ["new@example.org"] and "http://127.0.0.1:8000/accounts/confirm-email/" in message.body


def test_registering_works_without_a_mail_server(api, settings, django_capture_on_commit_callbacks, caplog):
    settings.EMAIL_BACKEND = "tests.accounts.test_api.DeadMailServer"
    with django_capture_on_commit_callbacks(execute=True):
        answer = api.post("/api/v1/auth/register", {"email": "new@example.org", "username": "newcomer", "password": PASSWORD})
    assert answer.status_code == 201
    assert "mail.not_sent" in caplog.text


def test_a_username_is_made_from_the_address_if_none_is_given(api):
    User.objects.create_user("jo.doe", "other@example.org", PASSWORD)
    answer = api.post("/api/v1/auth/register", {"email": "jo.doe@example.org", "password": PASSWORD})
    assert answer.status_code == 201
    name = answer.json()["user"]["username"]
    assert name.startswith("jo.doe") and name != "jo.doe"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"email": "marta@example.org"}, "email", "already_taken"),
        ({"email": "MARTA@EXAMPLE.ORG"}, "email", "already_taken"),
        ({"username": "Marta"}, "username", "already_taken"),
        ({"email": "not an address"}, "email", "invalid"),
        ({"email": ""}, "email", "blank"),
        ({"username": "marta@example.org"}, "username", "invalid_username"),
        ({"username": "two words"}, "username", "invalid_username"),
        ({"username": "x" * 61}, "username", "max_length"),
        ({"password": "short"}, "password", "weak"),
        ({"password": "12345678901"}, "password", "weak"),
        ({"password": "password123"}, "password", "weak"),
        ({"password": ""}, "password", "blank"),
        ({"email": "nul\x00@example.org"}, "email", "invalid"),
    ],
)
def test_registering_is_refused_by_field(api, marta, change, field, code):
    answer = api.post("/api/v1/auth/register", {"email": "new@example.org", "username": "newcomer", "password": PASSWORD} | change)
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert (field, code) in {(error["field"], error["code"]) for error in answer.json()["errors"]}
    assert User.objects.count() == 1


def test_registering_guesses_the_basics_from_the_browser(api):
    answer = api.post(
        "/api/v1/auth/register", {"email": "n@example.org", "password": PASSWORD}, headers={"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
    )
    user = answer.json()["user"]
    assert (user["locale"], user["base_currency"], user["tax_residence"], user["cost_method"]) == ("de-DE", "EUR", "DE", "fifo")


@pytest.mark.parametrize(
    "names",
    [
        {"email": "marta@example.org"},
        {"email": " MARTA@example.ORG "},
        {"username": "marta"},
        {"username": "Marta"},
        {"username": "marta@example.org"},
        {"email": "marta"},
    ],
)
def test_signing_in_works_by_either_name_in_any_case(api, marta, names):
    answer = login(api, **names)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access", "refresh", "token_type", "expires_in"} and body["token_type"] == "Bearer" and body["expires_in"] == 900


def test_signing_in_answers_the_same_for_a_wrong_password_and_for_nobody(api, marta):
    answers = [
        login(api, username="marta", password="wrong"),
        login(api, username="nobody", password="wrong"),
        login(api, email="marta@example.org", password="wrong"),
        login(api, email="nobody@example.org", password="wrong"),
    ]
    bodies = [{key: value for key, value in answer.json().items() if key != "request_id"} for answer in answers]
    assert {answer.status_code for answer in answers} == {401}
    assert all(body == bodies[0] for body in bodies) and bodies[0]["code"] == "wrong_credentials"
    assert answers[0]["WWW-Authenticate"].startswith("Bearer")


def test_signing_in_runs_one_hash_whoever_asks(api, marta, monkeypatch):
    from django.contrib.auth.hashers import MD5PasswordHasher

    calls = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: (calls.append(1), encode(self, *args))[1])
    counts = []
    for names in ({"username": "marta"}, {"username": "nobody"}, {"email": "marta@example.org"}, {"email": "nobody@example.org"}):
        calls.clear()
        login(api, password="wrong", **names)
        counts.append(len(calls))
    assert counts == [1, 1, 1, 1]


def test_an_inactive_person_is_refused_like_a_wrong_password(api, marta):
    marta.is_active = False
    marta.save()
    answer = login(api, username="marta")
    assert answer.status_code == 401 and answer.json()["code"] == "wrong_credentials"


@pytest.mark.parametrize(
    "body", [{}, {"password": PASSWORD}, {"username": "marta"}, {"username": "", "password": PASSWORD}, {"username": {"a": 1}, "password": PASSWORD}]
)
def test_an_incomplete_sign_in_is_400(api, marta, body):
    answer = api.post("/api/v1/auth/login", body)
    assert answer.status_code == 400 and answer.json()["errors"]


def test_failed_sign_ins_are_limited_per_account_whichever_name_is_used(api, marta, limits_on):
    for n in range(5):
        assert login(api, **({"username": "marta"} if n % 2 else {"email": "Marta@example.org"}), password="wrong").status_code == 401
    answer = login(api, username="MARTA")
    assert answer.status_code == 429 and answer["Retry-After"] == "300" and answer.json()["code"] == "too_many_attempts"


def test_a_name_that_nobody_has_is_limited_the_same(api, marta, limits_on):
    codes = [login(api, username="nobody", password="wrong").status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]


def test_sign_in_calls_are_limited_by_address(api, marta, monkeypatch):
    from portfolio_site.web.throttling import SignInThrottle

    monkeypatch.setattr(SignInThrottle, "rate", "2/min", raising=False)
    monkeypatch.setattr(SignInThrottle, "THROTTLE_RATES", {"sign_in": "2/min"})
    codes = [api.post(f"/api/v1/auth/{call}", {}, REMOTE_ADDR="203.0.113.9").status_code for call in ("login", "register", "refresh")]
    assert codes == [400, 400, 429]


def test_a_refresh_gives_a_new_pair_and_the_old_one_dies(api, marta):
    first = login(api, username="marta").json()
    second = api.post("/api/v1/auth/refresh", {"refresh": first["refresh"]})
    assert second.status_code == 200 and second.json()["refresh"] != first["refresh"]
    assert bearer(api, second.json()["access"]).get("/api/v1/auth/me").status_code == 200


def test_a_refresh_token_that_comes_back_ends_its_family(api, marta):
    first = login(api, username="marta").json()
    second = api.post("/api/v1/auth/refresh", {"refresh": first["refresh"]}).json()
    replayed = api.post("/api/v1/auth/refresh", {"refresh": first["refresh"]})
    assert replayed.status_code == 401 and replayed["WWW-Authenticate"].startswith("Bearer")
    assert api.post("/api/v1/auth/refresh", {"refresh": second["refresh"]}).status_code == 401
    assert bearer(api, second["access"]).get("/api/v1/auth/me").status_code == 401
    assert AuditEntry.objects.filter(subject=marta.pk, action="token.reused").exists()


def test_another_sign_in_of_the_same_person_is_not_touched_by_it(api, marta):
    other = login(api, username="marta").json()
    first = login(api, username="marta").json()
    api.post("/api/v1/auth/refresh", {"refresh": first["refresh"]})
    api.post("/api/v1/auth/refresh", {"refresh": first["refresh"]})
    assert api.post("/api/v1/auth/refresh", {"refresh": other["refresh"]}).status_code == 200


@pytest.mark.parametrize("refresh", ["", "x", "nul\x00", "ä" * 50, 7, None, "y" * 5000])
def test_a_refresh_token_that_is_not_ours_is_refused(api, marta, refresh):
    assert api.post("/api/v1/auth/refresh", {"refresh": refresh}).status_code in {400, 401}


def test_signing_out_ends_the_sign_in_with_its_access_tokens(api, marta):
    pair = login(api, username="marta").json()
    assert api.post("/api/v1/auth/logout", {"refresh": pair["refresh"]}).status_code == 204
    assert api.post("/api/v1/auth/refresh", {"refresh": pair["refresh"]}).status_code == 401
    assert bearer(api, pair["access"]).get("/api/v1/auth/me").status_code == 401


def test_me_without_signing_in_is_401_with_its_challenge(api, db):
    answer = api.get("/api/v1/auth/me")
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not_authenticated"


def test_me_costs_two_queries_with_a_token(api, marta, django_assert_num_queries):
    bearer(api, login(api, username="marta").json()["access"])
    with django_assert_num_queries(2):  # the person with preferences; whether the address is confirmed
        assert api.get("/api/v1/auth/me").status_code == 200


def test_me_costs_three_queries_with_a_session(client, marta, django_assert_num_queries):
    client.force_login(marta)
    with django_assert_num_queries(3):  # the session, and the two above
        assert client.get("/api/v1/auth/me").status_code == 200


def test_preferences_change_by_patch_and_leave_an_audit_entry(api, marta):
    bearer(api, login(api, username="marta").json()["access"])
    answer = api.patch("/api/v1/auth/me", {"base_currency": "chf", "time_zone": "Europe/Zurich", "name": "Marta K"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["base_currency"], body["time_zone"], body["name"]) == ("CHF", "Europe/Zurich", "Marta K")
    assert api.get("/api/v1/auth/me").json() == body
    entry = AuditEntry.objects.get(subject=marta.pk, action="preferences.changed")
    assert entry.data == {"fields": ["base_currency", "time_zone"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_currency", "GBp"),
        ("base_currency", "XXQ"),
        ("time_zone", "Mars/Base"),
        ("time_zone", "../../etc/passwd"),
        ("locale", "xx-YY"),
        ("tax_residence", "deu"),
        ("cost_method", "luck"),
        ("theme", "pink"),
        ("hide_amounts", "perhaps"),
        ("username", "a@b"),
    ],
)
def test_a_preference_that_makes_no_sense_is_refused_by_name(api, marta, field, value):
    bearer(api, login(api, username="marta").json()["access"])
    answer = api.patch("/api/v1/auth/me", {field: value})
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("field", ["id", "email", "is_staff", "is_superuser", "user", "password", "email_confirmed", "welcome_done", "is_active"])
def test_fields_that_are_not_ones_own_to_set_do_not_move(api, marta, field):
    bearer(api, login(api, username="marta").json()["access"])
    before = User.objects.filter(pk=marta.pk).values().get()
    shown = field in {"id", "email", "email_confirmed"}  # what an answer of this call has may be sent back, and does not count
    assert api.patch("/api/v1/auth/me", {field: "1"}).status_code == (200 if shown else 400)
    after = User.objects.filter(pk=marta.pk).values().get()
    assert after == before
    assert not EmailAddress.objects.filter(user=marta, verified=True).exists()


def test_a_call_by_token_speaks_in_the_persons_time_zone(api, marta):
    from django.utils import timezone

    from accounts.authentication import BearerAuthentication

    update_preferences(marta, time_zone="Asia/Tokyo")
    access = login(api, username="marta").json()["access"]
    from rest_framework.test import APIRequestFactory

    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {access}")
    BearerAuthentication().authenticate(request)
    assert timezone.get_current_timezone_name() == "Asia/Tokyo"
    timezone.deactivate()


def test_the_openapi_document_describes_the_calls_and_the_bearer(api, db):
    import json

    from drf_spectacular.generators import SchemaGenerator

    schema = json.loads(json.dumps(SchemaGenerator(api_version="v1").get_schema(public=True), default=str))
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    paths = schema["paths"]
    assert {"/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/logout", "/api/v1/auth/me"} <= set(paths)
    assert paths["/api/v1/auth/me"]["get"]["security"][0] == {"bearer": []}


def test_expired_tokens_and_sessions_are_swept(marta):
    from datetime import timedelta

    from django.utils import timezone

    from accounts.tasks import sweep

    now = timezone.now()
    for digest, ends in (("a" * 64, now - timedelta(days=1)), ("b" * 64, now + timedelta(days=1))):
        RefreshToken.objects.create(user=marta, digest=digest, password_mark="", issued_at=now, expires_at=ends)
    sweep.delay()
    assert [token.digest for token in RefreshToken.objects.all()] == ["b" * 64]
