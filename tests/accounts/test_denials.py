"""Refusals in the audit: in the log of the person whose thing it was, bounded in number, and nothing of nobody's noise."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts import denials
from accounts.keys.services import make_key
from accounts.models import AuditEntry
from accounts.selectors import verify_chain
from portfolios.models import Membership
from tests.accounts.conftest import PASSWORD
from tests.accounts.factors import with_app
from tests.factories import make_portfolio

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def stranger():
    return get_user_model().objects.create_user("paul", "paul@example.org", PASSWORD)


def refusals_of(person):
    found = AuditEntry.objects.filter(subject=person.pk, action__in=["session.refused", "factor.refused", "access.refused", "access.not_theirs"])
    return list(found.order_by("sequence").values_list("action", "actor", "object_type", "object_id"))


def as_person(user):
    client = APIClient()
    client.force_login(user)
    return client


def sign_in(client, login, password="wrong"):
    return client.post(reverse("account_login"), {"login": login, "password": password})


@pytest.mark.parametrize("address", ["/api/v1/portfolios/{}", "/portfolios/{}/settings/", "/transactions/?p={}"])
def test_who_tries_somebody_elses_portfolio_stands_in_its_owners_log_and_not_in_their_own(marta, stranger, address):
    portfolio = make_portfolio(marta)
    answer = as_person(stranger).get(address.format(portfolio.pk))
    assert answer.status_code == 404
    assert refusals_of(marta) == [("access.not_theirs", stranger.pk, "portfolio", str(portfolio.pk))]
    assert refusals_of(stranger) == [] and verify_chain(marta.pk).whole


def test_what_does_not_exist_leaves_nothing(marta, stranger):
    client = as_person(stranger)
    for address in ("/api/v1/portfolios/987654", "/nowhere/", "/portfolios/987654/settings/"):
        assert client.get(address).status_code == 404
    assert not AuditEntry.objects.filter(action__startswith="access.").exists()


def test_what_a_role_forbids_stands_in_the_owners_log(marta, stranger):
    portfolio = make_portfolio(marta)
    Membership.objects.create(portfolio=portfolio, user=stranger, role="viewer")
    assert as_person(stranger).delete(f"/api/v1/portfolios/{portfolio.pk}").status_code == 403
    assert refusals_of(marta) == [("access.refused", stranger.pk, "portfolio", str(portfolio.pk))]


def test_what_a_key_was_not_given_stands_in_the_log_of_its_person(marta):
    _, secret = make_key(marta, name="reader", scopes=["profile:read"], days=None)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    assert client.get("/api/v1/portfolios").status_code == 403
    (entry,) = AuditEntry.objects.filter(subject=marta.pk, action="access.refused")
    assert entry.actor == marta.pk and entry.object_type == "address" and entry.data == {"code": "insufficient_scope"}


@pytest.mark.parametrize("login", ["marta", "MARTA@example.org"])
def test_a_wrong_password_stands_in_the_log_by_page_and_by_api(client, api, marta, login):
    sign_in(client, login)
    assert refusals_of(marta) == [("session.refused", None, "user", str(marta.pk))]
    cache.clear()
    assert api.post("/api/v1/auth/login", {"username": "marta", "password": "wrong"}).status_code == 401
    assert len(refusals_of(marta)) == 2


def test_guesses_at_names_that_nobody_has_leave_nothing(client, api, marta):
    sign_in(client, "nobody")
    api.post("/api/v1/auth/login", {"username": "nobody", "password": "wrong"})
    assert api.get("/api/v1/portfolios/1").status_code == 401
    assert client.get("/portfolios/1/settings/").status_code == 302
    assert not AuditEntry.objects.filter(action__contains="refused").exists()


def test_a_wrong_code_stands_in_the_log_by_page_and_by_api(client, api, marta):
    with_app(marta)
    sign_in(client, "marta", PASSWORD)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert [entry[0] for entry in refusals_of(marta)] == ["factor.refused"]
    cache.clear()
    assert api.post("/api/v1/auth/login", {"username": "marta", "password": PASSWORD, "otp": "000000"}).status_code == 401
    assert [entry[0] for entry in refusals_of(marta)] == ["factor.refused"] * 2


def test_one_entry_a_minute_for_a_thing_and_the_next_says_how_many_there_were(marta, stranger, monkeypatch):
    portfolio = make_portfolio(marta)
    client = as_person(stranger)
    for _ in range(4):
        client.get(f"/api/v1/portfolios/{portfolio.pk}")
    assert len(refusals_of(marta)) == 1
    cache.delete(f"throttle_denied:{stranger.pk}:access.not_theirs:portfolio:{portfolio.pk}")  # the minute is over
    client.get(f"/api/v1/portfolios/{portfolio.pk}")
    assert [entry.data.get("times") for entry in AuditEntry.objects.filter(subject=marta.pk, action="access.not_theirs").order_by("sequence")] == [
        None,
        4,
    ]


def test_one_person_causes_few_entries_however_many_things_they_try(marta, stranger, monkeypatch):
    monkeypatch.setattr(denials, "MOST", 3)
    client = as_person(stranger)
    for portfolio in [make_portfolio(marta, name=f"P{n}") for n in range(5)]:
        client.get(f"/api/v1/portfolios/{portfolio.pk}")
    assert len(refusals_of(marta)) == 3


def test_the_log_tells_refusals_in_words(marta, stranger):
    portfolio = make_portfolio(marta, name="Pension")
    as_person(stranger).get(f"/api/v1/portfolios/{portfolio.pk}")
    sign_in(Client(), "marta")
    words = as_person(marta).get(reverse("settings-log"), {"group": "Refusals"}).content.decode()
    assert "somebody without a role tried to open it" in words and "Pension" in words and "by somebody else" in words
    assert "the password was wrong" in words and "by somebody who was not signed in" in words


def test_an_answer_goes_out_even_if_the_entry_cannot_be_written(marta, stranger, monkeypatch, caplog):
    from django.db import OperationalError

    def broken(*args, **more):
        raise OperationalError("no connection")

    monkeypatch.setattr(denials, "record_audit", broken)
    portfolio = make_portfolio(marta)
    assert as_person(stranger).get(f"/api/v1/portfolios/{portfolio.pk}").status_code == 404
    assert "audit.denial_not_written" in caplog.text
