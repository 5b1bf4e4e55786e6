"""How long rows are kept that nobody deletes: one table, which the nightly job, the command and the privacy page go by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import QuerySet

from accounts.data_rights.choices import ErasureStatus, JobStatus
from accounts.data_rights.erase_list import KEPT_FOR as PROOFS_KEPT

_OVER = (JobStatus.TAKEN, JobStatus.OVER, JobStatus.DONE, JobStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of a model go once the moment in `field` is longer ago than `kept`; `only` narrows them to some."""

    model: str
    what: str
    field: str
    kept: timedelta
    only: tuple[tuple[str, Any], ...] = ()

    def over_by(self, now: datetime) -> QuerySet[Any]:
        rows: QuerySet[Any] = apps.get_model(self.model)._default_manager.filter(**dict(self.only), **{f"{self.field}__lt": now - self.kept})
        return rows


RULES = (
    Rule("sessions.Session", "Sessions that are over", "expire_date", timedelta(0)),
    Rule("accounts.RefreshToken", "Sign-ins over the API that are over", "expires_at", timedelta(0)),
    Rule("accounts.IdempotencyKey", "Answers kept so that sending twice does once", "created_at", timedelta(hours=24)),
    Rule("accounts.DataExport", "Requests for one’s own data", "asked_at", timedelta(days=90), (("status__in", _OVER),)),
    Rule("accounts.DataArrival", "Exports that were brought", "asked_at", timedelta(days=90), (("status__in", _OVER),)),
    Rule(
        "accounts.Erasure",
        "Proofs of erasures",
        "asked_at",
        PROOFS_KEPT,
        (("status__in", (ErasureStatus.DONE, ErasureStatus.CANCELLED)),),
    ),
    Rule("accounts.SupportConsent", "When support was allowed to look at the account, and looked", "ends_at", timedelta(days=365)),
    Rule("admin.LogEntry", "What an administrator changed in the administration", "action_time", timedelta(days=365)),
    Rule("portfolios.PublicLink", "Public links that are over, with the list of who opened them", "expires_at", timedelta(days=30)),
    Rule("portfolios.PublicVisit", "When public links were opened", "at", timedelta(days=90)),
    Rule("alerts.Notice", "What you were told of what others did", "told_at", timedelta(days=365)),
    Rule("portfolios.IntegrityReport", "What the nightly check of all ledgers found", "checked_at", timedelta(days=90)),
)


def counted(now: datetime) -> Iterator[tuple[Rule, int]]:
    """How many rows of each rule have had their time."""
    for rule in RULES:
        yield rule, rule.over_by(now).count()


def apply(now: datetime) -> dict[str, int]:
    """Removes them; answers how many of each model."""
    gone = {}
    for rule in RULES:
        with transaction.atomic():
            many = rule.over_by(now).count()
            if many:
                rule.over_by(now).delete()
        gone[rule.model] = many
    return gone
