"""What a person may do with a portfolio.  Seeing is `visible_to`; everything else is asked here, at the one door of the writers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portfolios.errors import NotAllowedForRole
from portfolios.models import Membership, Portfolio
from portfolios.roles import Action, Role, may, roles_that_may


def role_of(user: Any, portfolio: Portfolio) -> Role | None:
    """As the database has it now; None for a stranger.  No query for the owner, one for everybody else."""
    if user is None or not user.is_authenticated:
        return None
    if portfolio.owner_id == user.pk:
        return Role.OWNER
    found = Membership.objects.filter(portfolio=portfolio.pk, user=user).values_list("role", flat=True).first()
    return None if found is None else Role(found)


def allowed(user: Any, portfolio: Portfolio, action: Action) -> bool:
    """Whether a person may do this with a portfolio now."""
    return may(role_of(user, portfolio), action)


def may_write_in(portfolios: Iterable[Portfolio]) -> bool:
    """Whether whoever asked for these may record entries in all of them: what pages offer.  No query; the services ask the database again."""
    return all(one.may[Action.WRITE.name.lower()] for one in portfolios)


def require(user: Any, portfolio: Portfolio, action: Action) -> None:
    """Raises NotAllowedForRole, which tells the role and what it needs, where the person may not do this now."""
    refuse_unless(role_of(user, portfolio), action, portfolio.pk)


def refuse_unless(role: Role | None, action: Action, portfolio: int) -> None:
    """Raises NotAllowedForRole, about the portfolio of this number."""
    if may(role, action):
        return
    needed = roles_that_may(action)
    *most, last = (one.value for one in needed)
    who = f"{', '.join(most)} or {last}" if most else last
    yours = f"Your role in this portfolio is {role.value}" if role is not None else "This portfolio is not shared with you"
    raise NotAllowedForRole(
        f"{yours}. To {action.words} one has to be its {who}. Ask its owner.",
        role=None if role is None else role.value,
        needs=action.value,
        roles=[one.value for one in needed],
    ).of("portfolio", portfolio)
