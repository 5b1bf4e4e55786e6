"""That it is really the person: the password (or a second factor) not long ago, before what cannot be taken back."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, raise_if_reauthentication_required
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.adapter import AccountAdapter
from accounts.errors import ConfirmAgain, WrongCredentials
from accounts.models import User


def confirmed_on_page(request: HttpRequest) -> None:
    """Leads to the page that asks for the password once more, and back, unless that was a moment ago."""
    raise_if_reauthentication_required(request, app="")


def confirmed_by_call(request: Request, password: str) -> None:
    """For programs: the password beside the request, or a session that just gave it.  Raises ConfirmAgain, TooManyAttempts."""
    user: User = request.user  # type: ignore[assignment]
    browser = request._request
    if password:
        try:
            AccountAdapter().sign_in(browser, login=user.username, password=password)
        except WrongCredentials:
            raise ConfirmAgain("The password is not right.") from None
        return
    if getattr(browser, "user", None) == user and hasattr(browser, "session") and did_recently_reauthenticate(browser):
        return
    raise ConfirmAgain("Send your `password` with this request: it hands out, or takes away, everything.")
