"""What a person is watching, and what they were told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from alerts.errors import NoSuchAlert, NoSuchNotification
from alerts.models import Firing, Rule
from market.selectors import QuoteView, quotes_of
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as lists show it."""

    rule: Rule
    price: Figure  # now, in the instrument's currency, or in percent of par
    priced_at: datetime | None  # what the price is of
    threshold: Figure
    distance: Figure  # how far the price is from the threshold, as a fraction of the price; what is still to go is positive for a rise
    last_fired_at: datetime | None


def rules_of(user: Any) -> list[RuleRow]:
    """All rules of a person, those that watch first.  Two queries however many."""
    return rows_of(rules_by_age(user).order_by("-active", "-id"))


def rules_by_age(user: Any) -> QuerySet[Any]:
    """The rules of a person with `last_fired_at`, newest first."""
    found: QuerySet[Any] = Rule.objects.visible_to(user).select_related("instrument").annotate(last_fired_at=Max("firings__fired_at")).order_by("-id")
    return found


def rows_of(rules: Iterable[Any]) -> list[RuleRow]:
    """Rules (with `last_fired_at`) as rows.  One query for all their prices."""
    chosen = list(rules)
    quotes = quotes_of(rule.instrument_id for rule in chosen)
    return [_row(rule, quotes.get(rule.instrument_id)) for rule in chosen]


def _row(rule: Any, quote: QuoteView | None) -> RuleRow:
    unit = rule.instrument.price_unit
    why_not = f"No price of {rule.instrument.symbol} has arrived yet."
    if quote is None:
        price = Figure.undefined("price", Unit.MONEY, why_not, unit)
        distance = Figure.undefined("distance", Unit.FRACTION, why_not)
    else:
        since = timezone.localdate(quote.as_of) if quote.stale else None
        price = Figure("price", Unit.MONEY, quote.price, currency=unit, stale_since=since)
        distance = Figure("distance", Unit.FRACTION, quotient(rule.threshold - quote.price, quote.price))
    threshold = Figure("threshold", Unit.MONEY, rule.threshold, currency=unit)
    return RuleRow(rule, price, quote.as_of if quote else None, threshold, distance, rule.last_fired_at)


def get_rule(user: Any, pk: int) -> Rule:
    """One rule, with `last_fired_at`.  Raises NoSuchAlert, also for somebody else's."""
    found: Rule | None = rules_by_age(user).filter(pk=pk).first()
    if found is None:
        raise NoSuchAlert("There is no such alert. It may have been deleted.")
    return found


def firings_of(user: Any, *, unread: bool = False) -> QuerySet[Any]:
    """What a person was told, newest first."""
    found = Firing.objects.visible_to(user).select_related("rule__instrument").order_by("-id")
    return found.unread() if unread else found


def get_firing(user: Any, pk: int) -> Firing:
    """One notification.  Raises NoSuchNotification, also for somebody else's."""
    found: Firing | None = Firing.objects.visible_to(user).select_related("rule__instrument").filter(pk=pk).first()
    if found is None:
        raise NoSuchNotification("There is no such notification.")
    return found


def unread_count(user: Any) -> int:
    """How many notifications wait.  One query."""
    count: int = Firing.objects.visible_to(user).unread().count()
    return count


def watched(instrument_ids: Iterable[int]) -> bool:
    """Whether any rule watches any of these instruments.  One query on an index."""
    return bool(Rule.objects.watching(list(instrument_ids)).exists())
