"""Everybody's instruments: described, renamed on a day, and two that are one merged."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from market.admin.common import Shared
from market.models import Instrument
from market.selectors.merges import UNDO_DAYS
from market.services import listing
from market.signals import meaning_changed
from portfolio_site.kernel.errors import DomainError


class InstrumentForm(forms.ModelForm):  # type: ignore[type-arg]
    since = forms.DateField(
        required=False,
        label="Symbol changed on",
        help_text="Where you change the symbol: the first day of the new one; empty for today. Ledgers, prices and holdings stay as they are.",
    )

    class Meta:
        model = Instrument
        exclude = ("owner",)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        others = Instrument.objects.filter(owner=None, symbol=values.get("symbol", ""), exchange=values.get("exchange", ""))
        if (taken := others.exclude(pk=self.instance.pk).first()) is not None:
            raise ValidationError({"symbol": f"{taken} has this symbol at this exchange. If the two are one, merge them in the list."})
        return values


@admin.register(Instrument)
class InstrumentAdmin(Shared):
    form = InstrumentForm
    owner_path = "owner"
    list_display = ("symbol", "name", "asset_class", "currency", "exchange", "isin", "sector", "country", "provider")
    list_filter = ("asset_class", "currency", "provider", "exchange", "sector")
    search_fields = ("symbol", "name", "isin")
    ordering = ("symbol",)
    readonly_fields = ("prices_version", "created_at")
    actions = ("merge",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What an instrument is follows the sources; an administrator's word goes under Classifications, where it wins over them."""
        return self.readonly_fields if obj is None else ("sector", "industry", "country", "region", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        wanted = obj.symbol
        if change:
            obj.symbol = form.initial["symbol"]
        super().save_model(request, obj, form, change)
        if change and {"currency", "price_factor"} & set(form.changed_data):
            meaning_changed.send(Instrument, instrument_id=obj.pk)
        if change and wanted != obj.symbol:
            since = form.cleaned_data.get("since") or timezone.localdate()
            obj.symbol = listing.rename_instrument(request.user, obj, wanted, since).symbol

    @admin.action(description="Merge two instruments that are one", permissions=["work"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Asks which of the two stays, with what names each; then rings the job."""
        chosen = list(queryset.order_by("pk")[:3])
        if len(chosen) != 2:
            self.message_user(request, "Choose two instruments.", messages.ERROR)
            return None
        stays = next((one for one in chosen if str(one.pk) == request.POST.get("stays")), None)
        if stays is None:
            counts = listing.counted([one.pk for one in chosen])
            ways = [(one, other, counts[other.pk]) for one, other in (chosen, chosen[::-1])]
            context = {**self.admin_site.each_context(request), "title": "Merge two instruments", "ways": ways, "days": UNDO_DAYS, "opts": self.opts}
            return TemplateResponse(request, "admin/market/merge.html", context)
        goes = next(one for one in chosen if one != stays)
        try:
            number = listing.start_merge(request.user, stays, goes)
        except DomainError as problem:
            self.message_user(request, problem.detail, messages.ERROR)
            return None
        return redirect("admin:market_instrumentmerge_change", number)
