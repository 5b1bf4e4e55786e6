"""The series of a benchmark over the API."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.common import period_of, ratio_texts
from analytics.levels import Level
from analytics.selectors.benchmark_series import benchmark_level
from analytics.selectors.scope import sentence
from market.selectors import day_number, day_of, get_benchmark
from portfolio_site.kernel.dates import years_before
from portfolio_site.kernel.money import UnknownCurrency
from portfolio_site.web.answers import only_names, refuse
from portfolio_site.web.serializers import ExactField, currency_of


class LevelPoint(serializers.Serializer[Any]):
    date = serializers.DateField()
    level = ExactField(help_text="100 on the first day that is known")


class UnknownDays(serializers.Serializer[Any]):
    start = serializers.DateField()
    end = serializers.DateField(help_text="the last day of the gap")
    reason = serializers.CharField()


class BenchmarkSeriesSerializer(serializers.Serializer[Any]):
    """Days that are not known are left off `series` and named in `unknown`."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    currency = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()
    total_return = serializers.BooleanField(help_text="whether dividends are counted, reinvested")
    notes = serializers.ListField(child=serializers.CharField())
    unknown = UnknownDays(many=True)
    series = LevelPoint(many=True)


class BenchmarkSeriesView(APIView):
    @extend_schema(
        operation_id="benchmark_series",
        parameters=[
            OpenApiParameter("start", OpenApiTypes.DATE, description="first day; where missing, a year before the end"),
            OpenApiParameter("end", OpenApiTypes.DATE, description="last day; where missing, today"),
            OpenApiParameter("currency", str, description="where missing, the benchmark's own"),
        ],
        responses=BenchmarkSeriesSerializer,
        tags=["market"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """The level of an index or of one of your blends, day by day."""
        only_names(request, ("start", "end", "currency"))
        benchmark = get_benchmark(request.user, pk)
        start, end = period_of(request)
        last = end or timezone.localdate()
        first = start or years_before(last, 1)
        if first > last:
            raise refuse("start", "The start lies after the end. Exchange the two, or leave one out.")
        currency = _currency(request) or benchmark.currency
        level = benchmark_level(request.user, benchmark, currency, first, last)
        head = {"id": pk, "name": benchmark.name, "currency": currency, "start": first, "end": last}
        return Response({**head, "total_return": level.is_total, "notes": level.notes, **_answer(level)})


def _currency(request: Request) -> str:
    given = request.query_params.get("currency", "").strip()
    try:
        return str(currency_of(given)) if given else ""
    except UnknownCurrency as problem:
        raise refuse("currency", str(problem), "unknown_currency") from None


def _answer(level: Level) -> dict[str, Any]:
    places = np.flatnonzero(level.known)
    values = level.values[places]
    based = values / values[0] * 100.0 if len(values) else values
    begin = day_number(level.first)
    points = zip(places.tolist(), ratio_texts(based), strict=True)
    return {
        "unknown": [
            {"start": day_of(begin + one.begin), "end": day_of(begin + one.end - 1), "reason": sentence(one.reason)} for one in level.unknown
        ],
        "series": [{"date": day_of(begin + place), "level": text} for place, text in points],
    }
