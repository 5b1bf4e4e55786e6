"""Corporate actions over the API: what is proposed, and what becomes of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from market.choices import ActionKind
from portfolio_site.web.answers import KnownFields, only_parameters
from portfolio_site.web.paging import CursorPages, refused
from portfolio_site.web.serializers import CurrencyField, DayField, ExactField
from portfolios.actions import deciding, selectors
from portfolios.actions.selectors import ProposalView
from portfolios.api.common import IDEMPOTENCY, LedgerView
from portfolios.choices import ProposalStatus
from portfolios.models import ActionProposal, Portfolio
from portfolios.roles import Action
from portfolios.selectors import get_portfolio


class ProposalSerializer(serializers.Serializer[Any]):
    """A corporate action that the market reported for a portfolio that held the instrument."""

    id = serializers.IntegerField()
    portfolio = serializers.IntegerField()
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    type = serializers.ChoiceField(choices=ActionKind.choices)
    ex_date = serializers.DateField()
    status = serializers.ChoiceField(choices=ProposalStatus.choices)
    reason = serializers.CharField(help_text="why it was not applied by itself, or was dismissed", allow_blank=True)
    by_rule = serializers.BooleanField(help_text="decided by the portfolio's rule, or because it was recorded already")
    ratio_new = ExactField(allow_null=True)
    ratio_old = ExactField(allow_null=True)
    units = ExactField(help_text="held at the close before")
    units_after = ExactField(allow_null=True, help_text="of a split")
    amount_per_unit = ExactField(allow_null=True, help_text="of a dividend, before tax, in `currency`")
    amount = ExactField(allow_null=True, help_text="for all units")
    currency = serializers.CharField()
    odd = serializers.BooleanField(help_text="a reported split that is most likely a spin-off; never applied by rule")
    source = serializers.CharField()  # type: ignore[assignment]
    transaction = serializers.IntegerField(allow_null=True, help_text="the entry that it became; void that to undo it")


class ProposalPageSerializer(serializers.Serializer[Any]):
    results = ProposalSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class AcceptSerializer(KnownFields):
    """What is put right of a dividend before it is recorded; a split takes a date alone."""

    amount = ExactField(required=False, allow_null=True, help_text="for one unit, before tax; as reported where missing")
    quantity = ExactField(required=False, allow_null=True, help_text="the units held at the close before the ex-day where missing")
    taxes = ExactField(required=False, allow_null=True, help_text="withheld")
    date = DayField(required=False, allow_null=True, help_text="when it was paid; the ex-day where missing")
    settlement_currency = CurrencyField(required=False, allow_blank=True, help_text="in which it was paid out; the instrument's where missing")


class DismissSerializer(KnownFields):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


def answer_of(one: ProposalView, row: ActionProposal) -> dict[str, Any]:
    return {
        "id": one.id,
        "portfolio": one.portfolio_id,
        "instrument": one.instrument.id,
        "symbol": one.instrument.symbol,
        "type": one.kind,
        "ex_date": one.ex_day,
        "status": one.status,
        "reason": one.reason,
        "by_rule": one.by_rule,
        "ratio_new": row.action.ratio_new,
        "ratio_old": row.action.ratio_old,
        "units": one.units,
        "units_after": one.units_after,
        "amount_per_unit": one.amount_each,
        "amount": one.amount,
        "currency": one.currency,
        "odd": one.is_odd,
        "source": one.source,
        "transaction": one.entry,
    }


def _answers(rows: list[ActionProposal], portfolio: Portfolio) -> list[dict[str, Any]]:
    return [answer_of(view, row) for view, row in zip(selectors.views_of(rows, [portfolio]), rows, strict=True)]


class _Pages(CursorPages):
    ordering = "-id"


_OF_A_LIST = [
    OpenApiParameter("status", OpenApiTypes.STR, enum=ProposalStatus.values, description="all where missing"),
    OpenApiParameter("page_size", OpenApiTypes.INT, description="from 1 to 500; 50 where missing"),
    OpenApiParameter("cursor", OpenApiTypes.STR),
]


class ActionsView(LedgerView):
    @extend_schema(
        operation_id="portfolio_actions_list",
        parameters=_OF_A_LIST,
        responses=ProposalPageSerializer,
        tags=["corporate actions"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """What the market reported for a portfolio, what was proposed last first."""
        portfolio = get_portfolio(request.user, pk)
        only_parameters(request, _OF_A_LIST)
        status = request.query_params.get("status", "").lower()
        if status and status not in ProposalStatus.values:
            raise refused("status", f"Use one of: {', '.join(ProposalStatus.values)}.")
        pages = _Pages()
        rows = pages.paginate_queryset(selectors.proposals_of([portfolio], status=status), request, view=self) or []
        return Response({"results": _answers(rows, portfolio), "next": pages.get_next_link(), "previous": pages.get_previous_link()})


class _DecisionView(LedgerView):
    def _found(self, request: Request, pk: int, number: int) -> tuple[Portfolio, ActionProposal]:
        portfolio = get_portfolio(request.user, pk, to=Action.WRITE)
        return portfolio, selectors.get_proposal(request.user, number, portfolio=portfolio)

    def _told(self, request: Request, portfolio: Portfolio, number: int) -> Response:
        now = get_portfolio(request.user, portfolio.pk)
        return Response(_answers([selectors.get_proposal(request.user, number)], now)[0])


class AcceptView(_DecisionView):
    @extend_schema(
        operation_id="portfolio_actions_accept",
        request=AcceptSerializer,
        responses=ProposalSerializer,
        parameters=[IDEMPOTENCY],
        tags=["corporate actions"],
    )
    def post(self, request: Request, pk: int, number: int) -> Response:
        """Record what is proposed, once; 409 where it was decided already."""
        portfolio, proposal = self._found(request, pk, number)
        wanted = AcceptSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        corrected = {("day" if name == "date" else name): value for name, value in wanted.validated_data.items() if value not in (None, "")}
        deciding.accept_proposal(request.user, proposal, **corrected)
        return self._told(request, portfolio, number)


class DismissView(_DecisionView):
    @extend_schema(
        operation_id="portfolio_actions_dismiss",
        request=DismissSerializer,
        responses=ProposalSerializer,
        parameters=[IDEMPOTENCY],
        tags=["corporate actions"],
    )
    def post(self, request: Request, pk: int, number: int) -> Response:
        """Leave it out; 409 where it was decided already."""
        portfolio, proposal = self._found(request, pk, number)
        wanted = DismissSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        deciding.dismiss_proposal(request.user, proposal, reason=wanted.validated_data.get("reason", ""))
        return self._told(request, portfolio, number)


class ReopenView(_DecisionView):
    @extend_schema(
        operation_id="portfolio_actions_reopen", request=None, responses=ProposalSerializer, parameters=[IDEMPOTENCY], tags=["corporate actions"]
    )
    def post(self, request: Request, pk: int, number: int) -> Response:
        """Take a dismissal back.  What was accepted is undone by voiding its transaction."""
        portfolio, proposal = self._found(request, pk, number)
        deciding.reopen_proposal(request.user, proposal)
        return self._told(request, portfolio, number)
