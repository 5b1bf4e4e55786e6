"""A stored passkey that cannot be read takes no other way in away."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.urls import reverse

from accounts.passkeys import credentials_of, passkey_by_credential
from tests.accounts.conftest import PASSWORD
from tests.accounts.factors import app_code, with_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def damaged(marta):
    with_app(marta)
    return Authenticator.objects.create(user=marta, type=Authenticator.Type.WEBAUTHN, data={"name": "Old phone", "credential": {}})


def test_the_page_that_asks_for_a_passkey_once_more_opens(client, marta, damaged, caplog):
    client.force_login(marta)
    answer = client.get(reverse("mfa_reauthenticate_webauthn"))
    assert answer.status_code == 200 and "Your passkey, once more" in answer.content.decode()
    assert "passkey.unreadable" in caplog.text


def test_a_person_comes_in_by_the_app_and_can_see_the_passkey(client, marta, damaged):
    client.post(reverse("account_login"), {"login": "marta", "password": PASSWORD})
    assert client.get(reverse("mfa_authenticate")).status_code == 200
    assert client.post(reverse("mfa_authenticate"), {"code": app_code()})["Location"] == "/dashboard/"
    assert "Old phone" in client.get(reverse("mfa_list_webauthn")).content.decode()


def test_the_library_asks_these_functions(marta, damaged):
    assert auth.get_credentials is credentials_of and auth.get_authenticator_by_credential_id is passkey_by_credential
    assert credentials_of(marta) == [] and passkey_by_credential(marta, b"x") is None
