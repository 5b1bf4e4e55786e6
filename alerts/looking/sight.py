"""Rules that watch what their person cannot see any more: a share ended, or a portfolio went to somebody else.  They rest until it is seen.

Meanwhile nothing new of it is told: not its name of today, not its number, nor what quiet hours or a digest still held back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth import get_user_model

from alerts.models import Delivery, Firing, Rule
from alerts.wording import ALL_PORTFOLIOS, subject_of
from market.models import Instrument
from market.selectors import instruments_visible_to
from portfolios.models import Portfolio

NO_PORTFOLIO = "You cannot see this portfolio any more. The alert rests until you can."
NO_INSTRUMENT = "You cannot see this instrument any more. The alert rests until you can."
NO_MORE = "You could not see what it was about any more when it was to be sent."
_CALLED = {NO_PORTFOLIO: "A portfolio you cannot see", NO_INSTRUMENT: "An instrument you cannot see"}
NO_NAMES = frozenset({ALL_PORTFOLIOS, *_CALLED.values()})  # what `name_of` answers beside names


def out_of_sight(rules: Iterable[Any]) -> dict[int, str]:
    """Why a rule rests, by its key; most rules are not in it.  Reads `instrument` and `portfolio`, which the caller has loaded.

    No query where everything is everybody's or the person's own; else two for portfolios; one, and one for each person, for instruments.
    """
    instruments: dict[int, list[Rule]] = defaultdict(list)
    portfolios = []
    for rule in rules:
        if rule.portfolio_id is not None and rule.portfolio.owner_id != rule.owner_id:
            portfolios.append(rule)
        elif rule.instrument_id is not None and rule.instrument.owner_id not in {None, rule.owner_id}:
            instruments[rule.owner_id].append(rule)
    found = dict[int, str]()
    if portfolios:
        watched = Portfolio.objects.filter(pk__in={rule.portfolio_id for rule in portfolios})
        seen = watched.seen_by({rule.owner_id for rule in portfolios})
        found |= {rule.pk: NO_PORTFOLIO for rule in portfolios if (rule.owner_id, rule.portfolio_id) not in seen}
    for owner in get_user_model().objects.filter(pk__in=instruments) if instruments else ():
        theirs = instruments[owner.pk]
        asked = {rule.instrument_id for rule in theirs if rule.instrument_id is not None}
        visible = set(instruments_visible_to(owner).filter(pk__in=asked).values_list("pk", flat=True))
        found |= {rule.pk: NO_INSTRUMENT for rule in theirs if rule.instrument_id not in visible}
    return found


def name_unseen(why_not: str) -> str:
    """What stands in the place of a name, by why the rule rests."""
    return _CALLED[why_not]


def name_of(rule: Any) -> str:
    """What a rule watches, as sentences to its person call it now."""
    hidden = out_of_sight([rule])
    return name_unseen(hidden[rule.pk]) if hidden else subject_of(rule).name


def unseen_among(user: Any, instruments: Iterable[Instrument | None]) -> set[int]:
    """Which of these the person cannot see.  No query where all are everybody's or their own, else one."""
    private = {one.pk for one in instruments if one is not None and one.owner_id not in {None, user.pk}}
    return private - set(instruments_visible_to(user).filter(pk__in=private).values_list("pk", flat=True)) if private else private


def not_to_be_sent(deliveries: Collection[Delivery]) -> set[int]:
    """Those that tell of what their person cannot see any more.  One query, as `out_of_sight` more where something is somebody else's."""
    by_firing = {one.firing_id for one in deliveries if one.firing_id is not None}
    found = Firing.objects.filter(pk__in=by_firing).select_related("rule__instrument", "rule__portfolio") if by_firing else ()
    rules = {one.pk: one.rule for one in found}
    hidden = out_of_sight(rules.values())
    return {one.pk for one in deliveries if one.firing_id in rules and rules[one.firing_id].pk in hidden}
