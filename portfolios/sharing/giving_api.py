"""Giving a portfolio to another owner, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.confirming import confirmed_by_call
from portfolio_site.web.answers import KnownFields
from portfolios.api.common import LedgerView
from portfolios.errors import OfferNotFound
from portfolios.models import OwnershipOffer
from portfolios.roles import Action
from portfolios.selectors import get_portfolio
from portfolios.sharing import giving
from portfolios.sharing.consequences import arrival_of, consequences_of, told_to_taker
from portfolios.sharing.selectors import called


class OfferWanted(KnownFields):
    to = serializers.IntegerField(min_value=1, max_value=10**18 - 1, help_text="the number of a member who has confirmed their address")
    stays = serializers.BooleanField(default=True, help_text="whether you are a manager of it afterwards; else you see it no more")
    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, required=False, default="", help_text="not needed in a session that just gave it"
    )


class AnswerWanted(KnownFields):
    accept = serializers.BooleanField()
    copies = serializers.BooleanField(
        default=True, help_text="copy the giver’s own exchange rates and descriptions that its figures are told with, so that they stay as they are"
    )


class ConsequencesSerializer(serializers.Serializer[Any]):
    """What changes hands, what stays behind and what ends."""

    hindered = serializers.ListField(
        child=serializers.CharField(), help_text="why it cannot be, each with what to do; the reasons are told to the owner alone"
    )
    instruments = serializers.ListField(child=serializers.CharField(), help_text="symbols of the owner’s own, which go along with their prices")
    transfers = serializers.IntegerField(help_text="how many transfers to the owner’s other portfolios follow one another no more")
    rates = serializers.IntegerField(help_text="exchange rates of the owner’s own that tell its figures")
    words = serializers.IntegerField(help_text="instruments that the owner describes in words of their own")
    blend = serializers.CharField(help_text="what becomes of the comparison with a blend: copied, ends, or empty")
    links = serializers.IntegerField(help_text="public links that end")
    invitations = serializers.IntegerField(help_text="open invitations that end")


class OfferSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    portfolio = serializers.IntegerField(source="portfolio_id")
    name = serializers.CharField(source="portfolio.name")
    owner = serializers.SerializerMethodField()
    to = serializers.IntegerField(source="to_id")
    stays = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    def get_owner(self, offer: OwnershipOffer) -> str:
        return called(offer.portfolio.owner)


class OfferedSerializer(OfferSerializer):
    means = ConsequencesSerializer()


class ArrivalSerializer(serializers.Serializer[Any]):
    rates = serializers.IntegerField(help_text="exchange rates that can be copied")
    words = serializers.IntegerField(help_text="descriptions of instruments that can be copied")
    own_rates = serializers.IntegerField(help_text="exchange rates of your own that would tell its figures")
    own_words = serializers.IntegerField(help_text="instruments in it that you describe yourself")


class OfferToMeSerializer(OfferedSerializer):
    arrival = ArrivalSerializer()


def _told(offer: OwnershipOffer) -> dict[str, Any]:
    offer.means = consequences_of(offer.portfolio, stays=offer.stays)  # type: ignore[attr-defined]
    return dict(OfferedSerializer(offer).data)


class PortfolioOfferView(LedgerView):
    @extend_schema(operation_id="portfolio_offer", responses=OfferedSerializer, tags=["sharing"])
    def get(self, request: Request, pk: int) -> Response:
        """The open offer of a portfolio to another owner, with what it means; 404 where there is none."""
        found = giving.offer_of(get_portfolio(request.user, pk, to=Action.TRANSFER))
        if found is None:
            raise OfferNotFound("This portfolio is offered to nobody.")
        return Response(_told(found))

    @extend_schema(operation_id="portfolio_offer_make", request=OfferWanted, responses={201: OfferedSerializer}, tags=["sharing"])
    def post(self, request: Request, pk: int) -> Response:
        """Offer a portfolio to a member as their own, for 14 days, with the password; nothing changes until they accept."""
        portfolio = get_portfolio(request.user, pk, to=Action.TRANSFER)
        wanted = OfferWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = dict(wanted.validated_data)
        confirmed_by_call(request, given.pop("password"))
        return Response(_told(giving.offer_portfolio(request.user, portfolio, **given)), status=201)

    @extend_schema(operation_id="portfolio_offer_take_back", responses={204: None}, tags=["sharing"])
    def delete(self, request: Request, pk: int) -> Response:
        """Take the offer back."""
        giving.take_back(request.user, get_portfolio(request.user, pk, to=Action.TRANSFER))
        return Response(status=204)


class OffersView(LedgerView):
    @extend_schema(operation_id="offers", responses=OfferSerializer(many=True), tags=["sharing"])
    def get(self, request: Request) -> Response:
        """Portfolios that others offer you as your own."""
        return Response(OfferSerializer(giving.offers_to(request.user), many=True).data)


class OfferView(LedgerView):
    @extend_schema(operation_id="offer", responses=OfferToMeSerializer, tags=["sharing"])
    def get(self, request: Request, pk: int) -> Response:
        """One of them, with what taking it over means."""
        found = giving.open_offer(request.user, pk)
        found.means = told_to_taker(found)  # type: ignore[attr-defined]
        found.arrival = arrival_of(found)  # type: ignore[attr-defined]
        return Response(OfferToMeSerializer(found).data)

    @extend_schema(operation_id="offer_answer", request=AnswerWanted, responses={200: None}, tags=["sharing"])
    def post(self, request: Request, pk: int) -> Response:
        """Accept it, or decline it; once."""
        giving.open_offer(request.user, pk)
        wanted = AnswerWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        portfolio = giving.answer_offer(request.user, pk, **wanted.validated_data)
        return Response({"portfolio": portfolio.pk, "accepted": wanted.validated_data["accept"]})
