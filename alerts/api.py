"""The API of alerts: rules, what they said, and what was seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerts import selectors, services
from alerts.api_shapes import (
    AlertChange,
    AlertSerializer,
    AlertWanted,
    KindSerializer,
    NoticeSerializer,
    NotificationSerializer,
    RehearsalSerializer,
    kind_shown,
)
from alerts.errors import BadAlert
from alerts.looking.sight import out_of_sight, unseen_among
from alerts.models import Firing, Rule
from alerts.rehearsals import Wanted, tried
from alerts.rules import KINDS, Watch
from market.models import Instrument
from market.selectors import find_instrument, get_instrument
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.idempotency import Idempotent
from portfolio_site.web.paging import CursorPages
from portfolios.models import Portfolio
from portfolios.selectors import get_portfolio

# ── calls ───────────────────────────────────────────────────────────────────


def _wanted(user: Any, data: Any) -> dict[str, Any]:
    """A new rule as it was sent, what it watches looked up."""
    sent = AlertWanted(data=data)
    sent.is_valid(raise_exception=True)
    values = dict(sent.validated_data)
    portfolio = values.pop("portfolio", None)
    return values | {"instrument": _instrument(user, values), "portfolio": _portfolio(user, portfolio)}


def _instrument(user: Any, wanted: dict[str, Any]) -> Instrument | None:
    pk, symbol = wanted.pop("instrument", None), wanted.pop("symbol", "")
    if pk is not None:
        return get_instrument(user, pk)
    found = find_instrument(user, symbol=symbol) if symbol else None
    if found is None and (symbol or KINDS[wanted["kind"]].watches == {Watch.INSTRUMENT}):
        detail = f"No instrument has the symbol {symbol}." if symbol else "Name the instrument by symbol or number."
        raise BadAlert(detail, errors=[FieldError("symbol", "unknown_instrument" if symbol else "required", detail)])
    return found


def _portfolio(user: Any, pk: int | None) -> Portfolio | None:
    return None if pk is None else get_portfolio(user, pk)


def _told(rules: Sequence[Rule]) -> Any:
    """As they are answered.  One query and more only where something is somebody else's."""
    return AlertSerializer(rules, many=True, context={"hidden": out_of_sight(rules)}).data


def _answer(user: Any, pk: int) -> dict[str, Any]:
    return dict(_told([selectors.get_rule(user, pk)])[0])


def _notified(user: Any, firings: Sequence[Firing]) -> Any:
    return NotificationSerializer(firings, many=True, context={"unseen": unseen_among(user, [one.instrument for one in firings])}).data


class AlertsView(Idempotent, APIView):
    """All alerts of a person."""

    @extend_schema(operation_id="alerts_list", responses=AlertSerializer(many=True), tags=["alerts"])
    def get(self, request: Request) -> Response:
        """Your alerts, newest first, in pages."""
        pages = CursorPages()
        rules = pages.paginate_queryset(selectors.rules_by_age(request.user), request, view=self)
        return pages.get_paginated_response(_told(rules or []))

    @extend_schema(operation_id="alerts_create", request=AlertWanted, responses={201: AlertSerializer}, tags=["alerts"])
    def post(self, request: Request) -> Response:
        """Watch an instrument, a portfolio, or all of your portfolios."""
        rule = services.create_rule(request.user, **_wanted(request.user, request.data))
        return Response(_answer(request.user, rule.pk), status=201)


class AlertView(APIView):
    """One alert."""

    @extend_schema(operation_id="alerts_read", responses=AlertSerializer, tags=["alerts"])
    def get(self, request: Request, pk: int) -> Response:
        return Response(_answer(request.user, pk))

    @extend_schema(operation_id="alerts_change", request=AlertChange, responses=AlertSerializer, tags=["alerts"])
    def patch(self, request: Request, pk: int) -> Response:
        """Change, pause or resume it."""
        rule = selectors.get_rule(request.user, pk)
        wanted = AlertChange(data=request.data)
        wanted.is_valid(raise_exception=True)
        services.update_rule(request.user, rule, **wanted.validated_data)
        return Response(_answer(request.user, rule.pk))

    @extend_schema(operation_id="alerts_delete", responses={204: None}, tags=["alerts"])
    def delete(self, request: Request, pk: int) -> Response:
        services.delete_rule(request.user, selectors.get_rule(request.user, pk))
        return Response(status=204)


class AlertRehearsalView(APIView):
    """An alert tried on the past."""

    @extend_schema(operation_id="alerts_rehearse", request=AlertWanted, responses=RehearsalSerializer, tags=["alerts"])
    def post(self, request: Request) -> Response:
        """When such an alert would have fired in the past year, by daily closes.  Nothing is kept."""
        past = tried(request.user, Wanted(**_wanted(request.user, request.data)))
        days = [{"date": day, "message": message} for day, message in past.fired]
        answer = {"times": len(days), "days": days, "since": past.since, "until": past.until, "why_not": past.why_not}
        return Response(RehearsalSerializer(answer).data)


class AlertKindsView(APIView):
    """What can be watched."""

    @extend_schema(operation_id="alerts_kinds", responses=KindSerializer(many=True), tags=["alerts"])
    def get(self, request: Request) -> Response:
        """Every type of alert, with the fields of its parameters."""
        return Response(KindSerializer([kind_shown(one) for one in KINDS.values()], many=True).data)


class _Told(APIView):
    def _pages(self, request: Request, *, unread: bool = False) -> Response:
        pages = CursorPages()
        firings = pages.paginate_queryset(selectors.firings_of(request.user, unread=unread), request, view=self)
        return pages.get_paginated_response(_notified(request.user, firings or []))


class AlertEventsView(_Told):
    """When alerts fired."""

    @extend_schema(operation_id="alerts_events", responses=NotificationSerializer(many=True), tags=["alerts"])
    def get(self, request: Request) -> Response:
        """Every time an alert came true, newest first."""
        return self._pages(request)


class NotificationsView(_Told):
    """The inbox."""

    @extend_schema(
        operation_id="notifications_list",
        responses=NotificationSerializer(many=True),
        parameters=[OpenApiParameter("unread", bool, description="Only what was not seen yet.")],
        tags=["alerts"],
    )
    def get(self, request: Request) -> Response:
        """What you were told, newest first."""
        return self._pages(request, unread=request.query_params.get("unread", "").lower() in {"1", "true"})


class NotificationReadView(APIView):
    @extend_schema(operation_id="notifications_mark_read", request=None, responses=NotificationSerializer, tags=["alerts"])
    def post(self, request: Request, pk: int) -> Response:
        """Note that you have seen it."""
        firing = services.mark_read(request.user, selectors.get_firing(request.user, pk))
        return Response(_notified(request.user, [firing])[0])


class NoticesView(APIView):
    """What others did."""

    @extend_schema(
        operation_id="notices_list",
        responses=NoticeSerializer(many=True),
        parameters=[OpenApiParameter("unread", bool, description="Only what was not seen yet.")],
        tags=["alerts"],
    )
    def get(self, request: Request) -> Response:
        """What you were told of what others did to portfolios that you share, newest first."""
        pages = CursorPages()
        unread = request.query_params.get("unread", "").lower() in {"1", "true"}
        notices = pages.paginate_queryset(selectors.notices_of(request.user, unread=unread), request, view=self)
        return pages.get_paginated_response(NoticeSerializer(notices, many=True).data)


class NoticeReadView(APIView):
    @extend_schema(operation_id="notices_mark_read", request=None, responses=NoticeSerializer, tags=["alerts"])
    def post(self, request: Request, pk: int) -> Response:
        """Note that you have seen it."""
        return Response(NoticeSerializer(services.mark_notice_read(request.user, selectors.get_notice(request.user, pk))).data)
