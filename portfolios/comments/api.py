"""Comments over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio_site.web.answers import KnownFields
from portfolio_site.web.paging import CursorPages
from portfolios.api.common import IDEMPOTENCY, LedgerView
from portfolios.comments import services
from portfolios.comments.models import LONGEST
from portfolios.comments.selectors import comments_of, get_comment, views_of
from portfolios.roles import Action
from portfolios.selectors import get_portfolio

_LARGEST = 10**18 - 1  # that a number of a row can be


class CommentWords(KnownFields):
    text = serializers.CharField(max_length=LONGEST, help_text="plain text; line ends are kept")


class CommentWanted(CommentWords):
    instrument = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=_LARGEST, help_text="what it is about, or"
    )
    entry = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=_LARGEST, help_text="the number of the transaction it is about"
    )


class CommentSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    portfolio = serializers.IntegerField()
    instrument = serializers.IntegerField(allow_null=True)
    entry = serializers.IntegerField(allow_null=True)
    author = serializers.CharField()
    text = serializers.CharField()
    written_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(allow_null=True)
    own = serializers.BooleanField(help_text="whether you wrote it, and can change it")
    removable = serializers.BooleanField()


def _told(request: Request, portfolio: Any, rows: Any) -> list[Any]:
    return list(CommentSerializer(views_of(request.user, portfolio, rows), many=True).data)


class CommentsView(LedgerView):
    @extend_schema(
        operation_id="portfolio_comments_list",
        responses=CommentSerializer(many=True),
        parameters=[OpenApiParameter(name, OpenApiTypes.INT, description=f"of this {name} alone") for name in ("instrument", "entry")],
        tags=["sharing"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """What people said about a portfolio and what is in it, newest first."""
        portfolio = get_portfolio(request.user, pk)
        asked = {name: _number(request, name) for name in ("instrument", "entry")}
        pages = CursorPages()
        rows = pages.paginate_queryset(comments_of(request.user, portfolio, **asked), request, view=self)
        return pages.get_paginated_response(_told(request, portfolio, rows))

    @extend_schema(
        operation_id="portfolio_comments_write",
        request=CommentWanted,
        responses={201: CommentSerializer},
        parameters=[IDEMPOTENCY],
        tags=["sharing"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Say something about a portfolio, or about an instrument or a transaction in it."""
        portfolio = get_portfolio(request.user, pk, to=Action.COMMENT)
        wanted = CommentWanted(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = services.write_comment(request.user, portfolio, **wanted.validated_data)
        return Response(_told(request, portfolio, [made])[0], status=201)


class CommentView(LedgerView):
    @extend_schema(operation_id="comment", responses=CommentSerializer, tags=["sharing"])
    def get(self, request: Request, pk: int) -> Response:
        """One comment."""
        found = get_comment(request.user, pk)
        return Response(_told(request, found.portfolio, [found])[0])

    @extend_schema(operation_id="comment_change", request=CommentWords, responses=CommentSerializer, tags=["sharing"])
    def patch(self, request: Request, pk: int) -> Response:
        """Put your own comment in other words."""
        found = get_comment(request.user, pk)
        get_portfolio(request.user, found.portfolio_id, to=Action.COMMENT)
        wanted = CommentWords(data=request.data)
        wanted.is_valid(raise_exception=True)
        return Response(_told(request, found.portfolio, [services.change_comment(request.user, found, text=wanted.validated_data["text"])])[0])

    @extend_schema(operation_id="comment_remove", responses={204: None}, tags=["sharing"])
    def delete(self, request: Request, pk: int) -> Response:
        """Take your own comment away; who shares the portfolio takes anybody's away."""
        found = get_comment(request.user, pk)
        services.remove_comment(request.user, found)
        return Response(status=204)


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
