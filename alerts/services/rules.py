"""Rules kept by their person: made, changed, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.services import one_at_a_time, record_audit
from alerts.choices import RuleKind
from alerts.consents import note_alert
from alerts.errors import BadAlert
from alerts.looking.instruments import levels_now
from alerts.looking.sight import out_of_sight, unseen_among
from alerts.models import Rule
from alerts.rules import KINDS, Kind, Watch, at_first, read, written
from market.models import CorporateAction, Instrument
from portfolio_site.kernel.decimals import NotExact, exact
from portfolio_site.kernel.errors import FieldError
from portfolio_site.kernel.words import unstorable
from portfolios.models import Portfolio
from portfolios.selectors import portfolios_of

MOST_RULES = 500
LONGEST_NOTE = 500
LONGEST_COOL_DOWN = 60 * 24 * 366  # minutes
CHANGEABLE = frozenset(
    {"kind", "threshold", "parameters", "note", "active", "once", "margin", "cool_down", "quiet_from", "quiet_until", "expires_at"}
)
_MANNERS = frozenset({"note", "once", "margin", "cool_down", "quiet_from", "quiet_until", "expires_at"})  # changed without starting afresh


@transaction.atomic
def create_rule(
    actor: Any,
    *,
    kind: str,
    instrument: Instrument | None = None,
    portfolio: Portfolio | None = None,
    threshold: Decimal | None = None,
    parameters: Mapping[str, Any] | None = None,
    note: str = "",
    active: bool = True,
    once: bool = False,
    margin: Decimal | None = None,
    cool_down: int | None = None,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
    expires_at: datetime | None = None,
) -> Rule:
    """Starts watching an instrument, a portfolio, or (with neither) all portfolios of the person.

    Where the number is past the threshold already, it first has to come back.  `threshold` stands for that field of `parameters`.
    Raises BadAlert, naming each field that is refused.
    """
    one_at_a_time(actor)
    if Rule.objects.visible_to(actor).count() >= MOST_RULES:
        raise BadAlert(f"You have {MOST_RULES} alerts. Delete some before you add more.")
    rule = checked(
        actor,
        kind=kind,
        instrument=instrument,
        portfolio=portfolio,
        threshold=threshold,
        parameters=parameters,
        note=note,
        active=active,
        once=once,
        margin=margin,
        cool_down=cool_down,
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        expires_at=expires_at,
    )
    _start(rule)
    rule.save()
    note_alert(actor)
    record_audit(actor, "alert.created", object_type="alert", object_id=rule.pk, kind=kind)
    return rule


def checked(
    actor: Any,
    *,
    kind: str,
    threshold: Decimal | None,
    parameters: Mapping[str, Any] | None,
    margin: Decimal | None,
    cool_down: int | None,
    **fields: Any,
) -> Rule:
    """A rule as it is wanted, not stored.  Raises BadAlert, naming each field that is refused."""
    spec = _kind(kind)
    raw = dict(parameters or {}) | ({} if threshold is None else {"threshold": threshold})
    rule = Rule(owner=actor, kind=kind, **fields | {"note": fields["note"].strip()})
    rule.margin = spec.margin if margin is None else margin
    rule.cool_down = int(spec.cool_down.total_seconds() // 60) if cool_down is None else cool_down
    _check(actor, rule, spec, raw)
    return rule


@transaction.atomic
def update_rule(actor: Any, rule: Rule, **changes: Any) -> Rule:
    """Changes what it waits for, how often it tells, or whether it watches.  A changed or resumed rule starts afresh.  Raises BadAlert."""
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"These fields of an alert do not change: {', '.join(sorted(unknown))}.")
    spec = _kind(changes.get("kind", rule.kind))
    kept = {name: value for name, value in rule.parameters.items() if any(field.name == name for field in spec.fields)}
    raw = kept | dict(changes.get("parameters") or {})
    if changes.get("threshold") is not None:
        raw["threshold"] = changes["threshold"]
    for name, value in changes.items():
        if name not in {"threshold", "parameters"}:
            setattr(rule, name, value)
    _check(actor, rule, spec, raw)
    if changes.keys() - _MANNERS:
        _start(rule)
    rule.version += 1
    rule.save()
    record_audit(actor, "alert.changed", object_type="alert", object_id=rule.pk, fields=sorted(changes))
    return rule


@transaction.atomic
def delete_rule(actor: Any, rule: Rule) -> None:
    """Stops watching, and forgets what the rule said."""
    record_audit(actor, "alert.deleted", object_type="alert", object_id=rule.pk)
    rule.delete()


def _kind(name: str) -> Kind:
    if name not in KINDS:
        detail = f"Choose one of {', '.join(RuleKind.values)}."
        raise BadAlert(detail, errors=[FieldError("type", "invalid_choice", detail)])
    return KINDS[name]


def _check(actor: Any, rule: Rule, spec: Kind, raw: Mapping[str, Any]) -> None:
    values, wrong = read(spec, raw)
    rule.parameters = written(spec, values)
    errors = [FieldError(one.field, one.code, one.detail) for one in wrong] + _watched(actor, rule, spec) + _manners(rule)
    if errors:
        raise BadAlert(errors[0].detail, errors=errors)


def _watched(actor: Any, rule: Rule, spec: Kind) -> list[FieldError]:
    """What is wrong with what it watches."""
    if rule.instrument_id is not None and rule.portfolio_id is not None:
        return [FieldError("portfolio", "both", "Name an instrument or a portfolio, not both.")]
    if rule.watch not in spec.watches:
        if Watch.INSTRUMENT in spec.watches:
            field, what = "instrument", "an instrument"
        else:
            field, what = "portfolio", "a portfolio, or all of them"
        return [FieldError(field, "cannot_watch", f"“{spec.label}” watches {what}. Name it.")]
    if not rule._state.adding:  # it was seen when the alert was made; now it rests, and can be paused
        return []
    if rule.instrument is not None and unseen_among(actor, [rule.instrument]):
        return [FieldError("instrument", "unknown_instrument", "There is no such instrument.")]
    if rule.portfolio_id is not None and not portfolios_of(actor).filter(pk=rule.portfolio_id).exists():
        return [FieldError("portfolio", "unknown_portfolio", "There is no such portfolio.")]
    return []


def _manners(rule: Rule) -> list[FieldError]:
    """What is wrong with how often it tells."""
    errors = []
    try:
        rule.margin = exact(rule.margin)
        if not 0 <= rule.margin <= 1:
            errors.append(FieldError("margin", "out_of_range", "The way back is from 0 to 1 (100 % of the threshold)."))
    except NotExact as problem:
        errors.append(FieldError("margin", "not_exact", str(problem)))
    if not 0 <= rule.cool_down <= LONGEST_COOL_DOWN:
        errors.append(FieldError("cool_down", "out_of_range", f"The pause is from 0 to {LONGEST_COOL_DOWN} minutes."))
    if (rule.quiet_from is None) != (rule.quiet_until is None):
        field = "quiet_from" if rule.quiet_from is None else "quiet_until"
        errors.append(FieldError(field, "required", "Quiet hours have a beginning and an end; give both or neither."))
    if rule.expires_at is not None and rule.active and rule.expires_at <= timezone.now():
        errors.append(FieldError("expires_at", "past", "This time has passed. Choose a later one, or none."))
    if len(rule.note) > LONGEST_NOTE:
        errors.append(FieldError("note", "too_long", f"At most {LONGEST_NOTE} characters; these are {len(rule.note)}."))
    if unstorable(rule.note):
        errors.append(FieldError("note", "null_characters", "The text holds a character that cannot be stored."))
    return errors


def _start(rule: Rule) -> None:
    """What happened before is not told; a number that is past the threshold first has to come back."""
    now = timezone.now()
    looks = rule.instrument_id is not None and not rule.spec.happens and not out_of_sight([rule])
    level = levels_now([rule], now).get(id(rule)) if looks else None
    state = at_first(rule.spec, rule.values, level)
    rule.armed, rule.came_back, rule.fired_at, rule.side = state.armed, state.came_back, None, state.side
    rule.started_at, rule.looked_at, rule.why_not = now, None, "" if level is None else level.why_not[:300]
    if rule.spec.name == "dividend_announced":
        rule.mark = CorporateAction.objects.aggregate(newest=Max("pk"))["newest"] or 0
    if rule.instrument_id is None or rule.spec.happens:
        rule.due_at = now
