"""Who else may do what with a portfolio."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from guardian.models import UserObjectPermissionBase

from portfolio_site.web.sealed import SealedTextField
from portfolios import roles


class Membership(models.Model):
    """A person who is not the owner, and the role in a portfolio.  The truth of sharing: lists and checks go by it."""

    portfolio = models.ForeignKey("portfolios.Portfolio", on_delete=models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=roles.CHOICES)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    since = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["portfolio", "since"]
        constraints = [
            models.UniqueConstraint(name="member_once", fields=["portfolio", "user"]),  # serves look-ups by portfolio
            models.CheckConstraint(name="member_has_a_role", condition=models.Q(role__in=[role.value for role in roles.GIVEN])),
        ]

    def __str__(self) -> str:
        return f"{self.role} of portfolio {self.portfolio_id}"


class PortfolioUserObjectPermission(UserObjectPermissionBase):
    """A membership as object permissions, for `user.has_perm`.  With a key of its own to the portfolio, so that none outlives it."""

    content_object = models.ForeignKey("portfolios.Portfolio", on_delete=models.CASCADE)


class Invitation(models.Model):
    """A role that is offered to whoever confirms an address.  Its link is known to its mail alone: here only a hash of it stands."""

    portfolio = models.ForeignKey("portfolios.Portfolio", on_delete=models.CASCADE, related_name="invitations")
    email = SealedTextField(longest=254)
    email_key = models.CharField(max_length=64)  # keyed hash of the address, to find a second invitation of it
    role = models.CharField(max_length=10, choices=roles.CHOICES)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["portfolio", "created_at"]
        constraints = [models.UniqueConstraint(name="invited_once", fields=["portfolio", "email_key"])]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class OwnershipOffer(models.Model):
    """A portfolio that its owner offers to a member, until it is answered, taken back or over.  The answer stands in both logs."""

    portfolio = models.OneToOneField("portfolios.Portfolio", on_delete=models.CASCADE, related_name="offer")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="ownership_offers")
    stays = models.BooleanField(default=True)  # whether who gives it away is a manager of it afterwards
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["portfolio"]

    def __str__(self) -> str:
        return f"offer of portfolio {self.portfolio_id}"


class PublicLink(models.Model):
    """An address that shows a portfolio to whoever knows it, until a day.  Here only the digest of its secret stands."""

    portfolio = models.ForeignKey("portfolios.Portfolio", on_delete=models.CASCADE, related_name="public_links")
    title = SealedTextField(longest=60)  # what strangers read at its head: not the name that the owner gave the portfolio
    digest = models.CharField(max_length=64, unique=True)
    with_amounts = models.BooleanField(default=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened = models.PositiveIntegerField(default=0)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["portfolio", "created_at"]

    def __str__(self) -> str:
        return f"public link {self.pk}"


class PublicVisit(models.Model):
    """One time that a public link was opened, and from which part of the net: never a whole address."""

    link = models.ForeignKey(PublicLink, on_delete=models.CASCADE, related_name="visits")
    at = models.DateTimeField()
    network = models.CharField(max_length=43)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        ordering = ["link", "-pk"]
        indexes = [models.Index(name="visit_age", fields=["at"])]  # retention

    def __str__(self) -> str:
        return f"visit {self.pk}"
