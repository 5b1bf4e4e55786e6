"""A ledger as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from portfolio_site.web.json import ExactJSONRenderer, dumps
from portfolio_site.web.workbooks import MEDIA_TYPE
from portfolios import selectors
from portfolios.api.common import LedgerView
from portfolios.api.portfolios import plain_of
from portfolios.exports import csv_of, entry_of, exported, xlsx_of
from portfolios.models import Portfolio, Transaction

FORMATS = ("csv", "json", "xlsx")


class CsvRenderer(BaseRenderer):
    """So that `?format=csv` and `Accept: text/csv` are known; the view streams by itself."""

    media_type, format = "text/csv", "csv"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return dumps(data)  # a refusal, told as problem+json


def _json(portfolio: Portfolio, rows: list[Transaction]) -> Iterator[bytes]:
    head = {
        name: value
        for name, value in plain_of(portfolio).items()
        if name not in {"id", "created_at", "updated_at", "benchmark", "blend", "is_sample", "locked_until"}
    }
    yield b'{"format":"plumbline-1","portfolio":' + dumps(head) + b',"transactions":['
    places = {row.entry: place for place, row in enumerate(rows)}
    for number, row in enumerate(rows):
        yield (b"," if number else b"") + dumps(entry_of(row, places))
    yield b"]}"


class XlsxRenderer(CsvRenderer):
    """As for CSV."""

    media_type, format = MEDIA_TYPE, "xlsx"


class ExportView(LedgerView):
    renderer_classes = (ExactJSONRenderer, CsvRenderer, XlsxRenderer)

    @extend_schema(
        operation_id="portfolio_export",
        parameters=[OpenApiParameter("format", OpenApiTypes.STR, enum=list(FORMATS), description="csv where missing")],
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/json"): OpenApiTypes.OBJECT, (200, MEDIA_TYPE): OpenApiTypes.BINARY},
        tags=["portfolios"],
    )
    def get(self, request: Request, pk: int) -> Any:
        """The entries that count.  CSV reads back in by import, the entries of JSON by the batch call: as the same ledger.  XLSX is the table of CSV."""
        portfolio = selectors.get_portfolio(request.user, pk)
        wanted = request.query_params.get("format", "csv").lower()
        if wanted not in FORMATS:
            raise serializers.ValidationError({"format": [serializers.ErrorDetail(f"Use one of: {', '.join(FORMATS)}.", code="invalid")]})
        rows = exported(portfolio)
        response: Any
        if wanted == "xlsx":
            response = HttpResponse(xlsx_of(rows), content_type=MEDIA_TYPE)
        elif wanted == "csv":
            response = StreamingHttpResponse(csv_of(rows), content_type="text/csv; charset=utf-8")
        else:
            response = StreamingHttpResponse(_json(portfolio, rows), content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="portfolio-{portfolio.pk}.{wanted}"'
        return response
