"""The nightly check of all ledgers: each finding is an error in the log, and stands in a report that administrators see."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from portfolios.models import IntegrityReport, Portfolio
from portfolios.services.locking import only_writer
from portfolios.services.projections import Finding, check_portfolio

log = logging.getLogger(__name__)
KEPT = timedelta(days=90)


def check_every_ledger() -> IntegrityReport:
    """Check all portfolios, one after another, and keep what was found.  Reports of more than 90 days ago go."""
    checked, findings = 0, []
    for portfolio in Portfolio.objects.defer("name", "description").iterator(chunk_size=200):
        checked += 1
        findings += _findings(portfolio)
    for finding in findings:
        log.error("integrity: portfolio %s: %s", finding.portfolio_id, finding.what)
    now = timezone.now()
    IntegrityReport.objects.filter(checked_at__lt=now - KEPT).delete()
    listed = [{"portfolio": finding.portfolio_id, "what": finding.what} for finding in findings]
    return IntegrityReport.objects.create(checked_at=now, portfolios=checked, findings=listed)


def _findings(portfolio: Portfolio) -> list[Finding]:
    """Somebody may have written between two reads: what is found is looked at again while nobody can.

    A ledger that cannot be looked at at all is a finding too, and does not keep the others from being checked.
    """
    try:
        if not check_portfolio(portfolio):
            return []
        with only_writer(portfolio, by=None) as locked:
            return check_portfolio(locked)
    except Exception as problem:
        if not Portfolio.objects.filter(pk=portfolio.pk).exists():
            return []  # removed meanwhile
        log.exception("integrity: portfolio %s could not be checked", portfolio.pk)
        return [Finding(portfolio.pk, f"the ledger could not be checked: {type(problem).__name__}")]
