"""Browsers by API: a page's script tells of its own here."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerts.channels import vapid
from alerts.devices import selectors, services
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import CursorPages


class DeviceSerializer(serializers.Serializer[Any]):
    """A browser that takes messages."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class KeysWanted(serializers.Serializer[Any]):
    p256dh = serializers.CharField(max_length=120)
    auth = serializers.CharField(max_length=60)


class DeviceWanted(serializers.Serializer[Any]):
    """What a browser answers when it is asked to subscribe (PushSubscription)."""

    endpoint = serializers.CharField(max_length=2000)
    keys = KeysWanted()
    name = serializers.CharField(max_length=60, required=False, allow_blank=True)


class DevicesView(Idempotent, APIView):
    @extend_schema(operation_id="push_devices_list", responses=DeviceSerializer(many=True), tags=["alerts"])
    def get(self, request: Request) -> Response:
        """Browsers that take messages, newest first.  The header `Vapid-Public-Key` holds the key to subscribe with."""
        pages = CursorPages()
        found = pages.paginate_queryset(selectors.devices_of(request.user), request, view=self)
        answer = pages.get_paginated_response(DeviceSerializer(found, many=True).data)
        answer["Vapid-Public-Key"] = vapid.public_key()
        return answer

    @extend_schema(operation_id="push_devices_create", request=DeviceWanted, responses={201: DeviceSerializer}, tags=["alerts"])
    def post(self, request: Request) -> Response:
        """Take a browser in; one that is known is yours from now on."""
        wanted = DeviceWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = dict(wanted.validated_data)
        device = services.add_device(request.user, **values.pop("keys"), **values)
        return Response(DeviceSerializer(device).data, status=201)


class DeviceView(APIView):
    @extend_schema(operation_id="push_devices_delete", responses={204: None}, tags=["alerts"])
    def delete(self, request: Request, pk: int) -> Response:
        """Send this browser no more messages."""
        services.remove_device(request.user, selectors.get_device(request.user, pk))
        return Response(status=204)
