"""Words about portfolios and their entries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from portfolio_site.web.packed import Packed
from portfolios.roles import Action, roles_that_may


def _memberships(portfolios: Any, user: Any) -> Any:
    """The person's roles in portfolios that are not their own."""
    return portfolios._meta.get_field("memberships").related_model.objects.filter(user=user).order_by()


class _UnderPortfolio(models.QuerySet[Any]):
    """Rows that belong to a portfolio, and are seen by whoever sees that."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(portfolio__in=self._portfolios.visible_to(user).values("pk")) if user.is_authenticated else self.none()

    def where_may(self, user: Any, action: Action) -> Self:
        """Those in portfolios with which the person may do this."""
        return self.filter(portfolio__in=self._portfolios.where_may(user, action).values("pk")) if user.is_authenticated else self.none()

    @property
    def _portfolios(self) -> Any:
        return self.model._meta.get_field("portfolio").related_model.objects


class PortfolioQuerySet(models.QuerySet[Any]):
    """Portfolios."""

    def visible_to(self, user: Any) -> Self:
        """The only door from a person to a portfolio: the person's own, and what is shared with them."""
        return self.filter(Q(owner=user) | Q(pk__in=_memberships(self.model, user).values("portfolio"))) if user.is_authenticated else self.none()

    def owned_by(self, user: Any) -> Self:
        """The person's own."""
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def shared_with(self, user: Any) -> Self:
        """Somebody else's that the person sees."""
        return self.filter(pk__in=_memberships(self.model, user).values("portfolio")) if user.is_authenticated else self.none()

    def where_may(self, user: Any, action: Action) -> Self:
        """Those with which the person may do this."""
        if not user.is_authenticated:
            return self.none()
        members = _memberships(self.model, user).filter(role__in=roles_that_may(action))
        return self.filter(Q(owner=user) | Q(pk__in=members.values("portfolio")))

    def seen_by(self, people: Iterable[int]) -> set[tuple[int, int]]:
        """What `visible_to` answers for many at once: (person, portfolio) for all that any of them sees of these.  Two queries."""
        keys = list(people)
        members = self.model._meta.get_field("memberships").related_model.objects.filter(user__in=keys, portfolio__in=self.order_by().values("pk"))
        return {*self.filter(owner__in=keys).values_list("owner", "pk"), *members.values_list("user", "portfolio")}

    def with_role(self, user: Any) -> Self:
        """With `shared_role`, the person's role in what is not their own; None in their own."""
        own = _memberships(self.model, user).filter(portfolio=OuterRef("pk"))
        return self.annotate(shared_role=Subquery(own.values("role")[:1]))

    def open(self) -> Self:
        return self.filter(archived_at=None)


class TransactionQuerySet(_UnderPortfolio):
    """Entries of ledgers."""

    def with_role(self, user: Any) -> Self:
        """With `shared_role`, the person's role in the portfolio of an entry where it is not their own."""
        own = _memberships(self._portfolios.model, user).filter(portfolio=OuterRef("portfolio"))
        return self.annotate(shared_role=Subquery(own.values("role")[:1]))

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


class ImportBatchQuerySet(_UnderPortfolio):
    """Imports."""

    def visible_to(self, user: Any) -> Self:
        """Seen by those who may import: the file of a statement says more than the entries made of it."""
        return self.where_may(user, Action.IMPORT)


class ProposalQuerySet(_UnderPortfolio):
    """Proposals of corporate actions."""

    def open(self) -> Self:
        return self.filter(status="open")


class ReconciliationQuerySet(_UnderPortfolio):
    """Statements to reconcile with."""


class SuggestionQuerySet(_UnderPortfolio):
    """What people suggested for portfolios."""


class CommentQuerySet(_UnderPortfolio):
    """What people said about portfolios."""
