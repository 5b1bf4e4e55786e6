"""A page within the frame of the settings."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from portfolio_site.web.pages import render_page


def render_section(request: HttpRequest, section: str, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """`section`: the key of the section that the page belongs to, marked in the navigation."""
    return render_page(request, template, {"page": "settings", "section": section, **context}, status=status)
