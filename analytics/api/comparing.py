"""A portfolio beside benchmarks, and portfolios beside each other, over the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.common import (
    CURRENCY,
    END,
    INTERVAL,
    PERIOD,
    SLICES,
    START,
    AnswerSerializer,
    chosen,
    period_of,
    ratio_texts,
    report_currency,
    scope_of,
)
from analytics.api.comparing_examples import BENCHMARK_EXAMPLE, COMPARE_EXAMPLE
from analytics.selectors import Scope, interval_ends
from analytics.selectors.comparing.asked import MOST_OTHERS, other_of
from analytics.selectors.comparing.portfolios import MOST_SIDES, SideBySide
from analytics.selectors.comparing.report import CompareReport
from analytics.selectors.comparing.shapes import Alone, Comparison, LineBeside, NeverTraded, Other, Path, Side
from market.errors import UnknownInstrument
from market.selectors import BenchmarkView, benchmarks, benchmarks_of_instruments, day_of, find_instrument
from portfolio_site.kernel.errors import NotFound
from portfolio_site.kernel.figures import Figure
from portfolio_site.web.answers import Told, ToldSerializer, only_parameters, refuse
from portfolio_site.web.serializers import ExactField, UndefinedSerializer
from portfolios.models import Portfolio
from portfolios.selectors import get_portfolio, portfolios_of, refuse_other_owners

ALONE = ("twr", "twr_annualised", "volatility", "maximum_drawdown")
BESIDE = ("beta", "alpha", "r_squared", "correlation", "tracking_error", "information_ratio", "up_capture", "down_capture")
INTERVALS = ("day", "week", "month")


def _exact(said: str = "") -> ExactField:
    return ExactField(allow_null=True, help_text=said)


class AloneSerializer(serializers.Serializer[Any]):
    twr = _exact()
    twr_annualized = _exact("for 365 days or more")
    volatility = _exact("a year, over the period")
    maximum_drawdown = _exact()


class BesideSerializer(AloneSerializer):
    instrument = serializers.IntegerField(allow_null=True, help_text="null where it is a blend")
    blend = serializers.IntegerField(allow_null=True, help_text="number of a blend; null where it is an instrument")
    symbol = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    total_return = serializers.BooleanField(help_text="whether its dividends are counted, reinvested")
    notes = serializers.ListField(child=serializers.CharField(), help_text="what is left out, or stands for it")
    excess = _exact("index: the portfolio's twr less this one's")
    same_money_value = _exact("same money: what the same flows would be worth in it at the end")
    lead = _exact("end_value − same_money_value")
    beta = _exact()
    alpha = _exact("a year")
    r_squared = _exact()
    correlation = _exact()
    tracking_error = _exact("a year")
    information_ratio = _exact()
    up_capture = _exact()
    down_capture = _exact()
    undefined = UndefinedSerializer(many=True)


class KeptSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    units_then = ExactField(help_text="at the close of `since`")
    units = ExactField(help_text="at the end, after splits and the like")
    value_then = _exact()
    value = _exact("at the end")
    held = serializers.BooleanField(help_text="whether any of it is still held")


class UntradedSerializer(AloneSerializer):
    """Had nothing been traded after the close of `since`."""

    since = serializers.DateField(allow_null=True)
    trades = serializers.IntegerField(allow_null=True, help_text="how many did not happen")
    value = _exact("at the end")
    gain = _exact("of the period")
    difference = _exact("the gain of the period less this one: what trading brought")
    excess = _exact("twr less this one")
    holdings = KeptSerializer(many=True)
    other_value = _exact("cash, and what stands at its cost")
    notes = serializers.ListField(child=serializers.CharField())
    undefined = UndefinedSerializer(many=True)


class BesidePointSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    twr = _exact("since the start of the period")
    benchmarks = serializers.ListField(child=ExactField(allow_null=True), help_text="in the order of `benchmarks`; null before they count")
    untraded = _exact()


class BesideBenchmarksSerializer(AnswerSerializer, AloneSerializer):
    """A portfolio beside up to four benchmarks.  Fractions; where a benchmark has no figure, its own `undefined` says why."""

    start = serializers.DateField()
    end = serializers.DateField()
    days = serializers.IntegerField(help_text="trading days that the figures of risk rest on")
    start_value = _exact()
    end_value = _exact()
    net_flows = _exact()
    gain = _exact()
    benchmarks = BesideSerializer(many=True, help_text="in the order asked for")
    untraded = UntradedSerializer()
    series = BesidePointSerializer(many=True)


class SidePointSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    twr = ExactField()


class SideSerializer(AloneSerializer, ToldSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    since = serializers.DateField(allow_null=True, help_text="first day of the period on which it existed")
    begins_later = serializers.BooleanField(help_text="than the first of those that it stands beside")
    value = _exact("at the end")
    net_flows = _exact()
    gain = _exact()
    mwr = _exact()
    mwr_is_annual = serializers.BooleanField()
    risk_level = serializers.IntegerField(allow_null=True, help_text="1 to 7")
    income = _exact("booked in the period, before tax")
    series = SidePointSerializer(many=True)


class SidesSerializer(serializers.Serializer[Any]):
    """Portfolios side by side, in one currency over one period."""

    currency = serializers.CharField()
    start = serializers.DateField(allow_null=True, help_text="null: each from its first entry")
    end = serializers.DateField()
    portfolios = SideSerializer(many=True)


# ── answers ─────────────────────────────────────────────────────────────────


def _alone(found: Alone, told: Told) -> dict[str, Any]:
    return {name.replace("annualised", "annualized"): told(name.replace("annualised", "annualized"), getattr(found, name)) for name in ALONE}


def _line(line: LineBeside) -> dict[str, Any]:
    told, view, result = Told(), line.other.view, line.result
    return {
        "instrument": view.instrument_id,
        "blend": view.id if view.is_blend else None,
        "symbol": view.symbol or None,
        "name": view.name,
        "total_return": result.is_total,
        "notes": list(result.notes),
        **_alone(line.alone, told),
        "excess": told("excess", result.excess),
        "same_money_value": told("same_money_value", result.same_money),
        "lead": told("lead", result.lead),
        **{name: told(name, getattr(line.against, name)) for name in BESIDE},
        "undefined": told.undefined,
    }


def _untraded(found: NeverTraded) -> dict[str, Any]:
    told = Told()
    return {
        "since": found.since,
        "trades": found.trades,
        "value": told("value", found.value),
        "gain": told("gain", found.gain),
        "difference": told("difference", found.difference),
        "excess": told("excess", found.points),
        **_alone(found.alone, told),
        "holdings": [
            {
                "instrument": row.instrument.id,
                "symbol": row.instrument.symbol,
                "units_then": row.units_then.value,
                "units": row.units.value,
                "value_then": told(f"value_then.{row.instrument.symbol}", row.value_then),
                "value": told(f"value.{row.instrument.symbol}", row.value),
                "held": row.is_held,
            }
            for row in found.kept
        ],
        "other_value": told("other_value", found.other),
        "notes": list(found.notes),
        "undefined": told.undefined,
    }


def _series(found: Comparison, interval: str) -> list[dict[str, Any]]:
    days = found.alone.path.days
    at = interval_ends(days, interval)
    own = ratio_texts(found.alone.path.returns[at])
    others = [_texts_on(line.alone.path, days[at]) for line in found.lines]
    without = _texts_on(found.untraded.alone.path, days[at])
    return [
        {"date": day_of(int(days[place])), "twr": own[n], "benchmarks": [texts[n] for texts in others], "untraded": without[n]}
        for n, place in enumerate(at.tolist())
    ]


def _texts_on(path: Path, days: Any) -> list[str | None]:
    """The returns of a path on some days; None on those that it does not have."""
    if not len(path.days):
        return [None] * len(days)
    places = np.clip(days - path.days[0], 0, len(path.days) - 1)
    texts = ratio_texts(path.returns[places])
    return [text if int(path.days[place]) == day else None for text, place, day in zip(texts, places.tolist(), days.tolist(), strict=True)]


def comparison_answer(portfolios: list[int], found: Comparison, interval: str) -> dict[str, Any]:
    """The body of the answer."""
    told = Told(found.warnings)
    money: dict[str, Figure] = {name: getattr(found, name) for name in ("start_value", "end_value", "net_flows", "gain")}
    return {
        "portfolios": portfolios,
        "currency": found.currency,
        "start": found.start,
        "end": found.end,
        "days": found.days,
        **{name: told(name, one) for name, one in money.items()},
        **_alone(found.alone, told),
        "benchmarks": [_line(line) for line in found.lines],
        "untraded": _untraded(found.untraded),
        "series": _series(found, interval),
        **told.told(),
    }


def _side(row: Side, interval: str) -> dict[str, Any]:
    told, path = Told(row.warnings), row.alone.path
    level, at = told("risk_level", row.risk_level), interval_ends(path.days, interval)
    points = zip(path.days[at].tolist(), ratio_texts(path.returns[at]), strict=True)
    return {
        "id": row.portfolio.pk,
        "name": row.portfolio.name,
        "since": row.since,
        "begins_later": row.begins_later,
        **{name: told(name, getattr(row, name)) for name in ("value", "net_flows", "gain")},
        **_alone(row.alone, told),
        "mwr": told("mwr", row.mwr),
        "mwr_is_annual": row.mwr_is_annual,
        "risk_level": None if level is None else int(level),
        "income": told("income", row.income),
        "series": [{"date": day_of(day), "twr": text} for day, text in points],
        **told.told(),
    }


# ── what is asked ───────────────────────────────────────────────────────────

BENCHMARKS = OpenApiParameter(
    "benchmark", str, many=True, description=f"id or symbol of an instrument; may be given several times, {MOST_OTHERS} with blends; where missing, the portfolio's own",
    examples=[OpenApiExample("An instrument by its symbol", "SPX"), OpenApiExample("An instrument by its id", "12")],
)  # fmt: skip
BLENDS = OpenApiParameter("blend", int, many=True, description="number of one of your blends; may be given several times")
IDS = OpenApiParameter(
    "ids", str, many=True, description=f"numbers of portfolios, joined by commas or given several times, at most {MOST_SIDES}; where missing, all of yours"
)  # fmt: skip
COMPARISON = [PERIOD, START, END, BENCHMARKS, BLENDS, CURRENCY, INTERVAL, *SLICES]
SIDES = [IDS, PERIOD, START, END, CURRENCY, INTERVAL]


def interval_of(request: Request) -> str:
    interval = request.query_params.get("interval") or "day"
    if interval not in INTERVALS:
        raise refuse("interval", "The interval is day, week or month.")
    return interval


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def others_of_query(request: Request) -> list[Other] | None:
    """What is asked to stand beside the portfolio, each once; None where nothing is.  Four queries at most, and one for each symbol."""
    given = [text.strip() for text in request.query_params.getlist("benchmark") if text.strip()]
    blends = [text.strip() for text in request.query_params.getlist("blend") if text.strip()]
    if len(set(given)) + len(set(blends)) > MOST_OTHERS:
        raise refuse("benchmark", f"At most {MOST_OTHERS} can stand beside the portfolio. Leave some out.")
    views: list[BenchmarkView] = []
    known = benchmarks_of_instruments(request.user, (int(text) for text in given if _is_number(text)))
    for text in given:
        if _is_number(text):
            if int(text) not in known:
                raise UnknownInstrument("There is no such instrument. Search for it by name, symbol or ISIN.")
            views.append(known[int(text)])
        else:
            views.append(_by_symbol(request, text[:32]))
    if blends:
        _, mine = benchmarks(request.user)
        by_number = {str(one.id): one for one in mine}
        if missing := [text for text in blends if text not in by_number]:
            raise NotFound(f"There is no blend of yours under “{missing[0][:20]}”. It may have been deleted.")
        views += [by_number[text] for text in blends]
    return list({one.key: one for one in map(other_of, views)}.values()) or None


def _by_symbol(request: Request, symbol: str) -> BenchmarkView:
    found = find_instrument(request.user, symbol=symbol)
    if found is None:
        raise refuse("benchmark", f"No single instrument is meant by “{symbol}”. Give its id.")
    return benchmarks_of_instruments(request.user, [found.pk])[found.pk]


def portfolios_of_query(request: Request) -> list[Portfolio]:
    """The portfolios asked for, each once, in their order.  One query, and one for each that is archived."""
    wanted = [text.strip() for given in request.query_params.getlist("ids") for text in given.split(",") if text.strip()]
    if wrong := [text for text in wanted if not _is_number(text)]:
        raise refuse("ids", f"“{wrong[0][:20]}” is no number of a portfolio. Write numbers, joined by commas.")
    if not wanted:
        return chosen(request, None)[:MOST_SIDES]
    numbers = list(dict.fromkeys(map(int, wanted)))
    if len(numbers) > MOST_SIDES:
        raise refuse("ids", f"At most {MOST_SIDES} portfolios side by side.")
    mine = {one.pk: one for one in portfolios_of(request.user)}
    found = [mine.get(number) or get_portfolio(request.user, number) for number in numbers]
    refuse_other_owners(found)
    for portfolio in found:
        if portfolio.owner_id == request.user.pk:
            portfolio.owner = request.user  # spares the query that would look the owner up
    return found


def own_line(view: BenchmarkView | None) -> Sequence[Other]:
    """The portfolio's own benchmark, where it has one."""
    return () if view is None else (other_of(view),)


class ComparisonView(APIView):
    @extend_schema(
        operation_id="benchmark",
        parameters=COMPARISON,
        responses=BesideBenchmarksSerializer,
        examples=[OpenApiExample("One portfolio beside an index and without its trades; lists shortened", BENCHMARK_EXAMPLE, response_only=True)],
        tags=["analytics"],
    )
    def get(self, request: Request, pk: int | None = None) -> Response:
        """The portfolio beside up to four indices, blends or instruments, by index and by the same money; and had nothing been traded."""
        only_parameters(request, COMPARISON)
        start, end = period_of(request)
        interval, others = interval_of(request), others_of_query(request)
        scope = scope_of(request, pk)
        found = CompareReport(scope, own_line(scope.benchmark) if others is None else others, start, end).result()
        return Response(comparison_answer([one.pk for one in scope.portfolios], found, interval))


@extend_schema_view(get=extend_schema(operation_id="benchmark_of_all"))
class AllComparisonView(ComparisonView):
    """The same over the union of one's portfolios."""


class SidesView(APIView):
    @extend_schema(
        operation_id="compare_portfolios",
        parameters=SIDES,
        responses=SidesSerializer,
        examples=[OpenApiExample("Two portfolios; series shortened", COMPARE_EXAMPLE, response_only=True)],
        tags=["analytics"],
    )
    def get(self, request: Request) -> Response:
        """Your own portfolios side by side: value, gain, returns, risk and income over one period, in one currency."""
        only_parameters(request, SIDES)
        start, end = period_of(request)
        interval, portfolios = interval_of(request), portfolios_of_query(request)
        found = SideBySide(Scope(portfolios, report_currency(request, portfolios)), start, end).result
        rows = [_side(row, interval) for row in found.rows]
        return Response({"currency": found.currency, "start": found.start, "end": found.end, "portfolios": rows})
