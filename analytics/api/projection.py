"""Projection over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.common import CURRENCY, SLICES, AnswerSerializer, money_texts, ratio_texts, scope_of
from analytics.selectors.projection import (
    LARGEST_SEED,
    LEAST_FUTURES,
    MOST_FUTURES,
    MOST_YEARS,
    MOST_YEARS_OF_FUTURES,
    Projection,
    ProjectionAsked,
    projection_of,
)
from analytics.selectors.projection_asked import projection_asked
from analytics.selectors.risk.asked import Unreadable
from portfolio_site.web.answers import Told, only_parameters, refuse
from portfolio_site.web.serializers import ExactField


class PointOfFanSerializer(serializers.Serializer[Any]):
    """What that share of the futures stays at or below on a day."""

    date = serializers.DateField()
    p5 = ExactField()
    p25 = ExactField()
    p50 = ExactField()
    p75 = ExactField()
    p95 = ExactField()
    mean = ExactField(help_text="of all futures")
    paid = ExactField(help_text="value now and contributions up to then")
    reached = ExactField(allow_null=True, help_text="share of the futures at the goal or above it; null without a goal")


class ProjectionSerializer(AnswerSerializer):
    """Many futures made of stretches of the portfolio's own past."""

    as_of = serializers.DateField()
    years = serializers.IntegerField()
    contribution = ExactField(help_text="at the end of each month")
    goal = ExactField(allow_null=True)
    chance = ExactField(help_text="a fraction, of `needed_contribution`")
    seed = serializers.IntegerField(help_text="the same one makes the same futures")
    futures = serializers.IntegerField()
    value = ExactField(allow_null=True, help_text="now: where every future starts")
    past_start = serializers.DateField(allow_null=True, help_text="first of the trading days that the futures are made of")
    past_end = serializers.DateField(allow_null=True)
    past_days = serializers.IntegerField(help_text="how many of them")
    block_days = serializers.IntegerField(help_text="trading days that are drawn together")
    paid = ExactField(allow_null=True, help_text="value now and all contributions")
    low = ExactField(allow_null=True, help_text="a twentieth of the futures end at it or below")
    middle = ExactField(allow_null=True)
    high = ExactField(allow_null=True, help_text="a twentieth end above it")
    reached = ExactField(allow_null=True, help_text="share of the futures that end at the goal or above it")
    needed_contribution = ExactField(allow_null=True, help_text="a month, to reach the goal with that chance; 0 where none is needed")
    fan = PointOfFanSerializer(many=True, help_text="month by month; the first is today")
    assumptions = serializers.ListField(child=serializers.CharField())


EXAMPLE = {
    "portfolios": [7],
    "currency": "EUR",
    "as_of": "2026-03-31",
    "years": 10,
    "contribution": "200",
    "goal": "60000",
    "chance": "0.75",
    "seed": 1,
    "futures": 1000,
    "value": "10800",
    "past_start": "2024-01-03",
    "past_end": "2026-03-31",
    "past_days": 565,
    "block_days": 63,
    "paid": "34800",
    "low": "38120.5",
    "middle": "58233.25",
    "high": "91310.75",
    "reached": "0.463",
    "needed_contribution": "268.41",
    "fan": [
        {
            "date": "2026-03-31",
            "p5": "10800",
            "p25": "10800",
            "p50": "10800",
            "p75": "10800",
            "p95": "10800",
            "mean": "10800",
            "paid": "10800",
            "reached": "0",
        },
    ],
    "assumptions": ["There are 1000 futures by seed 1; the same seed makes the same ones."],
    "undefined": [],
    "warnings": [],
}


def projection_answer(portfolios: list[int], found: Projection) -> dict[str, Any]:
    """The body of the answer."""
    told, asked = Told(found.warnings), found.asked
    head = {"value": found.value, "paid": found.paid, "low": found.low, "middle": found.middle, "high": found.high}
    return {
        "portfolios": portfolios,
        "currency": found.currency,
        "as_of": found.as_of,
        "years": asked.years,
        "contribution": money_texts([asked.contribution])[0],
        "goal": None if asked.goal is None else money_texts([asked.goal])[0],
        "chance": ratio_texts([asked.chance])[0],
        "seed": asked.seed,
        "futures": asked.futures,
        "past_start": found.past_first,
        "past_end": found.past_last,
        "past_days": found.past_days,
        "block_days": found.block_days,
        **{name: told(name, one) for name, one in head.items()},
        "reached": told("reached", found.reached),
        "needed_contribution": told("needed_contribution", found.needed),
        "fan": _fan(found),
        "assumptions": list(found.assumptions),
        **told.told(),
    }


def _fan(found: Projection) -> list[dict[str, Any]]:
    fan = found.fan
    if fan is None:
        return []
    names = ("p5", "p25", "p50", "p75", "p95")
    columns: dict[str, list[Any]] = {name: money_texts(worth) for name, worth in zip(names, fan.worth, strict=True)}
    columns |= {"mean": money_texts(fan.mean), "paid": money_texts(fan.paid)}
    columns["reached"] = [None] * len(found.days) if fan.reached is None else ratio_texts(fan.reached)
    return [{"date": day, **{name: column[at] for name, column in columns.items()}} for at, day in enumerate(found.days)]


# ── what is asked ───────────────────────────────────────────────────────────

YEARS = OpenApiParameter("years", int, description=f"how far ahead, 1 to {MOST_YEARS}; 10 where missing")
CONTRIBUTION = OpenApiParameter(
    "contribution", OpenApiTypes.DECIMAL, description="paid in at the end of each month, in the report currency; below zero it is taken out; else 0"
)
GOAL = OpenApiParameter("goal", OpenApiTypes.DECIMAL, description="a worth to be reached, in the report currency")
CHANCE = OpenApiParameter("chance", OpenApiTypes.DECIMAL, description="per cent, of the contribution that the goal needs; 75 where missing")
SEED = OpenApiParameter("seed", int, description=f"0 to {LARGEST_SEED}; 1 where missing")
FUTURES = OpenApiParameter(
    "futures",
    int,
    description=f"{LEAST_FUTURES} to {MOST_FUTURES}; 1000 where missing.  Years × futures are at most {MOST_YEARS_OF_FUTURES}",
)
ASKED = [YEARS, CONTRIBUTION, GOAL, CHANCE, SEED, FUTURES]
PARAMETERS = [*ASKED, CURRENCY, *SLICES]


def projection_of_query(request: Request) -> ProjectionAsked:
    """What the query string asks for.  Raises ValidationError."""
    try:
        return projection_asked(request.query_params)
    except Unreadable as problem:
        raise refuse(problem.field, str(problem)) from None


class ProjectionView(APIView):
    @extend_schema(
        operation_id="projection",
        parameters=PARAMETERS,
        responses=ProjectionSerializer,
        examples=[OpenApiExample("Ten years with €200 a month; the fan shortened", EXAMPLE, response_only=True)],
        tags=["analytics"],
    )
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Where it may go: a fan of futures made of its own past, the chance of a goal, and the contribution that the goal needs."""
        only_parameters(request, PARAMETERS)
        asked = projection_of_query(request)
        scope = scope_of(request, pk)
        return Response(projection_answer([portfolio.pk for portfolio in scope.portfolios], projection_of(scope, asked)))


@extend_schema_view(get=extend_schema(operation_id="projection_of_all"))
class AllProjectionView(ProjectionView):
    """The same over the union of one's portfolios."""
