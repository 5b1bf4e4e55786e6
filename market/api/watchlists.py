"""Watchlists of the caller.  What is somebody else's is not there."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import selectors, services
from market.api.common import read
from market.errors import InvalidWatchlist
from market.models import Instrument
from market.selectors import WatchlistTable
from market.shapes import (
    ListedSerializer,
    PlaceWanted,
    Watched,
    WatchlistChange,
    WatchlistDetailSerializer,
    WatchlistPage,
    WatchlistSerializer,
    WatchlistWanted,
    told_row,
)
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import CursorPages


class WatchlistPages(CursorPages):
    ordering = ("name", "id")  # type: ignore[assignment]


def _detail(table: WatchlistTable) -> dict[str, Any]:
    rows = [told_row(row) for row in table.rows]
    return dict(
        WatchlistDetailSerializer({"id": table.id, "name": table.name, "count": len(rows), "created_at": table.created_at, "instruments": rows}).data
    )


def _named(user: Any, wanted: dict[str, Any]) -> Instrument:
    if "instrument" in wanted:
        return selectors.get_instrument(user, wanted["instrument"])
    found = selectors.find_instrument(user, symbol=wanted["symbol"])
    if found is None:
        fault = FieldError("symbol", "unknown_instrument", f"No one instrument has the symbol {wanted['symbol']}. Name it by its number.")
        raise InvalidWatchlist(fault.detail, errors=[fault])
    return found


def _numbered(user: Any, numbers: list[int]) -> list[Instrument]:
    """The instruments of these numbers, in their order.  Raises InvalidWatchlist by place.  One query."""
    known = {one.pk: one for one in selectors.instruments_visible_to(user).filter(pk__in=numbers)} if numbers else {}
    errors = [
        FieldError(f"instruments.{place}", "unknown_instrument", f"There is no instrument {number}.")
        for place, number in enumerate(numbers)
        if number not in known
    ]
    if errors:
        raise InvalidWatchlist("Some instruments do not exist; no watchlist was made.", errors=errors)
    return [known[number] for number in numbers]


class Watchlists(Idempotent, APIView):
    @extend_schema(operation_id="watchlists_list", responses=WatchlistPage, tags=["market"], summary="One's watchlists by name")
    def get(self, request: Request) -> Response:
        pages = WatchlistPages()
        lists = pages.paginate_queryset(selectors.watchlists_by_name(request.user), request, view=self)
        return pages.get_paginated_response(WatchlistSerializer(lists, many=True).data)

    @extend_schema(
        operation_id="watchlists_create",
        request=WatchlistWanted,
        responses={201: WatchlistDetailSerializer},
        tags=["market"],
        summary="Make a watchlist",
    )
    def post(self, request: Request) -> Response:
        wanted = read(WatchlistWanted, request.data)
        instruments = _numbered(request.user, wanted["instruments"])
        made = services.create_watchlist(request.user, name=wanted["name"], instruments=instruments)
        answer = Response(_detail(selectors.watchlist_table(request.user, made.pk)), status=status.HTTP_201_CREATED)
        answer["Location"] = request.build_absolute_uri(f"/api/v1/watchlists/{made.pk}")
        return answer


class WatchlistDetail(APIView):
    @extend_schema(operation_id="watchlists_read", responses=WatchlistDetailSerializer, tags=["market"], summary="A watchlist with the prices on it")
    def get(self, request: Request, pk: int) -> Response:
        return Response(_detail(selectors.watchlist_table(request.user, pk)))

    @extend_schema(
        operation_id="watchlists_change", request=WatchlistChange, responses=WatchlistSerializer, tags=["market"], summary="Rename a watchlist"
    )
    def patch(self, request: Request, pk: int) -> Response:
        watchlist = selectors.get_watchlist(request.user, pk)
        services.rename_watchlist(request.user, watchlist, name=read(WatchlistChange, request.data, also=WatchlistDetailSerializer().fields)["name"])
        return Response(WatchlistSerializer(selectors.get_watchlist(request.user, pk)).data)

    @extend_schema(operation_id="watchlists_remove", responses={204: None}, tags=["market"], summary="Delete a watchlist")
    def delete(self, request: Request, pk: int) -> Response:
        services.delete_watchlist(request.user, selectors.get_watchlist(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class WatchlistInstruments(Idempotent, APIView):
    @extend_schema(
        operation_id="watchlists_add_instrument",
        request=Watched,
        responses={201: ListedSerializer, 200: OpenApiResponse(ListedSerializer, description="It stood on the list already.")},
        tags=["market"],
        summary="Put an instrument on a watchlist",
    )
    def post(self, request: Request, pk: int) -> Response:
        watchlist = selectors.get_watchlist(request.user, pk)
        instrument = _named(request.user, read(Watched, request.data))
        is_new = services.add_to_watchlist(request.user, watchlist, instrument)
        ((row,),) = selectors.with_closes(selectors.listed_of(request.user, [instrument.pk]))
        return Response(ListedSerializer(told_row(row)).data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class WatchlistInstrument(APIView):
    @extend_schema(
        operation_id="watchlists_move_instrument",
        request=PlaceWanted,
        responses=WatchlistDetailSerializer,
        tags=["market"],
        summary="Move an instrument to a place of its watchlist",
    )
    def patch(self, request: Request, pk: int, instrument: int) -> Response:
        watchlist = selectors.get_watchlist(request.user, pk)
        services.move_in_watchlist(request.user, watchlist, instrument, place=read(PlaceWanted, request.data)["place"])
        return Response(_detail(selectors.watchlist_table(request.user, pk)))

    @extend_schema(operation_id="watchlists_remove_instrument", responses={204: None}, tags=["market"], summary="Take an instrument off a watchlist")
    def delete(self, request: Request, pk: int, instrument: int) -> Response:
        services.remove_from_watchlist(request.user, selectors.get_watchlist(request.user, pk), instrument)
        return Response(status=status.HTTP_204_NO_CONTENT)
