"""Portfolios over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors import preferences_of
from market.errors import UnknownBenchmark
from market.models import Benchmark
from market.selectors import get_blend
from portfolio_site.web.answers import Told, ToldSerializer, unknown_fields
from portfolio_site.web.etags import check_if_match, etag_of
from portfolio_site.web.paging import CursorPages, refused
from portfolio_site.web.serializers import CurrencyField, ExactField, WordField
from portfolios import selectors, services
from portfolios.api.common import (
    IDEMPOTENCY,
    IF_MATCH,
    InstrumentField,
    LedgerView,
    find_one,
)
from portfolios.choices import CostMethod, DividendTreatment
from portfolios.models import Portfolio
from portfolios.roles import Action, Role

ORDERINGS = ("id", "-id")
LIST_PARAMETERS = [
    OpenApiParameter("ordering", OpenApiTypes.STR, enum=list(ORDERINGS)),
    OpenApiParameter("page_size", OpenApiTypes.INT, description="from 1 to 500; 50 where missing"),
    OpenApiParameter("cursor", OpenApiTypes.STR),
]


class PortfolioSerializer(serializers.Serializer[Any]):
    """A portfolio and its rules."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    base_currency = CurrencyField(required=False, help_text="your own base currency where missing")
    cost_method = WordField(choices=CostMethod.choices, required=False)
    dividend_treatment = WordField(choices=DividendTreatment.choices, required=False)
    tracks_cash = serializers.BooleanField(required=False, help_text="false where missing: purchases need no deposit then")
    allows_short = serializers.BooleanField(required=False)
    benchmark = InstrumentField(
        required=False, allow_null=True, help_text="an instrument to compare with; setting it ends the comparison with a blend"
    )
    blend = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=10**18 - 1,
        help_text="one of your blends (`GET /benchmarks`) to compare with, in place of `benchmark`",
    )
    applies_splits = serializers.BooleanField(required=False, help_text="splits that the market reports are applied by themselves")
    applies_dividends = serializers.BooleanField(required=False, help_text="dividends that the market reports are applied by themselves")
    locked_until = serializers.DateField(read_only=True, allow_null=True, help_text="entries of that day and before cannot change")
    is_sample = serializers.BooleanField(read_only=True)
    role = serializers.CharField(read_only=True, help_text="what you are in it: owner, manager, editor, adviser or viewer")
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class PortfolioDetailSerializer(PortfolioSerializer, ToldSerializer):
    """With what it is worth now, in its base currency."""

    total_value = ExactField(allow_null=True, help_text="holdings and cash")
    total_cost = ExactField(help_text="of what is held")
    total_gain = ExactField(allow_null=True)
    total_gain_percent = ExactField(allow_null=True)
    day_change = ExactField(allow_null=True)
    day_change_percent = ExactField(allow_null=True)
    cash_value = ExactField(allow_null=True)
    realized_gain = ExactField()
    unrealized_gain = ExactField(allow_null=True)
    income = ExactField()
    expenses = ExactField()
    net_flows = ExactField()
    holdings_count = serializers.IntegerField()
    as_of = serializers.DateField()


class PortfolioPageSerializer(serializers.Serializer[Any]):
    results = PortfolioSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


def plain_of(portfolio: Portfolio) -> dict[str, Any]:
    return {
        "id": portfolio.pk,
        "name": portfolio.name,
        "description": portfolio.description,
        "base_currency": portfolio.base_currency,
        "cost_method": portfolio.cost_method,
        "dividend_treatment": portfolio.dividend_treatment,
        "tracks_cash": portfolio.tracks_cash,
        "allows_short": portfolio.allows_short,
        "benchmark": portfolio.benchmark_id,
        "blend": portfolio.blend_id,
        "applies_splits": portfolio.applies_splits,
        "applies_dividends": portfolio.applies_dividends,
        "locked_until": portfolio.locked_until,
        "is_sample": portfolio.is_sample,
        "role": portfolio.shared_role or Role.OWNER.value,
        "created_at": portfolio.created_at,
        "updated_at": portfolio.updated_at,
    }


def detail_of(portfolio: Portfolio) -> dict[str, Any]:
    table, told = selectors.holdings_of(portfolio), Told()
    return {
        **plain_of(portfolio),
        "total_value": told("total_value", table.value),
        "total_cost": table.cost,
        "total_gain": told("total_gain", table.total_gain),
        "total_gain_percent": told.percent("total_gain_percent", table.total_gain_fraction),
        "day_change": told("day_change", table.day_change),
        "day_change_percent": told.percent("day_change_percent", table.day_change_fraction),
        "cash_value": told("cash_value", table.cash_value),
        "realized_gain": table.realised,
        "unrealized_gain": told("unrealized_gain", table.unrealised),
        "income": table.income,
        "expenses": table.expenses,
        "net_flows": table.net_flows,
        "holdings_count": len(table.rows),
        "as_of": table.as_of,
        **told.told(),
    }


def version_of(portfolio: Portfolio) -> str:
    """The portfolio's ETag: new after each change to it or its ledger, whatever prices do."""
    return etag_of("portfolio", selectors.ledger_version(portfolio))


def _refuse_what_is_not_set_here(data: Any, portfolio: Portfolio) -> None:
    """What is sent back as it was read may stand there; a lock has an address of its own, so that it is never taken off by the way."""
    if not isinstance(data, Mapping):
        return
    wrong = unknown_fields(data, PortfolioDetailSerializer().fields)
    until = portfolio.locked_until
    if "locked_until" in data and data["locked_until"] != (until.isoformat() if until else None):
        said = f"Lock with POST /portfolios/{portfolio.pk}/lock, unlock with DELETE; both stand in the log of the account."
        wrong["locked_until"] = [serializers.ErrorDetail(said, code="read_only")]
    if wrong:
        raise serializers.ValidationError(wrong)


def _fields(request: Request, values: dict[str, Any]) -> dict[str, Any]:
    if "benchmark" in values and values["benchmark"] is not None:
        values["benchmark"] = find_one(request.user, values["benchmark"], "benchmark")
        values.setdefault("blend", None)
    if "blend" in values and values["blend"] is not None:
        values["blend"] = _blend(request, values["blend"])
        values.setdefault("benchmark", None)
    return values


def _blend(request: Request, number: int) -> Benchmark:
    try:
        return get_blend(request.user, number)
    except UnknownBenchmark as problem:
        raise refused("blend", problem.detail) from None


class PortfoliosView(LedgerView):
    @extend_schema(operation_id="portfolios_list", parameters=LIST_PARAMETERS, responses=PortfolioPageSerializer, tags=["portfolios"])
    def get(self, request: Request) -> Response:
        """One's portfolios and those shared with one, oldest first; `role` tells which is which.  Names are stored encrypted, so that no list is ordered by them."""
        ordering = request.query_params.get("ordering") or ORDERINGS[0]
        if ordering not in ORDERINGS:
            raise refused("ordering", f"Use one of: {', '.join(ORDERINGS)}.")
        pages = CursorPages()
        pages.ordering = ordering
        rows = pages.paginate_queryset(selectors.visible_portfolios(request.user), request, self)
        return pages.get_paginated_response([plain_of(row) for row in rows or []])

    @extend_schema(
        operation_id="portfolios_create",
        request=PortfolioSerializer,
        responses={201: PortfolioDetailSerializer},
        parameters=[IDEMPOTENCY],
        tags=["portfolios"],
    )
    def post(self, request: Request) -> Response:
        """Make a portfolio."""
        wanted = PortfolioSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        preferences = preferences_of(request.user)
        values = {"base_currency": preferences.base_currency, "cost_method": preferences.cost_method, "tracks_cash": False, **wanted.validated_data}
        portfolio = services.create_portfolio(request.user, **_fields(request, values))
        return Response(detail_of(portfolio), status=201, headers={"ETag": version_of(portfolio), "Location": f"/api/v1/portfolios/{portfolio.pk}"})


class PortfolioView(LedgerView):
    @extend_schema(operation_id="portfolios_retrieve", responses=PortfolioDetailSerializer, tags=["portfolios"])
    def get(self, request: Request, pk: int) -> Response:
        """One portfolio, with what it is worth."""
        portfolio = selectors.get_portfolio(request.user, pk)
        return Response(detail_of(portfolio), headers={"ETag": version_of(portfolio)})

    @extend_schema(
        operation_id="portfolios_replace",
        request=PortfolioSerializer,
        responses=PortfolioDetailSerializer,
        parameters=[IF_MATCH],
        tags=["portfolios"],
    )
    def put(self, request: Request, pk: int) -> Response:
        """Set all that can be set; what is missing goes back to its standard."""
        standard = {
            "description": "",
            "cost_method": CostMethod.AVERAGE.value,
            "dividend_treatment": DividendTreatment.INCOME.value,
            "tracks_cash": False,
            "allows_short": False,
            "benchmark": None,
            "blend": None,
            "applies_splits": False,
            "applies_dividends": False,
        }
        return self._update(request, pk, standard, partial=False)

    @extend_schema(
        operation_id="portfolios_update",
        request=PortfolioSerializer(partial=True),
        responses=PortfolioDetailSerializer,
        parameters=[IF_MATCH],
        tags=["portfolios"],
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change what is given."""
        return self._update(request, pk, {}, partial=True)

    def _update(self, request: Request, pk: int, standard: dict[str, Any], *, partial: bool) -> Response:
        portfolio = selectors.get_portfolio(request.user, pk, to=Action.CONFIGURE)
        _refuse_what_is_not_set_here(request.data, portfolio)
        wanted = PortfolioSerializer(data=request.data, partial=partial)
        wanted.is_valid(raise_exception=True)
        values = _fields(request, {**standard, **wanted.validated_data})
        with services.only_writer(portfolio, by=request.user, to=Action.CONFIGURE) as locked:
            check_if_match(request, version_of(locked))
            services.update_portfolio(request.user, locked, **values)
        portfolio = selectors.get_portfolio(request.user, pk)
        return Response(detail_of(portfolio), headers={"ETag": version_of(portfolio)})

    @extend_schema(operation_id="portfolios_delete", responses={204: None}, parameters=[IF_MATCH], tags=["portfolios"])
    def delete(self, request: Request, pk: int) -> Response:
        """Remove a portfolio with everything in it."""
        portfolio = selectors.get_portfolio(request.user, pk, to=Action.DELETE)
        with services.only_writer(portfolio, by=request.user, to=Action.DELETE) as locked:
            check_if_match(request, version_of(locked))
            services.delete_portfolio(request.user, locked)
        return Response(status=204)
