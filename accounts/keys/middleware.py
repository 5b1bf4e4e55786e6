"""Each call with a key leaves a line for its person, also one that was refused."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.keys.calls import Call, note
from portfolio_site.web.addresses import client_address


class CallsMiddleware:
    """Costs nothing where no key was shown, and no query where one was."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        number = getattr(request, "api_key_id", None)
        if number is not None:
            note(Call(number, (request.method or "")[:8], request.path[:200], response.status_code, client_address(request), timezone.now()))
        return response
