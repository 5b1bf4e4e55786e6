"""Choices of alerts."""

from django.db import models

from alerts.rules import KINDS

RuleKind = models.TextChoices("RuleKind", {name.upper(): (name, kind.label) for name, kind in KINDS.items()})  # type: ignore[call-overload]
