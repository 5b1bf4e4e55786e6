"""What a person finds too much in one place, over the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import selectors, services
from analytics.choices import Check
from analytics.selectors import Limit
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.serializers import ExactField


class LimitSerializer(serializers.Serializer[Any]):
    check = serializers.ChoiceField(choices=Check.choices)
    threshold = ExactField(help_text="a fraction of the gross exposure: more than it is too much")
    on = serializers.BooleanField()
    own = serializers.BooleanField(help_text="false where nothing was set, and it stands as for everybody")


class LimitsSerializer(serializers.Serializer[Any]):
    checks = LimitSerializer(many=True)


class LimitWanted(serializers.Serializer[Any]):
    check = serializers.ChoiceField(choices=Check.choices)
    threshold = ExactField(required=False)
    on = serializers.BooleanField(required=False)


class LimitsWanted(serializers.Serializer[Any]):
    """The checks that change; what is not named stays."""

    checks = LimitWanted(many=True)


def _answer(limits: Sequence[Limit]) -> dict[str, Any]:
    return {
        "checks": [{"check": one.check.value, "threshold": plain(one.threshold), "on": one.is_on, "own": one.is_own} for one in limits],
    }


class ConcentrationView(APIView):
    """The limits of the checks of concentration, one's own."""

    @extend_schema(operation_id="concentration_limits", responses=LimitsSerializer, tags=["analytics"])
    def get(self, request: Request) -> Response:
        """What you find too much in one place."""
        return Response(_answer(selectors.limits_of(request.user)))

    @extend_schema(
        operation_id="concentration_limits_change",
        request=LimitsWanted,
        responses=LimitsSerializer,
        tags=["analytics"],
        examples=[OpenApiExample("A sector", value={"checks": [{"check": "sector", "threshold": "0.3", "on": True}]}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """Set thresholds, and turn checks on and off.  All or nothing."""
        wanted = LimitsWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        drafts = {row["check"]: services.LimitDraft(row.get("threshold"), row.get("on")) for row in wanted.validated_data["checks"]}
        return Response(_answer(services.set_limits(request.user, drafts)))

    @extend_schema(operation_id="concentration_limits_reset", responses=LimitsSerializer, tags=["analytics"])
    def delete(self, request: Request) -> Response:
        """Take back what you set: the checks stand as for everybody."""
        return Response(_answer(services.reset_limits(request.user)))
