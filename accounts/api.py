"""The API of accounts: register, sign in, exchange, sign out, and one's own preferences."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import devices, log, services, tokens
from accounts.adapter import AccountAdapter
from accounts.authentication import NotSignedIn
from accounts.errors import AlreadyTaken, BadProfile, BadToken, CodeNeeded, TooManyAttempts, WeakPassword, WrongCode, WrongCredentials
from accounts.log_files import log_file
from accounts.models import Preferences, User
from accounts.selectors import preferences_of
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.paging import CursorPages, refused
from portfolio_site.web.serializers import CurrencyField
from portfolio_site.web.throttling import SignInThrottle

PREFERENCES = (
    "base_currency",
    "locale",
    "time_zone",
    "tax_residence",
    "cost_method",
    "peer_comparison",
    "theme",
    "trend",
    "density",
    "hide_amounts",
    "flash_prices",
    "shortcuts",
)


# ── shapes ──────────────────────────────────────────────────────────────────


class RegisterSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    username = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    password = serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True)


class LoginSerializer(serializers.Serializer[Any]):
    """Either name will do."""

    email = serializers.CharField(max_length=254, required=False, allow_blank=True)
    username = serializers.CharField(max_length=254, required=False, allow_blank=True)
    password = serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True)
    otp = serializers.CharField(
        max_length=20, required=False, allow_blank=True, default="", help_text="where a second factor is on: the code of the app, or a recovery code"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["login"] = (attrs.get("email") or attrs.get("username") or "").strip()
        if not attrs["login"]:
            raise serializers.ValidationError({"email": "Give the e-mail address or the username."}, code="required")
        return attrs


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=tokens.LONGEST)


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.CharField(default="Bearer")
    expires_in = serializers.IntegerField(help_text="Seconds that the access token is good for.")


class PreferencesSerializer(serializers.ModelSerializer[Preferences]):
    base_currency = CurrencyField()

    class Meta:
        model = Preferences
        fields = PREFERENCES


class MeSerializer(PreferencesSerializer):
    """A person and their preferences, flat."""

    id = serializers.IntegerField(read_only=True, source="user.pk")
    email = serializers.EmailField(read_only=True, source="user.email")
    email_confirmed = serializers.SerializerMethodField()
    username = serializers.CharField(max_length=60, source="user.username")
    name = serializers.CharField(max_length=150, allow_blank=True, source="user.first_name")

    class Meta(PreferencesSerializer.Meta):
        fields = ("id", "email", "email_confirmed", "username", "name", *PREFERENCES)  # type: ignore[assignment]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = {
            name: f"There is no field “{name}” here. See the documentation for the names." for name in self.initial_data if name not in self.fields
        }
        if unknown:
            raise serializers.ValidationError({n: [serializers.ErrorDetail(d, code="unknown_field")] for n, d in unknown.items()})
        return attrs

    def get_email_confirmed(self, preferences: Preferences) -> bool:
        user = preferences.user
        return bool(EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists())


class RegisteredSerializer(serializers.Serializer[Any]):
    user = MeSerializer()
    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.CharField(default="Bearer")
    expires_in = serializers.IntegerField()


def _me(user: User) -> dict[str, Any]:
    preferences = preferences_of(user)
    preferences.user = user
    return dict(MeSerializer(preferences).data)


def _tokens(pair: tokens.TokenPair) -> dict[str, Any]:
    return {"access": pair.access, "refresh": pair.refresh, "token_type": "Bearer", "expires_in": pair.expires_in}


def _by_field(problem: DomainError) -> serializers.ValidationError:
    """A refusal of the service as a refusal of the fields: the form was wrong, no rule of a ledger."""
    return serializers.ValidationError({e.field: [serializers.ErrorDetail(e.detail, code=e.code)] for e in problem.errors})


# ── calls ───────────────────────────────────────────────────────────────────


class _SignInCall(APIView):
    """Open to everybody, few times a minute for one address."""

    authentication_classes = (NotSignedIn,)
    permission_classes = ()
    throttle_classes = (SignInThrottle,)
    largest_body = 64 * 1024  # bytes; anybody may send one

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Tokens are for the caller alone: nothing between may keep an answer."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class RegisterView(_SignInCall):
    @extend_schema(operation_id="auth_register", request=RegisterSerializer, responses={201: RegisteredSerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Make an account.  It works at once; the address is confirmed by the link of a mail."""
        wanted = RegisterSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            user = services.register(**wanted.validated_data, accept_language=request.headers.get("Accept-Language", ""))
        except (AlreadyTaken, BadProfile, WeakPassword) as problem:
            raise _by_field(problem) from None
        return Response({"user": _me(user), **_tokens(tokens.issue(user))}, status=201)


class LoginView(_SignInCall):
    @extend_schema(
        operation_id="auth_login",
        request=LoginSerializer,
        responses={
            200: TokensSerializer,
            401: OpenApiResponse(
                description="`wrong_credentials`; with the right password `otp_required` or `wrong_otp`, where a second factor is on."
            ),
        },
        tags=["auth"],
    )
    def post(self, request: Request) -> Response:
        """Sign in with e-mail address or username, and password; where a second factor is on, with `otp` too."""
        given = LoginSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        try:
            user = AccountAdapter().sign_in(request._request, login=wanted["login"], password=wanted["password"], code=wanted["otp"])
        except (WrongCredentials, CodeNeeded, WrongCode) as problem:
            raise AuthenticationFailed(problem.detail, code=problem.code) from None
        except TooManyAttempts as problem:
            raise Throttled(wait=300, detail=problem.detail, code=problem.code) from None
        devices.note_sign_in(user, request._request)
        return Response(_tokens(tokens.issue(user)))


class RefreshView(_SignInCall):
    @extend_schema(operation_id="auth_refresh", request=RefreshSerializer, responses={200: TokensSerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair.  The old one is spent; showing it again ends all tokens of its sign-in."""
        given = RefreshSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            return Response(_tokens(tokens.rotate(given.validated_data["refresh"])))
        except BadToken as problem:
            raise AuthenticationFailed(problem.detail, code=problem.code) from None


class LogoutView(_SignInCall):
    @extend_schema(operation_id="auth_logout", request=RefreshSerializer, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """End the sign-in that this refresh token belongs to; its access tokens end with it."""
        given = RefreshSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        tokens.revoke(given.validated_data["refresh"])
        return Response(status=204)


class LogLineSerializer(serializers.Serializer[Any]):
    """One thing that was done with the account, in words and by its code."""

    id = serializers.IntegerField(help_text="its place in the log, from 1")
    at = serializers.DateTimeField()
    action = serializers.CharField()
    words = serializers.CharField()
    group = serializers.CharField()
    by = serializers.CharField(help_text="you, Plumbline where nobody asked for it, somebody else, or somebody who was not signed in")
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    name = serializers.CharField(source="about.name", default="", help_text="what it is called now; blank where it has no name, or is gone")
    details = serializers.ListField(child=serializers.CharField())


class LogPageSerializer(serializers.Serializer[Any]):
    results = LogLineSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class LogView(APIView):
    @extend_schema(
        operation_id="auth_log",
        responses=LogPageSerializer,
        parameters=[
            OpenApiParameter("group", OpenApiTypes.STR, description="one group alone; all of them are told where the name is wrong"),
            OpenApiParameter("from", OpenApiTypes.DATE, description="the first day, in your time zone"),
            OpenApiParameter("to", OpenApiTypes.DATE, description="the last day, included"),
            OpenApiParameter(
                "format", OpenApiTypes.STR, enum=["json", "csv"], description="json where missing; csv is the whole part asked for, as a file"
            ),
            OpenApiParameter("page_size", OpenApiTypes.INT, description="from 1 to 500; 50 where missing"),
            OpenApiParameter("cursor", OpenApiTypes.STR),
        ],
        tags=["auth"],
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        """What was done with the account and its portfolios, newest first: sign-ins, locks, entries, imports."""
        user: User = request.user  # type: ignore[assignment]
        asked = log.asked_of(request.query_params)
        if asked.refused:
            raise refused(asked.refused[0].field, asked.refused[0].detail)
        form = request.query_params.get("format", "json").lower()
        if form not in ("json", "csv"):
            raise refused("format", "Use one of: json, csv.")
        if form == "csv":
            return log_file(user, asked)
        pages = CursorPages()
        pages.ordering = "-sequence"
        entries = pages.paginate_queryset(log.log_of(user, asked), request, self)
        return pages.get_paginated_response(LogLineSerializer(log.lines_of(user, entries or []), many=True).data)


class MeView(APIView):
    @extend_schema(operation_id="auth_me", responses=MeSerializer, tags=["auth"])
    def get(self, request: Request) -> Response:
        """Who is asking, and their preferences."""
        return Response(_me(request.user))  # type: ignore[arg-type]

    @extend_schema(operation_id="auth_me_change", request=MeSerializer(partial=True), responses=MeSerializer, tags=["auth"])
    def patch(self, request: Request) -> Response:
        """Change preferences, name or username.  What is not named stays."""
        user: User = request.user  # type: ignore[assignment]
        wanted = MeSerializer(preferences_of(user), data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        changes = dict(wanted.validated_data)
        profile = changes.pop("user", {})
        try:
            services.update_me(user, name=profile.get("first_name"), username=profile.get("username"), preferences=changes)
        except (AlreadyTaken, BadProfile) as problem:
            raise _by_field(problem) from None
        return Response(_me(user))
