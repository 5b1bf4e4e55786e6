"""Each request knows its person's preferences, and is answered in their time zone and number locale."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.choices import Theme
from accounts.guesses import guess_locale
from accounts.models import Preferences
from accounts.selectors import preferences_of
from portfolio_site.web import writing
from portfolio_site.web.addresses import client_address

THEME_COOKIE = "theme"
HIDDEN_COOKIE = "hide_amounts"


def use_preferences(preferences: Preferences) -> None:
    """From here on, this request's times are in the person's zone, its numbers in their locale, its amounts hidden or not."""
    timezone.activate(ZoneInfo(preferences.time_zone))
    writing.use_locale(preferences.locale)
    writing.use_privacy(preferences.hide_amounts)


class PreferencesMiddleware:
    """Sets `request.preferences`, read when first asked for.  Before signing in they are defaults, and the theme of a cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.preferences = SimpleLazyObject(lambda: self._preferences(request))  # type: ignore[attr-defined]
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()
            writing.use_locale(writing.DEFAULT_LOCALE)
            writing.use_privacy(False)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Only pages and calls that exist have times and numbers to show."""
        use_preferences(request.preferences)  # type: ignore[attr-defined]

    @staticmethod
    def _preferences(request: HttpRequest) -> Preferences:
        if request.user.is_authenticated:
            return preferences_of(request.user)
        theme = request.COOKIES.get(THEME_COOKIE, "")
        return Preferences(
            theme=theme if theme in Theme.values else Theme.SYSTEM,
            hide_amounts=request.COOKIES.get(HIDDEN_COOKIE) == "on",
            locale=guess_locale(request.headers.get("Accept-Language", "")),
        )


SIGNED_IN_KEY = "signed_in_at"  # in the session: when the person signed in by a page, with all factors
SEEN_KEY = "seen_at"  # in the session, from then on: when the list of sessions was last told of it
SEEN_EVERY = 300  # seconds


class LastSeenMiddleware:
    """Tells the list of sessions every few minutes that a session is in use, and from where.

    The time stands in the session, which is read anyway: a page costs no query for it but one write in five minutes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = request.session
        if session.accessed and not session.is_empty() and time.time() - session.get(SEEN_KEY, math.inf) > SEEN_EVERY:
            session[SEEN_KEY] = int(time.time())
            UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now(), ip=client_address(request))
        return response
