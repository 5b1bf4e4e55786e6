"""What becomes of a proposal when its entry comes and goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils import timezone

from portfolios.choices import ProposalStatus
from portfolios.models import ActionProposal, Transaction

TAKEN_OUT = "Its entry was taken out of the ledger. It is recorded again only where you accept it."


def settle_proposals(inserts: Sequence[Transaction], voids: Sequence[Transaction]) -> None:
    """A proposal whose entry is taken out is open again, for a person alone; one whose entry counts again is accepted.  No query where there is none.

    That it had an entry is what keeps rules from it (`deciding.accept_by_rule`): what a person took out does not come back by itself.
    """
    stay = {row.proposal_id for row in inserts if row.proposal_id is not None}
    gone = {row.proposal_id for row in voids if row.proposal_id is not None} - stay
    if gone:
        ActionProposal.objects.filter(pk__in=gone).update(status=ProposalStatus.OPEN, by_rule=False, decided_at=None, reason=TAKEN_OUT)
    if stay:
        now = timezone.now()
        ActionProposal.objects.filter(pk__in=stay, reason=TAKEN_OUT).update(reason="")
        ActionProposal.objects.filter(pk__in=stay).exclude(status=ProposalStatus.ACCEPTED).update(status=ProposalStatus.ACCEPTED, decided_at=now)


def join_proposals(same: Mapping[int, int]) -> None:
    """Proposals of corporate actions that are other ones (`same`, by key) become those of the others; of two in one portfolio one is left.

    The accepted one is, else the one that somebody decided on; entries go with it, of which one alone counts as its entry.
    """
    if not same:
        return
    found = list(ActionProposal.objects.filter(action__in={*same, *same.values()}))
    others = {(one.portfolio_id, one.action_id): one for one in found if one.action_id not in same}
    for leaving in (one for one in found if one.action_id in same):
        key = (leaving.portfolio_id, same[leaving.action_id])
        other = others.get(key)
        if other is not None and _RANK.index(leaving.status) <= _RANK.index(other.status):
            _give_entries(leaving, other)
            leaving.delete()
            continue
        if other is not None:
            _give_entries(other, leaving)
            other.delete()
        leaving.action_id = key[1]
        leaving.save(update_fields=["action"])


_RANK = (ProposalStatus.OPEN, ProposalStatus.DISMISSED, ProposalStatus.ACCEPTED)


def _give_entries(source: ActionProposal, target: ActionProposal) -> None:
    entries = Transaction.objects.filter(proposal=source)
    if Transaction.objects.live().filter(proposal=target).exists():
        entries.live().update(proposal=None)
    entries.update(proposal=target)
