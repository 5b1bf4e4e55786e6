"""The secret address of one's calendar of payments, over the API.  Only the person themself: whoever has the address needs no credential."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import services
from analytics.selectors.income.feed import feed_of
from portfolio_site.web.answers import read

Number = serializers.Serializer[Any]


class IncomeFeedSerializer(Number):
    open = serializers.BooleanField(help_text="whether there is an address")
    with_amounts = serializers.BooleanField()
    made_at = serializers.DateTimeField(allow_null=True)


class IncomeFeedMadeSerializer(IncomeFeedSerializer):
    address = serializers.URLField(help_text="for a calendar program; told this once")


class IncomeFeedWanted(Number):
    with_amounts = serializers.BooleanField(help_text="whether the calendar tells what each payment comes to")


class IncomeFeedMade(Number):
    with_amounts = serializers.BooleanField(default=False, help_text="as above; without where it is left out")


def _answer(request: Request) -> dict[str, Any]:
    found = feed_of(request.user)
    if found is None:
        return {"open": False, "with_amounts": False, "made_at": None}
    return {"open": True, "with_amounts": found.with_amounts, "made_at": found.made_at}


MADE = OpenApiExample(
    "A new address",
    value={
        "open": True, "with_amounts": False, "made_at": "2026-03-31T10:00:00Z",
        "address": "https://plumbline.example/calendar/mX0c0uGm3pJ3qf3v1S0a5w.ics",
    },
    response_only=True,
)  # fmt: skip


class IncomeFeedSettingsView(APIView):
    """The calendar of payments over all of one's portfolios, that other programs subscribe to."""

    @extend_schema(operation_id="income_calendar", responses=IncomeFeedSerializer, tags=["analytics"])
    def get(self, request: Request) -> Response:
        """Whether an address is open, since when, and whether it tells amounts.  Never the address itself."""
        return Response(_answer(request))

    @extend_schema(
        operation_id="income_calendar_open", request=IncomeFeedMade, responses={201: IncomeFeedMadeSerializer}, examples=[MADE], tags=["analytics"]
    )
    def post(self, request: Request) -> Response:
        """Make a secret address, told this once; one that was there before opens nothing any more."""
        wanted = read(IncomeFeedMade, request.data)
        secret = services.open_income_feed(request.user, with_amounts=wanted["with_amounts"])
        address = request.build_absolute_uri(reverse("income-feed", args=[secret]))
        return Response({**_answer(request), "address": address}, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(operation_id="income_calendar_change", request=IncomeFeedWanted, responses=IncomeFeedSerializer, tags=["analytics"])
    def patch(self, request: Request) -> Response:
        """Say whether it tells amounts."""
        wanted = read(IncomeFeedWanted, request.data)
        services.show_amounts_in_feed(request.user, wanted["with_amounts"])
        return Response(_answer(request))

    @extend_schema(operation_id="income_calendar_close", responses={204: None}, tags=["analytics"])
    def delete(self, request: Request) -> Response:
        """Close it: the address opens nothing any more."""
        services.close_income_feed(request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
