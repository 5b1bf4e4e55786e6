"""Choices of alerts."""

from django.db import models


class RuleKind(models.TextChoices):
    PRICE_ABOVE = "price_above", "Price rises above"
    PRICE_BELOW = "price_below", "Price falls below"
