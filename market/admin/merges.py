"""Merges of instruments: which there were, how one stands, and taking one back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from market.models import InstrumentMerge
from market.selectors.merges import merge_view
from market.services import listing
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.administration import ByRole


@admin.register(InstrumentMerge)
class InstrumentMergeAdmin(ByRole):
    """Looked at only; a merge is asked for in the list of instruments."""

    list_display = ("__str__", "status", "asked_by", "asked_at", "merged_at", "parted_at", "detail")
    list_filter = ("status",)
    list_select_related = ("asked_by",)
    search_fields = ("stays_symbol", "goes_symbol")
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("journal")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.undo))
        return [path("<int:number>/undo/", view, name="market_instrumentmerge_undo"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """How a merge stands; looks again each second until it is done."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        try:
            told = merge_view(int(object_id) if object_id.isdecimal() and len(object_id) < 19 else 0)
        except DomainError as problem:
            self.message_user(request, problem.detail, messages.ERROR)
            return redirect("admin:market_instrumentmerge_changelist")
        may_undo = self.has_work_permission(request)
        context = {**self.admin_site.each_context(request), "title": "Merge two instruments", "told": told, "may_undo": may_undo, "opts": self.opts}
        return TemplateResponse(request, "admin/market/merging.html", context)

    def undo(self, request: HttpRequest, number: int) -> HttpResponse:
        if not self.has_work_permission(request):
            raise PermissionDenied
        try:
            listing.start_parting(request.user, number)
        except DomainError as problem:
            self.message_user(request, problem.detail, messages.ERROR)
        return redirect("admin:market_instrumentmerge_change", number)
