"""Rendering pages: whole, or the one part that htmx asked for; and what the frame of every page needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def render_page(request: HttpRequest, template: str, context: dict[str, Any], *, fragment: str = "", status: int = 200) -> HttpResponse:
    """The page; or only its partial `fragment` when htmx asks for a part (not for a boosted page or a history restore)."""
    htmx = getattr(request, "htmx", None)
    if fragment and htmx and not htmx.boosted and not htmx.history_restore_request:
        template = f"{template}#{fragment}"
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request, Cookie"
    return response


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html: the version, and the preferences that its head and top bar show."""
    return {"version": settings.VERSION, "preferences": getattr(request, "preferences", None), "demo_market": settings.DEMO_MARKET}
