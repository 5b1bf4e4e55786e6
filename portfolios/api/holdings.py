"""Holdings over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from market.models import Instrument
from portfolio_site.web.answers import AS_OF, KNOWN_AT, KnownFields, Told, ToldSerializer, day_of_query, moment_of_query, only_parameters
from portfolio_site.web.serializers import CurrencyField, DayField, ExactField, UndefinedSerializer
from portfolios import selectors, services
from portfolios.api.common import (
    IDEMPOTENCY,
    METHOD,
    InstrumentField,
    LedgerView,
    find_one,
    method_of_query,
)
from portfolios.errors import HoldingNotFound
from portfolios.models import Portfolio
from portfolios.roles import Action
from portfolios.selectors import CashRow, HoldingRow, HoldingsTable


class HoldingSerializer(serializers.Serializer[Any]):
    """One holding.  Money is in the portfolio's currency, but for the price."""

    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    asset_class = serializers.CharField()
    quantity = ExactField()
    average_cost = ExactField(allow_null=True)
    total_cost = ExactField()
    price = ExactField(allow_null=True, help_text="of one unit, in `price_currency`")
    price_currency = serializers.CharField()
    fx_rate = ExactField(allow_null=True, help_text="units of `currency` for one of `price_currency`")
    market_value = ExactField(allow_null=True)
    currency = serializers.CharField()
    unrealized_gain = ExactField(allow_null=True)
    unrealized_gain_percent = ExactField(allow_null=True)
    price_gain = ExactField(allow_null=True)
    currency_gain = ExactField(allow_null=True)
    realized_gain = ExactField()
    income = ExactField()
    expenses = ExactField()
    total_gain = ExactField(allow_null=True)
    total_gain_percent = ExactField(allow_null=True)
    day_change = ExactField(allow_null=True)
    day_change_percent = ExactField(allow_null=True)
    weight = ExactField(allow_null=True, help_text="a fraction of the portfolio's value")
    opened_on = serializers.DateField()
    priced_on = serializers.DateField(allow_null=True)
    stale = serializers.BooleanField()
    undefined = UndefinedSerializer(many=True)


class CashSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    amount = ExactField()
    value = ExactField(allow_null=True)
    fx_rate = ExactField(allow_null=True)


class HoldingsSerializer(ToldSerializer):
    results = HoldingSerializer(many=True)
    cash = CashSerializer(many=True)
    currency = serializers.CharField()
    as_of = serializers.DateField()
    total_value = ExactField(allow_null=True)
    total_cost = ExactField()


class NewHoldingSerializer(KnownFields):
    """Units that are there already.  Say the instrument by `symbol` or by `instrument`."""

    instrument = InstrumentField(required=False)
    symbol = serializers.CharField(max_length=32, required=False)
    quantity = ExactField()
    average_cost = ExactField(help_text="of one unit, in `currency`")
    currency = CurrencyField(required=False, help_text="the instrument's where missing")
    date = DayField(required=False, help_text="when they were bought; today where missing")
    notes = serializers.CharField(max_length=4000, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("instrument") and not attrs.get("symbol"):
            raise serializers.ValidationError({"symbol": [serializers.ErrorDetail("Say which instrument it is.", code="required")]})
        return attrs


class AdjustedHoldingSerializer(KnownFields):
    quantity = ExactField(required=False)
    average_cost = ExactField(required=False, help_text="of the units added; without a change of quantity, of those held")
    date = DayField(required=False, help_text="today where missing")


# ── out ─────────────────────────────────────────────────────────────────────


def holding_of(row: HoldingRow, currency: str) -> dict[str, Any]:
    told = Told()
    return {
        "instrument": row.instrument.id,
        "symbol": row.instrument.symbol,
        "name": row.instrument.name,
        "asset_class": row.instrument.asset_class,
        "quantity": row.quantity,
        "average_cost": told("average_cost", row.average_cost),
        "total_cost": row.cost,
        "price": told("price", row.price),
        "price_currency": row.instrument.currency,
        "fx_rate": told("fx_rate", row.rate),
        "market_value": told("market_value", row.value),
        "currency": currency,
        "unrealized_gain": told("unrealized_gain", row.unrealised),
        "unrealized_gain_percent": told.percent("unrealized_gain_percent", row.unrealised_fraction),
        "price_gain": told("price_gain", row.price_part),
        "currency_gain": told("currency_gain", row.currency_part),
        "realized_gain": row.realised,
        "income": row.income,
        "expenses": row.expenses,
        "total_gain": told("total_gain", row.total_gain),
        "total_gain_percent": told.percent("total_gain_percent", row.total_gain_fraction),
        "day_change": told("day_change", row.day_change),
        "day_change_percent": told.percent("day_change_percent", row.day_change_fraction),
        "weight": told("weight", row.weight),
        "opened_on": row.opened_on,
        "priced_on": row.priced_on,
        "stale": row.stale,
        "undefined": told.undefined,
    }


def _cash_of(row: CashRow) -> dict[str, Any]:
    return {"currency": row.currency, "amount": row.amount, "value": row.value.value, "fx_rate": row.rate.value}


def table_of(table: HoldingsTable) -> dict[str, Any]:
    told = Told()
    return {
        "results": [holding_of(row, table.currency) for row in table.rows],
        "cash": [_cash_of(row) for row in table.cash],
        "currency": table.currency,
        "as_of": table.as_of,
        "total_value": told("total_value", table.value),
        "total_cost": table.cost,
        **told.told(),
    }


# ── views ───────────────────────────────────────────────────────────────────


def _one(request: Request, portfolio: Portfolio, instrument: Instrument) -> dict[str, Any] | None:
    table = selectors.holdings_of(portfolio)
    row = table.row(instrument.pk)
    return None if row is None else holding_of(row, table.currency)


ASKED = [AS_OF, KNOWN_AT, METHOD]


def _asked_of(request: Request, portfolio: Portfolio) -> HoldingsTable:
    """Raises ValidationError."""
    only_parameters(request, ASKED)
    method = method_of_query(request)
    told = selectors.under_method([portfolio], method) if method else [portfolio]
    return selectors.holdings_of(told, as_of=day_of_query(request, "as_of"), known_at=moment_of_query(request, "known_at"))


class HoldingsView(LedgerView):
    @extend_schema(operation_id="holdings_list", parameters=ASKED, responses=HoldingsSerializer, tags=["holdings"])
    def get(self, request: Request, pk: int) -> Response:
        """What the portfolio holds, now or at the end of an earlier day, as it is known now or was known then; under any cost method."""
        return Response(table_of(_asked_of(request, selectors.get_portfolio(request.user, pk))))

    @extend_schema(
        operation_id="holdings_create", request=NewHoldingSerializer, responses={201: HoldingSerializer}, parameters=[IDEMPOTENCY], tags=["holdings"]
    )
    def post(self, request: Request, pk: int) -> Response:
        """Add units that are there already, with what they cost: a transfer in."""
        portfolio = selectors.get_portfolio(request.user, pk, to=Action.WRITE)
        wanted = NewHoldingSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        field = "instrument" if values.get("instrument") else "symbol"
        instrument = find_one(request.user, values[field], field)
        services.add_position(
            request.user,
            portfolio,
            instrument=instrument,
            quantity=values["quantity"],
            average_cost=values["average_cost"],
            day=values.get("date"),
            currency=values.get("currency", ""),
            notes=values.get("notes", ""),
        )
        return Response(_one(request, selectors.get_portfolio(request.user, pk, to=Action.WRITE), instrument), status=201)


class HoldingView(LedgerView):
    @extend_schema(operation_id="holdings_retrieve", parameters=ASKED, responses=HoldingSerializer, tags=["holdings"])
    def get(self, request: Request, pk: int, instrument: str) -> Response:
        """One holding, open or closed; the instrument by id or symbol."""
        portfolio, found = self._asked(request, pk, instrument)
        table = _asked_of(request, portfolio)
        row = table.row(found.pk)
        if row is None:
            raise HoldingNotFound(f"You never held {found.symbol} in this portfolio.")
        return Response(holding_of(row, table.currency))

    @extend_schema(operation_id="holdings_update", request=AdjustedHoldingSerializer, responses=HoldingSerializer, tags=["holdings"])
    def patch(self, request: Request, pk: int, instrument: str) -> Response:
        """Bring the holding to a quantity, by a transfer in or out; or correct what its units cost."""
        portfolio, found = self._asked(request, pk, instrument)
        wanted = AdjustedHoldingSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        services.adjust_position(
            request.user,
            portfolio,
            instrument=found,
            quantity=values.get("quantity"),
            average_cost=values.get("average_cost"),
            day=values.get("date"),
        )
        return Response(_one(request, selectors.get_portfolio(request.user, pk, to=Action.WRITE), found))

    @extend_schema(operation_id="holdings_delete", responses={204: None}, tags=["holdings"])
    def delete(self, request: Request, pk: int, instrument: str) -> Response:
        """Let all units leave at their cost, by a transfer out."""
        portfolio, found = self._asked(request, pk, instrument)
        services.remove_position(request.user, portfolio, instrument=found)
        return Response(status=204)

    def _asked(self, request: Request, pk: int, instrument: str) -> tuple[Portfolio, Instrument]:
        portfolio = selectors.get_portfolio(request.user, pk)
        asked: int | str = int(instrument) if instrument.isascii() and instrument.isdigit() and len(instrument) <= 18 else instrument[:32]
        found = selectors.held_instrument(portfolio, asked)
        if found is None:
            raise HoldingNotFound("There is no such holding.")
        return portfolio, found
