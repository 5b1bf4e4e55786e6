"""Alerts in the administration.  Notes and sentences are people's own: they are not shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from alerts.models import Firing, Rule
from alerts.outbox import admin as _outbox  # noqa: F401  (registers its own)


class _LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rules are their person's to change."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Rule)
class RuleAdmin(_LookOnly):
    list_display = ("id", "owner", "instrument", "kind", "active", "armed", "due_at", "created_at")
    list_filter = ("kind", "active", "armed")
    list_select_related = ("owner", "instrument")
    search_fields = ("instrument__symbol", "owner__username")
    fields = ("owner", "instrument", "kind", "active", "armed", "due_at", "looked_at", "created_at")


@admin.register(Firing)
class FiringAdmin(_LookOnly):
    list_display = ("id", "rule", "event_key", "fired_at", "held_until", "read_at")
    list_filter = ("fired_at",)
    list_select_related = ("rule",)
    search_fields = ("event_key",)
    fields = ("rule", "event_key", "fired_at", "held_until", "read_at")
