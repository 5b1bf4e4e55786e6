"""Worth over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import selectors
from analytics.api.common import CURRENCY, LOOK_THROUGH, SLICES, AnswerSerializer, report_currency, told_of_query
from analytics.api.value_example import EXAMPLE
from analytics.selectors import Slice
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.answers import AS_OF, KNOWN_AT, Told, day_of_query, moment_of_query, only_parameters, switch_of_query
from portfolio_site.web.serializers import ExactField, UndefinedSerializer
from portfolios.selectors import HoldingRow


class ValuedHoldingSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    quantity = ExactField()
    price = ExactField(allow_null=True)
    price_currency = serializers.CharField()
    fx_rate = ExactField(allow_null=True)
    value = ExactField(allow_null=True)
    weight = ExactField(allow_null=True, help_text="a fraction of the whole, cash included")
    day_change = ExactField(allow_null=True)
    day_change_percent = ExactField(allow_null=True)
    undefined = UndefinedSerializer(many=True)


class PartSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="a class, sector, country (two letters), region or currency; “cash”; blank for what is unclassified")
    name = serializers.CharField()
    value = ExactField(allow_null=True)
    weight = ExactField(allow_null=True)
    undefined = UndefinedSerializer(many=True)


class ValueSerializer(AnswerSerializer):
    """What the portfolios are worth now, or at the close of an earlier day."""

    as_of = serializers.DateField()
    value = ExactField(allow_null=True)
    holdings_value = ExactField(allow_null=True)
    cash_value = ExactField(allow_null=True)
    cash_weight = ExactField(allow_null=True)
    total_cost = ExactField(help_text="of the holdings")
    day_change = ExactField(allow_null=True)
    day_change_percent = ExactField(allow_null=True)
    by_holding = ValuedHoldingSerializer(many=True)
    by_class = PartSerializer(many=True)
    by_sector = PartSerializer(many=True)
    by_country = PartSerializer(many=True)
    by_region = PartSerializer(many=True)
    by_currency = PartSerializer(many=True)


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
        "day_change": told("day_change", row.day_change),
        "day_change_percent": told.percent("day_change_percent", row.day_change_fraction),
        "undefined": told.undefined,
    }


def part_answer(part: Slice) -> dict[str, Any]:
    """One part of a whole."""
    told = Told()
    answer = {"key": part.key, "name": part.name, "value": told("value", part.value), "weight": told("weight", part.weight)}
    return {**answer, "undefined": told.undefined}


PARAMETERS = [AS_OF, KNOWN_AT, CURRENCY, LOOK_THROUGH, *SLICES]


class ValueView(APIView):
    @extend_schema(operation_id="value", parameters=PARAMETERS, responses=ValueSerializer, examples=[EXAMPLE], tags=["analytics"])
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Worth in total, by holding, class, sector, country, region and currency, now or at the close of an earlier day."""
        only_parameters(request, PARAMETERS)
        portfolios = told_of_query(request, pk)
        day, known_at = day_of_query(request, "as_of"), moment_of_query(request, "known_at")
        found = selectors.value_now(
            portfolios, report_currency(request, portfolios), as_of=day, known_at=known_at, look_through=switch_of_query(request, "look_through")
        )
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
                "total_cost": plain(found.table.cost),
                "day_change": told("day_change", found.day_change),
                "day_change_percent": told.percent("day_change_percent", found.day_change_fraction),
                "by_holding": [_holding(row) for row in found.table.rows],
                "by_class": [part_answer(part) for part in found.by_class],
                "by_sector": [part_answer(part) for part in found.by_sector],
                "by_country": [part_answer(part) for part in found.by_country],
                "by_region": [part_answer(part) for part in found.by_region],
                "by_currency": [part_answer(part) for part in found.by_currency],
                **told.told(),
            }
        )


@extend_schema_view(get=extend_schema(operation_id="value_of_all"))
class AllValueView(ValueView):
    """The same over the union of one's portfolios."""
