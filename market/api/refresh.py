"""Asking the sources again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import selectors
from market.services.on_demand import request_refresh


class RefreshSerializer(serializers.Serializer[Any]):
    """`asked` is false where somebody asked within the last minute: the answer is on its way or has come."""

    asked = serializers.BooleanField()


class Refresh(APIView):
    @extend_schema(
        operation_id="instruments_refresh", request=None, responses={202: RefreshSerializer}, tags=["market"], summary="Ask the sources again now"
    )
    def post(self, request: Request, pk: int) -> Response:
        asked = request_refresh(request.user, selectors.get_instrument(request.user, pk))
        return Response({"asked": asked}, status=status.HTTP_202_ACCEPTED)
