"""Many portfolios in one call."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.selectors.batch import MOST_PORTFOLIOS, Batch, Headline, batch, how_many
from portfolio_site.web.answers import Told, only_parameters, read, refuse
from portfolio_site.web.serializers import ExactField, UndefinedSerializer

ALL = "all"
_TOO_MANY = f"At most {MOST_PORTFOLIOS} portfolios in one call. Name fewer of them, and ask again for the rest."


@extend_schema_field(
    {
        "oneOf": [
            {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": MOST_PORTFOLIOS},
            {"type": "string", "enum": [ALL]},
        ]
    }
)
class WantedField(serializers.Field[Any, Any, Any, Any]):
    """Numbers of portfolios, or "all" (None)."""

    def to_internal_value(self, data: Any) -> list[int] | str:
        if data == ALL:
            return ALL
        if not isinstance(data, list) or not data or not all(type(one) is int and 0 < one < 10**18 for one in data):
            raise serializers.ValidationError('Give a list of numbers of portfolios, or "all".', code="invalid")
        if len(data) > MOST_PORTFOLIOS:
            raise serializers.ValidationError(_TOO_MANY, code="too_many")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class BatchWanted(serializers.Serializer[Any]):
    portfolios = WantedField(help_text=f"of your own, archived ones too, up to {MOST_PORTFOLIOS}; or “all” of them that are not archived")


class HeadlineSerializer(serializers.Serializer[Any]):
    """One portfolio since its first entry, in its own currency."""

    portfolio = serializers.IntegerField()
    name = serializers.CharField()
    currency = serializers.CharField()
    since = serializers.DateField(allow_null=True, help_text="its first day; null where nothing was ever recorded")
    value = ExactField(allow_null=True, help_text="now")
    gain = ExactField(allow_null=True, help_text="value less all that was paid in, and what was taken out")
    twr = ExactField(allow_null=True)
    twr_annualized = ExactField(allow_null=True)
    mwr = ExactField(allow_null=True, help_text="a year's where `mwr_is_annual`, else for the time since")
    mwr_is_annual = serializers.BooleanField()
    volatility = ExactField(allow_null=True, help_text="a year, of the last year")
    maximum_drawdown = ExactField(allow_null=True, help_text="at or below zero")
    risk_level = serializers.IntegerField(allow_null=True, help_text="1 to 7")
    undefined = UndefinedSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


class UnansweredSerializer(serializers.Serializer[Any]):
    portfolio = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()


class HeadlinesSerializer(serializers.Serializer[Any]):
    """What can be answered, in the order asked; and the rest."""

    as_of = serializers.DateField()
    results = HeadlineSerializer(many=True)
    errors = UnansweredSerializer(many=True)  # type: ignore[assignment]


EXAMPLE = {
    "as_of": "2026-03-31",
    "results": [
        {
            "portfolio": 7,
            "name": "Core",
            "currency": "EUR",
            "since": "2024-01-02",
            "value": "10800",
            "gain": "800",
            "twr": "0.0812",
            "twr_annualized": "0.0354",
            "mwr": "0.0347",
            "mwr_is_annual": True,
            "volatility": "0.1123",
            "maximum_drawdown": "-0.0918",
            "risk_level": 5,
            "undefined": [],
            "warnings": [],
        },
        {
            "portfolio": 8,
            "name": "Begun today",
            "currency": "EUR",
            "since": None,
            "value": "0",
            "gain": "0",
            "twr": None,
            "twr_annualized": None,
            "mwr": None,
            "mwr_is_annual": False,
            "volatility": None,
            "maximum_drawdown": None,
            "risk_level": None,
            "undefined": [{"figure": "twr", "reason": "Nothing has been recorded up to the end of the period."}],
            "warnings": [],
        },
    ],
    "errors": [{"portfolio": 9, "code": "portfolio_not_found", "detail": "There is no such portfolio of yours."}],
}

SPELLED = {"twr_annualised": "twr_annualized"}


def _headline(row: Headline) -> dict[str, Any]:
    told = Told(row.warnings)
    numbers: dict[str, Any] = {SPELLED.get(name, name): told(SPELLED.get(name, name), one) for name, one in row.figures}
    level = numbers["risk_level"]
    return {
        "portfolio": row.portfolio.pk,
        "name": row.portfolio.name,
        "currency": row.currency,
        "since": row.since,
        **numbers,
        "mwr_is_annual": row.mwr_is_annual,
        "risk_level": None if level is None else int(level),
        **told.told(),
    }


def batch_answer(found: Batch) -> dict[str, Any]:
    return {
        "as_of": found.as_of,
        "results": [_headline(row) for row in found.headlines],
        "errors": [{"portfolio": one.portfolio_id, "code": one.code, "detail": one.detail} for one in found.errors],
    }


class BatchView(APIView):
    @extend_schema(
        operation_id="analytics_batch",
        request=BatchWanted,
        responses={200: OpenApiResponse(HeadlinesSerializer, description="What can be answered; the rest stands in `errors`.")},
        examples=[
            OpenApiExample("Three portfolios", {"portfolios": [7, 8, 9]}, request_only=True),
            OpenApiExample("All that are not archived", {"portfolios": ALL}, request_only=True),
            OpenApiExample("Two of them answered", EXAMPLE, response_only=True, status_codes=["200"]),
        ],
        tags=["analytics"],
        summary=f"The headline figures of up to {MOST_PORTFOLIOS} portfolios",
    )
    def post(self, request: Request) -> Response:
        """Value, gain, returns and risk of many portfolios, each by itself.  Changes nothing: the same call may be sent again."""
        only_parameters(request, ())
        wanted = read(BatchWanted, request.data)["portfolios"]
        if wanted == ALL and how_many(request.user) > MOST_PORTFOLIOS:
            raise refuse("portfolios", _TOO_MANY, "too_many")
        return Response(batch_answer(batch(request.user, None if wanted == ALL else wanted, timezone.localdate())))
