"""What becomes of what this app keeps about people (portfolio_site/web/personal.py)."""

from __future__ import annotations

from portfolio_site.web.personal import DERIVED, GIVEN, INTERNAL, SECRET, rows

PERSONAL = [
    rows("analytics.ConcentrationLimit", "Limits of concentration", person="owner", fields={GIVEN: "id owner check_name threshold is_on"}),
    rows(
        "analytics.UnusualDay", "Days that were unlike a portfolio's past", person="portfolio__owner", fields={GIVEN: "id portfolio day noticed_at"}
    ),
    rows(
        "analytics.Snapshot",
        "What the nightly batch keeps of a portfolio",
        person="portfolio__owner",
        fields={DERIVED: "portfolio book book_rests_on series series_rests_on", INTERNAL: "due_at touched_at attempts made_at"},
    ),
    rows(
        "analytics.IncomeFeed",
        "The secret address of a calendar of payments",
        person="owner",
        fields={GIVEN: "id owner with_amounts made_at", SECRET: "digest"},
    ),
]
