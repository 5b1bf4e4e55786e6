"""Every way into a locked time is closed: what an import, its undo, a proposal, a correction or a toast would change is refused in a sentence."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from market.services import ActionRow, ingest_actions
from portfolios.actions.deciding import accept_by_rule, accept_proposal, dismiss_proposal
from portfolios.actions.proposing import propose_actions
from portfolios.choices import ImportStatus, Verdict
from portfolios.errors import PeriodLocked
from portfolios.imports import selectors as imports
from portfolios.imports import services as importing
from portfolios.models import ActionProposal, ImportRow, Portfolio, Transaction
from portfolios.reconciling.services import correct_difference, reconcile, undo_correction
from portfolios.selectors import get_portfolio, get_transaction
from portfolios.services import lock_portfolio, unlock_portfolio, void_transaction
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db

DAY = date(2024, 12, 31)
WORDS = "The portfolio is locked up to 31 Dec 2024"


@pytest.fixture
def share(db: None) -> Any:
    return make_instrument("SHARE")


@pytest.fixture
def held(person: Any, share: Any) -> Portfolio:
    portfolio = make_portfolio(person, name="Core", tracks_cash=False, cost_method="fifo")
    record(portfolio, "buy", "2024-01-02", share, quantity="10", price="10")
    return portfolio


def lock(portfolio: Portfolio) -> Portfolio:
    lock_portfolio(portfolio.owner, fresh(portfolio), DAY)
    return fresh(portfolio)


def fresh(portfolio: Portfolio) -> Portfolio:
    return get_portfolio(portfolio.owner, portfolio.pk)


def entries() -> list[tuple[Any, ...]]:
    return list(Transaction.objects.order_by("pk").values_list("pk", "kind", "voided_at"))


# ── imports ─────────────────────────────────────────────────────────────────

STATEMENT = b"date,type,symbol,quantity,price,currency,amount\r\n2024-06-03,buy,SHARE,2,11,EUR,\r\n2025-02-03,buy,SHARE,3,12,EUR,\r\n"


@pytest.fixture
def upload(person: Any, django_capture_on_commit_callbacks: Any) -> Any:
    def act(portfolio: Portfolio) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            batch = importing.start_import(person, fresh(portfolio), file_name="statement.csv", content=STATEMENT)
        return imports.get_import(person, batch.pk)

    return act


@pytest.fixture
def confirm(person: Any, django_capture_on_commit_callbacks: Any) -> Any:
    def act(batch: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            importing.confirm_import(person, batch)
        return imports.get_import(person, batch.pk)

    return act


def test_a_statement_says_in_its_review_which_rows_lie_in_the_locked_time_and_records_the_others(
    person: Any, held: Portfolio, upload: Any, confirm: Any, signed_in: Any
) -> None:
    batch = upload(lock(held))
    assert batch.status == ImportStatus.REVIEW
    rows = {row.number: row for row in ImportRow.objects.filter(batch=batch)}
    assert sorted(row.verdict for row in rows.values()) == [Verdict.ERROR, Verdict.NEW]
    page = signed_in.get(reverse("import-review", args=[batch.pk])).content.decode()
    assert WORDS in page
    done = confirm(batch)
    assert done.status == ImportStatus.COMMITTED and done.problem.startswith("1 row was not recorded. Row 2: The portfolio is locked")
    assert list(Transaction.objects.exclude(source="").values_list("traded_on", flat=True)) == [date(2025, 2, 3)]


def test_a_lock_that_comes_between_review_and_recording_keeps_all_rows_out(person: Any, held: Portfolio, upload: Any, confirm: Any) -> None:
    batch = upload(held)
    lock(held)
    before = entries()
    done = confirm(batch)
    assert entries() == before and done.status == ImportStatus.REVIEW
    assert [row.verdict for row in ImportRow.objects.filter(batch=batch).order_by("number")] == [Verdict.ERROR, Verdict.NEW]


@pytest.mark.parametrize("lock_first", [False, True])
def test_rows_that_a_lock_refused_are_recorded_once_it_is_lifted(held: Portfolio, upload: Any, confirm: Any, lock_first: bool) -> None:
    batch = upload(lock(held) if lock_first else held)
    if not lock_first:
        lock(held)
        batch = confirm(batch)
        assert batch.status == ImportStatus.REVIEW and batch.problem.startswith("Nothing was recorded. Row 2: ")
    unlock_portfolio(held.owner, fresh(held))
    batch = confirm(batch)
    assert batch.status == ImportStatus.COMMITTED and batch.problem == ""
    assert sorted(Transaction.objects.exclude(source="").values_list("traded_on", flat=True)) == [date(2024, 6, 3), date(2025, 2, 3)]
    assert [row.reason for row in ImportRow.objects.filter(batch=batch, verdict=Verdict.NEW)] == ["", ""]


def test_an_import_of_refused_rows_alone_says_so_each_time_until_they_fit(
    person: Any, held: Portfolio, upload: Any, confirm: Any, signed_in: Any
) -> None:
    batch = upload(lock(held))
    importing.leave_out(person, batch, [3])
    for _ in range(2):
        batch = confirm(batch)
        assert batch.status == ImportStatus.REVIEW and batch.problem.startswith("Nothing was recorded. Row 2: The portfolio is locked")
    assert "Try again" in signed_in.get(reverse("import-review", args=[batch.pk])).content.decode()
    unlock_portfolio(held.owner, fresh(held))
    assert confirm(batch).status == ImportStatus.COMMITTED
    assert list(Transaction.objects.exclude(source="").values_list("traded_on", flat=True)) == [date(2024, 6, 3)]


def test_an_import_with_rows_in_the_locked_time_is_not_undone(
    person: Any, held: Portfolio, upload: Any, confirm: Any, signed_in: Any, api: Any
) -> None:
    batch = confirm(upload(held))
    lock(held)
    before = entries()
    with pytest.raises(PeriodLocked, match=WORDS):
        importing.revert_import(person, imports.get_import(person, batch.pk))
    assert WORDS in signed_in.post(reverse("import-undo", args=[batch.pk]), follow=True).content.decode()
    refused = api.post(f"/api/v1/imports/{batch.pk}/revert", {}, format="json")
    assert refused.status_code in (409, 422) and WORDS in refused.json()["detail"]
    assert entries() == before and imports.get_import(person, batch.pk).status == ImportStatus.COMMITTED


# ── proposals ───────────────────────────────────────────────────────────────


@pytest.fixture
def proposed(held: Portfolio, share: Any) -> ActionProposal:
    ingest_actions({share.pk: [ActionRow("split", date(2024, 6, 10), D(2), D(1))]}, "test")
    propose_actions()
    return ActionProposal.objects.select_related("action__instrument", "portfolio__owner").get()


def test_a_proposal_of_the_locked_time_is_accepted_by_nobody(held: Portfolio, proposed: ActionProposal, signed_in: Any, api: Any) -> None:
    Portfolio.objects.filter(pk=held.pk).update(applies_splits=True)
    portfolio, before = lock(held), entries()
    proposed.portfolio = portfolio
    with pytest.raises(PeriodLocked, match=WORDS):
        accept_proposal(held.owner, proposed)
    assert WORDS in signed_in.post(reverse("proposal-accept", args=[proposed.pk]), follow=True).content.decode()
    refused = api.post(f"/api/v1/portfolios/{held.pk}/actions/{proposed.pk}/accept", {}, format="json")
    assert refused.status_code in (409, 422) and WORDS in refused.json()["detail"]
    assert accept_by_rule(portfolio) == 0
    proposed.refresh_from_db()
    assert proposed.status == "open" and WORDS in proposed.reason and entries() == before
    dismiss_proposal(held.owner, proposed)
    assert ActionProposal.objects.get().status == "dismissed"


# ── toasts and corrections ──────────────────────────────────────────────────


def test_a_voided_entry_of_the_locked_time_does_not_come_back(held: Portfolio, share: Any, signed_in: Any) -> None:
    gone = record(held, "buy", "2024-03-01", share, quantity="1", price="9")
    void_transaction(held.owner, get_transaction(held.owner, gone.entry))
    lock(held)
    before = entries()
    page = signed_in.post(reverse("transaction-restore", args=[gone.entry]), follow=True).content.decode()
    assert WORDS in page and entries() == before


def test_a_correction_of_the_locked_time_is_neither_made_nor_taken_back(held: Portfolio, share: Any, signed_in: Any) -> None:
    statement = reconcile(held.owner, fresh(held), day=date(2024, 6, 30), positions=[(share, D(12))])
    done = correct_difference(held.owner, statement, key=f"i{share.pk}", fix="adjust")
    statement.portfolio = lock(held)
    before = entries()
    with pytest.raises(PeriodLocked, match=WORDS):
        undo_correction(held.owner, statement, done)
    other = reconcile(held.owner, fresh(held), day=date(2024, 7, 31), positions=[(share, D(15))])
    address = reverse("portfolio-reconciliation-correct", args=[held.pk, other.pk])
    assert WORDS in signed_in.get(address, {"key": f"i{share.pk}", "fix": "adjust"}).content.decode()
    assert WORDS in signed_in.post(address, {"key": f"i{share.pk}", "fix": "adjust"}, follow=True).content.decode()
    assert entries() == before
