"""Proposals: what the market reported, for every portfolio that held the instrument at the close before the ex-day.

Proposing again changes nothing but what has become different: an action that was recorded by other means in the meantime, or
whose units turn out not to have been held, is no longer open; where that is taken back, it is open again.  What a person
decided stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from market.choices import ActionKind
from market.selectors import ActionView, actions_of
from portfolio_site.web.pausing import processed
from portfolios.actions import ratios
from portfolios.actions.recorded import KINDS, found_in
from portfolios.choices import ProposalStatus, TransactionKind
from portfolios.ledger.records import QuantityStep
from portfolios.ledger.replay import replay
from portfolios.models import ActionProposal, Holding, Portfolio, Transaction
from portfolios.selectors.ledger import connected_to, events_of, rules_of

ZERO = Decimal(0)
ODD = "A split of {ratio} is most often a spin-off that the source of prices booked as a split. Look at what the company announced."


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a call did."""

    opened: int = 0
    withdrawn: int = 0

    def __add__(self, other: Proposed) -> Proposed:
        return Proposed(self.opened + other.opened, self.withdrawn + other.withdrawn)


def units_before(steps: Iterable[QuantityStep], instrument: int, day: date) -> Decimal:
    """Units held at the close before a day."""
    held = ZERO
    for step in steps:
        if step.instrument == instrument and step.day < day:
            held = step.quantity_after
    return held


def propose_actions(instruments: Iterable[int] | None = None, portfolios: Iterable[int] | None = None) -> Proposed:
    """Bring the proposals of these portfolios (all, where missing) for these instruments (all) up to what is known.

    May be called at any time, and twice at once.  Seven queries for each portfolio that ever held an instrument with an action.
    """
    found = Holding.objects.all()
    if instruments is not None:
        found = found.filter(instrument__in=list(instruments))
    if portfolios is not None:
        found = found.filter(portfolio__in=list(portfolios))
    pairs = found.filter(instrument__actions__isnull=False).values_list("portfolio", "instrument").distinct().order_by("portfolio")
    by_portfolio: dict[int, list[int]] = defaultdict(list)
    for portfolio, instrument in pairs:
        by_portfolio[portfolio].append(instrument)
    total = Proposed()
    for one in Portfolio.objects.filter(processed("owner__"), pk__in=by_portfolio, archived_at=None).select_related("owner").iterator(chunk_size=100):
        total += _propose(one, by_portfolio[one.pk])
    return total


def entries_of_actions(portfolio: Portfolio, actions: Sequence[ActionView]) -> tuple[dict[int, Transaction], dict[int, Decimal]]:
    """By the action's number: the entry that is it already, and the units held at the close before.  Four queries, more where spin-offs and the like lead on."""
    instruments = {action.instrument_id for action in actions}
    book = replay(events_of(portfolio, instruments=connected_to([portfolio.pk], instruments)), rules_of(portfolio))
    held = {action.id: units_before(book.steps, action.instrument_id, action.ex_day) for action in actions}
    rows = Transaction.objects.live().filter(portfolio=portfolio, instrument__in=instruments, kind__in=KINDS)
    return found_in(actions, rows, held), held


def _propose(portfolio: Portfolio, instruments: Sequence[int]) -> Proposed:
    actions = actions_of(instruments, end=timezone.localdate())
    if not actions:
        return Proposed()
    there, held = entries_of_actions(portfolio, actions)
    with transaction.atomic():
        known = {one.action_id: one for one in ActionProposal.objects.filter(portfolio=portfolio, action__in=[action.id for action in actions])}
        new = [_new(portfolio, action) for action in actions if action.id not in known and action.id not in there and _takes_part(action, held)]
        before = ActionProposal.objects.filter(portfolio=portfolio).count() if new else 0
        ActionProposal.objects.bulk_create(new, ignore_conflicts=True)
        opened = ActionProposal.objects.filter(portfolio=portfolio).count() - before if new else 0
        changes = [_follow(known[action.id], action, there.get(action.id), held) for action in actions if action.id in known]
    return Proposed(opened, sum(changes))


def _takes_part(action: ActionView, held: dict[int, Decimal]) -> bool:
    """A split is of what is short as well; a dividend is paid to who holds."""
    return held[action.id] != ZERO if action.kind == ActionKind.SPLIT else held[action.id] > ZERO


def reason_of(action: ActionView) -> str:
    """Why an action is not applied by rule; "" where it may be."""
    if action.kind == ActionKind.SPLIT and action.ratio_new and action.ratio_old and not ratios.is_usual(action.ratio_new, action.ratio_old):
        return ODD.format(ratio=f"{(action.ratio_new / action.ratio_old).normalize():f}"[:12])
    return ""


def _new(portfolio: Portfolio, action: ActionView) -> ActionProposal:
    return ActionProposal(portfolio=portfolio, action_id=action.id, reason=reason_of(action))


def _follow(proposal: ActionProposal, action: ActionView, there: Transaction | None, held: dict[int, Decimal]) -> bool:
    """Withdraw what is open and no longer fits, open again what was withdrawn and fits.  Whether it changed."""
    withdrawn = proposal.status == ProposalStatus.DISMISSED and proposal.by_rule
    if proposal.status != ProposalStatus.OPEN and not withdrawn:
        return False
    if there is not None and there.proposal_id != proposal.pk:
        status, reason = ProposalStatus.DISMISSED, f"Recorded already: {said(there)}."
    elif not _takes_part(action, held):
        status, reason = ProposalStatus.DISMISSED, "Nothing was held at the close before."
    else:
        status, reason = ProposalStatus.OPEN, (proposal.reason if proposal.status == ProposalStatus.OPEN else reason_of(action))
    if (status, reason) == (proposal.status, proposal.reason):
        return False
    dismissed = status == ProposalStatus.DISMISSED
    decided = timezone.now() if dismissed else None
    found = ActionProposal.objects.filter(pk=proposal.pk, status=proposal.status, by_rule=proposal.by_rule)
    return bool(found.update(status=status, reason=reason[:200], by_rule=dismissed, decided_at=decided))


def said(row: Transaction) -> str:
    """“split of 10 Jun 2024”."""
    return f"{str(TransactionKind(row.kind).label).lower()} of {row.traded_on.day} {row.traded_on:%b %Y}"
