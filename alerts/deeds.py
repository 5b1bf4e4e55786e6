"""What the log of an account calls what happens to alerts."""

from __future__ import annotations

from alerts.models import Delivery, Firing, Notice, PushDevice, Rule, Webhook
from portfolio_site.web.deeds import describe, owned_in

describe(
    "Alerts",
    {
        "alert.created": "Alert made",
        "alert.changed": "Alert changed",
        "alert.deleted": "Alert deleted",
        "alert.fired": "Alert fired",
        "notifications.changed": "Ways to be told changed",
        "notifications.unsubscribed": "Mails about alerts stopped",
        "webhook.created": "Webhook added",
        "webhook.changed": "Webhook changed",
        "webhook.deleted": "Webhook deleted",
        "webhook.rotated": "Secret of a webhook replaced",
        "device.added": "Messages to a browser switched on",
        "device.removed": "Messages to a browser switched off",
        "phone.given": "Code asked for to confirm a telephone",
        "phone.confirmed": "Telephone confirmed",
        "phone.removed": "Telephone removed",
        "delivery.replayed": "Message sent again",
    },
)

owned_in("alert", Rule)
owned_in("delivery", Delivery)
owned_in("notice", Notice)
owned_in("notification", Firing, "rule__owner_id")
owned_in("push_device", PushDevice)
owned_in("webhook", Webhook)
