"""Choices of alerts."""

from django.db import models

from alerts.rules import ABOVE, BELOW


class RuleKind(models.TextChoices):
    PRICE_ABOVE = ABOVE, "Price rises to"
    PRICE_BELOW = BELOW, "Price falls to"
