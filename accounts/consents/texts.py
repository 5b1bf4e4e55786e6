"""The purposes that need somebody's word, and the words that they are asked with.

A text is kept with its version and its digest in each record: one that changes gets another version (tests/accounts/test_consents.py
has the digests of those that there were).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db import models


class Purpose(models.TextChoices):
    TERMS = "terms", "Privacy text"
    ALERT_MAIL = "alert_mail", "Alerts by e-mail"
    ALERT_PUSH = "alert_push", "Alerts in a browser"
    ALERT_TEXT = "alert_text", "Alerts by text message"
    PEERS = "peers", "Comparison with others"
    SALE = "sale", "Sale or sharing of personal information"


class Source(models.TextChoices):
    """Where the word was given."""

    SIGN_UP = "sign_up", "signing up"
    SETTINGS = "settings", "the settings"
    ALERT = "alert", "making an alert"
    MAIL = "mail", "the link in a mail"
    API = "api", "the API"
    BROWSER = "browser", "a signal of the browser"


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody agrees or objects to.  `optional`: it can be taken back by itself, and is off until it is asked for."""

    version: str
    words: str
    optional: bool = True

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.words.encode()).hexdigest()


TEXTS: dict[Purpose, Text] = {
    Purpose.TERMS: Text(
        "1",
        "By making an account you agree that what you enter is kept as the privacy page says. Erasing the account takes this back.",
        optional=False,
    ),
    Purpose.ALERT_MAIL: Text("1", "Alerts that I make come to my confirmed e-mail address."),
    Purpose.ALERT_PUSH: Text("1", "Alerts that I make come to the browsers in which I switched them on, through the service of the browser’s maker."),
    Purpose.ALERT_TEXT: Text("1", "Alerts that I make come to my telephone, through the service that sends text messages."),
    Purpose.PEERS: Text("1", "My returns count in comparisons with others, in groups so large that nobody can be told from them."),
    Purpose.SALE: Text("1", "Personal information is sold or shared for advertising. (Plumbline does neither, whether you object or not.)"),
}
