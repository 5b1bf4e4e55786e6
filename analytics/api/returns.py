"""What changed the value, what each holding added, months and years, and falls, over the API: the parts of the report of returns."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.common import (
    BENCHMARK,
    BLEND,
    CURRENCY,
    END,
    PERIOD,
    RETURNS,
    SLICES,
    START,
    AnswerSerializer,
    benchmark_of,
    is_gross,
    period_of,
    scope_of,
)
from analytics.selectors import Extreme, Part, ReturnsReport, Rolling, YearRow
from portfolio_site.web.answers import Told, only_parameters
from portfolio_site.web.serializers import ExactField

ASKED = (PERIOD, START, END, CURRENCY, *SLICES)
OF_RETURNS = (*ASKED, RETURNS)
COMPARED = (*ASKED, BENCHMARK, BLEND, RETURNS)


class PeriodSerializer(AnswerSerializer):
    start = serializers.DateField()
    end = serializers.DateField()


class DriverSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField(allow_null=True, help_text="null: cash, and what belongs to no holding")
    symbol = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    held = serializers.BooleanField(help_text="whether it is still held at the end of the period")
    gain = ExactField(help_text="price + currency + income − costs")
    price = ExactField()
    currency_part = ExactField()
    income = ExactField(help_text="before tax")
    costs = ExactField(help_text="fees and taxes, those inside of trades too")


class DriversSerializer(PeriodSerializer):
    """start_value + net_flows + price + currency_part + income − costs = end_value, to the last digit."""

    start_value = ExactField(allow_null=True)
    net_flows = ExactField(allow_null=True)
    price = ExactField(allow_null=True)
    currency_part = ExactField(allow_null=True)
    income = ExactField(allow_null=True)
    costs = ExactField(allow_null=True)
    end_value = ExactField(allow_null=True)
    change = ExactField(allow_null=True, help_text="end_value − start_value")
    gross_twr = ExactField(allow_null=True, help_text="the time-weighted return before fees and taxes")
    by_holding = DriverSerializer(many=True)


class ContributionRowSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    held = serializers.BooleanField()
    contribution = ExactField(allow_null=True, help_text="a fraction of the portfolio's return")
    gain = ExactField()


class ContributionSerializer(PeriodSerializer):
    """What each holding added to the time-weighted return; they add up to it."""

    twr = ExactField(allow_null=True)
    by_holding = ContributionRowSerializer(many=True)


class MonthSerializer(serializers.Serializer[Any]):
    month = serializers.CharField(help_text="2026-03, as `period` takes it")
    twr = ExactField(allow_null=True)
    whole = serializers.BooleanField(help_text="whether all its days lie in the history")


class YearSerializer(serializers.Serializer[Any]):
    year = serializers.IntegerField()
    twr = ExactField(allow_null=True)
    benchmark_twr = ExactField(allow_null=True)
    excess = ExactField(allow_null=True)
    whole = serializers.BooleanField()
    months = MonthSerializer(many=True)


class ExtremeSerializer(serializers.Serializer[Any]):
    unit = serializers.ChoiceField(["day", "month", "year"])
    best = ExactField(allow_null=True)
    best_on = serializers.DateField(allow_null=True, help_text="its first day")
    worst = ExactField(allow_null=True)
    worst_on = serializers.DateField(allow_null=True)
    gained = ExactField(allow_null=True, help_text="the share of them that gained")


class RollingSerializer(serializers.Serializer[Any]):
    years = serializers.IntegerField()
    latest = ExactField(allow_null=True)
    best = ExactField(allow_null=True)
    median = ExactField(allow_null=True)
    worst = ExactField(allow_null=True)


class CalendarSerializer(PeriodSerializer):
    """Returns of months and years of the whole history; best, worst and rolling returns of the period."""

    years = YearSerializer(many=True, help_text="latest first")
    extremes = ExtremeSerializer(many=True)
    rolling = RollingSerializer(many=True, help_text="a year, over every stretch of so many years that ends in the period")


class DrawdownSerializer(serializers.Serializer[Any]):
    depth = ExactField()
    high = serializers.DateField()
    low = serializers.DateField()
    recovered = serializers.DateField(allow_null=True, help_text="null while it lasts")
    days = serializers.IntegerField(help_text="from the high to the recovery, or to the end of the period")


class DrawdownsSerializer(PeriodSerializer):
    """The five deepest falls of one unit of money, deepest first."""

    maximum_drawdown = ExactField(allow_null=True)
    falls = DrawdownSerializer(many=True)


# ── answers ─────────────────────────────────────────────────────────────────


class ReportView(APIView):
    """What the endpoints of returns share: `parameters` are those that may be asked."""

    parameters: tuple[OpenApiParameter, ...] = ASKED

    def report(self, request: Request, pk: int | None) -> ReturnsReport:
        only_parameters(request, self.parameters)
        start, end = period_of(request)
        benchmark = benchmark_of(request) if BENCHMARK in self.parameters else None
        gross = RETURNS in self.parameters and is_gross(request)
        return ReturnsReport(scope_of(request, pk, benchmark=benchmark, gross=gross), start, end)

    def head(self, report: ReturnsReport) -> dict[str, Any]:
        stretch = report.stretch
        first = stretch.last if stretch.is_empty else stretch.first
        return {
            "portfolios": [portfolio.pk for portfolio in report.scope.portfolios],
            "start": first,
            "end": stretch.last,
            "currency": report.scope.currency,
        }


def _holding(part: Part) -> dict[str, Any]:
    view = part.instrument
    return {
        "instrument": None if view is None else view.id,
        "symbol": None if view is None else view.symbol,
        "name": "Cash" if view is None else view.name,
        "held": part.is_held,
    }


EXAMPLE = OpenApiExample(
    "A quarter",
    value={
        "portfolios": [7],
        "start": "2026-01-01",
        "end": "2026-03-31",
        "currency": "EUR",
        "start_value": "10000",
        "net_flows": "500",
        "price": "320.5",
        "currency_part": "-40.25",
        "income": "25",
        "costs": "5.25",
        "end_value": "10800",
        "change": "800",
        "gross_twr": "0.0306",
        "by_holding": [
            {"instrument": 12, "symbol": "VWCE", "name": "All-World", "held": True, "gain": "300", "price": "320.5", "currency_part": "-40.25",
             "income": "25", "costs": "5.25"},
        ],
        "undefined": [],
        "warnings": [],
    },
    response_only=True,
)  # fmt: skip


class DriversView(ReportView):
    @extend_schema(operation_id="drivers", parameters=list(ASKED), responses=DriversSerializer, examples=[EXAMPLE], tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """What changed the value over a period, in total and by holding, those sold since too."""
        report = self.report(request, pk)
        bridge, told = report.parts.bridge(), Told(report.scope.warnings)
        steps = {
            "start_value": bridge.start,
            "net_flows": bridge.flows,
            "price": bridge.price,
            "currency_part": bridge.currency,
            "income": bridge.income,
            "costs": bridge.costs,
            "end_value": bridge.end,
            "change": bridge.change,
            "gross_twr": report.stretch.gross_twr,
        }
        rows = [
            {
                **_holding(one),
                "gain": told("gain", one.gain),
                "price": told("price", one.price),
                "currency_part": told("currency_part", one.currency),
                "income": told("income", one.income),
                "costs": told("costs", one.costs),
            }
            for one in report.parts.parts()
        ]
        return Response({**self.head(report), **{name: told(name, one) for name, one in steps.items()}, "by_holding": rows, **told.told()})


class ContributionView(ReportView):
    parameters = OF_RETURNS

    @extend_schema(operation_id="contribution", parameters=list(OF_RETURNS), responses=ContributionSerializer, tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """What each holding added to the time-weighted return of a period, those sold since too."""
        report = self.report(request, pk)
        told = Told(report.scope.warnings)
        rows = [
            {
                **_holding(one),
                "contribution": told(f"by_holding.{place}.contribution", one.contribution),
                "gain": told(f"by_holding.{place}.gain", one.gain),
            }
            for place, one in enumerate(report.parts.parts())
        ]
        return Response({**self.head(report), "twr": told("twr", report.stretch.twr), "by_holding": rows, **told.told()})


def _year(row: YearRow, told: Told) -> dict[str, Any]:
    at = f"years.{row.year}"
    return {
        "year": row.year,
        "twr": told(f"{at}.twr", row.twr),
        "benchmark_twr": told(f"{at}.benchmark_twr", row.benchmark_twr),
        "excess": told(f"{at}.excess", row.excess),
        "whole": row.is_whole,
        "months": [
            {"month": cell.text, "twr": told(f"months.{cell.text}.twr", cell.twr), "whole": cell.is_whole} for cell in row.months if cell.is_inside
        ],
    }


def _extreme(one: Extreme, told: Told) -> dict[str, Any]:
    at = f"extremes.{one.unit}"
    return {
        "unit": one.unit,
        "best": told(f"{at}.best", one.best),
        "best_on": one.best_on,
        "worst": told(f"{at}.worst", one.worst),
        "worst_on": one.worst_on,
        "gained": told(f"{at}.gained", one.gained),
    }


def _rolling(one: Rolling, told: Told) -> dict[str, Any]:
    figures = {"latest": one.latest, "best": one.best, "median": one.median, "worst": one.worst}
    return {"years": one.years, **{name: told(f"rolling.{one.years}.{name}", figure) for name, figure in figures.items()}}


class CalendarView(ReportView):
    parameters = COMPARED

    @extend_schema(operation_id="calendar", parameters=list(COMPARED), responses=CalendarSerializer, tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Returns by month and year beside the benchmark, best and worst, and rolling returns."""
        report = self.report(request, pk)
        told = Told(report.scope.warnings)
        return Response(
            {
                **self.head(report),
                "years": [_year(row, told) for row in report.years()],
                "extremes": [_extreme(one, told) for one in report.extremes()],
                "rolling": [_rolling(one, told) for one in report.rolling()],
                **told.told(),
            }
        )


class DrawdownsView(ReportView):
    parameters = OF_RETURNS

    @extend_schema(operation_id="drawdowns", parameters=list(OF_RETURNS), responses=DrawdownsSerializer, tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """The deepest falls of a period, with their high, their low and their recovery."""
        report = self.report(request, pk)
        told = Told(report.scope.warnings)
        falls = [
            {"depth": told("depth", one.depth), "high": one.high, "low": one.low, "recovered": one.recovered, "days": one.days}
            for one in report.falls()
        ]
        return Response({**self.head(report), "maximum_drawdown": told("maximum_drawdown", report.worst_fall), "falls": falls, **told.told()})


# ── the same over the union of one's portfolios ─────────────────────────────


@extend_schema_view(get=extend_schema(operation_id="drivers_of_all"))
class AllDriversView(DriversView):
    pass


@extend_schema_view(get=extend_schema(operation_id="contribution_of_all"))
class AllContributionView(ContributionView):
    pass


@extend_schema_view(get=extend_schema(operation_id="calendar_of_all"))
class AllCalendarView(CalendarView):
    pass


@extend_schema_view(get=extend_schema(operation_id="drawdowns_of_all"))
class AllDrawdownsView(DrawdownsView):
    pass
