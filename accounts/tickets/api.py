"""The API of tickets."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.tickets.services import LIVES, make_ticket, proof_of


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="for the first message of one socket; told this once")
    expires_in = serializers.IntegerField(help_text="seconds that it is good for")


class TicketsView(APIView):
    @extend_schema(operation_id="auth_ticket_make", request=None, responses={201: TicketSerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """A ticket for one socket: good once, for half a minute, for what this call came with and its scopes."""
        user: User = request.user  # type: ignore[assignment]
        proof, scopes = proof_of(request.auth, request.session.session_key or "")
        answer = Response({"ticket": make_ticket(user, proof, scopes), "expires_in": int(LIVES.total_seconds())}, status=201)
        answer["Cache-Control"] = "no-store"
        return answer
