"""Tickets that have not been used yet."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.tickets.querysets import SocketTicketQuerySet


class SocketTicket(models.Model):
    """One ticket.  Only its SHA-256 is kept; using it removes the row, and one caller alone can do that."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8)  # of the credential that it was asked for with: accounts/tickets/proofs.py
    reference = models.CharField(max_length=64)  # which one of them
    password_mark = models.CharField(max_length=64)  # of the password then: a change of it ends the ticket
    scopes = models.JSONField(null=True)  # what the credential may do; None: all
    expires_at = models.DateTimeField()

    objects = SocketTicketQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        verbose_name = "ticket for a socket"
        verbose_name_plural = "tickets for sockets"
        indexes = [models.Index(name="tickets_by_age", fields=["expires_at"])]  # the sweep

    def __str__(self) -> str:
        return f"ticket {self.pk} of {self.user_id}"
