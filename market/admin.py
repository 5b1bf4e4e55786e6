"""The market in the administration: what exists, its prices and rates, with search and filters.

Prices and rates are changed through the services, which keep packed columns and versions in step.  What belongs to a person
(their own instruments, prices and rates) is not shown here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from market import services
from market.models import CorporateAction, FxRate, Instrument, Price, Quote
from market.providers.base import PriceRow, RateRow
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import Invalid

MANUAL = "manual"  # the source of what an administrator enters


class _Shared(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows without an owner."""

    show_full_result_count = False
    list_per_page = 50
    owner_path = "instrument__owner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(**{f"{self.owner_path}__isnull": True})


@admin.register(Instrument)
class InstrumentAdmin(_Shared):
    owner_path = "owner"
    list_display = ("symbol", "name", "asset_class", "currency", "exchange", "isin", "sector", "country", "provider")
    list_filter = ("asset_class", "currency", "provider", "exchange", "sector")
    search_fields = ("symbol", "name", "isin")
    ordering = ("symbol",)
    exclude = ("owner",)
    readonly_fields = ("prices_version", "created_at")


class _Checked(forms.ModelForm):  # type: ignore[type-arg]
    """Tells what the service would refuse, at the field it names."""

    names: ClassVar[dict[str, str]] = {}

    def check_by_service(self, values: dict[str, Any]) -> None:
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        try:
            self.check_by_service(values)
        except Invalid as problem:
            named = {self.names.get(error.field.rsplit(".", 1)[-1], "__all__"): error.detail for error in problem.errors}
            raise ValidationError({name if name in self.fields else "__all__": text for name, text in named.items()}) from None
        return values


class PriceForm(_Checked):
    names: ClassVar[dict[str, str]] = {"date": "day", "close": "close", "open": "open", "high": "high", "low": "low", "volume": "volume"}

    class Meta:
        model = Price
        fields = ("instrument", "day", "open", "high", "low", "close", "volume")

    def check_by_service(self, values: dict[str, Any]) -> None:
        services.check_prices([_price_row({"day": self.instance.day} | values)])


def _price_row(values: dict[str, Any]) -> PriceRow:
    return PriceRow(values["day"], values["close"], values.get("open"), values.get("high"), values.get("low"), values.get("volume"))


class RateForm(_Checked):
    names: ClassVar[dict[str, str]] = {"date": "day", "quote": "quote", "rate": "rate"}

    class Meta:
        model = FxRate
        fields = ("quote", "day", "rate")

    def check_by_service(self, values: dict[str, Any]) -> None:
        stored = {"day": self.instance.day, "quote": self.instance.quote} | values
        services.check_rates([RateRow("EUR", stored["quote"], stored["day"], stored["rate"], MANUAL)])


@admin.register(Price)
class PriceAdmin(_Shared):
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


@admin.register(FxRate)
class FxRateAdmin(_Shared):
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


@admin.register(Quote)
class QuoteAdmin(_Shared):
    """Looked at only: the next quote would replace what is written here."""

    list_display = ("instrument", "shown_price", "as_of", "source", "quality", "sequence")
    list_filter = ("quality", "source")
    list_select_related = ("instrument",)
    search_fields = ("instrument__symbol", "instrument__name")
    ordering = ("-as_of",)

    @admin.display(description="price")
    def shown_price(self, row: Quote) -> str:
        return plain(row.price)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CorporateAction)
class CorporateActionAdmin(_Shared):
    list_display = ("instrument", "kind", "ex_day", "ratio_new", "ratio_old", "amount", "source")
    list_filter = ("kind", "source")
    list_select_related = ("instrument",)
    search_fields = ("instrument__symbol", "instrument__name")
    autocomplete_fields = ("instrument",)
    ordering = ("-ex_day", "-id")
