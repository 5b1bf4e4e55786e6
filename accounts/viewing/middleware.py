"""Pages are answered as those of the person whose account support looks at, as long as a session of staff is in a view.

The session stays that of staff: who is on it changes for the length of one request, after it was asked whether the view may go on.  So
nothing of the person's is opened by it: sockets know staff alone and are closed, and the API answers nothing.  Nothing is written: only
pages that look are answered, and the database refuses what would change it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.errors import OnlyLooking, SupportIsLooking
from accounts.models import SupportView
from accounts.viewing.models import Ending
from accounts.viewing.pages import OF_STAFF, SEEN, STATE
from accounts.viewing.selectors import Viewing, open_view
from accounts.viewing.services import end_view
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web import problems, refusals

VIEW_KEY = "support_view"  # in the session of who looks: the number of the view
_LOOKING = ("GET", "HEAD", "OPTIONS")
_CHANGES = re.compile(r"\s*(?:insert|update|delete|replace|merge|create|alter|drop|truncate|copy|with\b.*\b(?:insert|update|delete)\b)", re.I | re.S)
REFUSED = "support.page_refused"


class SupportViewMiddleware:
    """Stands before all that asks who is there to show or to note something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.viewing = None  # type: ignore[attr-defined]
        number = request.session.get(VIEW_KEY) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if number is None or not request.user.is_authenticated:
            return self.get_response(request)
        staff: Any = request.user
        view, wrong = open_view(staff, number)
        if view is None or wrong is not None:
            return _over(request, view, wrong)
        consent = view.consent
        request.viewing = Viewing(view.pk, staff, consent.person, consent.ends_at)  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(support_view=view.pk)
        request.user = consent.person
        try:
            with connection.execute_wrapper(partial(_refuse_changes, request)):
                response = self.get_response(request)
        finally:
            request.user = staff
        response["Cache-Control"] = "private, no-store"
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """What may not be seen is refused before it is asked for."""
        viewing: Viewing | None = request.viewing  # type: ignore[attr-defined]
        name = (request.resolver_match.url_name or "") if request.resolver_match else ""
        if viewing is None or name == STATE:
            return None
        if name in OF_STAFF:
            request.user = viewing.staff
            request.viewing = None  # type: ignore[attr-defined]
            return None
        if request.method not in _LOOKING:
            return _refused(request, viewing, OnlyLooking("You only look at this account, and can change nothing in it. Leave it first."))
        if name not in SEEN or "export" in request.GET or request.resolver_match.namespaces:  # type: ignore[union-attr]
            return _refused(
                request, viewing, SupportIsLooking("Support does not see this page of somebody’s account. Leave it first to see your own.")
            )
        return None


def _refused(request: HttpRequest, viewing: Viewing, error: DomainError) -> HttpResponse:
    """In the log of whose account it is, by the view, and in that of who looked."""
    answer = problems.answer(request, error)
    refusals.note(request, REFUSED, code=error.code, about=(SupportView._meta.model_name or "", viewing.pk))
    refusals.note(request, REFUSED, code=error.code)
    return answer


def _over(request: HttpRequest, view: SupportView | None, ending: Ending | None) -> HttpResponse:
    """The view is at its end: nothing of this request is done, in neither account."""
    staff: Any = request.user
    if view is not None and ending is not None:
        end_view(view, ending, by=None)
    number = request.session.pop(VIEW_KEY)
    row = view or SupportView.objects.select_related("consent__person").filter(pk=number).first()
    where = reverse("admin:index") if row is None else reverse("admin:accounts_user_change", args=[row.consent.person_id])
    whose = "The person" if row is None else row.consent.person.username
    messages.warning(request, f"You do not look at the account any more: {whose} ended it, or its time was over")
    if not staff.is_staff:
        where = "/"
    if request.headers.get("HX-Request") == "true":
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = where
        return answer
    return redirect(where)


def _refuse_changes(request: Any, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """For `connection.execute_wrapper`: while somebody looks, nothing is written, whichever page it is."""
    if request.viewing is not None and _CHANGES.match(sql):
        raise OnlyLooking("This page would change something in the account, and you only look at it. Leave it first.")
    return execute(sql, params, many, context)
