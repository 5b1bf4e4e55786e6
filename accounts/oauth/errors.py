"""Errors about apps."""

from __future__ import annotations

from portfolio_site.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchApp(NotFound):
    code, title = "no_such_app", "There is no such app."


class BadAppForm(Invalid):
    code, title = "invalid_app", "The app was not saved."


class TooManyApps(Conflict):
    code, title = "too_many_apps", "There are too many apps."


class RegistrationClosed(Forbidden):
    code, title = "registration_closed", "Apps are registered by administrators here."
