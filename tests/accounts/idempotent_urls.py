"""A place whose POST does something that can be counted: one audit entry a time."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from accounts.models import AuditEntry
from accounts.services import record_audit
from portfolio_site.kernel.errors import Conflict, Invalid
from portfolio_site.web.etags import check_if_match, etag_of
from portfolio_site.web.idempotency import Idempotent

during: list[Any] = []  # called while the work is under way


class Deeds(Idempotent, APIView):
    parser_classes = (JSONParser, MultiPartParser, FormParser)

    def get(self, request: Request) -> Response:
        return Response({"deeds": AuditEntry.objects.filter(action="deed").count()})

    def post(self, request: Request) -> Response:
        wish = request.data.get("wish", "")
        if wish == "invalid":
            raise ValidationError({"wish": "not like this"})
        record_audit(request.user, "deed")
        for call in during:
            call()
        if wish == "refused":
            raise Invalid("The rule says no.")
        if wish == "collision":
            raise Conflict("It is there already.")
        if wish == "gone":
            raise NotFound
        if wish == "boom":
            raise RuntimeError("boom")
        if wish == "answer 400":
            return Response({"no": True}, status=400)
        count = AuditEntry.objects.filter(action="deed").count()
        return Response({"deed": count, "amount": "1.50"}, status=201, headers={"Location": f"/deeds/{count}", "ETag": etag_of(count)})

    def delete(self, request: Request) -> Response:
        check_if_match(request, etag_of("deeds", 1))
        return Response(status=204)


class DeedSet(Idempotent, ViewSet):
    def create(self, request: Request) -> Response:
        record_audit(request.user, "deed")
        return Response({"made": True}, status=201)


urlpatterns = [
    path("api/v1/deeds", Deeds.as_view()),
    path("api/v1/others", Deeds.as_view()),
    path("api/v1/set", DeedSet.as_view({"post": "create"})),
]
