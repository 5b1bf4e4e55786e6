"""How widely the money is spread, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import selectors
from analytics.api.common import CURRENCY, LOOK_INTO, SLICES, AnswerSerializer, looks_into_funds, ratio_texts, scope_of
from analytics.choices import By, Check
from analytics.selectors import Breakdown, Concentration, Diversification, Largest, MixHistory, Pair
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.answers import AS_OF, KNOWN_AT, Told, day_of_query, moment_of_query, only_parameters
from portfolio_site.web.serializers import ExactField, UndefinedSerializer


class MixPartSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(
        help_text="an instrument's number, a class, sector, country (two letters), region, currency or portfolio; “cash”; blank for what is unclassified"
    )
    name = serializers.CharField()
    exposure = ExactField(allow_null=True)
    weight = ExactField(allow_null=True, help_text="of the gross exposure")
    undefined = UndefinedSerializer(many=True)


class ToClassifySerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    exposure = ExactField(allow_null=True, help_text="as much of it as is unclassified")


class BreakdownSerializer(serializers.Serializer[Any]):
    """The exposure by one dimension; the weights of its parts add up to one."""

    unclassified = ExactField(allow_null=True)
    parts = MixPartSerializer(many=True)
    to_classify = ToClassifySerializer(many=True)


class ScorePartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    points = ExactField(allow_null=True, help_text="0 to 100")
    rests_on = serializers.CharField()


class LargestSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField(allow_null=True, help_text="null where it is held through funds only")
    name = serializers.CharField()
    direct = ExactField()
    through_funds = ExactField()
    weight = ExactField(help_text="both together")
    funds = serializers.ListField(child=serializers.IntegerField())


class SharedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    weight = ExactField(help_text="the smaller of the two fractions")


class FundOverlapSerializer(serializers.Serializer[Any]):
    first = serializers.IntegerField()
    second = serializers.IntegerField()
    overlap = ExactField(help_text="of each, at the least: the smaller fraction of everything that both hold, added up")
    known_of_first = ExactField(help_text="as much of it is known")
    known_of_second = ExactField()
    shared = SharedSerializer(many=True)


class ConcentrationCheckSerializer(serializers.Serializer[Any]):
    check = serializers.ChoiceField(choices=Check.choices)
    share = ExactField(allow_null=True)
    name = serializers.CharField(allow_blank=True, help_text="of the place")
    threshold = ExactField()
    on = serializers.BooleanField()
    state = serializers.ChoiceField(choices=["within", "beyond", "off", "unknown"])
    sentence = serializers.CharField()


class MixHistoryPointSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    shares = serializers.ListField(child=ExactField(), help_text="as `names`; they add up to one")


class MixHistorySerializer(serializers.Serializer[Any]):
    """The mix at the end of each month, and of the day of the report, by what things are today."""

    by = serializers.ChoiceField(choices=By.choices)
    keys = serializers.ListField(child=serializers.CharField(allow_blank=True))
    names = serializers.ListField(child=serializers.CharField())
    points = MixHistoryPointSerializer(many=True)


class DiversificationSerializer(AnswerSerializer):
    """How widely some portfolios are spread."""

    as_of = serializers.DateField()
    look_through = serializers.BooleanField()
    gross_exposure = ExactField(allow_null=True, help_text="what all is worth, without signs")
    score = ExactField(allow_null=True, help_text="0 to 100")
    score_parts = ScorePartSerializer(many=True)
    halved = serializers.BooleanField()
    halved_why = serializers.CharField()
    herfindahl = ExactField(allow_null=True)
    effective_number = ExactField(allow_null=True)
    diversification_ratio = ExactField(allow_null=True)
    average_correlation = ExactField(allow_null=True)
    by_holding = BreakdownSerializer()
    by_class = BreakdownSerializer()
    by_sector = BreakdownSerializer()
    by_country = BreakdownSerializer()
    by_region = BreakdownSerializer()
    by_currency = BreakdownSerializer()
    by_account = BreakdownSerializer()
    largest = LargestSerializer(many=True)
    largest_together = ExactField(allow_null=True)
    overlaps = FundOverlapSerializer(many=True)
    checks = ConcentrationCheckSerializer(many=True)
    history = MixHistorySerializer(many=True)


EXAMPLE = OpenApiExample(
    "A share and a fund",
    response_only=True,
    value={
        "portfolios": [7], "currency": "EUR", "as_of": "2026-03-31", "look_through": True, "gross_exposure": "1000", "score": "31.25",
        "score_parts": [{"name": "Holdings", "points": "48", "rests_on": "as concentrated as 1.9 of one size"}],
        "halved": False, "halved_why": "Not halved: the diversification ratio is 1.21, at least 1.1.",
        "herfindahl": "0.52", "effective_number": "1.923076923076923", "diversification_ratio": "1.21", "average_correlation": "0.34",
        "by_sector": {
            "unclassified": "0.12",
            "parts": [
                {"key": "Technology", "name": "Technology", "exposure": "880", "weight": "0.88", "undefined": []},
                {"key": "", "name": "Unclassified", "exposure": "120", "weight": "0.12", "undefined": []},
            ],
            "to_classify": [{"instrument": 12, "symbol": "WRLD", "name": "World fund", "exposure": "120"}],
        },
        "largest": [{"instrument": 3, "name": "Example Inc.", "direct": "0.4", "through_funds": "0.05", "weight": "0.45", "funds": [12]}],
        "largest_together": "0.88", "overlaps": [],
        "checks": [
            {"check": "sector", "share": "0.88", "name": "Technology", "threshold": "0.35", "on": True, "state": "beyond",
             "sentence": "Technology makes 88.0%, more than 35.0%."},
        ],
        "history": [{"by": "class", "keys": ["stock"], "names": ["Shares"], "points": [{"date": "2026-03-31", "shares": ["1"]}]}],
        "undefined": [], "warnings": [],
    },
)  # fmt: skip


def _breakdown(one: Breakdown) -> dict[str, Any]:
    told = Told()
    parts = []
    for part in one.slices:
        weak = Told()
        row = {"key": part.key, "name": part.name, "exposure": weak("exposure", part.value), "weight": weak("weight", part.weight)}
        parts.append({**row, "undefined": weak.undefined})
    open_ = [
        {"instrument": row.instrument.id, "symbol": row.instrument.symbol, "name": row.instrument.name, "exposure": told("exposure", row.exposure)}
        for row in one.untold
    ]
    return {"unclassified": told("unclassified", one.unclassified), "parts": parts, "to_classify": open_}


def _largest(one: Largest, told: Told) -> dict[str, Any]:
    return {
        "instrument": None if one.instrument is None else one.instrument.id,
        "name": one.name,
        "direct": told("direct", one.direct),
        "through_funds": told("through_funds", one.through),
        "weight": told("weight", one.together),
        "funds": [fund.id for fund in one.funds],
    }


def _overlap(one: Pair, told: Told) -> dict[str, Any]:
    return {
        "first": one.first.id,
        "second": one.second.id,
        "overlap": told("overlap", one.overlap),
        "known_of_first": told("known_of_first", one.known[0]),
        "known_of_second": told("known_of_second", one.known[1]),
        "shared": [{"name": name, "weight": told("weight", weight)} for name, weight in one.shared],
    }


def _check(one: Concentration, told: Told) -> dict[str, Any]:
    limit = one.limit
    return {
        "check": limit.check.value,
        "share": told(f"check_{limit.check.value}", one.share),
        "name": one.name,
        "threshold": plain(limit.threshold),
        "on": limit.is_on,
        "state": one.state,
        "sentence": one.sentence,
    }


def _history(one: MixHistory) -> dict[str, Any]:
    rows = [ratio_texts(shares) for shares in one.shares]
    points = [{"date": day, "shares": [row[place] for row in rows]} for place, day in enumerate(one.days)]
    return {"by": one.by.value, "keys": list(one.keys), "names": list(one.names), "points": points}


def answer_of(found: Diversification, portfolios: list[int]) -> dict[str, Any]:
    """The report as an answer."""
    told, spread = Told(found.warnings), found.spread
    return {
        "portfolios": portfolios,
        "currency": found.currency,
        "as_of": found.as_of,
        "look_through": found.look_through,
        "gross_exposure": told("gross_exposure", found.exposure),
        "score": told("score", spread.score),
        "score_parts": [{"name": name, "points": told(f"score.{name.lower()}", part), "rests_on": words} for name, part, words in spread.parts],
        "halved": spread.halved,
        "halved_why": spread.why,
        "herfindahl": told("herfindahl", spread.herfindahl),
        "effective_number": told("effective_number", spread.effective_number),
        "diversification_ratio": told("diversification_ratio", spread.diversification_ratio),
        "average_correlation": told("average_correlation", spread.average_correlation),
        **{f"by_{one.by.value}": _breakdown(one) for one in found.breakdowns},
        "largest": [_largest(one, told) for one in found.largest],
        "largest_together": told("largest_together", found.together),
        "overlaps": [_overlap(one, told) for one in found.overlaps],
        "checks": [_check(one, told) for one in found.checks],
        "history": [_history(one) for one in found.history],
        **told.told(),
    }


PARAMETERS = [AS_OF, KNOWN_AT, LOOK_INTO, CURRENCY, *SLICES]


class DiversificationView(APIView):
    @extend_schema(operation_id="diversification", parameters=PARAMETERS, responses=DiversificationSerializer, tags=["analytics"], examples=[EXAMPLE])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Weights of the gross exposure by every dimension, a score with its parts, checks of concentration, overlaps of funds, and how the mix came about."""
        only_parameters(request, PARAMETERS)
        scope = scope_of(request, pk, as_of=day_of_query(request, "as_of"), known_at=moment_of_query(request, "known_at"))
        limits, through = selectors.limits_of(request.user), looks_into_funds(request)
        found = selectors.diversification_in(scope, limits, look_through=through)
        return Response(answer_of(found, [portfolio.pk for portfolio in scope.portfolios]))


@extend_schema_view(get=extend_schema(operation_id="diversification_of_all"))
class AllDiversificationView(DiversificationView):
    """The same over the union of one's portfolios."""
