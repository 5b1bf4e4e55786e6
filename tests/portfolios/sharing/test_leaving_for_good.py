"""Erasing an account whose portfolios are shared: what it leads to, what it says before, and who is told."""

from __future__ import annotations

import os
import re
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.data_rights.erasing import blockers_of, cancel_erasure, schedule_erasure, what_others_see
from accounts.errors import CannotErase
from alerts.models import Notice
from portfolio_site.web.secrets import digest_of
from portfolios.errors import OwnerLeaves
from portfolios.models import Invitation, Membership, Portfolio
from portfolios.roles import Role
from portfolios.services import delete_portfolio
from portfolios.sharing.giving import answer_offer, offer_portfolio
from portfolios.sharing.links import make_link
from portfolios.sharing.memberships import set_membership
from portfolios.sharing.services import answer, invite
from tests import factories
from tests.threads import at_once


@pytest.fixture
def shared(portfolio: Any, person: Any, stranger: Any) -> Any:
    """The portfolio, with the stranger as an editor of it; both have confirmed their addresses."""
    for one in (person, stranger):
        EmailAddress.objects.update_or_create(user=one, email=one.email, defaults={"primary": True, "verified": True})
    set_membership(portfolio, stranger, Role.EDITOR)
    return portfolio


def page_of(person: Any) -> str:
    browser = Client()
    browser.force_login(person)
    return browser.get("/settings/data/erase/").content.decode()


def test_the_page_leads_to_giving_it_away_and_to_deleting_it(shared: Any, person: Any) -> None:
    (blocker,) = blockers_of(person)
    assert [url for _, url in blocker.ways] == [f"/portfolios/{shared.pk}/{what}/" for what in ("give", "delete", "share")]
    with pytest.raises(CannotErase, match="Give it to one of them"):
        schedule_erasure(person, typed=person.username)
    page = page_of(person)
    assert all(f'href="{url}"' in page for _, url in blocker.ways)


def test_once_it_is_given_away_nothing_is_in_the_way_and_leaving_is_said(shared: Any, person: Any, stranger: Any) -> None:
    answer_offer(stranger, offer_portfolio(person, shared, to=stranger.pk, stays=True).pk, accept=True)
    assert blockers_of(person) == []
    make_link(person, Portfolio.objects.get(pk=shared.pk), days=7)
    assert what_others_see(person) == [
        "You leave 1 portfolio of others. What you recorded there stays with them, and no longer says that it was you.",
        "1 public link that you made ends.",
    ]
    assert "1 public link that you made ends." in page_of(person)
    schedule_erasure(person, typed=person.username)


def test_nobody_comes_into_what_is_about_to_be_erased_until_its_owner_stays(
    portfolio: Any, person: Any, stranger: Any, django_capture_on_commit_callbacks: Any
) -> None:
    for one in (person, stranger):
        EmailAddress.objects.update_or_create(user=one, email=one.email, defaults={"primary": True, "verified": True})
    with django_capture_on_commit_callbacks(execute=True):
        invite(person, portfolio, email=stranger.email, role="viewer")
    path = re.search(r"/invitations/[^/\s]+/", str(mail.outbox[-1].body))
    assert path
    schedule_erasure(person, typed=person.username)
    with pytest.raises(OwnerLeaves, match="unless the account is kept"):
        invite(person, portfolio, email="other@example.org", role="viewer")
    browser = Client()
    browser.force_login(stranger)
    page = browser.get(path[0]).content.decode()
    assert "about to be erased" in page and "Accept" not in page and "Decline" in page
    refused = browser.post(path[0], {"answer": "accept"})
    assert refused.status_code == 409 and "is about to be erased, and the portfolio with it" in refused.content.decode()
    assert not Membership.objects.exists()
    cancel_erasure(person)
    assert "Accept" in browser.get(path[0]).content.decode()
    assert browser.post(path[0], {"answer": "accept"}).status_code == 302 and Membership.objects.get().user == stranger


@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trial", range(100 if os.environ.get("DRILLS") == "long" else 5))
def test_of_an_acceptance_and_an_erasure_at_once_only_one_stands(trial: int, person: Any, stranger: Any, portfolio: Any) -> None:
    for one in (person, stranger):
        EmailAddress.objects.update_or_create(user=one, email=one.email, defaults={"primary": True, "verified": True})
    invite(person, portfolio, email=stranger.email, role="viewer")
    Invitation.objects.update(token_hash=digest_of("token"))
    accepted, asked = at_once(partial(answer, stranger, "token", accept=True), partial(schedule_erasure, person, typed=person.username))
    assert isinstance(accepted, OwnerLeaves) != isinstance(asked, CannotErase), (accepted, asked)
    assert Membership.objects.exists() == isinstance(asked, CannotErase)


def test_who_had_a_role_in_what_is_deleted_is_told(shared: Any, person: Any, stranger: Any, django_capture_on_commit_callbacks: Any) -> None:
    browser = Client()
    browser.force_login(person)
    assert "Everybody with a role in it is told" in browser.get(f"/portfolios/{shared.pk}/delete/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        delete_portfolio(person, shared)
    assert [one.sentence for one in Notice.objects.filter(owner=stranger)] == ["mia deleted the portfolio “Core”, which was shared with you."]
    assert mail.outbox[-1].to == [stranger.email] and "Core" not in mail.outbox[-1].subject + mail.outbox[-1].body
    assert blockers_of(person) == []


def test_what_nobody_shared_is_deleted_in_silence(portfolio: Any, person: Any) -> None:
    delete_portfolio(person, portfolio)
    delete_portfolio(person, factories.make_portfolio(person))
    assert not Notice.objects.exists() and mail.outbox == []
