"""Signing in and out, passwords, and whose pages these are."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.urls import reverse

from accounts import tokens
from accounts.errors import BadToken
from accounts.models import AuditEntry
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import landing_of, link_in, sign_in, sign_up, signed_in

User = get_user_model()
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_leave_at_once")]


# ── signing in and out ──────────────────────────────────────────────────────


@pytest.mark.parametrize("login", ["marta", "MARTA", "marta@example.org", "Marta@Example.Org", " marta "])
def test_signing_in_works_by_either_name(client, marta, login):
    answer = sign_in(client, login)
    assert answer.status_code == 302 and answer["Location"] == "/dashboard/" and signed_in(client)


def test_wrong_password_and_unknown_person_read_the_same(client, marta):
    def body(login):
        return re.sub(r'"[A-Za-z0-9]{64}"', "", sign_in(client, login, "wrong").content.decode()).replace(f'value="{login}"', "")

    assert body("marta") == body("nobody")
    assert body("marta@example.org") == body("nobody@example.org")


def test_signing_in_runs_one_hash_whoever_asks(client, marta, monkeypatch):
    from django.contrib.auth.hashers import MD5PasswordHasher

    calls, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: (calls.append(1), encode(self, *args))[1])
    counts = []
    for login in ("marta", "nobody", "marta@example.org", "nobody@example.org"):
        calls.clear()
        sign_in(client, login, "wrong")
        counts.append(len(calls))
    assert counts == [1, 1, 1, 1]


def test_a_session_is_new_after_signing_in(client, marta):
    client.get(reverse("account_login"))
    client.session["left"] = "before"
    before = client.session.session_key
    sign_in(client)
    assert client.session.session_key != before


@pytest.mark.parametrize(("remember", "kept"), [("on", True), ("", False)])
def test_staying_signed_in_is_a_choice(client, marta, remember, kept):
    sign_in(client, remember=remember)
    assert bool(client.cookies["sessionid"]["max-age"]) is kept


def test_a_person_who_was_switched_off_is_told_so_after_the_right_password_only(client, marta):
    User.objects.update(is_active=False)
    assert sign_in(client)["Location"] == reverse("account_inactive")
    assert sign_in(client, password="wrong").status_code == 200 and not signed_in(client)


def test_failed_attempts_are_limited_per_account_on_page_and_api_together(client, api, marta, limits_on):
    for _ in range(3):
        sign_in(client, "marta", "wrong")
    for _ in range(2):
        api.post("/api/v1/auth/login", {"email": "marta@example.org", "password": "wrong"})
    assert "Too many failed" in sign_in(client).content.decode() and not signed_in(client)


def test_signing_out_needs_a_press_and_ends_the_session(client, marta):
    client.force_login(marta)
    assert client.get(reverse("account_logout")).status_code == 200 and signed_in(client)
    assert client.post(reverse("account_logout"))["Location"] == "/" and not signed_in(client)


ELSEWHERE = [
    "https://evil.example",
    "http://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "ftp://evil.example",
    "file:///etc/passwd",
    "http://testserver@evil.example",
    "http://testserver:80@evil.example/",
    "http://testserver.evil.example",
    "http://evil.example#testserver",
    "http://evil.example?testserver",
    "http://evil.example\\testserver",
    "http://[::1]/",
    "http://localhost/",
    "http://127.0.0.1/",
    "http://testserver:8080/",
    "//testserver@evil.example",
    "https://evil。example",
    "//evil%E3%80%82example",
    "\x00//evil.example",
    "\u200b//evil.example",
    "http://0x7f000001/",
    "http:////evil.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_never_leads_to_another_place(client, marta, target):
    assert landing_of(sign_in(client, next=target)["Location"]) == ("http", "testserver")


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
@pytest.mark.parametrize("name", ["account_signup", "account_logout", "account_reauthenticate"])
def test_next_is_judged_everywhere_alike(client, marta, name, target):
    data = {"next": target, "email": "new@example.org", "username": "", "password1": PASSWORD, "password": PASSWORD}
    if name != "account_signup":
        client.force_login(marta)
    assert landing_of(client.post(reverse(name), data)["Location"]) == ("http", "testserver")


def test_next_leads_to_a_page_of_ours(client, marta):
    assert sign_in(client, next="/settings/money/?a=1")["Location"] == "/settings/money/?a=1"


# ── passwords ───────────────────────────────────────────────────────────────


def test_asking_for_a_new_password_reads_the_same_for_every_address(client, marta):
    answers = [client.post(reverse("account_reset_password"), {"email": address}) for address in ("marta@example.org", "nobody@example.org")]
    assert [answer["Location"] for answer in answers] == [reverse("account_reset_password_done")] * 2
    assert {message.to[0] for message in mail.outbox} == {"marta@example.org", "nobody@example.org"}


def test_the_link_of_the_mail_sets_a_new_password_once_and_ends_tokens(client, marta):
    pair = tokens.issue(marta)
    client.post(reverse("account_reset_password"), {"email": "Marta@example.org"})
    link = link_in(mail.outbox[0])
    form = client.get(link, follow=True)
    where = form.redirect_chain[-1][0]
    answer = client.post(where, {"password1": "another plumb line", "password2": "another plumb line"})
    assert answer["Location"] == reverse("account_reset_password_from_key_done")
    assert sign_in(client, password="another plumb line")["Location"] == "/dashboard/"
    assert "not good any more" in client.get(link, follow=True).content.decode()
    with pytest.raises(BadToken):
        tokens.user_of_access(pair.access)
    assert AuditEntry.objects.filter(subject=marta.pk, action="password.reset").exists()


def test_changing_the_password_keeps_this_device_and_ends_the_others(client, marta):
    from django.test import Client

    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)
    data = {"oldpassword": PASSWORD, "password1": "another plumb line", "password2": "another plumb line"}
    assert client.post(reverse("account_change_password"), data)["Location"] == reverse("settings-security")
    assert client.get(reverse("settings-security")).status_code == 200
    assert elsewhere.get(reverse("settings-security")).status_code == 302


def test_changing_the_password_needs_the_present_one(client, marta):
    client.force_login(marta)
    data = {"oldpassword": "wrong", "password1": "another plumb line", "password2": "another plumb line"}
    assert client.post(reverse("account_change_password"), data).status_code == 200
    assert User.objects.get().check_password(PASSWORD)


def test_another_address_takes_over_when_it_is_confirmed(client):
    sign_up(client)
    client.post(link_in(mail.outbox[0]))
    mail.outbox.clear()
    client.post(reverse("account_email"), {"email": "second@example.org", "action_add": ""})
    assert User.objects.get().email == "new@example.org"
    assert "Takes over once it is confirmed" in client.get(reverse("account_email")).content.decode()
    client.post(link_in(next(message for message in mail.outbox if message.to == ["second@example.org"])))
    assert User.objects.get().email == "second@example.org"
    client.logout()
    assert sign_in(client, "second@example.org")["Location"] == "/dashboard/"


# ── every page is ours ──────────────────────────────────────────────────────


PLACES = [
    "account_login", "account_signup", "account_logout", "account_inactive", "account_email_verification_sent", "account_change_password",
    "account_set_password", "account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done", "account_email",
    "account_reauthenticate", "account_confirm_login_code",
]  # fmt: skip


def test_the_list_of_pages_is_all_that_can_be_reached():
    from allauth.account import urls

    names = {pattern.name for pattern in urls.urlpatterns}
    assert names - {"account_confirm_email", "account_reset_password_from_key"} == set(PLACES)


@pytest.mark.parametrize("state", ["anonymous", "signed in", "no password"])
@pytest.mark.parametrize("name", PLACES)
def test_each_page_of_the_sign_in_family_is_one_of_ours(client, marta, name, state):
    if state != "anonymous":
        if state == "no password":
            marta.set_unusable_password()
            marta.save()
        client.force_login(marta)
    answer = client.get(reverse(name))
    assert answer.status_code in {200, 302, 403}  # 403: nothing to ask a person for who has no password
    for template in answer.templates:
        origin = getattr(template.origin, "name", "")
        if "site-packages" in origin:
            assert "allauth" not in origin or "/snippets/" in origin, origin
    if answer.status_code == 200:
        words = answer.content.decode()
        assert "data-theme" in words or "data-density" in words
        assert not re.search(r"\sstyle=|\son\w+=\"|<script>", words) and "{#" not in words


def test_too_many_requests_is_a_page_of_ours(client, marta, limits_on, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    sign_in(client, password="wrong")
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 429 and "Too many attempts" in answer.content.decode()
