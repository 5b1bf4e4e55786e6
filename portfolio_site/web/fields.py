"""Exact decimals in both databases.

Django's DecimalField stores floating point on SQLite: 15 digits survive.  ExactDecimalField stores text there and
numeric(38, 18) on PostgreSQL, refuses to round, and cannot hold NaN or infinity on either.  Text does not sort as numbers,
so look-ups that compare sizes are refused; amounts are compared and summed in Python.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from portfolio_site.kernel.decimals import DIGITS, PLACES, NotExact, exact, plain
from portfolio_site.web import writing

_ALLOWED_LOOKUPS = frozenset({"exact", "in", "isnull"})


def _stored(value: Decimal) -> str:
    """All 18 places, so that equal numbers are equal text."""
    return f"{value:.{PLACES}f}"


def exact_or_none(value: Any) -> Decimal | None:
    """What forms and model fields make of a value.  Raises ValidationError where it is no exact decimal."""
    if value is None:
        return None
    try:
        return exact(value)
    except NotExact as problem:
        raise ValidationError(str(problem), code="invalid") from None


class ExactFormField(forms.Field):
    """Reads a number as the person's locale writes it; never rounds it.  Shows it as it reads it back."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "class": "input input--num", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return writing.typed(value) if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, str):
            try:
                value = writing.read(value)
            except writing.Unreadable as problem:
                raise ValidationError(str(problem), code="invalid") from None
        return exact_or_none(None if value in self.empty_values else value)


if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field  # generic to the type checker only


class ExactDecimalField(_Field):
    """A decimal with at most 18 places and 38 digits, kept to the last digit."""

    description = "Exact decimal (38 digits, 18 places)"
    empty_strings_allowed = False

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return f"numeric({DIGITS}, {PLACES})" if connection.vendor == "postgresql" else "text"

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        column = connection.ops.quote_name(self.column or "")
        if connection.vendor == "postgresql":
            return f"{column} <> 'NaN'::numeric"
        return f"{column} IS NULL OR ({column} GLOB '*[0-9].{'[0-9]' * PLACES}' AND {column} NOT GLOB '*[^0-9.-]*')"

    def to_python(self, value: Any) -> Decimal | None:
        return exact_or_none(value)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Decimal | None:
        return None if value is None else exact(Decimal(value))

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return None if value is None else exact(value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if not prepared:
            value = self.get_prep_value(value)
        if value is None:
            return None
        return value if connection.vendor == "postgresql" else _stored(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in _ALLOWED_LOOKUPS:
            raise FieldError(f"{self.name}: exact decimals are compared in Python, not by “{lookup_name}” in the database.")
        return super().get_lookup(lookup_name)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else plain(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": ExactFormField, **kwargs})
