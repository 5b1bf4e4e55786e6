"""Lots and sales over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio_site.web.answers import AS_OF, KNOWN_AT, Told, ToldSerializer, day_of_query, moment_of_query, only_parameters
from portfolio_site.web.serializers import ExactField, UndefinedSerializer
from portfolios import selectors
from portfolios.api.common import METHOD, LedgerView, method_of_query
from portfolios.choices import CostMethod, LotStatus
from portfolios.errors import HoldingNotFound
from portfolios.models import Portfolio
from portfolios.selectors import LotsTable, LotView, MatchView, MethodResult, SaleView

INSTRUMENT = OpenApiParameter("instrument", OpenApiTypes.STR, description="id or symbol; all where missing")


class LotSerializer(serializers.Serializer[Any]):
    """Units that came together.  Money is in the portfolio's currency."""

    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    transaction = serializers.IntegerField(allow_null=True, help_text="what opened it; null for a pool that is sold out")
    status = serializers.ChoiceField(choices=LotStatus.choices)
    opened_on = serializers.DateField()
    nth = serializers.IntegerField(help_text="of several lots of that transaction and day, from 1; the three together are the lot's name")
    closed_on = serializers.DateField(allow_null=True, help_text="the last day on which units left it")
    bought = ExactField(help_text="units that there were, splits since then included; below zero of a short sale")
    quantity = ExactField(help_text="units that are left")
    cost = ExactField(help_text="of what is left")
    bought_cost = ExactField(help_text="of all units that there were")
    unit_cost = ExactField()
    value = ExactField(allow_null=True)
    unrealized_gain = ExactField(allow_null=True)
    realized_gain = ExactField(help_text="of the sales from it")
    days_held = serializers.IntegerField()


class MatchSerializer(serializers.Serializer[Any]):
    """Units of a sale, and the lot that they were taken from."""

    purchase = serializers.IntegerField(allow_null=True, help_text="null where the units come from a pool")
    opened_on = serializers.DateField(allow_null=True)
    nth = serializers.IntegerField(help_text="as in the lot")
    quantity = ExactField()
    cost = ExactField()
    proceeds = ExactField()
    gain = ExactField()
    price_gain = ExactField()
    currency_gain = ExactField()
    days_held = serializers.IntegerField(allow_null=True, help_text="null of units from a pool")
    term = serializers.ChoiceField(choices=[("short", "short"), ("long", "long")], allow_null=True, help_text="long: held for more than a year")


class ClosedLotSerializer(MatchSerializer):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    sale = serializers.IntegerField()
    closed_on = serializers.DateField()


class SaleSerializer(serializers.Serializer[Any]):
    """One sale with the lots that it was matched with."""

    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    sale = serializers.IntegerField()
    closed_on = serializers.DateField()
    quantity = ExactField()
    cost = ExactField()
    proceeds = ExactField()
    gain = ExactField()
    price_gain = ExactField()
    currency_gain = ExactField()
    matches = MatchSerializer(many=True)


class LotsSerializer(ToldSerializer):
    currency = serializers.CharField()
    as_of = serializers.DateField()
    method = serializers.ChoiceField(choices=CostMethod.choices)
    open = LotSerializer(many=True, help_text="lots with units left, all of them or some")
    closed_lots = LotSerializer(many=True, help_text="lots with none left")
    closed = ClosedLotSerializer(many=True, help_text="each part of a sale by itself")
    sales = SaleSerializer(many=True, help_text="the same by sale")


class MethodSerializer(serializers.Serializer[Any]):
    method = serializers.ChoiceField(choices=CostMethod.choices)
    is_own = serializers.BooleanField(help_text="whether the portfolio uses it")
    cost = ExactField(allow_null=True, help_text="of what is held")
    realized_gain = ExactField(allow_null=True)
    long_term_gain = ExactField(allow_null=True, help_text="the part of units held for more than a year")
    unrealized_gain = ExactField(allow_null=True)
    open_lots = serializers.IntegerField()
    undefined = UndefinedSerializer(many=True, help_text="what this method cannot say: a pool has no day on which its units were bought")


class MethodsSerializer(ToldSerializer):
    currency = serializers.CharField()
    results = MethodSerializer(many=True)


# ── out ─────────────────────────────────────────────────────────────────────


def _lot(lot: LotView, names: dict[str, Any], told: Told) -> dict[str, Any]:
    return {
        **names,
        "transaction": lot.event_id,
        "status": lot.status,
        "opened_on": lot.opened_on,
        "nth": lot.nth,
        "closed_on": lot.closed_on,
        "bought": lot.bought,
        "quantity": lot.quantity,
        "cost": lot.cost,
        "bought_cost": lot.bought_cost,
        "unit_cost": lot.unit_cost,
        "value": told("value", lot.value),
        "unrealized_gain": told("unrealized_gain", lot.unrealised),
        "realized_gain": lot.realised,
        "days_held": lot.days_held,
    }


def _match(match: MatchView) -> dict[str, Any]:
    return {
        "purchase": match.buy_id,
        "opened_on": match.opened_on,
        "nth": match.nth,
        "quantity": match.quantity,
        "cost": match.cost,
        "proceeds": match.proceeds,
        "gain": match.gain,
        "price_gain": match.price_part,
        "currency_gain": match.currency_part,
        "days_held": match.days_held,
        "term": None if match.is_long is None else "long" if match.is_long else "short",
    }


def _sale(sale: SaleView, names: dict[str, Any]) -> dict[str, Any]:
    return {
        **names,
        "sale": sale.sale_id,
        "closed_on": sale.closed_on,
        "quantity": sale.quantity,
        "cost": sale.cost,
        "proceeds": sale.proceeds,
        "gain": sale.gain,
        "price_gain": sale.price_part,
        "currency_gain": sale.currency_part,
        "matches": [_match(match) for match in sale.matches],
    }


def lots_answer(table: LotsTable) -> dict[str, Any]:
    told = Told()
    opened, gone, closed, sales = [], [], [], []
    for pk, view in table.instruments.items():
        names = {"instrument": pk, "symbol": view.symbol}
        opened += [_lot(lot, names, told) for lot in table.lots.get(pk, ())]
        gone += [_lot(lot, names, told) for lot in table.closed.get(pk, ())]
        closed += [{**names, "sale": one.sale_id, "closed_on": one.closed_on, **_match(one)} for one in table.matches.get(pk, ())]
        sales += [_sale(sale, names) for sale in table.sales.get(pk, ())]
    return {
        "currency": table.currency,
        "as_of": table.as_of,
        "method": table.method,
        "open": opened,
        "closed_lots": gone,
        "closed": closed,
        "sales": sales,
        "undefined": [one for place, one in enumerate(told.undefined) if one not in told.undefined[:place]],
        "warnings": told.warnings,
    }


def _method(result: MethodResult, whole: Told) -> dict[str, Any]:
    told = Told()
    answer = {
        "method": result.method,
        "is_own": result.is_own,
        "cost": told("cost", result.cost),
        "realized_gain": told("realized_gain", result.realised),
        "long_term_gain": told("long_term_gain", result.long_gain),
        "unrealized_gain": told("unrealized_gain", result.unrealised),
        "open_lots": result.lots,
        "undefined": told.undefined,
    }
    whole.undefined += [{**one, "figure": f"{result.method}.{one['figure']}"} for one in told.undefined]
    whole.warnings += [said for said in told.warnings if said not in whole.warnings]
    return answer


# ── views ───────────────────────────────────────────────────────────────────


def _instrument(request: Request, portfolio: Portfolio) -> int | None:
    asked = request.query_params.get("instrument", "")
    if not asked:
        return None
    found = selectors.held_instrument(portfolio, int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 18 else asked[:32])
    if found is None:
        raise HoldingNotFound("There is no such holding.")
    return int(found.pk)


class LotsView(LedgerView):
    @extend_schema(operation_id="lots_list", parameters=[AS_OF, KNOWN_AT, METHOD, INSTRUMENT], responses=LotsSerializer, tags=["holdings"])
    def get(self, request: Request, pk: int) -> Response:
        """Lots, open, part closed and closed, and what sales took from them, under any cost method."""
        portfolio = selectors.get_portfolio(request.user, pk)
        only_parameters(request, [AS_OF, KNOWN_AT, METHOD, INSTRUMENT])
        method = method_of_query(request)
        day, known_at = day_of_query(request, "as_of"), moment_of_query(request, "known_at")
        table = selectors.lots_of(portfolio, _instrument(request, portfolio), as_of=day, known_at=known_at, method=method)
        return Response(lots_answer(table))


class MethodsView(LedgerView):
    @extend_schema(operation_id="lots_methods", parameters=[AS_OF, KNOWN_AT, INSTRUMENT], responses=MethodsSerializer, tags=["holdings"])
    def get(self, request: Request, pk: int) -> Response:
        """Cost and gains under each of the cost methods, side by side.  Nothing that is stored changes."""
        portfolio = selectors.get_portfolio(request.user, pk)
        only_parameters(request, [AS_OF, KNOWN_AT, INSTRUMENT])
        told = Told()
        day, known_at = day_of_query(request, "as_of"), moment_of_query(request, "known_at")
        results = selectors.compare_methods(portfolio, _instrument(request, portfolio), as_of=day, known_at=known_at)
        return Response({"currency": portfolio.base_currency, "results": [_method(one, told) for one in results], **told.told()})
