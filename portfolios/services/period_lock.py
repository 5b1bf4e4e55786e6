"""Locking a portfolio up to a day: what lies on it or before stays as it is until the portfolio is unlocked."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from accounts.services import record_audit
from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolios.models import Portfolio
from portfolios.roles import Action
from portfolios.services.locking import only_writer


def lock_portfolio(actor: Any, portfolio: Portfolio, until: date) -> Portfolio:
    """No entry of that day or before can be recorded, changed, taken out or brought back.  An earlier day than now unlocks a part.

    Raises Invalid where the day is in the future.
    """
    if until > timezone.localdate():
        raise _refusal("The portfolio can be locked up to today at most. Enter an earlier day.")
    if until < EARLIEST:
        raise _refusal(f"There are no entries before {EARLIEST.year}. Check the year.")
    return _set(actor, portfolio, until)


def unlock_portfolio(actor: Any, portfolio: Portfolio) -> Portfolio:
    """Every entry can be changed again."""
    return _set(actor, portfolio, None)


def _set(actor: Any, portfolio: Portfolio, until: date | None) -> Portfolio:
    with only_writer(portfolio, by=actor, to=Action.CONFIGURE) as locked:
        before = locked.locked_until
        if before != until:
            locked.locked_until = until
            locked.save(update_fields=["locked_until", "updated_at"])
            record_audit(
                actor,
                "portfolio.unlocked" if until is None else "portfolio.locked",
                subject=locked.owner_id,
                object_type="portfolio",
                object_id=locked.pk,
                until=until.isoformat() if until else None,
                before=before.isoformat() if before else None,
            )
    portfolio.locked_until, portfolio.updated_at = locked.locked_until, locked.updated_at
    return locked


def _refusal(sentence: str) -> Invalid:
    return Invalid(sentence, errors=[FieldError("until", "invalid", sentence)])
