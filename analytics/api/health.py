"""What weakens the caller's figures, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.common import CURRENCY, report_currency
from analytics.selectors.health import data_health
from market.selectors.health import Weakness
from portfolio_site.web.answers import only_parameters
from portfolio_site.web.serializers import ExactField


class WeakPointSerializer(serializers.Serializer[Any]):
    """`price` is null where it is a matter of no price; `instrument` is null for a rate, whose `symbol` is such as USD/EUR."""

    kind = serializers.ChoiceField(choices=[one.value for one in Weakness])
    instrument = serializers.IntegerField(source="instrument_id", allow_null=True)
    symbol = serializers.CharField()
    name = serializers.CharField()
    detail = serializers.CharField()
    price = ExactField(source="price.value", default=None, allow_null=True)
    currency = serializers.CharField(source="price.currency", default="", help_text="of `price`; empty where there is none")
    source = serializers.CharField()  # type: ignore[assignment]
    as_of = serializers.DateTimeField(allow_null=True)


class ShareSerializer(serializers.Serializer[Any]):
    """A share of net worth, 0.05 is 5 %; null with the reason where there is none."""

    share = ExactField(source="value", allow_null=True)
    reason = serializers.CharField(source="why_not", help_text="why `share` is null; else empty")
    warnings = serializers.ListField(child=serializers.CharField(), help_text="what is not in the share")


class GroupSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[one.value for one in Weakness])
    count = serializers.SerializerMethodField()
    concerned = ShareSerializer(source="share")

    def get_count(self, group: Any) -> int:
        return len(group.points)


class OverdrawnSerializer(serializers.Serializer[Any]):
    """Cash below zero, in its own currency."""

    portfolio = serializers.IntegerField(source="portfolio_id")
    amount = ExactField(source="amount.value")
    currency = serializers.CharField(source="amount.currency")
    since = serializers.DateField()


class BudgetSerializer(serializers.Serializer[Any]):
    calls = serializers.IntegerField(help_text="allowed in the window")
    seconds = serializers.IntegerField(help_text="length of the window")
    left = serializers.IntegerField()


class SourceSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField(source="position", help_text="“closed”: calls go through; “open”: none does before `until`; “half open”: one does")
    until = serializers.DateTimeField(allow_null=True)
    budgets = BudgetSerializer(many=True)


class CompleteSerializer(serializers.Serializer[Any]):
    """How much of the value has a price of `day`."""

    day = serializers.DateField()
    priced = ShareSerializer(source="share")
    own = serializers.IntegerField(help_text="holdings that count as priced by an own valuation of an earlier day")
    own_since = serializers.DateField(allow_null=True, help_text="the day of the oldest of these")


class HealthSerializer(serializers.Serializer[Any]):
    """The worst first; `results` is empty where everything is up to date."""

    results = WeakPointSerializer(many=True, source="points")
    groups = GroupSerializer(many=True)
    overdrawn = OverdrawnSerializer(many=True)
    overdrawn_share = ShareSerializer()
    sources = SourceSerializer(many=True)
    complete = CompleteSerializer()
    currency = serializers.CharField(help_text="in which portfolios are added up")


class HealthView(APIView):
    @extend_schema(
        operation_id="market_health",
        parameters=[CURRENCY],
        responses=HealthSerializer,
        tags=["market"],
        summary="What weakens the figures of what one holds and watches",
    )
    def get(self, request: Request) -> Response:
        only_parameters(request, [CURRENCY])
        return Response(HealthSerializer(data_health(request.user, report_currency(request, []))).data)
