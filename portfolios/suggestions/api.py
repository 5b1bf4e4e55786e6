"""Suggestions over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio_site.web.answers import KnownFields
from portfolio_site.web.paging import CursorPages
from portfolios.api.common import IDEMPOTENCY, LedgerView
from portfolios.api.entries_in import TransactionSerializer, day_as_written, fields_of
from portfolios.comments.models import LONGEST
from portfolios.models import Portfolio, Suggestion
from portfolios.roles import Action
from portfolios.selectors import get_portfolio, get_transaction
from portfolios.suggestions import services
from portfolios.suggestions.models import Deed, State
from portfolios.suggestions.selectors import SuggestionView as View
from portfolios.suggestions.selectors import get_suggestion, suggestions_of, views_of

_TOLD = {"kind": "type", "traded_on": "date", "traded_at": "time"}


@extend_schema_field(TransactionSerializer(partial=True))
class ChangesField(serializers.Field):  # type: ignore[type-arg]
    """Some fields of an entry.  (A serializer inside of another asks for all that it needs, whatever it is told.)"""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        wanted = TransactionSerializer(data=data, partial=True)
        wanted.is_valid(raise_exception=True)
        values: dict[str, Any] = wanted.validated_data
        if values.get("time") is not None and "date" not in values:
            values["date"] = day_as_written(data, values["time"])
        return values

    def to_representation(self, value: Any) -> Any:
        return value


class SuggestionWanted(KnownFields):
    """A new `entry`; or of a `transaction` either `changes`, or `void`."""

    entry = TransactionSerializer(required=False, help_text="the fields of an entry, as they are recorded")
    transaction = serializers.IntegerField(required=False, min_value=1, max_value=10**18 - 1, help_text="the number of the entry that is meant")
    changes = ChangesField(required=False, help_text="the fields of it that are to be others")
    void = serializers.BooleanField(required=False, default=False, help_text="that it is to count no more")
    note = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True, default="", help_text="why; plain text")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        ways = ["entry" in attrs, "changes" in attrs, bool(attrs["void"])]
        if sum(ways) != 1 or ("entry" in attrs) == ("transaction" in attrs):
            said = "Give an `entry`; or a `transaction` with either `changes` or `void`."
            raise serializers.ValidationError({"entry": [serializers.ErrorDetail(said, code="required")]})
        return attrs


class DeclineSerializer(KnownFields):
    reason = serializers.CharField(max_length=LONGEST, help_text="why not; plain text")


class SuggestionSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    portfolio = serializers.IntegerField()
    deed = serializers.ChoiceField(choices=Deed.choices)
    state = serializers.ChoiceField(choices=State.choices)
    transaction = serializers.IntegerField(source="entry", allow_null=True, help_text="the entry that it would change or void")
    proposed = serializers.SerializerMethodField(
        help_text="fields of the entry, named as in `POST /portfolios/{id}/transactions`; of a change those that would be others"
    )
    note = serializers.CharField()
    author = serializers.CharField()
    suggested_at = serializers.DateTimeField()
    decided_by = serializers.CharField(help_text='"" while it is open')
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(help_text="of declining")
    recorded = serializers.IntegerField(allow_null=True, help_text="the entry that came of it")
    own = serializers.BooleanField(help_text="whether you made it, and can take it back while it is open")
    decides = serializers.BooleanField(help_text="whether you may accept or decline it")

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_proposed(self, one: View) -> dict[str, Any]:
        return {_TOLD.get(name, name): value for name, value in one.fields.items()}


EXAMPLE = OpenApiExample(
    "A purchase that an adviser suggests",
    {
        "id": 12,
        "portfolio": 3,
        "deed": "entry",
        "state": "open",
        "transaction": None,
        "proposed": {"type": "buy", "date": "2026-11-20", "instrument": 41, "quantity": "10", "price": "84.2"},
        "note": "Back to the share that we agreed on.",
        "author": "Nora",
        "suggested_at": "2026-11-22T09:00:00Z",
        "decided_by": "",
        "decided_at": None,
        "reason": "",
        "recorded": None,
        "own": False,
        "decides": True,
    },
    response_only=True,
)
ASKED = OpenApiExample(
    "A purchase",
    {
        "entry": {"type": "buy", "date": "2026-11-20", "symbol": "ACME", "quantity": "10", "price": "84.2"},
        "note": "Back to the share that we agreed on.",
    },
    request_only=True,
)
DECLINED = OpenApiExample("Not now", {"reason": "We wait for the quarter to end."}, request_only=True)


def _told(request: Request, portfolio: Portfolio, rows: Any) -> list[Any]:
    return list(SuggestionSerializer(views_of(request.user, portfolio, rows), many=True).data)


def _one(request: Request, row: Suggestion, status: int = 200) -> Response:
    return Response(_told(request, row.portfolio, [get_suggestion(request.user, row.pk)])[0], status=status)


class SuggestionsView(LedgerView):
    @extend_schema(
        operation_id="portfolio_suggestions_list",
        responses=SuggestionSerializer(many=True),
        parameters=[OpenApiParameter("state", str, enum=State.values, description="those in this state alone")],
        examples=[EXAMPLE],
        tags=["sharing"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """What people suggested for the ledger, newest first."""
        portfolio = get_portfolio(request.user, pk)
        rows, state = suggestions_of(request.user, portfolio), request.query_params.get("state", "")
        if state:
            if state not in State.values:
                raise serializers.ValidationError({"state": [serializers.ErrorDetail(f"Use one of: {', '.join(State.values)}.", code="invalid")]})
            rows = rows.filter(state=state)
        pages = CursorPages()
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(_told(request, portfolio, page))

    @extend_schema(
        operation_id="portfolio_suggestions_make",
        request=SuggestionWanted,
        responses={201: SuggestionSerializer},
        parameters=[IDEMPOTENCY],
        examples=[ASKED, EXAMPLE],
        tags=["sharing"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Suggest an entry, a change of one, or that one counts no more.  Nothing is recorded until somebody who may accepts it."""
        portfolio = get_portfolio(request.user, pk, to=Action.SUGGEST)
        wanted = SuggestionWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        if "entry" in values:
            fields = fields_of(request.user, [values["entry"]])[0]
            return _one(request, services.suggest_entry(request.user, portfolio, note=values["note"], **fields), 201)
        entry = get_transaction(request.user, values["transaction"], to=Action.SUGGEST)
        if entry.portfolio_id != portfolio.pk:
            raise serializers.ValidationError(
                {"transaction": [serializers.ErrorDetail("There is no such entry in this portfolio.", code="not_found")]}
            )
        if values["void"]:
            return _one(request, services.suggest_void(request.user, entry, note=values["note"]), 201)
        changes = fields_of(request.user, [values["changes"]])[0]
        return _one(request, services.suggest_change(request.user, entry, note=values["note"], **changes), 201)


class SuggestionView(LedgerView):
    @extend_schema(operation_id="suggestion", responses=SuggestionSerializer, examples=[EXAMPLE], tags=["sharing"])
    def get(self, request: Request, pk: int) -> Response:
        """One suggestion."""
        return _one(request, get_suggestion(request.user, pk))

    @extend_schema(operation_id="suggestion_take_back", responses={204: None}, tags=["sharing"])
    def delete(self, request: Request, pk: int) -> Response:
        """Take your own suggestion back while it is open."""
        services.take_back_suggestion(request.user, get_suggestion(request.user, pk))
        return Response(status=204)


class AcceptView(LedgerView):
    @extend_schema(
        operation_id="suggestion_accept",
        request=None,
        responses=SuggestionSerializer,
        parameters=[IDEMPOTENCY],
        examples=[EXAMPLE],
        tags=["sharing"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Record what was suggested, in your name; `recorded` is the number of the entry.  409 where it was decided, or does not fit any more."""
        return _one(request, services.accept_suggestion(request.user, get_suggestion(request.user, pk)))


class DeclineView(LedgerView):
    @extend_schema(
        operation_id="suggestion_decline", request=DeclineSerializer, responses=SuggestionSerializer, examples=[DECLINED, EXAMPLE], tags=["sharing"]
    )
    def post(self, request: Request, pk: int) -> Response:
        """Leave the ledger as it is, and say why."""
        found = get_suggestion(request.user, pk)
        get_portfolio(request.user, found.portfolio_id, to=Action.WRITE)
        wanted = DeclineSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return _one(request, services.decline_suggestion(request.user, found, reason=wanted.validated_data["reason"]))
