"""The API of keys.  For the person alone: a key cannot make keys."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.keys.calls import write_calls
from accounts.keys.errors import BadKeyForm, NotRecent
from accounts.keys.selectors import calls_of, key_of, rows_of, views_of
from accounts.keys.services import LONGEST_LIFE, LONGEST_NAME, make_key, revoke_key
from accounts.models import User
from accounts.scopes import SCOPES
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import CursorPages

PAGES = [
    OpenApiParameter("page_size", OpenApiTypes.INT, description="from 1 to 500; 50 where missing"),
    OpenApiParameter("cursor", OpenApiTypes.STR),
]


class KeySerializer(serializers.Serializer[Any]):
    """A key, without its secret."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="how the key begins, after pk_")
    scopes = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField(help_text="good, expired, revoked, or password: ended by a change of the password")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewKeySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=LONGEST_NAME)
    scopes = serializers.ListField(child=serializers.CharField(max_length=60), max_length=50, help_text=", ".join(SCOPES))
    expires_in_days = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=LONGEST_LIFE, help_text="none: no end"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = [name for name in self.initial_data if name not in self.fields]
        if unknown:
            detail = "There is no such field here: name, scopes, expires_in_days."
            raise serializers.ValidationError({name: [serializers.ErrorDetail(detail, code="unknown_field")] for name in unknown})
        return attrs


class MadeKeySerializer(KeySerializer):
    secret = serializers.CharField(help_text="the key itself; told this once")


class KeyPageSerializer(serializers.Serializer[Any]):
    results = KeySerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class CallSerializer(serializers.Serializer[Any]):
    method = serializers.CharField()
    path = serializers.CharField(help_text="without what follows a question mark")
    status = serializers.IntegerField()
    address = serializers.CharField()
    at = serializers.DateTimeField()


class CallPageSerializer(serializers.Serializer[Any]):
    results = CallSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class _NotKept(APIView):
    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class KeysView(Idempotent, _NotKept):
    @extend_schema(operation_id="auth_keys", responses=KeyPageSerializer, parameters=PAGES, tags=["auth"])
    def get(self, request: Request) -> Response:
        """One's keys, newest first, also those that are no good any more."""
        user: User = request.user  # type: ignore[assignment]
        write_calls()
        pages = CursorPages()
        rows = pages.paginate_queryset(rows_of(user), request, self) or []
        return pages.get_paginated_response(KeySerializer(views_of(user, rows), many=True).data)

    @extend_schema(operation_id="auth_key_make", request=NewKeySerializer, responses={201: MadeKeySerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Make a key.  A session whose password was not asked for lately is refused: `reauthentication_required`."""
        user: User = request.user  # type: ignore[assignment]
        if isinstance(request.successful_authenticator, SessionAuthentication) and is_reauthentication_required(request._request, app=""):
            raise NotRecent("Making a key needs your password once more. Make it in the settings, under API keys.")
        wanted = NewKeySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        try:
            key, secret = make_key(user, name=data["name"], scopes=data["scopes"], days=data["expires_in_days"])
        except BadKeyForm as problem:
            raise serializers.ValidationError({e.field: [serializers.ErrorDetail(e.detail, code=e.code)] for e in problem.errors}) from None
        return Response({**KeySerializer(key_of(user, key.pk)).data, "secret": secret}, status=201)


class KeyDetailView(_NotKept):
    @extend_schema(operation_id="auth_key_revoke", responses={204: None}, tags=["auth"])
    def delete(self, request: Request, pk: int) -> Response:
        """End a key at once."""
        revoke_key(request.user, pk)  # type: ignore[arg-type]
        return Response(status=204)


class KeyCallsView(_NotKept):
    @extend_schema(operation_id="auth_key_calls", responses=CallPageSerializer, parameters=PAGES, tags=["auth"])
    def get(self, request: Request, pk: int) -> Response:
        """What was called with a key, newest first: 30 days, and at most the newest thousand or so."""
        user: User = request.user  # type: ignore[assignment]
        key_of(user, pk)
        write_calls()
        pages = CursorPages()
        rows = pages.paginate_queryset(calls_of(user, pk), request, self) or []
        return pages.get_paginated_response(CallSerializer(rows, many=True).data)
