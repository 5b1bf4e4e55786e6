"""Work of this app that nobody waits for."""

from __future__ import annotations

import base64
import json
import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.data_rights import bringing, exporting, jobs
from accounts.keys.services import sweep_keys
from accounts.models import DataArrival, DataExport, IdempotencyKey, KnownDevice, RefreshToken, SocketTicket
from accounts.oauth.services import sweep_apps
from accounts.viewing.services import end_what_is_over
from portfolio_site.web.bell import ring
from portfolio_site.web.sealed import seal, unseal

log = logging.getLogger(__name__)
_LABEL = b"accounts.mail"  # mails hold links that open accounts: they pass through the broker sealed
MAIL_TROUBLE = (OSError, OperationalError)  # sockets and mail servers (smtplib's errors are OSErrors); brokers
DEVICE_KEPT_FOR = timedelta(days=365)
KEPT_FOR = timedelta(hours=24)  # answers under an Idempotency-Key


def sealed_mail(subject: str, body: str, to: list[str]) -> str:
    """A mail as it travels through the queue."""
    return base64.b64encode(seal(json.dumps([subject, body, to]).encode(), _LABEL)).decode()


@shared_task(bind=True, max_retries=5, ignore_result=True)
def send_mail(self, sealed: str) -> None:  # type: ignore[no-untyped-def]
    """Send one mail, trying again for about half an hour.  In the end the log says that it was not sent; the account works without."""
    subject, body, to = json.loads(unseal(base64.b64decode(sealed), _LABEL))
    try:
        EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, to).send()
    except MAIL_TROUBLE as problem:
        log.error("mail.not_sent", extra={"problem": type(problem).__name__, "attempt": self.request.retries + 1})
        if not self.request.is_eager and self.request.retries < self.max_retries:
            raise self.retry(exc=problem, countdown=30 * 2**self.request.retries) from None


@shared_task(ignore_result=True)
def send_confirmation(user_id: int) -> None:
    """Ask a new person to confirm their address."""
    from allauth.account.models import EmailAddress, EmailConfirmationHMAC

    from accounts.adapter import AccountAdapter

    address = EmailAddress.objects.filter(user_id=user_id, verified=False, primary=True).select_related("user").first()
    if address is not None:
        AccountAdapter().send_confirmation_mail(None, EmailConfirmationHMAC(address), signup=True)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Remove what is over: sessions, refresh tokens, kept answers, calls of keys, tickets, devices that were not seen for a year."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    RefreshToken.objects.over_by(now).delete()
    KnownDevice.objects.not_seen_since(now - DEVICE_KEPT_FOR).delete()
    IdempotencyKey.objects.older_than(now - KEPT_FOR).delete()
    sweep_keys(now)
    sweep_apps(now)
    SocketTicket.objects.over_by(now).delete()


@shared_task(ignore_result=True, soft_time_limit=3540, time_limit=3600)
def make_export(export_id: int) -> None:
    exporting.make_export(export_id)


@shared_task(ignore_result=True, soft_time_limit=3540, time_limit=3600)
def read_arrival(arrival_id: int) -> None:
    bringing.read_arrival(arrival_id)


@shared_task(ignore_result=True, soft_time_limit=3540, time_limit=3600)
def erase_person(erasure_id: int) -> None:
    from accounts.data_rights import erasing

    erasing.run_erasure(erasure_id)


@shared_task(ignore_result=True)
def send_last_mail(erasure_id: int) -> None:
    from accounts.data_rights import erasing

    erasing.tell_of_end(erasure_id)


@shared_task(ignore_result=True)
def apply_retention() -> None:
    """Remove what has been kept for its time; the log says how much of what."""
    from accounts.data_rights import retention

    log.info("retention.applied", extra={"gone": {name: many for name, many in retention.apply(timezone.now()).items() if many}})


@shared_task(ignore_result=True)
def sweep_data_rights() -> int:
    """Ring again for requests about one's own data that wait, or whose job died; forget files and end views whose time is over.

    Returns how many rang.
    """
    from accounts.data_rights import erasing  # it mails by the adapter, which needs this module

    exporting.forget_exports(timezone.now())
    end_what_is_over(timezone.now())
    for pk in erasing.due_erasures(timezone.now()):
        ring(erase_person, pk)
    for pk in erasing.untold():
        ring(send_last_mail, pk)
    exports, arrivals = jobs.waiting(DataExport), jobs.waiting(DataArrival)
    for pk in exports:
        ring(make_export, pk)
    for pk in arrivals:
        ring(read_arrival, pk)
    return len(exports) + len(arrivals)
