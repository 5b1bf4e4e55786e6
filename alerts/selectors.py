"""What a person is watching, and what they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from accounts.selectors import preferences_of
from alerts.errors import NoSuchAlert, NoSuchNotification
from alerts.looking.sight import name_unseen, out_of_sight
from alerts.models import Firing, Notice, Rule
from alerts.rules import Cause, FieldType, Watch, caused_by
from alerts.wording import ALL_PORTFOLIOS, condition_of
from market.selectors import QuoteView, quotes_of
from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit

PRICED = frozenset({"price_above", "price_below", "price_crosses"})


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as lists show it.

    state      "watching", "reached", "paused", "expired" or "blind": the last look saw nothing, or it may not look any more
    why_not    of a blind one
    symbol     of an instrument that the person sees; "" of anything else
    condition  what it waits for, in words, after the name of what it watches
    price      of an instrument, now, in its currency, or in percent of par; None of what has no price to show
    distance   of a price: how far it is from the threshold, as a fraction of the price; what is still to go is positive for a rise
    """

    rule: Rule
    name: str
    condition: str
    state: str
    price: Figure | None
    priced_at: datetime | None  # what the price is of
    threshold: Figure | None
    distance: Figure | None
    last_fired_at: datetime | None
    why_not: str = ""
    symbol: str = ""

    @property
    def has_amounts(self) -> bool:
        """Whether the condition tells what somebody owns."""
        return any(field.type is FieldType.MONEY for field in self.rule.spec.fields)


def rules_of(user: Any) -> list[RuleRow]:
    """All rules of a person, those that watch first.  Two queries however many."""
    return rows_of(rules_by_age(user).order_by("-active", "-id"), user)


def rules_by_age(user: Any) -> QuerySet[Any]:
    """The rules of a person with `last_fired_at`, newest first."""
    found: QuerySet[Any] = Rule.objects.visible_to(user).select_related("instrument", "portfolio").annotate(last_fired_at=Max("firings__fired_at"))
    return found.order_by("-id")


def rules_on(user: Any, *, instrument: int | None = None, portfolio: int | None = None) -> list[RuleRow]:
    """The same of one instrument or portfolio, for its page."""
    chosen = rules_by_age(user)
    return rows_of(chosen.filter(instrument=instrument) if instrument is not None else chosen.filter(portfolio=portfolio), user)


def rows_of(rules: Iterable[Any], user: Any) -> list[RuleRow]:
    """Rules (with `last_fired_at`) as rows.  One query for all their prices, up to five where some watch what is somebody else's."""
    chosen, now = list(rules), timezone.now()
    hidden = out_of_sight(chosen)
    quotes = quotes_of(rule.instrument_id for rule in chosen if rule.instrument_id is not None and rule.pk not in hidden)
    currency = preferences_of(user).base_currency
    return [_row(rule, quotes.get(rule.instrument_id), now, currency, hidden.get(rule.pk, "")) for rule in chosen]


def _row(rule: Any, quote: QuoteView | None, now: datetime, currency: str, hidden: str) -> RuleRow:
    """`hidden`: why its person may not see what it watches."""
    name, symbol = ALL_PORTFOLIOS, ""
    price = threshold = distance = None
    if hidden:
        name = name_unseen(hidden)
    elif rule.watch is Watch.INSTRUMENT:
        name, symbol = rule.instrument.name, rule.instrument.symbol
        price, threshold, distance = _figures(rule, quote)
    elif rule.portfolio is not None:
        name = rule.portfolio.name
    condition = condition_of(rule, currency=currency)
    why_not, priced_at = hidden or rule.why_not, quote.as_of if quote else None
    state = state_of(rule, now, why_not)
    return RuleRow(rule, name, condition, state, price, priced_at, threshold, distance, rule.last_fired_at, why_not, symbol)


def _figures(rule: Any, quote: QuoteView | None) -> tuple[Figure, Figure | None, Figure | None]:
    unit = rule.instrument.price_unit
    why_not = f"No price of {rule.instrument.symbol} has arrived yet."
    limit = rule.values["threshold"] if rule.kind in PRICED else None
    threshold = None if limit is None else Figure("threshold", Unit.MONEY, limit, currency=unit)
    if quote is None:
        price = Figure.undefined("price", Unit.MONEY, why_not, unit)
        return price, threshold, None if limit is None else Figure.undefined("distance", Unit.FRACTION, why_not)
    since = timezone.localdate(quote.as_of) if quote.stale else None
    price = Figure("price", Unit.MONEY, quote.price, currency=unit, stale_since=since)
    return price, threshold, None if limit is None else Figure("distance", Unit.FRACTION, _distance(limit, quote.price))


def _distance(limit: Decimal, price: Decimal) -> Decimal:
    return quotient(limit - price, price)


def watching_count(user: Any) -> int:
    """How many rules of a person are on.  One query."""
    count: int = Rule.objects.visible_to(user).on().count()
    return count


def state_of(rule: Rule, now: datetime, why_not: str) -> str:
    if rule.expires_at is not None and rule.expires_at <= now:
        return "expired"
    if not rule.active:
        return "paused"
    if why_not:
        return "blind"
    return "watching" if rule.armed else "reached"


def get_rule(user: Any, pk: int) -> Rule:
    """One rule, with `last_fired_at`.  Raises NoSuchAlert, also for somebody else's."""
    found: Rule | None = rules_by_age(user).filter(pk=pk).first()
    if found is None:
        raise NoSuchAlert("There is no such alert. It may have been deleted.").of("alert", pk)
    return found


# ── what was told ───────────────────────────────────────────────────────────


def firings_of(user: Any, *, unread: bool = False) -> QuerySet[Any]:
    """What a person was told, newest first; without what quiet hours hold back."""
    found = Firing.objects.visible_to(user).told().select_related("rule", "instrument").order_by("-id")
    return found.unread() if unread else found


def history_of(user: Any, rule: Rule) -> QuerySet[Any]:
    """Every time a rule came true, newest first, also what is still held back."""
    found: QuerySet[Any] = Firing.objects.visible_to(user).filter(rule=rule).select_related("rule", "instrument").order_by("-id")
    return found


def get_firing(user: Any, pk: int) -> Firing:
    """One notification.  Raises NoSuchNotification, also for somebody else's."""
    found: Firing | None = firings_of(user).filter(pk=pk).first()
    if found is None:
        raise NoSuchNotification("There is no such notification.").of("notification", pk)
    return found


def unread_count(user: Any) -> int:
    """How many notifications wait, of alerts and of what others did.  One query."""
    told, others = (model.objects.visible_to(user).unread().order_by().values("pk") for model in (Firing, Notice))
    return int(told.union(others, all=True).count())


def unread_counts(user_ids: Iterable[int]) -> dict[int, int]:
    """The same of several people.  Two queries."""
    ids = list(user_ids)
    told = Firing.objects.filter(rule__owner__in=ids).unread().order_by().values_list("rule__owner").annotate(number=Count("pk"))
    others = Notice.objects.filter(owner__in=ids).unread().order_by().values_list("owner").annotate(number=Count("pk"))
    return dict(Counter(dict(told)) + Counter(dict(others)))


def notices_of(user: Any, *, unread: bool = False) -> QuerySet[Any]:
    """What others did, as the person was told of it, newest first."""
    found: QuerySet[Any] = Notice.objects.visible_to(user).order_by("-id")
    return found.filter(read_at=None) if unread else found


def get_notice(user: Any, pk: int) -> Notice:
    """One of them.  Raises NoSuchNotification, also for somebody else's."""
    found: Notice | None = notices_of(user).filter(pk=pk).first()
    if found is None:
        raise NoSuchNotification("There is no such notification.").of("notice", pk)
    return found


def told_in(firing_ids: Iterable[int]) -> list[Firing]:
    """These firings, with whose they are.  One query."""
    found = Firing.objects.filter(pk__in=list(firing_ids)).select_related("rule__owner__preferences", "instrument")
    return list(found.order_by("pk"))


def watched(instrument_ids: Iterable[int]) -> bool:
    """Whether any rule watches any of these instruments, or a portfolio that holds one.  One query on indexes."""
    ids, kinds = list(instrument_ids), caused_by(Cause.QUOTES)
    alone, held, of_all = (one.filter(kind__in=kinds).order_by().values("pk") for one in (Rule.objects.watching(ids), *Rule.objects.holding(ids)))
    return bool(alone.union(held, of_all).exists())
