"""Addresses of tickets."""

from __future__ import annotations

from django.urls import path

from accounts.tickets import api

api_patterns = [path("auth/tickets", api.TicketsView.as_view(), name="api-auth-tickets")]
