"""The address in a mail that stops such mails: signed, without an end, and of use to nobody for anything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.urls import reverse

from alerts.errors import BadLink
from alerts.outbox.choices import Family

if TYPE_CHECKING:
    from alerts.models import Delivery

_SALT = "alerts.unsubscribe"


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose mails are to stop, and which: of one family, or all ("")."""

    owner_id: int
    family: str


def unsubscribe_url(delivery: Delivery) -> str:
    family = "" if "items" in delivery.payload else delivery.family
    token = signing.dumps([delivery.owner_id, family], salt=_SALT)
    return settings.SITE_URL.rstrip("/") + reverse("unsubscribe", args=[token])


def wish_of(token: str) -> Wish:
    """What a link asks for.  Raises BadLink where we did not make it."""
    try:
        owner_id, family = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadLink("This link is not whole. Copy it once more from the mail, or change what is sent in the settings.") from None
    return Wish(int(owner_id), family if family in Family.values else "")
