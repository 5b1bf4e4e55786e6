"""Exchange rates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from market import services
from market.admin.common import MANUAL, Checked, Shared
from market.models import FxRate
from market.providers.base import RateRow
from portfolio_site.kernel.decimals import plain


class RateForm(Checked):
    names: ClassVar[dict[str, str]] = {"date": "day", "quote": "quote", "rate": "rate"}

    class Meta:
        model = FxRate
        fields = ("quote", "day", "rate")

    def check_by_service(self, values: dict[str, Any]) -> None:
        stored = {"day": self.instance.day, "quote": self.instance.quote} | values
        services.check_rates([RateRow("EUR", stored["quote"], stored["day"], stored["rate"], MANUAL)])


@admin.register(FxRate)
class FxRateAdmin(Shared):
    owner_path = "owner"
    form = RateForm
    list_display = ("quote", "day", "shown_rate", "source", "simulated")
    list_filter = ("simulated", "source", "quote")
    search_fields = ("=quote", "=day")
    ordering = ("-quote", "-day")

    @admin.display(description="units for one EUR")
    def shown_rate(self, row: FxRate) -> str:
        return plain(row.rate)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("quote", "day")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.ingest_rates([RateRow("EUR", obj.quote, obj.day, obj.rate, MANUAL)])
        obj.pk = FxRate.objects.reference().get(base="EUR", quote=obj.quote, day=obj.day).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, FxRate.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        touched: Iterable[str] = set(queryset.order_by().values_list("quote", flat=True))
        queryset.delete()
        services.rebuild_fx_columns(touched)
