"""What can go wrong with alerts."""

from __future__ import annotations

from portfolio_site.kernel.errors import Conflict, Invalid, NotFound


class NoSuchAlert(NotFound):
    code, title = "no_such_alert", "There is no such alert."


class NoSuchNotification(NotFound):
    code, title = "no_such_notification", "There is no such notification."


class BadAlert(Invalid):
    code, title = "bad_alert", "The alert was refused."


class BadLink(NotFound):
    code, title = "bad_link", "The link is not ours."


class NoSuchDelivery(NotFound):
    code, title = "no_such_delivery", "There is no such delivery."


class NotReplayable(Conflict):
    code, title = "not_replayable", "The delivery cannot be sent again."


class CannotTest(Invalid):
    code, title = "cannot_test", "The test was not sent."


class BadWebhook(Invalid):
    code, title = "bad_webhook", "The webhook was refused."


class NoSuchWebhook(NotFound):
    code, title = "no_such_webhook", "There is no such webhook."


class BadDevice(Invalid):
    code, title = "bad_device", "The browser was not taken in."


class NoSuchDevice(NotFound):
    code, title = "no_such_device", "There is no such browser."


class BadPhone(Invalid):
    code, title = "bad_phone", "The telephone was not taken in."
