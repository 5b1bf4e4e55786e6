"""What every request gets: an id that stands in the answer, the logs and each problem; and one shape of error for pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portfolio_site.kernel.errors import DomainError
from portfolio_site.web import problems
from portfolio_site.web.addresses import client_address

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
GetResponse = Callable[[HttpRequest], HttpResponse]


class PermissionsPolicyMiddleware:
    """What pages may ask the device for: nothing but passkeys.  Also on answers that other middleware gives, such as redirects."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        response.headers.setdefault("X-Frame-Options", settings.X_FRAME_OPTIONS)
        return response


class RequestIdMiddleware:
    """`X-Request-Id` in and out.  An id that does not look like one is replaced."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        request.META["HTTP_X_REQUEST_ID"] = request.request_id  # type: ignore[attr-defined]
        request.__dict__.pop("headers", None)  # Django keeps the headers once read; what reads them next must see this id
        structlog.contextvars.bind_contextvars(request_id=request.request_id, ip=client_address(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        if limit := getattr(request, "rate_limit", None):
            response["RateLimit-Limit"], response["RateLimit-Remaining"], response["RateLimit-Reset"] = map(str, limit)
        private = request.path_info.startswith("/accounts/") or (getattr(request, "user", None) is not None and request.user.is_authenticated)
        if private and "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-store"
        return response


class ProblemMiddleware:
    """A DomainError that leaves a page's view becomes a page that says what happened; so does a method that an address does not take, and
    an address that holds the sign NUL, which no text here has and PostgreSQL refuses to look for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return problems.bad_request(request)
        response = self.get_response(request)
        bare = response.status_code == 405 and not response.streaming and not response.content and not problems.wants_json(request)
        return problems.method_not_allowed(request, response["Allow"]) if bare else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return problems.page(request, exception) if isinstance(exception, DomainError) else None
