"""The one place where an error becomes an HTTP answer: problem+json (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ErrorResponse
from rest_framework import exceptions
from rest_framework.response import Response

from portfolio_site.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unavailable
from portfolio_site.web import refusals
from portfolio_site.web.away import RETRY_AFTER, away, is_away
from portfolio_site.web.etags import PreconditionFailed
from portfolio_site.web.json import RequestTooLarge, dumps
from portfolio_site.web.throttling import TooOften

log = logging.getLogger(__name__)

# the first that fits counts: a leaf with a status of its own stands before its branch
STATUS: dict[type[DomainError], int] = {
    PreconditionFailed: 412,
    TooOften: 429,
    Invalid: 422,
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    Unavailable: 503,
}
TITLES = {
    400: "The request is not valid.",
    401: "You are not signed in.",
    403: "You may not do this.",
    404: "There is no such thing.",
    405: "This method is not allowed here.",
    406: "No such format.",
    409: "It collides with what is there.",
    412: "It was changed in the meantime.",
    413: "It is too large.",
    415: "This kind of content is not read here.",
    422: "The entry was refused.",
    429: "Too many requests.",
    500: "Something went wrong on our side.",
    503: "This is not available right now.",
}
CONTENT_TYPE = "application/problem+json"
_WHOLE = "non_field_errors"


def status_of(error: DomainError) -> int:
    """The HTTP status of the error's branch."""
    for branch, status in STATUS.items():
        if isinstance(error, branch):
            return status
    return 500


def document(
    status: int, code: str, detail: str, request_id: str, *, title: str = "", errors: list[dict[str, str]] | None = None, **more: Any
) -> dict[str, Any]:
    """The problem document of api.md."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title or TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = errors
    elif status == 400:  # always there, so that programs need no second path; "" is the request as a whole
        body["errors"] = [{"field": "", "code": code, "detail": detail}]
    return body | more


def of_domain(error: DomainError, request_id: str) -> dict[str, Any]:
    """The problem document of a domain error, with its named data."""
    fields = [{"field": e.field, "code": e.code, "detail": e.detail} for e in error.errors]
    return document(status_of(error), error.code, error.detail, request_id, title=error.title, errors=fields, **error.data)


def response(request: HttpRequest, status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    """A problem as an answer, for places outside the API framework."""
    body = document(status, code, detail, getattr(request, "request_id", ""), **more)
    return HttpResponse(dumps(body), status=status, content_type=CONTENT_TYPE)


def _field(name: str | None) -> str:
    """The place of an error; "" is the request as a whole, and "parts.0" an object in it, which the framework calls by another name."""
    return "" if name is None or name == _WHOLE else name.removesuffix(f".{_WHOLE}")


class _Formatter(ExceptionFormatter):
    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        status = self.exc.status_code
        request_id = getattr(self.context.get("request"), "request_id", "")
        errors = error_response.errors
        if isinstance(self.exc, exceptions.ValidationError):
            rows = [{"field": _field(e.attr), "code": e.code, "detail": e.detail} for e in errors]
            detail = " ".join(f"{row['field']}: {row['detail']}" if row["field"] else row["detail"] for row in rows[:3])
            return document(status, "invalid", detail, request_id, errors=rows)
        first = errors[0]
        return document(status, first.code, first.detail, request_id)


class _Handler(ExceptionHandler):
    def format_exception(self, exc: exceptions.APIException) -> dict[str, Any]:
        return dict(_Formatter(exc, self.context, self.exc).run())


def _note_refusal(request: Any, error: Exception) -> None:
    """What a role or a scope forbids, and what is not there for this person, where the error says what it was."""
    if isinstance(error, Forbidden):
        refusals.note(request, "access.refused", code=error.code, about=error.about)
    elif isinstance(error, NotFound) and error.about is not None:
        refusals.note(request, "access.not_theirs", code=error.code, about=error.about)
    elif isinstance(error, exceptions.PermissionDenied):
        refusals.note(request, "access.refused", code=str(error.get_codes()))
    elif isinstance(error, PermissionDenied):
        refusals.note(request, "access.refused", code="forbidden")


def api_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """For REST_FRAMEWORK["EXCEPTION_HANDLER"]."""
    if isinstance(exc, RequestDataTooBig):
        exc = RequestTooLarge(int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
    elif is_away(exc):
        exc = away()
    _note_refusal(context["request"], exc)
    if isinstance(exc, DomainError):
        body = of_domain(exc, getattr(context["request"], "request_id", ""))
        answer: Response | None = Response(body, status=body["status"])
    else:
        context = dict(context)
        answer = _Handler(exc, context).run()  # type: ignore[arg-type]  # the view, its arguments and the request, as the framework passes them
    if answer is not None:
        answer.content_type = CONTENT_TYPE
        if isinstance(exc, TooOften):
            answer["Retry-After"] = str(exc.data.get("retry_after", 60))
        elif answer.status_code == 503:
            answer["Retry-After"] = str(RETRY_AFTER)
    return answer


# ── pages ───────────────────────────────────────────────────────────────────


def wants_json(request: HttpRequest) -> bool:
    return request.path == "/api" or request.path.startswith("/api/")


def _page(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if wants_json(request):
        return response(request, status, code, detail)
    context = {"status": status, "title": TITLES.get(status, "Error"), "detail": detail, "request_id": getattr(request, "request_id", "")}
    return render(request, "problem.html", context, status=status)


def page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A domain error as a page."""
    _note_refusal(request, error)
    return _page(request, status_of(error), error.code, error.detail)


def answer(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A domain error as an answer of whoever refuses before there is a view, and notes it by itself."""
    return _page(request, status_of(error), error.code, error.detail)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400, "invalid", "The request could not be read. Go back and try again.")


def permission_denied(request: HttpRequest, exception: PermissionDenied | None = None) -> HttpResponse:
    _note_refusal(request, exception or PermissionDenied())
    return _page(request, 403, "forbidden", "This is not shared with you. Ask its owner for access.")


def not_found(request: HttpRequest, exception: Http404 | None = None) -> HttpResponse:
    return _page(request, 404, "not_found", "There is no such page. Check the address, or go to the dashboard.")


def method_not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    answer = _page(request, 405, "method_not_allowed", "This address only takes what a form sends. Go back to the page with the form.")
    answer["Allow"] = allowed
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """Where the database cannot be asked it is said, and when to come again, and nothing on the page asks it."""
    if is_away(sys.exc_info()[1]):
        request.preferences = None  # type: ignore[attr-defined]
        answer = page(request, away())
        answer["Retry-After"] = str(RETRY_AFTER)
        return answer
    return _page(request, 500, "error", "Something went wrong on our side. It has been noted; try again in a moment.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, "csrf", "The form was open too long or came from elsewhere. Reload the page and send it again.")
