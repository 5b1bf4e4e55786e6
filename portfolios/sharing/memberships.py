"""The one writer of memberships: the row, and the object permissions that repeat it, in one transaction."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from portfolios.models import Membership, Portfolio, PortfolioUserObjectPermission
from portfolios.roles import ALLOWED, Role, codename_of
from portfolios.signals import membership_changed


@transaction.atomic
def set_membership(portfolio: Portfolio, user: Any, role: Role, *, invited_by: Any = None) -> Membership:
    """Give somebody this role, whatever they had before.  Whoever calls has asked whether that is allowed."""
    member, _ = Membership.objects.update_or_create(
        portfolio=portfolio, user=user, defaults={"role": role.value}, create_defaults={"role": role.value, "invited_by": invited_by}
    )
    _mirror(portfolio, user, role)
    return member  # type: ignore[no-any-return]


@transaction.atomic
def end_membership(portfolio: Portfolio, user: Any) -> bool:
    """Take the role away.  Whether there was one."""
    many, _ = Membership.objects.filter(portfolio=portfolio, user=user).delete()
    _mirror(portfolio, user, None)
    return bool(many)


def _mirror(portfolio: Portfolio, user: Any, role: Role | None) -> None:
    """Written whole: a handful of rows, and nothing is left of an earlier role."""
    held = PortfolioUserObjectPermission.objects.filter(content_object=portfolio, user=user)
    held.delete()
    if role is not None:
        kind = ContentType.objects.get_for_model(Portfolio)
        names = [codename_of(action) for action in ALLOWED[role]]
        permissions = Permission.objects.filter(content_type=kind, codename__in=names)
        PortfolioUserObjectPermission.objects.bulk_create(
            PortfolioUserObjectPermission(content_object=portfolio, user=user, permission=permission) for permission in permissions
        )
    transaction.on_commit(partial(membership_changed.send, Membership, portfolio_id=portfolio.pk, user_id=user.pk))
