"""Who may still listen, asked for all sockets together."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore

from accounts import tokens
from accounts.models import User
from analytics.live.listening import NOT_YOURS, UNAUTHENTICATED, no_longer
from portfolios.models import Portfolio
from portfolios.roles import Role
from portfolios.sharing.memberships import end_membership, set_membership
from tests import factories

pytestmark = pytest.mark.django_db


def by_session(user: Any, *portfolios: int, private: tuple[int, ...] = ()) -> Any:
    """A socket that came by a session of this moment."""
    session = SessionStore()
    session.create()
    shown = lambda: portfolios  # noqa: E731
    return SimpleNamespace(
        user=user, session_key=session.session_key, token="", proof=None, password=user.password, private=set(private), shown=shown
    )


def by_token(user: Any, *portfolios: int) -> Any:
    shown = lambda: portfolios  # noqa: E731
    return SimpleNamespace(user=user, session_key="", token=tokens.issue(user).access, proof=None, password=user.password, private=set(), shown=shown)


@pytest.fixture
def portfolio(person: Any) -> Portfolio:
    return Portfolio.objects.create(owner=person, name="Ours", base_currency="EUR")


def test_whoever_came_by_a_good_session_or_token_and_sees_what_is_shown_goes_on(person: Any, portfolio: Portfolio) -> None:
    own = factories.make_instrument("HOUSE", price="1", owner=person)
    assert no_longer([by_session(person, portfolio.pk, private=(own.pk,)), by_token(person, portfolio.pk), by_session(person)]) == []


def test_an_ended_session_a_new_password_and_a_revoked_token_end_their_sockets_alone(person: Any, stranger: Any) -> None:
    gone, stays, token, other = by_session(person), by_session(person), by_token(person), by_token(stranger)
    SessionStore(gone.session_key).delete()
    tokens.revoke_all(person)
    assert no_longer([gone, stays, token, other]) == [(gone, UNAUTHENTICATED), (token, UNAUTHENTICATED)]
    person.set_password("another long sentence")
    person.save()
    assert no_longer([stays]) == [(stays, UNAUTHENTICATED)]


def test_somebody_elses_portfolio_or_instrument_ends_a_socket(person: Any, stranger: Any, portfolio: Portfolio) -> None:
    own = factories.make_instrument("HOUSE", price="1", owner=person)
    blind, curious = by_session(stranger, portfolio.pk), by_session(stranger, private=(own.pk,))
    assert no_longer([blind, curious, by_session(person, portfolio.pk)]) == [(blind, NOT_YOURS), (curious, NOT_YOURS)]


def test_a_role_that_ended_ends_the_socket(stranger: Any, portfolio: Portfolio) -> None:
    set_membership(portfolio, stranger, Role.VIEWER)
    socket = by_session(stranger, portfolio.pk)
    assert no_longer([socket]) == []
    end_membership(portfolio, stranger)
    assert no_longer([socket]) == [(socket, NOT_YOURS)]


def test_for_many_at_once_it_sees_what_the_one_door_shows_each(person: Any, stranger: Any, portfolio: Portfolio) -> None:
    theirs = Portfolio.objects.create(owner=stranger, name="Theirs", base_currency="EUR")
    people = [person, stranger, *(User.objects.create_user(f"u{role}", f"u{role}@example.org", "x") for role in Role)]
    for user, role in zip(people[2:], Role, strict=True):
        if role.value != "owner":
            set_membership(portfolio, user, role)
    pairs = {(user.pk, pk) for user in people for pk in Portfolio.objects.visible_to(user).values_list("pk", flat=True)}
    assert Portfolio.objects.filter(pk__in=[portfolio.pk, theirs.pk]).seen_by(user.pk for user in people) == pairs
    assert (person.pk, theirs.pk) not in pairs and (stranger.pk, theirs.pk) in pairs


@pytest.mark.parametrize("sockets", [1, 40])
def test_forty_sockets_cost_as_many_queries_as_one(sockets: int, person: Any, portfolio: Portfolio, django_assert_num_queries: Any) -> None:
    asked = [by_session(person, portfolio.pk) for _ in range(sockets)] + [by_token(person, portfolio.pk) for _ in range(sockets)]
    with django_assert_num_queries(6):
        assert no_longer(asked) == []
