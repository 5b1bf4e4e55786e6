"""The channels by name."""

from __future__ import annotations

from alerts.channels.base import Way
from alerts.channels.email import EmailWay
from alerts.channels.push import PushWay
from alerts.channels.sms import SmsWay
from alerts.channels.webhook import WebhookWay
from alerts.outbox.choices import Channel

WAYS: dict[str, Way] = {Channel.EMAIL: EmailWay(), Channel.PUSH: PushWay(), Channel.SMS: SmsWay(), Channel.WEBHOOK: WebhookWay()}
