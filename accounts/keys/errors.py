"""Errors about keys."""

from __future__ import annotations

from portfolio_site.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class NoSuchKey(NotFound):
    code, title = "no_such_key", "There is no such key."


class BadKeyForm(Invalid):
    code, title = "invalid_key", "The key was not made."


class TooManyKeys(Conflict):
    code, title = "too_many_keys", "There are too many keys."


class BadKey(Forbidden):
    """A key that is unknown, over, revoked, or older than the password.  The API answers 401."""

    code, title = "bad_key", "You are not signed in."


class NotRecent(Forbidden):
    """The session is good, but the password was not asked for lately."""

    code, title = "reauthentication_required", "Your password is needed once more."
