"""How refusals speak of an event, and what facts they carry."""

from __future__ import annotations

from datetime import date
from typing import Any

from portfolios.ledger.events import Event


def in_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def facts_of(event: Event) -> dict[str, Any]:
    """What the data of every refusal has: the event that fails, its day and its instrument."""
    return {"date": event.day, "event_id": event.id, "instrument": getattr(event, "instrument", None)}
