"""Rolling figures, costs, and the growth of the value of a period, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api.common import GROSS, NET, ratio_texts
from analytics.api.returns import ASKED, COMPARED, PeriodSerializer, ReportView
from analytics.choices import CostKind
from analytics.selectors import Bridge
from analytics.selectors.period.costs import CostRow, CostsReport
from analytics.selectors.period.growth import GrowthReport, MonthRow
from analytics.selectors.period.rolling import WINDOWS, Rolled, RollingReport
from analytics.selectors.risk.asked import Unreadable, read_percent
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure
from portfolio_site.web.answers import Told, refuse
from portfolio_site.web.serializers import ExactField

WINDOW = OpenApiParameter("window", int, enum=list(WINDOWS), description="calendar days that each figure is of; 90 where missing")
RATE = OpenApiParameter("rf", str, description="a rate without risk, per cent a year, in place of the published one")

# ── rolling ─────────────────────────────────────────────────────────────────


class RolledPointSerializer(serializers.Serializer[Any]):
    date = serializers.DateField(help_text="the last day of the window")
    value = ExactField()


class RolledSerializer(serializers.Serializer[Any]):
    latest = ExactField(allow_null=True)
    mean = ExactField(allow_null=True)
    least = ExactField(allow_null=True)
    most = ExactField(allow_null=True)
    series = RolledPointSerializer(many=True, help_text="days without an answer are left off")


class RollingFiguresSerializer(PeriodSerializer):
    """Figures of the window up to each day of the period; a window may begin before it."""

    returns = serializers.ChoiceField([NET, GROSS])
    window = serializers.IntegerField(help_text="calendar days")
    trading_days = serializers.IntegerField(help_text="of volatility, beta and sharpe")
    rolling_return = RolledSerializer(help_text="a year's rate from 365 days on")
    volatility = RolledSerializer()
    beta = RolledSerializer()
    sharpe = RolledSerializer()


ROLLING_EXAMPLE = OpenApiExample(
    "Ninety days",
    value={
        "portfolios": [7], "start": "2026-01-01", "end": "2026-03-31", "currency": "EUR", "returns": "net", "window": 90, "trading_days": 62,
        "rolling_return": {"latest": "0.041", "mean": "0.02", "least": "-0.01", "most": "0.05", "series": [{"date": "2026-03-31", "value": "0.041"}]},
        "volatility": {"latest": "0.12", "mean": "0.11", "least": "0.09", "most": "0.14", "series": [{"date": "2026-03-31", "value": "0.12"}]},
        "beta": {"latest": None, "mean": None, "least": None, "most": None, "series": []},
        "sharpe": {"latest": "1.1", "mean": "0.9", "least": "-0.3", "most": "1.6", "series": [{"date": "2026-03-31", "value": "1.1"}]},
        "undefined": [{"figure": "beta", "reason": "No benchmark is chosen. Choose one to compare with."}], "warnings": [],
    },
    response_only=True,
)  # fmt: skip


def window_of(request: Request) -> int:
    given = request.query_params.get("window", "").strip() or "90"
    if given not in {str(one) for one in WINDOWS}:
        raise refuse("window", f"Use one of: {', '.join(map(str, WINDOWS))}.")
    return int(given)


def rate_of(request: Request) -> float | None:
    given = request.query_params.get("rf", "")
    try:
        return read_percent(given, "rf") if given.strip() else None
    except Unreadable as problem:
        raise refuse("rf", str(problem)) from None


def _rolled(found: Rolled, told: Told, name: str) -> dict[str, Any]:
    if found.why_not:
        told(name, found.mean)
        return {"latest": None, "mean": None, "least": None, "most": None, "series": []}
    figures = {kind: told(f"{name}.{kind}", getattr(found, kind)) for kind in ("latest", "mean", "least", "most")}
    rows = zip(found.days.tolist(), ratio_texts(found.values), strict=True)
    return {**figures, "series": [{"date": day_of(day), "value": value} for day, value in rows]}


class RollingView(ReportView):
    parameters = (*COMPARED, WINDOW, RATE)

    @extend_schema(
        operation_id="rolling",
        parameters=[*COMPARED, WINDOW, RATE],
        responses=RollingFiguresSerializer,
        examples=[ROLLING_EXAMPLE],
        tags=["analytics"],
    )
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Return, volatility, beta and Sharpe ratio of a window that moves through the period."""
        report = self.report(request, pk)
        made = RollingReport(report.scope, report.stretch, window_of(request), rate_of(request))
        told = Told(report.scope.warnings)
        names = ("rolling_return", "volatility", "beta", "sharpe")
        return Response(
            {
                **self.head(report),
                "returns": GROSS if report.scope.gross else NET,
                "window": made.window,
                "trading_days": made.trading,
                **{name: _rolled(found, told, name) for name, found in zip(names, made.figures, strict=True)},
                **told.told(),
            }
        )


# ── costs ───────────────────────────────────────────────────────────────────


class CostAmountsSerializer(serializers.Serializer[Any]):
    fees = ExactField()
    taxes = ExactField()
    total = ExactField()
    by_kind = serializers.DictField(child=ExactField(), help_text=f"of {', '.join(kind.value for kind in CostKind)} those that were paid")


class CostYearSerializer(CostAmountsSerializer):
    year = serializers.IntegerField()


class CostHoldingSerializer(CostAmountsSerializer):
    instrument = serializers.IntegerField(allow_null=True, help_text="null: what belongs to no holding")
    symbol = serializers.CharField(allow_null=True)
    name = serializers.CharField()


class CostsSerializer(PeriodSerializer):
    """Fees and taxes.  `expenses` are those that the gains of the period tell, the others are inside of trades; sums are exact."""

    costs = ExactField(allow_null=True)
    expenses = ExactField(allow_null=True)
    inside_of_trades = ExactField(allow_null=True)
    by_kind = serializers.DictField(child=ExactField())
    by_year = CostYearSerializer(many=True, help_text="latest first")
    by_holding = CostHoldingSerializer(many=True, help_text="dearest first")
    mean_value = ExactField(allow_null=True, help_text="of the closes of the period")
    cost_share = ExactField(allow_null=True, help_text="costs over mean_value")
    cost_share_a_year = ExactField(allow_null=True, help_text="for 365 days or more")
    cost_of_gain = ExactField(allow_null=True, help_text="costs over the gain before them")
    gross_twr = ExactField(allow_null=True)
    net_twr = ExactField(allow_null=True)
    cost_drag = ExactField(allow_null=True, help_text="gross_twr − net_twr")
    notes = serializers.ListField(child=serializers.CharField())


COSTS_EXAMPLE = OpenApiExample(
    "A year",
    value={
        "portfolios": [7], "start": "2025-01-01", "end": "2025-12-31", "currency": "EUR", "costs": "28.8", "expenses": "18", "inside_of_trades": "10.8",
        "by_kind": {"trade_fees": "10.8", "withheld": "6", "account_fees": "12"},
        "by_year": [{"year": 2025, "fees": "22.8", "taxes": "6", "total": "28.8", "by_kind": {"trade_fees": "10.8", "withheld": "6", "account_fees": "12"}}],
        "by_holding": [
            {"instrument": 12, "symbol": "VWCE", "name": "All-World", "fees": "10.8", "taxes": "6", "total": "16.8",
             "by_kind": {"trade_fees": "10.8", "withheld": "6"}},
            {"instrument": None, "symbol": None, "name": "Cash and whole portfolios", "fees": "12", "taxes": "0", "total": "12",
             "by_kind": {"account_fees": "12"}},
        ],
        "mean_value": "11520", "cost_share": "0.0025", "cost_share_a_year": "0.0025", "cost_of_gain": "0.031", "gross_twr": "0.0812", "net_twr": "0.0786",
        "cost_drag": "0.0026", "notes": [], "undefined": [], "warnings": [],
    },
    response_only=True,
)  # fmt: skip


def _amounts(row: CostRow) -> dict[str, Any]:
    return {"fees": row.fees, "taxes": row.taxes, "total": row.total, "by_kind": {kind.value: amount for kind, amount in row.by_kind.items()}}


def _holding(row: CostRow) -> dict[str, Any]:
    view = row.instrument
    name = "Cash and whole portfolios" if view is None else view.name
    return {"instrument": None if view is None else view.id, "symbol": None if view is None else view.symbol, "name": name, **_amounts(row)}


class CostsView(ReportView):
    parameters = ASKED

    @extend_schema(operation_id="costs", parameters=list(ASKED), responses=CostsSerializer, examples=[COSTS_EXAMPLE], tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """What a period cost in fees and taxes, by kind, year and holding, and what that took off the return."""
        report = self.report(request, pk)
        found, told = CostsReport(report.stretch).result(), Told(report.scope.warnings)
        figures: dict[str, Figure] = {
            "costs": found.total,
            "expenses": found.booked,
            "inside_of_trades": found.inside,
            "mean_value": found.mean_value,
            "cost_share": found.share,
            "cost_share_a_year": found.share_a_year,
            "cost_of_gain": found.of_gain,
            "gross_twr": report.stretch.gross_twr,
            "net_twr": report.stretch.net_twr,
            "cost_drag": found.drag,
        }
        return Response(
            {
                **self.head(report),
                **{name: told(name, one) for name, one in figures.items()},
                "by_kind": {kind.value: amount for kind, amount in found.whole.by_kind.items()},
                "by_year": [{"year": row.year, **_amounts(row)} for row in found.years],
                "by_holding": [_holding(row) for row in found.holdings],
                "notes": list(found.notes),
                **told.told(),
            }
        )


# ── growth ──────────────────────────────────────────────────────────────────


class GrowthMonthSerializer(serializers.Serializer[Any]):
    month = serializers.CharField(help_text="2026-03")
    value = ExactField(help_text="at its last close, or that of the period")
    net_flows = ExactField()
    gain = ExactField(help_text="change − net_flows")
    change = ExactField()


class BridgeSerializer(serializers.Serializer[Any]):
    """start_value + net_flows + price + currency_part + income − costs = end_value."""

    start_value = ExactField(allow_null=True)
    net_flows = ExactField(allow_null=True)
    price = ExactField(allow_null=True)
    currency_part = ExactField(allow_null=True)
    income = ExactField(allow_null=True)
    costs = ExactField(allow_null=True)
    end_value = ExactField(allow_null=True)
    change = ExactField(allow_null=True)


class GrowthSerializer(PeriodSerializer):
    """How the value grew, with what was paid in; today and this month are those of now, whatever the period."""

    growth_rate = ExactField(allow_null=True, help_text="a year, of the straight line through the logarithms of the daily value")
    trend_fit = ExactField(allow_null=True, help_text="R² of that line, 0 to 1")
    months = GrowthMonthSerializer(many=True, help_text="latest first")
    today = BridgeSerializer(help_text="what changed the value today")
    this_month = BridgeSerializer(help_text="what changed it this month")


_CHANGE = {
    "start_value": "10000", "net_flows": "0", "price": "120.5", "currency_part": "-20.5", "income": "5", "costs": "0", "end_value": "10105", "change": "105",
}  # fmt: skip
GROWTH_EXAMPLE = OpenApiExample(
    "A quarter",
    value={
        "portfolios": [7], "start": "2026-01-01", "end": "2026-03-31", "currency": "EUR", "growth_rate": "0.094", "trend_fit": "0.81",
        "months": [{"month": "2026-03", "value": "10105", "net_flows": "500", "gain": "80", "change": "580"}],
        "today": _CHANGE, "this_month": _CHANGE, "undefined": [], "warnings": [],
    },
    response_only=True,
)  # fmt: skip


def _month(row: MonthRow, told: Told) -> dict[str, Any]:
    at = f"months.{row.month:%Y-%m}"
    figures = {"value": row.value, "net_flows": row.flows, "gain": row.gain, "change": row.change}
    return {"month": f"{row.month:%Y-%m}", **{name: told(f"{at}.{name}", one) for name, one in figures.items()}}


def _change(bridge: Bridge, told: Told, at: str) -> dict[str, Any]:
    steps = {
        "start_value": bridge.start,
        "net_flows": bridge.flows,
        "price": bridge.price,
        "currency_part": bridge.currency,
        "income": bridge.income,
        "costs": bridge.costs,
        "end_value": bridge.end,
        "change": bridge.change,
    }
    return {name: told(f"{at}.{name}", one) for name, one in steps.items()}


class GrowthView(ReportView):
    parameters = ASKED

    @extend_schema(operation_id="growth", parameters=list(ASKED), responses=GrowthSerializer, examples=[GROWTH_EXAMPLE], tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """The trend of the value and its months, and what changed it today and this month."""
        report = self.report(request, pk)
        found: GrowthReport = report.growth
        made, told = found.result(), Told(report.scope.warnings)
        return Response(
            {
                **self.head(report),
                "growth_rate": told("growth_rate", made.rate),
                "trend_fit": told("trend_fit", made.fit),
                "months": [_month(row, told) for row in made.months],
                "today": _change(made.today, told, "today"),
                "this_month": _change(made.month, told, "this_month"),
                **told.told(),
            }
        )


# ── the same over the union of one's portfolios ─────────────────────────────


@extend_schema_view(get=extend_schema(operation_id="rolling_of_all"))
class AllRollingView(RollingView):
    pass


@extend_schema_view(get=extend_schema(operation_id="costs_of_all"))
class AllCostsView(CostsView):
    pass


@extend_schema_view(get=extend_schema(operation_id="growth_of_all"))
class AllGrowthView(GrowthView):
    pass
