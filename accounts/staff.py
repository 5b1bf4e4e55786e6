"""Who runs the site: giving roles in it, and ending them."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.errors import NotForThisRole
from accounts.models import User
from accounts.services import record_audit, tell_access_changed
from portfolio_site.web.administration import may
from portfolio_site.web.site_roles import SiteRole


@transaction.atomic
def grant_site_roles(actor: User | None, person: User, roles: Collection[SiteRole]) -> None:
    """From now on `person` has exactly these roles in running the site, and comes into the administration if there is one.

    `actor` is an administrator, or None where the installation itself is at work.  Each role that was given or ended stands in the
    person's log.  Raises NotForThisRole.
    """
    if actor is not None and not may(actor, "change", "accounts.User"):
        raise NotForThisRole("Only administrators give roles in running the site.")
    locked = User.objects.select_for_update().get(pk=person.pk)
    ours = {role.value for role in SiteRole}
    had = set(locked.groups.filter(name__in=ours).values_list("name", flat=True))
    wanted = {role.value for role in roles}
    for name in sorted(wanted - had):
        locked.groups.add(Group.objects.get_or_create(name=name)[0])
        record_audit(actor, "site_role.given", locked.pk, "user", locked.pk, role=name)
    for name in sorted(had - wanted):
        locked.groups.remove(Group.objects.get(name=name))
        record_audit(actor, "site_role.ended", locked.pk, "user", locked.pk, role=name)
    person.is_staff = bool(wanted) or locked.is_superuser
    if person.is_staff != locked.is_staff:
        User.objects.filter(pk=locked.pk).update(is_staff=person.is_staff)
    if hasattr(person, "_site_roles"):
        del person._site_roles
    if wanted != had:
        tell_access_changed(person)
