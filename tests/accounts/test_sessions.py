"""Where somebody is signed in, and signing out there."""

from __future__ import annotations

import time

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from accounts import tokens
from accounts.errors import BadToken
from accounts.guesses import device_name
from accounts.models import AuditEntry
from tests.accounts.pages import sign_in, signed_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"


@pytest.fixture
def elsewhere(marta):
    browser = Client(headers={"User-Agent": PHONE})
    sign_in(browser)
    return browser


@pytest.mark.parametrize(
    ("says", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_called_what_its_person_would_call_it(says, name):
    assert device_name(says) == name


def test_the_list_names_devices_and_marks_this_one_in_one_query(client, marta, elsewhere, django_assert_num_queries):
    client.defaults["HTTP_USER_AGENT"] = FIREFOX
    sign_in(client)
    with django_assert_num_queries(3):  # the session, the person, the list
        page = client.get(reverse("usersessions_list")).content.decode()
    assert page.index("Firefox on Windows") < page.index("This device") < page.index("Safari on iPhone")
    assert page.count('aria-label="Sign out ') == 1


def test_a_device_that_is_signed_out_is_out_at_once(client, marta, elsewhere):
    sign_in(client)
    other = UserSession.objects.get(session_key=elsewhere.session.session_key)
    client.post(reverse("session-end", args=[other.pk]))
    assert elsewhere.get(reverse("settings-security")).status_code == 302
    assert client.get(reverse("settings-security")).status_code == 200
    assert AuditEntry.objects.filter(action="session.revoked", subject=marta.pk).count() == 1


def test_this_device_is_not_signed_out_by_the_list(client, marta):
    sign_in(client)
    here = UserSession.objects.get(session_key=client.session.session_key)
    assert client.post(reverse("session-end", args=[here.pk])).status_code == 404 and signed_in(client)


def test_signing_out_everywhere_else_leaves_this_session_alone(client, marta, elsewhere):
    sign_in(client)
    pair = tokens.issue(marta)
    client.post(reverse("sessions-end"))
    assert elsewhere.get(reverse("settings-security")).status_code == 302
    assert client.get(reverse("settings-security")).status_code == 200
    assert UserSession.objects.count() == 1
    with pytest.raises(BadToken):
        tokens.user_of_access(pair.access)
    with pytest.raises(BadToken):
        tokens.rotate(pair.refresh)


def test_a_session_tells_that_it_is_in_use_once_in_five_minutes(client, marta, time_machine, django_assert_num_queries):
    sign_in(client)
    first = UserSession.objects.get().last_seen_at
    time_machine.move_to(time.time() + 200)
    client.get(reverse("settings-security"))
    assert UserSession.objects.get().last_seen_at == first
    time_machine.move_to(time.time() + 200)
    client.get(reverse("settings-security"), REMOTE_ADDR="198.51.100.7")
    row = UserSession.objects.get()
    assert row.last_seen_at > first and row.ip == "198.51.100.7"
