"""What a role lets people see and do, beyond the single calls of tests/access/test_matrix.py."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from market.models import FxRate
from market.selectors import instruments_visible_to
from portfolios.choices import ImportStatus
from portfolios.errors import NotAllowedForRole, OtherOwner, OtherSideNotYours
from portfolios.imports.reading import read_batch
from portfolios.imports.recording import commit_batch
from portfolios.imports.services import start_import
from portfolios.models import ImportBatch, Portfolio, PortfolioUserObjectPermission, Transaction
from portfolios.roles import ALLOWED, Action, Role, grants, may, roles_that_may
from portfolios.services import delete_portfolio, edit_transaction, record_transaction, update_portfolio
from portfolios.sharing.memberships import end_membership, set_membership
from portfolios.transfers.services import TransferDraft, transfer_units
from tests import factories

D = factories.D


def caller(person: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def test_each_role_may_all_that_the_next_one_may() -> None:
    order = list(Role)
    for more, less in pairwise(order):
        assert ALLOWED[less] < ALLOWED[more]
    assert not any(may(None, action) for action in Action)
    assert roles_that_may(Action.DELETE) == (Role.OWNER,)


def test_nobody_grants_a_role_as_high_as_their_own() -> None:
    assert grants(Role.OWNER) == (Role.MANAGER, Role.EDITOR, Role.ADVISER, Role.VIEWER)
    assert grants(Role.MANAGER) == (Role.EDITOR, Role.ADVISER, Role.VIEWER)
    assert grants(Role.EDITOR) == grants(Role.VIEWER) == grants(None) == ()


@pytest.fixture
def private(person: Any, today: date) -> Portfolio:
    """A portfolio in EUR that holds an instrument of its owner's own, in USD, at a rate of the owner's own."""
    portfolio = factories.make_portfolio(person)
    factories.set_rate_every_day("USD", "1.25", today - timedelta(days=40), today)
    FxRate.objects.create(owner=person, base="EUR", quote="USD", day=today, rate=D("2"), source="own")
    house = factories.make_instrument("HOUSE", owner=person, exchange="", currency="USD", price="30")
    factories.record(portfolio, "deposit", today - timedelta(days=9), amount="1000")
    factories.record(portfolio, "buy", today - timedelta(days=8), house, quantity="10", price="20")
    return portfolio


FIGURES = (
    "", "/holdings", "/value", "/gains", "/income", "/performance", "/risk", "/diversification", "/growth", "/transactions", "/lots", "/drivers",
)  # fmt: skip


def test_who_looks_on_sees_the_figures_that_the_owner_sees(private: Portfolio, person: Any, stranger: Any) -> None:
    set_membership(private, stranger, Role.VIEWER)
    for part in FIGURES:
        path = f"/api/v1/portfolios/{private.pk}{part}"
        theirs, ours = caller(stranger).get(path), caller(person).get(path)
        assert theirs.status_code == ours.status_code == 200, path
        told, own = theirs.json(), ours.json()
        if not part:
            assert (told.pop("role"), own.pop("role")) == ("viewer", "owner")
        assert told == own, path


def test_a_private_instrument_is_seen_where_it_is_held_in_what_is_shared_and_only_as_long(private: Portfolio, stranger: Any) -> None:
    assert not instruments_visible_to(stranger).filter(symbol="HOUSE").exists()
    set_membership(private, stranger, Role.VIEWER)
    house = instruments_visible_to(stranger).get(symbol="HOUSE")
    assert caller(stranger).get(f"/api/v1/instruments/{house.pk}/prices").status_code == 200
    mine = factories.make_portfolio(stranger)
    refused = caller(stranger).post(
        f"/api/v1/portfolios/{mine.pk}/transactions",
        {"type": "buy", "date": "2024-01-02", "instrument": house.pk, "quantity": "1", "price": "1", "currency": "USD", "fx_rate": "1"},
    )
    assert refused.status_code == 400, refused.content  # seen, but no instrument for a portfolio of one's own
    end_membership(private, stranger)
    assert not instruments_visible_to(stranger).filter(symbol="HOUSE").exists()


def test_the_next_request_after_a_role_ended_finds_nothing(private: Portfolio, stranger: Any) -> None:
    set_membership(private, stranger, Role.EDITOR)
    path = f"/api/v1/portfolios/{private.pk}"
    assert caller(stranger).get(path).status_code == 200
    end_membership(private, stranger)
    assert caller(stranger).get(path).status_code == 404
    assert caller(stranger).post(f"{path}/transactions", {}).status_code == 404


def test_a_writer_whose_role_ended_while_they_waited_writes_nothing(private: Portfolio, stranger: Any, today: date) -> None:
    set_membership(private, stranger, Role.EDITOR)
    seen = Portfolio.objects.visible_to(stranger).get(pk=private.pk)  # the page was open
    set_membership(private, stranger, Role.VIEWER)
    with pytest.raises(NotAllowedForRole) as refused:
        record_transaction(stranger, seen, kind="deposit", traded_on=today, amount=D(5))
    assert refused.value.data == {"role": "viewer", "needs": "record_entries", "roles": ["owner", "manager", "editor"]}
    assert (
        refused.value.detail == "Your role in this portfolio is viewer. To record entries one has to be its owner, manager or editor. Ask its owner."
    )


def test_an_editor_records_but_neither_sets_rules_nor_deletes(private: Portfolio, stranger: Any, today: date) -> None:
    set_membership(private, stranger, Role.EDITOR)
    row = record_transaction(stranger, private, kind="deposit", traded_on=today, amount=D(5))
    assert row.recorded_by == stranger
    for deed in (lambda: update_portfolio(stranger, private, name="Mine now"), lambda: delete_portfolio(stranger, private)):
        with pytest.raises(NotAllowedForRole):
            deed()


def test_an_import_whose_uploader_was_let_go_records_nothing(private: Portfolio, person: Any, stranger: Any) -> None:
    set_membership(private, stranger, Role.EDITOR)
    batch = start_import(stranger, private, file_name="a.csv", content=b"Date,Type,Amount,Currency\n2024-01-02,deposit,5,EUR\n")
    ImportBatch.objects.filter(pk=batch.pk).update(status="committing")
    end_membership(private, stranger)
    commit_batch(batch.pk)
    assert not Transaction.objects.filter(batch=batch).exists()
    assert ImportBatch.objects.get(pk=batch.pk).status == "review"


def test_a_change_does_not_go_on_into_a_portfolio_that_is_not_shared(person: Any, stranger: Any, today: date) -> None:
    source, target = factories.make_portfolio(person), factories.make_portfolio(person, name="Hidden")
    thing = factories.make_instrument("THING")
    bought = factories.record(source, "transfer_in", today - timedelta(days=9), thing, quantity="5", price="10")
    transfer_units(person, source, target, TransferDraft(instrument=thing, quantity=D(5), day=today - timedelta(days=3)))
    set_membership(source, stranger, Role.EDITOR)
    with pytest.raises(OtherSideNotYours):
        edit_transaction(stranger, bought, price=D(11))
    browser = Client()
    browser.force_login(stranger)
    listed = browser.get(f"/transactions/?p={source.pk}").content.decode()
    assert "Hidden" not in listed and "To another portfolio" in listed
    set_membership(target, stranger, Role.EDITOR)
    assert edit_transaction(stranger, bought, price=D(11)).price == D(11)


def test_units_do_not_move_between_two_peoples_portfolios(person: Any, stranger: Any, today: date) -> None:
    theirs, mine = factories.make_portfolio(person), factories.make_portfolio(stranger)
    set_membership(theirs, stranger, Role.MANAGER)
    thing = factories.make_instrument("THING")
    factories.record(theirs, "transfer_in", today - timedelta(days=9), thing, quantity="5", price="10")
    with pytest.raises(OtherOwner):
        transfer_units(stranger, theirs, mine, TransferDraft(instrument=thing, quantity=D(5), day=today))


def test_what_is_shared_stays_apart_from_the_union_of_ones_own(private: Portfolio, stranger: Any) -> None:
    set_membership(private, stranger, Role.MANAGER)
    mine = factories.make_portfolio(stranger)
    every = caller(stranger).get("/api/v1/portfolios/all/value").json()
    assert D(every["value"]) == 0
    both = caller(stranger).get(f"/api/v1/portfolios/all/value?portfolio={mine.pk}&portfolio={private.pk}")
    assert both.status_code == 422 and both.json()["code"] == "other_owner"
    listed = caller(stranger).get("/api/v1/portfolios").json()["results"]
    assert [(row["id"], row["role"]) for row in listed] == [(private.pk, "manager"), (mine.pk, "owner")]


def test_permissions_go_with_the_portfolio(private: Portfolio, person: Any, stranger: Any) -> None:
    set_membership(private, stranger, Role.ADVISER)
    assert PortfolioUserObjectPermission.objects.count() == len(ALLOWED[Role.ADVISER])
    set_membership(private, stranger, Role.VIEWER)
    assert PortfolioUserObjectPermission.objects.count() == 1
    delete_portfolio(person, private)
    assert not PortfolioUserObjectPermission.objects.exists()


@pytest.mark.parametrize("shared", [1, 12])
def test_the_list_costs_as_many_queries_however_much_is_shared(shared: int, person: Any, stranger: Any, django_assert_num_queries: Any) -> None:
    for _ in range(shared):
        set_membership(factories.make_portfolio(person), stranger, Role.VIEWER)
    with django_assert_num_queries(1):
        assert len(caller(stranger).get("/api/v1/portfolios").json()["results"]) == shared


CSV = b"Date,Type,Amount,Currency\n2024-01-02,deposit,5,EUR\n"


def test_an_import_outlives_the_account_of_the_member_who_uploaded_it(person: Any, stranger: Any) -> None:
    portfolio = factories.make_portfolio(person)
    set_membership(portfolio, stranger, Role.EDITOR)
    kept, waiting, unread = (start_import(stranger, portfolio, file_name=f"{name}.csv", content=CSV + name.encode()) for name in "abc")
    read_batch(kept.pk)
    ImportBatch.objects.filter(pk=waiting.pk).update(status=ImportStatus.COMMITTING)
    stranger.delete()
    read_batch(unread.pk)
    commit_batch(waiting.pk)
    found = {one.file_name: one for one in ImportBatch.objects.all()}
    assert [one.uploaded_by for one in found.values()] == [None] * 3
    assert found["c.csv"].status == ImportStatus.FAILED and "left since" in found["c.csv"].problem
    assert found["b.csv"].status == ImportStatus.REVIEW and "confirm it anew" in found["b.csv"].problem
    assert found["a.csv"].status in (ImportStatus.REVIEW, ImportStatus.MAPPING)
    assert not Transaction.objects.filter(portfolio=portfolio).exists()
