"""The calendar of payments that other programs read: those of the past year, and those of the next twelve months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from accounts.selectors import preferences_of
from analytics.engine.returns import DAYS_A_YEAR
from analytics.models import IncomeFeed
from analytics.selectors.income.report import IncomeAsked, IncomeReport
from analytics.selectors.income.shapes import Expected, Payment
from analytics.selectors.scope import Scope
from portfolio_site.kernel.errors import NotFound
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.secrets import digest_of
from portfolios.selectors import portfolios_of


@dataclass(frozen=True, slots=True)
class FeedView:
    """What a person has set about their calendar."""

    with_amounts: bool
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One day of the calendar.

    key        the same for the same payment, however often the calendar is read
    certainty  "paid", "announced" or "estimate"
    amount     after tax where it was paid, before tax where it is to come; None where amounts are not told
    """

    key: str
    day: date
    title: str
    certainty: str
    amount: Figure | None
    reason: str


def feed_of(user: Any) -> FeedView | None:
    """One query."""
    found = IncomeFeed.objects.visible_to(user).first()
    return None if found is None else FeedView(found.with_amounts, found.made_at)


def feed_opened_by(secret: str) -> IncomeFeed:
    """One query.  Raises NotFound where the secret opens nothing, or nothing any more."""
    found = IncomeFeed.objects.opened_by(digest_of(secret)).select_related("owner").first()
    if found is None:
        raise NotFound("There is no calendar at this address, or none any more.")
    return found  # type: ignore[no-any-return]


def entries_of(feed: IncomeFeed) -> list[Entry]:
    """In the order of their days, over all portfolios of the owner, in their own currency."""
    owner = feed.owner
    scope = Scope(list(portfolios_of(owner)), preferences_of(owner).base_currency).owned_by(owner)
    report = IncomeReport(scope, IncomeAsked(start=scope.today - timedelta(days=DAYS_A_YEAR)))
    paid = [_paid(one, scope.currency, feed.with_amounts) for one in reversed(report.payments)]
    return [*paid, *(_to_come(one, feed.with_amounts) for one in report.expected)]


def _paid(one: Payment, currency: str, with_amounts: bool) -> Entry:
    title = one.words if one.instrument is None else f"{one.instrument.name}: {one.words.lower()}"
    amount = Figure("net_income", Unit.MONEY, one.amounts.net, currency=currency) if with_amounts else None
    return Entry(one.why_name, one.day, title, "paid", amount, "Recorded in your ledger.")


def _to_come(one: Expected, with_amounts: bool) -> Entry:
    title = f"{one.name}: {one.words.lower()}"
    return Entry(one.why_name, one.day, title, "announced" if one.is_announced else "estimate", one.value if with_amounts else None, one.reason)
