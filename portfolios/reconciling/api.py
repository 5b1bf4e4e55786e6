"""The API of reconciling: a statement in, lamps and likely causes out, and corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from market.models import Instrument
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.answers import KnownFields, only_parameters
from portfolio_site.web.paging import CursorPages
from portfolio_site.web.serializers import CurrencyField, DayField, ExactField, WordField
from portfolios import selectors
from portfolios.api.common import IDEMPOTENCY, InstrumentField, LedgerView, find_all
from portfolios.api.portfolios import LIST_PARAMETERS
from portfolios.models import Portfolio
from portfolios.reconciling import services
from portfolios.reconciling.comparing import Lamp
from portfolios.reconciling.reading import read_statement
from portfolios.reconciling.selectors import comparison_of, get_reconciliation, reconciliations_of, summaries_of
from portfolios.reconciling.shapes import CauseView, Comparison, Line, Summary
from portfolios.reconciling.words import sentence
from portfolios.roles import Action
from portfolios.services import Impact

LAMPS = [lamp.value for lamp in Lamp]


# ── in ──────────────────────────────────────────────────────────────────────


class StatedPositionSerializer(KnownFields):
    """Units of one instrument; say it by `instrument`, `isin` or `symbol`."""

    instrument = InstrumentField(required=False)
    isin = serializers.CharField(max_length=12, required=False)
    symbol = serializers.CharField(max_length=32, required=False)
    quantity = ExactField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("instrument") and not attrs.get("isin") and not attrs.get("symbol"):
            raise serializers.ValidationError({"symbol": [serializers.ErrorDetail("Say which instrument it is.", code="required")]})
        return attrs


class StatedCashSerializer(KnownFields):
    currency = CurrencyField()
    amount = ExactField()


class StatementSerializer(KnownFields):
    """What was there at the end of a day: as lists, or as `lines` of CSV.  A part that is missing is not compared."""

    date = DayField()
    positions = StatedPositionSerializer(many=True, required=False)
    cash = StatedCashSerializer(many=True, required=False)
    lines = serializers.CharField(
        required=False, max_length=1_000_000, trim_whitespace=False, help_text="symbol or ISIN and units; a currency and its balance"
    )


class CorrectionSerializer(KnownFields):
    key = serializers.CharField(max_length=24, help_text="of the line")
    fix = WordField(choices=services.FIXES)
    entry = serializers.IntegerField(
        required=False, min_value=1, max_value=10**18 - 1, help_text="the first entry of the cause, where several causes offer the same"
    )


class CorrectionQuerySerializer(CorrectionSerializer):
    """The same, in the query string."""

    told = frozenset({"lang", "format"})


# ── out ─────────────────────────────────────────────────────────────────────


class MarkSerializer(serializers.Serializer[Any]):
    transaction = serializers.IntegerField()
    type = serializers.CharField()
    date = DayField()
    is_voided = serializers.BooleanField()
    other_portfolio = serializers.CharField(help_text="the name of the other one, of a transfer that may have gone the other way; else blank")


class SplitSerializer(serializers.Serializer[Any]):
    date = DayField()
    ratio_new = ExactField()
    ratio_old = ExactField()


class CauseSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    fix = serializers.CharField(help_text=f"what puts it right by one call: {', '.join(services.FIXES[1:])}; blank where a person must look")
    amount = ExactField(allow_null=True)
    entries = MarkSerializer(many=True)
    splits = SplitSerializer(many=True)


class ReconciledLineSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    instrument = serializers.IntegerField(allow_null=True)
    symbol = serializers.CharField()
    currency = serializers.CharField(help_text="of cash; blank for units")
    ledger = ExactField()
    statement = ExactField()
    difference = ExactField(help_text="what the ledger lacks; below zero what it has too much")
    lamp = serializers.ChoiceField(choices=LAMPS)
    causes = CauseSerializer(many=True, help_text="the likeliest first")


class SummarySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    date = serializers.DateField()
    created_at = serializers.DateTimeField()
    lamp = serializers.ChoiceField(choices=LAMPS)
    lines = serializers.IntegerField()
    agreeing = serializers.IntegerField()


class ComparisonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    portfolio = serializers.IntegerField()
    date = serializers.DateField()
    created_at = serializers.DateTimeField()
    lamp = serializers.ChoiceField(choices=LAMPS)
    positions = ReconciledLineSerializer(many=True)
    cash = ReconciledLineSerializer(many=True)


class _Number(serializers.IntegerField):
    def __init__(self) -> None:
        super().__init__(min_value=1, max_value=10**18 - 1)


class UndoSerializer(KnownFields):
    """What was done, as `undo` of the answer to the correction tells it."""

    fix = serializers.ChoiceField(choices=services.FIXES)
    entries = serializers.ListField(child=_Number(), min_length=1, max_length=services.MOST_UNDONE)
    versions = serializers.ListField(child=_Number(), required=False, max_length=services.MOST_UNDONE, help_text="that an edit made")


class CorrectedSerializer(ComparisonSerializer):
    corrected = serializers.ListField(child=serializers.IntegerField(), help_text="the entries that were recorded, restored, edited or voided")
    undo = UndoSerializer(help_text="what takes it back, by POST …/undo")


class HoldingImpactSerializer(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    quantity_before = ExactField()
    quantity_after = ExactField()
    cost_before = ExactField()
    cost_after = ExactField()
    realized_gain_before = ExactField()
    realized_gain_after = ExactField()


class CashImpactSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    before = ExactField()
    after = ExactField()


class SaleImpactSerializer(serializers.Serializer[Any]):
    transaction = serializers.IntegerField()
    symbol = serializers.CharField()
    date = serializers.DateField()
    gain_before = ExactField(allow_null=True)
    gain_after = ExactField(allow_null=True)


class OtherImpactSerializer(serializers.Serializer[Any]):
    """What changes in another portfolio; money in its currency."""

    name = serializers.CharField()
    currency = serializers.CharField()
    holdings = HoldingImpactSerializer(many=True)
    cash = CashImpactSerializer(many=True)
    sales = SaleImpactSerializer(many=True)


class CorrectionPreviewSerializer(serializers.Serializer[Any]):
    """What a correction would change, as of today; money in the portfolio's currency."""

    problem = serializers.CharField(allow_blank=True, help_text="why it would be refused; blank where it would not")
    others = OtherImpactSerializer(many=True, help_text="other portfolios that change with it: the other side of a transfer")
    holdings = HoldingImpactSerializer(many=True)
    cash = CashImpactSerializer(many=True)
    sales = SaleImpactSerializer(many=True, help_text="other sales whose gain comes out otherwise, up to twelve")


def preview_of(impact: Impact) -> dict[str, Any]:
    others = [{"name": name, "currency": one.base, **_changes(one)} for name, one in impact.beside]
    return {"problem": impact.problem, **_changes(impact), "others": others}


def _changes(impact: Impact) -> dict[str, Any]:
    return {
        "holdings": [
            {
                "symbol": one.symbol,
                "quantity_before": one.units_before,
                "quantity_after": one.units_after,
                "cost_before": one.cost_before,
                "cost_after": one.cost_after,
                "realized_gain_before": one.realised_before,
                "realized_gain_after": one.realised_after,
            }
            for one in impact.holdings
        ],
        "cash": [{"currency": one.currency, "before": one.before, "after": one.after} for one in impact.cash],
        "sales": [
            {"transaction": one.number, "symbol": one.symbol, "date": one.day, "gain_before": one.gain_before, "gain_after": one.gain_after}
            for one in impact.sales
        ],
    }


class SummaryPageSerializer(serializers.Serializer[Any]):
    results = SummarySerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


def _cause(line: Line, view: CauseView) -> dict[str, Any]:
    return {
        "code": view.code,
        "detail": sentence(line, view, lambda amount: f"{plain(amount)} {line.currency}".strip()),
        "fix": view.fix,
        "amount": None if view.cause.amount is None else plain(view.cause.amount),
        "entries": [
            {"transaction": one.id, "type": one.label, "date": one.day, "is_voided": one.is_voided, "other_portfolio": one.beside}
            for one in view.entries
        ],
        "splits": [{"date": one.day, "ratio_new": plain(one.new), "ratio_old": plain(one.old)} for one in view.cause.splits],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "key": line.key,
        "instrument": None if line.instrument is None else line.instrument.id,
        "symbol": "" if line.instrument is None else line.instrument.symbol,
        "currency": line.currency,
        "ledger": plain(line.here),
        "statement": plain(line.there),
        "difference": plain(line.difference),
        "lamp": line.lamp.value,
        "causes": [_cause(line, view) for view in line.causes],
    }


def answer_of(found: Comparison) -> dict[str, Any]:
    return {
        "id": found.id,
        "portfolio": found.portfolio_id,
        "date": found.day,
        "created_at": found.created_at,
        "lamp": found.lamp.value,
        "positions": [_line(line) for line in found.positions],
        "cash": [_line(line) for line in found.cash],
    }


def _summary(one: Summary) -> dict[str, Any]:
    return {"id": one.id, "date": one.day, "created_at": one.created_at, "lamp": one.lamp.value, "lines": one.lines, "agreeing": one.agreeing}


# ── views ───────────────────────────────────────────────────────────────────


class _Pages(CursorPages):
    ordering = ("-day", "-id")  # type: ignore[assignment]


class ReconcileView(LedgerView):
    @extend_schema(operation_id="reconcile_list", parameters=LIST_PARAMETERS[1:], responses=SummaryPageSerializer, tags=["reconcile"])
    def get(self, request: Request, pk: int) -> Response:
        """Statements that were entered, the newest day first, each with its lamp as the ledger is now."""
        portfolio = selectors.get_portfolio(request.user, pk)
        only_parameters(request, LIST_PARAMETERS[1:])
        pages = _Pages()
        rows = pages.paginate_queryset(reconciliations_of(portfolio), request, self) or []
        return pages.get_paginated_response([_summary(one) for one in summaries_of(portfolio, rows)])

    @extend_schema(
        operation_id="reconcile_create",
        request=StatementSerializer,
        responses={201: ComparisonSerializer},
        parameters=[IDEMPOTENCY],
        tags=["reconcile"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Enter what a statement says of a day; answered with the comparison."""
        portfolio = selectors.get_portfolio(request.user, pk, to=Action.WRITE)
        wanted = StatementSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        positions = _positions(request, values.get("positions", []))
        cash = {row["currency"]: row["amount"] for row in values.get("cash", [])}
        if values.get("lines"):
            stated = read_statement(request.user, values["lines"], _held(portfolio))
            positions, cash = [*positions, *stated.positions], {**stated.cash, **cash}
        made = services.reconcile(request.user, portfolio, day=values["date"], positions=positions, cash=cash)
        location = f"/api/v1/portfolios/{pk}/reconcile/{made.pk}"
        return Response(answer_of(comparison_of(made)), status=201, headers={"Location": location})


def _positions(request: Request, rows: Sequence[dict[str, Any]]) -> list[tuple[Instrument, Any]]:
    try:
        found = find_all(request.user, rows)
    except serializers.ValidationError as problem:
        detail: Any = problem.detail
        raise serializers.ValidationError({name.replace("transactions.", "positions."): said for name, said in detail.items()}) from None
    return [(one, row["quantity"]) for one, row in zip(found, rows, strict=True) if one is not None]


def _held(portfolio: Portfolio) -> list[Instrument]:
    return list(Instrument.objects.filter(pk__in=selectors.held_instrument_ids([portfolio])))


class ReconciliationView(LedgerView):
    @extend_schema(operation_id="reconcile_retrieve", responses=ComparisonSerializer, tags=["reconcile"])
    def get(self, request: Request, pk: int, number: int) -> Response:
        """One statement beside the ledger as it is now, with what each difference may come from."""
        return Response(answer_of(comparison_of(get_reconciliation(selectors.get_portfolio(request.user, pk), number))))

    @extend_schema(operation_id="reconcile_delete", responses={204: None}, tags=["reconcile"])
    def delete(self, request: Request, pk: int, number: int) -> Response:
        """Forget a statement.  The ledger stays as it is."""
        services.discard_reconciliation(request.user, get_reconciliation(selectors.get_portfolio(request.user, pk, to=Action.WRITE), number))
        return Response(status=204)


class CorrectView(LedgerView):
    @extend_schema(
        operation_id="reconcile_correct_preview", parameters=[CorrectionQuerySerializer], responses=CorrectionPreviewSerializer, tags=["reconcile"]
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        """What a correction would change.  Nothing is recorded."""
        statement = get_reconciliation(selectors.get_portfolio(request.user, pk), number)
        wanted = CorrectionQuerySerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        return Response(preview_of(services.preview_correction(request.user, statement, **wanted.validated_data)))

    @extend_schema(
        operation_id="reconcile_correct", request=CorrectionSerializer, responses=CorrectedSerializer, parameters=[IDEMPOTENCY], tags=["reconcile"]
    )
    def post(self, request: Request, pk: int, number: int) -> Response:
        """Make one line agree: by an adjustment, or by what one of its likely causes offers.

        To take it back, send `undo` of the answer to …/undo.
        """
        portfolio = selectors.get_portfolio(request.user, pk, to=Action.WRITE)
        statement = get_reconciliation(portfolio, number)
        wanted = CorrectionSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        done = services.correct_difference(request.user, statement, **wanted.validated_data)
        fresh = get_reconciliation(selectors.get_portfolio(request.user, pk, to=Action.WRITE), number)
        undo = {"fix": done.fix, "entries": list(done.entries), "versions": list(done.versions)}
        return Response({**answer_of(comparison_of(fresh)), "corrected": list(done.entries), "undo": undo})


class UndoView(LedgerView):
    @extend_schema(
        operation_id="reconcile_undo", request=UndoSerializer, responses=ComparisonSerializer, parameters=[IDEMPOTENCY], tags=["reconcile"]
    )
    def post(self, request: Request, pk: int, number: int) -> Response:
        """Take a correction back, all of it or nothing: what it recorded is voided, what it voided counts again, what it edited is as it was."""
        statement = get_reconciliation(selectors.get_portfolio(request.user, pk, to=Action.WRITE), number)
        wanted = UndoSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        done = services.Correction(values["fix"], tuple(values["entries"]), tuple(values.get("versions", ())))
        services.undo_correction(request.user, statement, done)
        return Response(answer_of(comparison_of(get_reconciliation(selectors.get_portfolio(request.user, pk, to=Action.WRITE), number))))
