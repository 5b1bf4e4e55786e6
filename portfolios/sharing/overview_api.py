"""Everything that is shared, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolios.api.common import LedgerView
from portfolios.sharing.api import InvitedSerializer, MemberSerializer
from portfolios.sharing.overview import sharing_of


class OpenLinkSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    with_amounts = serializers.BooleanField()
    expires_at = serializers.DateTimeField()
    opened = serializers.IntegerField(help_text="how often")


class GivenSerializer(serializers.Serializer[Any]):
    """What others see of a portfolio that you may share."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.CharField(help_text="yours in it")
    owner = serializers.CharField()
    people = MemberSerializer(many=True)
    invitations = InvitedSerializer(many=True)
    links = OpenLinkSerializer(many=True)
    offered_to = serializers.CharField(help_text='"" where it is offered to nobody')
    offered_until = serializers.DateTimeField(allow_null=True)


class TakenSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    owner = serializers.CharField()
    role = serializers.CharField()


class InvitedToSerializer(serializers.Serializer[Any]):
    by = serializers.CharField()
    role = serializers.CharField()
    expires_at = serializers.DateTimeField()


class OfferWaitingSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="of the offer: `/offers/{id}`")
    name = serializers.CharField()
    owner = serializers.CharField()
    expires_at = serializers.DateTimeField()


class SharingSerializer(serializers.Serializer[Any]):
    """All that you share and that is shared with you."""

    given = GivenSerializer(many=True, help_text="portfolios that you may share, also those that nobody else sees")
    taken = TakenSerializer(many=True, help_text="portfolios of others")
    invited = InvitedToSerializer(many=True, help_text="invitations to your confirmed address; the link in the mail answers them")
    offered = OfferWaitingSerializer(many=True, help_text="portfolios that others offer you as your own")


EXAMPLE = OpenApiExample(
    "One portfolio shared with an adviser, one of somebody else's",
    {
        "given": [
            {
                "id": 3,
                "name": "Core",
                "role": "owner",
                "owner": "mia",
                "people": [{"user": 9, "name": "Nora", "email": "nora@example.org", "role": "adviser", "since": "2026-05-02T08:00:00Z"}],
                "invitations": [],
                "links": [{"id": 4, "title": "My year", "with_amounts": False, "expires_at": "2027-01-01T00:00:00Z", "opened": 12}],
                "offered_to": "",
                "offered_until": None,
            }
        ],
        "taken": [{"id": 8, "name": "House", "owner": "Sam", "role": "viewer"}],
        "invited": [],
        "offered": [],
    },
    response_only=True,
)


class SharingView(LedgerView):
    @extend_schema(operation_id="sharing", responses=SharingSerializer, examples=[EXAMPLE], tags=["sharing"])
    def get(self, request: Request) -> Response:
        """Everything that you share with others, and that others share with you."""
        return Response(SharingSerializer(sharing_of(request.user)).data)
