"""What people set about their figures.  Each deed leaves an audit line, without the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import record_audit
from analytics.choices import Check
from analytics.errors import BadLimit
from analytics.models import ConcentrationLimit, IncomeFeed
from analytics.selectors.mix.concentration import limits_of
from analytics.selectors.mix.shapes import Limit
from portfolio_site.kernel.decimals import NotExact, exact
from portfolio_site.kernel.errors import FieldError, NotFound
from portfolio_site.web.secrets import digest_of, new_secret


@dataclass(frozen=True, slots=True)
class LimitDraft:
    """What is wanted of one check; None: as it is."""

    threshold: Decimal | None = None
    is_on: bool | None = None


@transaction.atomic
def set_limits(actor: Any, wanted: Mapping[str, LimitDraft]) -> tuple[Limit, ...]:
    """Sets thresholds and switches of some checks, all or none; answers all of them.  Raises BadLimit, naming each check that is refused."""
    User.objects.select_for_update().get(pk=actor.pk)
    if errors := _faults(wanted):
        raise BadLimit(f"Nothing was changed: {errors[0].detail}", errors=errors)
    before = {limit.check: limit for limit in limits_of(actor)}
    changed = []
    for name, draft in wanted.items():
        now = before[Check(name)]
        threshold = now.threshold if draft.threshold is None else exact(draft.threshold)
        is_on = now.is_on if draft.is_on is None else draft.is_on
        if (threshold, is_on) != (now.threshold, now.is_on):
            ConcentrationLimit.objects.update_or_create(owner=actor, check_name=name, defaults={"threshold": threshold, "is_on": is_on})
            changed.append(name)
    if changed:
        record_audit(actor, "concentration.changed", object_type="concentration", fields=sorted(changed))
    return limits_of(actor)


@transaction.atomic
def reset_limits(actor: Any) -> tuple[Limit, ...]:
    """Takes back everything that was set: the checks stand as for everybody."""
    many, _ = ConcentrationLimit.objects.visible_to(actor).delete()
    if many:
        record_audit(actor, "concentration.changed", object_type="concentration", fields=["all"])
    return limits_of(actor)


def _faults(wanted: Mapping[str, LimitDraft]) -> Sequence[FieldError]:
    errors = []
    for name, draft in wanted.items():
        if name not in Check.values:
            errors.append(FieldError(name, "unknown", f"There is no such check. Use {', '.join(Check.values)}."))
        elif draft.threshold is not None and not _fits(draft.threshold):
            errors.append(
                FieldError(name, "out_of_range", f"{Check(name).label}: the threshold is more than nothing and at most everything (100 %).")
            )
    return errors


def _fits(threshold: Decimal) -> bool:
    try:
        return 0 < exact(threshold) <= 1
    except NotExact:
        return False


# ── the calendar of income ──────────────────────────────────────────────────


@transaction.atomic
def open_income_feed(actor: Any, *, with_amounts: bool = False) -> str:
    """Makes the secret address of the person's calendar, or a new one in place of the old, which opens nothing from then on.

    Answers the secret, which nobody can be told again.
    """
    User.objects.select_for_update().get(pk=actor.pk)
    secret = new_secret()
    values = {"digest": digest_of(secret), "with_amounts": with_amounts, "made_at": timezone.now()}
    feed, is_new = IncomeFeed.objects.update_or_create(owner=actor, defaults=values)
    record_audit(actor, "calendar.opened" if is_new else "calendar.renewed", object_type="calendar", object_id=feed.pk, amounts=with_amounts)
    return secret


@transaction.atomic
def show_amounts_in_feed(actor: Any, wanted: bool) -> None:
    """Whether the calendar tells amounts.  Raises NotFound where there is none."""
    feed = IncomeFeed.objects.visible_to(actor).select_for_update().first()
    if feed is None:
        raise NotFound("There is no address of a calendar. Make one first.")
    if feed.with_amounts != wanted:
        feed.with_amounts = wanted
        feed.save(update_fields=["with_amounts"])
        record_audit(actor, "calendar.changed", object_type="calendar", object_id=feed.pk, amounts=wanted)


@transaction.atomic
def close_income_feed(actor: Any) -> None:
    """The address opens nothing any more.  Nothing happens where there is none."""
    feed = IncomeFeed.objects.visible_to(actor).select_for_update().first()
    if feed is not None:
        number = feed.pk
        feed.delete()
        record_audit(actor, "calendar.closed", object_type="calendar", object_id=number)
