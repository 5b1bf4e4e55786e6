"""Accepting and dismissing proposals, one by one or by rule.  An accepted one is an entry like any other, and is undone like one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.services import record_audit
from market.choices import ActionKind
from market.selectors import actions_of
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import Conflict, FieldError, Invalid
from portfolios.actions.proposing import entries_of_actions, reason_of, said, units_before
from portfolios.actions.selectors import view_of_action
from portfolios.choices import ProposalStatus, TransactionKind
from portfolios.errors import ProposalDecided
from portfolios.ledger.replay import replay
from portfolios.models import ActionProposal, Portfolio, Transaction
from portfolios.selectors.ledger import connected_to, events_of, rules_of
from portfolios.selectors.rows import cash_effect, event_of, own_costs
from portfolios.services.drafts import TransactionDraft
from portfolios.services.locking import only_writer
from portfolios.services.recording import record_transaction

_SAID = {ProposalStatus.OPEN: "open", ProposalStatus.ACCEPTED: "accepted", ProposalStatus.DISMISSED: "dismissed"}


def draft_of_proposal(
    proposal: ActionProposal,
    *,
    amount: Decimal | None = None,
    quantity: Decimal | None = None,
    taxes: Decimal | None = None,
    day: date | None = None,
    settlement_currency: str = "",
) -> TransactionDraft:
    """The entry that accepting makes, with what was corrected.

    amount    of a dividend: what one unit is paid, before tax; where missing, as reported
    quantity  of a dividend: the units that it is paid on; where missing, those held at the close before the ex-day
    taxes     withheld from the dividend; day: when it was paid, the ex-day where missing
    """
    action = view_of_action(proposal.action)
    if action.kind == ActionKind.SPLIT:
        if any(value is not None for value in (amount, quantity, taxes)):
            raise _refusal("amount", "A split has no amount. Accept it as it is, or record what happened by hand.")
        return TransactionDraft(
            kind=TransactionKind.SPLIT,
            traded_on=day or action.ex_day,
            instrument=proposal.action.instrument,
            ratio_new=action.ratio_new,
            ratio_old=action.ratio_old,
            proposal=proposal,
        )
    if quantity is not None and quantity <= 0:
        raise _refusal("quantity", "The quantity must be above zero.", "not_positive")
    if quantity is None:
        held = connected_to([proposal.portfolio_id], [action.instrument_id])
        events = events_of(proposal.portfolio, instruments=held, until=action.ex_day)
        quantity = units_before(replay(events, rules_of(proposal.portfolio)).steps, action.instrument_id, action.ex_day)
    if quantity <= 0:  # none was named: of what was held
        raise _refusal("quantity", "Nothing was held at the close before the ex-day. Dismiss it, or record the missing purchase.")
    return TransactionDraft(
        kind=TransactionKind.DIVIDEND,
        traded_on=day or action.ex_day,
        instrument=proposal.action.instrument,
        quantity=quantity,
        price=action.amount if amount is None else amount,
        taxes=taxes or None,
        settlement_currency=settlement_currency,
        proposal=proposal,
    )


def accept_proposal(
    actor: Any, proposal: ActionProposal, *, draft: TransactionDraft | None = None, by_rule: bool = False, **corrected: Any
) -> Transaction:
    """Record what a proposal says, with what was corrected (`draft_of_proposal`); once, whoever asks how often.

    draft  another entry in its place, such as the spin-off that was reported as a split
    Raises ProposalDecided where it is not open, or where the ledger has it already; otherwise as record_transaction.
    """
    with only_writer(proposal.portfolio, by=actor) as locked:
        now = _open_one(proposal, locked)
        _refuse_twice(now)
        wanted = draft or draft_of_proposal(now, **corrected)
        fields = {name: getattr(wanted, name) for name in wanted.__dataclass_fields__}
        row = record_transaction(actor, locked, **{**fields, "proposal": now})
        if draft is None:
            _refuse_more_than_paid(row)
        now.reason = reason_of(view_of_action(now.action))
        _decide(actor, now, ProposalStatus.ACCEPTED, by_rule=by_rule, entry=row.entry)
    proposal.status = ProposalStatus.ACCEPTED
    return row


def dismiss_proposal(actor: Any, proposal: ActionProposal, *, reason: str = "") -> None:
    """Leave an action out.  Raises ProposalDecided."""
    with only_writer(proposal.portfolio, by=actor) as locked:
        now = _open_one(proposal, locked)
        now.reason = reason.strip()[:200]
        _decide(actor, now, ProposalStatus.DISMISSED)
    proposal.status = ProposalStatus.DISMISSED


def reopen_proposal(actor: Any, proposal: ActionProposal) -> None:
    """Take a dismissal back.  Raises ProposalDecided where it was not dismissed: an accepted one is undone by voiding its entry."""
    with only_writer(proposal.portfolio, by=actor):
        now = ActionProposal.objects.select_related("action__instrument", "portfolio").get(pk=proposal.pk)
        if now.status != ProposalStatus.DISMISSED:
            raise _decided(now)
        now.reason = reason_of(view_of_action(now.action))
        _decide(actor, now, ProposalStatus.OPEN)
    proposal.status = ProposalStatus.OPEN


def accept_by_rule(portfolio: Portfolio) -> int:
    """Accept what is open and the portfolio's rules allow, each by itself; what is refused stays open and says why.  How many.

    A proposal that had an entry before was undone by a person, and waits for one.
    """
    rules = {ActionKind.SPLIT: portfolio.applies_splits, ActionKind.DIVIDEND: portfolio.applies_dividends}
    kinds = [kind for kind, applies in rules.items() if applies]
    waiting = ActionProposal.objects.open().filter(portfolio=portfolio, action__kind__in=kinds, entries=None)
    accepted = 0
    for proposal in waiting.select_related("action__instrument", "portfolio__owner").order_by("action__ex_day", "pk"):
        if reason_of(view_of_action(proposal.action)):
            continue
        try:
            accept_proposal(portfolio.owner, proposal, by_rule=True)
            accepted += 1
        except ProposalDecided:
            continue
        except (Invalid, Conflict) as refused:
            ActionProposal.objects.open().filter(pk=proposal.pk).update(reason=refused.detail[:200])
    return accepted


def _open_one(proposal: ActionProposal, locked: Portfolio) -> ActionProposal:
    """The proposal as it is now, inside the lock of its portfolio.  Raises ProposalDecided."""
    now: ActionProposal = ActionProposal.objects.select_related("action__instrument").get(pk=proposal.pk)
    now.portfolio = locked
    if now.status != ProposalStatus.OPEN:
        raise _decided(now)
    return now


def _refuse_twice(proposal: ActionProposal) -> None:
    """What was recorded by hand, by a file or from a statement since the inbox was last brought up to date is not recorded again."""
    actions = actions_of([proposal.action.instrument_id], end=timezone.localdate())
    there = entries_of_actions(proposal.portfolio, actions)[0].get(proposal.action_id)
    if there is not None:
        raise ProposalDecided(f"This is recorded already: see the {said(there)}. Void that entry first if this one is right.", decided="recorded")


def _decided(proposal: ActionProposal) -> ProposalDecided:
    status = ProposalStatus(proposal.status)
    return ProposalDecided(f"This was decided already: it is {_SAID[status]}. Load the page again.", decided=str(status))


def _decide(actor: Any, proposal: ActionProposal, status: ProposalStatus, *, by_rule: bool = False, entry: int | None = None) -> None:
    proposal.status, proposal.by_rule = status, by_rule
    proposal.decided_at = None if status == ProposalStatus.OPEN else timezone.now()
    proposal.save(update_fields=["status", "by_rule", "decided_at", "reason"])
    record_audit(
        actor,
        f"proposal.{_SAID[status]}",
        subject=proposal.portfolio.owner_id,
        object_type="portfolio",
        object_id=proposal.portfolio_id,
        portfolio=proposal.portfolio_id,
        proposal=proposal.pk,
        transaction=entry,
        by_rule=by_rule,
    )


def _refuse_more_than_paid(row: Transaction) -> None:
    """Tax is withheld from a dividend, so that it is never more than the dividend; both as booked, in the currency of the cash."""
    if row.kind == TransactionKind.DIVIDEND and (left := cash_effect(event_of(row))) < 0:
        gross = f"{plain(left + own_costs(row))} {row.settlement_currency or row.currency}"
        raise _refusal("taxes", f"The dividend comes to {gross}, and no more than that can be withheld.", "too_large")


def _refusal(field: str, sentence: str, code: str = "invalid") -> Invalid:
    return Invalid(sentence, errors=[FieldError(field, code, sentence)])
