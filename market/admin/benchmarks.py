"""The list of indices, and rates without risk.  Blends belong to people and are not shown here."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from market import services
from market.admin.common import MANUAL, Checked, Shared
from market.models import Benchmark, RisklessRate
from market.services import RisklessRow
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.administration import ByRole


class IndexForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Benchmark
        fields = ("name", "instrument", "currency", "kind", "twin", "note", "position", "is_active")
        help_texts: ClassVar[dict[str, str]] = {
            "instrument": "Its prices are fetched though nobody holds it. What sources call it: under Source symbols.",
            "kind": "Whether its level has dividends in it.",
            "twin": "The same index with dividends reinvested, where a source has it; empty where none does.",
            "note": "What one must know, such as which index a fund stands in for.",
            "position": "Its place: lower stands first.",
            "is_active": "Switch it off rather than delete it: one of the first list that is deleted comes back at the next start.",
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        instrument, twin = values.get("instrument"), values.get("twin")
        errors = {}
        if instrument is None and "instrument" not in self.errors:
            errors["instrument"] = "Choose the instrument whose prices it has."
        for name, one in (("instrument", instrument), ("twin", twin)):
            if one is not None and one.owner_id is not None:
                errors[name] = f"{one.symbol} belongs to a person. Choose one of everybody's."
        if instrument is not None and twin == instrument:
            errors["twin"] = "The twin is another instrument. Where the index itself has dividends in it, say so under Kind."
        if instrument is not None and values.get("currency") != instrument.currency:
            errors["currency"] = f"{instrument.symbol} is priced in {instrument.currency}."
        if errors:
            raise ValidationError(errors)
        return values


@admin.register(Benchmark)
class BenchmarkAdmin(Shared):
    owner_path = "owner"
    form = IndexForm
    list_display = ("name", "instrument", "currency", "kind", "twin", "position", "is_active")
    list_filter = ("kind", "is_active", "currency")
    list_select_related = ("instrument", "twin")
    search_fields = ("name", "=instrument__symbol")
    autocomplete_fields = ("instrument", "twin")
    ordering = ("position", "name")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.index_changed(obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.index_changed(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for one in queryset:
            services.index_changed(one)
        super().delete_queryset(request, queryset)


class RisklessForm(Checked):
    names: ClassVar[dict[str, str]] = {"currency": "currency", "day": "day", "percent": "percent", "basis": "basis"}

    class Meta:
        model = RisklessRate
        fields = ("currency", "day", "percent", "basis")
        help_texts: ClassVar[dict[str, str]] = {
            "currency": "Three letters, such as CHF.",
            "day": "The first day on which it holds. It stands until the next rate of the currency.",
            "percent": "A year, in per cent: 2.5 is 2.5 %. Below zero where money cost interest.",
        }

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).strip().upper()

    def check_by_service(self, values: dict[str, Any]) -> None:
        stored = {name: getattr(self.instance, name) for name in ("currency", "day")} | values
        services.check_riskless([RisklessRow(stored["currency"], stored["day"], stored["percent"], stored["basis"])])


@admin.register(RisklessRate)
class RisklessRateAdmin(ByRole):
    """What is entered here wins over what a source publishes for the day, and stands until the next rate."""

    form = RisklessForm
    show_full_result_count = False
    list_per_page = 50
    list_display = ("currency", "day", "shown_percent", "basis", "source", "series")
    list_filter = ("currency", "source", "basis")
    search_fields = ("=currency", "=day")
    ordering = ("currency", "-day")

    @admin.display(description="percent a year")
    def shown_percent(self, row: RisklessRate) -> str:
        return plain(row.percent)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("currency", "day")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.store_riskless([RisklessRow(obj.currency, obj.day, obj.percent, obj.basis, MANUAL)])
        obj.pk = RisklessRate.objects.get(currency=obj.currency, day=obj.day).pk
