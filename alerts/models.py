"""What a person wants to be told, and what they were told."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from alerts.choices import RuleKind
from alerts.querysets import FiringQuerySet, RuleQuerySet
from market.models import Instrument
from portfolio_site.web.fields import ExactDecimalField
from portfolio_site.web.sealed import SealedTextField


class Rule(models.Model):
    """A condition on an instrument's price."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="alert_rules")
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=RuleKind)
    threshold = ExactDecimalField()  # as the instrument is quoted: in its currency, a bond in percent of par
    note = SealedTextField(default="", blank=True, longest=500)
    active = models.BooleanField(default=True)
    armed = models.BooleanField(default=True)  # false after firing, until the price has been back and the cool-down has passed
    came_back = models.BooleanField(default=False)  # while unarmed: whether the price has been back by the margin
    fired_at = models.DateTimeField(null=True, blank=True)  # when it last fired; the cool-down counts from here
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = RuleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="rule_watch", fields=["instrument", "active"])]  # rules touched by a tick

    def __str__(self) -> str:
        return f"rule {self.pk}"


class Firing(models.Model):
    """One time a rule came true.  `event_key` makes it happen once however often the tick is looked at."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="firings")
    event_key = models.CharField(max_length=80, unique=True)
    sentence = SealedTextField(longest=400)
    fired_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = FiringQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(name="firing_unread", fields=["rule", "read_at"])]  # the bell

    def __str__(self) -> str:
        return f"firing {self.pk}"


from alerts.delivery_models import Delivery as Delivery  # noqa: E402  (the tables of the outbox)
from alerts.delivery_models import NotificationSettings as NotificationSettings  # noqa: E402
from alerts.webhook_models import Webhook as Webhook  # noqa: E402
