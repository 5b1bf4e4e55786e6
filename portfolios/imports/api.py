"""The API of imports: upload → preview with a verdict on each row → commit → revert."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market.selectors import get_instrument
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import CursorPages
from portfolios.choices import ImportStatus
from portfolios.importers import Layout
from portfolios.imports import selectors, services
from portfolios.imports.errors import FileTooLarge
from portfolios.imports.shapes import (
    BatchSerializer,
    ImportSerializer,
    LayoutSerializer,
    ResolveSerializer,
    RowChangeSerializer,
    RowSerializer,
    RowsQuery,
    UndoneSerializer,
    UploadSerializer,
)
from portfolios.models import ImportBatch
from portfolios.roles import Action
from portfolios.selectors import get_portfolio

FORM_OVERHEAD = 64 * 1024  # what a multipart body may hold besides the file
_PAGED = [
    OpenApiParameter("cursor", str, description="From `rows.next` or `rows.previous`."),
    OpenApiParameter("page_size", int, description="Up to 500."),
]


class TooLarge(APIException):
    status_code, default_code = 413, "file_too_large"


class _RowPages(CursorPages):
    ordering = ("number", "part")  # type: ignore[assignment]


def _whole(request: Request, batch: ImportBatch, *, state: str = "", verdict: str = "") -> dict[str, Any]:
    """The import with one page of its rows."""
    rows = selectors.rows_of(batch, state)
    if verdict:
        rows = rows.filter(verdict=verdict)
    pages = _RowPages()
    page = pages.paginate_queryset(rows, request) or []
    facts = batch.facts or {}
    reviewed = batch.status in (ImportStatus.REVIEW, ImportStatus.COMMITTING)
    shown: dict[str, Any] = dict(BatchSerializer(batch).data)
    whole = {
        "counts": selectors.counts_of(batch),
        "columns": facts.get("columns", []),
        "layout": facts.get("layout"),
        "questions": [{"field": field, "detail": detail} for field, detail in facts.get("questions", [])],
        "change": selectors.change_of(batch) if reviewed else None,
        "unknown": selectors.unknown_instruments(request.user, batch) if reviewed else [],
    }
    for name in ("counts", "change", "unknown"):
        field = ImportSerializer().fields[name]
        shown[name] = None if whole[name] is None else field.to_representation(whole[name])
    shown |= {name: whole[name] for name in ("columns", "layout", "questions")}
    results = RowSerializer([selectors.view_of(row) for row in page], many=True).data
    shown["rows"] = {"results": results, "next": pages.get_next_link(), "previous": pages.get_previous_link()}
    return shown


class PortfolioImportsView(Idempotent, APIView):
    """Imports of one portfolio."""

    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="imports_list", responses=BatchSerializer(many=True), parameters=_PAGED)
    def get(self, request: Request, pk: int) -> Response:
        """The imports of a portfolio, newest first."""
        portfolio = get_portfolio(request.user, pk, to=Action.IMPORT)
        pages = CursorPages()
        page = pages.paginate_queryset(selectors.imports_of(request.user, portfolio.pk), request)
        return pages.get_paginated_response([BatchSerializer(batch).data for batch in page or []])

    @extend_schema(operation_id="imports_create", request={"multipart/form-data": UploadSerializer}, responses={202: BatchSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Upload a statement.  It is read by a job: ask for the import until its status is `review`, `mapping` or `failed`."""
        portfolio = get_portfolio(request.user, pk, to=Action.IMPORT)
        _refuse_long(request)
        wanted = UploadSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        file = wanted.validated_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            raise TooLarge(_TOO_LARGE)
        try:
            batch = services.start_import(
                request.user, portfolio, file_name=file.name, content=file.read(), format_key=wanted.validated_data.get("format", "")
            )
        except FileTooLarge as refused:
            raise TooLarge(refused.detail) from None
        return Response(BatchSerializer(batch).data, status=202, headers={"Location": f"/api/v1/imports/{batch.pk}"})


_TOO_LARGE = (
    f"The file is larger than {settings.IMPORT_MAX_BYTES // (1024 * 1024)} MB. Export a shorter period and import the parts one after another."
)


def _refuse_long(request: Request) -> None:
    """Before the body is read: it says itself that it is too long."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > settings.IMPORT_MAX_BYTES + FORM_OVERHEAD:
        raise TooLarge(_TOO_LARGE)


class ImportView(APIView):
    """One import."""

    @extend_schema(operation_id="imports_get", responses=ImportSerializer, parameters=[RowsQuery, *_PAGED])
    def get(self, request: Request, pk: int) -> Response:
        """Status, counts, what it would change, and its rows, paged, by `state` or `verdict`."""
        query = RowsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        batch = selectors.get_import(request.user, pk)
        return Response(_whole(request, batch, **query.validated_data))

    @extend_schema(operation_id="imports_discard", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Throw away an import that recorded nothing."""
        services.discard_import(request.user, selectors.get_import(request.user, pk))
        return Response(status=204)


class ImportMappingView(APIView):
    """How the columns of a file are read."""

    @extend_schema(operation_id="imports_mapping", request=LayoutSerializer, responses={202: BatchSerializer})
    def put(self, request: Request, pk: int) -> Response:
        """Name the columns and types of a file of no known broker; it is read again."""
        batch = selectors.get_import(request.user, pk)
        wanted = LayoutSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        batch = services.name_columns(request.user, batch, Layout(**wanted.validated_data))
        return Response(BatchSerializer(batch).data, status=202)


class ImportResolveView(APIView):
    """Unknown instruments."""

    @extend_schema(operation_id="imports_resolve", request=ResolveSerializer, responses=ImportSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Say which instrument the rows of an unknown one are of, or make one of one's own of it."""
        batch = selectors.get_import(request.user, pk)
        wanted = ResolveSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        if given["create_all"]:
            services.create_all_unknown(request.user, batch)
        elif given["create"]:
            described = {name: given[name] for name in ("symbol", "name", "currency", "asset_class")}
            services.create_unknown(request.user, batch, given["key"], **described)
        else:
            services.resolve_instrument(request.user, batch, given["key"], get_instrument(request.user, given["instrument"]))
        return Response(_whole(request, selectors.get_import(request.user, pk)))


class ImportRowView(APIView):
    """One row of an import."""

    @extend_schema(operation_id="imports_row", request=RowChangeSerializer, responses=BatchSerializer)
    def patch(self, request: Request, pk: int, number: int) -> Response:
        """Leave a row out or take it in, correct one of its cells (the file is read again), or record a duplicate all the same."""
        batch = selectors.get_import(request.user, pk)
        wanted = RowChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        if given["chosen"] is not None:
            services.leave_out(request.user, batch, [number], out=not given["chosen"])
        elif given["anyway"]:
            services.import_anyway(request.user, batch, number)
        else:
            services.correct_cell(request.user, batch, number=number, column=given["column"], text=given["text"])
        return Response(BatchSerializer(selectors.get_import(request.user, pk)).data)


class ImportCommitView(Idempotent, APIView):
    """Recording."""

    @extend_schema(operation_id="imports_commit", request=None, responses={202: BatchSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Record the ready rows, all or none, by a job.  What the ledger refuses is told in its row, and nothing is recorded."""
        batch = services.confirm_import(request.user, selectors.get_import(request.user, pk))
        return Response(BatchSerializer(batch).data, status=202)


class ImportRevertView(Idempotent, APIView):
    """Undoing."""

    @extend_schema(operation_id="imports_revert", request=None, responses=UndoneSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Take everything that the import recorded out of the ledger; refused where later entries need it."""
        voided = services.revert_import(request.user, selectors.get_import(request.user, pk))
        return Response({"id": pk, "status": ImportStatus.REVERTED.value, "voided": voided})
