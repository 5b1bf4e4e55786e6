"""What people's deeds mean for others: a line in the inbox of whom they touch."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from alerts.querysets import NoticeQuerySet
from portfolio_site.web.sealed import SealedTextField


class Notice(models.Model):
    """One thing that a person was told of what others did.  `key` makes it one, however often it is said."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False)
    key = models.CharField(max_length=80)
    sentence = SealedTextField(longest=600)
    path = models.CharField(max_length=200, blank=True)  # where one looks at it
    told_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(name="notice_once", fields=["owner", "key"])]  # serves look-ups by person
        indexes = [models.Index(name="notice_age", fields=["told_at"])]  # retention

    def __str__(self) -> str:
        return f"notice {self.pk}"
