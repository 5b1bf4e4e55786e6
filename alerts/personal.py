"""What becomes of what this app keeps about people (portfolio_site/web/personal.py)."""

from __future__ import annotations

from portfolio_site.web.personal import DERIVED, GIVEN, INTERNAL, SECRET, rows

PERSONAL = [
    rows(
        "alerts.Rule",
        "Alerts",
        person="owner",
        fields={
            GIVEN: "id owner instrument portfolio kind parameters note active once margin cool_down quiet_from quiet_until expires_at created_at",
            DERIVED: "armed came_back side fired_at started_at mark why_not version",
            INTERNAL: "due_at looked_at",
        },
    ),
    rows(
        "alerts.Firing",
        "What alerts said",
        person="rule__owner",
        fields={GIVEN: "id rule instrument sentence fired_at held_until read_at", DERIVED: "event_key masked"},
    ),
    rows(
        "alerts.Notice",
        "What you were told of what others did",
        person="owner",
        fields={GIVEN: "id owner sentence path told_at read_at", DERIVED: "key"},
    ),
    rows(
        "alerts.Delivery",
        "Messages about alerts",
        person="owner",
        fields={
            GIVEN: "id owner channel family firing webhook device digest payload state attempts problem code reference created_at sent_at",
            DERIVED: "key",
            INTERNAL: "next_at lease",
        },
    ),
    rows(
        "alerts.PushDevice",
        "Browsers that get messages",
        person="owner",
        fields={GIVEN: "id owner name created_at", SECRET: "subscription", DERIVED: "fingerprint"},
    ),
    rows(
        "alerts.Phone",
        "Your telephone",
        person="owner",
        fields={GIVEN: "id owner number with_amounts verified_at", SECRET: "code", INTERNAL: "code_sent_at tries"},
    ),
    rows(
        "alerts.Webhook",
        "Addresses of programs that are told",
        person="owner",
        fields={GIVEN: "id owner url events description active stopped created_at", SECRET: "secret old_secret", INTERNAL: "old_secret_until"},
    ),
    rows(
        "alerts.NotificationSettings",
        "How you want to be told",
        person="owner",
        fields={GIVEN: "id owner unwanted email_pace digest_hour quiet_from quiet_until"},
    ),
]
