"""Who has a role in a portfolio, over the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio_site.web.answers import KnownFields, Told, ToldSerializer
from portfolio_site.web.paging import refused
from portfolio_site.web.serializers import ExactField
from portfolios.api.common import IDEMPOTENCY, LedgerView
from portfolios.roles import GIVEN, Action
from portfolios.selectors import get_portfolio
from portfolios.sharing import services
from portfolios.sharing.household import Household, HouseholdRow, household_of
from portfolios.sharing.links import LONGEST, address_of, links_of, make_link, revoke_link
from portfolios.sharing.selectors import shares_of

_ROLES = [role.value for role in GIVEN]
_ENDS = [
    OpenApiParameter("user", int, description="whose role ends; one's own number to leave"),
    OpenApiParameter("invitation", int, description="which open invitation is withdrawn"),
]


_LINK = OpenApiParameter("link", int, required=True, description="which link is revoked")


class InviteSerializer(KnownFields):
    email = serializers.EmailField(max_length=254, help_text="of the person; they have to confirm it to accept")
    role = serializers.ChoiceField(choices=_ROLES)


class RoleSerializer(KnownFields):
    user = serializers.IntegerField(min_value=1, max_value=10**18 - 1)
    role = serializers.ChoiceField(choices=_ROLES)


class MemberSerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.CharField()
    since = serializers.DateTimeField()


class InvitedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    role = serializers.CharField()
    expires_at = serializers.DateTimeField()


class SharesSerializer(serializers.Serializer[Any]):
    owner = serializers.CharField()
    people = MemberSerializer(many=True)
    invitations = InvitedSerializer(many=True)


class MakeLinkSerializer(KnownFields):
    days = serializers.IntegerField(min_value=1, max_value=LONGEST, help_text="for how many days it is good")
    title = serializers.CharField(max_length=60, required=False, allow_blank=True, help_text="what strangers read at its head")
    with_amounts = serializers.BooleanField(required=False, default=False, help_text="for the owner alone to allow")


class VisitSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    network = serializers.CharField(help_text="part of the net, never a whole address")


class LinkSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    with_amounts = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    opened = serializers.IntegerField()
    visits = VisitSerializer(many=True)


class MadeLinkSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    address = serializers.CharField(help_text="told here and never again")
    expires_at = serializers.DateTimeField()


class LinksView(LedgerView):
    @extend_schema(operation_id="portfolio_links_list", responses=LinkSerializer(many=True), tags=["sharing"])
    def get(self, request: Request, pk: int) -> Response:
        """Public links that are open, with when and from where they were opened."""
        return Response(LinkSerializer(links_of(get_portfolio(request.user, pk, to=Action.SHARE)), many=True).data)

    @extend_schema(operation_id="portfolio_links_make", request=MakeLinkSerializer, responses={201: MadeLinkSerializer}, tags=["sharing"])
    def post(self, request: Request, pk: int) -> Response:
        """Make a public link: percentages only, unless the owner allows amounts."""
        portfolio = get_portfolio(request.user, pk, to=Action.SHARE)
        wanted = MakeLinkSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made, secret = make_link(request.user, portfolio, **wanted.validated_data)
        answer = Response({"id": made.pk, "address": address_of(secret), "expires_at": made.expires_at}, status=201)
        answer["Cache-Control"] = "no-store"
        return answer

    @extend_schema(operation_id="portfolio_links_revoke", parameters=[_LINK], responses={204: None}, tags=["sharing"])
    def delete(self, request: Request, pk: int) -> Response:
        """Revoke a link: it opens nothing from now on."""
        revoke_link(request.user, get_portfolio(request.user, pk, to=Action.SHARE), _number(request, "link"))
        return Response(status=204)


class HouseholdRowSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.CharField()
    owner = serializers.CharField()
    base_currency = serializers.CharField()
    own_value = ExactField(allow_null=True, help_text="in `base_currency`; all else is in `currency`")
    value = ExactField(allow_null=True)
    day_change = ExactField(allow_null=True)
    day_change_percent = ExactField(allow_null=True)


class HouseholdSerializer(ToldSerializer):
    currency = serializers.CharField()
    value = ExactField(allow_null=True)
    day_change = ExactField(allow_null=True)
    day_change_percent = ExactField(allow_null=True)
    left_out = serializers.ListField(child=serializers.CharField(), help_text="names of those that are not in the sums")
    portfolios = HouseholdRowSerializer(many=True)


class HouseholdView(LedgerView):
    @extend_schema(operation_id="household", responses=HouseholdSerializer, tags=["sharing"])
    def get(self, request: Request) -> Response:
        """One's own portfolios and those that others share, with values and their sum in one's own currency."""
        house, told = household_of(request.user), Told()
        rows = [_told(told, one, f"portfolios.{place}.") for place, one in enumerate(house.rows)]
        plain = {name: getattr(house, name) for name in ("currency", "left_out")}
        return Response(HouseholdSerializer({**plain, **_sums(told, house, ""), "portfolios": rows, **told.told()}).data)


def _told(told: Told, row: HouseholdRow, place: str) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ("id", "name", "role", "owner", "base_currency")}
    return {**plain, "own_value": told(f"{place}own_value", row.own_value), **_sums(told, row, place)}


def _sums(told: Told, of: Household | HouseholdRow, place: str) -> dict[str, Any]:
    return {
        "value": told(f"{place}value", of.value),
        "day_change": told(f"{place}day_change", of.day_change),
        "day_change_percent": told.percent(f"{place}day_change_percent", of.day_change_fraction),
    }


class SharesView(LedgerView):
    @extend_schema(operation_id="portfolio_shares_list", responses=SharesSerializer, tags=["sharing"])
    def get(self, request: Request, pk: int) -> Response:
        """Everybody with a role but the owner, and who is invited."""
        return Response(SharesSerializer(asdict(shares_of(request.user, get_portfolio(request.user, pk, to=Action.SHARE)))).data)

    @extend_schema(
        operation_id="portfolio_shares_invite",
        request=InviteSerializer,
        responses={201: InvitedSerializer},
        parameters=[IDEMPOTENCY],
        tags=["sharing"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Invite an address to a role, for 14 days; the link goes there by mail and nowhere else.  A second one replaces the first."""
        portfolio = get_portfolio(request.user, pk, to=Action.SHARE)
        wanted = InviteSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = services.invite(request.user, portfolio, **wanted.validated_data)
        return Response(InvitedSerializer(made).data, status=201)

    @extend_schema(operation_id="portfolio_shares_change", request=RoleSerializer, responses=SharesSerializer, tags=["sharing"])
    def patch(self, request: Request, pk: int) -> Response:
        """Give a member another role."""
        portfolio = get_portfolio(request.user, pk, to=Action.SHARE)
        wanted = RoleSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        services.change_role(request.user, portfolio, wanted.validated_data["user"], wanted.validated_data["role"])
        return Response(SharesSerializer(asdict(shares_of(request.user, portfolio))).data)

    @extend_schema(operation_id="portfolio_shares_end", parameters=_ENDS, responses={204: None}, tags=["sharing"])
    def delete(self, request: Request, pk: int) -> Response:
        """End somebody's role, or one's own; or withdraw an invitation."""
        number, invitation = (_number(request, name) for name in ("user", "invitation"))
        if number == request.user.pk:
            services.end_share(request.user, get_portfolio(request.user, pk), number)
            return Response(status=204)
        portfolio = get_portfolio(request.user, pk, to=Action.SHARE)
        if number:
            services.end_share(request.user, portfolio, number)
        elif invitation:
            services.withdraw(request.user, portfolio, invitation)
        else:
            raise refused("user", "Say whose role ends, or which invitation is withdrawn: ?user= or ?invitation= with its number.")
        return Response(status=204)


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
