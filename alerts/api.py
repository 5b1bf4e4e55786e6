"""The API of alerts: rules, what they said, and what was seen of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerts import selectors, services
from alerts.choices import RuleKind
from alerts.errors import BadAlert
from alerts.models import Rule
from market.models import Instrument
from market.selectors import find_instrument, get_instrument
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import CursorPages
from portfolio_site.web.serializers import ExactField

# ── shapes ──────────────────────────────────────────────────────────────────


class AlertSerializer(serializers.Serializer[Any]):
    """A rule as it is answered."""

    id = serializers.IntegerField(read_only=True)
    type = serializers.ChoiceField(choices=RuleKind.choices, source="kind")
    instrument = serializers.IntegerField(source="instrument_id", read_only=True)
    symbol = serializers.CharField(source="instrument.symbol", read_only=True)
    threshold = ExactField(help_text="in `price_unit`")
    price_unit = serializers.CharField(
        source="instrument.price_unit", read_only=True, help_text="what its prices are in: the currency, or `%` for a bond in percent of par"
    )
    currency = serializers.CharField(source="instrument.currency", read_only=True, help_text="of the instrument")
    note = serializers.CharField()
    active = serializers.BooleanField()
    armed = serializers.BooleanField(
        help_text="False after it fired, until the price has been back by 0.5 % of the threshold and an hour has passed."
    )
    created_at = serializers.DateTimeField()
    last_fired_at = serializers.DateTimeField(allow_null=True)


class AlertChange(serializers.Serializer[Any]):
    """What may be changed."""

    type = serializers.ChoiceField(choices=RuleKind.choices, source="kind", required=False)
    threshold = ExactField(required=False, help_text="as the instrument is quoted: in its currency, a bond in percent of par")
    note = serializers.CharField(max_length=services.LONGEST_NOTE, allow_blank=True, required=False)
    active = serializers.BooleanField(required=False)


class AlertWanted(AlertChange):
    """A new rule; the instrument by `symbol` or by its number."""

    type = serializers.ChoiceField(choices=RuleKind.choices, source="kind")
    threshold = ExactField(help_text="as the instrument is quoted: in its currency, a bond in percent of par")
    symbol = serializers.CharField(max_length=60, required=False)
    instrument = serializers.IntegerField(min_value=1, max_value=10**18 - 1, required=False)


class NotificationSerializer(serializers.Serializer[Any]):
    """One time that a rule came true."""

    id = serializers.IntegerField()
    alert = serializers.IntegerField(source="rule_id")
    instrument = serializers.IntegerField(source="rule.instrument_id")
    symbol = serializers.CharField(source="rule.instrument.symbol")
    message = serializers.CharField(source="sentence")
    fired_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


# ── calls ───────────────────────────────────────────────────────────────────


def _instrument(user: Any, wanted: dict[str, Any]) -> Instrument:
    pk, symbol = wanted.pop("instrument", None), wanted.pop("symbol", "")
    if pk is not None:
        return get_instrument(user, pk)
    found = find_instrument(user, symbol=symbol) if symbol else None
    if found is None:
        detail = f"No instrument has the symbol {symbol}." if symbol else "Name the instrument by symbol or number."
        raise BadAlert(detail, errors=[FieldError("symbol", "unknown_instrument" if symbol else "required", detail)])
    return found


def _answer(user: Any, rule: Rule) -> dict[str, Any]:
    return dict(AlertSerializer(selectors.get_rule(user, rule.pk)).data)


class AlertsView(Idempotent, APIView):
    """All alerts of a person."""

    @extend_schema(operation_id="alerts_list", responses=AlertSerializer(many=True), tags=["alerts"])
    def get(self, request: Request) -> Response:
        """Your alerts, newest first, in pages."""
        pages = CursorPages()
        rules = pages.paginate_queryset(selectors.rules_by_age(request.user), request, view=self)
        return pages.get_paginated_response(AlertSerializer(rules, many=True).data)

    @extend_schema(operation_id="alerts_create", request=AlertWanted, responses={201: AlertSerializer}, tags=["alerts"])
    def post(self, request: Request) -> Response:
        """Watch a price."""
        wanted = AlertWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = dict(wanted.validated_data)
        rule = services.create_rule(request.user, instrument=_instrument(request.user, values), **values)
        return Response(_answer(request.user, rule), status=201)


class AlertView(APIView):
    """One alert."""

    @extend_schema(operation_id="alerts_read", responses=AlertSerializer, tags=["alerts"])
    def get(self, request: Request, pk: int) -> Response:
        return Response(AlertSerializer(selectors.get_rule(request.user, pk)).data)

    @extend_schema(operation_id="alerts_change", request=AlertChange, responses=AlertSerializer, tags=["alerts"])
    def patch(self, request: Request, pk: int) -> Response:
        """Change, pause or resume it."""
        rule = selectors.get_rule(request.user, pk)
        wanted = AlertChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        services.update_rule(request.user, rule, **wanted.validated_data)
        return Response(_answer(request.user, rule))

    @extend_schema(operation_id="alerts_delete", responses={204: None}, tags=["alerts"])
    def delete(self, request: Request, pk: int) -> Response:
        services.delete_rule(request.user, selectors.get_rule(request.user, pk))
        return Response(status=204)


class _Told(APIView):
    def _pages(self, request: Request, *, unread: bool = False) -> Response:
        pages = CursorPages()
        firings = pages.paginate_queryset(selectors.firings_of(request.user, unread=unread), request, view=self)
        return pages.get_paginated_response(NotificationSerializer(firings, many=True).data)


class AlertEventsView(_Told):
    """When alerts fired."""

    @extend_schema(operation_id="alerts_events", responses=NotificationSerializer(many=True), tags=["alerts"])
    def get(self, request: Request) -> Response:
        """Every time an alert came true, newest first."""
        return self._pages(request)


class NotificationsView(_Told):
    """The inbox."""

    @extend_schema(
        operation_id="notifications_list",
        responses=NotificationSerializer(many=True),
        parameters=[OpenApiParameter("unread", bool, description="Only what was not seen yet.")],
        tags=["alerts"],
    )
    def get(self, request: Request) -> Response:
        """What you were told, newest first."""
        return self._pages(request, unread=request.query_params.get("unread", "").lower() in {"1", "true"})


class NotificationReadView(APIView):
    @extend_schema(operation_id="notifications_mark_read", request=None, responses=NotificationSerializer, tags=["alerts"])
    def post(self, request: Request, pk: int) -> Response:
        """Note that you have seen it."""
        firing = services.mark_read(request.user, selectors.get_firing(request.user, pk))
        return Response(NotificationSerializer(firing).data)
