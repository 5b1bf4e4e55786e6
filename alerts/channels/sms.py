"""Alerts by text message, through Twilio's REST interface; printed to the console where a machine of one's own has no account.

A text is short and passes through many hands: it holds no amount unless the person allows it.  Twilio knows no idempotency key, so an
answer that got lost may cost a second text; what became of a text is told by its status callback, whose signature is checked.
https://www.twilio.com/docs/messaging/api/message-resource · https://www.twilio.com/docs/usage/security
"""

from __future__ import annotations

import base64
import hmac
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

import requests
from django.conf import settings
from django.urls import reverse

from alerts.channels.base import Later, Never, Outcome, Sent
from alerts.channels.webhook import retry_after
from alerts.models import Delivery, Phone

PATIENCE = 10.0  # seconds
LONGEST = 160  # characters of one text


def text_of(delivery: Delivery, *, with_amounts: bool) -> str:
    """The text: the sentence where amounts are allowed; else the same without them, or what fired."""
    if delivery.by_hand or with_amounts:
        said = str(delivery.payload["sentence"])
    else:
        symbol = delivery.payload.get("symbol")
        said = delivery.payload.get("masked") or (f"Your alert on {symbol} fired." if symbol else "One of your alerts fired.")
    text = f"Plumbline: {said}"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def callback_url() -> str:
    return settings.SITE_URL.rstrip("/") + reverse("sms-status")


def signed(url: str, values: Mapping[str, str]) -> str:
    """Twilio's signature of a callback: HMAC-SHA1 over the address and the sorted values, in base64."""
    text = url + "".join(name + values[name] for name in sorted(values))
    return base64.b64encode(hmac.digest(settings.TWILIO_TOKEN.encode(), text.encode(), "sha1")).decode()


class SmsWay:
    name = "sms"

    @contextmanager
    def opened(self) -> Iterator[SmsSender]:
        with closing(requests.Session()) as session:
            yield SmsSender(session)


class SmsSender:
    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def send(self, delivery: Delivery) -> Outcome:
        phone = Phone.objects.filter(owner=delivery.owner_id).first()
        code = delivery.key.startswith("code:")
        if phone is None or (phone.verified_at is None and not code):
            return Never("No confirmed telephone. Confirm one in Settings, Notifications.", unwanted=code)
        text = text_of(delivery, with_amounts=phone.with_amounts)
        if not settings.TWILIO_ACCOUNT:
            return _printed(phone.number, text) if settings.SMS_CONSOLE else Never("Text messages are not set up on this server.")
        url = f"{settings.TWILIO_URL}/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT}/Messages.json"
        values = {"To": phone.number, "From": settings.TWILIO_FROM, "Body": text, "StatusCallback": callback_url()}
        try:
            answer = self._session.post(url, data=values, auth=(settings.TWILIO_ACCOUNT, settings.TWILIO_TOKEN), timeout=PATIENCE)
        except requests.ConnectTimeout:
            return Later("Twilio does not answer.", everywhere=True)
        except (requests.RequestException, OSError) as problem:
            refused = "NewConnectionError" in repr(problem)
            return Later("Twilio hung up before it answered.", ambiguous=not refused, everywhere=True)
        return _judge(answer)


def _printed(number: str, text: str) -> Outcome:
    sys.stdout.write(f"Text message to {number}: {text}\n")
    sys.stdout.flush()
    return Sent(reference="console")


def _judge(answer: requests.Response) -> Outcome:
    code = answer.status_code
    try:
        told = answer.json()
    except ValueError:
        told = {}
    told = told if isinstance(told, dict) else {}
    if code in (200, 201):
        return Sent(reference=str(told.get("sid", "")), code=code)
    said = f"Twilio answered {code}. {told.get('message', '')}".strip()[:300]
    if code in (401, 403):
        return Later(said, code=code, everywhere=True)
    if code == 429 or code >= 500:
        return Later(said, code=code, retry_after=retry_after(answer.headers.get("Retry-After", "")), everywhere=code == 429)
    return Never(said, code=code)
