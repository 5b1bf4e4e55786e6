"""Stooq answers programs with a puzzle page since July 2026 (the recorded challenge): it is no source of ours, and nothing reads its files."""

from __future__ import annotations

from tests.market.providers.table import Expected

DEAD = "Stooq is closed to programs since July 2026"
EXPECTED = {
    name: Expected(unused=DEAD)
    for name in ("daily-aapl-us-layout.csv", "quote-layout.csv", "error-daily-limit.txt", "error-no-data.txt", "error-js-challenge-2026.html")
}
