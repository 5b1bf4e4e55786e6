"""Prices, and the corporate actions between them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from market import services
from market.admin.common import MANUAL, Checked, Shared
from market.models import CorporateAction, Price, Quote
from market.providers.base import PriceRow
from portfolio_site.kernel.decimals import plain


class PriceForm(Checked):
    names: ClassVar[dict[str, str]] = {"date": "day", "close": "close", "open": "open", "high": "high", "low": "low", "volume": "volume"}

    class Meta:
        model = Price
        fields = ("instrument", "day", "open", "high", "low", "close", "volume")

    def check_by_service(self, values: dict[str, Any]) -> None:
        services.check_prices([_price_row({"day": self.instance.day} | values)])


def _price_row(values: dict[str, Any]) -> PriceRow:
    return PriceRow(values["day"], values["close"], values.get("open"), values.get("high"), values.get("low"), values.get("volume"))


@admin.register(Price)
class PriceAdmin(Shared):
    form = PriceForm
    list_display = ("instrument", "day", "shown_close", "volume", "source", "simulated")
    list_filter = ("simulated", "source", "instrument__asset_class")
    list_select_related = ("instrument",)
    search_fields = ("=instrument__symbol", "instrument__name")
    autocomplete_fields = ("instrument",)
    ordering = ("-instrument_id", "-day")  # as the unique index runs: no sorting of the whole table

    @admin.display(description="close")
    def shown_close(self, row: Price) -> str:
        return plain(row.close)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("instrument", "day")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        row = PriceRow(obj.day, obj.close, obj.open, obj.high, obj.low, obj.volume)
        services.ingest_prices(obj.instrument, [row], MANUAL)
        obj.pk = Price.objects.get(instrument=obj.instrument, day=obj.day).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, Price.objects.filter(pk=obj.pk))

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        touched = set(queryset.order_by().values_list("instrument_id", flat=True))
        queryset.delete()
        services.rebuild_columns(touched)


@admin.register(Quote)
class QuoteAdmin(Shared):
    """Looked at only: the next quote would replace what is written here."""

    list_display = ("instrument", "shown_price", "as_of", "source", "quality", "sequence")
    list_filter = ("quality", "source")
    list_select_related = ("instrument",)
    search_fields = ("instrument__symbol", "instrument__name")
    ordering = ("-as_of",)

    @admin.display(description="price")
    def shown_price(self, row: Quote) -> str:
        return plain(row.price)


@admin.register(CorporateAction)
class CorporateActionAdmin(Shared):
    list_display = ("instrument", "kind", "ex_day", "ratio_new", "ratio_old", "amount", "source")
    list_filter = ("kind", "source")
    list_select_related = ("instrument",)
    search_fields = ("instrument__symbol", "instrument__name")
    autocomplete_fields = ("instrument",)
    ordering = ("-ex_day", "-id")
