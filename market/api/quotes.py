"""Newest prices by symbol."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import selectors
from market.api.common import read
from market.shapes import (
    QuoteSerializer,
    StocksSerializer,
    SymbolsWanted,
)


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
        return Response(StocksSerializer(selectors.stocks(request.user, read(SymbolsWanted, request.data)["symbols"])).data)
