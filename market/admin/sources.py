"""Sources: how they do, what they call instruments, and what they sent that was not believed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from market.admin.common import Shared
from market.choices import Verdict
from market.models import SourceSymbol, Suspect
from market.providers.registry import title_of
from market.services.feeds import source_names
from market.services.listing import name_at_source
from market.services.status import sources_status, try_source_again
from market.services.suspects import settle_suspect
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import DomainError


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    source = forms.ChoiceField(choices=source_names)
    since = forms.DateField(
        required=False,
        label="Means it since",
        help_text="The first day on which the source means this instrument by the symbol; empty for today. What stood there before ends on that day.",
    )

    class Meta:
        model = SourceSymbol
        fields = ("instrument", "source", "symbol", "currency", "until", "state", "retry_at", "history_retry_at")

    def _get_validation_exclusions(self) -> set[str]:
        """A name that is taken may be given to another instrument: the service ends the one before."""
        found: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return found | {"symbol"}


@admin.register(SourceSymbol)
class SourceSymbolAdmin(Shared):
    """Names of instruments at sources; the status of the sources hangs below it, at `status/`."""

    form = NameForm
    list_display = ("instrument", "source", "symbol", "state", "retry_at", "asked_at", "history_at", "detail")
    list_filter = ("state", "source")
    list_select_related = ("instrument",)
    search_fields = ("=symbol", "=instrument__symbol", "instrument__name")
    autocomplete_fields = ("instrument",)
    readonly_fields = ("asked_at", "history_at", "profile_at", "detail")
    ordering = ("-instrument_id", "source")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else ("instrument", "source", *self.readonly_fields)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A symbol that is overridden ends on a day, and stays; one that ended is written down as it is."""
        if obj.until is not None or (change and "symbol" not in form.changed_data):
            super().save_model(request, obj, form, change)
            return
        since = form.cleaned_data.get("since") or timezone.localdate()
        obj.pk = name_at_source(request.user, obj.instrument, obj.source, obj.symbol, since, currency=obj.currency).pk

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("status/", view(require_GET(self.status)), name="market_sources"),
            path("status/again/", view(require_POST(self.try_again)), name="market_sources_again"),
            *super().get_urls(),
        ]

    def status(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = sources_status()
        streams = [one for one in found if one.has_stream]
        context = {
            **self.admin_site.each_context(request),
            "title": "Sources of prices",
            "sources": found,
            "streams": streams,
            "may_try": self.has_work_permission(request),
        }
        return TemplateResponse(request, "admin/market/sources.html", context)

    def try_again(self, request: HttpRequest) -> HttpResponse:
        name = request.POST.get("source", "")
        try_source_again(request.user, name)
        messages.success(request, f"{title_of(name)} is asked again from now on.")
        return redirect("admin:market_sources")


class Open(admin.SimpleListFilter):
    """Those not settled, unless another verdict is chosen."""

    title, parameter_name = "verdict", "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(Verdict.ACCEPTED.value, str(Verdict.ACCEPTED.label)), (Verdict.REFUSED.value, str(Verdict.REFUSED.label)), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": Verdict.OPEN.label}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(verdict=self.value() or Verdict.OPEN)


@admin.register(Suspect)
class SuspectAdmin(Shared):
    """Settled by the two actions of the list; nothing is written by hand."""

    list_display = ("instrument", "kind", "day", "shown_price", "shown_before", "currency", "source", "reason", "verdict", "settled_by")
    list_filter = (Open, "kind", "reason", "source")
    list_select_related = ("instrument", "settled_by")
    search_fields = ("=instrument__symbol", "instrument__name", "=instrument__isin")
    ordering = ("-found_at", "-id")
    actions = ("accept", "refuse")

    @admin.display(description="came")
    def shown_price(self, row: Suspect) -> str:
        return plain(row.price)

    @admin.display(description="held against")
    def shown_before(self, row: Suspect) -> str:
        return "" if row.before is None else plain(row.before)

    @admin.display(description="currency")
    def currency(self, row: Suspect) -> str:
        return row.instrument.currency

    @admin.action(description="Accept: the price is meant, and in the instrument’s currency", permissions=["work"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._settle(request, queryset, accept=True)

    @admin.action(description="Refuse: the price is not meant", permissions=["work"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._settle(request, queryset, accept=False)

    def _settle(self, request: HttpRequest, queryset: QuerySet[Any], *, accept: bool) -> None:
        """Each by itself: what cannot be settled is told and keeps none of the others back."""
        done = 0
        for pk, name in list(queryset.values_list("pk", "instrument__symbol")):
            try:
                settle_suspect(request.user, pk, accept)
                done += 1
            except DomainError as problem:
                messages.error(request, f"{name}: {problem.detail}")
        if done:
            messages.success(request, f"{done} {'price was' if done == 1 else 'prices were'} {'accepted' if accept else 'refused'}.")
