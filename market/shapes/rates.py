"""Exchange rates."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from market import services
from portfolio_site.web.serializers import CurrencyField, DayField, ExactField


class RateSerializer(serializers.Serializer[Any]):
    """Units of `quote` for one `base`.  `date` is the day of the rate, at most seven days before the day asked for."""

    base = serializers.CharField()
    quote = serializers.CharField()
    date = serializers.DateField()
    asked = serializers.DateField()
    rate = ExactField()
    source = serializers.CharField()  # type: ignore[assignment]
    simulated = serializers.BooleanField()


class RateQuery(serializers.Serializer[Any]):
    date = DayField(required=False)


class OwnRate(serializers.Serializer[Any]):
    base = CurrencyField()
    quote = CurrencyField()
    date = serializers.DateField()
    rate = ExactField()


class OwnRates(serializers.Serializer[Any]):
    rates = OwnRate(many=True, allow_empty=False, max_length=services.MOST_ROWS)  # type: ignore[call-arg]


class Count(serializers.Serializer[Any]):
    count = serializers.IntegerField()
