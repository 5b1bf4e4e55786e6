"""What people do with alerts, and how rules come true."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.selectors import preferences_of
from accounts.services import record_audit
from alerts.choices import RuleKind
from alerts.errors import BadAlert
from alerts.models import Firing, Rule
from alerts.outbox.enqueuing import enqueue
from alerts.rules import RuleSnapshot, armed_at_first, arming, decide
from alerts.signals import alert_fired
from market.models import Instrument
from market.selectors import QuoteView, quotes_of
from portfolio_site.kernel.decimals import NotExact, exact
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web import numbers, writing

MOST_RULES = 500
LONGEST_NOTE = 500
CHANGEABLE = frozenset({"kind", "threshold", "note", "active"})


# ── keeping rules ───────────────────────────────────────────────────────────


@transaction.atomic
def create_rule(actor: Any, *, instrument: Instrument, kind: str, threshold: Decimal, note: str = "", active: bool = True) -> Rule:
    """Starts watching.  Where the price is past the threshold already, it first has to come back.  Raises BadAlert."""
    if Rule.objects.visible_to(actor).count() >= MOST_RULES:
        raise BadAlert(f"You have {MOST_RULES} alerts. Delete some before you add more.")
    rule = Rule(owner=actor, instrument=instrument, kind=kind, threshold=threshold, note=note.strip(), active=active)
    _check(rule)
    _arm(rule)
    rule.save()
    record_audit(actor, "alert.created", object_type="alert", object_id=rule.pk, kind=kind)
    return rule


@transaction.atomic
def update_rule(actor: Any, rule: Rule, **changes: Any) -> Rule:
    """Changes kind, threshold, note or whether it watches.  A changed or resumed rule is armed anew.  Raises BadAlert."""
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"These fields of an alert do not change: {', '.join(sorted(unknown))}.")
    for name, value in changes.items():
        setattr(rule, name, value)
    _check(rule)
    if changes.keys() - {"note"}:
        _arm(rule)
    rule.save()
    record_audit(actor, "alert.changed", object_type="alert", object_id=rule.pk, fields=sorted(changes))
    return rule


@transaction.atomic
def delete_rule(actor: Any, rule: Rule) -> None:
    """Stops watching, and forgets what the rule said."""
    record_audit(actor, "alert.deleted", object_type="alert", object_id=rule.pk)
    rule.delete()


def _check(rule: Rule) -> None:
    errors = []
    if rule.kind not in RuleKind.values:
        errors.append(FieldError("type", "invalid_choice", f"Choose one of {', '.join(RuleKind.values)}."))
    try:
        rule.threshold = exact(rule.threshold)
        if rule.threshold <= 0:
            errors.append(FieldError("threshold", "not_positive", "The price must be above zero."))
    except NotExact as problem:
        errors.append(FieldError("threshold", "not_exact", str(problem)))
    if len(rule.note) > LONGEST_NOTE:
        errors.append(FieldError("note", "too_long", f"At most {LONGEST_NOTE} characters; these are {len(rule.note)}."))
    if errors:
        raise BadAlert(errors[0].detail, errors=errors)


def _arm(rule: Rule) -> None:
    quote = quotes_of([rule.instrument_id]).get(rule.instrument_id)
    rule.armed = quote is None or armed_at_first(_snapshot(rule), quote.price)
    rule.came_back, rule.fired_at = False, None


def _snapshot(rule: Rule) -> RuleSnapshot:
    return RuleSnapshot(rule.kind, rule.threshold, rule.armed, rule.instrument.symbol, rule.instrument.price_unit, rule.came_back, rule.fired_at)


# ── coming true ─────────────────────────────────────────────────────────────


def check_rules(instrument_ids: Iterable[int], *, now: datetime | None = None) -> list[Firing]:
    """Looks at the rules that watch these instruments; the firings that are new.  `now` is the clock's time unless told.

    Each firing has a unique key, and only one process can unarm a rule, so that looking twice, or at once, tells once.
    """
    ids, now = list(instrument_ids), now or timezone.now()
    quotes = quotes_of(ids)
    rules = list(Rule.objects.watching(ids).select_related("instrument", "owner__preferences"))
    fired = []
    for rule in rules:
        quote = quotes.get(rule.instrument_id)
        if quote is None:
            continue
        _rearm(rule, quote, now)
        sentence = _said(rule, quote) if rule.armed else ""
        firing = _fire(rule, quote, sentence, now) if sentence else None
        if firing is not None:
            fired.append(firing)
    return fired


def _rearm(rule: Rule, quote: QuoteView, now: datetime) -> None:
    """Notes that the price has been back, and arms the rule where its cool-down has passed.  Writes only what changed."""
    stands = arming(_snapshot(rule), quote.price, now)
    if (stands.armed, stands.came_back) == (rule.armed, rule.came_back):
        return
    # a rule that fired since it was read keeps the state of that firing
    unchanged = Rule.objects.filter(pk=rule.pk, armed=False, fired_at=rule.fired_at)
    if unchanged.update(armed=stands.armed, came_back=stands.came_back):
        rule.armed, rule.came_back = stands.armed, stands.came_back


def _said(rule: Rule, quote: QuoteView) -> str:
    """What the rule says of this quote, in its person's locale; empty where it does not come true."""
    with writing.speaking(preferences_of(rule.owner).locale):
        answer = decide(_snapshot(rule), quote.previous_close, quote.price, money=lambda amount, unit: str(numbers.price(amount, unit)))
    return "" if answer is None else answer.sentence


@transaction.atomic
def _fire(rule: Rule, quote: QuoteView, sentence: str, now: datetime) -> Firing | None:
    """The firing, unless somebody else was first."""
    if not Rule.objects.filter(pk=rule.pk, armed=True, active=True).update(armed=False, came_back=False, fired_at=now):
        return None
    key = f"rule:{rule.pk}:quote:{quote.instrument_id}:{quote.sequence}"
    firing, new = Firing.objects.get_or_create(event_key=key, defaults={"rule": rule, "sentence": sentence, "fired_at": now})
    if not new:
        return None
    enqueue([firing])
    record_audit(None, "alert.fired", subject=rule.owner_id, object_type="alert", object_id=rule.pk)
    transaction.on_commit(partial(alert_fired.send, Firing, firing_id=firing.pk, user_id=rule.owner_id))
    return firing


# ── reading ─────────────────────────────────────────────────────────────────


def mark_read(actor: Any, firing: Firing) -> Firing:
    """Notes that the person has seen it; seen twice is seen once."""
    if firing.read_at is None:
        now = timezone.now()
        Firing.objects.visible_to(actor).filter(pk=firing.pk, read_at=None).update(read_at=now)
        firing.read_at = now
    return firing


def mark_all_read(actor: Any) -> int:
    """Notes that the person has seen everything; how many were unread."""
    unread = Firing.objects.visible_to(actor).unread().values_list("pk", flat=True)
    count: int = Firing.objects.filter(pk__in=list(unread)).update(read_at=timezone.now())
    return count
