"""Exchange rates."""

from __future__ import annotations

import datetime

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import selectors, services
from market.api.common import read, read_query
from market.errors import UnknownCurrencyCode
from market.providers.base import RateRow
from market.shapes import (
    Count,
    OwnRates,
    RateQuery,
    RateSerializer,
)
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolio_site.web.answers import checked_day
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.serializers import currency_of


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
        given = read_query(RateQuery, request).get("date")
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
        rows = [RateRow(one["base"], one["quote"], one["date"], one["rate"], "own") for one in read(OwnRates, request.data)["rates"]]
        return Response({"count": services.set_own_rates(request.user, rows)})
