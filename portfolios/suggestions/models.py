"""What people suggest for the ledger of a portfolio.  (A table of the app `portfolios`.)"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from portfolio_site.web.sealed import SealedJSONField, SealedTextField
from portfolios.comments.models import LONGEST
from portfolios.querysets import SuggestionQuerySet


class Deed(models.TextChoices):
    """What it comes to when it is accepted."""

    ENTRY = "entry", "New entry"
    CHANGE = "change", "Change of an entry"
    VOID = "void", "Voiding of an entry"


class State(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    TAKEN_BACK = "taken_back", "Taken back"


class Suggestion(models.Model):
    """One thing suggested.  `fields` are those of an entry (suggestions/keeping.py): all of a new one, what changes of another."""

    portfolio = models.ForeignKey("portfolios.Portfolio", on_delete=models.CASCADE, related_name="suggestions", db_index=False)
    deed = models.CharField(max_length=8, choices=Deed)
    entry = models.BigIntegerField(null=True, blank=True)  # of a change or a void: the number of the entry
    version = models.BigIntegerField(null=True, blank=True)  # and the row that counted when it was suggested
    fields = SealedJSONField(default=dict)
    note = SealedTextField(longest=LONGEST, default="", blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="suggestions")
    suggested_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = SealedTextField(longest=LONGEST, default="", blank=True)  # of declining
    recorded = models.BigIntegerField(null=True, blank=True)  # the number of the entry that came of it

    objects: ClassVar[Any] = SuggestionQuerySet.as_manager()

    class Meta:
        app_label = "portfolios"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="suggestion_about_entry", condition=Q(deed="entry", entry=None) | Q(deed__in=["change", "void"], entry__isnull=False)
            )
        ]
        indexes = [models.Index(name="suggestions_of", fields=["portfolio", "state", "id"])]

    def __str__(self) -> str:
        return f"suggestion {self.pk}"
