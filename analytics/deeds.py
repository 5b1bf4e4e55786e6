"""What the log of an account calls what is set about figures."""

from __future__ import annotations

from portfolio_site.web.deeds import describe

describe(
    "Analysis",
    {
        "concentration.changed": "Limits of concentration changed",
        "calendar.opened": "Secret address of the calendar of income made",
        "calendar.renewed": "Secret address of the calendar of income made anew; the old one is closed",
        "calendar.changed": "Amounts in the calendar of income turned on or off",
        "calendar.closed": "Secret address of the calendar of income closed",
    },
)
