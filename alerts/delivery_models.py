"""The outbox: what is to be sent, to whom, and how people want it.

A delivery is a row before it is a message.  It is written in the transaction of what it tells of, under a unique key; the key
travels with the message, so that who gets it twice can tell.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from alerts.outbox.choices import OPEN, Channel, Family, Pace, State
from alerts.outbox.querysets import DeliveryQuerySet
from portfolio_site.web.sealed import SealedJSONField, SealedTextField


class Delivery(models.Model):
    """One message to one person by one channel."""

    key = models.CharField(max_length=140, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Channel)
    family = models.CharField(max_length=12, choices=Family)
    firing = models.ForeignKey("alerts.Firing", null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries")
    webhook = models.ForeignKey("alerts.Webhook", null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries")
    device = models.ForeignKey("alerts.PushDevice", null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries")
    digest = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="items")  # the mail that it went with
    payload = SealedJSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)  # when it is due; while it is being sent, when its lease ends
    lease = models.CharField(max_length=32, blank=True)  # of the sender that has it
    problem = SealedTextField(default="", blank=True, longest=300)  # what the last attempt said
    code = models.PositiveIntegerField(null=True, blank=True)  # the status that the other side answered
    reference = models.CharField(max_length=100, blank=True)  # what the other side calls it
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        constraints = [models.CheckConstraint(name="delivery_open_is_due", condition=~Q(state__in=OPEN) | Q(next_at__isnull=False))]
        indexes = [
            models.Index(name="delivery_due", fields=["channel", "next_at"], condition=Q(state__in=OPEN)),  # claiming
            models.Index(name="delivery_held", fields=["owner", "next_at"], condition=Q(state=State.HELD)),  # digests
            models.Index(name="delivery_named", fields=["reference"], condition=Q(channel=Channel.SMS)),  # Twilio's callback
            models.Index(name="delivery_of", fields=["owner", "-id"]),  # the list
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def by_hand(self) -> bool:
        """A test, or a code that was asked for: it goes out whatever the hour, and as it is."""
        return self.key.startswith(("test:", "code:"))


class NotificationSettings(models.Model):
    """How one person wants to be told.  Without a row the defaults hold."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_settings")
    unwanted = models.JSONField(default=list, blank=True)  # "family:channel" that was switched off
    email_pace = models.CharField(max_length=8, choices=Pace, default=Pace.EACH)
    digest_hour = models.PositiveSmallIntegerField(default=8)
    quiet_from = models.TimeField(null=True, blank=True)  # in the person's zone; None: no quiet hours
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "notification settings"
        constraints = [
            models.CheckConstraint(name="digest_hour_of_a_day", condition=Q(digest_hour__lte=23)),
            models.CheckConstraint(
                name="quiet_hours_both_or_none",
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"notification settings of {self.owner_id}"

    def wants(self, family: str, channel: str) -> bool:
        """Whether alerts of this kind go there."""
        return f"{family}:{channel}" not in self.unwanted
