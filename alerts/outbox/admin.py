"""The outbox in the administration: how each channel does, what could not be delivered, and sending it again.

What messages say, and where webhooks lead, is people's own: it is not shown.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from alerts.models import Delivery, Webhook
from alerts.outbox.selectors import channel_reports
from alerts.outbox.services import replay_all


class _LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Made by what fires, and by people."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(_LookOnly):
    change_list_template = "admin/alerts/deliveries.html"
    list_display = ("id", "owner", "channel", "family", "state", "attempts", "code", "next_at", "created_at", "sent_at")
    list_filter = ("state", "channel", "family", "created_at")
    list_select_related = ("owner",)
    search_fields = ("key", "owner__username", "reference")
    fields = ("owner", "key", "channel", "family", "state", "attempts", "code", "reference", "next_at", "created_at", "sent_at")
    actions = ("send_again",)
    show_full_result_count = False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "reports": channel_reports()})

    @admin.action(description="Send again what was not delivered", permissions=["replay"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        number = replay_all(request.user, chosen)
        self.message_user(request, f"{number} of {len(chosen)} are sent again; the others were sent, or wait.", messages.SUCCESS)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("alerts.change_delivery"))


@admin.register(Webhook)
class WebhookAdmin(_LookOnly):
    list_display = ("id", "owner", "active", "stopped", "created_at")
    list_filter = ("active",)
    list_select_related = ("owner",)
    search_fields = ("owner__username",)
    fields = ("owner", "events", "active", "stopped", "old_secret_until", "created_at")
