"""Lots that a sale or a transfer may name: their fields, and what is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone

from market.models import Instrument
from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.web import times
from portfolio_site.web.fields import ExactFormField
from portfolios.choices import POOLING, CostMethod
from portfolios.forms.common import RefusableForm
from portfolios.ledger.events import LotChoice
from portfolios.ledger.matching import in_a_list
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import OfferedLot, open_lots

PREFIX = "lot_"  # of the names of the fields, before the name of the lot
ZERO = Decimal(0)


class LotChoiceForm(RefusableForm):
    """A form with a field for each lot that is open on its day; the fields are there as soon as one knows of what they are.

    day_name   the field of the day
    lots_rest  what is said of units that no lot is named for
    """

    day_name = "traded_on"
    lots_rest = "What you leave open is taken oldest first."
    lots: tuple[OfferedLot, ...] = ()
    offers_lots = False  # there are fields of lots, as far as any are open

    def _present(self, name: str) -> Any:
        """What stands in a field now, before anything is checked."""
        if self.is_bound:
            return self.data.get(name)
        return self.initial.get(name)

    def present_day(self) -> date:
        """The day that stands in the form; today where there is none, or one that no entry can have."""
        today, given = timezone.localdate(), self._present(self.day_name)
        try:
            found = given if isinstance(given, date) else date.fromisoformat(str(given))
        except ValueError:
            return today
        return found if EARLIEST <= found <= today else today

    def _offer_lots(self, portfolio: Portfolio, instrument: Instrument | None, entry: Transaction | None = None) -> dict[str, ExactFormField]:
        """The fields of the lots open on the day, without what `entry` took itself; none where the portfolio pools.  Three queries at most.

        What `lots` of the initial values name is filled in.
        """
        kept = instrument is not None and portfolio.cost_method not in POOLING
        self.offers_lots = kept
        self.lots = open_lots(portfolio, instrument.pk, self.present_day(), without=entry) if instrument is not None and kept else ()
        if not self.is_bound:
            self.initial = {**_filled_in(self.lots, self.initial.get("lots") or ()), **self.initial}
        return {_name(one): ExactFormField(label=times.day(one.lot.opened_on), required=False) for one in self.lots}

    def clean(self) -> dict[str, Any]:
        """A number of an entry that has several lots open names none of them, nor does what is not open."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for number in sorted({int(one.lot.event_id) for one in self.lots if not one.alone}):
            if str(self.data.get(f"{PREFIX}{number}") or "").strip():
                days = ", ".join(times.day(one.lot.opened_on) for one in self.lots if one.lot.event_id == number)
                raise forms.ValidationError(f"The lot is not told apart: the same entry brought those of {days}. Enter the units beside one of them.")
        if self.offers_lots and any(name.startswith(PREFIX) and name not in self.fields and str(self.data[name]).strip() for name in self.data):
            raise forms.ValidationError(self._said_open())
        return cleaned

    def _said_open(self) -> str:
        on = times.day(self.present_day())
        if not self.lots:
            return f"A lot was named that is not open on {on}; none is. Leave the lots empty, or choose another day."
        return f"A lot was named that is not open on {on}. Name those that are: {in_a_list([one.lot for one in self.lots])}."

    # ── as the page shows them ──────────────────────────────────────────────

    @property
    def lot_fields(self) -> list[tuple[OfferedLot, int, BoundField]]:
        """Each lot with the days it was held, and its field."""
        on = self.present_day()
        return [(one, (on - one.lot.opened_on).days, self[_name(one)]) for one in self.lots]

    @property
    def any_lot_typed(self) -> bool:
        return any(field.value() not in (None, "") for _, _, field in self.lot_fields)

    # ── once it is valid ────────────────────────────────────────────────────

    def named_lots(self) -> tuple[LotChoice, ...]:
        named = ((one, self.cleaned_data.get(_name(one))) for one in self.lots)
        return tuple(one.choice(quantity) for one, quantity in named if isinstance(quantity, Decimal) and quantity)


def said_method(portfolio: Portfolio, lots: tuple[LotChoice, ...]) -> str:
    """Which lots are taken: “The lots named, then first in, first out”."""
    own = str(CostMethod(portfolio.cost_method).label)
    if not lots:
        return own
    return "The lots named" if portfolio.cost_method == CostMethod.SPECIFIC else f"The lots named, then {own.lower()}"


def _name(one: OfferedLot) -> str:
    return f"{PREFIX}{one.key}"


def _filled_in(lots: tuple[OfferedLot, ...], choices: Iterable[LotChoice]) -> dict[str, Decimal]:
    """What choices take of each lot, by the name of its field: of several lots of one name in their order, as the ledger does."""
    filled: dict[str, Decimal] = {}
    for choice in choices:
        left = choice.quantity
        fitting = [one for one in lots if one.is_meant(choice)]
        for one in fitting:
            units = left if one is fitting[-1] else min(left, one.lot.quantity - filled.get(_name(one), ZERO))
            if units > 0:
                filled[_name(one)] = filled.get(_name(one), ZERO) + units
                left -= units
    return filled
