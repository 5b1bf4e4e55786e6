"""Signing in by an account elsewhere: who it is, who it is not, and connecting one.  The service is a scripted one."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.core import mail
from django.urls import reverse

from accounts.elsewhere import ElsewhereAdapter
from accounts.selectors import mailable
from tests.accounts.conftest import PASSWORD
from tests.accounts.factors import app_code, confirm_address, with_app
from tests.accounts.pages import landing_of, sign_in, signed_in
from tests.accounts.test_sign_in import ELSEWHERE

User = get_user_model()
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_leave_at_once")]
SERVICE = "https://id.example.com"
LOGIN, BACK = "/accounts/oidc/sso/login/", "/accounts/oidc/sso/login/callback/"


class Answer:
    def __init__(self, body, status=200):
        self.body, self.status_code, self.headers, self.text = body, status, {"content-type": "application/json"}, "{}"
        self.content = b"{}"

    def json(self):
        return self.body

    def raise_for_status(self):
        return None


class Service:
    """What an OpenID Connect service answers to us; `says` is what it knows of the person."""

    def __init__(self):
        self.says, self.asked = {}, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def get(self, url, headers=None):
        return self.request("GET", url)

    def request(self, method, url, params=None, data=None, headers=None, auth=None):
        self.asked.append((method, url, data))
        path = urlsplit(url).path
        if path == "/.well-known/openid-configuration":
            places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo", "jwks_uri": "jwks"}
            return Answer({"issuer": SERVICE} | {name: f"{SERVICE}/{place}" for name, place in places.items()})
        if path == "/token":
            return Answer({"access_token": "t", "token_type": "Bearer"}) if data.get("code") == "c" else Answer({"error": "invalid_grant"}, 400)
        return Answer(self.says)


@pytest.fixture
def service(monkeypatch):
    scripted = Service()
    monkeypatch.setattr(ElsewhereAdapter, "get_requests_session", lambda self: scripted)
    return scripted


def leave(client, process="login", **more):
    answer = client.post(LOGIN + f"?process={process}", more)
    return {name: value[0] for name, value in parse_qs(urlsplit(answer["Location"]).query).items()}


def come(client, service, process="login", next_page=None, **claims):
    """Leaves for the service and comes back as whom it says."""
    service.says = {"sub": "42", "email": "marta@example.org", "email_verified": True} | claims
    where = f"?process={process}" + (f"&next={next_page}" if next_page else "")
    answer = client.post(LOGIN + where)
    state = parse_qs(urlsplit(answer["Location"]).query)["state"][0]
    return client.get(BACK, {"code": "c", "state": state})


def test_buttons_stand_on_the_page_only_where_a_service_is_switched_on(client, settings):
    assert "Sign in with Example" in client.get(reverse("account_login")).content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "Sign in with Example" not in client.get(reverse("account_login")).content.decode()
    assert client.post(LOGIN).status_code == 404


def test_the_way_there_carries_state_and_a_challenge(client, service):
    asked = leave(client)
    assert asked["code_challenge_method"] == "S256" and len(asked["state"]) >= 16 and asked["redirect_uri"].endswith(BACK)
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert client.get(LOGIN).status_code == 200 and not signed_in(client)


@pytest.mark.parametrize(("verified", "is_confirmed"), [(True, True), (False, False), ("true", False), ("false", False), (1, False), (None, False)])
def test_a_new_person_has_the_address_confirmed_only_where_the_service_has_confirmed_it(client, service, verified, is_confirmed):
    come(client, service, email="new@example.org", email_verified=verified)
    person = User.objects.get()
    assert signed_in(client) and (mailable(person) is not None) is is_confirmed and not person.has_usable_password()


def test_a_person_is_linked_by_an_address_that_both_have_confirmed_and_known_by_the_number_from_then_on(client, marta, service):
    confirm_address(marta)
    assert come(client, service)["Location"] == "/dashboard/" and client.session["_auth_user_id"] == str(marta.pk)
    client.logout()
    come(client, service, email="elsewhere@example.org")
    assert client.session["_auth_user_id"] == str(marta.pk) and User.objects.count() == 1
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("verified", [False, "true", "false", 1, None])
def test_an_address_that_the_service_has_not_confirmed_links_nobody(client, marta, service, verified):
    confirm_address(marta)
    come(client, service, email_verified=verified)
    assert not signed_in(client) and not SocialAccount.objects.exists() and User.objects.count() == 1


def test_an_address_that_is_not_confirmed_here_links_nobody_and_leaves_the_password(client, marta, service):
    EmailAddress.objects.create(user=marta, email=marta.email, primary=True, verified=False)
    come(client, service)
    assert not signed_in(client) and not SocialAccount.objects.exists() and User.objects.get().check_password(PASSWORD)


def test_the_second_factor_is_asked_for_all_the_same(client, marta, service):
    with_app(marta)
    assert come(client, service)["Location"] == reverse("mfa_authenticate") and not signed_in(client)
    client.post(reverse("mfa_authenticate"), {"code": app_code()})
    assert signed_in(client)


@pytest.mark.parametrize("way", ["no state", "a made-up state", "a state twice", "another browser's state", "no code", "an error"])
def test_a_way_back_that_was_not_ours_signs_nobody_in(client, marta, service, way):
    confirm_address(marta)
    service.says = {"sub": "42", "email": "marta@example.org", "email_verified": True}
    state = leave(client)["state"]
    query = {"code": "c", "state": state}
    if way == "a state twice":
        client.get(BACK, query)
        client.logout()
    elif way == "another browser's state":
        client.cookies.clear()
    elif way == "an error":
        query = {"error": "access_denied", "state": state}
    else:
        query |= {"no state": {"state": ""}, "a made-up state": {"state": "x" * 16}, "no code": {"code": ""}}[way]
    answer = client.get(BACK, query, follow=True)
    assert answer.status_code in {200, 401} and not signed_in(client)


@pytest.mark.parametrize("target", ELSEWHERE[:12])
def test_next_never_leads_elsewhere_by_way_of_a_service(client, marta, service, target):
    from urllib.parse import quote

    confirm_address(marta)
    assert landing_of(come(client, service, next_page=quote(target))["Location"]) == ("http", "testserver")


def test_an_account_elsewhere_is_connected_and_disconnected_in_the_settings(client, marta, service):
    confirm_address(marta)
    sign_in(client)
    come(client, service, process="connect", email="other@example.org")
    page = client.get(reverse("socialaccount_connections")).content.decode()
    assert "Disconnect Example" in page and "Example" in client.get(reverse("settings-security")).content.decode()
    assert "was connected" in mail.outbox[-1].body and mail.outbox[-1].to == ["marta@example.org"]
    client.post(reverse("socialaccount_connections"), {"account": SocialAccount.objects.get().pk})
    assert not SocialAccount.objects.exists()


def test_what_signs_in_to_one_account_is_not_connected_to_another(client, marta, service, django_user_model):
    confirm_address(marta)
    come(client, service)
    client.logout()
    django_user_model.objects.create_user("sam", "sam@example.org", PASSWORD)
    sign_in(client, "sam")
    come(client, service, process="connect")
    assert SocialAccount.objects.get().user == marta


def test_the_last_way_in_is_not_disconnected(client, service):
    come(client, service, email="new@example.org")
    client.post(reverse("socialaccount_connections"), {"account": SocialAccount.objects.get().pk})
    assert SocialAccount.objects.exists()
