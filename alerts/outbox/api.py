"""The outbox by API: settings, deliveries, tests."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerts.models import Delivery, NotificationSettings
from alerts.outbox import selectors, services
from alerts.outbox.choices import PERSONAL, Channel, Family, Pace, State
from alerts.selectors import get_rule
from portfolio_site.web.paging import CursorPages


class DeliverySerializer(serializers.Serializer[Any]):
    """One message.  `key` is the Message-ID's left part, or the idempotency key: the same at each attempt."""

    id = serializers.IntegerField(source="pk")
    key = serializers.CharField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    state = serializers.ChoiceField(choices=State.choices)
    notification = serializers.IntegerField(source="firing_id", allow_null=True)
    message = serializers.CharField(source="payload.sentence", default="")
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(source="next_at", allow_null=True)
    problem = serializers.CharField()
    code = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)


class NotificationSettingsSerializer(serializers.Serializer[Any]):
    """How to be told.  `channels` holds, for each kind of alert, the channels that are on; the inbox always is."""

    channels = serializers.DictField(
        child=serializers.ListField(child=serializers.ChoiceField(choices=[(channel.value, channel.label) for channel in PERSONAL])), required=False
    )
    email_pace = serializers.ChoiceField(choices=Pace.choices, required=False)
    digest_hour = serializers.IntegerField(min_value=0, max_value=23, required=False)
    quiet_from = serializers.TimeField(allow_null=True, required=False, format="%H:%M")
    quiet_until = serializers.TimeField(allow_null=True, required=False, format="%H:%M")

    def validate_channels(self, value: dict[str, list[str]]) -> dict[str, list[str]]:
        if unknown := value.keys() - set(Family.values):
            raise serializers.ValidationError(f"There is no kind “{min(unknown)[:40]}”. Kinds are {', '.join(Family.values)}.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kept: NotificationSettings = self.context["settings"]
        start, end = attrs.get("quiet_from", kept.quiet_from), attrs.get("quiet_until", kept.quiet_until)
        if (start is None) != (end is None):
            raise serializers.ValidationError(
                {"quiet_until" if end is None else "quiet_from": "Give both ends of the quiet hours, or null for both."}
            )
        return attrs


def _told(kept: NotificationSettings) -> dict[str, Any]:
    channels = {family: [channel for channel in PERSONAL if kept.wants(family, channel)] for family in Family.values}
    return dict(NotificationSettingsSerializer({"channels": channels, **_values(kept)}).data)


def _values(kept: NotificationSettings) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in ("email_pace", "digest_hour", "quiet_from", "quiet_until")}


class NotificationSettingsView(APIView):
    @extend_schema(operation_id="notifications_settings", responses=NotificationSettingsSerializer, tags=["alerts"])
    def get(self, request: Request) -> Response:
        """How you are told of alerts."""
        return Response(_told(selectors.settings_of(request.user)))

    @extend_schema(
        operation_id="notifications_settings_change",
        request=NotificationSettingsSerializer,
        responses=NotificationSettingsSerializer,
        tags=["alerts"],
    )
    def patch(self, request: Request) -> Response:
        """Change channels, how often mail comes, and quiet hours.  What is not named stays."""
        kept = selectors.settings_of(request.user)
        wanted = NotificationSettingsSerializer(data=request.data, context={"settings": kept})
        wanted.is_valid(raise_exception=True)
        values = dict(wanted.validated_data)
        return Response(_told(services.save_settings(request.user, wanted=values.pop("channels", {}), **{**_values(kept), **values})))


class DeliveriesView(APIView):
    @extend_schema(
        operation_id="deliveries_list",
        responses=DeliverySerializer(many=True),
        parameters=[OpenApiParameter("state", str, description="`dead` for what could not be delivered.")],
        tags=["alerts"],
    )
    def get(self, request: Request) -> Response:
        """What was sent to you, and what waits, newest first."""
        pages = CursorPages()
        found = pages.paginate_queryset(
            selectors.deliveries_of(request.user, dead=request.query_params.get("state") == State.DEAD), request, view=self
        )
        return pages.get_paginated_response(DeliverySerializer(found, many=True).data)


class DeliveryReplayView(APIView):
    @extend_schema(operation_id="deliveries_replay", request=None, responses={202: DeliverySerializer}, tags=["alerts"])
    def post(self, request: Request, pk: int) -> Response:
        """Send again what was given up."""
        found: Delivery = selectors.get_delivery(request.user, pk)
        services.replay(request.user, found)
        return Response(DeliverySerializer(found).data, status=202)


class AlertTestView(APIView):
    @extend_schema(operation_id="alerts_test", request=None, responses={202: DeliverySerializer(many=True)}, tags=["alerts"])
    def post(self, request: Request, pk: int) -> Response:
        """Send a test to every channel that this alert goes to.  Nothing lands in the inbox."""
        sent = services.send_test(request.user, rule=get_rule(request.user, pk))
        return Response(DeliverySerializer(sent, many=True).data, status=202)
