"""Locking a portfolio up to a day over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio_site.web.answers import KnownFields
from portfolio_site.web.serializers import DayField
from portfolios import selectors, services
from portfolios.api.common import IDEMPOTENCY, LedgerView
from portfolios.roles import Action


class LockSerializer(KnownFields):
    until = DayField(help_text="the last day that is locked")


class LockedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    locked_until = serializers.DateField(allow_null=True)


class LockView(LedgerView):
    @extend_schema(operation_id="portfolios_lock", request=LockSerializer, responses=LockedSerializer, parameters=[IDEMPOTENCY], tags=["portfolios"])
    def post(self, request: Request, pk: int) -> Response:
        """Lock the portfolio up to the end of a day: entries of that time cannot be recorded, changed or voided (409 period_locked).

        An earlier day than before gives the entries after it free.
        """
        portfolio = selectors.get_portfolio(request.user, pk, to=Action.CONFIGURE)
        wanted = LockSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        locked = services.lock_portfolio(request.user, portfolio, wanted.validated_data["until"])
        return Response({"id": pk, "locked_until": locked.locked_until})

    @extend_schema(operation_id="portfolios_unlock", responses={204: None}, tags=["portfolios"])
    def delete(self, request: Request, pk: int) -> Response:
        """Unlock the portfolio.  It stands in the audit log."""
        services.unlock_portfolio(request.user, selectors.get_portfolio(request.user, pk, to=Action.CONFIGURE))
        return Response(status=204)
