"""What API calls about figures share: days that are asked for, numbers in answers, and what is said of those that are weak or missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from portfolio_site.kernel.dates import EARLIEST, no_day
from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.moments import moment_of
from portfolio_site.web.serializers import UndefinedSerializer

AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="the day looked at; where missing, now")
KNOWN_AT = OpenApiParameter(
    "known_at", OpenApiTypes.STR, description="what was recorded by then: a day (its end) or a moment with offset; where missing, all that is known"
)


class ToldSerializer(serializers.Serializer[Any]):
    """What an answer with figures says of them."""

    undefined = UndefinedSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


class Told:
    """Turns figures into numbers of an answer, and keeps what is undefined or weak of them."""

    def __init__(self, warnings: Sequence[str] = ()) -> None:
        self.undefined: list[dict[str, str]] = []
        self.warnings = list(dict.fromkeys(warnings))

    def __call__(self, name: str, figure: Figure) -> Decimal | None:
        """All digits of an exact number; money of daily series to 14 digits, without the noise of binary fractions; of any other
        float the shortest decimal that reads back as the same float."""
        if figure.value is None:
            self.undefined.append({"figure": name, "reason": figure.why_not})
            return None
        stale = [] if figure.stale_since is None else [f"{name} rests on a price or rate of {figure.stale_since.isoformat()}."]
        self.warnings += [said for said in (*figure.warnings, *stale) if said not in self.warnings]
        if isinstance(figure.value, Decimal):
            return figure.value
        return Decimal(f"{figure.value:.14g}" if figure.unit is Unit.MONEY else repr(figure.value))

    def percent(self, name: str, figure: Figure) -> Decimal | None:
        """A fraction as per cent, exact."""
        value = self(name, figure)
        return None if value is None else EXACT.multiply(value, Decimal(100))

    def told(self) -> dict[str, Any]:
        return {"undefined": self.undefined, "warnings": self.warnings}


def refuse(field: str, words: str, code: str = "invalid") -> serializers.ValidationError:
    """400 for one field."""
    return serializers.ValidationError({field: [serializers.ErrorDetail(words, code=code)]})


def unknown_fields(data: Any, known: Iterable[str]) -> dict[str, list[serializers.ErrorDetail]]:
    """The refusal of each field of a body that has none of these names; empty where there is none."""
    said = [serializers.ErrorDetail("There is no field of this name. See the documentation for the names.", code="unknown_field")]
    names = set(known)
    return {str(name)[:60]: said for name in data if name not in names} if isinstance(data, Mapping) else {}


# A body whose unknown fields are refused beside what else is wrong: a slip of the pen must not count as leaving it out.  (No
# docstring: the schema would describe every shape by it.)
class KnownFields(serializers.Serializer[Any]):
    told: frozenset[str] = frozenset()  # what the same address answers with: it may be sent back as it was read, and changes nothing

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        wrong: dict[str, Any] = unknown_fields(data, (*self.fields, *self.told)) if self._may_have_others(data) else {}
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as refused:
            raise serializers.ValidationError({**wrong, **refused.detail} if isinstance(refused.detail, dict) else refused.detail) from None
        if wrong:
            raise serializers.ValidationError(wrong)
        return values

    def _may_have_others(self, data: Any) -> bool:
        return isinstance(data, Mapping) and any(name not in self.fields and name not in self.told for name in data)


def read(shape: type[serializers.Serializer[Any]], data: Any, *, also: Iterable[str] = ()) -> dict[str, Any]:
    """What a body says.  Raises ValidationError, also for a field that is none of the shape: a slip of the pen must not count as
    leaving it out.  `also` names what is told by the same address, and may be sent back as it was read."""
    reader = shape(data=data)
    if wrong := unknown_fields(data, (*reader.fields, *also)):
        raise serializers.ValidationError(wrong)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


_ALWAYS = frozenset({"lang", "format"})
_ON = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}


def only_parameters(request: Request, known: Iterable[OpenApiParameter]) -> None:
    """Raises ValidationError for a parameter that the endpoint does not have: what was meant to narrow an answer is not left out in silence."""
    only_names(request, [one.name for one in known if one.location == OpenApiParameter.QUERY])


def only_names(request: Request, names: Iterable[str]) -> None:
    """`only_parameters`, where they stand in a serializer."""
    known = list(names)
    for given in request.query_params:
        if given not in known and given not in _ALWAYS:
            raise refuse(given[:60], f"There is no parameter of this name here. Use {', '.join(known) or 'none'}.", "unknown_parameter")


def word_of_query(request: Request, name: str, words: Sequence[str]) -> str:
    """Which of some words is asked for, blank where none is.  Raises ValidationError."""
    given: str = request.query_params.get(name, "").strip().lower()
    if given and given not in words:
        raise refuse(name, f"Use one of: {', '.join(words)}.")
    return given


def switch_of_query(request: Request, name: str) -> bool:
    """Whether a switch of the query string is on; off where it is missing.  Raises ValidationError."""
    given = request.query_params.get(name, "").lower()
    if given not in _ON:
        raise refuse(name, "Write true or false.")
    return _ON[given]


def checked_day(day: date, name: str, *, future: bool = False) -> date:
    """The day, where figures can be told of it: not before 1900, nor, unless `future`, after today.  Raises ValidationError."""
    if day < EARLIEST:
        raise refuse(name, f"{day.isoformat()} is before {EARLIEST.year}. Check the year.", "too_early")
    if not future and day > timezone.localdate():
        raise refuse(name, f"{day.isoformat()} is a day to come. Give one up to today.", "future_date")
    return day


def day_of_query(request: Request, name: str, *, future: bool = False) -> date | None:
    """The day in the query string, None where it is missing; `future`: a day to come may be asked for.  Raises ValidationError."""
    given = request.query_params.get(name)
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise refuse(name, no_day(given)) from None
    return checked_day(day, name, future=future)


def moment_of_query(request: Request, name: str) -> datetime | None:
    """The moment in the query string, None where it is missing or still to come: then all that is known counts.  Raises ValidationError."""
    given = request.query_params.get(name)
    if not given:
        return None
    try:
        return moment_of(given)
    except (ValueError, OverflowError):
        raise refuse(name, "Write a day like 2026-03-31, or a moment like 2026-03-31T14:00:00+02:00.") from None
