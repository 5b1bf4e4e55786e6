"""Rules that are looked at when due: those on portfolios, and those that wait for days and for what others store.

What changed marks the rules that watch it as due; that is a row, so that no look is lost with a process or a message.  A job looks at
what is due every few seconds, at each rule at most that often, however many prices arrived meanwhile.  A mark that comes during a look
outlives it: only the mark that was read is taken away.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.selectors import preferences_of
from alerts.looking.events import Around, happened
from alerts.looking.firing import Seen, store
from alerts.looking.instruments import Look, seen_of
from alerts.looking.portfolios import Portfolios
from alerts.looking.sight import NO_PORTFOLIO, out_of_sight
from alerts.models import Firing, Rule
from alerts.rules import KINDS, Cause, Happening, State, Subject, Watch, Words, at_first, caused_by, cooled
from alerts.wording import subject_of
from portfolio_site import periods
from portfolio_site.kernel.errors import DomainError
from portfolios.models import Portfolio
from portfolios.selectors import visible_portfolios

log = logging.getLogger(__name__)

PAUSE = timedelta(seconds=4)  # between two looks at one rule
CHUNK = 500  # rules of one look
MOST_CHUNKS = 200  # of one job: what is beyond waits for the next
_LATER = [name for name, kind in KINDS.items() if kind.causes - {Cause.QUOTES}]


# ── marking ─────────────────────────────────────────────────────────────────


def mark_moved(instrument_ids: Iterable[int], now: datetime | None = None) -> int:
    """The rules on portfolios that hold what moved are due; how many.  Two statements."""
    ids, now = list(instrument_ids), now or timezone.now()
    kinds = caused_by(Cause.QUOTES)
    return sum(rules.filter(kind__in=kinds).update(due_at=now) for rules in Rule.objects.holding(ids))


def mark_caused(cause: Cause, *, portfolio: Portfolio | None = None, instruments: Iterable[int] = (), now: datetime | None = None) -> int:
    """The rules that are worth a look for this reason are due: those of a portfolio, or of instruments and whoever holds them."""
    now, kinds = now or timezone.now(), caused_by(cause)
    if portfolio is not None:
        return int(Rule.objects.of_portfolio(portfolio.pk, portfolio.owner_id).filter(kind__in=kinds).update(due_at=now))
    ids = list(instruments)
    chosen = (Rule.objects.watching(ids), *Rule.objects.holding(ids))
    return sum(rules.filter(kind__in=kinds).update(due_at=now) for rules in chosen)


def begin_day(now: datetime | None = None) -> int:
    """Once for each day: every rule that waits for anything but prices is due; how many.  Both or neither is stored."""
    now = now or timezone.now()
    with transaction.atomic():
        held = periods.claim("alerts.day", timezone.localdate(now).isoformat(), now)
        if held is None:
            return 0
        periods.finish(held, now)
        return int(Rule.objects.on(now).filter(kind__in=_LATER).filter(Q(instrument=None) | Q(kind__in=caused_by(Cause.DAY))).update(due_at=now))


# ── looking ─────────────────────────────────────────────────────────────────


def look_at_due(now: datetime | None = None) -> list[Firing]:
    """Looks at the rules that are due, those of one person together; the firings that are new."""
    now, fired = now or timezone.now(), list[Firing]()
    for _ in range(MOST_CHUNKS):
        waiting = Rule.objects.on(now).due(now, now - PAUSE)
        rules = list(waiting.select_related("instrument", "portfolio").order_by("owner_id", "portfolio_id", "pk")[:CHUNK])
        if not rules:
            break
        read_until = max(rule.due_at for rule in rules)
        fired += store(_seen(rules, now), now)
        ids = [rule.pk for rule in rules]
        Rule.objects.filter(pk__in=ids).update(looked_at=now)
        Rule.objects.filter(pk__in=ids, due_at__lte=read_until).update(due_at=None)
    return fired


def _seen(rules: Sequence[Rule], now: datetime) -> Iterator[Seen]:
    """Rules on instruments together, then each portfolio by itself."""
    owners = get_user_model().objects.select_related("preferences").in_bulk({rule.owner_id for rule in rules})
    alone = [rule for rule in rules if rule.watch is Watch.INSTRUMENT]
    if alone:
        yield from _of_instruments(alone, now)
    by_owner: dict[int, list[Rule]] = defaultdict(list)
    for rule in rules:
        if rule.watch is not Watch.INSTRUMENT:
            by_owner[rule.owner_id].append(rule)
    for owner, theirs in by_owner.items():
        yield from _of_person(owners[owner], theirs, now)


def _of_instruments(rules: Sequence[Rule], now: datetime) -> Iterator[Seen]:
    look, hidden = Look(rules, now), out_of_sight(rules)
    for rule in rules:
        if rule.pk in hidden:
            yield Seen(rule, rule.state, why_not=hidden[rule.pk])
        elif rule.spec.happens:
            around = Around((), {rule.instrument_id or 0}, look.today, now)
            yield from _tellings(rule, happened(rule, around), subject_of(rule), now)
        elif (level := look.level(rule)) is not None:
            key = look.key(rule) if rule.kind != "stale_price" else _key(rule)
            yield seen_of(rule, level, look.subject(rule), key, now)


def _of_person(owner: Any, rules: Sequence[Rule], now: datetime) -> Iterator[Seen]:
    visible = {one.pk: one for one in visible_portfolios(owner, archived=True)}
    own = [one for one in visible.values() if one.owner_id == owner.pk and one.archived_at is None]
    groups: dict[int | None, list[Rule]] = defaultdict(list)
    for rule in rules:
        groups[rule.portfolio_id].append(rule)
    for pk, theirs in groups.items():
        chosen = own if pk is None else [visible[pk]] if pk in visible else []
        if not chosen:
            yield from (Seen(rule, rule.state, why_not=NO_PORTFOLIO if pk is not None else "You have no portfolio.") for rule in theirs)
            continue
        yield from _of_portfolios(owner, chosen, theirs, now, currency="" if pk is not None else preferences_of(owner).base_currency)


def _of_portfolios(owner: Any, portfolios: Sequence[Portfolio], rules: Sequence[Rule], now: datetime, currency: str) -> Iterator[Seen]:
    whole = Portfolios(portfolios, currency, owner)
    for rule in rules:
        try:
            yield from list(_of_rule(whole, rule, now))
        except Exception as problem:  # one that cannot be computed keeps no other from being told
            log.log(logging.WARNING if isinstance(problem, DomainError) else logging.ERROR, "alert %s could not be looked at", rule.pk, exc_info=True)
            yield Seen(rule, rule.state, why_not="What it watches could not be computed. It is tried again.")


def _of_rule(whole: Portfolios, rule: Rule, now: datetime) -> Iterator[Seen]:
    subject = subject_of(rule, whole.scope.currency)
    if rule.spec.happens:
        needs = rule.kind in {"ex_dividend", "dividend_announced", "news"}
        around = Around(whole.scope.portfolios, whole.instruments if needs else (), timezone.localdate(now), now)
        yield from _tellings(rule, happened(rule, around), subject, now)
    else:
        level = whole.level(rule.kind, rule.values)
        if rule.looked_at is None and level.value is not None:  # where it is past the threshold already, it first has to come back
            yield Seen(rule, at_first(rule.spec, rule.values, level))
        else:
            yield seen_of(rule, level, subject, _key(rule), now)


def _key(rule: Rule) -> str:
    """The same for whoever looks at a rule that stands like this."""
    return f"rule:{rule.pk}:v{rule.version}:after:{rule.fired_at.isoformat() if rule.fired_at else 'start'}"


def _tellings(rule: Rule, found: Sequence[Happening], subject: Subject, now: datetime) -> Iterator[Seen]:
    """One for each that was not told before; with a pause, or where it tells once, the first alone."""
    keys = {f"rule:{rule.pk}:{one.key}": one for one in found}
    known = set(Firing.objects.filter(event_key__in=list(keys)).values_list("event_key", flat=True)) if keys else set()
    fresh = [(key, one) for key, one in keys.items() if key not in known]
    if not cooled(rule.terms, rule.fired_at, now):
        fresh = []
    if rule.once or rule.cool_down:
        fresh = fresh[:1]
    state = State(fired_at=now) if fresh else rule.state
    for key, one in fresh:
        yield Seen(rule, state, key, partial(_tell, rule, one, subject), one.instrument)
    if not fresh:
        yield Seen(rule, rule.state)


def _tell(rule: Rule, one: Happening, subject: Subject, words: Words) -> str:
    assert rule.spec.tell is not None
    return rule.spec.tell(rule.values, one, subject, words)
