"""Risk over the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.common import BENCHMARK, BLEND, CURRENCY, SLICES, AnswerSerializer, benchmark_of, ratio_texts, scope_of
from analytics.api.risk_example import EXAMPLE
from analytics.selectors.risk.asked import HOW, Unreadable, risk_asked
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.risk.shapes import (
    AgainstBenchmark,
    CorrelationTable,
    Dated,
    Fall,
    HoldingRisk,
    Risk,
    RiskAsked,
    StressRow,
    TailRow,
    TestedRow,
)
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure
from portfolio_site.kernel.periods import UnreadablePeriod, read_period
from portfolio_site.web.answers import Told, only_parameters, refuse
from portfolio_site.web.serializers import ExactField, UndefinedSerializer

Number = serializers.Serializer[Any]
Days = tuple[date | None, date | None]


def _exact(said: str = "") -> ExactField:
    return ExactField(allow_null=True, help_text=said)


class TailSerializer(Number):
    method = serializers.ChoiceField(choices=["historical", "normal", "cornish_fisher"])
    level = ExactField(help_text="share of days on which the loss stays within it")
    horizon = serializers.IntegerField(help_text="trading days")
    value_at_risk = _exact("a loss, a fraction; below zero even the bad days gained")
    expected_shortfall = _exact("mean loss of the rest")
    value_at_risk_money = _exact("of the value at the end of the window")
    expected_shortfall_money = _exact()


class BackTestSerializer(Number):
    method = serializers.CharField()
    level = ExactField()
    estimated_on = serializers.IntegerField(help_text="trading days from which each evening's value at risk was made")
    days = _exact("tested")
    failures = _exact("days that lost more")
    expected = _exact("failures that the level allows")
    p_value = _exact("how often luck alone strays that far (Kupiec)")
    accepted = serializers.BooleanField(allow_null=True, help_text="p_value of 0.05 or more; null where it cannot be tested")


class FallSerializer(Number):
    depth = ExactField()
    peak = serializers.DateField()
    trough = serializers.DateField()
    recovery = serializers.DateField(allow_null=True, help_text="null while it lasts")
    days = serializers.IntegerField(help_text="from the peak to the recovery, or to the end of the window")


class DatedSerializer(Number):
    date = serializers.DateField()
    value = ExactField()


class RiskBenchmarkSerializer(Number):
    name = serializers.CharField(allow_null=True)
    notes = serializers.ListField(child=serializers.CharField())
    beta = _exact()
    alpha = _exact("a year")
    r_squared = _exact()
    correlation = _exact()
    tracking_error = _exact("a year")
    information_ratio = _exact()
    up_capture = _exact()
    down_capture = _exact()


class HoldingRiskSerializer(Number):
    instrument = serializers.IntegerField(allow_null=True, help_text="null for cash")
    symbol = serializers.CharField(help_text="of cash its currency")
    name = serializers.CharField()
    value = _exact()
    weight = _exact()
    volatility = _exact("a year, over the days of the window")
    maximum_drawdown = _exact()
    value_at_risk = _exact("95 %, one day, historical")
    expected_shortfall = _exact("the same")
    beta = _exact()
    risk_contribution = _exact("what it adds to holdings_volatility")
    risk_share = _exact("the same over holdings_volatility")
    undefined = UndefinedSerializer(many=True)


class CorrelationSerializer(Number):
    symbols = serializers.ListField(child=serializers.CharField())
    names = serializers.ListField(child=serializers.CharField())
    matrix = serializers.ListField(child=serializers.ListField(child=ExactField(allow_null=True)))
    left_out = serializers.IntegerField(help_text="further holdings that have correlations")
    average = _exact("over all pairs")


class StressPartSerializer(Number):
    instrument = serializers.IntegerField(allow_null=True)
    symbol = serializers.CharField()
    change = _exact("of the whole, a fraction")
    money = _exact()


class StressSerializer(Number):
    key = serializers.CharField()
    name = serializers.CharField()
    start = serializers.DateField(allow_null=True)
    end = serializers.DateField(allow_null=True)
    change = _exact("of the whole, a fraction")
    money = _exact()
    covered = _exact("share of the exposure that has prices then; null for shocks")
    deepest = _exact("worst fall on the way; null for shocks")
    by_holding = StressPartSerializer(many=True)


class RisklessSerializer(Number):
    rate = _exact("a year")
    source = serializers.CharField()  # type: ignore[assignment]
    newest = serializers.DateField(allow_null=True)
    set_by_person = serializers.BooleanField()


class RiskSerializer(AnswerSerializer):
    """Risk of a window.  Fractions; a loss is positive, a fall at or below zero."""

    start = serializers.DateField()
    end = serializers.DateField()
    days = serializers.IntegerField(help_text="trading days with a return")
    days_a_year = serializers.IntegerField(help_text="252, or 365 for crypto alone")
    value = _exact("at the end of the window")
    risk_level = serializers.IntegerField(allow_null=True, help_text="1 to 7")
    risk_level_reason = serializers.CharField()
    risk_free = RisklessSerializer()
    least_acceptable = ExactField(help_text="a year")
    volatility = _exact("a year")
    downside_deviation = _exact("a year")
    sharpe = _exact()
    sortino = _exact()
    calmar = _exact()
    maximum_drawdown = _exact()
    ulcer = _exact()
    skewness = _exact()
    excess_kurtosis = _exact()
    benchmark = RiskBenchmarkSerializer()
    tails = TailSerializer(many=True)
    back_tests = BackTestSerializer(many=True)
    drawdowns = FallSerializer(many=True, help_text="the five deepest")
    drawdown_series = DatedSerializer(many=True)
    returns = DatedSerializer(many=True, help_text="of trading days")
    rolling_days = serializers.IntegerField(help_text="trading days of each rolling volatility")
    rolling_volatility = DatedSerializer(many=True)
    holdings = HoldingRiskSerializer(many=True, help_text="held at the end of the window; figures over its days")
    holdings_volatility = _exact("a year, of the present mix; the contributions add up to it")
    holdings_covered = _exact("share of the exposure that the covariance covers")
    holdings_days = serializers.IntegerField(help_text="common trading days")
    shrinkage = _exact("of the covariance, Ledoit and Wolf")
    correlation = CorrelationSerializer()
    stress = StressSerializer(many=True, help_text="past times, then the shocks asked for")


# ── answers ─────────────────────────────────────────────────────────────────


def _series(series: Dated) -> list[dict[str, Any]]:
    return [{"date": day_of(number), "value": text} for number, text in zip(series.days.tolist(), ratio_texts(series.values), strict=True)]


def _tail(row: TailRow, told: Told) -> dict[str, Any]:
    way = f"{row.method}.{round(row.level * 100)}.{row.horizon}"
    names = ("value_at_risk", "expected_shortfall", "value_at_risk_money", "expected_shortfall_money")
    return {
        "method": row.method,
        "level": f"{row.level:g}",
        "horizon": row.horizon,
        **{name: told(f"{name}.{way}", getattr(row, name)) for name in names},
    }


def _tested(row: TestedRow, told: Told) -> dict[str, Any]:
    way = f"back_test.{row.method}.{round(row.level * 100)}"
    names = ("days", "failures", "expected", "p_value")
    return {
        "method": row.method,
        "level": f"{row.level:g}",
        "estimated_on": row.estimated_on,
        **{name: told(f"{way}.{name}", getattr(row, name)) for name in names},
        "accepted": row.accepted,
    }


def _fall(fall: Fall) -> dict[str, Any]:
    return {"depth": ratio_texts([fall.depth])[0], "peak": fall.peak, "trough": fall.trough, "recovery": fall.recovery, "days": fall.days}


BESIDE = ("beta", "alpha", "r_squared", "correlation", "tracking_error", "information_ratio", "up_capture", "down_capture")


def _against(found: AgainstBenchmark, told: Told) -> dict[str, Any]:
    name = None if found.benchmark is None else found.benchmark.name
    return {"name": name, "notes": list(found.notes), **{one: told(f"benchmark.{one}", getattr(found, one)) for one in BESIDE}}


def _holding(row: HoldingRisk) -> dict[str, Any]:
    told = Told()
    figures: dict[str, Figure] = {
        **{one: getattr(row, one) for one in ("value", "weight", "volatility", "maximum_drawdown", "value_at_risk", "expected_shortfall", "beta")},
        "risk_contribution": row.contribution,
        "risk_share": row.share,
    }
    numbers = {name: told(name, one) for name, one in figures.items()}
    number = None if row.instrument is None else row.instrument.id
    return {"instrument": number, "symbol": row.symbol, "name": row.name, **numbers, "undefined": told.undefined}


def _correlation(table: CorrelationTable, told: Told) -> dict[str, Any]:
    pairs = [[told(f"correlation.{table.symbols[i]}.{table.symbols[j]}", one) for j, one in enumerate(row)] for i, row in enumerate(table.rows)]
    return {
        "symbols": list(table.symbols),
        "names": list(table.names),
        "matrix": [[None if number is None else ratio_texts([float(number)])[0] for number in row] for row in pairs],
        "left_out": table.left_out,
        "average": told("correlation.average", table.average),
    }


def _stress(row: StressRow, told: Told) -> dict[str, Any]:
    name = f"stress.{row.key}"
    parts = [
        {
            "instrument": None if part.instrument is None else part.instrument.id,
            "symbol": part.cash if part.instrument is None else part.instrument.symbol,
            "change": told(f"{name}.{part.cash if part.instrument is None else part.instrument.symbol}.change", part.change),
            "money": Told()("money", part.money),
        }
        for part in row.parts
    ]
    return {
        "key": row.key,
        "name": row.name,
        "start": row.start,
        "end": row.end,
        "change": told(f"{name}.change", row.change),
        "money": told(f"{name}.money", row.money),
        "covered": None if row.covered is None else told(f"{name}.covered", row.covered),
        "deepest": None if row.deepest is None else told(f"{name}.deepest", row.deepest),
        "by_holding": parts,
    }


MAIN = ("volatility", "downside_deviation", "sharpe", "sortino", "calmar", "maximum_drawdown", "ulcer", "skewness", "excess_kurtosis")


def risk_answer(portfolios: list[int], found: Risk) -> dict[str, Any]:
    """The body of the answer."""
    told = Told(found.warnings)
    level, held = told("risk_level", found.level), found.holdings
    rate = found.riskless
    return {
        "portfolios": portfolios,
        "currency": found.currency,
        "start": found.start,
        "end": found.end,
        "days": found.days,
        "days_a_year": found.periods,
        "value": told("value", found.value),
        "risk_level": None if level is None else int(level),
        "risk_level_reason": found.level_reason,
        "risk_free": {"rate": told("risk_free.rate", rate.figure), "source": rate.source, "newest": rate.newest, "set_by_person": rate.set_by_person},
        "least_acceptable": told("least_acceptable", found.least),
        **{name: told(name, getattr(found, name)) for name in MAIN},
        "benchmark": _against(found.benchmark, told),
        "tails": [_tail(row, told) for row in found.tails],
        "back_tests": [_tested(row, told) for row in found.tests],
        "drawdowns": [_fall(fall) for fall in found.falls],
        "drawdown_series": _series(found.drawdown),
        "returns": _series(found.returns),
        "rolling_days": found.rolling_days,
        "rolling_volatility": _series(found.rolling),
        "holdings": [_holding(row) for row in held.rows],
        "holdings_volatility": told("holdings_volatility", held.volatility),
        "holdings_covered": told("holdings_covered", held.covered),
        "holdings_days": held.days,
        "shrinkage": told("shrinkage", held.shrinkage),
        "correlation": _correlation(held.correlation, told),
        "stress": [_stress(row, told) for row in (*found.past, *filter(None, [found.own]))],
        **told.told(),
    }


# ── what is asked ───────────────────────────────────────────────────────────

WINDOW = OpenApiParameter(
    "window",
    str,
    description="the days looked at, in the words of a period: 1Y (where missing), 6M, 3Y, MAX, 2024, 2024-Q2, or two ends like 2022-06:2023",
    examples=[OpenApiExample("The past year", "1Y"), OpenApiExample("One year of the calendar", "2024"), OpenApiExample("Everything", "MAX")],
)
RATE = OpenApiParameter(
    "rf", OpenApiTypes.DECIMAL, description="rate without risk, per cent a year; where missing, the stored one of the report currency"
)
LEAST = OpenApiParameter(
    "mar", OpenApiTypes.DECIMAL, description="least acceptable return, per cent a year, of Sortino and downside deviation; else 0"
)
SHOCK = OpenApiParameter(
    "shock",
    str,
    many=True,
    description=f"a stress of your own; may be given several times, and shocks of one holding multiply. {HOW}",
    examples=[OpenApiExample("Shares fall by a fifth", "class:stock:-20"), OpenApiExample("The dollar falls", "currency:USD:-10")],
)
ASKED = [WINDOW, RATE, LEAST, SHOCK]
PARAMETERS = [*ASKED, BENCHMARK, BLEND, CURRENCY, *SLICES]


def risk_of_query(request: Request, days: Days | None = None) -> RiskAsked:
    """What the query string asks for.  Raises ValidationError.

    days  first and last day that it asked for in other words than `window`, such as a `period`
    """
    query = request.query_params
    window = query.get("window", "").strip()
    if days is not None and window:
        raise refuse("window", "Give either `window`, or `period`, or `start` and `end`.")
    try:
        span = read_period(window or "1Y", timezone.localdate())
        first, last = (span.start, span.end) if days is None else days
        return risk_asked(first, last, query.get("rf", ""), query.get("mar", ""), query.getlist("shock"))
    except UnreadablePeriod as problem:
        raise refuse("window", str(problem)) from None
    except Unreadable as problem:
        raise refuse(problem.field, str(problem)) from None


class RiskView(APIView):
    @extend_schema(
        operation_id="risk",
        parameters=PARAMETERS,
        responses=RiskSerializer,
        examples=[OpenApiExample("A year of one portfolio, shares down by a fifth; lists shortened", EXAMPLE, response_only=True)],
        tags=["analytics"],
    )
    def get(self, request: Request, pk: int | None = None) -> Response:
        """How much may be lost: spread, falls, value at risk with its back-test, the same beside a benchmark and by holding, and stress."""
        only_parameters(request, PARAMETERS)
        asked = risk_of_query(request)
        scope = scope_of(request, pk, benchmark=benchmark_of(request))
        found = RiskWindow(scope, asked).result()
        return Response(risk_answer([portfolio.pk for portfolio in scope.portfolios], found))


@extend_schema_view(get=extend_schema(operation_id="risk_of_all"))
class AllRiskView(RiskView):
    """The same over the union of one's portfolios."""
