"""What administrators see of portfolios: that they are there and whose, never what is in them.  Nothing here changes a ledger."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from portfolio_site.web.administration import ByRole
from portfolios.models import ImportBatch, IntegrityReport, Portfolio


class _Ledgers(ByRole):
    """Lists and shows; ledgers change through their services only."""

    actions = None
    show_full_result_count = False


@admin.register(Portfolio)
class PortfolioAdmin(_Ledgers):
    """Without names, notes, amounts and holdings, which are sealed."""

    list_display = ("id", "owner", "base_currency", "cost_method", "tracks_cash", "is_sample", "revision", "entries", "open_holdings", "updated_at")
    list_filter = ("base_currency", "cost_method", "is_sample")
    search_fields = ("=id", "owner__username", "owner__email")
    fields = (*list_display, "dividend_treatment", "allows_short", "benchmark", "created_at", "archived_at")
    ordering = ("-updated_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Portfolio]:
        live = Count("transactions", filter=Q(transactions__voided_at=None), distinct=True)
        held = Count("holdings", filter=Q(holdings__is_open=True), distinct=True)
        found: QuerySet[Portfolio] = super().get_queryset(request)
        return found.select_related("owner").defer("name", "description").annotate(_entries=live, _held=held)

    @admin.display(description="transactions")
    def entries(self, portfolio: Any) -> int:
        return int(portfolio._entries)

    @admin.display(description="open holdings")
    def open_holdings(self, portfolio: Any) -> int:
        return int(portfolio._held)


@admin.register(ImportBatch)
class ImportBatchAdmin(_Ledgers):
    """How imports went, without file names and rows."""

    list_display = ("id", "portfolio", "uploaded_by", "format", "status", "rows_done", "rows_total", "created_at", "finished_at")
    list_filter = ("status", "format")
    search_fields = ("=id", "uploaded_by__username", "uploaded_by__email")
    fields = list_display
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportBatch]:
        found: QuerySet[ImportBatch] = super().get_queryset(request)
        return found.select_related("portfolio", "uploaded_by").defer("file_name", "content", "mapping", "portfolio__name", "portfolio__description")


@admin.register(IntegrityReport)
class IntegrityReportAdmin(_Ledgers):
    """Whether the nightly checks found a ledger that is not as it must be, and which."""

    list_display = ("checked_at", "portfolios", "found")
    fields = ("checked_at", "portfolios", "what")
    readonly_fields = fields

    @admin.display(description="findings")
    def found(self, report: IntegrityReport) -> str:
        return str(len(report.findings)) if report.findings else "none"

    @admin.display(description="findings")
    def what(self, report: IntegrityReport) -> str:
        return "\n".join(f"portfolio {finding['portfolio']}: {finding['what']}" for finding in report.findings) or "none"
