"""`Sec-GPC`: a browser that says that nothing may be sold or shared.  Nothing is; that it was said is written down for who is signed in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.consents.services import record_consent
from accounts.consents.texts import Purpose, Source

NOTED = "gpc"  # in the session: it is written down already, and costs no query again


def says_no_sale(request: HttpRequest) -> bool:
    """Whether the browser sends Global Privacy Control."""
    return request.headers.get("Sec-GPC", "").strip() == "1"


class PrivacySignalMiddleware:
    """The objection of a browser becomes one of the person, once a session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if says_no_sale(request) and request.session.get("_auth_user_id") and NOTED not in request.session and request.user.is_authenticated:
            record_consent(request.user.pk, Purpose.SALE, given=False, source=Source.BROWSER)
            request.session[NOTED] = True
        return response
