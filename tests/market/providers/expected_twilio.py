"""Twilio sends text messages; it tells nothing of the market."""

from __future__ import annotations

from tests.market.providers.table import Expected

ELSEWHERE = "text messages belong to alerts, not to the market"
EXPECTED = {
    name: Expected(unused=ELSEWHERE)
    for name in (
        "messages-fetch-sent.json",
        "messages-create-queued.json",
        "messages-list.json",
        "error-400-invalid-to.json",
        "error-400-unverified-trial.json",
        "error-400-unsubscribed.json",
        "error-401-auth.json",
        "error-429.json",
    )
}
