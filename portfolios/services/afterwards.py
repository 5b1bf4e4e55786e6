"""What follows when the ledger of a portfolio was told anew because two instruments became one, or are two again."""

from __future__ import annotations

from typing import Any

from portfolio_site.kernel.errors import DomainError
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio
from portfolios.selectors.ledger import events_of, rules_of
from portfolios.services.projections import check_portfolio
from portfolios.services.recording import follow_transfers


def follow_and_check(actor: Any, portfolio: Portfolio, refusal: type[DomainError], how: str) -> None:
    """What it carries to another portfolio may have another cost, which goes there; then the check of every night.

    how  in which form the two have to add up: "as one", "apart"
    Raises `refusal` where the other portfolio refuses that cost, or the two do not add up.
    """
    try:
        if portfolio.is_linked:
            follow_transfers(actor, portfolio, replay(events_of(portfolio), rules_of(portfolio)))
        findings = check_portfolio(portfolio)
    except DomainError as refused:
        code = refused.code.replace("_", " ")
        raise refusal(
            f"A portfolio that has units from portfolio {portfolio.pk} refuses the cost that they would have ({code}). Its owner has to see to that first."
        ) from None
    if findings:
        raise refusal(f"In portfolio {portfolio.pk} the two do not add up {how}: {findings[0].what}.")
