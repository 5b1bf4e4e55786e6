"""What a public link shows, for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.api.explain import FigureSerializer
from analytics.selectors.public import public_report
from portfolio_site.web.addresses import coarse_network
from portfolio_site.web.throttling import PublicThrottle
from portfolios.services import open_link

HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class PublicPartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    symbol = serializers.CharField()
    weight = FigureSerializer()


class PublicReturnSerializer(serializers.Serializer[Any]):
    period = serializers.CharField()
    since = serializers.DateField()
    twr = FigureSerializer()


class PublicAmountsSerializer(serializers.Serializer[Any]):
    worth = FigureSerializer()
    values = FigureSerializer(many=True, help_text="of the parts, in their order")


class PublicViewSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    as_of = serializers.DateField()
    until = serializers.DateField()
    parts = PublicPartSerializer(many=True)
    returns = PublicReturnSerializer(many=True)
    days = serializers.ListField(child=serializers.DateField())
    index = serializers.ListField(child=serializers.FloatField(), help_text="what 100 on the first day became")
    amounts = PublicAmountsSerializer(allow_null=True, help_text="null where percentages only are shared")


class PublicLinkView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (PublicThrottle,)

    @extend_schema(operation_id="public_link", responses=PublicViewSerializer, tags=["sharing"], auth=[])
    def get(self, request: Request, token: str) -> Response:
        """A portfolio by its public link: shares, returns and an index; amounts only where its owner allows them."""
        report = public_report(open_link(token, coarse_network(request._request)))
        body = {field: getattr(report.view, field) for field in report.view.__dataclass_fields__}
        return Response(PublicViewSerializer(body | {"amounts": report.amounts}).data)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in HEADERS.items():
            answer[name] = value
        return answer
