"""What people say to each other about a portfolio, a holding of it or an entry."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from portfolio_site.web.sealed import SealedTextField
from portfolios.querysets import CommentQuerySet

LONGEST = 2000


class Comment(models.Model):
    """One remark.  About the portfolio as a whole, or about an instrument in it, or about an entry, which all its versions share."""

    portfolio = models.ForeignKey("portfolios.Portfolio", on_delete=models.CASCADE, related_name="comments", db_index=False)
    instrument = models.ForeignKey("market.Instrument", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    entry = models.BigIntegerField(null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comments")
    text = SealedTextField(longest=LONGEST)
    written_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(name="comment_on_one", condition=Q(instrument=None) | Q(entry=None))]
        indexes = [models.Index(name="comments_of", fields=["portfolio", "instrument", "entry", "id"])]  # a thread

    def __str__(self) -> str:
        return f"comment {self.pk}"
