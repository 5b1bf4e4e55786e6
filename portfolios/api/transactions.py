"""Entries of ledgers over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from portfolio_site.web.answers import day_of_query, only_parameters, switch_of_query
from portfolio_site.web.etags import check_if_match
from portfolio_site.web.paging import bad_cursor, page_size_asked
from portfolios import selectors, services
from portfolios.api.common import IDEMPOTENCY, IF_MATCH, LedgerView
from portfolios.api.entries_in import (
    BatchSerializer,
    TransactionSerializer,
    TransactionWithPortfolioSerializer,
    batch_of,
    day_as_written,
    drafts_of,
    fields_of,
)
from portfolios.api.entries_out import (
    BatchAnswerSerializer,
    TransactionAnswerSerializer,
    TransactionPageSerializer,
    answer_of,
    answers_of,
    version_of,
)
from portfolios.choices import TransactionKind
from portfolios.models import Portfolio, Transaction
from portfolios.querysets import TransactionQuerySet
from portfolios.roles import Action
from portfolios.selectors import TransactionFilter


def _record(request: Request, portfolio: Portfolio, serializer: type[TransactionSerializer] = TransactionSerializer) -> Response:
    wanted = serializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    row = services.record_transaction(request.user, portfolio, **fields_of(request.user, [wanted.validated_data])[0])
    headers = {"ETag": version_of(row), "Location": f"/api/v1/transactions/{row.entry}"}
    return Response(answer_of(row), status=201, headers=headers)


def _listed(request: Request, entries: TransactionQuerySet) -> Response:
    """One page of entries by the query string's conditions."""
    only_parameters(request, LIST_PARAMETERS)
    asked = request.query_params
    kinds = tuple(kind for kind in asked.get("type", "").lower().split(",") if kind)
    _only("type", kinds, TransactionKind.values)
    ordering = asked.get("ordering", "-date")
    _only("ordering", [ordering], selectors.ORDERINGS)
    conditions = TransactionFilter(
        text=asked.get("search", "")[:200],
        kinds=kinds,
        instrument_id=_number(asked.get("instrument"), "instrument"),
        symbol=asked.get("symbol", "")[:32],
        start=day_of_query(request, "start", future=True),
        end=day_of_query(request, "end", future=True),
        tag=asked.get("tag", "")[:200],
        with_voided=switch_of_query(request, "voided"),
    )
    found = selectors.matching(entries, conditions)
    cursor = asked.get("cursor", "")
    if cursor and not selectors.is_cursor(cursor):
        raise bad_cursor()
    page = selectors.page_by_key(found, cursor, page_size_asked(request), ordering)
    here = request.build_absolute_uri()
    return Response(
        {
            "results": answers_of(page.rows),
            "next": replace_query_param(here, "cursor", page.onward) if page.onward else None,
            "previous": replace_query_param(here, "cursor", page.back) if page.back else None,
        }
    )


def _only(name: str, given: Any, allowed: Any) -> None:
    if not set(given) <= set(allowed):
        raise serializers.ValidationError({name: [serializers.ErrorDetail(f"Use one of: {', '.join(allowed)}.", code="invalid")]})


def _number(text: str | None, name: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise serializers.ValidationError({name: [serializers.ErrorDetail("Give a number.", code="invalid")]})
    return int(text)


LIST_PARAMETERS = [
    OpenApiParameter("type", OpenApiTypes.STR, description="one or several, by comma"),
    OpenApiParameter("symbol", OpenApiTypes.STR, description="as `instrument`, by symbol, in any case"),
    OpenApiParameter("instrument", OpenApiTypes.INT, description="entries of it, and spin-offs, mergers and symbol changes that led to it"),
    OpenApiParameter("start", OpenApiTypes.DATE, description="first day, included"),
    OpenApiParameter("end", OpenApiTypes.DATE, description="last day, included"),
    OpenApiParameter("search", OpenApiTypes.STR, description="in symbols, names, ISINs and notes"),
    OpenApiParameter("tag", OpenApiTypes.STR, description="entries with this tag, in any case"),
    OpenApiParameter("voided", OpenApiTypes.BOOL, description="also entries that count no more"),
    OpenApiParameter("ordering", OpenApiTypes.STR, enum=list(selectors.ORDERINGS)),
    OpenApiParameter("page_size", OpenApiTypes.INT, description="from 1 to 500; 50 where missing"),
    OpenApiParameter("cursor", OpenApiTypes.STR),
]


class TransactionsView(LedgerView):
    @extend_schema(operation_id="transactions_list", parameters=LIST_PARAMETERS, responses=TransactionPageSerializer, tags=["transactions"])
    def get(self, request: Request) -> Response:
        """The entries of all one's portfolios, newest first."""
        own = [portfolio.pk for portfolio in selectors.portfolios_of(request.user, archived=True)]  # by key: in the order of the index
        return _listed(request, Transaction.objects.filter(portfolio__in=own))

    @extend_schema(
        operation_id="transactions_create",
        request=TransactionWithPortfolioSerializer,
        responses={201: TransactionAnswerSerializer},
        parameters=[IDEMPOTENCY],
        tags=["transactions"],
    )
    def post(self, request: Request) -> Response:
        """Record one entry."""
        return _record(request, self._portfolio(request), TransactionWithPortfolioSerializer)

    def _portfolio(self, request: Request) -> Portfolio:
        asked = request.data.get("portfolio") if isinstance(request.data, Mapping) else None
        if asked is None:
            own = list(selectors.portfolios_of(request.user)[:2])
            if len(own) == 1:
                return own[0]
            raise serializers.ValidationError({"portfolio": [serializers.ErrorDetail("Say which portfolio it belongs to.", code="required")]})
        number = serializers.IntegerField(min_value=1, max_value=10**18 - 1)
        try:
            return selectors.get_portfolio(request.user, number.run_validation(asked), to=Action.WRITE)
        except serializers.ValidationError as problem:
            raise serializers.ValidationError({"portfolio": problem.detail}) from None


class PortfolioTransactionsView(LedgerView):
    @extend_schema(operation_id="portfolio_transactions_list", parameters=LIST_PARAMETERS, responses=TransactionPageSerializer, tags=["transactions"])
    def get(self, request: Request, pk: int) -> Response:
        """The entries of one portfolio, newest first."""
        portfolio = selectors.get_portfolio(request.user, pk)
        return _listed(request, Transaction.objects.filter(portfolio=portfolio))

    @extend_schema(
        operation_id="portfolio_transactions_create",
        request=TransactionSerializer,
        responses={201: TransactionAnswerSerializer},
        parameters=[IDEMPOTENCY],
        tags=["transactions"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Record one entry."""
        return _record(request, selectors.get_portfolio(request.user, pk, to=Action.WRITE))


class TransactionsOfPortfolioView(LedgerView):
    @extend_schema(operation_id="transactions_of_portfolio", parameters=LIST_PARAMETERS, responses=TransactionPageSerializer, tags=["transactions"])
    def get(self, request: Request, pk: int) -> Response:
        """The entries of one portfolio, newest first."""
        portfolio = selectors.get_portfolio(request.user, pk)
        return _listed(request, Transaction.objects.filter(portfolio=portfolio))


class BatchView(LedgerView):
    @extend_schema(
        operation_id="portfolio_transactions_batch",
        request=BatchSerializer,
        responses={201: BatchAnswerSerializer},
        parameters=[IDEMPOTENCY],
        tags=["transactions"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Record up to 10 000 entries, all or none; all that is wrong is told at once, by row from 0 and field."""
        portfolio = selectors.get_portfolio(request.user, pk, to=Action.WRITE)
        drafts, unread = batch_of(request.user, request.data)
        rows = services.record_many(request.user, portfolio, drafts, unread=unread)
        return Response({"count": len(rows), "transactions": answers_of(rows)}, status=201)


class TransactionView(LedgerView):
    @extend_schema(operation_id="transactions_retrieve", responses=TransactionAnswerSerializer, tags=["transactions"])
    def get(self, request: Request, pk: int) -> Response:
        """One entry, as it counts now; `?voided=true` also finds what counts no more."""
        voided = request.query_params.get("voided", "").lower() in {"1", "true", "yes"}
        row = selectors.get_transaction(request.user, pk, with_voided=voided)
        return Response(answer_of(row), headers={"ETag": version_of(row)})

    @extend_schema(
        operation_id="transactions_update",
        request=TransactionSerializer(partial=True),
        responses=TransactionAnswerSerializer,
        parameters=[IF_MATCH],
        tags=["transactions"],
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is given.  The version before stays in the record; the id stays."""
        row = selectors.get_transaction(request.user, pk, to=Action.WRITE)
        check_if_match(request, version_of(row))
        wanted = TransactionSerializer(data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        if values.get("time") is not None and "date" not in values:
            values["date"] = day_as_written(request.data, values["time"])
        row = services.edit_transaction(request.user, row, **fields_of(request.user, [values])[0])
        return Response(answer_of(row), headers={"ETag": version_of(row)})

    @extend_schema(
        operation_id="transactions_replace",
        request=TransactionSerializer,
        responses=TransactionAnswerSerializer,
        parameters=[IF_MATCH],
        tags=["transactions"],
    )
    def put(self, request: Request, pk: int) -> Response:
        """Set all that can be set; what is missing is empty then.  The version before stays in the record; the id stays."""
        row = selectors.get_transaction(request.user, pk, to=Action.WRITE)
        check_if_match(request, version_of(row))
        wanted = TransactionSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        row = services.replace_transaction(request.user, row, drafts_of(request.user, [wanted.validated_data])[0])
        return Response(answer_of(row), headers={"ETag": version_of(row)})

    @extend_schema(operation_id="transactions_delete", responses={204: None}, parameters=[IF_MATCH], tags=["transactions"])
    def delete(self, request: Request, pk: int) -> Response:
        """Void an entry: it counts no more, and stays in the record."""
        row = selectors.get_transaction(request.user, pk, to=Action.WRITE)
        check_if_match(request, version_of(row))
        services.void_transaction(request.user, row)
        return Response(status=204)


class RestoreView(LedgerView):
    @extend_schema(
        operation_id="transactions_restore", request=None, responses=TransactionAnswerSerializer, parameters=[IDEMPOTENCY], tags=["transactions"]
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take the voiding of an entry back: it counts again as it was, under its id; of a transfer both sides do.  409 where it counts already."""
        row = services.restore_transaction(request.user, selectors.get_transaction(request.user, pk, with_voided=True, to=Action.WRITE))
        return Response(answer_of(row), headers={"ETag": version_of(row)})
