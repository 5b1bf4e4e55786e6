"""Transfers over the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from portfolio_site.web.answers import KnownFields, only_parameters
from portfolio_site.web.paging import bad_cursor, page_size_asked
from portfolio_site.web.serializers import CurrencyField, DayField, ExactField
from portfolios.api.common import IDEMPOTENCY, InstrumentField, LedgerView, find_one
from portfolios.api.entries_in import MOST_LOTS, named_lot
from portfolios.roles import Action
from portfolios.selectors import get_portfolio, is_cursor
from portfolios.transfers import selectors, services
from portfolios.transfers.selectors import TransferView


class NamedLotSerializer(KnownFields):
    transaction = serializers.IntegerField(min_value=1, max_value=10**18 - 1, help_text="the entry that opened the lot")
    opened_on = DayField(required=False, allow_null=True, help_text="the lot's day, where that entry opened several")
    nth = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MOST_LOTS, help_text="which it is, where it opened several of one day"
    )
    quantity = ExactField()


class TransferSerializer(KnownFields):
    """Units to be moved out of the portfolio of the address.  Say the instrument by `instrument` or `symbol`."""

    target = serializers.IntegerField(min_value=1, max_value=10**18 - 1, help_text="the portfolio that they go to")
    instrument = InstrumentField(required=False)
    symbol = serializers.CharField(max_length=32, required=False)
    quantity = ExactField()
    date = DayField(required=False, help_text="needed unless `time` is given")
    time = serializers.DateTimeField(required=False, allow_null=True)
    fees = ExactField(required=False, allow_null=True, help_text="of the transfer, paid from the source")
    taxes = ExactField(required=False, allow_null=True)
    fees_currency = CurrencyField(required=False, allow_blank=True, help_text="the instrument's where missing")
    lots = NamedLotSerializer(many=True, required=False, help_text="the lots that are taken first; the rest goes by the source's cost method")
    notes = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("instrument") and not attrs.get("symbol"):
            raise serializers.ValidationError({"instrument": [serializers.ErrorDetail("Say which instrument it is.", code="required")]})
        if attrs.get("time") is not None and attrs.get("date") is None:
            attrs["date"] = attrs["time"].date()
        if attrs.get("date") is None:
            raise serializers.ValidationError({"date": [serializers.ErrorDetail("Give the date of the transfer, or its time.", code="required")]})
        return attrs


class CarriedLotSerializer(serializers.Serializer[Any]):
    acquired_on = serializers.DateField()
    quantity = ExactField()
    cost = ExactField(help_text="in `cost_currency`")
    cost_local = ExactField(help_text="in the instrument's currency")


class TransferAnswerSerializer(serializers.Serializer[Any]):
    """One transfer with both its legs, which are entries like others; to void or edit either does it to both."""

    id = serializers.UUIDField(help_text="shared by both legs")
    leaving = serializers.IntegerField(help_text="the entry in the source")
    arriving = serializers.IntegerField(help_text="the entry in the target")
    source = serializers.IntegerField()  # type: ignore[assignment]
    target = serializers.IntegerField()
    date = serializers.DateField()
    time = serializers.DateTimeField(allow_null=True)
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    quantity = ExactField()
    cost = ExactField(help_text="what the units carry, in `cost_currency`")
    cost_currency = serializers.CharField()
    fx_rate = ExactField(help_text="units of the target's currency for one of `cost_currency`")
    lots = CarriedLotSerializer(many=True)
    fees = ExactField()
    taxes = ExactField()
    fees_currency = serializers.CharField()
    notes = serializers.CharField()


class TransferPageSerializer(serializers.Serializer[Any]):
    results = TransferAnswerSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


def answer_of(one: TransferView) -> dict[str, Any]:
    return {
        "id": str(one.link),
        "leaving": one.leaving,
        "arriving": one.arriving,
        "source": one.source_id,
        "target": one.target_id,
        "date": one.traded_on,
        "time": one.traded_at,
        "instrument": one.instrument.id,
        "symbol": one.instrument.symbol,
        "quantity": one.quantity,
        "cost": one.cost,
        "cost_currency": one.cost_currency,
        "fx_rate": one.fx_rate or Decimal(1),
        "lots": [lot._asdict() for lot in one.lots],
        "fees": one.fees,
        "taxes": one.taxes,
        "fees_currency": one.fees_currency,
        "notes": one.notes,
    }


_OF_A_LIST = [
    OpenApiParameter("page_size", OpenApiTypes.INT, description="from 1 to 500; 50 where missing"),
    OpenApiParameter("cursor", OpenApiTypes.STR),
]


class TransfersView(LedgerView):
    @extend_schema(
        operation_id="portfolio_transfers_list",
        parameters=_OF_A_LIST,
        responses=TransferPageSerializer,
        tags=["transfers"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """The transfers into and out of a portfolio, newest first."""
        portfolio = get_portfolio(request.user, pk)
        only_parameters(request, _OF_A_LIST)
        cursor = request.query_params.get("cursor", "")
        if cursor and not is_cursor(cursor):
            raise bad_cursor()
        page = selectors.transfers_of(request.user, portfolio, cursor=cursor, page_size=page_size_asked(request))
        here = request.build_absolute_uri()
        return Response(
            {
                "results": [answer_of(one) for one in page.rows],
                "next": replace_query_param(here, "cursor", page.older) if page.older else None,
                "previous": replace_query_param(here, "cursor", page.newer) if page.newer else None,
            }
        )

    @extend_schema(
        operation_id="portfolio_transfers_create",
        request=TransferSerializer,
        responses={201: TransferAnswerSerializer},
        parameters=[IDEMPOTENCY],
        tags=["transfers"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Move units to another of one's portfolios, with the dates and cost of their lots: both legs are booked, or none."""
        source = get_portfolio(request.user, pk, to=Action.WRITE)
        wanted = TransferSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        target = get_portfolio(request.user, values["target"], to=Action.WRITE)
        asked = values.get("instrument") or values["symbol"]
        draft = services.TransferDraft(
            instrument=find_one(request.user, asked, "instrument" if values.get("instrument") else "symbol"),
            quantity=values["quantity"],
            day=values["date"],
            time=values.get("time"),
            fees=values.get("fees"),
            taxes=values.get("taxes"),
            fees_currency=values.get("fees_currency", ""),
            lots=[named_lot(lot["transaction"], lot) for lot in values.get("lots", [])],
            notes=values.get("notes", ""),
            external_id=values.get("external_id", ""),
        )
        made = services.transfer_units(request.user, source, target, draft)
        return Response(answer_of(selectors.view_of(made.leaving, made.arriving)), status=201)
