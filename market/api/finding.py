"""Looking instruments up at sources, and taking in what one of them found.  Both are jobs: 202, then asked for again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import selectors
from market.api.common import read
from market.services import listing
from market.shapes import ListingSerializer, ListingWanted, SearchSerializer, SearchWanted
from portfolio_site.web.idempotency import Idempotent


def _told(user: Any, number: str, text: str) -> dict[str, Any]:
    view = selectors.found_instruments(user, text)
    body = {
        "id": number,
        "status": "done" if view.done else "searching",
        "text": view.text,
        "instruments": view.known,
        "listings": view.listings,
        "waiting": view.waiting,
        "failed": [{"source": source, "detail": why} for source, why in view.failed],
    }
    return dict(SearchSerializer(body).data)


class Searches(Idempotent, APIView):
    """A job asks one source after the other.  What is found is kept for some minutes, for all who search for the same."""

    @extend_schema(
        operation_id="instruments_search",
        request=SearchWanted,
        responses={202: SearchSerializer},
        tags=["market"],
        summary="Search for instruments at the sources",
    )
    def post(self, request: Request) -> Response:
        text = read(SearchWanted, request.data)["text"]
        listing.start_search(request.user, text)
        number = listing.number_of(request.user, text)
        answer = Response(_told(request.user, number, text), status=status.HTTP_202_ACCEPTED)
        answer["Location"] = request.build_absolute_uri(f"/api/v1/instruments/search/{number}")
        return answer


class SearchDetail(APIView):
    @extend_schema(operation_id="instruments_search_read", responses=SearchSerializer, tags=["market"], summary="How far a search is")
    def get(self, request: Request, number: str) -> Response:
        return Response(_told(request.user, number, listing.text_of(request.user, number)))


class Listings(Idempotent, APIView):
    """A job asks for its currency, and takes it in; done at once where it is listed already."""

    @extend_schema(
        operation_id="instruments_list_found",
        request=ListingWanted,
        responses={202: ListingSerializer},
        tags=["market"],
        summary="Take in what a search found, for everybody",
    )
    def post(self, request: Request) -> Response:
        wanted = read(ListingWanted, request.data)
        told = listing.start_listing(request.user, listing.text_of(request.user, wanted["search"]), wanted["key"])
        answer = Response(ListingSerializer(told).data, status=status.HTTP_202_ACCEPTED)
        answer["Location"] = request.build_absolute_uri(f"/api/v1/instruments/list/{told.id}")
        return answer


class ListingDetail(APIView):
    @extend_schema(operation_id="instruments_list_found_read", responses=ListingSerializer, tags=["market"], summary="How far a listing is")
    def get(self, request: Request, number: str) -> Response:
        return Response(ListingSerializer(listing.get_listing(request.user, number)).data)
