"""What the log of an account calls what happens to alerts."""

from __future__ import annotations

from portfolio_site.web.deeds import describe

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
        "phone.confirmed": "Telephone confirmed",
        "phone.removed": "Telephone removed",
        "delivery.replayed": "Message sent again",
    },
)
