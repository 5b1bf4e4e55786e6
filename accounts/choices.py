"""Choices of people's preferences."""

from django.db import models


class Theme(models.TextChoices):
    SYSTEM = "system", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Trend(models.TextChoices):
    """Colours of gain and loss."""

    GREEN_RED = "standard", "Green, red"
    BLUE_ORANGE = "safe", "Blue, orange"
    RED_GREEN = "inverse", "Red, green"


class Density(models.TextChoices):
    COMFORTABLE = "comfortable", "Comfortable"
    COMPACT = "compact", "Compact"
