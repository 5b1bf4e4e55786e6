"""A rule tried on the past before it is kept: what was filled in, as a rule that is not stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from accounts.selectors import preferences_of
from alerts.looking.past import rehearsal_of
from alerts.models import Rule
from alerts.rules import Rehearsal, Watch
from alerts.services.rules import checked
from alerts.wording import words_for
from market.models import Instrument
from portfolios.models import Portfolio
from portfolios.selectors import portfolios_of, visible_portfolios


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule as it was filled in."""

    kind: str
    instrument: Instrument | None = None
    portfolio: Portfolio | None = None
    threshold: Decimal | None = None
    parameters: Mapping[str, Any] | None = None
    note: str = ""
    active: bool = True
    once: bool = False
    margin: Decimal | None = None
    cool_down: int | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    expires_at: datetime | None = None


def tried(user: Any, wanted: Wanted) -> Rehearsal:
    """When it would have fired in the past year.  Raises BadAlert, as keeping it would."""
    fields = {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}
    return of_rule(user, checked(user, **fields))


def of_rule(user: Any, rule: Rule) -> Rehearsal:
    """The same of a rule of this person."""
    portfolios: list[Portfolio] = []
    if rule.watch is Watch.PORTFOLIO:
        portfolios = list(visible_portfolios(user, archived=True).filter(pk=rule.portfolio_id or 0))
    elif rule.watch is Watch.ALL:
        portfolios = list(portfolios_of(user).filter(owner=user))
    preferences = preferences_of(user)
    with words_for(preferences.locale, hidden=preferences.hide_amounts) as words:
        return rehearsal_of(rule, portfolios, words)
