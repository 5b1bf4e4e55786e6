"""What becomes of a proposal when its entry comes and goes."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from portfolios.choices import ProposalStatus
from portfolios.models import ActionProposal, Transaction


def settle_proposals(inserts: Sequence[Transaction], voids: Sequence[Transaction]) -> None:
    """A proposal whose entry is taken out is open again; one whose entry counts again is accepted.  No query where there is none."""
    stay = {row.proposal_id for row in inserts if row.proposal_id is not None}
    gone = {row.proposal_id for row in voids if row.proposal_id is not None} - stay
    if gone:
        ActionProposal.objects.filter(pk__in=gone).update(status=ProposalStatus.OPEN, by_rule=False, decided_at=None)
    if stay:
        now = timezone.now()
        ActionProposal.objects.filter(pk__in=stay).exclude(status=ProposalStatus.ACCEPTED).update(status=ProposalStatus.ACCEPTED, decided_at=now)
