"""Alerts to programs: one POST, signed, through the one way out that leads nowhere inside.

The body is the same at each attempt; `Idempotency-Key` holds the delivery's key.  No redirect is followed, no more than a few hundred
bytes of an answer are read, and nobody holds a sender for longer than the whole request may take.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from django.conf import settings
from django.utils import timezone as clock

from alerts.channels.base import Later, Never, Outcome, Sent
from alerts.models import Delivery, Webhook
from alerts.webhooks.signing import header
from portfolio_site.web.json import dumps
from portfolio_site.web.outgoing import LeadsInside, NoAddress, Way, networks

PATIENCE = 10.0  # seconds for connecting, and for each part of the answer
EXCERPT = 200  # characters of an answer that are kept
GONE, TOO_MANY = 410, 429


def body_of(delivery: Delivery) -> bytes:
    """What is sent, byte for byte the same each time."""
    payload = dict(delivery.payload)
    kind = payload.pop("event", "alert.fired")
    payload.pop("masked", None)
    text = {"id": delivery.key, "type": kind, "created_at": delivery.created_at.astimezone(timezone.utc).isoformat(), "data": payload}
    made: Any = dumps(text)
    return made if isinstance(made, bytes) else str(made).encode()


def secrets_of(webhook: Webhook) -> list[str]:
    """The secrets that sign now, the newest first."""
    old = webhook.old_secret_until is not None and webhook.old_secret_until > clock.now()
    return [webhook.secret, *([webhook.old_secret] if old else [])]


class WebhookWay:
    name = "webhook"

    @contextmanager
    def opened(self) -> Iterator[WebhookSender]:
        with closing(Way(networks(settings.WEBHOOK_NETWORKS))) as way:
            yield WebhookSender(way)


class WebhookSender:
    def __init__(self, way: requests.Session) -> None:
        self._way = way

    def send(self, delivery: Delivery) -> Outcome:
        webhook = Webhook.objects.filter(deliveries=delivery.pk).first()
        if webhook is None or not (webhook.active or delivery.by_hand):
            return Never("The webhook is off.", unwanted=True)
        body = body_of(delivery)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Plumbline-Webhook/1",
            "Idempotency-Key": delivery.key,
            "Plumbline-Event": str(delivery.payload.get("event", "alert.fired")),
            "Plumbline-Signature": header(body, secrets_of(webhook), int(time.time())),
        }
        try:
            with closing(self._way.post(webhook.url, data=body, headers=headers, timeout=PATIENCE, stream=True)) as answer:
                return _judge(answer, webhook)
        except LeadsInside:
            return Never("The address leads into a private network, where nothing is sent.")
        except NoAddress as problem:
            return Later(problem.detail)
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as problem:
            return Later(f"No connection ({type(problem).__name__}).")
        except requests.ConnectionError as problem:
            refused = "NewConnectionError" in repr(problem)
            return Later("The connection was refused." if refused else "It hung up before it answered.", ambiguous=not refused)
        except (requests.RequestException, OSError) as problem:
            return Later(f"It did not answer in time ({type(problem).__name__}).", ambiguous=True)


def _judge(answer: requests.Response, webhook: Webhook) -> Outcome:
    code = answer.status_code
    said = _excerpt(answer)
    if 200 <= code < 300:
        return Sent(code=code, said=said)
    if code == GONE:
        Webhook.objects.filter(pk=webhook.pk).update(active=False, stopped="It answered 410: it is gone.")
        return Never("It answered 410: it is gone. The webhook is off.", code=code)
    if 300 <= code < 400:
        return Later("It answered with a redirect; none is followed. Give the address that it leads to.", code=code)
    return Later(f"It answered {code}. {said}".strip(), code=code, retry_after=retry_after(answer.headers.get("Retry-After", "")))


def _excerpt(answer: requests.Response) -> str:
    """The start of what it said; what cannot be read says nothing."""
    try:
        raw = answer.raw.read(EXCERPT * 4, decode_content=False) or b""
    except (OSError, ValueError, requests.RequestException):
        return ""
    text = raw.decode("utf-8", errors="replace").replace("\x00", "")
    return " ".join(text.split())[:EXCERPT]


def retry_after(text: str) -> float | None:
    if text.strip().isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, (at - clock.now()) / timedelta(seconds=1)) if at.tzinfo else None
