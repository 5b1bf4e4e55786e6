"""How refusals speak of an event, and what facts they carry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import plain
from portfolios.ledger.events import Event


def in_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def in_units(number: Decimal) -> str:
    """ "1 unit", "12.5 units"."""
    return f"{plain(number)} unit{'' if number == 1 else 's'}"


def facts_of(event: Event) -> dict[str, Any]:
    """What the data of every refusal has: the event that fails, its day and its instrument."""
    return {"date": event.day, "event_id": event.id, "instrument": getattr(event, "instrument", None)}
