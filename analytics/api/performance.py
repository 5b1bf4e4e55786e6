"""Returns, the benchmark and the daily series over the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import memory, selectors
from analytics.api.common import (
    BENCHMARK,
    BLEND,
    CURRENCY,
    END,
    GROSS,
    INTERVAL,
    NET,
    PERIOD,
    RETURNS,
    SLICES,
    START,
    AnswerSerializer,
    benchmark_of,
    is_gross,
    money_texts,
    period_of,
    ratio_texts,
    scope_of,
)
from analytics.selectors import Performance, PerformanceSeries, Scope, interval_ends
from market.selectors import day_of
from portfolio_site.web.answers import Told, only_parameters, refuse
from portfolio_site.web.serializers import ExactField


class BenchmarkSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField(allow_null=True, help_text="null where it is a blend")
    blend = serializers.IntegerField(allow_null=True, help_text="number of a blend; null where it is an instrument")
    symbol = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    total_return = serializers.BooleanField(help_text="whether its dividends are counted, reinvested")
    notes = serializers.ListField(child=serializers.CharField(), help_text="what is left out, or stands for it")
    twr = ExactField(allow_null=True)
    twr_annualized = ExactField(allow_null=True)
    same_money_value = ExactField(allow_null=True, help_text="what the same flows would be worth in it at the end")
    lead = ExactField(allow_null=True, help_text="end_value − same_money_value")
    excess = ExactField(allow_null=True, help_text="the portfolio's twr less the benchmark's")


class PointSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    value = ExactField()
    invested = ExactField(help_text="paid in less taken out, since the beginning")
    twr = ExactField(help_text="since the start of the period")
    benchmark_twr = ExactField(required=False)
    same_money = ExactField(required=False)


class PerformanceSerializer(AnswerSerializer):
    """How the portfolios did.  The first point of the series is the close before the period."""

    start = serializers.DateField()
    end = serializers.DateField()
    start_value = ExactField(allow_null=True)
    end_value = ExactField(allow_null=True)
    net_flows = ExactField(allow_null=True)
    gain = ExactField(allow_null=True)
    twr = ExactField(allow_null=True)
    twr_annualized = ExactField(allow_null=True, help_text="for 365 days or more")
    mwr = ExactField(allow_null=True)
    mwr_is_annual = serializers.BooleanField(help_text="whether mwr is a year's; else it is the period's own")
    modified_dietz = ExactField(allow_null=True)
    simple_return = ExactField(allow_null=True, help_text="the gain over start_value and all that was paid in")
    returns = serializers.ChoiceField([NET, GROSS], help_text="whether returns are after fees and taxes, or before them")
    volatility = ExactField(allow_null=True, help_text="a year, over the last year of the period")
    risk_level = serializers.IntegerField(allow_null=True, help_text="1 to 7")
    benchmark = BenchmarkSerializer(allow_null=True)
    series = PointSerializer(many=True)


def points(series: PerformanceSeries, interval: str) -> list[dict[str, Any]]:
    """The series as objects."""
    at = interval_ends(series.days, interval)
    columns: dict[str, Sequence[Any]] = {
        "date": [day_of(number) for number in series.days[at].tolist()],
        "value": money_texts(series.value[at]),
        "invested": money_texts(series.invested[at]),
        "twr": ratio_texts(series.twr[at]),
    }
    if series.benchmark_twr is not None and series.same_money is not None:
        columns["benchmark_twr"] = ratio_texts(series.benchmark_twr[at])
        columns["same_money"] = money_texts(series.same_money[at])
    names = tuple(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _series(scope: Scope, found: Performance, interval: str) -> list[dict[str, Any]]:
    """The points; all but today's are kept, because only the newest quotes change them."""
    key = (scope.key, scope.gross, found.start.isoformat(), found.end.isoformat(), interval)
    kept = memory.points.of(key, lambda: points(found.series, interval))
    return [*kept[:-1], points(_last_of(found.series), "day")[0]] if kept else []


def _last_of(series: PerformanceSeries) -> PerformanceSeries:
    return PerformanceSeries(
        series.days[-1:],
        series.value[-1:],
        series.invested[-1:],
        series.twr[-1:],
        None if series.benchmark_twr is None else series.benchmark_twr[-1:],
        None if series.same_money is None else series.same_money[-1:],
    )


def _benchmark_answer(found: Performance, told: Told) -> dict[str, Any] | None:
    result = found.benchmark
    if result is None:
        return None
    return {
        "instrument": result.benchmark.instrument_id,
        "blend": result.benchmark.id if result.benchmark.is_blend else None,
        "symbol": result.benchmark.symbol or None,
        "name": result.benchmark.name,
        "total_return": result.is_total,
        "notes": list(result.notes),
        "twr": told("benchmark.twr", result.twr),
        "twr_annualized": told("benchmark.twr_annualized", result.twr_annualised),
        "same_money_value": told("benchmark.same_money_value", result.same_money),
        "lead": told("benchmark.lead", result.lead),
        "excess": told("benchmark.excess", result.excess),
    }


PARAMETERS = (PERIOD, START, END, BENCHMARK, BLEND, CURRENCY, INTERVAL, RETURNS, *SLICES)
EXAMPLE = OpenApiExample(
    "A year, every month",
    value={
        "portfolios": [7],
        "start": "2025-01-01",
        "end": "2025-12-31",
        "currency": "EUR",
        "start_value": "10000",
        "end_value": "11800",
        "net_flows": "1000",
        "gain": "800",
        "twr": "0.0761",
        "twr_annualized": "0.0761",
        "mwr": "0.0754",
        "mwr_is_annual": True,
        "modified_dietz": "0.0755",
        "simple_return": "0.0727",
        "returns": "net",
        "volatility": "0.112",
        "risk_level": 5,
        "benchmark": None,
        "series": [{"date": "2024-12-31", "value": "10000", "invested": "9000", "twr": "0"}],
        "undefined": [],
        "warnings": [],
    },
    response_only=True,
)


class PerformanceView(APIView):
    @extend_schema(
        operation_id="performance",
        parameters=list(PARAMETERS),
        responses=PerformanceSerializer,
        examples=[EXAMPLE],
        tags=["analytics"],
    )
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Returns of a period, the same period in a benchmark, and the daily series."""
        only_parameters(request, PARAMETERS)
        start, end = period_of(request)
        interval = request.query_params.get("interval") or "day"
        if interval not in {"day", "week", "month"}:
            raise refuse("interval", "The interval is day, week or month.")
        scope = scope_of(request, pk, benchmark=benchmark_of(request), gross=is_gross(request))
        found = selectors.performance_of(scope, start, end)
        told = Told(found.warnings)
        level = told("risk_level", found.risk_level)
        return Response(
            {
                "portfolios": [portfolio.pk for portfolio in scope.portfolios],
                "start": found.start,
                "end": found.end,
                "currency": found.currency,
                "start_value": told("start_value", found.start_value),
                "end_value": told("end_value", found.end_value),
                "net_flows": told("net_flows", found.net_flows),
                "gain": told("gain", found.gain),
                "twr": told("twr", found.twr),
                "twr_annualized": told("twr_annualized", found.twr_annualised),
                "mwr": told("mwr", found.mwr),
                "mwr_is_annual": found.mwr_is_annual,
                "modified_dietz": told("modified_dietz", found.modified_dietz),
                "simple_return": told("simple_return", found.simple_return),
                "returns": GROSS if found.is_gross else NET,
                "volatility": told("volatility", found.volatility),
                "risk_level": None if level is None else int(level),
                "benchmark": _benchmark_answer(found, told),
                "series": _series(scope, found, interval),
                **told.told(),
            }
        )


@extend_schema_view(get=extend_schema(operation_id="performance_of_all"))
class AllPerformanceView(PerformanceView):
    """The same over the union of one's portfolios."""
