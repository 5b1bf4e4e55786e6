"""Publishers that are muted, and articles that were opened.  The news itself: `analytics.api.news`."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import selectors, services
from market.api.common import read
from market.shapes.news import MutedSerializer, MuteWanted
from portfolio_site.web.idempotency import Idempotent


class MutedPublishers(Idempotent, APIView):
    @extend_schema(operation_id="news_muted_list", responses=MutedSerializer(many=True), tags=["market"], summary="Publishers that you muted")
    def get(self, request: Request) -> Response:
        return Response(MutedSerializer(selectors.muted_publishers(request.user), many=True).data)

    @extend_schema(
        operation_id="news_mute",
        request=MuteWanted,
        responses={200: MutedSerializer, 201: MutedSerializer},
        tags=["market"],
        summary="Mute a publisher: 201, or 200 where it was muted",
    )
    def post(self, request: Request) -> Response:
        muted, new = services.mute_publisher(request.user, read(MuteWanted, request.data)["publisher"])
        return Response(MutedSerializer(muted).data, status=status.HTTP_201_CREATED if new else status.HTTP_200_OK)


class MutedPublisherDetail(APIView):
    @extend_schema(operation_id="news_unmute", responses={204: None}, tags=["market"], summary="Show a publisher again")
    def delete(self, request: Request, pk: int) -> Response:
        services.unmute_publisher(request.user, selectors.get_muted(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class OpenedArticles(APIView):
    @extend_schema(operation_id="news_opened", request=None, responses={204: None}, tags=["market"], summary="Note that you opened an article")
    def post(self, request: Request, pk: int) -> Response:
        services.note_opened(request.user, selectors.get_article(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)
