"""Answers about proposals.  Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from market.choices import ActionKind
from market.models import CorporateAction
from market.selectors import ActionView
from portfolio_site.kernel.decimals import plain, product, quotient
from portfolios.actions import ratios
from portfolios.choices import ProposalStatus
from portfolios.errors import ProposalNotFound
from portfolios.ledger.records import QuantityStep
from portfolios.models import ActionProposal, Portfolio, Transaction
from portfolios.roles import Action
from portfolios.selectors import InstrumentView, books_of
from portfolios.selectors.access import require

ZERO = Decimal(0)


def view_of_action(row: CorporateAction) -> ActionView:
    return ActionView(row.pk, row.instrument_id, row.kind, row.ex_day, row.ratio_new, row.ratio_old, row.amount, row.source)


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal as the inbox shows it.

    units        held at the close before the ex-day; units_after: of a split
    amount_each  of a dividend for one unit, in `currency`, before tax; amount: for all units
    is_odd       a reported split that is most likely something else
    entry        the entry that it became, None where it is not applied
    """

    id: int
    portfolio_id: int
    portfolio_name: str
    instrument: InstrumentView
    kind: str
    kind_label: str
    ex_day: date
    status: str
    status_label: str
    reason: str
    by_rule: bool
    source: str
    ratio: str
    units: Decimal
    units_after: Decimal | None
    amount_each: Decimal | None
    amount: Decimal | None
    currency: str
    is_odd: bool
    entry: int | None
    created_at: datetime
    decided_at: datetime | None


def get_proposal(user: Any, pk: int, *, portfolio: Portfolio | None = None, to: Action = Action.VIEW) -> ActionProposal:
    """One proposal; of that portfolio, where one is named.  One query, two for what others share.

    Raises ProposalNotFound, also for somebody else's; NotAllowedForRole where the person may not do this in its portfolio.
    """
    found = ActionProposal.objects.visible_to(user).select_related("action__instrument", "portfolio__owner").filter(pk=pk)
    row: ActionProposal | None = (found if portfolio is None else found.filter(portfolio=portfolio)).first()
    if row is None:
        raise ProposalNotFound("There is no such proposal.").of("proposal", pk)
    require(user, row.portfolio, to)
    return row


def open_count(user: Any) -> int:
    """How many proposals wait to be decided in a person's own portfolios.  One query."""
    return int(ActionProposal.objects.open().filter(portfolio__owner=user, portfolio__archived_at=None).count())


def proposals_of(portfolios: Sequence[Portfolio], *, status: str = "") -> Any:
    """The proposals of these portfolios, newest ex-day first; a queryset, for pages.  Its rows go through `views_of`."""
    found = ActionProposal.objects.filter(portfolio__in=[one.pk for one in portfolios]).select_related("action__instrument")
    return (found.filter(status=status) if status else found).order_by("-action__ex_day", "-pk")


def views_of(rows: Sequence[ActionProposal], portfolios: Iterable[Portfolio]) -> list[ProposalView]:
    """Proposals as they are shown.  Two queries at most: entries, and the events of ledgers that are not known."""
    by_key = {one.pk: one for one in portfolios}
    used = [by_key[pk] for pk in sorted({row.portfolio_id for row in rows})]
    steps = {pk: _by_instrument(book.steps) for pk, book in (books_of(used) if used else {}).items()}
    applied = [row.pk for row in rows if row.status == ProposalStatus.ACCEPTED]
    entries = {row.proposal_id: row.entry for row in Transaction.objects.live().filter(proposal__in=applied)} if applied else {}
    return [_view(row, by_key[row.portfolio_id], steps[row.portfolio_id].get(row.action.instrument_id, []), entries.get(row.pk)) for row in rows]


def _by_instrument(steps: Iterable[QuantityStep]) -> dict[int, list[QuantityStep]]:
    found: dict[int, list[QuantityStep]] = {}
    for step in steps:
        found.setdefault(step.instrument, []).append(step)
    return found


def _view(row: ActionProposal, portfolio: Portfolio, steps: Sequence[QuantityStep], entry: int | None) -> ProposalView:
    action = row.action
    before = [step.quantity_after for step in steps if step.day < action.ex_day]
    units = before[-1] if before else ZERO
    split = action.kind == ActionKind.SPLIT and action.ratio_new is not None and action.ratio_old is not None
    return ProposalView(
        id=row.pk,
        portfolio_id=portfolio.pk,
        portfolio_name=portfolio.name,
        instrument=InstrumentView.of(action.instrument),
        kind=action.kind,
        kind_label=str(ActionKind(action.kind).label),
        ex_day=action.ex_day,
        status=row.status,
        status_label=str(ProposalStatus(row.status).label),
        reason=row.reason,
        by_rule=row.by_rule,
        source=action.source,
        ratio=f"{plain(action.ratio_new)}:{plain(action.ratio_old)}" if split else "",
        units=units,
        units_after=quotient(units * action.ratio_new, action.ratio_old) if split else None,
        amount_each=action.amount,
        amount=product(units, action.amount) if action.amount is not None else None,
        currency=action.instrument.currency,
        is_odd=split and not ratios.is_usual(action.ratio_new, action.ratio_old),
        entry=entry,
        created_at=row.created_at,
        decided_at=row.decided_at,
    )
