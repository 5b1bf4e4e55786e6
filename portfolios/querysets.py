"""Words about portfolios and their entries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from portfolio_site.web.packed import Packed


class PortfolioQuerySet(models.QuerySet[Any]):
    """Portfolios."""

    def visible_to(self, user: Any) -> Self:
        """The only door from a person to a portfolio."""
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def open(self) -> Self:
        return self.filter(archived_at=None)


class TransactionQuerySet(models.QuerySet[Any]):
    """Entries of ledgers."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(portfolio__owner=user) if user.is_authenticated else self.none()

    def only(self, *fields: Any) -> Self:
        """As everywhere; what is sealed together (web/packed.py) is loaded together."""
        return super().only(*dict.fromkeys("sealed" if isinstance(getattr(self.model, name, None), Packed) else name for name in fields))

    def live(self) -> Self:
        """Entries that count: neither voided nor replaced."""
        return self.filter(voided_at=None)

    def of_entry(self, number: int) -> Self:
        """All versions of one entry."""
        return self.filter(Q(pk=number, origin=None) | Q(origin=number))

    def newest_first(self) -> Self:
        return self.order_by("-traded_on", "-id")

    def with_price_factor(self) -> Self:
        """With what one unit of the instrument is worth for a price of 1, without its other columns."""
        return self.annotate(price_factor=F("instrument__price_factor"))

    def settling_in(self, currencies: Iterable[str]) -> Self:
        """Entries that may move cash of one of these currencies."""
        codes = list(currencies)
        own = Q(settlement_currency__in=codes) | Q(settlement_currency="", currency__in=codes)
        return self.filter(own | Q(costs_currency__in=codes) | Q(kind="fx_exchange", currency__in=codes))

    def known_at(self, moment: Any) -> Self:
        """Entries as they stood at a moment of knowledge."""
        return self.filter(recorded_at__lte=moment).exclude(voided_at__lte=moment)


class ImportBatchQuerySet(models.QuerySet[Any]):
    """Imports."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(portfolio__owner=user) if user.is_authenticated else self.none()


class ProposalQuerySet(models.QuerySet[Any]):
    """Proposals of corporate actions."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(portfolio__owner=user) if user.is_authenticated else self.none()

    def open(self) -> Self:
        return self.filter(status="open")


class ReconciliationQuerySet(models.QuerySet[Any]):
    """Statements to reconcile with."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(portfolio__owner=user) if user.is_authenticated else self.none()
