"""Where a person signed in before: by a cookie of the browser, and by the network that it came from.

A sign-in that has neither is told to the person by mail, if the address is confirmed.  Whoever comes from a known place is not kept
out by the guesses of strangers elsewhere (accounts/adapter.py).
"""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import KnownDevice, User
from accounts.selectors import mailable
from portfolio_site.web.addresses import client_network
from portfolio_site.web.sealed import fingerprint

_YEAR = 365 * 24 * 3600
_LONGEST = 64  # of a cookie that we set


def _mark(user: User, kind: str, value: str) -> str:
    return fingerprint(f"{user.pk}:{kind}:{value}", "known-device")


def _marks(user: User, request: HttpRequest) -> list[str]:
    marks = [_mark(user, "network", client_network(request))]
    if cookie := request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")[:_LONGEST]:
        marks.append(_mark(user, "browser", cookie))
    return marks


def is_known(user: User, request: HttpRequest) -> bool:
    """Whether the person signed in from this browser or network before."""
    return KnownDevice.objects.filter(user=user, mark__in=_marks(user, request)).exists()


def note_sign_in(user: User, request: HttpRequest, response: HttpResponse | None = None) -> None:
    """Remembers the place, and tells the person by mail where it is a new one.  The very first is not told of: it is where they signed up."""
    first, known = not KnownDevice.objects.filter(user=user).exists(), is_known(user, request)
    marks = _marks(user, request)
    if response is not None and len(marks) == 1:
        cookie = secrets.token_urlsafe(24)
        marks.append(_mark(user, "browser", cookie))
        response.set_cookie(
            settings.DEVICE_COOKIE_NAME, cookie, max_age=_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax", path="/"
        )
    now = timezone.now()
    KnownDevice.objects.bulk_create(
        [KnownDevice(user=user, mark=mark, seen_at=now) for mark in marks],
        update_conflicts=True,
        unique_fields=["user", "mark"],
        update_fields=["seen_at"],
    )
    if not known and not first:
        _tell(user)


def _tell(user: User) -> None:
    from accounts.adapter import AccountAdapter  # it asks this module whether a place is known

    adapter: Any = AccountAdapter()
    if mailable(user) is not None:
        adapter.send_notification_mail("account/email/new_device", user)
