"""Access tokens that must not pass, refresh tokens that are spent once, and the race for one of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import uuid
from datetime import timedelta
from functools import partial

import jwt
import pytest
from django.utils import timezone

from accounts import tokens
from accounts.errors import BadToken
from accounts.models import RefreshToken
from tests.accounts.conftest import PASSWORD
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def neither_passes(pair):
    """Neither of the two is good any more."""
    with pytest.raises(BadToken):
        tokens.user_of_access(pair.access)
    with pytest.raises(BadToken):
        tokens.rotate(pair.refresh)
    assert tokens.good_among([pair.access]) == set()


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(header: dict[str, object], claims: dict[str, object], key: bytes) -> str:
    body = f"{part(header)}.{part(claims)}"
    return f"{body}.{base64.urlsafe_b64encode(hmac.new(key, body.encode(), hashlib.sha256).digest()).rstrip(b'=').decode()}"


def good(user, **changes):
    """The claims of a token that passes, with changes; None takes a claim out."""
    access = tokens.issue(user).access
    claims = jwt.decode(access, options={"verify_signature": False}) | changes
    return {name: value for name, value in claims.items() if value is not None}


KEY = tokens._derived(b"access")
HEADER = {"alg": "HS256", "typ": "JWT"}
NOW = 1_700_000_000

FORGED = {
    "nothing": lambda user: "",
    "one word": lambda user: "token",
    "two dots and nothing": lambda user: "..",
    "four parts": lambda user: tokens.issue(user).access + ".x",
    "not base64": lambda user: "€.€.€",
    "very long": lambda user: "a" * 5000,
    "alg none without signature": lambda user: f"{part({'alg': 'none'})}.{part(good(user))}.",
    "alg None in capitals": lambda user: f"{part({'alg': 'NONE'})}.{part(good(user))}.",
    "alg none with our signature": lambda user: signed({"alg": "none"}, good(user), KEY),
    "alg missing": lambda user: signed({"typ": "JWT"}, good(user), KEY),
    "alg HS384": lambda user: jwt.encode(good(user), KEY, algorithm="HS384"),
    "alg HS512": lambda user: jwt.encode(good(user), KEY, algorithm="HS512"),
    "alg RS256 in the header": lambda user: signed({"alg": "RS256"}, good(user), KEY),
    "alg as a list": lambda user: signed({"alg": ["HS256"]}, good(user), KEY),
    "another key": lambda user: signed(HEADER, good(user), b"x" * 32),
    "no key": lambda user: signed(HEADER, good(user), b""),
    "the secret key itself": lambda user: signed(HEADER, good(user), __import__("django.conf").conf.settings.SECRET_KEY.encode()),
    "another environment's secret": lambda user: signed(
        HEADER, good(user), hmac.new(b"other secret", b"plumbline tokens: access", hashlib.sha256).digest()
    ),
    "a key of its own in the header": lambda user: signed(HEADER | {"jwk": {"kty": "oct", "k": "eA"}}, good(user), b"x"),
    "a key by address": lambda user: signed(HEADER | {"jku": "https://evil.example/keys"}, good(user), b"x"),
    "kid that is a path": lambda user: signed(HEADER | {"kid": "../../dev/null"}, good(user), b""),
    "signature cut off": lambda user: tokens.issue(user).access.rsplit(".", 1)[0] + ".",
    "signature of another token": lambda user: tokens.issue(user).access.rsplit(".", 1)[0] + "." + tokens.issue(user).access.rsplit(".", 1)[1],
    "claims changed": lambda user: ".".join(
        [tokens.issue(user).access.split(".")[0], part(good(user, sub="1")), tokens.issue(user).access.split(".")[2]]
    ),
    "expired": lambda user: signed(HEADER, good(user, exp=NOW), KEY),
    "no end": lambda user: signed(HEADER, good(user, exp=None), KEY),
    "end as text": lambda user: signed(HEADER, good(user, exp="tomorrow"), KEY),
    "end as a list": lambda user: signed(HEADER, good(user, exp=[1]), KEY),
    "not yet good": lambda user: signed(HEADER, good(user, nbf=4_000_000_000), KEY),
    "issued in the future": lambda user: signed(HEADER, good(user, iat=4_000_000_000), KEY),
    "another issuer": lambda user: signed(HEADER, good(user, iss="elsewhere"), KEY),
    "no issuer": lambda user: signed(HEADER, good(user, iss=None), KEY),
    "issuer as a list": lambda user: signed(HEADER, good(user, iss=["plumbline"]), KEY),
    "an audience that is not ours": lambda user: signed(HEADER, good(user, aud="other"), KEY),
    "nobody": lambda user: signed(HEADER, good(user, sub="999999"), KEY),
    "no person": lambda user: signed(HEADER, good(user, sub=None), KEY),
    "person zero": lambda user: signed(HEADER, good(user, sub="0"), KEY),
    "a person too large for the column": lambda user: signed(HEADER, good(user, sub="9" * 40), KEY),
    "a person as a number": lambda user: signed(HEADER, good(user, sub=7), KEY),
    "a person as a sentence": lambda user: signed(HEADER, good(user, sub="1 OR 1=1"), KEY),
    "no family": lambda user: signed(HEADER, good(user, family=None), KEY),
    "a family that never was": lambda user: signed(HEADER, good(user, family=str(uuid.uuid4())), KEY),
    "a family that is no id": lambda user: signed(HEADER, good(user, family="x"), KEY),
    "another kind": lambda user: signed(HEADER, good(user, kind="refresh"), KEY),
    "no kind": lambda user: signed(HEADER, good(user, kind=None), KEY),
    "another password": lambda user: signed(HEADER, good(user, mark="0" * 64), KEY),
    "no password mark": lambda user: signed(HEADER, good(user, mark=None), KEY),
    "a refresh token": lambda user: tokens.issue(user).refresh,
    "claims that are a list": lambda user: signed(HEADER, [1, 2], KEY),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", FORGED)
def test_a_token_that_is_not_right_is_401(api, marta, name):
    token = FORGED[name](marta)
    with pytest.raises(BadToken):
        tokens.user_of_access(token)
    header = f"Bearer {token}".encode().decode("latin-1")
    answer = api.get("/api/v1/auth/me", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")


def test_the_claims_that_the_table_changes_pass_unchanged(marta):
    assert tokens.user_of_access(signed(HEADER, good(marta), KEY)) == marta


def test_of_many_tokens_those_are_good_that_pass_by_themselves(marta, django_assert_num_queries):
    own = [tokens.issue(marta).access for _ in range(3)]
    forged = [make(marta) for make in FORGED.values()]
    with django_assert_num_queries(2):
        assert tokens.good_among([*forged, *own]) == set(own)


def test_an_access_token_ends_by_itself(marta, time_machine):
    access = tokens.issue(marta).access
    time_machine.move_to(timezone.now() + timedelta(minutes=15, seconds=1))
    with pytest.raises(BadToken):
        tokens.user_of_access(access)


def test_a_new_password_ends_access_and_refresh_tokens(marta):
    pair = tokens.issue(marta)
    marta.set_password("another plumb line")
    marta.save()
    neither_passes(pair)


def test_tokens_of_a_person_who_was_switched_off_do_not_pass(marta):
    pair = tokens.issue(marta)
    marta.is_active = False
    marta.save()
    neither_passes(pair)


def test_tokens_of_a_person_who_is_gone_do_not_pass(marta):
    pair = tokens.issue(marta)
    marta.delete()
    neither_passes(pair)


def test_another_secret_key_ends_all_tokens(marta, settings):
    pair = tokens.issue(marta)
    settings.SECRET_KEY = "another-secret-" * 6
    neither_passes(pair)


def test_a_family_ends_at_its_time_however_often_it_is_exchanged(marta, time_machine):
    start = timezone.now()
    refresh = tokens.issue(marta).refresh
    for days in (10, 20, 29):
        time_machine.move_to(start + timedelta(days=days))
        refresh = tokens.rotate(refresh).refresh
    time_machine.move_to(start + timedelta(days=30, seconds=1))
    with pytest.raises(BadToken):
        tokens.rotate(refresh)


def test_a_replay_ends_the_newest_token_of_the_family_too(marta):
    first = tokens.issue(marta).refresh
    second = tokens.rotate(first).refresh
    third = tokens.rotate(second)
    with pytest.raises(BadToken, match="used before"):
        tokens.rotate(first)
    with pytest.raises(BadToken):
        tokens.rotate(third.refresh)
    with pytest.raises(BadToken):
        tokens.user_of_access(third.access)


def test_the_refresh_token_itself_is_not_stored(marta):
    pair = tokens.issue(marta)
    (row,) = RefreshToken.objects.values()
    assert pair.refresh not in repr(row) and row["digest"] == hashlib.sha256(pair.refresh.encode()).hexdigest()


def test_revoking_an_unknown_token_is_no_error(db):
    tokens.revoke("never seen")
    assert RefreshToken.objects.count() == 0


@pytest.mark.parametrize("header", ["Bearer", "bearer  ", "Bearer a b", "Bearer \x00", "Bearer ä"])
def test_a_malformed_header_is_401(api, marta, header):
    assert api.get("/api/v1/auth/me", HTTP_AUTHORIZATION=header).status_code == 401


def test_the_scheme_is_read_in_any_case_and_other_schemes_are_left_alone(api, marta):
    access = tokens.issue(marta).access
    assert api.get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"bEARER {access}").status_code == 200
    assert api.get("/api/v1/auth/me", HTTP_AUTHORIZATION="Basic bWFydGE6eA==").status_code == 401


@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trial", range(200 if os.environ.get("DRILLS") == "long" else 10))
def test_of_four_exchanges_at_once_exactly_one_wins_and_its_family_neither_passes(django_user_model, trial):
    user = django_user_model.objects.create_user("racer", "racer@example.org", PASSWORD)
    refresh = tokens.issue(user).refresh
    outcomes = at_once(*[partial(tokens.rotate, refresh)] * 4)
    won = [one for one in outcomes if isinstance(one, tokens.TokenPair)]
    lost = [one for one in outcomes if isinstance(one, BadToken)]
    assert (len(won), len(lost)) == (1, 3)
    neither_passes(won[0])


@pytest.mark.django_db(transaction=True)
def test_a_replay_while_a_descendant_is_exchanged_leaves_no_live_token(django_user_model):
    user = django_user_model.objects.create_user("racer", "racer@example.org", PASSWORD)
    for _ in range(5):
        first = tokens.issue(user).refresh
        second = tokens.rotate(first).refresh
        outcomes = at_once(partial(tokens.rotate, first), partial(tokens.rotate, second))
        won = [one for one in outcomes if isinstance(one, tokens.TokenPair)]
        assert all(isinstance(one, tokens.TokenPair | BadToken) for one in outcomes)
        for pair in won:
            with pytest.raises(BadToken):
                tokens.rotate(pair.refresh)
        assert not RefreshToken.objects.not_revoked().filter(user=user).exists()
