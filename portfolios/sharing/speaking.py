"""What everybody does who says something about a portfolio: words that can be kept, and a role that still holds when they are."""

from __future__ import annotations

from typing import Any

from portfolio_site.kernel.errors import FieldError, Invalid
from portfolio_site.kernel.words import unwritable
from portfolios.comments.models import LONGEST
from portfolios.errors import PortfolioNotFound
from portfolios.models import Membership, Portfolio
from portfolios.roles import Action
from portfolios.selectors.access import require


def held_to(actor: Any, portfolio: Portfolio, action: Action) -> Portfolio:
    """The portfolio as it is now.  It stays so until the transaction ends, and so does the role of whoever speaks: nothing is said on
    one that ended meanwhile.  Raises PortfolioNotFound, NotAllowedForRole."""
    rows = Portfolio.objects.select_for_update(of=("self",), no_key=True).select_related("owner")
    locked: Portfolio | None = rows.filter(pk=portfolio.pk).first()
    if locked is None:
        raise PortfolioNotFound("There is no such portfolio.")
    Membership.objects.select_for_update(of=("self",), no_key=True).filter(portfolio=locked, user=actor).first()
    require(actor, locked, action)
    return locked


def tidied(text: str, *, field: str = "text", needed: bool = True) -> str:
    """The text with line ends as they are kept.  Raises Invalid."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]
    said = "\n".join(lines)
    wrong = "" if said or not needed else "Write something."
    if len(said) > LONGEST:
        wrong = f"Write at most {LONGEST} characters; these are {len(said)}."
    wrong = wrong or next((fault for line in lines if (fault := unwritable(line.replace("\t", " ")))), "")
    if wrong:
        raise Invalid(wrong, errors=[FieldError(field, "invalid", wrong)])
    return said
