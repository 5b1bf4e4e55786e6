"""Alerts by e-mail: text and HTML, nothing loaded from elsewhere, and one click to stop them (RFC 8058).

The delivery's key is the Message-ID: a mail that is sent again after a doubtful answer carries the same one.  Only a confirmed
address gets mail.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from accounts.selectors import mailable, preferences_of
from alerts.channels.base import Later, Never, Outcome, Sent
from alerts.models import Delivery
from alerts.outbox.choices import Family
from alerts.outbox.unsubscribing import unsubscribe_url
from portfolio_site.web import writing


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it will be sent."""

    subject: str
    text: str
    html: str


def message_id(key: str) -> str:
    """The Message-ID of a delivery: its key, in letters that a header may hold, at our host."""
    return f"<{re.sub(r'[^A-Za-z0-9.-]+', '.', key)}@{_host()}>"


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def letter_of(delivery: Delivery) -> Letter:
    """The mail of a delivery: of one alert, or of a digest, whose payload holds several."""
    items = delivery.payload.get("items") or [delivery.payload]
    subject = delivery.payload["sentence"] if len(items) == 1 else f"{len(items)} alerts"
    site = settings.SITE_URL.rstrip("/")
    title = " ".join(subject.split())[:150]
    context = {
        "items": items,
        "subject": title,
        "site_url": site,
        "host": urlsplit(site).netloc,
        "family": Family(delivery.family).label,
        "is_digest": "items" in delivery.payload,
        "unsubscribe_url": unsubscribe_url(delivery),
    }
    with writing.speaking(preferences_of(delivery.owner).locale):
        text, html = (render_to_string(f"alerts/mail/alert.{kind}", context) for kind in ("txt", "html"))
    return Letter(title, text, html)


class EmailWay:
    name = "email"

    @contextmanager
    def opened(self) -> Iterator[EmailSender]:
        sender = EmailSender()
        try:
            yield sender
        finally:
            sender.close()


class EmailSender:
    """Keeps one connection to the mail server for as many mails as are due."""

    def __init__(self) -> None:
        self._connection: Any = None

    def send(self, delivery: Delivery) -> Outcome:
        address = mailable(delivery.owner)
        if address is None:
            return Never("Your e-mail address is not confirmed. Confirm it, then send this again.")
        try:
            connection = self._open()
        except (OSError, smtplib.SMTPException) as problem:
            return _cannot_connect(problem)
        try:
            connection.send_messages([self._message(delivery, address)])
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            return _refused(problem)
        return Sent(reference=message_id(delivery.key)[:100])

    def _open(self) -> Any:
        if self._connection is None:
            connection = get_connection()
            connection.open()
            self._connection = connection
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.close()
            except (OSError, smtplib.SMTPException):  # it was broken already
                pass
            self._connection = None

    def _message(self, delivery: Delivery, address: str) -> EmailMultiAlternatives:
        letter = letter_of(delivery)
        headers = {
            "Message-ID": message_id(delivery.key),
            "List-Unsubscribe": f"<{unsubscribe_url(delivery)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": f"<{delivery.family}.alerts.{_host()}>",
            "Auto-Submitted": "auto-generated",
        }
        mail = EmailMultiAlternatives(letter.subject, letter.text, settings.DEFAULT_FROM_EMAIL, [address], headers=headers)
        mail.attach_alternative(letter.html, "text/html")
        return mail


def _cannot_connect(problem: Exception) -> Outcome:
    if isinstance(problem, smtplib.SMTPAuthenticationError):
        return Later("The mail server refused our name and password.", code=problem.smtp_code, everywhere=True)
    code = problem.smtp_code if isinstance(problem, smtplib.SMTPResponseException) else None
    return Later(f"The mail server does not answer ({type(problem).__name__}).", code=code, everywhere=True)


def _refused(problem: Exception) -> Outcome:
    """What an error after the connection stood means.  Only an answer of the server says that it did not take the mail."""
    code, said = _answer_of(problem)
    if code is None:
        return Later("The mail server hung up before it said whether it took the mail.", ambiguous=True, everywhere=True)
    sentence = f"The mail server answered {code}: {said}"[:300]
    return Never(sentence, code=code) if 500 <= code < 600 else Later(sentence, code=code)


def _answer_of(problem: Exception) -> tuple[int | None, str]:
    said: bytes | str
    if isinstance(problem, smtplib.SMTPRecipientsRefused) and problem.recipients:
        code, said = next(iter(problem.recipients.values()))
    elif isinstance(problem, smtplib.SMTPResponseException):
        code, said = problem.smtp_code, problem.smtp_error
    else:
        return None, ""
    if code <= 0:  # smtplib's mark of a broken connection
        return None, ""
    return code, said.decode(errors="replace") if isinstance(said, bytes) else str(said)
