"""What belongs to one instrument: its dividends and splits, and its prices within the newest days."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import selectors
from market.api.common import read_query
from market.api.refresh import RefreshSerializer
from market.models import Instrument
from market.services.on_demand import intraday_state, request_intraday
from market.shapes import ActionQuery, ActionsSerializer, IntradaySerializer


class Actions(APIView):
    @extend_schema(
        operation_id="instruments_actions", parameters=[ActionQuery], responses=ActionsSerializer, tags=["market"], summary="Dividends and splits"
    )
    def get(self, request: Request, pk: int) -> Response:
        wanted = read_query(ActionQuery, request)
        instrument = selectors.get_instrument(request.user, pk)
        found = selectors.actions_of([instrument.pk], start=wanted.get("start"), end=wanted.get("end"))
        rows = [one for one in found if wanted.get("kind") in {None, one.kind}]
        return Response(ActionsSerializer({"results": rows}, context={"currency": instrument.currency}).data)


class Intraday(APIView):
    @extend_schema(
        operation_id="instruments_intraday",
        responses=IntradaySerializer,
        tags=["market"],
        summary="How far the prices within the newest days are",
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(_told(selectors.get_instrument(request.user, pk)))

    @extend_schema(
        operation_id="instruments_intraday_ask",
        request=None,
        responses={202: RefreshSerializer},
        tags=["market"],
        summary="Ask for the prices within the newest days",
    )
    def post(self, request: Request, pk: int) -> Response:
        asked = request_intraday(request.user, selectors.get_instrument(request.user, pk))
        return Response({"asked": asked}, status=status.HTTP_202_ACCEPTED)


def _told(instrument: Instrument) -> dict[str, Any]:
    prices, state = selectors.intraday_prices(instrument.pk), intraday_state(instrument)
    body = {
        "asking": state.asking,
        "fetched_at": prices.fetched_at,
        "days": prices.days,
        "source": prices.source,
        "problem": state.problem,
        "why_not": state.why_not,
    }
    return dict(IntradaySerializer(body).data)
