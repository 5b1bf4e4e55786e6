"""Signing up and confirming the address, as a person without scripts meets them."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.urls import reverse

from accounts.models import AuditEntry, Preferences
from tests.accounts.conftest import PASSWORD
from tests.accounts.pages import confirmed, link_in, sign_in, sign_up, signed_in

User = get_user_model()
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_leave_at_once")]


# ── signing up ──────────────────────────────────────────────────────────────


def test_signing_up_makes_an_account_that_works_at_once_and_leads_to_the_first_steps(client):
    answer = sign_up(client, email="New.Person@Example.org")
    assert answer.status_code == 302 and answer["Location"] == "/welcome/" and signed_in(client)
    user = User.objects.get()
    assert user.email == "new.person@example.org" and user.username == "new.person" and not confirmed(user)
    assert client.get("/welcome/").status_code == 200


def test_signing_up_works_without_a_mail_server(client, settings, caplog):
    settings.EMAIL_BACKEND = "tests.accounts.test_api.DeadMailServer"
    assert sign_up(client)["Location"] == "/welcome/"
    assert signed_in(client) and "mail.not_sent" in caplog.text


def test_signing_up_works_while_the_queue_does_not_answer(client, monkeypatch, caplog):
    from kombu.exceptions import OperationalError

    from accounts import tasks

    def no_broker(*_args, **_more):
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.send_mail, "delay", no_broker)
    assert sign_up(client)["Location"] == "/welcome/"
    assert "mail.not_queued" in caplog.text


def test_mails_pass_through_the_queue_sealed(client, monkeypatch):
    from accounts import tasks

    queued = []
    monkeypatch.setattr(tasks.send_mail, "delay", queued.append)
    sign_up(client)
    (sealed,) = queued
    assert "example.org" not in sealed and "confirm-email" not in sealed
    tasks.send_mail.run(sealed)
    assert mail.outbox[0].to == ["new@example.org"]


def test_the_browser_tells_currency_country_and_time_zone(client):
    client.post(
        reverse("account_signup"),
        {"email": "new@example.org", "username": "", "password1": PASSWORD, "time_zone": "America/New_York"},
        headers={"Accept-Language": "en-US,en;q=0.9"},
    )
    kept = Preferences.objects.get()
    assert (kept.base_currency, kept.tax_residence, kept.time_zone, kept.locale, kept.cost_method) == (
        "USD",
        "US",
        "America/New_York",
        "en-US",
        "fifo",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "marta@example.org"}, "address"),
        ({"email": "MARTA@example.org"}, "address"),
        ({"email": ""}, "required"),
        ({"username": "MARTA"}, "username"),
        ({"username": "two words"}, "letters, digits"),
        ({"username": "marta@example.org"}, "letters, digits"),
        ({"password1": "short"}, "10"),
        ({"password1": "password123"}, "common"),
        ({"time_zone": "x" * 65}, "64"),
    ],
)
def test_signing_up_says_what_to_change(client, marta, change, words):
    answer = sign_up(client, **change)
    assert answer.status_code == 200 and words in answer.content.decode() and User.objects.count() == 1
    assert not signed_in(client)


def test_two_people_who_take_one_address_at_once_get_a_form_and_no_error(client, monkeypatch):
    from accounts.forms import SignUpForm

    User.objects.create_user("first", "new@example.org", PASSWORD)
    monkeypatch.setattr(SignUpForm, "clean_email", lambda self: self.cleaned_data["email"])
    answer = sign_up(client)
    assert answer.status_code == 200 and "a moment ago" in answer.content.decode()
    assert User.objects.count() == 1 and Preferences.objects.count() == 1


def test_preferences_come_with_every_person_however_made(django_user_model):
    from django.core.management import call_command

    django_user_model.objects.create_user("one", "one@example.org", "x")
    call_command("createsuperuser", username="two", email="two@example.org", interactive=False)
    django_user_model(username="three", email="three@example.org").save()
    assert Preferences.objects.count() == 3


# ── telling nobody who is here ──────────────────────────────────────────────


@pytest.fixture
def quiet(settings):
    settings.SIGN_UP_SIGNS_IN = False


def test_an_address_that_has_an_account_gets_the_answer_of_a_new_one_and_its_owner_a_mail(client, marta, quiet):
    answers = [sign_up(client, email=address) for address in ("MARTA@example.org", "new@example.org")]
    assert [(answer.status_code, answer["Location"], answer.content) for answer in answers] == [
        (302, reverse("account_email_verification_sent"), b"")
    ] * 2
    assert set(answers[0].headers) == set(answers[1].headers) and set(answers[0].cookies) == set(answers[1].cookies)
    assert not signed_in(client)
    assert [(message.to, "wanted to make an account" in message.body) for message in mail.outbox] == [
        (["marta@example.org"], True),
        (["new@example.org"], False),
    ]
    assert User.objects.get(username="marta").check_password(PASSWORD) and User.objects.count() == 2


def test_an_account_made_quietly_works_at_once_and_is_confirmed_by_its_mail(client, quiet):
    sign_up(client)
    sign_in(client, "new@example.org")
    assert signed_in(client)
    client.post(link_in(mail.outbox[0]))
    assert confirmed(User.objects.get()) and AuditEntry.objects.filter(action="account.created").exists()


def test_one_hash_is_made_whether_the_address_has_an_account_or_not(client, marta, quiet, monkeypatch):
    from django.contrib.auth.hashers import MD5PasswordHasher

    calls, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: (calls.append(1), encode(self, *args))[1])
    counts = []
    for address in ("marta@example.org", "new@example.org"):
        calls.clear()
        sign_up(client, email=address)
        counts.append(len(calls))
    assert counts == [1, 1]


def test_the_owner_is_told_three_times_an_hour_at_most(client, marta, quiet, limits_on):
    for _ in range(5):
        sign_up(client, email="marta@example.org")
    assert len(mail.outbox) == 3


# ── confirming the address ──────────────────────────────────────────────────


def test_the_link_of_the_mail_confirms_the_address_after_a_press_of_the_button(client):
    sign_up(client)
    link = link_in(mail.outbox[0])
    page = client.get(link)
    assert page.status_code == 200 and not confirmed(User.objects.get())
    assert client.post(link).status_code == 302
    assert confirmed(User.objects.get())
    assert AuditEntry.objects.filter(action="email.confirmed").exists()


def test_links_hold_the_configured_host_whatever_the_request_says(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client.post(reverse("account_signup"), {"email": "new@example.org", "username": "", "password1": PASSWORD}, headers={"Host": "evil.example"})
    assert "evil.example" not in mail.outbox[0].body and "http://127.0.0.1:8000/" in mail.outbox[0].body


def test_a_link_that_is_not_good_any_more_offers_a_new_one(client, db):
    page = client.get(reverse("account_confirm_email", args=["nonsense"]))
    assert "not good any more" in page.content.decode()
