"""What the figures are, over the API: value, gains and performance of one portfolio, or of all of a person's together.

Numbers are text.  Exact figures have all their digits; ratios are fractions (0.05 is 5 %) with up to 15 digits, names in `_percent`
are per cent; the daily series is rounded to 6 decimals of money and 12 of ratios.  A figure without a value is null and has an
entry in `undefined`; what a figure leaves out or rests on stands in `warnings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.selectors import preferences_of
from analytics import memory, selectors
from analytics.selectors import GainsRow, Performance, PerformanceSeries, Scope, Slice
from market.models import Instrument
from market.selectors import day_of, find_instrument, get_instrument
from portfolio_site.kernel.decimals import EXACT, plain
from portfolio_site.kernel.figures import Figure
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios.models import Portfolio
from portfolios.selectors import HoldingRow, get_portfolio, portfolios_of

# ── schemas ─────────────────────────────────────────────────────────────────


@extend_schema_field({"type": "string", "format": "decimal", "example": "12.50"})
class DecimalText(serializers.CharField):
    """A number as text."""


class UndefinedFigureSerializer(serializers.Serializer[Any]):
    figure = serializers.CharField()
    reason = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    """What every answer with figures has."""

    portfolios = serializers.ListField(child=serializers.IntegerField())
    currency = serializers.CharField()
    undefined = UndefinedFigureSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


class ValuedHoldingSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    quantity = DecimalText()
    price = DecimalText(allow_null=True)
    price_currency = serializers.CharField()
    fx_rate = DecimalText(allow_null=True)
    value = DecimalText(allow_null=True)
    weight = DecimalText(allow_null=True, help_text="a fraction of the whole, cash included")
    undefined = UndefinedFigureSerializer(many=True)


class PartSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="an asset class, “cash”, or a currency")
    name = serializers.CharField()
    value = DecimalText(allow_null=True)
    weight = DecimalText(allow_null=True)


class ValueSerializer(AnswerSerializer):
    """What the portfolios are worth now, or at the close of an earlier day."""

    as_of = serializers.DateField()
    value = DecimalText(allow_null=True)
    holdings_value = DecimalText(allow_null=True)
    cash_value = DecimalText(allow_null=True)
    cash_weight = DecimalText(allow_null=True)
    day_change = DecimalText(allow_null=True)
    day_change_percent = DecimalText(allow_null=True)
    by_holding = ValuedHoldingSerializer(many=True)
    by_class = PartSerializer(many=True)
    by_currency = PartSerializer(many=True)


class GainsRowSerializer(serializers.Serializer[Any]):
    realized = DecimalText()
    unrealized = DecimalText(allow_null=True)
    income = DecimalText()
    expenses = DecimalText()
    total = DecimalText(allow_null=True)
    price_gain = DecimalText(allow_null=True)
    currency_gain = DecimalText(allow_null=True)


class InstrumentGainsSerializer(GainsRowSerializer):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    undefined = UndefinedFigureSerializer(many=True)


class CashGainsSerializer(GainsRowSerializer):
    currency = serializers.CharField(help_text="of the cash; blank for what belongs to no instrument and no balance")


class GainsSerializer(GainsRowSerializer, AnswerSerializer):
    """Gains of a period.  Unrealised: the change over the period."""

    start = serializers.DateField(allow_null=True, help_text="null: since the beginning")
    end = serializers.DateField()
    net_flows = DecimalText(help_text="units moved in kind count at the cost they carry")
    by_instrument = InstrumentGainsSerializer(many=True)
    cash = CashGainsSerializer(many=True)


class BenchmarkSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    twr = DecimalText(allow_null=True)
    twr_annualized = DecimalText(allow_null=True)
    same_money_value = DecimalText(allow_null=True, help_text="what the same flows would be worth in it at the end")
    lead = DecimalText(allow_null=True, help_text="end_value − same_money_value")
    excess = DecimalText(allow_null=True, help_text="the portfolio's twr less the benchmark's")


class PointSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    value = DecimalText()
    invested = DecimalText(help_text="paid in less taken out, since the beginning")
    twr = DecimalText(help_text="since the start of the period")
    benchmark_twr = DecimalText(required=False)
    same_money = DecimalText(required=False)


class PerformanceSerializer(AnswerSerializer):
    """How the portfolios did.  The first point of the series is the close before the period."""

    start = serializers.DateField()
    end = serializers.DateField()
    start_value = DecimalText(allow_null=True)
    end_value = DecimalText(allow_null=True)
    net_flows = DecimalText(allow_null=True)
    gain = DecimalText(allow_null=True)
    twr = DecimalText(allow_null=True)
    twr_annualized = DecimalText(allow_null=True, help_text="for 365 days or more")
    mwr = DecimalText(allow_null=True)
    mwr_is_annual = serializers.BooleanField(help_text="whether mwr is a year's; else it is the period's own")
    modified_dietz = DecimalText(allow_null=True)
    volatility = DecimalText(allow_null=True, help_text="a year, over the last year of the period")
    risk_level = serializers.IntegerField(allow_null=True, help_text="1 to 7")
    benchmark = BenchmarkSerializer(allow_null=True)
    series = PointSerializer(many=True)


# ── numbers as text ─────────────────────────────────────────────────────────


def text(value: Decimal | float) -> str:
    """All digits of an exact number; the shortest text of a float that reads back as the same float."""
    return plain(value if isinstance(value, Decimal) else Decimal(repr(value)))


class Told:
    """Turns figures into text, and keeps what is undefined or weak of them."""

    def __init__(self, warnings: Sequence[str] = ()) -> None:
        self.undefined: list[dict[str, str]] = []
        self.warnings = list(dict.fromkeys(warnings))

    def __call__(self, name: str, figure: Figure) -> str | None:
        if figure.value is None:
            self.undefined.append({"figure": name, "reason": figure.why_not})
            return None
        stale = [] if figure.stale_since is None else [f"{name} rests on a price or rate of {figure.stale_since.isoformat()}."]
        self.warnings += [said for said in (*figure.warnings, *stale) if said not in self.warnings]
        return text(figure.value)

    def percent(self, name: str, figure: Figure) -> str | None:
        """A fraction as per cent, exact."""
        return None if self(name, figure) is None else plain(EXACT.multiply(Decimal(figure.value or 0), Decimal(100)))

    def told(self) -> dict[str, Any]:
        return {"undefined": self.undefined, "warnings": self.warnings}


def _money_texts(numbers: Any) -> list[str]:
    return [_trimmed(f"{number:.6f}") for number in np.round(numbers, 6).tolist()]


def _ratio_texts(numbers: Any) -> list[str]:
    return [_trimmed(f"{number:.12f}") for number in np.round(numbers, 12).tolist()]


def _trimmed(number: str) -> str:
    short = number.rstrip("0").rstrip(".")
    return "0" if short in {"-0", ""} else short


# ── what is asked ───────────────────────────────────────────────────────────


def _refuse(field: str, words: str) -> serializers.ValidationError:
    return serializers.ValidationError({field: [serializers.ErrorDetail(words, code="invalid")]})


def _day(request: Request, name: str) -> date | None:
    given = request.query_params.get(name)
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise _refuse(name, "Write the date like 2026-03-31.") from None


def _period(request: Request) -> tuple[date | None, date | None]:
    start, end = _day(request, "start"), _day(request, "end")
    if start is not None and end is not None and end < start:
        raise _refuse("end", "The end lies before the start. Exchange the two, or leave one out.")
    return start, end


def _currency(request: Request, portfolios: Sequence[Portfolio]) -> str:
    """Asked for, or of the one portfolio, or the person's own."""
    given = request.query_params.get("currency", "").strip()
    if given:
        try:
            return str(Currency(given.upper() if given.islower() else given))
        except UnknownCurrency as problem:
            raise _refuse("currency", str(problem)) from None
    bases = {portfolio.base_currency for portfolio in portfolios}
    return bases.pop() if len(bases) == 1 else str(preferences_of(request.user).base_currency)


def _benchmark(request: Request) -> Instrument | None:
    given = request.query_params.get("benchmark", "").strip()
    if not given:
        return None
    if given.isascii() and given.isdigit() and len(given) <= 18:
        return get_instrument(request.user, int(given))
    found = find_instrument(request.user, symbol=given[:32])
    if found is None:
        raise _refuse("benchmark", f"No single instrument is meant by “{given[:32]}”. Give its id.")
    return found


def _chosen(request: Request, pk: int | None) -> list[Portfolio]:
    """One portfolio, or all.  Raises NotFound, also for somebody else's."""
    return list(portfolios_of(request.user)) if pk is None else [get_portfolio(request.user, pk)]


def _scope(request: Request, pk: int | None, *, benchmark: Instrument | None = None) -> Scope:
    portfolios = _chosen(request, pk)
    return Scope(portfolios, _currency(request, portfolios), benchmark=benchmark).owned_by(request.user)


CURRENCY = OpenApiParameter("currency", str, description="of the report; where missing, the portfolio's own, or yours for all")
START = OpenApiParameter("start", OpenApiTypes.DATE, description="first day of the period; where missing, the first entry")
END = OpenApiParameter("end", OpenApiTypes.DATE, description="last day of the period; where missing, today")
AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="the day looked at; where missing, now")
BENCHMARK = OpenApiParameter("benchmark", str, description="id or symbol of an instrument; where missing, the portfolio's own")
INTERVAL = OpenApiParameter("interval", str, enum=["day", "week", "month"], description="of the series: every day, or the last of each week or month")


# ── value ───────────────────────────────────────────────────────────────────


def _holding(row: HoldingRow) -> dict[str, Any]:
    told = Told()
    return {
        "instrument": row.instrument.id,
        "symbol": row.instrument.symbol,
        "name": row.instrument.name,
        "quantity": plain(row.quantity),
        "price": told("price", row.price),
        "price_currency": row.instrument.currency,
        "fx_rate": told("fx_rate", row.rate),
        "value": told("value", row.value),
        "weight": told("weight", row.weight),
        "undefined": told.undefined,
    }


def _part(part: Slice) -> dict[str, Any]:
    told = Told()
    return {"key": part.key, "name": part.name, "value": told("value", part.value), "weight": told("weight", part.weight)}


class ValueView(APIView):
    @extend_schema(operation_id="value", parameters=[AS_OF, CURRENCY], responses=ValueSerializer, tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Worth in total, by holding, class and currency, now or at the close of an earlier day."""
        portfolios = _chosen(request, pk)
        found = selectors.value_now(portfolios, _currency(request, portfolios), as_of=_day(request, "as_of"))
        told = Told()
        return Response(
            {
                "portfolios": [portfolio.pk for portfolio in portfolios],
                "as_of": found.as_of,
                "currency": found.currency,
                "value": told("value", found.value),
                "holdings_value": told("holdings_value", found.holdings_value),
                "cash_value": told("cash_value", found.cash),
                "cash_weight": told("cash_weight", found.cash_weight),
                "day_change": told("day_change", found.day_change),
                "day_change_percent": told.percent("day_change_percent", found.day_change_fraction),
                "by_holding": [_holding(row) for row in found.table.rows],
                "by_class": [_part(part) for part in found.by_class],
                "by_currency": [_part(part) for part in found.by_currency],
                **told.told(),
            }
        )


# ── gains ───────────────────────────────────────────────────────────────────


def _gains_row(row: GainsRow, told: Told) -> dict[str, Any]:
    return {
        "realized": plain(row.realised),
        "unrealized": told("unrealized", row.unrealised),
        "income": plain(row.income),
        "expenses": plain(row.expenses),
        "total": told("total", row.total),
        "price_gain": told("price_gain", row.price_part),
        "currency_gain": told("currency_gain", row.currency_part),
    }


def _instrument_gains(row: GainsRow) -> dict[str, Any]:
    told, view = Told(), row.instrument
    assert view is not None
    return {"instrument": view.id, "symbol": view.symbol, "name": view.name, **_gains_row(row, told), "undefined": told.undefined}


class GainsView(APIView):
    @extend_schema(operation_id="gains", parameters=[START, END, CURRENCY], responses=GainsSerializer, tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Realised and unrealised gains, income and expenses of a period, by instrument and in total."""
        start, end = _period(request)
        scope = _scope(request, pk)
        found = selectors.gains_of(scope, start, end)
        told = Told()
        return Response(
            {
                "portfolios": [portfolio.pk for portfolio in scope.portfolios],
                "start": found.start,
                "end": found.end,
                "currency": found.currency,
                "realized": plain(found.realised),
                "unrealized": told("unrealized", found.unrealised),
                "income": plain(found.income),
                "expenses": plain(found.expenses),
                "total": told("total", found.total),
                "price_gain": told("price_gain", found.price_part),
                "currency_gain": told("currency_gain", found.currency_part),
                "net_flows": plain(found.net_flows),
                "by_instrument": [_instrument_gains(row) for row in found.rows if row.instrument is not None],
                "cash": [{"currency": row.cash, **_gains_row(row, told)} for row in found.rows if row.instrument is None],
                **told.told(),
            }
        )


# ── performance ─────────────────────────────────────────────────────────────


def _kept(days: Any, interval: str) -> Any:
    """Places of the points: every day, or the last of each week or month, and always the first and the last."""
    if interval == "day" or len(days) < 3:
        return np.arange(len(days))
    weeks = (days + 3) // 7  # from Monday; day 0 was a Thursday
    period = weeks if interval == "week" else days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    ends = np.flatnonzero(np.append(period[1:] != period[:-1], True))
    return np.union1d([0], ends)


def points(series: PerformanceSeries, interval: str) -> list[dict[str, Any]]:
    """The series as objects."""
    at = _kept(series.days, interval)
    columns: dict[str, Sequence[Any]] = {
        "date": [day_of(number) for number in series.days[at].tolist()],
        "value": _money_texts(series.value[at]),
        "invested": _money_texts(series.invested[at]),
        "twr": _ratio_texts(series.twr[at]),
    }
    if series.benchmark_twr is not None and series.same_money is not None:
        columns["benchmark_twr"] = _ratio_texts(series.benchmark_twr[at])
        columns["same_money"] = _money_texts(series.same_money[at])
    names = tuple(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _series(scope: Scope, found: Performance, interval: str) -> list[dict[str, Any]]:
    """The points; all but today's are kept, because only the newest quotes change them."""
    key = (scope.key, found.start.isoformat(), found.end.isoformat(), interval)
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
        "instrument": result.instrument.id,
        "symbol": result.instrument.symbol,
        "name": result.instrument.name,
        "twr": told("benchmark.twr", result.twr),
        "twr_annualized": told("benchmark.twr_annualized", result.twr_annualised),
        "same_money_value": told("benchmark.same_money_value", result.same_money),
        "lead": told("benchmark.lead", result.lead),
        "excess": told("benchmark.excess", result.excess),
    }


class PerformanceView(APIView):
    @extend_schema(
        operation_id="performance", parameters=[START, END, BENCHMARK, CURRENCY, INTERVAL], responses=PerformanceSerializer, tags=["analytics"]
    )
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Returns of a period, the same period in a benchmark, and the daily series."""
        start, end = _period(request)
        interval = request.query_params.get("interval") or "day"
        if interval not in {"day", "week", "month"}:
            raise _refuse("interval", "The interval is day, week or month.")
        scope = _scope(request, pk, benchmark=_benchmark(request))
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
                "volatility": told("volatility", found.volatility),
                "risk_level": None if level is None else int(level),
                "benchmark": _benchmark_answer(found, told),
                "series": _series(scope, found, interval),
                **told.told(),
            }
        )


# ── all portfolios together ─────────────────────────────────────────────────


@extend_schema_view(get=extend_schema(operation_id="value_of_all"))
class AllValueView(ValueView):
    """The same over the union of one's portfolios."""


@extend_schema_view(get=extend_schema(operation_id="gains_of_all"))
class AllGainsView(GainsView):
    """The same over the union of one's portfolios."""


@extend_schema_view(get=extend_schema(operation_id="performance_of_all"))
class AllPerformanceView(PerformanceView):
    """The same over the union of one's portfolios."""
