"""What the log of an account calls what is set about figures."""

from __future__ import annotations

from portfolio_site.web.deeds import describe

describe("Analysis", {"concentration.changed": "Limits of concentration changed"})
