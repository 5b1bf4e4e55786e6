"""The administration by roles: who may do what there, and pages that show what the role of who looks may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from portfolio_site.web.site_roles import SiteRole, allowed, seen, sees_whole

_NAMES = frozenset(SiteRole)


def site_roles_of(user: Any) -> frozenset[SiteRole]:
    """The roles that a person has in running the site.  One query for staff who are no superusers, none for anybody else."""
    if not (user.is_active and user.is_staff):
        return frozenset()
    if user.is_superuser:
        return frozenset({SiteRole.ADMINISTRATOR})
    if not hasattr(user, "_site_roles"):
        names = user.groups.filter(name__in=_NAMES).values_list("name", flat=True)
        user._site_roles = frozenset(SiteRole(name) for name in names)
    return user._site_roles  # type: ignore[no-any-return]


def may(user: Any, verb: str, label: str) -> bool:
    """Whether a person may do that with rows of a model, by their roles in running the site."""
    return allowed(site_roles_of(user), verb, label)


def _root(name: Any) -> str:
    """The field that a lookup, a column or a filter begins at."""
    first = name[0] if isinstance(name, tuple | list) else name
    return str(getattr(first, "parameter_name", first)).lstrip("=^@-").split("__")[0]


class _Rights:
    """What may be done, by the table."""

    opts: Any

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "view", self.opts.label)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "add", self.opts.label)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "change", self.opts.label)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, "delete", self.opts.label)

    def has_work_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "work", self.opts.label)

    def _sees(self, request: HttpRequest, name: Any) -> bool:
        return seen(site_roles_of(request.user), self.opts.label, _root(name))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without what the role does not see, and without boxes that are empty by that."""
        boxes = super().get_fieldsets(request, obj)  # type: ignore[misc]
        shown = [(title, {**box, "fields": [name for name in box["fields"] if self._sees(request, name)]}) for title, box in boxes]
        return [(title, box) for title, box in shown if box["fields"]]


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A row under its number, for who does not see what it is called."""

    pk: Any
    called: str

    def __str__(self) -> str:
        return f"{self.called} {self.pk}"


class InlineByRole(_Rights):
    """A part of a page whose rows have a line of their own in the table.  (Goes before Django's class.)"""


class ByRole(_Rights, admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows and does what the table gives to the roles of who looks."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_list_display(self, request: HttpRequest) -> Any:
        return [name for name in super().get_list_display(request) if name == "__str__" or self._sees(request, name)]

    def get_list_filter(self, request: HttpRequest) -> Any:
        found = super().get_list_filter(request)
        return [one for one in found if not isinstance(one, str | tuple) or self._sees(request, one)]

    def get_search_fields(self, request: HttpRequest) -> Any:
        return [name for name in super().get_search_fields(request) if self._sees(request, name)]

    def get_actions(self, request: HttpRequest) -> Any:
        """An action that names no permission changes rows: it takes the right to."""
        found: dict[str, Any] = super().get_actions(request)
        changes = self.has_change_permission(request) or self.has_work_permission(request)
        return {name: one for name, one in found.items() if changes or getattr(one[0], "allowed_permissions", None)}

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """What is not shown cannot be asked about in the address either, or an answer could be had by narrowing."""
        if request is None or (_root(lookup) not in {"pk", self.opts.pk.name} and not self._sees(request, lookup)):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return super().change_view(request, object_id, form_url, {**self._called(request, object_id, "original"), **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return super().history_view(request, object_id, {**self._called(request, object_id, "object"), **(extra_context or {})})

    def _called(self, request: HttpRequest, object_id: str, place: str) -> dict[str, Any]:
        if sees_whole(site_roles_of(request.user), self.opts.label):
            return {}
        row = _Numbered(object_id, str(self.opts.verbose_name))
        return {place: row, "subtitle": str(row), "title": str(row)}
