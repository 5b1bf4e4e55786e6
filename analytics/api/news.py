"""News over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from analytics import selectors
from analytics.api.common import chosen, report_currency
from analytics.news_places import cursors_of, read_places
from analytics.selectors import NewsAsked
from market.selectors import NewsOrder, get_instrument
from portfolio_site.web.answers import only_names
from portfolio_site.web.paging import bad_cursor, page_size_asked
from portfolio_site.web.serializers import WordField


class NewsQuery(serializers.Serializer[Any]):
    portfolio = serializers.IntegerField(required=False, min_value=1, max_value=10**18 - 1, help_text="where missing, all of yours")
    instrument = serializers.IntegerField(required=False, min_value=1, max_value=10**18 - 1, help_text="news of this one, held or not")
    publisher = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")
    language = serializers.CharField(required=False, max_length=4, help_text="two letters (ISO 639-1); “none”: where nobody tells it")
    sort = WordField(choices=[one.value for one in NewsOrder], required=False, default=NewsOrder.BEST.value)
    cursor = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=500)


class AboutSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    symbol = serializers.CharField()
    name = serializers.CharField()


class TellingSerializer(serializers.Serializer[Any]):
    """Another article of the same story."""

    id = serializers.IntegerField()
    publisher = serializers.CharField()
    published_at = serializers.DateTimeField()


class StorySerializer(serializers.Serializer[Any]):
    """A story by the article that told it first.  Plain text; `url` is of the web (http or https)."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    summary = serializers.CharField()
    url = serializers.CharField()
    publisher = serializers.CharField()
    language = serializers.CharField(help_text="ISO 639-1; empty where nobody tells")
    published_at = serializers.DateTimeField()
    fetched_at = serializers.DateTimeField()
    source = serializers.CharField(help_text="who it was fetched from")  # type: ignore[assignment]
    instruments = AboutSerializer(many=True)
    others = TellingSerializer(many=True)
    score = serializers.FloatField(help_text="by weight, freshness and what you open; it halves in 24 hours")
    opened = serializers.BooleanField()


class NewsSerializer(serializers.Serializer[Any]):
    results = StorySerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class NewsView(APIView):
    @extend_schema(operation_id="news_list", parameters=[NewsQuery], responses=NewsSerializer, tags=["market"])
    def get(self, request: Request) -> Response:
        """News of what you hold, or of one instrument, without the publishers that you muted; each story once."""
        only_names(request, (*NewsQuery().fields, "currency"))
        reader = NewsQuery(data=request.query_params)
        reader.is_valid(raise_exception=True)
        wanted = reader.validated_data
        if (places := read_places(wanted["cursor"])) is None:
            raise bad_cursor()
        portfolios = chosen(request, wanted.get("portfolio"))
        language = wanted.get("language")
        asked = NewsAsked(
            instrument=get_instrument(request.user, wanted["instrument"]) if "instrument" in wanted else None,
            publisher=wanted["publisher"],
            language="" if language == "none" else language,
            order=NewsOrder(wanted["sort"]),
            size=page_size_asked(request),
            after=places[0],
            before=places[1],
        )
        feed = selectors.news_stories(request.user, portfolios, report_currency(request, portfolios), asked)
        here, (later, earlier) = request.build_absolute_uri(), cursors_of(feed)
        body = {
            "results": feed.stories,
            "next": replace_query_param(here, "cursor", later) if later else None,
            "previous": replace_query_param(here, "cursor", earlier) if earlier else None,
        }
        return Response(NewsSerializer(body).data)
