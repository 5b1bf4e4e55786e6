"""The API of what support may look at."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.confirming import confirmed_by_call
from accounts.data_rights.api import ConfirmSerializer
from accounts.viewing.selectors import allowance_of
from accounts.viewing.services import HOURS, allow_support, end_support
from portfolio_site.web.answers import read


class AllowSerializer(ConfirmSerializer):
    """For how long support may look."""

    hours = serializers.ChoiceField(choices=HOURS)


class LookSerializer(serializers.Serializer[Any]):
    """One time that somebody of support looked."""

    by = serializers.CharField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="null: they look now")
    ending = serializers.CharField(help_text="how it ended, in words")


class AllowanceSerializer(serializers.Serializer[Any]):
    """Whether support may look at the account as you see it, changing nothing, and who looked."""

    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True, help_text="null: support may not look")
    looks = LookSerializer(many=True)


EXAMPLE = OpenApiExample(
    "Allowed for an hour; somebody looked and left",
    {
        "since": "2026-11-22T09:00:00Z",
        "until": "2026-11-22T10:00:00Z",
        "looks": [{"by": "Ines", "started_at": "2026-11-22T09:04:11Z", "ended_at": "2026-11-22T09:12:40Z", "ending": "support left it"}],
    },
    response_only=True,
)
ASKED = OpenApiExample("For an hour", {"hours": 1, "password": "a plumb line hangs true"}, request_only=True)


class SupportView(APIView):
    @extend_schema(operation_id="auth_support", responses=AllowanceSerializer, examples=[EXAMPLE], tags=["auth"])
    def get(self, request: Request) -> Response:
        """Whether support may look at your account, and who looked."""
        return _told(request)

    @extend_schema(
        operation_id="auth_support_allow", request=AllowSerializer, responses={201: AllowanceSerializer}, examples=[ASKED, EXAMPLE], tags=["auth"]
    )
    def post(self, request: Request) -> Response:
        """Let support look at your account as you see it, for some hours, with the password; they can change nothing."""
        given = read(AllowSerializer, request.data)
        confirmed_by_call(request, given["password"])
        allow_support(request.user, hours=given["hours"])  # type: ignore[arg-type]
        return _told(request, 201)

    @extend_schema(operation_id="auth_support_end", request=None, responses={204: None}, tags=["auth"])
    def delete(self, request: Request) -> Response:
        """Support may look no more; who does is shown nothing further."""
        end_support(request.user)  # type: ignore[arg-type]
        return Response(status=204)


def _told(request: Request, status: int = 200) -> Response:
    return Response(AllowanceSerializer(allowance_of(request.user)).data, status=status)  # type: ignore[arg-type]
