"""Watchlists and the rows of their instruments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from market import services
from market.selectors import ListedInstrument
from market.shapes.quotes import QuoteSerializer
from portfolio_site.web.answers import Told, ToldSerializer
from portfolio_site.web.serializers import ExactField


class ListedSerializer(ToldSerializer):
    """An instrument of a list.  `day_change` is undefined where the newest price is not of the last session; `quote` tells source and age."""

    instrument = serializers.IntegerField(source="id")
    symbol = serializers.CharField()
    name = serializers.CharField()
    asset_class = serializers.CharField()
    currency = serializers.CharField()
    exchange = serializers.CharField()
    own = serializers.BooleanField(source="is_own")
    price = ExactField(allow_null=True, help_text="As quoted, in `currency`.")
    day_change = ExactField(allow_null=True, help_text="In `currency`.")
    day_change_percent = ExactField(allow_null=True, help_text="1.25 is 1.25 %.")
    closes = serializers.ListField(child=ExactField(), help_text="What one unit was worth at the last 30 closes, the oldest first.")
    quote = QuoteSerializer(allow_null=True)


class WatchlistSerializer(serializers.Serializer[Any]):
    """A watchlist; `count`: the instruments on it."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    count = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class WatchlistPage(serializers.Serializer[Any]):
    results = WatchlistSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class WatchlistDetailSerializer(serializers.Serializer[Any]):
    """A watchlist with its instruments, in the person's order."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    instruments = ListedSerializer(many=True)


class WatchlistChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=services.LONGEST_NAME)


class WatchlistWanted(WatchlistChange):
    """A new watchlist, with the instruments of these numbers in their order."""

    instruments = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=10**18 - 1), max_length=services.MOST_WATCHED, required=False, default=list
    )


class Watched(serializers.Serializer[Any]):
    """An instrument, by number or by symbol."""

    instrument = serializers.IntegerField(min_value=1, max_value=10**18 - 1, required=False)
    symbol = serializers.CharField(max_length=60, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("instrument" in attrs) == ("symbol" in attrs):
            raise serializers.ValidationError({"instrument": "Name the instrument by its number or by its symbol."}, code="required")
        return attrs


class PlaceWanted(serializers.Serializer[Any]):
    place = serializers.IntegerField(min_value=1, max_value=services.MOST_WATCHED, help_text="1 is the top; what is past the end is the end.")


def told_row(row: ListedInstrument) -> dict[str, Any]:
    """A row as it is answered."""
    told = Told()
    return {
        "id": row.id,
        "symbol": row.symbol,
        "name": row.name,
        "asset_class": row.asset_class,
        "currency": row.currency,
        "exchange": row.exchange,
        "is_own": row.is_own,
        "price": told("price", row.price),
        "day_change": told("day_change", row.day_change),
        "day_change_percent": told.percent("day_change_percent", row.day_change_fraction),
        "closes": [Decimal(repr(close)) for close in row.closes],
        "quote": row.quote,
        **told.told(),
    }
