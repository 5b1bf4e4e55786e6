"""Choices of the outbox."""

from __future__ import annotations

from django.db import models


class Channel(models.TextChoices):
    """Ways to tell a person, beside the inbox, which is the firing itself."""

    EMAIL = "email", "E-mail"
    PUSH = "push", "Browser"
    SMS = "sms", "Text message"
    WEBHOOK = "webhook", "Webhook"


PERSONAL = (Channel.EMAIL, Channel.PUSH, Channel.SMS)  # chosen by kind of alert, silent in quiet hours; a webhook has events of its own


class Event(models.TextChoices):
    """What programs can be told of."""

    ALERT_FIRED = "alert.fired", "An alert fired"
    IMPORT_FINISHED = "import.finished", "An import was recorded"
    IMPORT_FAILED = "import.failed", "An import failed"


class State(models.TextChoices):
    """Where a delivery stands."""

    HELD = "held", "Held for a digest"
    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    UNKNOWN = "unknown", "May have been sent"  # the other side hung up before it answered; sent again under the same key
    SENT = "sent", "Sent"
    ARRIVED = "arrived", "Arrived"  # the other side said later that it did
    DEAD = "dead", "Not delivered"
    DROPPED = "dropped", "No longer wanted"


OPEN = (State.WAITING, State.SENDING, State.UNKNOWN)  # still to be done: `next_at` says when


class Family(models.TextChoices):
    """Kinds of alerts, as people choose channels for them."""

    PRICE = "price", "Prices"
    PORTFOLIO = "portfolio", "Portfolios and risk"
    INCOME = "income", "Dividends and dates"
    NEWS = "news", "News"
    DATA = "data", "Imports and data"


class Pace(models.TextChoices):
    """How often mail comes."""

    EACH = "each", "At once"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week"


_FAMILIES = (
    (("news",), Family.NEWS),
    (("ex_", "dividend", "income"), Family.INCOME),
    (("stale", "import", "failed"), Family.DATA),
    (("price", "percent", "move", "cross"), Family.PRICE),
)


def family_of(kind: str) -> Family:
    """The family of a kind of rule, by how its name begins; what is about no instrument is about a portfolio."""
    return next((family for starts, family in _FAMILIES if kind.startswith(starts)), Family.PORTFOLIO)
