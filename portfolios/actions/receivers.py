"""News heard: of new corporate actions, of ledgers that may have held what an action is about, and of rules that apply them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.dispatch import receiver

from market.models import CorporateAction
from market.signals import actions_changed
from portfolio_site.web.bell import ring
from portfolios.actions import tasks
from portfolios.actions.recorded import AFTER_EX_DAY
from portfolios.signals import ledger_changed, rules_turned_on


@receiver(actions_changed)
def propose_new(*, instrument_ids: Sequence[int], **_: object) -> None:
    ring(tasks.propose, list(instrument_ids))


@receiver(ledger_changed)
def propose_again(*, portfolio_id: int, since: date, **_: object) -> None:
    """A back-dated purchase may have been there for an action; an import may bring the action itself.  One query."""
    # an entry can be the payment of an action that lies as far back, and what is held changes for later ones alone
    if CorporateAction.objects.filter(instrument__holdings__portfolio=portfolio_id, ex_day__gte=since - AFTER_EX_DAY).exists():
        ring(tasks.propose, None, [portfolio_id])


@receiver(rules_turned_on)
def apply_what_waits(*, portfolio_id: int, **_: object) -> None:
    ring(tasks.propose, None, [portfolio_id])
