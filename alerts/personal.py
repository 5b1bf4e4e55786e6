"""What becomes of what this app keeps about people (portfolio_site/web/personal.py)."""

from __future__ import annotations

from portfolio_site.web.personal import DERIVED, GIVEN, rows

PERSONAL = [
    rows(
        "alerts.Rule",
        "Alerts",
        person="owner",
        fields={GIVEN: "id owner instrument kind threshold note active armed came_back fired_at created_at"},
    ),
    rows(
        "alerts.Firing",
        "What alerts said",
        person="rule__owner",
        fields={GIVEN: "id rule sentence fired_at read_at", DERIVED: "event_key"},
    ),
]
