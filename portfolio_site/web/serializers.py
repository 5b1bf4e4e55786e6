"""Fields of the API that every app uses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portfolio_site.kernel.dates import no_day
from portfolio_site.kernel.decimals import NotExact, exact, plain
from portfolio_site.kernel.money import Currency, UnknownCurrency


def currency_of(text: str) -> Currency:
    """The currency that a program or person wrote.  Small letters are raised, mixed ones are not: GBp is pence.  Raises UnknownCurrency."""
    return Currency(text.upper() if text.islower() else text)


@extend_schema_field({"type": "string", "format": "decimal", "example": "12.50"})
class ExactField(serializers.Field[Decimal, Any, str, Any]):
    """An exact decimal: text out; text or a JSON number (read as its own text) in.  Never rounded, never NaN or infinite."""

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            return exact(data)
        except NotExact as problem:
            raise serializers.ValidationError(str(problem), code="not_exact") from None

    def to_representation(self, value: Decimal) -> str:
        return plain(value)


class DayField(serializers.DateField):
    """A day like 2026-03-31; what is written so and is no day of the calendar is told apart."""

    def to_internal_value(self, value: Any) -> Any:
        try:
            return super().to_internal_value(value)
        except serializers.ValidationError:
            raise serializers.ValidationError(no_day(value), code="invalid") from None


class WordField(serializers.ChoiceField):
    """One word of a few, in any case; another one is told which there are."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data.strip().lower() if isinstance(data, str) else data)
        except serializers.ValidationError:
            said = f"“{data[:30]}” is none of the choices." if isinstance(data, str) and data.strip() else "Choose one."
            raise serializers.ValidationError(f"{said} Use one of: {', '.join(map(str, self.choices))}.", code="invalid_choice") from None


@extend_schema_field(OpenApiTypes.STR)
class UpperField(serializers.CharField):
    """A code that is written in capitals; small letters are raised."""

    def to_internal_value(self, data: Any) -> str:
        return str(super().to_internal_value(data)).upper()


@extend_schema_field({"type": "string", "minLength": 3, "maxLength": 3, "example": "EUR"})
class CurrencyField(serializers.CharField):
    """A currency code.  “eur” is read as EUR; “GBp” is pence, not pounds, and refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 12, **kwargs})  # a longer code than three letters is told that it is not a currency

    def to_internal_value(self, data: Any) -> str:
        try:
            return currency_of(str(super().to_internal_value(data)))
        except UnknownCurrency as problem:
            raise serializers.ValidationError(str(problem), code="unknown_currency") from None


class UndefinedSerializer(serializers.Serializer[Any]):
    """A figure that is null, and why."""

    figure = serializers.CharField()
    reason = serializers.CharField()
