"""The page of everything that is shared: what stands on it, and that each thing has its way out there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from portfolios.models import Invitation, Membership, OwnershipOffer, PublicLink
from portfolios.roles import Role
from portfolios.sharing.links import make_link
from portfolios.sharing.memberships import set_membership
from portfolios.sharing.overview import sharing_of
from portfolios.sharing.services import invite
from tests import factories


def confirm(person: Any) -> None:
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)


@pytest.fixture
def world(portfolio: Any, person: Any, stranger: Any) -> dict[str, Any]:
    """A portfolio with a viewer, an invitation and a link; one that the stranger shares and offers; and one that nobody sees."""
    confirm(person), confirm(stranger)
    set_membership(portfolio, stranger, Role.VIEWER)
    theirs = factories.make_portfolio(stranger, name="Theirs")
    set_membership(theirs, person, Role.EDITOR)
    now = timezone.now()
    offer = OwnershipOffer.objects.create(portfolio=theirs, to=person, created_at=now, expires_at=now + timedelta(days=2))
    return {
        "theirs": theirs,
        "invitation": invite(person, portfolio, email="nora@example.org", role="adviser"),
        "link": make_link(person, portfolio, days=3, title="My year")[0],
        "quiet": factories.make_portfolio(person, name="Quiet one"),
        "offer": offer,
    }


def browser_of(person: Any) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def test_the_page_lists_what_one_shares_what_is_shared_and_what_waits(world: dict[str, Any], person: Any) -> None:
    page = browser_of(person).get("/sharing/").content.decode()
    for words in ("sam@example.org", "nora@example.org", "invited as adviser", "My year", "Theirs", "Quiet one", "offers you “Theirs”"):
        assert words in page, words
    assert f"/offers/{world['offer'].pk}/" in page and 'href="/sharing/" aria-current="page"' in page


def test_each_way_out_leads_back_to_the_page(world: dict[str, Any], portfolio: Any, person: Any, stranger: Any) -> None:
    browser, address = browser_of(person), f"/portfolios/{portfolio.pk}/share/"
    for do, number in (("remove", stranger.pk), ("withdraw", world["invitation"].pk), ("revoke", world["link"].pk)):
        answer = browser.post(address, {"do": do, "number": number, "next": "/sharing/"})
        assert (answer.status_code, answer["Location"]) == (302, "/sharing/"), do
    assert not (Invitation.objects.exists() or PublicLink.objects.exists() or Membership.objects.filter(portfolio=portfolio).exists())
    assert browser.post(f"/portfolios/{world['theirs'].pk}/leave/", {"next": "/sharing/"})["Location"] == "/sharing/"
    assert browser.post(address, {"do": "withdraw", "number": 1, "next": "https://evil.example/"})["Location"] == address
    assert sharing_of(person).taken == () and sharing_of(person).shared == ()


def test_what_is_over_or_of_others_does_not_stand_there(world: dict[str, Any], person: Any, stranger: Any) -> None:
    past = timezone.now() - timedelta(seconds=1)
    for model in (Invitation, PublicLink, OwnershipOffer):
        model.objects.update(expires_at=past)
    found = sharing_of(person)
    assert found.offered == () and [(len(one.people), one.invitations, one.links) for one in found.shared] == [(1, (), ())]
    assert [one.role for one in sharing_of(stranger).taken] == ["viewer"]
    assert "nora@example.org" not in browser_of(stranger).get("/sharing/").content.decode()


def test_an_invitation_is_shown_to_a_confirmed_address_alone(world: dict[str, Any], portfolio: Any) -> None:
    nora = factories.make_person("nora")
    assert sharing_of(nora).invited == ()
    confirm(nora)
    assert [(one.by, one.role) for one in sharing_of(nora).invited] == [("mia", "adviser")]


def test_a_program_reads_the_same(world: dict[str, Any], person: Any) -> None:
    client = APIClient()
    client.force_authenticate(person)
    told = client.get("/api/v1/sharing").json()
    assert [one["name"] for one in told["given"]] == ["Core", "Quiet one"]
    assert told["given"][0]["people"][0]["role"] == "viewer" and told["given"][0]["links"][0]["title"] == "My year"
    assert [(one["name"], one["role"]) for one in told["taken"]] == [("Theirs", "editor")]
    assert [one["id"] for one in told["offered"]] == [world["offer"].pk]


def test_it_asks_as_much_for_many_as_for_few(world: dict[str, Any], person: Any, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(9):
        sharing_of(person)
    for _ in range(3):
        more = factories.make_portfolio(person)
        set_membership(more, factories.make_person(), Role.VIEWER)
        make_link(person, more, days=1)
    with django_assert_max_num_queries(9):
        assert len(sharing_of(person).shared) == 4
