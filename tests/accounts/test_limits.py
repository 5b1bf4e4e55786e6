"""How often somebody may guess, from where, and who is kept out by it."""

from __future__ import annotations

import random

import pytest
from django.core import mail
from django.core.cache import caches
from django.test import override_settings
from django.urls import reverse

from accounts import devices
from accounts.models import KnownDevice
from accounts.tasks import sweep
from portfolio_site.web.throttling import SignInThrottle
from tests.accounts.conftest import PASSWORD
from tests.accounts.factors import app_code, confirm_address, with_app
from tests.accounts.pages import link_in, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_leave_at_once")]
LOGIN = "/api/v1/auth/login"


@pytest.fixture
def come_in(client, marta):
    """Signs in from an address with a browser that has no cookie, on a page of the browser."""

    def sign(address="192.0.2.50", password=PASSWORD):
        client.cookies.clear()
        client.post(reverse("account_login"), {"login": "marta", "password": password}, REMOTE_ADDR=address)
        return signed_in(client)

    return sign


# ── who is kept out ─────────────────────────────────────────────────────────


def test_guesses_from_one_place_do_not_keep_the_person_out_of_another(client, marta, limits_on, come_in):
    client.post(reverse("account_login"), {"login": "marta", "password": "wrong"}, REMOTE_ADDR="203.0.113.9")
    for _ in range(7):
        answer = client.post(reverse("account_login"), {"login": "marta", "password": "wrong"}, REMOTE_ADDR="203.0.113.9")
    assert "Too many failed" in answer.content.decode()
    assert not come_in("203.0.113.9")
    assert come_in("192.0.2.50")


def test_guesses_from_a_hundred_places_are_stopped_but_not_where_the_person_was_before(client, marta, limits_on, come_in):
    assert come_in("192.0.2.50")
    client.logout()
    client.cookies.clear()
    for number in range(100):
        client.post(reverse("account_login"), {"login": "marta", "password": "wrong"}, REMOTE_ADDR=f"198.51.100.{number}")
    assert not come_in("203.0.113.77")
    assert come_in("192.0.2.50")


def test_a_new_password_by_mail_opens_what_guesses_had_closed(client, marta, limits_on, come_in):
    assert come_in("192.0.2.50")
    client.logout()
    for number in range(100):
        client.cookies.clear()
        client.post(reverse("account_login"), {"login": "marta", "password": "wrong"}, REMOTE_ADDR=f"198.51.100.{number}")
    confirm_address(marta)
    client.post(reverse("account_reset_password"), {"email": "marta@example.org"})
    where = client.get(link_in(mail.outbox[-1]), follow=True).redirect_chain[-1][0]
    client.post(where, {"password1": "another plumb line", "password2": "another plumb line"})
    assert come_in("203.0.113.77", "another plumb line")


# ── forged addresses, and a cache that is away ──────────────────────────────


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_thousand_forged_forwarded_headers_make_no_difference(api, marta, limits_on, monkeypatch, settings, proxies):
    monkeypatch.setattr(SignInThrottle, "rate", "30/min", raising=False)
    settings.PROXY_COUNT = proxies
    chance = random.Random(7)
    passed = 0
    for _ in range(1000):
        forged = ", ".join(f"{chance.randrange(1, 255)}.{chance.randrange(255)}.0.1" for _ in range(chance.randrange(1, 4)))
        header = f"{forged}, 203.0.113.9" if proxies else forged
        answer = api.post(LOGIN, {"username": "marta", "password": "wrong"}, HTTP_X_FORWARDED_FOR=header, REMOTE_ADDR="10.0.0.1")
        passed += answer.status_code == 401
    assert passed == 5


def test_limits_hold_while_the_cache_is_away(client, api, marta, limits_on, monkeypatch):
    from rest_framework.throttling import SimpleRateThrottle

    guess = {"REMOTE_ADDR": "203.0.113.200"}
    with override_settings(CACHES={"default": {"BACKEND": "portfolio_site.web.cache.FailOpenRedisCache", "LOCATION": "redis://127.0.0.1:1/0"}}):
        monkeypatch.setattr(SignInThrottle, "rate", "8/min", raising=False)
        monkeypatch.setattr(SimpleRateThrottle, "cache", caches["default"])
        answers = [api.post(LOGIN, {"username": "marta", "password": "wrong"}, **guess) for _ in range(12)]
        page = client.post(reverse("account_login"), {"login": "marta", "password": PASSWORD}, **guess)
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 7
    assert {answer.json()["code"] for answer in answers[8:]} == {"throttled"}
    assert "Too many failed" in page.content.decode() and not signed_in(client)


# ── the second factor over the API ──────────────────────────────────────────


def test_the_api_asks_for_the_code_and_takes_each_once(api, marta):
    recovery = with_app(marta)[0]
    given = {"username": "marta", "password": PASSWORD}
    answer = api.post(LOGIN, given)
    assert (answer.status_code, answer.json()["code"]) == (401, "otp_required") and answer["WWW-Authenticate"]
    code = app_code()
    for otp in (code, recovery):
        assert api.post(LOGIN, given | {"otp": otp}).status_code == 200
        again = api.post(LOGIN, given | {"otp": otp})
        assert (again.status_code, again.json()["code"]) == (401, "wrong_otp")


def test_a_wrong_password_says_nothing_of_the_second_factor(api, marta):
    with_app(marta)
    assert api.post(LOGIN, {"username": "marta", "password": "wrong", "otp": app_code()}).json()["code"] == "wrong_credentials"


def test_wrong_codes_are_limited_on_page_and_api_together(client, api, marta, limits_on):
    with_app(marta)
    sign_in(client)
    for _ in range(3):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    for _ in range(2):
        api.post(LOGIN, {"username": "marta", "password": PASSWORD, "otp": "000000"})
    assert api.post(LOGIN, {"username": "marta", "password": PASSWORD, "otp": app_code()}).status_code == 429
    client.post(reverse("mfa_authenticate"), {"code": app_code()})
    assert not signed_in(client)


# ── places that are new ─────────────────────────────────────────────────────


def told():
    return [message for message in mail.outbox if "new device" in message.subject]


def test_a_sign_in_from_a_new_place_is_told_once_to_the_confirmed_address(client, marta, come_in):
    confirm_address(marta)
    assert come_in("192.0.2.50") and not told()
    assert come_in("198.51.100.7") and len(told()) == 1
    assert told()[0].to == ["marta@example.org"] and "198.51.100.7" in told()[0].body
    assert come_in("198.51.100.7") and len(told()) == 1


def test_a_browser_that_was_here_before_is_known_from_anywhere(client, marta):
    confirm_address(marta)
    for address in ("192.0.2.50", "198.51.100.7", "203.0.113.9"):
        client.post(reverse("account_login"), {"login": "marta", "password": PASSWORD}, REMOTE_ADDR=address)
        client.post(reverse("account_logout"))
    assert not told() and client.cookies["device"]["httponly"]


def test_the_api_tells_of_new_places_too(api, marta, come_in):
    confirm_address(marta)
    come_in("192.0.2.50")
    api.post(LOGIN, {"username": "marta", "password": PASSWORD}, REMOTE_ADDR="203.0.113.9")
    assert len(told()) == 1


def test_an_address_that_is_not_confirmed_is_told_nothing(client, marta, come_in):
    come_in("192.0.2.50")
    come_in("198.51.100.7")
    assert not mail.outbox


def test_places_are_kept_as_keyed_hashes_and_for_a_year(client, marta, come_in, time_machine):
    import time

    come_in("198.51.100.7")
    assert "198.51.100.7" not in repr(list(KnownDevice.objects.values()))
    time_machine.move_to(time.time() + 366 * 24 * 3600)
    sweep()
    assert not KnownDevice.objects.exists()


def test_somebody_elses_cookie_makes_no_place_known(client, marta, rf, django_user_model):
    other = django_user_model.objects.create_user("sam", "sam@example.org", PASSWORD)
    sign_in(client, "sam")
    request = rf.get("/", REMOTE_ADDR="203.0.113.9")
    request.COOKIES["device"] = client.cookies["device"].value
    assert devices.is_known(other, request) and not devices.is_known(marta, request)
