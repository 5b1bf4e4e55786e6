"""Fields of an entry as a row keeps them, and back: JSON in which numbers are text, days and moments are ISO, instruments are numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from market.models import Instrument
from market.selectors import instruments_visible_to
from portfolio_site.kernel.decimals import plain
from portfolios.errors import SuggestionOutdated
from portfolios.ledger.events import Arriving, LotChoice
from portfolios.models import Portfolio
from portfolios.services.drafts import LegDraft, TransactionDraft

NEVER = frozenset({"link", "proposal", "source", "source_key"})  # where an entry comes from is not for people to say
_TYPES = {one.name: str(one.type) for one in fields(TransactionDraft)} | {one.name: str(one.type) for one in fields(LegDraft)}
_TYPES |= {"event_id": "int", "opened_on": "date | None", "cost": "Decimal", "cost_local": "Decimal"}


def as_kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of TransactionDraft, without those that say nothing."""
    return {name: _kept(value) for name, value in values.items() if name not in NEVER}


def _kept(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Instrument):
        return value.pk
    if isinstance(value, LegDraft):
        return {one.name: _kept(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, LotChoice | Arriving):
        return {name: _kept(part) for name, part in value._asdict().items()}
    if isinstance(value, tuple | list):
        return [_kept(one) for one in value]
    return value


def instruments_in(kept: Mapping[str, Any]) -> set[int]:
    """The numbers of the instruments that are named."""
    named = [kept.get("instrument"), *(leg.get("instrument") for leg in kept.get("legs") or ())]
    return {number for number in named if number is not None}


def as_meant(user: Any, portfolio: Portfolio, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of TransactionDraft again.  One query where instruments are named.  Raises SuggestionOutdated where one is gone."""
    wanted = instruments_in(kept)
    known = _found(user, portfolio, wanted) if wanted else {}
    if wanted - set(known):
        raise SuggestionOutdated("An instrument of this suggestion is not there any more. Decline it, and record what was meant.")
    return {name: _meant(name, value, known) for name, value in kept.items()}


def _found(user: Any, portfolio: Portfolio, wanted: Collection[int]) -> dict[int, Instrument]:
    """What whoever accepts sees, or the owner: those of the owner can be recorded in their portfolios."""
    seen = instruments_visible_to(user) | instruments_visible_to(portfolio.owner)
    return {one.pk: one for one in seen.filter(pk__in=wanted)}


def _meant(name: str, value: Any, known: Mapping[int, Instrument]) -> Any:
    if value is None:
        return None
    if name == "lots":
        return tuple(_lot(one) for one in value)
    if name == "legs":
        return tuple(LegDraft(**{part: _meant(part, each, known) for part, each in leg.items()}) for leg in value)
    if name == "tags":
        return tuple(value)
    if name == "instrument":
        return known[value]
    kind = _TYPES[name]
    if kind.startswith("Decimal"):
        return Decimal(value)
    if kind.startswith("datetime"):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind.startswith("date") else value


def _lot(kept: Mapping[str, Any]) -> LotChoice | Arriving:
    values: dict[str, Any] = {name: Decimal(value) if name in {"quantity", "cost", "cost_local"} else value for name, value in kept.items()}
    for name in ("opened_on", "acquired_on"):
        if values.get(name) is not None:
            values[name] = date.fromisoformat(values[name])
    return Arriving(**values) if "acquired_on" in values else LotChoice(**values)
