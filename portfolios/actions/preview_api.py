"""A corporate action over the API, before it is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio_site.kernel.decimals import rounded
from portfolio_site.web.serializers import ExactField
from portfolios.actions.preview import ActionPreview, HoldingState, preview_action
from portfolios.api.common import NAMES, LedgerView
from portfolios.api.entries_in import TransactionSerializer, drafts_of
from portfolios.ledger.records import Lot
from portfolios.selectors import get_portfolio


class PreviewLotSerializer(serializers.Serializer[Any]):
    opened_on = serializers.DateField()
    transaction = serializers.IntegerField(allow_null=True, help_text="what opened it; null of a pool, and of what this entry would open")
    quantity = ExactField()
    cost = ExactField()


class HoldingStateSerializer(serializers.Serializer[Any]):
    quantity = ExactField()
    cost = ExactField(help_text="in the portfolio's currency")
    average_cost = ExactField(allow_null=True)
    lots = PreviewLotSerializer(many=True)


class InstrumentChangeSerializer(serializers.Serializer[Any]):
    instrument = serializers.IntegerField()
    symbol = serializers.CharField()
    before = HoldingStateSerializer()
    after = HoldingStateSerializer()


class CashMoveSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    amount = ExactField()


class ActionPreviewSerializer(serializers.Serializer[Any]):
    """What an entry would do.  `problem` is the sentence of the first refusal, "" where it could be recorded."""

    type = serializers.CharField()
    currency = serializers.CharField()
    problem = serializers.CharField(allow_blank=True)
    problems = serializers.ListField(child=serializers.DictField(), help_text="by field, as `errors` of a refusal")
    instruments = InstrumentChangeSerializer(many=True)
    cash = CashMoveSerializer(many=True, help_text="+ received, − paid")
    realized_gain = ExactField()
    income = ExactField()
    expenses = ExactField()


def answer_of(seen: ActionPreview) -> dict[str, Any]:
    return {
        "type": seen.kind,
        "currency": seen.base,
        "problem": seen.problem,
        "problems": [{"field": NAMES.get(error.field, error.field), "code": error.code, "detail": error.detail} for error in seen.errors],
        "instruments": [
            {"instrument": one.instrument.id, "symbol": one.instrument.symbol, "before": _state(one.before), "after": _state(one.after)}
            for one in seen.instruments
        ],
        "cash": [{"currency": code, "amount": amount} for code, amount in seen.moves],
        "realized_gain": seen.realised,
        "income": seen.income,
        "expenses": seen.expenses,
    }


def _state(state: HoldingState) -> dict[str, Any]:
    average: Decimal | None = None if state.average_cost is None else rounded(state.average_cost)
    return {"quantity": state.quantity, "cost": state.cost, "average_cost": average, "lots": list(_lots(state.lots))}


def _lots(lots: Iterable[Lot]) -> Iterable[dict[str, Any]]:
    for lot in lots:
        number = lot.event_id if lot.event_id is not None and lot.event_id > 0 else None
        yield {"opened_on": lot.opened_on, "transaction": number, "quantity": lot.quantity, "cost": lot.cost}


class PreviewView(LedgerView):
    @extend_schema(
        operation_id="portfolio_actions_preview", request=TransactionSerializer, responses=ActionPreviewSerializer, tags=["corporate actions"]
    )
    def post(self, request: Request, pk: int) -> Response:
        """Every instrument that an entry touches, before and after.  Nothing is recorded."""
        portfolio = get_portfolio(request.user, pk)
        wanted = TransactionSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        (draft,) = drafts_of(request.user, [wanted.validated_data])
        return Response(answer_of(preview_action(request.user, portfolio, draft)))
