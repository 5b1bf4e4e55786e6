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


_SENTENCES: dict[type[serializers.Field[Any, Any, Any, Any]], dict[str, str]] = {
    serializers.Field: {"required": "Give this field.", "null": "This cannot be null: give a value, or leave the field out."},
    serializers.BooleanField: {"invalid": "Write true or false."},
    serializers.CharField: {
        "invalid": "Write text.",
        "blank": "Write something here.",
        "max_length": "Write at most {max_length} characters.",
        "min_length": "Write at least {min_length} characters.",
    },
    serializers.IntegerField: {
        "invalid": "Write a whole number.",
        "max_value": "Give a number of at most {max_value}.",
        "min_value": "Give a number of at least {min_value}.",
        "max_string_length": "Give a number with fewer digits.",
    },
    serializers.DateField: {"invalid": "Write the date like 2026-03-31.", "datetime": "Write the date like 2026-03-31, without a time."},
    serializers.DateTimeField: {"invalid": "Write a moment like 2026-03-31T14:00:00+02:00."},
    serializers.ChoiceField: {"invalid_choice": "“{input}” is none of the choices. See the documentation for them."},
    serializers.ListField: {
        "not_a_list": "Give a list: […].",
        "empty": "Give at least one.",
        "min_length": "Give at least {min_length}.",
        "max_length": "Give at most {max_length}.",
    },
    serializers.DictField: {"not_a_dict": "Give an object: {{…}}."},
    serializers.ListSerializer: {"not_a_list": "Give a list: […].", "empty": "Give at least one.", "max_length": "Give at most {max_length}."},
    serializers.Serializer: {"invalid": "Give an object of the fields that are documented: {{…}}."},
}


def speak_plainly() -> None:
    """Has the framework refuse with sentences that say what to do.  Called once, when the site is ready."""
    for field, sentences in _SENTENCES.items():
        field.default_error_messages = {**field.default_error_messages, **sentences}


class UndefinedSerializer(serializers.Serializer[Any]):
    """A figure that is null, and why."""

    figure = serializers.CharField()
    reason = serializers.CharField()
