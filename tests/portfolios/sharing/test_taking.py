"""Whoever takes a portfolio over: what they are told of the giver's other affairs, which is nothing, and who can."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from accounts.data_rights.pausing import pause_processing
from market.models import Instrument
from portfolio_site.kernel.errors import Conflict
from portfolios.errors import AlreadyVoided, CannotGiveAway
from portfolios.models import Holding, OwnershipOffer, Portfolio, Transaction
from portfolios.roles import Role
from portfolios.services import edit_transaction
from portfolios.services.locking import only_writer
from portfolios.sharing import giving
from portfolios.sharing.consequences import consequences_of
from portfolios.sharing.giving import answer_offer, offer_portfolio, takers_of
from portfolios.sharing.memberships import set_membership
from portfolios.transfers.services import TransferDraft, transfer_units
from tests import factories
from tests.factories import D


@pytest.fixture
def house(person: Any) -> Instrument:
    return factories.make_instrument("HOUSE", owner=person, exchange="")


@pytest.fixture
def made(portfolio: Any, person: Any, stranger: Any, house: Instrument) -> OwnershipOffer:
    """A portfolio with an instrument of its owner's own, offered to the stranger, who is a viewer of it."""
    for one in (person, stranger):
        EmailAddress.objects.update_or_create(user=one, email=one.email, defaults={"primary": True, "verified": True})
    set_membership(portfolio, stranger, Role.VIEWER)
    factories.record(portfolio, "buy", "2024-01-02", house, quantity="1", price="1")
    return offer_portfolio(person, portfolio, to=stranger.pk, stays=True)


def test_what_is_in_the_way_among_the_owners_other_portfolios_is_told_to_the_owner_alone(
    made: OwnershipOffer, person: Any, stranger: Any, house: Instrument, client: Client
) -> None:
    sealed = factories.make_portfolio(person, name="Divorce fund")
    factories.record(sealed, "buy", "2024-01-02", house, quantity="1", price="1")
    assert "Divorce fund" in consequences_of(made.portfolio, stays=True).hindered[0]
    with pytest.raises(CannotGiveAway, match="^Its owner has to settle something first") as refused:
        answer_offer(stranger, made.pk, accept=True)
    assert "Divorce" not in refused.value.detail
    client.force_login(stranger)
    caller = APIClient()
    caller.force_authenticate(stranger)
    for path in (f"/offers/{made.pk}/", f"/api/v1/offers/{made.pk}"):
        asker: Any = client if path.endswith("/") else caller
        answers = (asker.get(path), asker.post(path, {"answer": "accept"} if asker is client else {"accept": True}))
        for answer in answers:
            said = answer.content.decode()
            assert "settle something first" in said and "Divorce" not in said and "also stands" not in said
    assert Portfolio.objects.get(pk=made.portfolio_id).owner == person


def test_who_paused_the_processing_gives_and_takes_like_everybody(made: OwnershipOffer, person: Any, stranger: Any) -> None:
    for one in (person, stranger):
        pause_processing(one)
    assert [number for number, _ in takers_of(made.portfolio)] == [stranger.pk]
    answer_offer(stranger, made.pk, accept=True)
    assert Portfolio.objects.get(pk=made.portfolio_id).owner == stranger


# ── who waited while it changed hands ───────────────────────────────────────


def test_a_writer_that_waited_while_it_was_given_away_writes_nothing(made: OwnershipOffer, person: Any, stranger: Any, house: Instrument) -> None:
    asked = Portfolio.objects.get(pk=made.portfolio_id)
    mine, acme = factories.make_portfolio(person, name="Mine"), factories.make_instrument("ACME")
    factories.record(mine, "buy", "2024-01-02", acme, quantity="5", price="1")
    answer_offer(stranger, made.pk, accept=True)
    given, before = "given to somebody else in the meantime", Transaction.objects.count()
    with pytest.raises(Conflict, match=f"portfolio was {given}"):
        factories.record(asked, "deposit", "2024-01-03", amount="1")
    with pytest.raises(Conflict, match=f"portfolio was {given}"):
        transfer_units(person, mine, asked, TransferDraft(instrument=acme, quantity=D(1), day=date(2024, 2, 1)))
    assert house.owner_id == person.pk  # as it was read before
    with pytest.raises(Conflict, match=f"instrument that this names was {given}"):
        factories.record(mine, "buy", "2024-01-03", house, quantity="1", price="1")
    assert Transaction.objects.count() == before and not Holding.objects.filter(portfolio=mine, instrument=house).exists()


def test_an_entry_that_was_linked_before_is_not_written_as_if_it_still_were(made: OwnershipOffer, person: Any, stranger: Any) -> None:
    mine, acme = factories.make_portfolio(person, name="Mine"), factories.make_instrument("ACME")
    factories.record(mine, "buy", "2024-01-02", acme, quantity="5", price="1")
    draft = TransferDraft(instrument=acme, quantity=D(1), day=date(2024, 2, 1))
    leaving = transfer_units(person, mine, Portfolio.objects.get(pk=made.portfolio_id), draft).leaving
    answer_offer(stranger, made.pk, accept=True)
    with pytest.raises(AlreadyVoided):
        edit_transaction(person, leaving, notes="later")
    current = Transaction.objects.get(pk=leaving.pk)
    assert current.link is None and current.voided_at is None
    assert edit_transaction(person, current, notes="later").link is None


def test_the_givers_other_portfolios_are_held_while_it_changes_hands(
    made: OwnershipOffer, person: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, held = factories.make_portfolio(person, name="Mine"), []
    monkeypatch.setattr(giving, "hand_over", lambda locked, *_, **__: held.append(set(locked.locked_with)))
    with transaction.atomic():
        answer_offer(stranger, made.pk, accept=True)
        transaction.set_rollback(True)
    assert held == [{made.portfolio_id, mine.pk}]

    @contextmanager
    def overtaken(*wanted: Portfolio, by: Any) -> Any:
        with only_writer(*wanted, by=by) as locked:
            factories.make_portfolio(person, name="Made while it waited")
            yield locked

    monkeypatch.setattr(giving, "only_writer", overtaken)
    with pytest.raises(Conflict, match="just made another"):
        answer_offer(stranger, made.pk, accept=True)
