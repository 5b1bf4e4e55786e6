"""Everybody's instruments and one's own."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import selectors, services
from market.api.common import read, read_query
from market.models import Instrument
from market.shapes import (
    InstrumentChange,
    InstrumentQuery,
    InstrumentSerializer,
    InstrumentWanted,
)
from market.shapes.classification import ClassifiedInstrumentSerializer
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import CursorPages


class InstrumentPages(CursorPages):
    ordering = ("symbol", "id")  # type: ignore[assignment]


class Instruments(Idempotent, ListAPIView[Instrument]):
    serializer_class = InstrumentSerializer
    pagination_class = InstrumentPages
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        wanted = read_query(InstrumentQuery, self.request, "cursor", "page_size")
        found = selectors.instruments_as_told(self.request.user, asset_class=wanted.get("asset_class", "")).select_related("quote")
        if wanted.get("search"):
            found = found.matching(wanted["search"].strip())
        if wanted.get("currency"):
            found = found.filter(currency=wanted["currency"])
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
        made = services.create_private_instrument(request.user, **read(InstrumentWanted, request.data))
        answer = Response(InstrumentSerializer(made).data, status=status.HTTP_201_CREATED)
        answer["Location"] = request.build_absolute_uri(f"/api/v1/instruments/{made.pk}")
        return answer


class InstrumentDetail(APIView):
    @extend_schema(
        operation_id="instruments_read",
        responses=ClassifiedInstrumentSerializer,
        tags=["market"],
        summary="One instrument with its quote, its state and next refresh, what it is and who says so, and what sources call it",
    )
    def get(self, request: Request, pk: int) -> Response:
        detail = selectors.instrument_detail(request.user, pk)
        told = selectors.classification(request.user, detail.instrument)
        return Response(ClassifiedInstrumentSerializer(detail, context={"told": told}).data)

    @extend_schema(
        operation_id="instruments_change",
        request=InstrumentChange,
        responses=InstrumentSerializer,
        tags=["market"],
        summary="Change an instrument of one's own",
    )
    def patch(self, request: Request, pk: int) -> Response:
        instrument = selectors.get_own_instrument(request.user, pk)
        changes = read(InstrumentChange, request.data, also=ClassifiedInstrumentSerializer().fields)
        return Response(InstrumentSerializer(services.update_private_instrument(request.user, instrument, **changes)).data)

    @extend_schema(operation_id="instruments_remove", responses={204: None}, tags=["market"], summary="Remove an instrument of one's own")
    def delete(self, request: Request, pk: int) -> Response:
        services.delete_private_instrument(request.user, selectors.get_own_instrument(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)
