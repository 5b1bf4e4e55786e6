"""Prices of days and of parts of the newest days, what was paid on them, and splits."""

from __future__ import annotations

import datetime
import re
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from market import selectors, services
from market.api.common import read, read_query
from market.providers.base import PriceRow
from market.selectors import Adjustment, Interval
from market.selectors.intraday import INTERVAL as INTRADAY
from market.shapes import (
    Changed,
    HistoryQuery,
    HistorySerializer,
    OwnPrices,
)
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import LARGEST_PAGE, bad_cursor, page_size_asked


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


def _moment(cursor: str) -> dict[str, datetime.datetime]:
    """Where a page of parts of a day starts: after a time in seconds since 1970, or before it."""
    if not cursor:
        return {}
    if not re.fullmatch(r"[ab]\d{1,11}", cursor, re.ASCII):
        raise bad_cursor()
    return {"after" if cursor[0] == "a" else "before": datetime.datetime.fromtimestamp(int(cursor[1:]), datetime.UTC)}


class Prices(Idempotent, APIView):
    @extend_schema(
        operation_id="instruments_prices",
        parameters=[HistoryQuery],
        responses=HistorySerializer,
        tags=["market"],
        summary="Daily, weekly or monthly prices, or those of five minutes",
    )
    def get(self, request: Request, pk: int) -> Response:
        wanted = read_query(HistoryQuery, request)
        instrument = selectors.get_instrument(request.user, pk)
        span: dict[str, Any] = {"start": wanted.get("start"), "end": wanted.get("end")}
        size, cursor, adjustment = page_size_asked(request, LARGEST_PAGE), wanted.get("cursor", ""), Adjustment.RAW
        page: selectors.BarPage | selectors.IntradayPage
        if wanted["interval"] == INTRADAY:
            page = selectors.intraday_page(instrument.pk, size, **span, **_moment(cursor))
            places = [str(int(bar.start.timestamp())) for bar in page.bars]
        else:
            adjustment, told = selectors.told_in(instrument, Adjustment(wanted["adjustment"]))
            page = selectors.price_page(instrument.pk, size, **span, interval=Interval(wanted["interval"]), **_place(cursor), told=told)
            places = [str(bar.day) for bar in page.bars]
        here = request.build_absolute_uri()
        body = {
            "results": page.bars,
            "next": replace_query_param(here, "cursor", f"a{places[-1]}") if places and page.later else None,
            "previous": replace_query_param(here, "cursor", f"b{places[0]}") if places and page.earlier else None,
            "currency": instrument.currency,
            "adjustment": adjustment.value,
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
        rows = [PriceRow(one["date"], one["close"]) for one in read(OwnPrices, request.data)["prices"]]
        return Response({"count": len(rows), "changed": services.set_own_prices(request.user, instrument, rows)})
