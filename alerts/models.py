"""What a person wants to be told, and what they were told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from alerts.choices import RuleKind
from alerts.querysets import FiringQuerySet, RuleQuerySet
from alerts.rules import KINDS, Kind, State, Terms, Watch, read
from market.models import Instrument
from portfolio_site.web.fields import ExactDecimalField
from portfolio_site.web.sealed import SealedJSONField, SealedTextField
from portfolios.models import Portfolio


class Rule(models.Model):
    """A condition on an instrument, on a portfolio, or (with neither) on all portfolios of its owner."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="alert_rules")
    instrument = models.ForeignKey(Instrument, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    portfolio = models.ForeignKey(Portfolio, null=True, blank=True, on_delete=models.CASCADE, related_name="alert_rules")
    kind = models.CharField(max_length=30, choices=RuleKind)
    parameters = SealedJSONField(default=dict)  # the fields of its kind, numbers as text (alerts/rules/reading.py)
    note = SealedTextField(default="", blank=True, longest=500)
    active = models.BooleanField(default=True)
    once = models.BooleanField(default=False)  # paused after it fired
    margin = ExactDecimalField(default=Decimal("0.005"))  # of the threshold: how far back the number must have been
    cool_down = models.PositiveIntegerField(default=60)  # minutes from one firing to the next, at least
    quiet_from = models.TimeField(null=True, blank=True)  # on the owner's clock
    quiet_until = models.TimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    # how it stands
    armed = models.BooleanField(default=True)  # false after firing, until the number has been back and the cool-down has passed
    came_back = models.BooleanField(default=False)  # while unarmed: whether the number has been back by the margin
    side = models.SmallIntegerField(default=0)  # of crossing: where the price was told last
    fired_at = models.DateTimeField(null=True, blank=True)  # when it last fired; the cool-down counts from here
    started_at = models.DateTimeField(null=True, blank=True)  # made, changed or resumed: what happened before is not told
    mark = models.BigIntegerField(default=0)  # the newest dividend that was known then
    due_at = models.DateTimeField(null=True, blank=True)  # what it watches changed, and it was not looked at since
    looked_at = models.DateTimeField(null=True, blank=True)  # of rules that are looked at when due
    why_not = models.CharField(max_length=300, blank=True)  # why the last look saw nothing
    version = models.PositiveIntegerField(default=0)  # raised by each change of its person's
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = RuleQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="rule_watches_one", condition=Q(instrument=None) | Q(portfolio=None))]
        indexes = [
            models.Index(name="rule_watch", fields=["instrument", "active"]),  # rules touched by a tick
            models.Index(name="rule_due", fields=["due_at"], condition=Q(due_at__isnull=False)),  # what waits for a look
        ]

    def __str__(self) -> str:
        return f"rule {self.pk}"

    @property
    def spec(self) -> Kind:
        return KINDS[self.kind]

    @property
    def values(self) -> dict[str, Any]:
        """The fields of its kind, read."""
        return read(self.spec, self.parameters)[0]

    @property
    def watch(self) -> Watch:
        if self.instrument_id is not None:
            return Watch.INSTRUMENT
        return Watch.ALL if self.portfolio_id is None else Watch.PORTFOLIO

    @property
    def state(self) -> State:
        return State(self.armed, self.came_back, self.fired_at, self.side)

    @property
    def terms(self) -> Terms:
        return Terms(self.margin, timedelta(minutes=self.cool_down))


class Firing(models.Model):
    """One time a rule came true.  `event_key` makes it happen once however often it is looked at."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="firings")
    instrument = models.ForeignKey(Instrument, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # what it is about
    event_key = models.CharField(max_length=120, unique=True)
    sentence = SealedTextField(longest=600)
    masked = SealedTextField(default="", blank=True, longest=600)  # the same without amounts, where it tells some
    fired_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)  # the end of quiet hours; null once it is told
    read_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = FiringQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(name="firing_unread", fields=["rule", "read_at"]),  # the bell
            models.Index(name="firing_held", fields=["held_until"], condition=Q(held_until__isnull=False)),  # the end of quiet hours
        ]

    def __str__(self) -> str:
        return f"firing {self.pk}"


from alerts.delivery_models import Delivery as Delivery  # noqa: E402  (the tables of the outbox)
from alerts.delivery_models import NotificationSettings as NotificationSettings  # noqa: E402
from alerts.device_models import Phone as Phone  # noqa: E402
from alerts.device_models import PushDevice as PushDevice  # noqa: E402
from alerts.notice_models import Notice as Notice  # noqa: E402
from alerts.webhook_models import Webhook as Webhook  # noqa: E402
