"""What can go wrong with alerts."""

from __future__ import annotations

from portfolio_site.kernel.errors import Invalid, NotFound


class NoSuchAlert(NotFound):
    code, title = "no_such_alert", "There is no such alert."


class NoSuchNotification(NotFound):
    code, title = "no_such_notification", "There is no such notification."


class BadAlert(Invalid):
    code, title = "bad_alert", "The alert was refused."
