"""Webhooks by API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerts.outbox.api import DeliverySerializer
from alerts.outbox.choices import Event
from alerts.webhooks import selectors, services
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import CursorPages


class WebhookSerializer(serializers.Serializer[Any]):
    """An address that is told of events."""

    id = serializers.IntegerField(source="pk")
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=Event.choices))
    description = serializers.CharField()
    active = serializers.BooleanField()
    stopped = serializers.CharField(help_text="Why it was switched off by itself.")
    created_at = serializers.DateTimeField()


class WebhookWanted(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=2000)
    events = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20)
    description = serializers.CharField(max_length=100, required=False, allow_blank=True)


class WebhookChange(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=2000, required=False)
    events = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, required=False)
    description = serializers.CharField(max_length=100, required=False, allow_blank=True)
    active = serializers.BooleanField(required=False)


class MadeSerializer(WebhookSerializer):
    """With the secret, which is told this once."""

    secret = serializers.CharField()


def _made(made: services.Made) -> dict[str, Any]:
    return {**WebhookSerializer(made.webhook).data, "secret": made.secret}


class WebhooksView(Idempotent, APIView):
    @extend_schema(operation_id="webhooks_list", responses=WebhookSerializer(many=True), tags=["webhooks"])
    def get(self, request: Request) -> Response:
        """Your webhooks, newest first, in pages."""
        pages = CursorPages()
        found = pages.paginate_queryset(selectors.webhooks_of(request.user), request, view=self)
        return pages.get_paginated_response(WebhookSerializer(found, many=True).data)

    @extend_schema(operation_id="webhooks_create", request=WebhookWanted, responses={201: MadeSerializer}, tags=["webhooks"])
    def post(self, request: Request) -> Response:
        """Tell an address of events.  The answer holds the secret, this once."""
        wanted = WebhookWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(_made(services.create_webhook(request.user, **wanted.validated_data)), status=201)


class WebhookView(APIView):
    @extend_schema(operation_id="webhooks_read", responses=WebhookSerializer, tags=["webhooks"])
    def get(self, request: Request, pk: int) -> Response:
        """One webhook, without its secret."""
        return Response(WebhookSerializer(selectors.get_webhook(request.user, pk)).data)

    @extend_schema(operation_id="webhooks_change", request=WebhookChange, responses=WebhookSerializer, tags=["webhooks"])
    def patch(self, request: Request, pk: int) -> Response:
        """Change it, or switch it off and on."""
        webhook = selectors.get_webhook(request.user, pk)
        wanted = WebhookChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(WebhookSerializer(services.update_webhook(request.user, webhook, **wanted.validated_data)).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: None}, tags=["webhooks"])
    def delete(self, request: Request, pk: int) -> Response:
        """Tell the address of nothing more; the deliveries that are listed go with it."""
        services.delete_webhook(request.user, selectors.get_webhook(request.user, pk))
        return Response(status=204)


class WebhookRotateView(APIView):
    @extend_schema(
        operation_id="webhooks_rotate",
        request=None,
        responses=inline_serializer("WebhookSecret", {"secret": serializers.CharField(), "old_secret_until": serializers.DateTimeField()}),
        tags=["webhooks"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """A new secret, told this once.  For 24 hours the old one signs as well."""
        made = services.rotate_secret(request.user, selectors.get_webhook(request.user, pk))
        return Response({"secret": made.secret, "old_secret_until": made.webhook.old_secret_until})


class WebhookTestView(APIView):
    @extend_schema(operation_id="webhooks_test", request=None, responses={202: DeliverySerializer}, tags=["webhooks"])
    def post(self, request: Request, pk: int) -> Response:
        """Send it a test, also while it is off."""
        row = services.test_webhook(request.user, selectors.get_webhook(request.user, pk))
        return Response(DeliverySerializer(row).data, status=202)


class WebhookDeliveriesView(APIView):
    @extend_schema(operation_id="webhooks_deliveries", responses=DeliverySerializer(many=True), tags=["webhooks"])
    def get(self, request: Request, pk: int) -> Response:
        """What was sent to it, with status, attempts and the start of its answer, newest first."""
        pages = CursorPages()
        found = selectors.deliveries_to(request.user, selectors.get_webhook(request.user, pk))
        return pages.get_paginated_response(DeliverySerializer(pages.paginate_queryset(found, request, view=self), many=True).data)
