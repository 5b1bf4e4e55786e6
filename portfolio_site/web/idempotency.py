"""`Idempotency-Key`: a POST that is sent again does its work once and answers the same.

How it holds:  the key is claimed by a row of its own, committed before the work starts, so that a second request sees "still
running".  The work and its answer are then one transaction, which holds a lock on that row: either both are there or neither.  A
process that dies in between leaves a claim that nobody has locked; the next request takes it over, once the claim is older than the
few moments from itself to its lock.  Answers are sealed, and kept for 24 hours.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.http.request import RawPostDataException
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio_site.kernel.errors import Conflict
from portfolio_site.web.json import dumps
from portfolio_site.web.sealed import fingerprint

LIFETIME = timedelta(hours=24)
ABANDONED_AFTER = timedelta(seconds=5)  # without a lock: longer than from the claim to the beginning of the work
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_HEADERS = ("Location", "ETag")  # kept beside the body
_REFUSALS_KEPT = frozenset({409, 422})  # answers about the work itself; every other refusal came before it


class KeyReused(Conflict):
    code, title = "idempotency_key_reused", "The key was used for another request."


class StillRunning(Conflict):
    code, title = "idempotency_key_running", "The first request with this key is still running."


class _Replay(Exception):
    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class _Claim:
    """This request's hold on its key, until it keeps an answer or lets go."""

    pk: int
    since: datetime

    def _row(self) -> Any:
        return _model().objects.filter(pk=self.pk, created_at=self.since, status__isnull=True)

    def lock(self) -> bool:
        """Inside the transaction of the work: nobody takes the claim over while it lasts.  False if somebody did."""
        return self._row().select_for_update().only("pk").first() is not None

    def keep(self, response: Response) -> bool:
        """Store the answer.  False if the claim was taken over in the meantime: the work must not stand then."""
        headers = {name: response[name] for name in _HEADERS if name in response}
        content = b"" if response.data is None else dumps(response.data)
        kept = json.dumps(headers).encode() + b"\n" + content
        content_type = response.content_type or "application/json"
        return bool(self._row().update(status=response.status_code, body=kept, content_type=content_type[:100]))

    def release(self) -> None:
        """Forget the key: nothing was done under it."""
        self._row().delete()


def _model() -> Any:
    return apps.get_model("accounts", "IdempotencyKey")


def first_time(user: Any, number: str) -> bool:
    """Whether the form with this number is sent for the first time; the hidden `form_id` of pages.

    Call it inside the transaction that does the work: what fails leaves no mark, so that the form can be sent again.
    """
    try:
        with transaction.atomic():
            _model().objects.create(user=user, key=f"form:{number[:100]}", fingerprint="", status=200, body=b"{}\n")
    except IntegrityError:
        return False
    return True


def fingerprint_of(request: Request) -> str:
    """Over method, address and body, keyed: a body may hold a password.  A form with files counts by its fields and the files' contents."""
    return fingerprint(_digest_of(request), "idempotency")


def _digest_of(request: Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name in sorted(request.POST):
            digest.update(json.dumps([name, request.POST.getlist(name)]).encode())
        for name in sorted(request.FILES):
            for file in request.FILES.getlist(name):
                digest.update(json.dumps([name, file.name, file.size]).encode())
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
        return digest.hexdigest()
    try:
        digest.update(request._request.body)
    except RawPostDataException:  # read as a form by then
        digest.update(json.dumps(sorted((name, request.POST.getlist(name)) for name in request.POST)).encode())
    return digest.hexdigest()


def _stored(row: Any) -> HttpResponse:
    head, _, content = row.body.partition(b"\n")
    response = HttpResponse(content, status=row.status, content_type=row.content_type)
    for name, value in json.loads(head).items():
        response[name] = value
    response[REPLAYED] = "true"
    return response


def _claim(request: Request, key: str) -> _Claim:
    """Claim the key for this request.  Raises _Replay with the kept answer, KeyReused or StillRunning."""
    if not _KEY.fullmatch(key):
        raise ValidationError({"Idempotency-Key": "Write 1 to 200 visible ASCII characters, such as a UUID."}, code="invalid")
    rows, fingerprint, now = _model().objects.filter(user=request.user, key=key), fingerprint_of(request), timezone.now()
    rows.filter(created_at__lt=now - LIFETIME).delete()
    try:
        with transaction.atomic():
            row = _model().objects.create(user=request.user, key=key, fingerprint=fingerprint)
            return _Claim(row.pk, row.created_at)
    except IntegrityError:
        row = rows.first()
    if row is None:  # let go between the two statements
        raise StillRunning("The first request with this key has just ended without an answer. Send it again.")
    if row.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key came with another request before. Use a new key for a new request.")
    if row.status is not None:
        raise _Replay(_stored(row))
    if row.created_at < now - ABANDONED_AFTER and _takes_over(rows, row, now):
        return _Claim(row.pk, now)
    raise StillRunning("The first request with this key is still running. Wait a moment, then send it again to see its answer.")


@transaction.atomic
def _takes_over(rows: Any, row: Any, now: datetime) -> bool:
    """Whether the claim was left behind: of one that is at work the row is locked (on SQLite nobody else gets here meanwhile)."""
    left = rows.select_for_update(skip_locked=True).filter(pk=row.pk, created_at=row.created_at, status__isnull=True)
    return left.first() is not None and bool(left.model.objects.filter(pk=row.pk).update(created_at=now))


class Idempotent:
    """Mixin for API views and viewsets; stands before the view class.  Only POST of signed-in people with the header is concerned."""

    _held: _Claim | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication, permissions and throttles: claims the key, and wraps the handler of this one request."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or key is None or not request.user.is_authenticated:
            return
        self._held = _claim(request, key)
        if handler := getattr(self, "post", None):
            self.post = _with_answer(handler, self._held)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, _Replay):
            return exc.response
        claim, kept = self._held, False
        try:
            response = super().handle_exception(exc)  # type: ignore[misc]
            kept = claim is not None and response.status_code in _REFUSALS_KEPT and claim.keep(response)
            return response
        finally:
            if claim is not None and not kept:
                claim.release()


def _with_answer(handler: Callable[..., Response], claim: _Claim) -> Callable[..., Response]:
    """The handler, with its work and its stored answer in one transaction."""

    def run(request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            if not claim.lock():
                raise StillRunning("Another request with the same key took over. Send it again to see its answer.")
            response = handler(request, *args, **kwargs)
            if response.status_code < 400 or response.status_code in _REFUSALS_KEPT:
                if not claim.keep(response):
                    raise StillRunning("This took so long that another request with the same key took over. Send it again to see its answer.")
                return response
        claim.release()
        return response

    return run
