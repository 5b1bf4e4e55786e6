"""Alerts to browsers: encrypted to the browser's own keys (RFC 8291), carried by its service, which cannot read them.

`Topic` is made of the delivery's key: a message that is sent again replaces the first where that still waits, and the browser shows
what bears the same tag once.  An address that is gone (404, 410) is forgotten.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager

import requests
from django.conf import settings
from django.urls import reverse
from pywebpush import WebPushException, webpush

from alerts.channels import vapid
from alerts.channels.base import Later, Never, Outcome, Sent
from alerts.channels.webhook import retry_after
from alerts.models import Delivery, PushDevice
from portfolio_site.web.json import dumps
from portfolio_site.web.outgoing import LeadsInside, NoAddress, Way, networks

PATIENCE = 10.0  # seconds
LIVES = 24 * 3600  # seconds that a service keeps a message for a browser that is off
FORGOTTEN = frozenset({404, 410})
LONGEST = 1500  # characters of a sentence: a message holds 4 KB


def message_of(delivery: Delivery) -> str:
    made = dumps(
        {
            "title": "Plumbline",
            "body": str(delivery.payload["sentence"])[:LONGEST],
            "tag": delivery.key,
            "url": reverse("notifications"),
        }
    )
    return made.decode() if isinstance(made, bytes) else str(made)


def topic_of(key: str) -> str:
    """At most 32 letters of base64url."""
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()[:24]).decode()


class PushWay:
    name = "push"

    @contextmanager
    def opened(self) -> Iterator[PushSender]:
        with closing(Way(networks(settings.WEBHOOK_NETWORKS))) as way:
            yield PushSender(way)


class PushSender:
    def __init__(self, way: requests.Session) -> None:
        self._way = way

    def send(self, delivery: Delivery) -> Outcome:
        device = PushDevice.objects.filter(deliveries=delivery.pk, owner=delivery.owner_id).first()
        if device is None or not vapid.is_on():
            return Never("This browser takes no messages any more.", unwanted=True)
        try:
            answer = webpush(
                device.subscription,
                message_of(delivery),
                vapid_private_key=vapid.private_key(),
                vapid_claims={"sub": settings.VAPID_SUBJECT},
                headers={"Topic": topic_of(delivery.key), "Urgency": "high"},
                ttl=LIVES,
                timeout=PATIENCE,
                requests_session=self._way,
            )
        except WebPushException as problem:
            return _refused(problem, device)
        except LeadsInside:
            return Never("The address of this browser's service leads into a private network.")
        except NoAddress as problem:
            return Later(problem.detail)
        except (requests.RequestException, OSError) as problem:
            return Later(
                f"The browser's service did not answer ({type(problem).__name__}).", ambiguous=not isinstance(problem, requests.ConnectTimeout)
            )
        except ValueError:  # keys that are none
            return Never("The keys of this browser are not right. Switch messages off and on again there.")
        return Sent(code=getattr(answer, "status_code", None))


def _refused(problem: WebPushException, device: PushDevice) -> Outcome:
    answer = problem.response
    if answer is None:
        return Never("The keys of this browser are not right. Switch messages off and on again there.")
    code = answer.status_code
    if code in FORGOTTEN:
        device.delete()
        return Never("This browser takes no messages any more.", code=code, unwanted=True)
    if code in (400, 403, 413):
        return Never(f"The browser's service answered {code}.", code=code)
    return Later(f"The browser's service answered {code}.", code=code, retry_after=retry_after(answer.headers.get("Retry-After", "")))
