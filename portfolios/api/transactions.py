"""Entries of ledgers over the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from market.models import Instrument
from portfolio_site.web.answers import day_of_query
from portfolio_site.web.etags import check_if_match, etag_of
from portfolio_site.web.paging import bad_cursor, page_size_asked
from portfolio_site.web.serializers import CurrencyField, ExactField
from portfolios import selectors, services
from portfolios.api.common import (
    IDEMPOTENCY,
    IF_MATCH,
    InstrumentField,
    LedgerView,
    WordField,
    find_all,
)
from portfolios.choices import TransactionKind
from portfolios.models import Portfolio, Transaction
from portfolios.querysets import TransactionQuerySet
from portfolios.selectors import TransactionFilter

MOST_IN_A_BATCH = 10_000
ZERO = Decimal(0)
_INSIDE = {"type": "kind", "date": "traded_on", "time": "traded_at"}


class TransactionSerializer(serializers.Serializer[Any]):
    """One entry, as it is sent.  `price` is in `currency`; `amount`, `fees` and `taxes` in `settlement_currency`."""

    type = WordField(choices=TransactionKind.choices)
    date = serializers.DateField(required=False, help_text="of the trade, in its market; needed unless `time` is given")
    time = serializers.DateTimeField(required=False, allow_null=True, help_text="with offset, where it is known")
    instrument = InstrumentField(required=False, allow_null=True)
    symbol = serializers.CharField(max_length=32, required=False, allow_blank=True)
    isin = serializers.CharField(max_length=12, required=False, allow_blank=True)
    exchange = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="tells listings of one symbol apart")
    quantity = ExactField(required=False, allow_null=True)
    price = ExactField(required=False, allow_null=True, help_text="of one unit")
    amount = ExactField(required=False, allow_null=True, help_text="the cash that moved, after fees and taxes; of a transfer in, the cost it carries")
    fees = ExactField(required=False, allow_null=True)
    taxes = ExactField(required=False, allow_null=True)
    currency = CurrencyField(required=False, allow_blank=True, help_text="of the price; the instrument's where missing")
    settlement_currency = CurrencyField(required=False, allow_blank=True, help_text="`currency` where missing")
    fx_rate = ExactField(
        required=False,
        allow_null=True,
        help_text="units of the portfolio's currency for one of the settlement currency; the day's reference rate where missing",
    )
    ratio_new = ExactField(required=False, allow_null=True, help_text="of a split: 4 for 4:1")
    ratio_old = ExactField(required=False, allow_null=True, help_text="of a split: 1 for 4:1")
    acquired_on = serializers.DateField(required=False, allow_null=True, help_text="of units transferred in")
    notes = serializers.CharField(max_length=4000, required=False, allow_blank=True, trim_whitespace=False)
    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        moment: datetime | None = attrs.get("time")
        if moment is not None and "date" not in attrs and not self.partial:
            attrs["date"] = _day_as_written(self.initial_data, moment)
        if not self.partial and attrs.get("date") is None:
            raise serializers.ValidationError({"date": [serializers.ErrorDetail("Give the date of the trade, or its time.", code="required")]})
        return attrs


class TransactionWithPortfolioSerializer(TransactionSerializer):
    portfolio = serializers.IntegerField(required=False, min_value=1, max_value=10**18 - 1, help_text="may be left out by who has one portfolio")


class TransactionAnswerSerializer(serializers.Serializer[Any]):
    """One entry, as it is told."""

    id = serializers.IntegerField(help_text="stays when the entry is edited")
    portfolio = serializers.IntegerField()
    type = serializers.ChoiceField(choices=TransactionKind.choices)
    date = serializers.DateField()
    time = serializers.DateTimeField(allow_null=True)
    instrument = serializers.IntegerField(allow_null=True)
    symbol = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    quantity = ExactField(allow_null=True)
    price = ExactField(allow_null=True)
    amount = ExactField(allow_null=True, help_text="the cash that moved")
    fees = ExactField()
    taxes = ExactField()
    currency = serializers.CharField()
    settlement_currency = serializers.CharField()
    fx_rate = ExactField(help_text="1 in the portfolio's own currency")
    fx_source = serializers.ChoiceField(choices=[("own", "own"), ("reference", "reference"), ("none", "none")])
    ratio_new = ExactField(allow_null=True)
    ratio_old = ExactField(allow_null=True)
    acquired_on = serializers.DateField(allow_null=True)
    notes = serializers.CharField()
    external_id = serializers.CharField()
    source = serializers.CharField(  # type: ignore[assignment]
        help_text='"" where it was entered by hand or by a program'
    )
    recorded_at = serializers.DateTimeField()
    voided_at = serializers.DateTimeField(allow_null=True)


class TransactionPageSerializer(serializers.Serializer[Any]):
    results = TransactionAnswerSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class BatchSerializer(serializers.Serializer[Any]):
    transactions: Any = serializers.ListSerializer(child=TransactionSerializer(), allow_empty=False, max_length=MOST_IN_A_BATCH)


class BatchAnswerSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    transactions = TransactionAnswerSerializer(many=True)


def _day_as_written(data: Any, moment: datetime) -> Any:
    """The calendar day of the time in its own offset, not in the server's zone."""
    text = data.get("time") if isinstance(data, Mapping) else None
    try:
        return datetime.fromisoformat(text).date() if isinstance(text, str) else moment.date()
    except ValueError:
        return moment.date()


# ── out ─────────────────────────────────────────────────────────────────────


def answer_of(row: Transaction) -> dict[str, Any]:
    """The entry as told; its instrument must be loaded."""
    event = selectors.event_of(row)
    cash = selectors.cash_effect(event)
    amount = row.amount
    if amount is None and row.kind in {TransactionKind.BUY, TransactionKind.SELL, TransactionKind.DIVIDEND}:
        amount = -cash if row.kind == TransactionKind.BUY else cash
    return {
        "id": row.entry,
        "portfolio": row.portfolio_id,
        "type": row.kind,
        "date": row.traded_on,
        "time": row.traded_at,
        "instrument": row.instrument_id,
        "symbol": row.instrument.symbol if row.instrument else None,
        "name": row.instrument.name if row.instrument else None,
        "quantity": row.quantity,
        "price": row.price,
        "amount": amount,
        "fees": row.fees or ZERO,
        "taxes": row.taxes or ZERO,
        "currency": row.currency,
        "settlement_currency": row.settles_in,
        "fx_rate": event.fx_rate,
        "fx_source": row.fx_source or "none",
        "ratio_new": row.ratio_new,
        "ratio_old": row.ratio_old,
        "acquired_on": row.acquired_on,
        "notes": row.notes,
        "external_id": row.external_id,
        "source": row.source,
        "recorded_at": row.recorded_at,
        "voided_at": row.voided_at,
    }


def version_of(row: Transaction) -> str:
    """The entry's ETag: each version has its own."""
    return etag_of("transaction", row.pk)


# ── in ──────────────────────────────────────────────────────────────────────


def _inside(values: Mapping[str, Any], instrument: Instrument | None) -> dict[str, Any]:
    """The API's names and what they say, in the names of TransactionDraft."""
    named = {
        _INSIDE.get(name, name): value for name, value in values.items() if name not in {"symbol", "isin", "exchange", "portfolio", "instrument"}
    }
    if instrument is not None or "instrument" in values:
        named["instrument"] = instrument
    return named


def _record(request: Request, portfolio: Portfolio, serializer: type[TransactionSerializer] = TransactionSerializer) -> Response:
    wanted = serializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    values = wanted.validated_data
    row = services.record_transaction(request.user, portfolio, **_inside(values, _instrument(request, values)))
    headers = {"ETag": version_of(row), "Location": f"/api/v1/transactions/{row.entry}"}
    return Response(answer_of(row), status=201, headers=headers)


def _instrument(request: Request, values: Mapping[str, Any]) -> Instrument | None:
    try:
        return find_all(request.user, [values])[0]
    except serializers.ValidationError as problem:
        detail: Any = problem.detail
        raise serializers.ValidationError({name.rpartition(".")[2]: errors for name, errors in detail.items()}) from None


def _listed(request: Request, entries: TransactionQuerySet) -> Response:
    """One page of entries by the query string's conditions."""
    asked = request.query_params
    kinds = tuple(kind for kind in asked.get("type", "").lower().split(",") if kind)
    _only("type", kinds, TransactionKind.values)
    ordering = asked.get("ordering", "-date")
    _only("ordering", [ordering], selectors.ORDERINGS)
    conditions = TransactionFilter(
        text=asked.get("search", "")[:200],
        kinds=kinds,
        instrument_id=_number(asked.get("instrument"), "instrument"),
        start=day_of_query(request, "start", future=True),
        end=day_of_query(request, "end", future=True),
        with_voided=asked.get("voided", "").lower() in {"1", "true", "yes"},
    )
    found = selectors.matching(entries, conditions)
    if symbol := asked.get("symbol", "").strip():
        found = found.filter(instrument__symbol__iexact=symbol[:32])
    cursor = asked.get("cursor", "")
    if cursor and not selectors.is_cursor(cursor):
        raise bad_cursor()
    page = selectors.page_by_key(found, cursor, page_size_asked(request), ordering)
    here = request.build_absolute_uri()
    return Response(
        {
            "results": [answer_of(row) for row in page.rows],
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
    OpenApiParameter("symbol", OpenApiTypes.STR),
    OpenApiParameter("instrument", OpenApiTypes.INT),
    OpenApiParameter("start", OpenApiTypes.DATE, description="first day, included"),
    OpenApiParameter("end", OpenApiTypes.DATE, description="last day, included"),
    OpenApiParameter("search", OpenApiTypes.STR, description="in symbols, names, ISINs and notes"),
    OpenApiParameter("voided", OpenApiTypes.BOOL, description="also entries that count no more"),
    OpenApiParameter("ordering", OpenApiTypes.STR, enum=list(selectors.ORDERINGS)),
    OpenApiParameter("page_size", OpenApiTypes.INT, description="from 1 to 500; 50 where missing"),
    OpenApiParameter("cursor", OpenApiTypes.STR),
]


class TransactionsView(LedgerView):
    @extend_schema(operation_id="transactions_list", parameters=LIST_PARAMETERS, responses=TransactionPageSerializer, tags=["transactions"])
    def get(self, request: Request) -> Response:
        """The entries of all one's portfolios, newest first."""
        return _listed(request, Transaction.objects.visible_to(request.user))

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
            return selectors.get_portfolio(request.user, number.run_validation(asked))
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
        return _record(request, selectors.get_portfolio(request.user, pk))


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
        """Record up to 10 000 entries, all or none; what is wrong is told by row, from 0."""
        portfolio = selectors.get_portfolio(request.user, pk)
        wanted = BatchSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data["transactions"]
        instruments = find_all(request.user, values)
        drafts = [services.TransactionDraft(**_inside(value, instrument)) for value, instrument in zip(values, instruments, strict=True)]
        rows = services.record_many(request.user, portfolio, drafts)
        return Response({"count": len(rows), "transactions": [answer_of(row) for row in rows]}, status=201)


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
        row = selectors.get_transaction(request.user, pk)
        check_if_match(request, version_of(row))
        wanted = TransactionSerializer(data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        if values.get("time") is not None and "date" not in values:
            values["date"] = _day_as_written(request.data, values["time"])
        row = services.edit_transaction(request.user, row, **_inside(values, _instrument(request, values)))
        return Response(answer_of(row), headers={"ETag": version_of(row)})

    @extend_schema(operation_id="transactions_delete", responses={204: None}, parameters=[IF_MATCH], tags=["transactions"])
    def delete(self, request: Request, pk: int) -> Response:
        """Void an entry: it counts no more, and stays in the record."""
        row = selectors.get_transaction(request.user, pk)
        check_if_match(request, version_of(row))
        services.void_transaction(request.user, row)
        return Response(status=204)
