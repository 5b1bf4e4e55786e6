"""Second factors: turning them on and off, signing in with them, and what the database keeps of them."""

from __future__ import annotations

import re
from functools import partial

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import mail
from django.urls import reverse

from accounts import tokens
from accounts.errors import BadToken
from accounts.factors import check_code, factors_of
from accounts.models import AuditEntry
from portfolio_site.web.sealed import unseal
from tests.accounts.conftest import PASSWORD
from tests.accounts.factors import SECRET, app_code, confirm_address, stored, with_app
from tests.accounts.pages import landing_of, sign_in, signed_in
from tests.accounts.test_sign_in import ELSEWHERE
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails_leave_at_once")]


def turn_on(client):
    """The page with the secret, then the first code.  Returns the secret and the answer."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="secret">([A-Z2-7=]+)<', page)[1]
    return secret, client.post(reverse("mfa_activate_totp"), {"code": app_code(secret)})


# ── on and off ──────────────────────────────────────────────────────────────


def test_turning_the_app_on_shows_recovery_codes_tells_by_mail_and_ends_api_tokens(client, marta, django_capture_on_commit_callbacks):
    confirm_address(marta)
    pair = tokens.issue(marta)
    sign_in(client)
    with django_capture_on_commit_callbacks(execute=True):
        secret, answer = turn_on(client)
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    page = client.get(answer["Location"]).content.decode()
    assert len(re.findall(r"<li><code>\d{8}</code>", page)) == 10
    assert "was added" in mail.outbox[-1].subject and mail.outbox[-1].to == ["marta@example.org"]
    assert AuditEntry.objects.filter(action="factor.added", subject=marta.pk).exists()
    with pytest.raises(BadToken):
        tokens.user_of_access(pair.access)
    with pytest.raises(BadToken):
        tokens.rotate(pair.refresh)
    assert secret not in stored(marta)


def test_turning_the_app_off_takes_the_recovery_codes_along(client, marta):
    with_app(marta)
    pair = tokens.issue(marta)
    client.force_login(marta)
    asked = client.post(reverse("mfa_deactivate_totp"))
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": reverse("mfa_deactivate_totp")})
    assert not Authenticator.objects.filter(user=marta).exists()
    assert "turned off" in mail.outbox[-1].subject
    with pytest.raises(BadToken):
        tokens.user_of_access(pair.access)


@pytest.mark.parametrize("name", ["mfa_activate_totp", "mfa_add_webauthn"])
def test_a_first_factor_needs_a_confirmed_address(client, marta, name):
    sign_in(client)
    assert "Confirm your address first" in client.get(reverse(name)).content.decode()
    assert client.post(reverse(name), {"code": "1"}).status_code == 403


@pytest.mark.parametrize("name", ["mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"])
def test_what_concerns_factors_asks_for_the_password_again_unless_it_was_just_given(client, marta, name, time_machine):
    confirm_address(marta)
    if "recovery" in name:
        with_app(marta)
    client.force_login(marta)
    assert client.get(reverse(name))["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse(name)).status_code == 200


def test_having_just_signed_in_is_enough_for_five_minutes(client, marta, time_machine):
    import time

    confirm_address(marta)
    sign_in(client)
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200
    time_machine.move_to(time.time() + 301)
    assert client.get(reverse("mfa_add_webauthn")).status_code == 302


def test_the_security_page_tells_the_state_of_each_factor_in_few_queries(client, marta, django_assert_num_queries):
    with_app(marta)
    Authenticator.objects.create(user=marta, type="webauthn", data={"name": "Phone <b>", "credential": {}})
    client.force_login(marta)
    client.get(reverse("settings-security"))
    with django_assert_num_queries(5):
        page = client.get(reverse("settings-security")).content.decode()
    assert "10 left" in page and "Phone &lt;b&gt;" in page and "On since" in page


# ── signing in ──────────────────────────────────────────────────────────────


def test_the_password_alone_does_not_sign_in(client, marta):
    with_app(marta)
    assert sign_in(client)["Location"] == reverse("mfa_authenticate") and not signed_in(client)
    assert client.get(reverse("settings-security")).status_code == 302
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200 and not signed_in(client)
    assert client.post(reverse("mfa_authenticate"), {"code": app_code()})["Location"] == "/dashboard/" and signed_in(client)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_of_the_app_signs_in_once_for_as_long_as_it_would_pass(client, marta, steps, time_machine):
    import time

    with_app(marta)
    time_machine.move_to(1_800_000_010)
    code = app_code(steps=steps)
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert signed_in(client)
    for later in (0, 31):
        time_machine.move_to(time.time() + later)
        client.post(reverse("account_logout"))
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": f" {code[:3]} {code[3:]}"})
        assert not signed_in(client)


def test_a_recovery_code_signs_in_once(client, marta):
    code = with_app(marta)[3]
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert signed_in(client) and factors_of(marta).codes_left == 9
    client.post(reverse("account_logout"))
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert not signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_of_four_who_show_one_recovery_code_at_once_one_passes(django_user_model, rf):
    from allauth.core import context

    user = django_user_model.objects.create_user("racer", "racer@example.org", PASSWORD)
    code = with_app(user)[0]

    def show():
        with context.request_context(rf.post("/")):
            check_code(user, code)

    outcomes = at_once(*[partial(show)] * 4)
    assert sum(outcome is None for outcome in outcomes) == 1


def test_a_session_is_new_after_the_second_step_too(client, marta):
    with_app(marta)
    sign_in(client)
    before = client.session.session_key
    client.post(reverse("mfa_authenticate"), {"code": app_code()})
    assert client.session.session_key != before


def test_setting_a_new_password_by_mail_leaves_the_second_factor(client, marta):
    with_app(marta)
    marta.set_password("another plumb line")
    marta.save()
    assert sign_in(client, password="another plumb line")["Location"] == reverse("mfa_authenticate")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_never_leads_elsewhere_by_way_of_the_second_step(client, marta, target):
    with_app(marta)
    sign_in(client, next=target)
    answer = client.post(reverse("mfa_authenticate"), {"code": app_code(), "next": target})
    assert landing_of(answer["Location"]) == ("http", "testserver")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_never_leads_elsewhere_by_way_of_a_passkey_or_a_code_once_more(client, marta, target):
    with_app(marta)
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": "{}", "next": target})
    assert landing_of(answer["Location"]) == ("http", "testserver")
    client.force_login(marta)
    answer = client.post(reverse("mfa_reauthenticate"), {"code": app_code(), "next": target})
    assert landing_of(answer["Location"]) == ("http", "testserver")


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "1", '"x"', "{", '{"id": "x", "response": {"userHandle": "MQ"}}', '{"response": null}', "null"]
)
def test_a_passkey_that_is_none_is_refused_and_not_an_error(client, marta, credential):
    client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert answer["Location"] == reverse("account_login") and not signed_in(client)


@pytest.mark.parametrize(
    "credential",
    [
        "{}",
        '{"id": "x", "rawId": "x", "response": {}}',
        '{"id": "eA", "rawId": "eA", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}}',
    ],
)
def test_a_new_passkey_that_is_none_is_refused_and_not_an_error(client, marta, credential):
    confirm_address(marta)
    sign_in(client)
    client.get(reverse("mfa_add_webauthn"))
    assert client.post(reverse("mfa_add_webauthn"), {"credential": credential}).status_code == 200
    assert not Authenticator.objects.exists()


# ── what is kept ────────────────────────────────────────────────────────────


def test_secrets_and_seeds_are_sealed_in_the_database_and_while_they_are_set_up(client, marta, settings):
    import base64

    codes = with_app(marta)
    kept = stored(marta)
    assert SECRET not in kept and not any(code in kept for code in codes)
    data = Authenticator.objects.get(user=marta, type="totp").data
    assert unseal(base64.b64decode(data["secret"]), b"mfa_authenticator.data").decode() == SECRET


def test_what_a_session_holds_is_sealed(client, marta):
    import base64
    import zlib

    confirm_address(marta)
    sign_in(client)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="secret">([A-Z2-7=]+)<', page)[1].encode()
    (row,) = Session.objects.all()
    text = row.session_data.lstrip(".").partition(":")[0]
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert secret not in raw and secret not in (zlib.decompress(raw) if row.session_data.startswith(".") else b"")
    assert client.session["mfa.totp.secret"].encode() == secret
