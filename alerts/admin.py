"""Alerts in the administration.  Notes and sentences are people's own: they are not shown."""

from __future__ import annotations

from django.contrib import admin

from alerts.models import Firing, Rule
from alerts.outbox import admin as _outbox  # noqa: F401  (registers its own)
from portfolio_site.web.administration import ByRole


@admin.register(Rule)
class RuleAdmin(ByRole):
    list_display = ("id", "owner", "instrument", "kind", "active", "armed", "due_at", "created_at")
    list_filter = ("kind", "active", "armed")
    list_select_related = ("owner", "instrument")
    search_fields = ("instrument__symbol", "owner__username")
    fields = ("owner", "instrument", "kind", "active", "armed", "due_at", "looked_at", "created_at")


@admin.register(Firing)
class FiringAdmin(ByRole):
    list_display = ("id", "rule", "event_key", "fired_at", "held_until", "read_at")
    list_filter = ("fired_at",)
    list_select_related = ("rule",)
    search_fields = ("event_key",)
    fields = ("rule", "event_key", "fired_at", "held_until", "read_at")
