"""A split that a statement shows to be missing and the same split in the inbox are one split, whichever comes first."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from market.services import ActionRow, ingest_actions
from portfolio_site.kernel.errors import Conflict
from portfolios.actions.deciding import accept_by_rule, accept_proposal
from portfolios.actions.proposing import propose_actions
from portfolios.errors import ProposalDecided
from portfolios.models import ActionProposal, Portfolio, Reconciliation, Transaction
from portfolios.reconciling.selectors import comparison_of, get_reconciliation
from portfolios.reconciling.services import correct_difference, reconcile, undo_correction
from portfolios.selectors import book_of, get_portfolio, get_transaction
from portfolios.services import restore_transaction, void_transaction
from tests.factories import D, make_instrument, make_portfolio, record
from tests.threads import at_once

pytestmark = pytest.mark.django_db
EX, DAY = date(2024, 6, 10), date(2024, 6, 30)


@pytest.fixture
def nvda(db: None) -> Any:
    return make_instrument("NVDA")


@pytest.fixture
def holder(person: Any, nvda: Any) -> Any:
    """10 units since January, and a 10:1 split in June that is proposed and not decided."""
    made = make_portfolio(person, name="Core", cost_method="fifo", tracks_cash=False)
    record(made, "buy", "2024-01-02", nvda, quantity="10", price="500")
    ingest_actions({nvda.pk: [ActionRow("split", EX, D(10), D(1))]}, "test")
    propose_actions()
    return made


def fresh(portfolio: Portfolio) -> Portfolio:
    return get_portfolio(portfolio.owner, portfolio.pk)


def held(portfolio: Portfolio, instrument: Any) -> Decimal:
    return book_of(fresh(portfolio)).positions[instrument.pk].quantity


def proposal() -> ActionProposal:
    return ActionProposal.objects.select_related("action__instrument", "portfolio__owner").get()


def stated(portfolio: Portfolio, instrument: Any, units: str, day: date = DAY) -> Reconciliation:
    return reconcile(portfolio.owner, fresh(portfolio), day=day, positions=[(instrument, D(units))])


def fix(portfolio: Portfolio, statement: Reconciliation, instrument: Any) -> Any:
    return correct_difference(portfolio.owner, get_reconciliation(fresh(portfolio), statement.pk), key=f"i{instrument.pk}", fix="split")


def codes(portfolio: Portfolio, statement: Reconciliation, instrument: Any) -> list[str]:
    line = comparison_of(get_reconciliation(fresh(portfolio), statement.pk)).line(f"i{instrument.pk}")
    assert line is not None
    return [one.code for one in line.causes]


def test_a_split_recorded_from_a_statement_settles_its_proposal_at_once(holder: Any, nvda: Any) -> None:
    waiting = proposal()
    statement = stated(holder, nvda, "100")
    done = fix(holder, statement, nvda)
    assert proposal().status == "accepted" and get_transaction(holder.owner, done.entries[0]).proposal_id == waiting.pk
    with pytest.raises(ProposalDecided):
        accept_proposal(holder.owner, waiting)
    assert propose_actions().opened == 0 and held(holder, nvda) == 100
    undo_correction(holder.owner, statement, done)
    assert proposal().status == "open" and held(holder, nvda) == 10


def test_a_split_recorded_before_it_was_proposed_is_never_proposed(person: Any, nvda: Any) -> None:
    made = make_portfolio(person, tracks_cash=False)
    record(made, "buy", "2024-01-02", nvda, quantity="10", price="500")
    ingest_actions({nvda.pk: [ActionRow("split", EX, D(10), D(1))]}, "test")
    fix(made, stated(made, nvda, "100"), nvda)
    assert propose_actions().opened == 0 and not ActionProposal.objects.exists() and held(made, nvda) == 100


def test_a_split_entered_by_hand_is_not_accepted_again_by_whoever_looks_at_an_old_inbox(holder: Any, nvda: Any) -> None:
    record(holder, "split", EX + timedelta(days=2), nvda, ratio_new="10", ratio_old="1")
    assert proposal().status == "open"  # nobody looked again yet
    with pytest.raises(ProposalDecided, match=r"split of 12 Jun 2024"):
        accept_proposal(holder.owner, proposal())
    Portfolio.objects.filter(pk=holder.pk).update(applies_splits=True)
    assert accept_by_rule(fresh(holder)) == 0 and held(holder, nvda) == 100


def test_a_split_accepted_before_is_no_cause_that_a_statement_offers_again(holder: Any, nvda: Any) -> None:
    statement = stated(holder, nvda, "100")
    accept_proposal(holder.owner, proposal())
    assert codes(holder, statement, nvda) == []
    with pytest.raises(Conflict):
        fix(holder, statement, nvda)
    assert held(holder, nvda) == 100


@pytest.mark.parametrize("days", [3, 8, 60])
def test_one_booked_days_after_the_ex_day_is_not_offered_for_a_statement_in_between(holder: Any, nvda: Any, days: int) -> None:
    accept_proposal(holder.owner, proposal(), day=EX + timedelta(days=days))
    statement = stated(holder, nvda, "100", day=EX + timedelta(days=1))
    assert "missing_split" not in codes(holder, statement, nvda)
    assert held(holder, nvda) == 100


def test_one_that_a_statement_booked_a_week_after_the_ex_day_is_not_proposed_on_top(person: Any, nvda: Any) -> None:
    made = make_portfolio(person, tracks_cash=False)
    record(made, "buy", "2024-01-02", nvda, quantity="10", price="500")
    record(made, "split", EX + timedelta(days=8), nvda, ratio_new="10", ratio_old="1", source="own", source_key="a")
    ingest_actions({nvda.pk: [ActionRow("split", EX, D(10), D(1))]}, "test")
    assert propose_actions().opened == 0


def test_a_voided_one_does_not_count_again_beside_the_one_that_took_its_place(holder: Any, nvda: Any) -> None:
    first = accept_proposal(holder.owner, proposal())
    void_transaction(holder.owner, get_transaction(holder.owner, first.entry))
    fix(holder, stated(holder, nvda, "100"), nvda)
    with pytest.raises(Conflict, match="recorded"):
        restore_transaction(holder.owner, get_transaction(holder.owner, first.entry, with_voided=True))
    assert held(holder, nvda) == 100 and Transaction.objects.live().filter(kind="split").count() == 1


@pytest.mark.django_db(transaction=True)
def test_both_at_once_record_it_once(holder: Any, nvda: Any) -> None:
    statement, waiting = stated(holder, nvda, "100"), proposal()
    answers = at_once(partial(accept_proposal, holder.owner, waiting), partial(fix, holder, statement, nvda))
    assert sum(isinstance(one, Conflict) for one in answers) == 1
    assert held(holder, nvda) == 100 and proposal().status == "accepted"
