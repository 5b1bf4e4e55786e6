"""Instruments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from market import selectors
from market.choices import AssetClass
from market.models import Instrument
from market.shapes.quotes import QuoteSerializer
from portfolio_site.web.serializers import CurrencyField, ExactField, UpperField, WordField


class InstrumentSerializer(serializers.ModelSerializer[Instrument]):
    """An instrument; `own` ones belong to the caller and are seen by nobody else."""

    price_factor = ExactField(read_only=True, help_text="What one unit is worth for a price of 1: 1 for shares, 0.01 × face for bonds.")
    own = serializers.SerializerMethodField()
    source = serializers.CharField(source="provider", help_text="Who prices it; empty where its owner does.")  # type: ignore[assignment]
    quote = serializers.SerializerMethodField()

    class Meta:
        model = Instrument
        fields = (
            "id",
            "symbol",
            "name",
            "asset_class",
            "currency",
            "exchange",
            "isin",
            "price_factor",
            "sector",
            "country",
            "region",
            "own",
            "source",
            "note",
            "quote",
        )

    def to_representation(self, instance: Instrument) -> dict[str, Any]:
        """Where the caller's words were read with it, what it is to the caller."""
        shown: dict[str, Any] = super().to_representation(instance)
        if hasattr(instance, "words_owner"):
            words = selectors.words_on(instance)
            shown |= {name: words.of(instance, name) for name in ("asset_class", "sector", "country", "region")}
        return shown

    def get_own(self, instrument: Instrument) -> bool:
        return instrument.owner_id is not None

    @extend_schema_field(QuoteSerializer(allow_null=True))
    def get_quote(self, instrument: Instrument) -> dict[str, Any] | None:
        quote = getattr(instrument, "quote", None)
        return None if quote is None else dict(QuoteSerializer(selectors.view_of(instrument, quote)).data)


class InstrumentWanted(serializers.Serializer[Any]):
    """An instrument of one's own."""

    symbol = UpperField(max_length=32)
    name = serializers.CharField(max_length=200)
    asset_class = WordField(choices=AssetClass.choices, default=AssetClass.OTHER)
    currency = CurrencyField()
    price_factor = ExactField(default=Decimal(1), help_text="What one unit is worth for a price of 1.")
    exchange = serializers.CharField(max_length=40, allow_blank=True, default="")
    isin = UpperField(max_length=12, allow_blank=True, default="")
    sector = serializers.CharField(max_length=60, allow_blank=True, default="")
    country = UpperField(max_length=2, allow_blank=True, default="")
    region = serializers.CharField(max_length=40, allow_blank=True, default="")


class InstrumentChange(serializers.Serializer[Any]):
    """What may be changed of one's own instrument."""

    symbol = UpperField(max_length=32, required=False)
    name = serializers.CharField(max_length=200, required=False)
    asset_class = WordField(choices=AssetClass.choices, required=False)
    currency = CurrencyField(required=False)
    price_factor = ExactField(required=False)
    exchange = serializers.CharField(max_length=40, allow_blank=True, required=False)
    isin = UpperField(max_length=12, allow_blank=True, required=False)
    sector = serializers.CharField(max_length=60, allow_blank=True, required=False)
    country = UpperField(max_length=2, allow_blank=True, required=False)
    region = serializers.CharField(max_length=40, allow_blank=True, required=False)


class InstrumentQuery(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=100, required=False, help_text="Start of a symbol or ISIN, or part of a name.")
    asset_class = WordField(choices=AssetClass.choices, required=False)
    currency = CurrencyField(required=False)
    own = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="true: one's own only; false: everybody's only.")
