"""What happened that rules wait for: rows that others stored.  A row is told once, whoever looks how often: its key is in the firing's.

Rows of the days before a rule was made, changed or resumed are not told; nor are those older than a few days, so that a look reads few.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from alerts.models import Rule
from alerts.rules import Happening
from analytics.models import UnusualDay
from market.choices import ActionKind
from market.models import Article, CorporateAction
from portfolios.choices import ImportStatus, TransactionKind
from portfolios.models import ImportBatch, Portfolio, Transaction

BACK = timedelta(days=7)
MOST = 50  # rows of one look: what is beyond is told by the next
PAID = (TransactionKind.DIVIDEND, TransactionKind.COUPON, TransactionKind.INTEREST, TransactionKind.STAKING_REWARD)


@dataclass(frozen=True, slots=True)
class Around:
    """What is looked at: the portfolios, or the one instrument; what is held in them, and the day."""

    portfolios: Sequence[Portfolio]
    instruments: Collection[int]
    today: date
    now: datetime


def happened(rule: Rule, around: Around, back: timedelta = BACK) -> list[Happening]:
    """What a rule waits for and that happened since it began, oldest first.  One query, two for news."""
    since = max(around.now - back, rule.started_at or rule.created_at)
    return _FINDERS[rule.kind](rule, around, since)


def _unusual_days(rule: Rule, around: Around, since: datetime) -> list[Happening]:
    rows = UnusualDay.objects.filter(portfolio__in=[one.pk for one in around.portfolios], noticed_at__gte=since).order_by("day", "pk")
    names = {one.pk: one.name for one in around.portfolios}
    several = len(names) > 1
    return [Happening(f"day:{row.pk}", names[row.portfolio_id], row.day, f": {names[row.portfolio_id]}" if several else "") for row in rows[:MOST]]


def _dividends(around: Around) -> list[CorporateAction]:
    found = CorporateAction.objects.filter(instrument__in=list(around.instruments), kind=ActionKind.DIVIDEND, ex_day__gt=around.today)
    return list(found.select_related("instrument").order_by("ex_day", "pk"))


def _of_action(action: CorporateAction) -> Happening:
    one = action.instrument
    return Happening(f"action:{action.pk}", one.symbol, action.ex_day, amount=action.amount, unit=one.currency, instrument=one.pk)


def _ex_days(rule: Rule, around: Around, since: datetime) -> list[Happening]:
    last = around.today + timedelta(days=rule.values["days"])
    return [_of_action(one) for one in _dividends(around) if one.ex_day <= last]


def _announced(rule: Rule, around: Around, since: datetime) -> list[Happening]:
    return [_of_action(one) for one in _dividends(around) if one.pk > rule.mark]


def _paid(rule: Rule, around: Around, since: datetime) -> list[Happening]:
    """Entries recorded since, whatever day they are of; an edited entry is the same one."""
    rows = Transaction.objects.live().filter(portfolio__in=[one.pk for one in around.portfolios], kind__in=PAID, recorded_at__gte=since)
    found = []
    for row in rows.select_related("instrument").order_by("pk")[:MOST]:
        name = "Cash" if row.instrument is None else row.instrument.symbol
        amount = row.amount if row.amount is not None else None
        unit = row.settlement_currency or row.currency
        found.append(Happening(f"entry:{row.entry}", name, row.traded_on, TransactionKind(row.kind).label, amount, unit, row.instrument_id))
    return found


def _news(rule: Rule, around: Around, since: datetime) -> list[Happening]:
    """One story once: sources tell the same one under several addresses."""
    rows = Article.objects.filter(instruments__in=list(around.instruments), fetched_at__gte=since, published_at__gte=since - BACK)
    for word in rule.values["words"].split():
        rows = rows.filter(Q(title__icontains=word) | Q(summary__icontains=word))
    found = dict[str, Happening]()
    for article in rows.distinct().prefetch_related("instruments").order_by("published_at", "pk")[:MOST]:
        about = next((one for one in article.instruments.all() if one.pk in around.instruments), None)
        name, pk = ("", None) if about is None else (about.symbol, about.pk)
        found.setdefault(article.story, Happening(f"story:{article.story[:40]}", name, article.published_at.date(), article.title, instrument=pk))
    return list(found.values())


def _failed(rule: Rule, around: Around, since: datetime) -> list[Happening]:
    names = {one.pk: one.name for one in around.portfolios}
    rows = ImportBatch.objects.filter(portfolio__in=list(names), status=ImportStatus.FAILED, finished_at__gte=since).defer(
        "content", "facts", "mapping"
    )
    return [Happening(f"import:{row.pk}", names[row.portfolio_id], around.today, row.problem) for row in rows.order_by("pk")[:MOST]]


_FINDERS: dict[str, Callable[[Rule, Around, datetime], list[Happening]]] = {
    "unusual_day": _unusual_days,
    "ex_dividend": _ex_days,
    "dividend_announced": _announced,
    "dividend_paid": _paid,
    "news": _news,
    "import_failed": _failed,
}
