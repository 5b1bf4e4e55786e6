"""What was refused, in the audit: what a role or a scope forbids, what is somebody else's, failed sign-ins, wrong codes.

What was refused with a person's things stands in the chain of that person, whoever tried; all else in the chain of who tried.  Who
tried something that is not theirs reads nothing of it: their log would tell that the thing exists.  For the same reason entries are
written when the answer is out, so that no answer takes longer for what exists.  Nobody's visits to nowhere leave nothing.

Volume is bounded: one entry a minute for each person, kind and thing, and few of one person in all; the next entry says how many
there were since.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.cache import cache
from django.db import Error
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.services import record_audit
from portfolio_site.web import deeds, refusals
from portfolio_site.web.refusals import Refusal

EVERY = 60  # seconds between two entries of one kind about one thing
MOST = 20  # entries that one person may cause in that time
_KEPT = 24 * 3600  # seconds that what was not written is counted for
SIGN_IN, CODE, FORBIDDEN, NOT_THEIRS = "session.refused", "factor.refused", "access.refused", "access.not_theirs"
log = logging.getLogger(__name__)


class DenialsMiddleware:
    """Writes down what a request was refused, after its answer is out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if found := refusals.noted(request):
            viewing = getattr(request, "viewing", None)  # who looks at somebody's account is who was refused
            actor = viewing.staff.pk if viewing else request.user.pk if request.user.is_authenticated else None
            where = (request.resolver_match.url_name or "") if request.resolver_match else ""
            # what Django itself closes with the answer, once it is sent
            response._resource_closers.append(partial(write_all, actor, where, found))  # type: ignore[attr-defined]
        return response


def write_all(actor: int | None, where: str, found: list[Refusal]) -> None:
    """What was refused by one answer, which is out already."""
    for one in found:
        try:
            write(actor, where, one)
        except Error as problem:  # the answer is out already; what is missing in the audit is said in the log
            log.error("audit.denial_not_written", extra={"action": one.action, "code": one.code, "problem": type(problem).__name__})


def write(actor: int | None, where: str, one: Refusal) -> None:
    """One entry, or one more to the count of the next.  `where`: the name of the address."""
    who = actor or one.subject
    object_type, object_id = one.about or ("address", where[:40])
    if who is None or (many := _turn(who, f"{one.action}:{object_type}:{object_id}")) is None:
        return
    owner = deeds.owner_of(*one.about) if one.about else None
    if one.action == NOT_THEIRS and owner in (None, actor):
        return  # there is no such thing
    person = User.objects.filter(pk=actor).first() if actor is not None else None
    more = {"times": many} if many > 1 else {}
    record_audit(person, one.action, subject=owner or who, object_type=object_type, object_id=object_id, code=one.code, **more)


def _turn(who: int, what: str) -> int | None:
    """How many times it happened since the last entry, this one included; None where it is only counted."""
    key = f"throttle_denied:{who}:{what}"
    if cache.add(key, 1, EVERY) and _count(f"throttle_denied:{who}", EVERY) <= MOST:
        before = int(cache.get(f"{key}:more") or 0)
        cache.delete(f"{key}:more")
        return before + 1
    _count(f"{key}:more", _KEPT)
    return None


def _count(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ran out between the two
        return 1


def note_failed_sign_in(request: Any, user: User | None) -> None:
    """A wrong password of an account that there is."""
    if user is not None:
        refusals.note(request, SIGN_IN, code="wrong_credentials", about=("user", user.pk), subject=user.pk)


def note_wrong_code(request: Any, user: User) -> None:
    """A wrong code of the second factor."""
    refusals.note(request, CODE, code="wrong_otp", about=("user", user.pk), subject=user.pk)
