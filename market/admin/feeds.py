"""Addresses of prices: set up, tried, removed.  A secret is typed once, and never shown again."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from market.admin.common import Checked
from market.models import UrlFeed
from market.providers.registry import title_of
from market.services import feeds
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.administration import ByRole

DELIMITERS = ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Bar"))
_FIELDS = (
    "name",
    "active",
    "place",
    "rank",
    "address",
    "header",
    "kind",
    "rows",
    "price",
    "day",
    "time",
    "currency",
    "factor",
    "delimiter",
    "comma",
    "calls_a_minute",
    "calls_a_day",
)
_HELP = {
    "name": "Small letters, digits and _. Prices carry it, so that it cannot be changed later; people see house_prices as House prices.",
    "active": "Try it first. What is off is asked for no price.",
    "rank": "Among those of the same place the lowest is asked first.",
    "address": "With {symbol} where the symbol goes, and {secret} where the secret does, such as https://prices.example/{symbol}.json?key={secret}.",
    "header": "Where the secret goes into a header: its name, such as X-Api-Key.",
    "rows": "JSON: the path of the list of rows, such as data.items. Empty where the answer is one price.",
    "price": "JSON: the path of the price, within a row where there are rows, such as close or data[0]['last price']. CSV: the name of the column.",
    "day": "Where the date of a row stands. With it there are daily prices as well, and the newest day is the price of now.",
    "time": "Where the time of the price stands, if there is no day. Empty: the time at which it was asked.",
    "currency": "Of its prices, such as EUR; GBp for pence.",
    "factor": "What its number is multiplied with: 1, or 0.01 for a price in percent. Pence are seen to by the currency.",
    "comma": "CSV: numbers are written 1.234,56.",
    "calls_a_day": "Empty: no limit of the day.",
}


class FeedForm(Checked):
    names: ClassVar[dict[str, str]] = {name: name for name in (*_FIELDS, "secret")}

    secret = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Sealed where it is stored, and never shown again. Empty keeps the one that is there.",
    )
    forget_secret = forms.BooleanField(required=False, label="Forget the secret that is there")
    delimiter = forms.ChoiceField(choices=DELIMITERS, initial=",", help_text="CSV: what stands between two fields.")

    class Meta:
        model = UrlFeed
        fields = _FIELDS
        help_texts = _HELP
        widgets: ClassVar[dict[str, Any]] = {"address": forms.TextInput(attrs={"class": "vTextField", "spellcheck": "false"})}

    @property
    def typed(self) -> str | None:
        """The secret to be stored; None keeps the one that is there."""
        if self.cleaned_data.get("secret"):
            return str(self.cleaned_data["secret"])
        return "" if self.cleaned_data.get("forget_secret") else None

    def check_by_service(self, values: dict[str, Any]) -> None:
        fields = {name: values[name] for name in _FIELDS if name in values}
        secret = self.instance.secret if self.typed is None else self.typed
        feeds.check_feed(UrlFeed(**{"name": self.instance.name} | fields, secret=secret))


@admin.register(UrlFeed)
class UrlFeedAdmin(ByRole):
    form = FeedForm
    change_form_template = "admin/market/feed.html"
    list_display = ("name", "called", "active", "place", "rank", "kind", "currency")
    list_filter = ("active", "place", "kind")
    search_fields = ("name", "address")
    ordering = ("place", "rank", "name")
    fieldsets = (
        (None, {"fields": ("name", "active", "place", "rank")}),
        ("Where it is", {"fields": ("address", "header", "secret", "forget_secret")}),
        ("How it is read", {"fields": ("kind", "rows", "price", "day", "time", "currency", "factor", "delimiter", "comma")}),
        ("How often", {"fields": ("calls_a_minute", "calls_a_day")}),
    )

    @admin.display(description="called")
    def called(self, row: UrlFeed) -> str:
        return title_of(row.name)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The box of the secret is for typing one; a page that is only looked at would show the one that is there."""
        boxes = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj):
            return boxes
        return [(title, {**box, "fields": [name for name in box["fields"] if name not in {"secret", "forget_secret"}]}) for title, box in boxes]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("name",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        feeds.set_up_feed(request.user, obj, secret=form.typed)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        feeds.remove_feed(request.user, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            feeds.remove_feed(request.user, row)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_http_methods(["GET", "POST"])(self.try_it))
        return [path("<int:pk>/try/", view, name="market_urlfeed_try"), *super().get_urls()]

    def try_it(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks for a symbol, rings the job, and looks again each second until it is done.  Nothing is stored."""
        row = get_object_or_404(UrlFeed, pk=pk)
        if not self.has_work_permission(request):
            raise PermissionDenied
        here = reverse("admin:market_urlfeed_try", args=[pk])
        try:
            if request.method == "POST":
                number = feeds.begin_trial(request.user, row, request.POST.get("symbol", ""))
                return redirect(f"{here}?number={number}")
            number = request.GET.get("number", "")
            told = feeds.trial(number) if number else None
        except DomainError as problem:
            messages.error(request, problem.detail)
            return redirect(here)
        if told is not None and told.feed_id != pk:
            return redirect(here)
        context = {**self.admin_site.each_context(request), "title": f"Try {title_of(row.name)}", "opts": self.opts, "row": row, "told": told}
        return TemplateResponse(request, "admin/market/feed_try.html", context)
