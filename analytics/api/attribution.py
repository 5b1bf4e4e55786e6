"""Where a difference from the benchmark came from, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.common import GROSS, NET
from analytics.api.returns import COMPARED, PeriodSerializer, ReportView
from analytics.choices import By
from analytics.selectors.period.attribution import DIVIDED, AttributionReport, Row
from portfolio_site.web.answers import Told, refuse
from portfolio_site.web.serializers import ExactField

BY = OpenApiParameter("by", str, enum=[by.value for by in DIVIDED], description="by what the two are cut into parts; class where missing")


class AttributionRowSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(allow_blank=True, help_text="blank for what is unclassified")
    name = serializers.CharField()
    weight = ExactField(help_text="a fraction of the portfolio, the mean over the days of the period")
    benchmark_weight = ExactField()
    twr = ExactField(allow_null=True, help_text="of what was held of it, while some was")
    benchmark_twr = ExactField(allow_null=True)
    allocation = ExactField(help_text="as a fraction, like the excess")
    selection = ExactField()
    interaction = ExactField()
    excess = ExactField(help_text="the three together")


class UnknownPartSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()


class AttributionSerializer(PeriodSerializer):
    """allocation + selection + interaction = excess, in total and in each row; the rows add up to the total."""

    by = serializers.ChoiceField([by.value for by in DIVIDED])
    returns = serializers.ChoiceField([NET, GROSS])
    benchmark = serializers.CharField(allow_null=True, help_text="its name")
    twr = ExactField(allow_null=True)
    benchmark_twr = ExactField(allow_null=True)
    excess = ExactField(allow_null=True)
    allocation = ExactField(allow_null=True)
    selection = ExactField(allow_null=True)
    interaction = ExactField(allow_null=True)
    periods = serializers.IntegerField(help_text="over how many the effects are linked")
    rows = AttributionRowSerializer(many=True, help_text="largest effect first")
    unknown = UnknownPartSerializer(many=True, help_text="parts of the benchmark of which nobody told what they are")
    notes = serializers.ListField(child=serializers.CharField())


EXAMPLE = OpenApiExample(
    "A year by class",
    value={
        "portfolios": [7],
        "start": "2025-01-01",
        "end": "2025-12-31",
        "currency": "EUR",
        "by": "class",
        "returns": "net",
        "benchmark": "60/40",
        "twr": "0.068",
        "benchmark_twr": "0.045",
        "excess": "0.023",
        "allocation": "0.007",
        "selection": "0.015",
        "interaction": "0.001",
        "periods": 12,
        "rows": [
            {"key": "stock", "name": "Stock", "weight": "0.6", "benchmark_weight": "0.5", "twr": "0.1", "benchmark_twr": "0.08", "allocation": "0.0035",
             "selection": "0.01", "interaction": "0.002", "excess": "0.0155"},
            {"key": "bond", "name": "Bond", "weight": "0.4", "benchmark_weight": "0.5", "twr": "0.02", "benchmark_twr": "0.01", "allocation": "0.0035",
             "selection": "0.005", "interaction": "-0.001", "excess": "0.0075"},
        ],
        "unknown": [],
        "notes": [],
        "undefined": [],
        "warnings": [],
    },
    response_only=True,
)  # fmt: skip


def by_of(request: Request) -> By:
    given = request.query_params.get("by", "").strip().lower() or By.CLASS.value
    if given not in {by.value for by in DIVIDED}:
        raise refuse("by", f"Use one of: {', '.join(by.value for by in DIVIDED)}.")
    return By(given)


def _row(row: Row, told: Told) -> dict[str, Any]:
    at = f"rows.{row.key or 'unclassified'}"
    names = ("weight", "benchmark_weight", "twr", "benchmark_twr", "allocation", "selection", "interaction")
    return {
        "key": row.key,
        "name": row.name,
        **{name: told(f"{at}.{name}", getattr(row, name)) for name in names},
        "excess": told(f"{at}.excess", row.effect),
    }


class AttributionView(ReportView):
    parameters = (*COMPARED, BY)

    @extend_schema(operation_id="attribution", parameters=[*COMPARED, BY], responses=AttributionSerializer, examples=[EXAMPLE], tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Why a period went better or worse than the benchmark, by class, sector or country (Brinson and Fachler)."""
        report, by = self.report(request, pk), by_of(request)
        stretch, told = report.stretch, Told(report.scope.warnings)
        found = AttributionReport(stretch, report.parts).by(by)
        compared = report.scope.benchmark
        figures = {"twr": stretch.twr, "benchmark_twr": stretch.benchmark_twr, "excess": found.excess}
        figures |= {"allocation": found.allocation, "selection": found.selection, "interaction": found.interaction}
        return Response(
            {
                **self.head(report),
                "by": by.value,
                "returns": GROSS if report.scope.gross else NET,
                "benchmark": None if compared is None else compared.name,
                **{name: told(name, one) for name, one in figures.items()},
                "periods": found.periods,
                "rows": [_row(row, told) for row in found.rows],
                "unknown": [{"instrument": one.instrument_id, "symbol": one.symbol, "name": one.name} for one in found.unknown],
                "notes": list(found.notes),
                **told.told(),
            }
        )


@extend_schema_view(get=extend_schema(operation_id="attribution_of_all"))
class AllAttributionView(AttributionView):
    """The same over the union of one's portfolios."""
