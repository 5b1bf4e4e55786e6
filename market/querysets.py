"""Words about instruments, rates, watchlists, news and benchmarks."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q

from market.reach import reached_by

EXCHANGE = "exchange"  # in place of a source: what the exchange itself called an instrument, until a day


class InstrumentQuerySet(models.QuerySet[Any]):
    """Instruments."""

    def visible_to(self, user: Any) -> Self:
        """Everybody's instruments, the person's own, and those of others in portfolios that are shared with them."""
        return self.filter(Q(owner=None) | Q(owner=user) | reached_by(user)) if user.is_authenticated else self.filter(owner=None)

    def owned_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def matching(self, text: str) -> Self:
        """Symbol or ISIN that starts with the text, a name that holds it, or a symbol that it had before it was renamed."""
        names = self.model._meta.get_field("symbols").related_model.objects
        former = names.filter(source=EXCHANGE, symbol=text.strip().upper(), until__isnull=False).values("instrument")
        return self.filter(Q(symbol__istartswith=text) | Q(name__icontains=text) | Q(isin__istartswith=text) | Q(pk__in=former))


class SourceProfileQuerySet(models.QuerySet[Any]):
    """What sources say of instruments."""

    def in_conflict(self) -> Self:
        """Those that say something else than what stands, where no administrator has decided: at least one part of them."""
        decided = self.model._meta.get_field("instrument").related_model._meta.get_field("classifications").related_model.objects.for_everybody()
        found: Any = Q(pk__in=[])
        for field in ("asset_class", "sector", "country"):
            settled = decided.filter(instrument=OuterRef("instrument")).exclude(**{field: ""})
            found |= ~Q(**{field: ""}) & ~Q(**{field: F(f"instrument__{field}")}) & ~Exists(settled)
        return self.filter(found | (~Q(isin="") & ~Q(isin=F("instrument__isin"))))


class ClassificationQuerySet(models.QuerySet[Any]):
    """What people say of instruments."""

    def visible_to(self, user: Any) -> Self:
        """The person's own; nobody else's."""
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def for_everybody(self) -> Self:
        """An administrator's."""
        return self.filter(owner=None)


class FxRateQuerySet(models.QuerySet[Any]):
    """Rates."""

    def reference(self) -> Self:
        return self.filter(owner=None)

    def visible_to(self, user: Any) -> Self:
        return self.filter(Q(owner=None) | Q(owner=user)) if user.is_authenticated else self.filter(owner=None)


class WatchlistQuerySet(models.QuerySet[Any]):
    """Watchlists."""

    def visible_to(self, user: Any) -> Self:
        """The person's own; nobody else's."""
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def counted(self, user: Any) -> Self:
        """With `count`, how many instruments stand on each that the person sees."""
        item = self.model._meta.get_field("items").related_model
        seen = item._meta.get_field("instrument").related_model.objects.visible_to(user)
        return self.annotate(count=Count("items", filter=Q(items__instrument__in=seen)))


class ArticleQuerySet(models.QuerySet[Any]):
    """News."""

    def visible_to(self, user: Any) -> Self:
        """About at least one instrument that the person sees."""
        instruments = self.model._meta.get_field("instruments").related_model
        return self.filter(instruments__in=instruments.objects.visible_to(user)).distinct()


class MutedPublisherQuerySet(models.QuerySet[Any]):
    """Publishers that people do not want to read."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user) if user.is_authenticated else self.none()


class BenchmarkQuerySet(models.QuerySet[Any]):
    """Indices of everybody's list, and blends."""

    def visible_to(self, user: Any) -> Self:
        """The indices that are shown, and the person's own blends."""
        shown = Q(owner=None, is_active=True)
        return self.filter(shown | Q(owner=user, removed_at=None)) if user.is_authenticated else self.filter(shown)

    def indices(self) -> Self:
        return self.filter(owner=None)

    def blends_of(self, user: Any) -> Self:
        """Those that were not removed."""
        return self.filter(owner=user, removed_at=None) if user.is_authenticated else self.none()

    def with_instruments(self) -> Self:
        """The instruments of indices and their twins in the same query, the parts of blends in one more."""
        parts = self.model._meta.get_field("parts").related_model._default_manager.select_related("instrument__listing__twin")
        return self.select_related("instrument", "twin").prefetch_related(Prefetch("parts", parts))
