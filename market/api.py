"""The API of the market: instruments, quotes, price histories, exchange rates.

Changes are told as `change` (money) and `change_percent` (1.25 is 1.25 %).  Times carry an offset.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from market import selectors, services
from market.errors import UnknownCurrencyCode
from market.models import Instrument
from market.providers.base import PriceRow, RateRow
from market.selectors import Interval
from market.shapes import (
    Changed,
    Count,
    HistoryQuery,
    HistorySerializer,
    InstrumentChange,
    InstrumentQuery,
    InstrumentSerializer,
    InstrumentWanted,
    OwnPrices,
    OwnRates,
    QuoteSerializer,
    RateQuery,
    RateSerializer,
    StocksSerializer,
    SymbolsWanted,
)
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolio_site.web.answers import checked_day
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import LARGEST_PAGE, CursorPages, bad_cursor, page_size_asked
from portfolio_site.web.serializers import currency_of


def _read(shape: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    reader = shape(data=data)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


# ── instruments ─────────────────────────────────────────────────────────────


class InstrumentPages(CursorPages):
    ordering = ("symbol", "id")  # type: ignore[assignment]


class Instruments(Idempotent, ListAPIView[Instrument]):
    serializer_class = InstrumentSerializer
    pagination_class = InstrumentPages
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        wanted = _read(InstrumentQuery, self.request.query_params)
        found = selectors.instruments_visible_to(self.request.user).select_related("quote")
        if wanted.get("search"):
            found = found.matching(wanted["search"].strip())
        for field in ("asset_class", "currency"):
            if wanted.get(field):
                found = found.filter(**{field: wanted[field]})
        return found if wanted["own"] is None else found.filter(owner__isnull=not wanted["own"])

    @extend_schema(operation_id="instruments_list", parameters=[InstrumentQuery], tags=["market"], summary="Everybody's instruments and one's own")
    def get(self, request: Request) -> Response:
        return self.list(request)

    @extend_schema(
        operation_id="instruments_create",
        request=InstrumentWanted,
        responses={201: InstrumentSerializer},
        tags=["market"],
        summary="Add an instrument of one's own",
    )
    def post(self, request: Request) -> Response:
        made = services.create_private_instrument(request.user, **_read(InstrumentWanted, request.data))
        answer = Response(InstrumentSerializer(made).data, status=status.HTTP_201_CREATED)
        answer["Location"] = request.build_absolute_uri(f"/api/v1/instruments/{made.pk}")
        return answer


class InstrumentDetail(APIView):
    @extend_schema(operation_id="instruments_read", responses=InstrumentSerializer, tags=["market"], summary="One instrument with its quote")
    def get(self, request: Request, pk: int) -> Response:
        return Response(InstrumentSerializer(selectors.get_instrument(request.user, pk)).data)

    @extend_schema(
        operation_id="instruments_change",
        request=InstrumentChange,
        responses=InstrumentSerializer,
        tags=["market"],
        summary="Change an instrument of one's own",
    )
    def patch(self, request: Request, pk: int) -> Response:
        instrument = selectors.get_own_instrument(request.user, pk)
        changes = _read(InstrumentChange, request.data)
        return Response(InstrumentSerializer(services.update_private_instrument(request.user, instrument, **changes)).data)

    @extend_schema(operation_id="instruments_remove", responses={204: None}, tags=["market"], summary="Remove an instrument of one's own")
    def delete(self, request: Request, pk: int) -> Response:
        services.delete_private_instrument(request.user, selectors.get_own_instrument(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _place(cursor: str) -> dict[str, datetime.date]:
    """Where a page of prices starts: after a day, or before it."""
    if not cursor:
        return {}
    if not re.fullmatch(r"[ab]\d{4}-\d{2}-\d{2}", cursor, re.ASCII):
        raise bad_cursor()
    try:
        return {"after" if cursor[0] == "a" else "before": datetime.date.fromisoformat(cursor[1:])}
    except ValueError:
        raise bad_cursor() from None


class Prices(Idempotent, APIView):
    @extend_schema(
        operation_id="instruments_prices",
        parameters=[HistoryQuery],
        responses=HistorySerializer,
        tags=["market"],
        summary="Daily, weekly or monthly prices",
    )
    def get(self, request: Request, pk: int) -> Response:
        wanted = _read(HistoryQuery, request.query_params)
        instrument = selectors.get_instrument(request.user, pk)
        page = selectors.price_page(
            instrument.pk,
            page_size_asked(request, LARGEST_PAGE),
            start=wanted.get("start"),
            end=wanted.get("end"),
            interval=Interval(wanted["interval"]),
            **_place(wanted.get("cursor", "")),
        )
        here, bars = request.build_absolute_uri(), page.bars
        body = {
            "results": bars,
            "next": replace_query_param(here, "cursor", f"a{bars[-1].day}") if bars and page.later else None,
            "previous": replace_query_param(here, "cursor", f"b{bars[0].day}") if bars and page.earlier else None,
            "currency": instrument.currency,
            "note": instrument.note,
        }
        return Response(HistorySerializer(body).data)

    @extend_schema(
        operation_id="instruments_prices_enter",
        request=OwnPrices,
        responses=Changed,
        tags=["market"],
        summary="Enter or replace prices of one's own instrument",
    )
    def post(self, request: Request, pk: int) -> Response:
        instrument = selectors.get_own_instrument(request.user, pk)
        rows = [PriceRow(one["date"], one["close"]) for one in _read(OwnPrices, request.data)["prices"]]
        return Response({"count": len(rows), "changed": services.set_own_prices(request.user, instrument, rows)})


# ── quotes ──────────────────────────────────────────────────────────────────


class Stock(APIView):
    @extend_schema(operation_id="stocks_read", responses=QuoteSerializer, tags=["market"], summary="The newest price by symbol")
    def get(self, request: Request, symbol: str) -> Response:
        return Response(QuoteSerializer(selectors.stock(request.user, symbol)).data)


class StockBatch(APIView):
    @extend_schema(
        operation_id="stocks_batch",
        request=SymbolsWanted,
        responses={200: OpenApiResponse(StocksSerializer, description="What can be answered; the rest stands in `errors`.")},
        tags=["market"],
        summary="The newest prices of up to 500 symbols",
    )
    def post(self, request: Request) -> Response:
        return Response(StocksSerializer(selectors.stocks(request.user, _read(SymbolsWanted, request.data)["symbols"])).data)


# ── exchange rates ──────────────────────────────────────────────────────────


def _currency(code: str) -> Currency:
    try:
        return currency_of(code)
    except UnknownCurrency as problem:
        raise UnknownCurrencyCode(str(problem)) from None


class Rate(APIView):
    @extend_schema(
        operation_id="fx_read",
        parameters=[OpenApiParameter("date", datetime.date, description="The day asked for; today if absent.")],
        responses=RateSerializer,
        tags=["market"],
        summary="The exchange rate of a day; one's own wins over the reference rate",
    )
    def get(self, request: Request, base: str, quote: str) -> Response:
        left, right = _currency(base), _currency(quote)
        given = _read(RateQuery, request.query_params).get("date")
        asked = timezone.localdate() if given is None else checked_day(given, "date")
        found = selectors.rate(left, right, asked, user=request.user)
        body = {
            "base": left,
            "quote": right,
            "date": found.day,
            "asked": asked,
            "rate": found.rate,
            "source": found.source,
            "simulated": found.simulated,
        }
        return Response(RateSerializer(body).data)


class Rates(Idempotent, APIView):
    @extend_schema(
        operation_id="fx_rates_enter", request=OwnRates, responses=Count, tags=["market"], summary="Enter or replace exchange rates of one's own"
    )
    def post(self, request: Request) -> Response:
        rows = [RateRow(one["base"], one["quote"], one["date"], one["rate"], "own") for one in _read(OwnRates, request.data)["rates"]]
        return Response({"count": services.set_own_rates(request.user, rows)})
