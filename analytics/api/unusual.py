"""Days of a period that are unlike the portfolio's own past, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.returns import ASKED, PeriodSerializer, ReportView
from analytics.selectors.period.unusual import UnusualDay
from portfolio_site.web.answers import Told
from portfolio_site.web.serializers import ExactField


class DayDriverSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField(allow_null=True, help_text="null: cash")
    symbol = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    gain = ExactField()


class UnusualDaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    before = serializers.DateField(help_text="the close that the return starts from")
    twr = ExactField()
    deviation = ExactField(help_text="robust deviations from the days before it, with its sign; beyond 4 on either side")
    past = serializers.IntegerField(help_text="how many trading days it is compared with")
    drivers = DayDriverSerializer(many=True, help_text="the three largest, by size")


class UnusualDaysSerializer(PeriodSerializer):
    """The newest first, twenty at most."""

    days = UnusualDaySerializer(many=True)


EXAMPLE = OpenApiExample(
    "One day in a quarter",
    value={
        "portfolios": [7], "start": "2026-01-01", "end": "2026-03-31", "currency": "EUR",
        "days": [{
            "day": "2026-02-03", "before": "2026-02-02", "twr": "-0.0421", "deviation": "-5.8", "past": 252,
            "drivers": [{"instrument": 12, "symbol": "ASML", "name": "ASML Holding", "gain": "-1204.5"}],
        }],
        "undefined": [], "warnings": [],
    },
    response_only=True,
)  # fmt: skip


def _day(one: UnusualDay, told: Told) -> dict[str, Any]:
    at = f"days.{one.day.isoformat()}"
    drivers = [
        {
            "instrument": driver.instrument and driver.instrument.id,
            "symbol": driver.instrument and driver.instrument.symbol,
            "name": driver.instrument.name if driver.instrument else "Cash",
            "gain": told(f"{at}.gain", driver.gain),
        }
        for driver in one.drivers
    ]
    figures = {"twr": told(f"{at}.twr", one.twr), "deviation": told(f"{at}.deviation", one.deviation)}
    return {"day": one.day, "before": one.before, **figures, "past": one.past, "drivers": drivers}


class UnusualDaysView(ReportView):
    @extend_schema(operation_id="unusual_days", parameters=list(ASKED), responses=UnusualDaysSerializer, examples=[EXAMPLE], tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Days on which the return was more than four robust deviations from those of the year before it, and what brought them."""
        report = self.report(request, pk)
        told = Told(report.scope.warnings)
        return Response({**self.head(report), "days": [_day(one, told) for one in report.unusual_days], **told.told()})


@extend_schema_view(get=extend_schema(operation_id="unusual_days_of_all"))
class AllUnusualDaysView(UnusualDaysView):
    """The same over the union of one's portfolios."""
