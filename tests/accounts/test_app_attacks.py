"""Attacks on the OAuth provider: each one ends without a token, and where something was shown twice, without the connection."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import jwt
import pytest
from allauth.idp.oidc.models import Client as App
from allauth.idp.oidc.models import Token
from cryptography.hazmat.primitives import serialization
from django.test import Client
from django.utils import timezone

from accounts import tokens as own_tokens
from accounts.models import AuditEntry
from accounts.oauth.keys import signing_key
from accounts.oauth.models import AuthorizationCode
from tests.accounts.apps_flow import (
    BACK,
    SCOPES,
    VERIFIER,
    an_app,
    asked,
    browser_of,
    call,
    challenge,
    code_for,
    connected,
    consent,
    exchange,
    parameters,
)
from tests.accounts.test_tokens import HEADER, KEY, good, part, signed
from tests.factories import make_person
from tests.threads import at_once

pytestmark = pytest.mark.django_db


class World:
    """A person, two apps of two makers, and what each of them has."""

    def __init__(self) -> None:
        self.person, self.maker, self.rival = make_person("mia"), make_person("maker"), make_person("rival")
        self.app, self.secret = an_app(self.maker)
        self.other, self.other_secret = an_app(self.rival, name="Other", addresses=("https://other.example/back",))
        self.public, _ = an_app(self.maker, name="Phone", confidential=False)
        self.browser = browser_of(self.person)

    def code(self, **changes: Any) -> str:
        return code_for(self.browser, self.app, **changes)

    def refresh(self, token: str, **changes: Any) -> Any:
        return exchange(self.app, self.secret, grant_type="refresh_token", refresh_token=token, redirect_uri=None, code_verifier=None, **changes)


@pytest.fixture
def world(db: None) -> World:
    return World()


# ── asking for a code: the person sees a page, or the app an error; nobody is sent to a wrong place ────────

ASKING: dict[str, dict[str, str | None]] = {
    "no challenge": {"code_challenge": None, "code_challenge_method": None},
    "a plain challenge": {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
    "a challenge without a method, which would be plain": {"code_challenge_method": None},
    "an unknown method": {"code_challenge_method": "S512"},
    "a challenge that is no digest": {"code_challenge": "abc"},
    "an empty challenge": {"code_challenge": ""},
    "the implicit grant": {"response_type": "token"},
    "the hybrid grant": {"response_type": "code id_token"},
    "an ID token at once": {"response_type": "id_token"},
    "no kind of answer": {"response_type": None},
    "a scope that the app may not ask for": {"scope": "openid portfolios:write"},
    "a scope that there is not": {"scope": "openid admin"},
    "every scope by a star": {"scope": "*"},
}
LEADING: dict[str, str | None] = {
    "another host": "https://evil.example/back",
    "another path": BACK + "/more",
    "another case": BACK.replace("back", "Back"),
    "a slash more": BACK + "/",
    "a query more": BACK + "?next=https://evil.example",
    "a path that climbs": BACK + "/../evil",
    "a fragment": BACK + "#x",
    "http in place of https": BACK.replace("https", "http"),
    "a port": BACK.replace(".example", ".example:444"),
    "a host below": BACK.replace("app.example", "app.example.evil.example"),
    "a name before the host": BACK.replace("https://", "https://app.example@evil.example/?"),
    "a backslash": "https://evil.example\\@app.example/back",
    "escaped signs": BACK.replace("back", "%62ack"),
    "script": "javascript:alert(1)",
    "no address": None,
    "the other app's": "https://other.example/back",
    "a blank before": " " + BACK,
    "a line end": BACK + "\r\nLocation: https://evil.example",
}


@pytest.mark.parametrize("name", ASKING)
def test_a_request_for_a_code_that_is_not_right_gets_none(world: World, name: str) -> None:
    answer = consent(world.browser, asked(world.app, **ASKING[name]))
    assert not AuthorizationCode.objects.exists()
    if answer.status_code == 302:
        assert answer["Location"].startswith(BACK) and "error" in parameters(answer) and "code" not in parameters(answer)
    else:
        assert answer.status_code == 400


@pytest.mark.parametrize("name", LEADING)
def test_nobody_is_sent_to_an_address_that_the_app_did_not_register(world: World, name: str) -> None:
    answer = consent(world.browser, asked(world.app, redirect_uri=LEADING[name]))
    assert answer.status_code == 400 and "Location" not in answer and not AuthorizationCode.objects.exists()


def test_scopes_are_not_added_on_the_way_through_the_form(world: World) -> None:
    answer = consent(world.browser, asked(world.app, scope="openid"), scopes=["openid", "portfolios:read"])
    assert answer.status_code == 200 and not AuthorizationCode.objects.exists()


def test_the_form_of_another_page_or_another_person_lets_nobody_in(world: World) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.person)
    assert consent(strict, asked(world.app)).status_code == 403  # without the token of the form
    assert world.browser.post("/oauth/authorize", {"request": "forged:signature", "scopes": ["openid"], "action": "grant"}).status_code == 403
    assert not AuthorizationCode.objects.exists()


def test_an_app_cannot_skip_the_page(world: World) -> None:
    answer = consent(world.browser, asked(world.app, prompt="none"))
    assert "code" not in parameters(answer) and not AuthorizationCode.objects.exists()
    assert world.browser.post("/oauth/authorize?" + "&".join(f"{k}={v}" for k, v in asked(world.app).items())).status_code in {302, 400, 403}
    assert not AuthorizationCode.objects.exists()


# ── exchanging: every one of these is refused, and no token is made ───────────

TRADING: dict[str, Callable[[World], Any]] = {
    "a wrong verifier": lambda w: exchange(w.app, w.secret, code=w.code(), code_verifier="w" * 43),
    "no verifier": lambda w: exchange(w.app, w.secret, code=w.code(), code_verifier=None),
    "the challenge as verifier": lambda w: exchange(w.app, w.secret, code=w.code(), code_verifier=challenge()),
    "a short verifier": lambda w: exchange(w.app, w.secret, code=w.code(code_challenge=challenge("abc")), code_verifier="abc"),
    "a wrong secret": lambda w: exchange(w.app, "wrong", code=w.code()),
    "no secret": lambda w: exchange(w.app, "", code=w.code()),
    "the secret of another app": lambda w: exchange(w.app, w.other_secret, code=w.code()),
    "a code of another app": lambda w: exchange(w.other, w.other_secret, code=w.code(), redirect_uri="https://other.example/back"),
    "a code of another app for a public one": lambda w: exchange(w.public, "", code=w.code()),
    "another address": lambda w: exchange(w.app, w.secret, code=w.code(), redirect_uri="https://app.example/other"),
    "no address": lambda w: exchange(w.app, w.secret, code=w.code(), redirect_uri=None),
    "a code that never was": lambda w: exchange(w.app, w.secret, code="x" * 30),
    "no code": lambda w: exchange(w.app, w.secret),
    "a code that is over": lambda w: _after(w, exchange, AuthorizationCode, code=w.code()),
    "a digest in place of the code": lambda w: exchange(w.app, w.secret, code=_digest_of(w.code())),
    "a code of somebody who is switched off": lambda w: _switched_off(w),
    "a code from before a new password": lambda w: _new_password(w),
    "the password grant": lambda w: exchange(w.app, w.secret, grant_type="password", username="mia", password="a long enough sentence"),
    "the device grant": lambda w: exchange(w.app, w.secret, grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code="x"),
    "a grant that there is not": lambda w: exchange(w.app, w.secret, grant_type="anything"),
    "no grant": lambda w: exchange(w.app, w.secret, grant_type=None),
    "client credentials of an app that was not given them": lambda w: exchange(w.app, w.secret, grant_type="client_credentials", scope="openid"),
    "client credentials of a public app": lambda w: exchange(w.public, "", grant_type="client_credentials", scope="openid"),
    "an app that never was": lambda w: exchange(w.app, w.secret, code=w.code(), client_id="nobody"),
    "a parameter twice": lambda w: Client().post("/oauth/token", {"grant_type": ["authorization_code", "client_credentials"], "client_id": w.app.pk}),
    "a secret in the address": lambda w: Client().post(f"/oauth/token?client_secret={w.secret}&client_id={w.app.pk}&grant_type=authorization_code"),
    "NUL in a code": lambda w: exchange(w.app, w.secret, code="x\x00"),
    "nothing": lambda w: Client().post("/oauth/token", {}),
    "JSON": lambda w: Client().post("/oauth/token", {"grant_type": "authorization_code"}, content_type="application/json"),
}


def _digest_of(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _after(world: World, deed: Any, model: Any, **changes: Any) -> Any:
    model.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    return deed(world.app, world.secret, **changes)


def _switched_off(world: World) -> Any:
    code = world.code()
    type(world.person).objects.filter(pk=world.person.pk).update(is_active=False)
    return exchange(world.app, world.secret, code=code)


def _new_password(world: World) -> Any:
    code = world.code()
    world.person.set_password("another plumb line")
    world.person.save()
    return exchange(world.app, world.secret, code=code)


def test_the_tables_have_at_least_twenty_five_attacks() -> None:
    assert len(ASKING) + len(LEADING) + len(TRADING) >= 25


@pytest.mark.parametrize("name", TRADING)
def test_an_exchange_that_is_not_right_makes_no_token(world: World, name: str) -> None:
    answer = TRADING[name](world)
    assert answer.status_code in {400, 401}, (name, answer.status_code)
    assert "error" in answer.json() and "access_token" not in answer.json() and not Token.objects.exists()
    assert answer.status_code != 401 or answer["WWW-Authenticate"].startswith("Basic")


def test_a_code_is_spent_by_a_try_that_fails(world: World) -> None:
    code = world.code()
    assert exchange(world.app, world.secret, code=code, code_verifier="w" * 43).status_code == 400
    assert exchange(world.app, world.secret, code=code).status_code == 400 and not Token.objects.exists()


def test_a_code_of_another_app_is_not_spent_by_a_thief(world: World) -> None:
    code = world.code()
    assert exchange(world.other, world.other_secret, code=code).status_code in {400, 401}
    assert exchange(world.app, world.secret, code=code).status_code == 200


def test_a_code_that_is_shown_twice_ends_the_connection(world: World) -> None:
    code = world.code()
    first = exchange(world.app, world.secret, code=code).json()
    assert call(first["access_token"]).status_code == 200
    assert exchange(world.app, world.secret, code=code).json()["error"] == "invalid_grant"
    assert call(first["access_token"]).status_code == 401 and not Token.objects.exists()
    assert AuditEntry.objects.filter(action="app.token_reused", subject=world.person.pk).count() == 1


def test_a_refresh_token_that_is_shown_twice_ends_the_connection(world: World) -> None:
    first = connected(world.person, world.app, world.secret)
    second = world.refresh(first["refresh_token"]).json()
    assert world.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert call(second["access_token"]).status_code == 401 and world.refresh(second["refresh_token"]).status_code == 400
    assert AuditEntry.objects.filter(action="app.token_reused").count() == 1


def test_a_refresh_token_is_good_for_its_own_app_with_its_own_scopes_only(world: World) -> None:
    token = connected(world.person, world.app, world.secret)["refresh_token"]
    more = world.refresh(token, scope="openid profile:read portfolios:read")
    assert more.status_code in {400, 401} and more.json()["error"] == "invalid_scope"
    stolen = exchange(world.other, world.other_secret, grant_type="refresh_token", refresh_token=token, redirect_uri=None, code_verifier=None)
    assert stolen.json()["error"] == "invalid_grant"
    assert world.refresh("x" * 86).json()["error"] == "invalid_grant"
    assert world.refresh(token).status_code == 200


@pytest.mark.parametrize("what", ["password", "switched off", "app removed", "owner removed", "expired", "type", "foreign app"])
def test_an_access_token_ends_with_what_it_rests_on(world: World, what: str) -> None:
    body = connected(world.person, world.app, world.secret)
    token = body["access_token"]
    assert call(token).status_code == 200
    if what == "password":
        world.person.set_password("another plumb line")
        world.person.save()
    elif what == "switched off":
        type(world.person).objects.filter(pk=world.person.pk).update(is_active=False)
    elif what == "app removed":
        App.objects.filter(pk=world.app.pk).delete()
    elif what == "owner removed":
        world.maker.delete()
    elif what == "expired":
        Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif what == "type":
        token = body["refresh_token"]
    else:
        Token.objects.filter(type=Token.Type.ACCESS_TOKEN).update(data={"resources": ["https://elsewhere.example"], "mark": "x"})
    answer = call(token)
    assert answer.status_code == 401 and 'error="invalid_token"' in answer["WWW-Authenticate"]
    assert Client().get("/oauth/userinfo", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401


def test_an_app_ends_no_token_of_another_app(world: World) -> None:
    body = connected(world.person, world.app, world.secret)
    Client().post("/oauth/revoke", {"token": body["access_token"], "client_id": world.other.pk, "client_secret": world.other_secret})
    Client().post("/oauth/revoke", {"token": body["refresh_token"], "client_id": world.public.pk})
    assert call(body["access_token"]).status_code == 200 and Token.objects.count() == 2


@pytest.mark.parametrize("query", ["x=%zz", "x=%", "%00", "x=%ff%fe", "x=é", "x=a b", "x=" + "a" * 9000])
def test_a_query_that_cannot_be_read_is_no_fault_of_ours(world: World, query: str) -> None:
    token = connected(world.person, world.app, world.secret)["access_token"]
    for path in ("/api/v1/auth/me", "/oauth/userinfo", "/oauth/authorize", "/oauth/token"):
        for method in ("get", "post"):
            answer = getattr(world.browser, method)(path, QUERY_STRING=query, HTTP_AUTHORIZATION=f"Bearer {token}")
            assert answer.status_code < 500, (path, query, answer.status_code)


def test_a_token_in_the_address_or_the_body_opens_nothing(world: World) -> None:
    token = connected(world.person, world.app, world.secret)["access_token"]
    assert Client().get(f"/api/v1/auth/me?access_token={token}").status_code == 401
    assert Client().get(f"/oauth/userinfo?access_token={token}").status_code == 401


def test_guesses_at_the_token_endpoint_are_limited_by_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from portfolio_site.web.throttling import ProviderThrottle

    monkeypatch.setattr(ProviderThrottle, "THROTTLE_RATES", {"provider": "5/min"})
    answers = [exchange(world.app, "guess", grant_type="client_credentials") for _ in range(7)]
    assert [one.status_code for one in answers[5:]] == [429, 429] and int(answers[6]["Retry-After"]) > 0


# ── tokens of one kind shown as the other ───────────────────────────────────


def _public_pem() -> bytes:
    key = serialization.load_pem_private_key(signing_key().encode(), None)
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


CONFUSED: dict[str, Callable[[Any], str]] = {
    "HS256 by the provider's public key": lambda user: signed(HEADER, good(user), _public_pem()),
    "RS256 by the provider's own key": lambda user: jwt.encode(good(user), signing_key(), algorithm="RS256"),
    "RS256 as HS256 in the header": lambda user: ".".join([part(HEADER), *jwt.encode(good(user), signing_key(), algorithm="RS256").split(".")[1:]]),
    "ES256 in the header": lambda user: signed({"alg": "ES256"}, good(user), KEY),
    "kid of the provider": lambda user: signed(HEADER | {"kid": "1"}, good(user), _public_pem()),
    "kid that asks the database": lambda user: signed(HEADER | {"kid": "' OR 1=1 --"}, good(user), b""),
    "x5u": lambda user: signed(HEADER | {"x5u": "https://evil.example/x"}, good(user), b"x"),
    "crit": lambda user: signed(HEADER | {"crit": ["b64"], "b64": False}, good(user), KEY),
    "five parts": lambda user: own_tokens.issue(user).access + ".a.b",
    "a blank within": lambda user: own_tokens.issue(user).access.replace(".", " .", 1),
    "two in one header": lambda user: f"{own_tokens.issue(user).access}, Bearer {own_tokens.issue(user).access}",
    "padding": lambda user: own_tokens.issue(user).access + "==.",
    "an API key": lambda user: __import__("accounts.keys.services", fromlist=["x"]).make_key(user, name="x", scopes=list(SCOPES[3:]), days=None)[1],
}


@pytest.mark.parametrize("name", CONFUSED)
def test_a_bearer_token_of_another_kind_is_401(marta: Any, name: str) -> None:
    answer = call(CONFUSED[name](marta))
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_of_somebody_who_is_switched_off_is_401(marta: Any) -> None:
    access = own_tokens.issue(marta).access
    type(marta).objects.filter(pk=marta.pk).update(is_active=False)
    assert call(access).status_code == 401


# ── races ───────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_of_four_exchanges_of_one_code_at_once_at_most_one_wins_and_nothing_stays() -> None:
    world = World()
    for _ in range(3):
        code = world.code()
        answers = at_once(*[partial(exchange, world.app, world.secret, code=code)] * 4)
        assert sum(getattr(one, "status_code", 0) == 200 for one in answers) <= 1, answers
        assert all(getattr(one, "status_code", 0) in {200, 400} for one in answers), answers
        assert not Token.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_four_renewals_at_once_at_most_one_wins_and_nothing_stays() -> None:
    world = World()
    for _ in range(3):
        token = connected(world.person, world.app, world.secret)["refresh_token"]
        answers = at_once(*[partial(world.refresh, token)] * 4)
        assert sum(getattr(one, "status_code", 0) == 200 for one in answers) <= 1, answers
        assert all(getattr(one, "status_code", 0) in {200, 400} for one in answers), answers
        assert not Token.objects.exists()
