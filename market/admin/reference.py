"""What instruments are: what each source says, where they disagree, and the word that wins over them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from market import services
from market.admin.common import Shared
from market.choices import Dimension
from market.forms.classification import PartsField
from market.models import Classification, FundWeight, SourceProfile
from market.selectors.classification import FIELDS
from portfolio_site.kernel.errors import Invalid
from portfolio_site.web import writing
from portfolio_site.web.administration import InlineByRole


class Conflicts(admin.SimpleListFilter):
    """Those that say something else than what stands."""

    title, parameter_name = "agreement", "agreement"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("conflict", "Says something else than what stands"), ("unknown", "Has a word for the sector that is none of ours")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "conflict":
            return queryset.filter(pk__in=SourceProfile.objects.in_conflict().values("pk"))
        return queryset.exclude(said_sector="") if self.value() == "unknown" else queryset


class PartsInline(InlineByRole, admin.TabularInline):  # type: ignore[type-arg]
    model = FundWeight
    fields = readonly_fields = ("dimension", "name", "weight")
    extra, can_delete = 0, False


@admin.register(SourceProfile)
class SourceProfileAdmin(Shared):
    """What stands is beside what the source says; it is decided by a classification for everybody."""

    list_display = ("instrument", "source", "asset_class", "sector", "said_sector", "stands", "country", "stands_country", "isin", "fetched_at")
    list_filter = (Conflicts, "source", "sector")
    list_select_related = ("instrument",)
    search_fields = ("=instrument__symbol", "instrument__name", "=isin")
    ordering = ("instrument", "source")
    inlines = (PartsInline,)

    @admin.display(description="sector that stands")
    def stands(self, row: SourceProfile) -> str:
        return row.instrument.sector

    @admin.display(description="country that stands")
    def stands_country(self, row: SourceProfile) -> str:
        return row.instrument.country


class WordForm(forms.ModelForm):  # type: ignore[type-arg]
    """The service judges what is written while the form is checked, and nothing stays of that."""

    parts_sector = PartsField(label="Parts by sector", help_text="A name and its part in percent on each line.")
    parts_country = PartsField(label="Parts by country")
    parts_region = PartsField(label="Parts by region")
    parts_asset_class = PartsField(label="Parts by class")
    parts_holding = PartsField(label="Largest holdings")

    class Meta:
        model = Classification
        fields = ("instrument", *FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in self.instance.weights.all() if self.instance.pk else ():
            place = f"parts_{one.dimension}"
            line = f"{one.key or one.name} {writing.typed((one.weight * 100).normalize())}"
            self.initial[place] = f"{self.initial[place]}\n{line}" if place in self.initial else line

    def weights(self) -> dict[str, list[tuple[str, Decimal]]]:
        return {one.value: found for one in Dimension if (found := self.cleaned_data.get(f"parts_{one.value}"))}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        try:
            services.check_classification({name: values.get(name) or "" for name in FIELDS}, self.weights())
        except Invalid as problem:
            for error in problem.errors:
                place = f"parts_{error.field.split('.')[1]}" if error.field.startswith("weights.") else error.field
                self.add_error(place if place in self.fields else None, ValidationError(error.detail))
        return values


@admin.register(Classification)
class ClassificationAdmin(Shared):
    """What an administrator says for everybody; with every field blank the sources' words stand again."""

    form = WordForm
    owner_path = "owner"
    list_display = ("instrument", "asset_class", "sector", "industry", "country", "region", "changed_at")
    list_select_related = ("instrument",)
    search_fields = ("=instrument__symbol", "instrument__name")
    autocomplete_fields = ("instrument",)
    ordering = ("-changed_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("instrument",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        words = {name: form.cleaned_data.get(name) or "" for name in FIELDS}
        with transaction.atomic():
            obj.pk = services.classify_for_everybody(request.user, obj.instrument, weights=form.weights(), **words).pk
        if not any(words.values()) and not form.weights():
            messages.info(request, "Nothing is said any more: the sources’ words stand again.")
