"""Inviting people to a portfolio, by page and API; what they accept, and how it ends."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.data_rights.registry import hooks
from accounts.models import AuditEntry
from portfolio_site.kernel.errors import Conflict
from portfolios.errors import AddressNotConfirmed, AlreadyShared, InvitationNotFound, NotAllowedForRole
from portfolios.models import Invitation, Membership
from portfolios.roles import Role
from portfolios.sharing import services
from portfolios.sharing.memberships import set_membership
from portfolios.sharing.selectors import orphans
from tests import factories


def confirmed(person: Any, verified: bool = True) -> Any:
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"primary": True, "verified": verified})
    return person


@pytest.fixture(autouse=True)
def both_confirmed(person: Any, stranger: Any) -> None:
    confirmed(person), confirmed(stranger)


@pytest.fixture
def invited(portfolio: Any, person: Any, stranger: Any, django_capture_on_commit_callbacks: Any) -> str:
    """The stranger is invited as an editor: the token of the link in the mail."""
    with django_capture_on_commit_callbacks(execute=True):
        services.invite(person, portfolio, email=stranger.email.upper(), role="editor")
    return token_of(mail.outbox[-1])


def token_of(message: Any) -> str:
    found = re.search(r"/invitations/([^/\s]+)/", message.body)
    assert found, message.body
    return found[1]


def browser_of(person: Any) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def caller(person: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def test_the_mail_names_who_invites_and_nothing_of_the_portfolio(invited: str, portfolio: Any, stranger: Any) -> None:
    message = mail.outbox[-1]
    assert message.to == [stranger.email]
    assert "mia" in message.subject and "editor" in message.body
    assert portfolio.name not in message.subject + message.body
    assert invited not in str(list(Invitation.objects.values_list("token_hash", "email_key")))  # only a hash of it is kept


def test_an_accepted_invitation_is_a_role_and_its_link_is_used_up(invited: str, portfolio: Any, person: Any, stranger: Any) -> None:
    browser = browser_of(stranger)
    page = browser.get(f"/invitations/{invited}/")
    assert page.status_code == 200 and portfolio.name in page.content.decode()
    assert page["Referrer-Policy"] == "same-origin", "no-referrer would have browsers send the form with Origin: null, which is refused"
    answer = browser.post(f"/invitations/{invited}/", {"answer": "accept"})
    assert answer.status_code == 302 and answer["Location"].endswith(f"?p={portfolio.pk}")
    member = Membership.objects.get()
    assert (member.user, member.role, member.invited_by) == (stranger, "editor", person)
    assert browser.post(f"/invitations/{invited}/", {"answer": "accept"}).status_code == 404
    for subject in (person, stranger):
        assert AuditEntry.objects.filter(subject=subject.pk, action="share.accepted", actor=stranger.pk).count() == 1
    assert portfolio.name in browser.get("/portfolios/").content.decode()


def test_declining_ends_it(invited: str, stranger: Any) -> None:
    browser_of(stranger).post(f"/invitations/{invited}/", {"answer": "decline"})
    assert not Invitation.objects.exists() and not Membership.objects.exists()


def test_the_link_opens_nothing_for_another_address_nor_for_one_that_is_not_confirmed(invited: str, stranger: Any) -> None:
    other = confirmed(factories.make_person("eve"))
    with pytest.raises(InvitationNotFound):
        services.answer(other, invited, accept=True)
    confirmed(stranger, verified=False)
    with pytest.raises(AddressNotConfirmed):
        services.answer(stranger, invited, accept=True)
    assert Client().get(f"/invitations/{invited}/")["Location"].startswith("/accounts/login/")


def test_an_invitation_is_over_after_two_weeks_or_when_it_is_withdrawn_or_sent_again(
    invited: str, portfolio: Any, person: Any, stranger: Any, django_capture_on_commit_callbacks: Any
) -> None:
    row = Invitation.objects.get()
    assert timedelta(days=13) < row.expires_at - timezone.now() <= timedelta(days=14)
    with django_capture_on_commit_callbacks(execute=True):
        again = services.resend(person, portfolio, row.pk)
    with pytest.raises(InvitationNotFound):
        services.open_invitation(stranger, invited)
    newer = token_of(mail.outbox[-1])
    assert services.open_invitation(stranger, newer) == again
    Invitation.objects.update(expires_at=timezone.now())
    with pytest.raises(InvitationNotFound):
        services.open_invitation(stranger, newer)
    services.withdraw(person, portfolio, again.pk)
    assert not Invitation.objects.exists()


def test_withdrawing_and_sending_again_makes_no_room_for_more_mail(portfolio: Any, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed(person)
    monkeypatch.setattr(services, "MOST_A_DAY", 3)
    made = services.invite(person, portfolio, email="a@example.net", role="viewer")
    again = services.resend(person, portfolio, made.pk)
    services.withdraw(person, portfolio, again.pk)
    services.invite(person, portfolio, email="b@example.net", role="viewer")
    with pytest.raises(Conflict, match="3 invitations within a day"):
        services.invite(person, portfolio, email="c@example.net", role="viewer")
    assert list(Invitation.objects.values_list("role", flat=True)) == ["viewer"]


def test_an_invitation_dies_with_the_right_of_who_sent_it(portfolio: Any, stranger: Any, django_capture_on_commit_callbacks: Any) -> None:
    manager = confirmed(factories.make_person("max"))
    set_membership(portfolio, manager, Role.MANAGER)
    with django_capture_on_commit_callbacks(execute=True):
        services.invite(manager, portfolio, email=stranger.email, role="viewer")
    set_membership(portfolio, manager, Role.EDITOR)
    with pytest.raises(InvitationNotFound):
        services.answer(stranger, token_of(mail.outbox[-1]), accept=True)


def test_who_has_not_confirmed_their_address_shares_nothing(portfolio: Any, person: Any) -> None:
    confirmed(person, verified=False)
    answer = caller(person).post(f"/api/v1/portfolios/{portfolio.pk}/shares", {"email": "a@example.org", "role": "viewer"})
    assert answer.status_code == 403 and answer.json()["code"] == "address_not_confirmed"
    assert not Invitation.objects.exists() and not mail.outbox


def test_a_manager_gives_and_takes_only_roles_below_their_own(portfolio: Any, person: Any, stranger: Any) -> None:
    manager, other = confirmed(factories.make_person("max")), factories.make_person("mo")
    set_membership(portfolio, manager, Role.MANAGER)
    set_membership(portfolio, other, Role.MANAGER)
    set_membership(portfolio, stranger, Role.VIEWER)
    for deed in (
        lambda: services.invite(manager, portfolio, email="x@example.org", role="manager"),
        lambda: services.change_role(manager, portfolio, other.pk, "viewer"),
        lambda: services.change_role(manager, portfolio, manager.pk, "editor"),
        lambda: services.end_share(manager, portfolio, other.pk),
        lambda: services.change_role(manager, portfolio, stranger.pk, "manager"),
    ):
        with pytest.raises(NotAllowedForRole):
            deed()
    assert services.change_role(manager, portfolio, stranger.pk, "adviser").role == "adviser"
    services.end_share(manager, portfolio, stranger.pk)
    assert set(Membership.objects.values_list("user", flat=True)) == {manager.pk, other.pk}


def test_nobody_is_invited_twice_nor_the_owner(portfolio: Any, person: Any, stranger: Any) -> None:
    set_membership(portfolio, stranger, Role.VIEWER)
    for address in (stranger.email, person.email):
        with pytest.raises(AlreadyShared):
            services.invite(person, portfolio, email=address, role="editor")
    services.invite(person, portfolio, email="new@example.org", role="viewer")
    services.invite(person, portfolio, email="NEW@example.org", role="editor")
    assert Invitation.objects.get().role == "editor"


def test_the_api_invites_lists_changes_and_ends(portfolio: Any, person: Any, stranger: Any) -> None:
    set_membership(portfolio, stranger, Role.VIEWER)
    path = f"/api/v1/portfolios/{portfolio.pk}/shares"
    made = caller(person).post(path, {"email": "new@example.org", "role": "adviser"})
    assert made.status_code == 201, made.content
    assert caller(person).post(path, {"email": "new@example.org", "role": "owner"}).status_code == 400
    told = caller(person).get(path).json()
    assert [(one["user"], one["role"]) for one in told["people"]] == [(stranger.pk, "viewer")]
    assert [one["email"] for one in told["invitations"]] == ["new@example.org"]
    changed = caller(person).patch(path, {"user": stranger.pk, "role": "editor"})
    assert changed.json()["people"][0]["role"] == "editor"
    assert caller(person).delete(f"{path}?invitation={made.json()['id']}").status_code == 204
    assert caller(person).delete(path).status_code == 400
    assert caller(person).delete(f"{path}?user={stranger.pk}").status_code == 204
    assert not Membership.objects.exists() and not Invitation.objects.exists()


def test_a_member_leaves_by_page_and_by_api(portfolio: Any, stranger: Any) -> None:
    set_membership(portfolio, stranger, Role.VIEWER)
    assert browser_of(stranger).post(f"/portfolios/{portfolio.pk}/leave/").status_code == 302
    assert not Membership.objects.exists()
    set_membership(portfolio, stranger, Role.VIEWER)
    assert caller(stranger).delete(f"/api/v1/portfolios/{portfolio.pk}/shares?user={stranger.pk}").status_code == 204
    assert not Membership.objects.exists()


def test_the_page_invites_and_says_by_field_what_is_wrong(portfolio: Any, person: Any, stranger: Any) -> None:
    path = f"/portfolios/{portfolio.pk}/share/"
    browser = browser_of(person)
    assert "Nobody but the owner" in browser.get(path).content.decode()
    refused = browser.post(path, {"do": "invite", "email": person.email, "role": "viewer"})
    assert refused.status_code == 422 and "own address" in refused.content.decode()
    assert browser.post(path, {"do": "invite", "email": "new@example.org", "role": "viewer"}).status_code == 302
    set_membership(portfolio, stranger, Role.VIEWER)
    shown = browser.get(path).content.decode()
    assert "new@example.org" in shown and "sam" in shown
    browser.post(path, {"do": "role", "number": stranger.pk, "role": "editor"})
    assert Membership.objects.get().role == "editor"
    browser.post(path, {"do": "withdraw", "number": Invitation.objects.get().pk})
    browser.post(path, {"do": "remove", "number": stranger.pk})
    assert not Membership.objects.exists() and not Invitation.objects.exists()


@pytest.mark.parametrize("people", [1, 9])
def test_the_list_of_people_costs_two_queries(people: int, portfolio: Any, person: Any, django_assert_num_queries: Any) -> None:
    from portfolios.sharing.selectors import shares_of

    for _ in range(people):
        set_membership(portfolio, factories.make_person(), Role.VIEWER)
    with django_assert_num_queries(2):
        assert len(shares_of(person, portfolio).people) == people


def test_an_owner_is_told_what_is_shared_before_they_are_erased(portfolio: Any, person: Any, stranger: Any) -> None:
    assert orphans(person) == []
    set_membership(portfolio, stranger, Role.VIEWER)
    assert orphans(person) == [(portfolio, 1)]
    said = [blocker for ask in hooks().blockers for blocker in ask(person)]
    assert any("shared with 1 other person" in one.words and ("People", f"/portfolios/{portfolio.pk}/share/") in one.ways for one in said)
    services.end_share(person, portfolio, stranger.pk)
    assert orphans(person) == []
