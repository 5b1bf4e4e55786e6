"""Proposals of corporate actions: for those who held, once, never on top of what is recorded, applied by consent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from market.models import CorporateAction
from market.services import ActionRow, ingest_actions
from portfolio_site.kernel.errors import Conflict, Invalid
from portfolios.actions import ratios
from portfolios.actions.deciding import accept_by_rule, accept_proposal, dismiss_proposal, reopen_proposal
from portfolios.actions.proposing import propose_actions
from portfolios.actions.selectors import open_count, proposals_of, views_of
from portfolios.actions.tasks import propose
from portfolios.errors import ProposalDecided
from portfolios.models import ActionProposal, Portfolio, Transaction
from portfolios.selectors import book_of, get_transaction
from portfolios.services import LegDraft, edit_transaction, restore_transaction, update_portfolio, void_transaction
from tests.factories import D, make_instrument, make_person, make_portfolio, record
from tests.threads import at_once

pytestmark = pytest.mark.django_db

EX = date(2024, 6, 10)


@pytest.fixture
def nvda(db: None) -> Any:
    return make_instrument("NVDA")


@pytest.fixture
def holder(person: Any, nvda: Any) -> Any:
    """10 units since January."""
    made = make_portfolio(person, name="Core", cost_method="fifo", tracks_cash=False)
    record(made, "buy", "2024-01-02", nvda, quantity="10", price="500")
    return made


def reported(instrument: Any, *rows: ActionRow) -> None:
    ingest_actions({instrument.pk: list(rows)}, "test")


def split(new: str, old: str, day: date = EX) -> ActionRow:
    return ActionRow("split", day, D(new), D(old))


def dividend(amount: str, day: date = EX) -> ActionRow:
    return ActionRow("dividend", day, amount=D(amount))


def fresh(portfolio: Portfolio) -> Portfolio:
    return Portfolio.objects.select_related("owner").get(pk=portfolio.pk)


def only() -> ActionProposal:
    return ActionProposal.objects.select_related("action__instrument", "portfolio__owner").get()


def held(portfolio: Portfolio, instrument: Any) -> Decimal:
    return book_of(fresh(portfolio)).positions[instrument.pk].quantity


# ── who is asked, and how often ─────────────────────────────────────────────


def test_whoever_held_at_the_close_before_is_asked_once(holder: Any, nvda: Any, person: Any, stranger: Any) -> None:
    other, late, gone = make_portfolio(stranger), make_portfolio(person, name="Late"), make_portfolio(person, name="Gone")
    record(other, "buy", "2024-06-09", nvda, quantity="1", price="1")
    record(late, "buy", "2024-06-10", nvda, quantity="1", price="1")
    record(gone, "buy", "2024-01-02", nvda, quantity="1", price="1")
    record(gone, "sell", "2024-06-09", nvda, quantity="1", price="1")
    reported(nvda, split("10", "1"))
    assert propose_actions([nvda.pk]).opened == 2
    assert propose_actions([nvda.pk]).opened == 0 == propose_actions().opened
    assert set(ActionProposal.objects.values_list("portfolio", flat=True)) == {holder.pk, other.pk}


def test_an_action_of_a_future_day_waits(holder: Any, nvda: Any, today: date) -> None:
    reported(nvda, dividend("1", today + timedelta(days=5)))
    assert propose_actions().opened == 0


def test_a_back_dated_purchase_makes_an_old_action_relevant(person: Any, nvda: Any) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", "2024-07-01", nvda, quantity="1", price="1")
    reported(nvda, split("10", "1"))
    assert propose_actions().opened == 0
    record(fresh(portfolio), "buy", "2024-01-02", nvda, quantity="1", price="1")
    assert propose([], [portfolio.pk]) == 0
    assert propose(None, [portfolio.pk]) == 1


def test_news_of_an_action_and_of_a_ledger_ring_for_the_job(holder: Any, nvda: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        reported(nvda, split("10", "1"))
    assert only().status == "open"
    ActionProposal.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        record(fresh(holder), "buy", "2024-02-01", nvda, quantity="1", price="1")
    assert only().status == "open"


# ── never on top of what is recorded ────────────────────────────────────────


@pytest.mark.parametrize(("day", "new", "old", "asked"), [(EX, "10", "1", 0), (EX + timedelta(days=10), "20", "2", 0), (EX + timedelta(days=11), "10", "1", 1), (EX, "5", "1", 1)])  # fmt: skip
def test_a_split_that_is_recorded_is_not_proposed(holder: Any, nvda: Any, day: date, new: str, old: str, asked: int) -> None:
    record(holder, "split", day, nvda, ratio_new=new, ratio_old=old)
    reported(nvda, split("10", "1"))
    assert propose_actions().opened == asked


def test_a_spin_off_by_hand_stands_for_the_odd_split_that_a_source_made_of_it(holder: Any, nvda: Any) -> None:
    record(holder, "stock_dividend", EX, nvda, quantity="1")
    reported(nvda, split("1.046", "1"))
    assert propose_actions().opened == 0


@pytest.mark.parametrize(
    ("days", "fields", "asked"),
    [
        (0, {"amount": "5"}, 0),
        (20, {"amount": "5"}, 0),
        (20, {"amount": "3.68", "taxes": "1.32"}, 0),
        (20, {"amount": "4.25"}, 0),
        (20, {"quantity": "10", "price": "0.5"}, 0),
        (20, {"amount": "2"}, 1),
        (20, {"amount": "9"}, 1),
        (60, {"amount": "5"}, 1),
        (-15, {"amount": "5"}, 1),
    ],
)
def test_a_dividend_that_is_recorded_is_not_proposed(holder: Any, nvda: Any, days: int, fields: dict[str, str], asked: int) -> None:
    record(holder, "dividend", EX + timedelta(days=days), nvda, **fields)
    reported(nvda, dividend("0.5"))
    assert propose_actions().opened == asked


def test_each_payment_stands_for_one_dividend_only(holder: Any, nvda: Any) -> None:
    months = [date(2024, month, 10) for month in (3, 4, 5)]
    reported(nvda, *(dividend("0.5", day) for day in months))
    record(holder, "dividend", date(2024, 4, 2), nvda, amount="5")
    record(fresh(holder), "dividend", date(2024, 5, 2), nvda, amount="5")
    assert propose_actions().opened == 1


def test_what_is_recorded_later_withdraws_the_proposal_and_what_is_voided_opens_it_again(holder: Any, nvda: Any) -> None:
    reported(nvda, split("10", "1"))
    propose_actions()
    entry = record(fresh(holder), "split", EX, nvda, ratio_new="10", ratio_old="1")
    assert propose_actions().withdrawn == 1
    assert (only().status, only().by_rule, only().reason) == ("dismissed", True, "Recorded already: split of 10 Jun 2024.")
    void_transaction(holder.owner, get_transaction(holder.owner, entry.entry))
    propose_actions()
    assert (only().status, only().reason) == ("open", "")


def test_what_a_person_dismissed_stays_dismissed(holder: Any, nvda: Any) -> None:
    reported(nvda, split("10", "1"))
    propose_actions()
    dismiss_proposal(holder.owner, only(), reason="Not mine")
    assert propose_actions().opened == propose_actions().withdrawn == 0
    assert (only().status, only().reason) == ("dismissed", "Not mine")
    reopen_proposal(holder.owner, only())
    assert (only().status, only().reason, only().decided_at) == ("open", "", None)
    with pytest.raises(ProposalDecided):
        reopen_proposal(holder.owner, only())


# ── accepting ───────────────────────────────────────────────────────────────


def test_a_split_is_applied_once(holder: Any, nvda: Any) -> None:
    reported(nvda, split("10", "1"))
    propose_actions()
    stale = only()
    row = accept_proposal(holder.owner, only())
    assert (row.kind, row.traded_on, row.proposal_id) == ("split", EX, stale.pk)
    assert held(holder, nvda) == 100
    with pytest.raises(ProposalDecided, match="it is accepted"):
        accept_proposal(holder.owner, stale)
    assert held(holder, nvda) == 100
    assert propose_actions().opened == 0 and only().status == "accepted"


def test_the_database_itself_refuses_a_second_entry_of_a_proposal(holder: Any, nvda: Any) -> None:
    reported(nvda, split("10", "1"))
    propose_actions()
    row = accept_proposal(holder.owner, only())
    row.pk, row.recorded_at = None, row.recorded_at
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_a_dividend_is_of_the_units_at_the_ex_day_and_can_be_corrected_before(holder: Any, nvda: Any) -> None:
    record(holder, "buy", "2024-06-10", nvda, quantity="5", price="500")
    reported(nvda, dividend("0.5"), dividend("0.6", date(2024, 9, 10)))
    propose_actions()
    second, first = list(proposals_of([holder]))
    row = accept_proposal(holder.owner, first)
    assert (row.quantity, row.price, row.traded_on) == (D(10), D("0.5"), EX)
    corrected = accept_proposal(holder.owner, second, amount=D("0.62"), taxes=D("1.4"), day=date(2024, 9, 24))
    assert (corrected.quantity, corrected.price, corrected.taxes, corrected.traded_on) == (D(15), D("0.62"), D("1.4"), date(2024, 9, 24))
    assert book_of(fresh(holder)).income == D("14.3")


def test_undo_opens_the_proposal_again_and_redo_closes_it(holder: Any, nvda: Any) -> None:
    reported(nvda, split("10", "1"))
    propose_actions()
    row = accept_proposal(holder.owner, only())
    void_transaction(holder.owner, get_transaction(holder.owner, row.entry))
    assert (only().status, held(holder, nvda)) == ("open", D(10))
    restored = restore_transaction(holder.owner, get_transaction(holder.owner, row.entry, with_voided=True))
    assert (only().status, held(holder, nvda), restored.proposal_id) == ("accepted", D(100), only().pk)
    edited = edit_transaction(holder.owner, restored, notes="As announced")
    assert (only().status, edited.proposal_id) == ("accepted", only().pk)


@pytest.mark.parametrize(
    ("corrected", "field", "said"),
    [
        ({"taxes": D("1e9")}, "taxes", "The dividend comes to 5 EUR"),
        ({"taxes": D("5.01")}, "taxes", "The dividend comes to 5 EUR"),
        ({"quantity": D(-1)}, "quantity", "must be above zero"),
        ({"quantity": D(0)}, "quantity", "must be above zero"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_in_its_field(holder: Any, nvda: Any, corrected: dict[str, Decimal], field: str, said: str) -> None:
    reported(nvda, dividend("0.5"))
    propose_actions()
    with pytest.raises(Invalid) as refused:
        accept_proposal(holder.owner, only(), **corrected)
    assert [error.field for error in refused.value.errors] == [field] and said in refused.value.detail
    assert only().status == "open" and not Transaction.objects.filter(kind="dividend").exists()
    assert accept_proposal(holder.owner, only(), taxes=D(5)).taxes == 5


# ── by rule ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("new", "old", "usual"),
    [("4", "1", True), ("1", "50", True), ("3", "2", True), ("1", "1000", True), ("21", "20", True), ("1.5", "1", True),
     ("1.046", "1", False), ("1.281", "1", False), ("1054", "1000", False), ("1048", "1000", False), ("1", "1.046", False)],
)  # fmt: skip
def test_a_split_of_small_whole_numbers_is_a_usual_one(new: str, old: str, usual: bool) -> None:
    assert ratios.is_usual(D(new), D(old)) is usual


def test_rules_accept_splits_and_dividends_but_never_an_odd_split(holder: Any, nvda: Any) -> None:
    reported(nvda, split("10", "1"), dividend("0.5", date(2024, 3, 5)), split("1.046", "1", date(2024, 8, 5)))
    Portfolio.objects.filter(pk=holder.pk).update(applies_splits=True, applies_dividends=True)
    assert propose(None, None) == 3 + 2
    assert held(holder, nvda) == 100
    left = ActionProposal.objects.open().get()
    assert "most often a spin-off" in left.reason and "1.046" in left.reason
    assert set(ActionProposal.objects.filter(status="accepted").values_list("by_rule", flat=True)) == {True}
    assert {row.recorded_by_id for row in Transaction.objects.filter(proposal__isnull=False)} == {holder.owner_id}
    assert propose(None, None) == 0
    accept_proposal(holder.owner, left)  # by hand it can be, by whoever knows better
    assert held(holder, nvda) == D("104.6")


def test_a_rule_that_the_ledger_refuses_leaves_the_proposal_open_and_says_why(holder: Any, nvda: Any) -> None:
    reported(nvda, split("10", "1"))
    propose_actions()
    Portfolio.objects.filter(pk=holder.pk).update(applies_splits=True, locked_until=date(2024, 12, 31))
    assert accept_by_rule(fresh(holder)) == 0
    assert only().status == "open" and "locked" in only().reason
    assert not Transaction.objects.filter(proposal__isnull=False).exists()


@pytest.mark.parametrize("row", [dividend("0.5"), split("10", "1")])
def test_what_a_rule_booked_and_a_person_took_out_waits_for_the_person(
    holder: Any, nvda: Any, row: ActionRow, django_capture_on_commit_callbacks: Any
) -> None:
    Portfolio.objects.filter(pk=holder.pk).update(applies_splits=True, applies_dividends=True)
    with django_capture_on_commit_callbacks(execute=True):
        reported(nvda, row)
    entry = Transaction.objects.live().get(proposal=only())
    with django_capture_on_commit_callbacks(execute=True):
        void_transaction(holder.owner, get_transaction(holder.owner, entry.entry))
    assert propose(None, None) == 0
    assert only().status == "open" and "only where you accept it" in only().reason
    assert not Transaction.objects.live().filter(proposal__isnull=False).exists()
    accept_proposal(holder.owner, only())
    assert (only().status, only().reason) == ("accepted", "")


def test_undo_of_the_undo_leaves_no_trace_of_it_in_the_inbox(holder: Any, nvda: Any) -> None:
    Portfolio.objects.filter(pk=holder.pk).update(applies_dividends=True)
    reported(nvda, dividend("0.5"))
    assert propose(None, None) == 2
    entry = Transaction.objects.live().get(proposal=only()).entry
    void_transaction(holder.owner, get_transaction(holder.owner, entry))
    restore_transaction(holder.owner, get_transaction(holder.owner, entry, with_voided=True))
    assert (only().status, only().reason) == ("accepted", "")


def test_a_rule_that_is_turned_on_applies_what_waits(holder: Any, nvda: Any, django_capture_on_commit_callbacks: Any) -> None:
    reported(nvda, split("10", "1"), dividend("0.5", date(2024, 3, 5)))
    propose_actions()
    with django_capture_on_commit_callbacks(execute=True):
        update_portfolio(holder.owner, fresh(holder), applies_dividends=True)
    assert list(ActionProposal.objects.filter(status="accepted").values_list("action__kind", flat=True)) == ["dividend"]
    with django_capture_on_commit_callbacks() as rung:
        update_portfolio(holder.owner, fresh(holder), applies_dividends=False)
    assert not rung


# ── as it is shown ──────────────────────────────────────────────────────────


def test_the_inbox_says_what_accepting_would_do(holder: Any, nvda: Any, django_assert_max_num_queries: Any) -> None:
    reported(nvda, split("10", "1"), dividend("0.5", date(2024, 3, 5)))
    propose_actions()
    with django_assert_max_num_queries(3):
        rows = list(proposals_of([holder]))
        shown = views_of(rows, [holder])
    assert [(one.kind, one.units, one.units_after, one.amount) for one in shown] == [("split", D(10), D(100), None), ("dividend", D(10), None, D(5))]
    assert shown[0].ratio == "10:1" and not shown[0].is_odd
    assert open_count(holder.owner) == 2


def test_an_action_that_is_corrected_is_applied_as_corrected(holder: Any, nvda: Any) -> None:
    reported(nvda, dividend("0.5"))
    propose_actions()
    reported(nvda, dividend("0.55"))
    assert CorporateAction.objects.count() == ActionProposal.objects.count() == 1
    assert accept_proposal(holder.owner, only()).price == D("0.55")


# ── at the same moment ──────────────────────────────────────────────────────


@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_accepting_twice_at_once_makes_one_entry(transactional_db: None) -> None:
    person, nvda = make_person("racer"), make_instrument("NVDA")
    for number in range(8):
        portfolio = make_portfolio(person, name=str(number), tracks_cash=False)
        record(portfolio, "buy", "2024-01-02", nvda, quantity="10", price="500")
    reported(nvda, split("10", "1"))
    propose_actions()
    for proposal in ActionProposal.objects.select_related("action__instrument", "portfolio__owner"):
        outcomes = at_once(*[partial(accept_proposal, person, proposal)] * 2)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ProposalDecided", "Transaction"], outcomes
        assert Transaction.objects.live().filter(proposal=proposal).count() == 1
        assert held(proposal.portfolio, nvda) == 100


@pytest.mark.drill
@pytest.mark.django_db(transaction=True)
def test_proposing_twice_at_once_asks_once(transactional_db: None) -> None:
    portfolio, nvda = make_portfolio(make_person("racer"), tracks_cash=False), make_instrument("NVDA")
    record(portfolio, "buy", "2024-01-02", nvda, quantity="10", price="500")
    days = [date(2024, 2, 1) + timedelta(days=30 * n) for n in range(6)]
    CorporateAction.objects.bulk_create(CorporateAction(instrument=nvda, kind="dividend", ex_day=day, amount=D(1), source="test") for day in days)
    outcomes = at_once(*[propose_actions] * 3)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    assert ActionProposal.objects.count() == 6


def test_units_that_a_spin_off_gave_take_part_also_after_they_were_sold(holder: Any, nvda: Any) -> None:
    child = make_instrument("CHILD")
    half = LegDraft(instrument=child, ratio_new=D(1), ratio_old=D(2), cost_share=D("0.25"))
    record(holder, "spin_off", "2024-02-01", nvda, legs=(half,))
    record(holder, "sell", "2024-07-01", child, quantity="5", price="9")
    reported(child, split("1", "5"), dividend("0.5", date(2024, 3, 1)))
    assert propose_actions().opened == 2
    paid = ActionProposal.objects.select_related("action__instrument", "portfolio__owner").get(action__kind="dividend")
    assert accept_proposal(holder.owner, paid).quantity == 5


def test_a_split_of_ones_own_does_not_come_back_beside_the_accepted_one(holder: Any, nvda: Any) -> None:
    own = record(holder, "split", EX, nvda, ratio_new="10", ratio_old="1")
    reported(nvda, split("10", "1"))
    void_transaction(holder.owner, own)
    propose_actions()
    accepted = accept_proposal(holder.owner, only())
    with pytest.raises(Conflict, match=f"number {accepted.entry}, was accepted from the inbox .* Void that entry first"):
        restore_transaction(holder.owner, get_transaction(holder.owner, own.entry, with_voided=True))
    assert held(holder, nvda) == 100
    void_transaction(holder.owner, accepted)
    restore_transaction(holder.owner, get_transaction(holder.owner, own.entry, with_voided=True))
    with pytest.raises(Conflict, match="was recorded beside it"):
        restore_transaction(holder.owner, get_transaction(holder.owner, accepted.entry, with_voided=True))
    assert held(holder, nvda) == 100
