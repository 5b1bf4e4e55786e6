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
from portfolio_site.web.administration import ByRole


@admin.register(Delivery)
class DeliveryAdmin(ByRole):
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

    @admin.action(description="Send again what was not delivered", permissions=["work"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        number = replay_all(request.user, chosen)
        self.message_user(request, f"{number} of {len(chosen)} are sent again; the others were sent, or wait.", messages.SUCCESS)


@admin.register(Webhook)
class WebhookAdmin(ByRole):
    list_display = ("id", "owner", "active", "stopped", "created_at")
    list_filter = ("active",)
    list_select_related = ("owner",)
    search_fields = ("owner__username",)
    fields = ("owner", "events", "active", "stopped", "old_secret_until", "created_at")
