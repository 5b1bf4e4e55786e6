"""What an instrument is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from market.choices import AssetClass, Dimension
from market.classes import REGIONS
from market.models import Instrument
from market.selectors import Classification
from market.shapes.detail import InstrumentDetailSerializer
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.serializers import ExactField


class FundPartSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(read_only=True, help_text="What it is counted under; empty for a source's word that no list has.")
    name = serializers.CharField(max_length=200)
    weight = ExactField(help_text="A fraction of the fund: 0.25 is a quarter.")


class WeightsSerializer(serializers.Serializer[Any]):
    """The parts of a fund by one dimension; `unclassified` is what is missing to the whole."""

    dimension = serializers.ChoiceField(choices=Dimension.choices)
    parts = FundPartSerializer(many=True)
    unclassified = ExactField(read_only=True)


class SourceOfFields(serializers.Serializer[Any]):
    """Whose word each is: source, administrator or own; empty where nobody tells."""

    asset_class = serializers.CharField()
    sector = serializers.CharField()
    industry = serializers.CharField()
    country = serializers.CharField()
    region = serializers.CharField()
    weights = serializers.DictField(child=serializers.CharField(), help_text="by dimension")


class ClassificationSerializer(serializers.Serializer[Any]):
    """What an instrument is to the caller; what nobody tells is empty."""

    asset_class = serializers.CharField()
    sector = serializers.CharField()
    industry = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1, two letters")
    region = serializers.CharField()
    weights = WeightsSerializer(many=True)
    classification_source = SourceOfFields()
    said_sector = serializers.CharField(help_text="A source's word, where no sector of the list stands for it.")


class ClassifiedInstrumentSerializer(InstrumentDetailSerializer):
    """An instrument as it is to the caller, with the parts of a fund and whose word each is.  Needs `told` in the context."""

    asset_class = serializers.SerializerMethodField()
    sector = serializers.SerializerMethodField()
    industry = serializers.SerializerMethodField()
    country = serializers.SerializerMethodField()
    region = serializers.SerializerMethodField()
    weights = serializers.SerializerMethodField()
    classification_source = serializers.SerializerMethodField()

    class Meta(InstrumentDetailSerializer.Meta):
        fields = (*InstrumentDetailSerializer.Meta.fields, "weights", "classification_source")  # type: ignore[assignment]

    def _told(self) -> Classification:
        found: Classification = self.context["told"]
        return found

    def get_asset_class(self, instrument: Instrument) -> str:
        return self._told().asset_class

    def get_sector(self, instrument: Instrument) -> str:
        return self._told().sector

    def get_industry(self, instrument: Instrument) -> str:
        return self._told().industry

    def get_country(self, instrument: Instrument) -> str:
        return self._told().country

    def get_region(self, instrument: Instrument) -> str:
        return self._told().region

    @extend_schema_field(WeightsSerializer(many=True))
    def get_weights(self, instrument: Instrument) -> list[dict[str, Any]]:
        return weights_of(self._told())

    @extend_schema_field(SourceOfFields)
    def get_classification_source(self, instrument: Instrument) -> dict[str, Any]:
        return told_by_of(self._told())


class PartWanted(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    weight = ExactField()


class WeightsWanted(serializers.Serializer[Any]):
    """Parts of a fund; at most the whole, at most 50.  The rest is unclassified."""

    dimension = serializers.ChoiceField(choices=Dimension.choices)
    parts = PartWanted(many=True)


class ClassificationWanted(serializers.Serializer[Any]):
    """What the caller says of an instrument, as a whole: what is left out or blank is as others tell it."""

    asset_class = serializers.ChoiceField(choices=AssetClass.choices, allow_blank=True, default="")
    sector = serializers.CharField(max_length=60, allow_blank=True, default="")
    industry = serializers.CharField(max_length=80, allow_blank=True, default="")
    country = serializers.CharField(max_length=80, allow_blank=True, default="", help_text="Two letters, or an English name.")
    region = serializers.ChoiceField(choices=REGIONS, allow_blank=True, default="")
    weights = WeightsWanted(many=True, default=list)

    def validate_weights(self, rows: list[dict[str, Any]]) -> dict[str, list[tuple[str, Decimal]]]:
        found: dict[str, list[tuple[str, Decimal]]] = {}
        for row in rows:
            if row["dimension"] in found:
                raise serializers.ValidationError(f"The parts by {row['dimension']} are given twice.")
            found[row["dimension"]] = [(part["name"], part["weight"]) for part in row["parts"]]
        return found


def told_classification(told: Classification) -> dict[str, Any]:
    """A classification as the API tells it."""
    words = {name: getattr(told, name) for name in ("asset_class", "sector", "industry", "country", "region", "said_sector")}
    return words | {"weights": weights_of(told), "classification_source": told_by_of(told)}


def weights_of(told: Classification) -> list[dict[str, Any]]:
    return [
        {
            "dimension": dimension.value,
            "parts": [{"key": part.key, "name": part.name, "weight": plain(part.weight)} for part in parts],
            "unclassified": plain(told.untold(dimension)),
        }
        for dimension, parts in told.weights.items()
    ]


def told_by_of(told: Classification) -> dict[str, Any]:
    words = {name: teller.value for name, teller in told.told_by.items() if not name.endswith("_weights")}
    return words | {"weights": {dimension.value: told.told_by[f"{dimension.value}_weights"].value for dimension in told.weights}}
