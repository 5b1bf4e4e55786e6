"""Rules that watch what their person cannot see any more: a share ended, or a portfolio went to somebody else.  They rest until it is seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model

from alerts.models import Rule
from market.selectors import instruments_visible_to
from portfolios.models import Portfolio

NO_PORTFOLIO = "You cannot see this portfolio any more. The alert rests until you can."
NO_INSTRUMENT = "You cannot see this instrument any more. The alert rests until you can."


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
