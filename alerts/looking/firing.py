"""Rules come true: their firings, in batches, each once.

What was decided from a rule as it was read counts only while the row still stands so: rows are locked, compared, and written together
with the firings in one transaction.  So looking twice, or at once, tells once; the unique event key keeps it so whatever else happens.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from accounts.selectors import preferences_of
from accounts.services import record_audit
from alerts.looking.sight import out_of_sight
from alerts.models import Firing, Rule
from alerts.outbox.enqueuing import enqueue
from alerts.rules import State, Words
from alerts.rules.quiet import quiet_until
from alerts.signals import alerts_fired
from alerts.wording import HIDDEN, words_for
from market.models import Instrument

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found of one rule.

    state    as it stands from now on, fired or not
    key      of the firing; "" where there is none
    say      the sentence in somebody's words
    why_not  why nothing was seen
    """

    rule: Rule
    state: State
    key: str = ""
    say: Callable[[Words], str] | None = None
    instrument: int | None = None
    why_not: str = ""


def store(seen: Iterable[Seen], now: datetime) -> list[Firing]:
    """Writes what changed; the firings that are new.  A few statements for each thousand, none where nothing changed."""
    worth = [one for one in seen if one.key or one.state != one.rule.state or one.why_not != one.rule.why_not]
    worth.sort(key=lambda one: (one.rule.owner_id, one.rule.pk))
    fired = []
    for start in range(0, len(worth), BATCH):
        fired += _store(worth[start : start + BATCH], now)
    return fired


@transaction.atomic
def _store(seen: Sequence[Seen], now: datetime) -> list[Firing]:
    rows = Rule.objects.select_for_update().filter(pk__in={one.rule.pk for one in seen}).order_by("pk")
    stands = {row[0]: row[1:] for row in rows.values_list("pk", "active", "version", "armed", "fired_at")}
    valid = [one for one in seen if stands.get(one.rule.pk) == (True, one.rule.version, one.rule.armed, one.rule.fired_at)]
    known = set(Firing.objects.filter(event_key__in=[one.key for one in valid if one.key]).values_list("event_key", flat=True))
    valid = [one for one in valid if not one.key or one.key not in known]
    _keep(valid)
    drafts = [one for one in valid if one.key]
    if not drafts:
        return []
    owners = get_user_model().objects.select_related("preferences").in_bulk({one.rule.owner_id for one in drafts})
    firings: list[Firing] = Firing.objects.bulk_create([_firing(one, owners[one.rule.owner_id], now) for one in drafts])
    _note([one.rule for one in drafts])
    told = [one for one in firings if one.held_until is None]
    if told:
        _tell(told)
    return firings


def _keep(seen: Sequence[Seen]) -> None:
    """One statement for each way in which rules stand, of which there are few."""
    groups: dict[tuple[State, str, bool], list[int]] = defaultdict(list)
    for one in seen:
        if one.state != one.rule.state or one.why_not != one.rule.why_not or (one.key and one.rule.once):
            groups[one.state, one.why_not, bool(one.key and one.rule.once)].append(one.rule.pk)
        rule, state = one.rule, one.state
        rule.armed, rule.came_back, rule.fired_at, rule.side, rule.why_not = state.armed, state.came_back, state.fired_at, state.side, one.why_not
    for (state, why_not, ends), ids in groups.items():
        values: dict[str, Any] = {"armed": state.armed, "came_back": state.came_back, "fired_at": state.fired_at, "side": state.side}
        Rule.objects.filter(pk__in=ids).update(**values, why_not=why_not, **({"active": False} if ends else {}))


def _firing(seen: Seen, owner: Any, now: datetime) -> Firing:
    rule, preferences = seen.rule, preferences_of(owner)
    assert seen.say is not None
    with words_for(preferences.locale) as words:
        sentence = seen.say(words)
        masked = seen.say(replace(words, money=lambda amount, unit: HIDDEN))
    local = now.astimezone(ZoneInfo(preferences.time_zone))
    return Firing(
        rule=rule,
        instrument_id=seen.instrument or rule.instrument_id,
        event_key=seen.key,
        sentence=sentence[:600],
        masked="" if masked == sentence else masked[:600],
        fired_at=now,
        held_until=quiet_until(rule.quiet_from, rule.quiet_until, local),
    )


def _note(rules: Iterable[Rule]) -> None:
    """One line of the audit for each person: which rule, or how many fired together."""
    many = Counter(rule.owner_id for rule in rules)
    first = {rule.owner_id: rule.pk for rule in rules}
    for owner, number in sorted(many.items()):
        if number == 1:
            record_audit(None, "alert.fired", subject=owner, object_type="alert", object_id=first[owner])
        else:
            record_audit(None, "alert.fired", subject=owner, object_type="alert", number=number)


def _tell(firings: Sequence[Firing]) -> None:
    """What goes out with these firings, inside the transaction that makes them, or that ends their quiet hours.  Two queries of its own."""
    rules = Rule.objects.select_related("instrument").in_bulk({one.rule_id for one in firings})
    about = Instrument.objects.in_bulk({one.instrument_id for one in firings if one.instrument_id is not None})
    for one in firings:
        one.rule = rules[one.rule_id]
        one.instrument = about.get(one.instrument_id) if one.instrument_id is not None else None
    enqueue(firings)
    transaction.on_commit(partial(alerts_fired.send, Firing, firing_ids=tuple(one.pk for one in firings)))


def tell_held(now: datetime | None = None) -> int:
    """Tells what quiet hours held back and that have ended; answers how many.  What its person cannot see any more is forgotten."""
    now, told = now or timezone.now(), 0
    while True:
        with transaction.atomic():
            waiting = Firing.objects.select_for_update(of=("self",)).filter(held_until__lte=now).order_by("pk")
            firings = list(waiting[:BATCH])
            if not firings:
                return told
            gone = _out_of_sight(firings)
            Firing.objects.filter(pk__in=[one.pk for one in gone]).delete()
            firings = [one for one in firings if one not in gone]
            Firing.objects.filter(pk__in=[one.pk for one in firings]).update(held_until=None)
            if firings:
                _tell(firings)
            told += len(firings)


def _out_of_sight(firings: Sequence[Firing]) -> list[Firing]:
    """What was held back and is not to be told any more: its share ended meanwhile."""
    rules = Rule.objects.select_related("instrument", "portfolio").in_bulk({one.rule_id for one in firings})
    hidden = out_of_sight(rules.values())
    return [one for one in firings if one.rule_id in hidden]
