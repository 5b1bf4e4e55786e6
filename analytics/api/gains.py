"""Gains over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import selectors
from analytics.api.common import CURRENCY, END, METHOD, PERIOD, SLICES, START, AnswerSerializer, method_of_query, period_of, scope_of
from analytics.selectors import GainsRow
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.answers import AS_OF, KNOWN_AT, Told, day_of_query, moment_of_query, only_parameters
from portfolio_site.web.serializers import ExactField, UndefinedSerializer


class GainsRowSerializer(serializers.Serializer[Any]):
    realized = ExactField()
    unrealized = ExactField(allow_null=True)
    income = ExactField()
    expenses = ExactField()
    total = ExactField(allow_null=True)
    price_gain = ExactField(allow_null=True)
    currency_gain = ExactField(allow_null=True)


class InstrumentGainsSerializer(GainsRowSerializer):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    undefined = UndefinedSerializer(many=True)


class CashGainsSerializer(GainsRowSerializer):
    currency = serializers.CharField(help_text="of the cash; blank for what belongs to no instrument and no balance")


class GainsSerializer(GainsRowSerializer, AnswerSerializer):
    """Gains of a period.  Unrealised: the change over the period."""

    start = serializers.DateField(allow_null=True, help_text="null: since the beginning")
    end = serializers.DateField()
    net_flows = ExactField(help_text="units moved in kind count at the cost they carry")
    by_instrument = InstrumentGainsSerializer(many=True)
    cash = CashGainsSerializer(many=True)


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


PARAMETERS = [PERIOD, START, END, AS_OF, KNOWN_AT, CURRENCY, METHOD, *SLICES]


class GainsView(APIView):
    @extend_schema(
        operation_id="gains",
        parameters=PARAMETERS,
        responses=GainsSerializer,
        tags=["analytics"],
    )
    def get(self, request: Request, pk: int | None = None) -> Response:
        """Realised and unrealised gains, income and expenses of a period, by instrument and in total."""
        only_parameters(request, PARAMETERS)
        start, end = period_of(request)
        day, known_at = day_of_query(request, "as_of"), moment_of_query(request, "known_at")
        scope = scope_of(request, pk, method=method_of_query(request), as_of=day, known_at=known_at)
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


@extend_schema_view(get=extend_schema(operation_id="gains_of_all"))
class AllGainsView(GainsView):
    """The same over the union of one's portfolios."""
