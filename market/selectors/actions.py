"""Corporate actions as their source reports them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from market.models import CorporateAction


@dataclass(frozen=True, slots=True)
class ActionView:
    """A split or dividend.  `amount` is what one unit is paid before tax, in the instrument's currency."""

    id: int
    instrument_id: int
    kind: str
    ex_day: date
    ratio_new: Decimal | None
    ratio_old: Decimal | None
    amount: Decimal | None
    source: str


def actions_of(instrument_ids: Iterable[int], *, start: date | None = None, end: date | None = None) -> list[ActionView]:
    """The actions of these instruments with an ex-day from `start` to `end`, oldest first.  One query, none for no instruments."""
    wanted = set(instrument_ids)
    if not wanted:
        return []
    found = CorporateAction.objects.filter(instrument__in=wanted).order_by("ex_day", "pk")
    if start is not None:
        found = found.filter(ex_day__gte=start)
    if end is not None:
        found = found.filter(ex_day__lte=end)
    return [ActionView(*row) for row in found.values_list("pk", "instrument_id", "kind", "ex_day", "ratio_new", "ratio_old", "amount", "source")]
