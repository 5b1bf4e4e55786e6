"""What the units of a spin-off, merger or symbol change become: the fields of each further instrument, when recording and when editing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms

from market.models import Instrument
from portfolio_site.kernel.decimals import EXACT
from portfolio_site.web.fields import ExactFormField
from portfolios.choices import TransactionKind as Kind
from portfolios.forms.common import RefusableForm, resolve_instrument
from portfolios.kinds import RULES
from portfolios.models import Transaction, TransactionLeg
from portfolios.selectors.rows import legs_of
from portfolios.services.drafts import LegDraft
from portfolios.services.drafts.legs import MOST_LEGS

SHARE_OF_CASH = ("Share of the cost it stands for, %", "Only with cash.")  # label and hint
_OWN_FIELDS = {"instrument": "instrument", "ratio_new": "new", "ratio_old": "old", "cost_share": "share", "fraction": "fraction", "cash": "cash"}
_HUNDRED = Decimal(100)


class LegsForm(RefusableForm):
    """A form with the fields of `legs_shown` further instruments, named `leg<place>_<what>`; shares of cost are in percent.

    Needs `user` and `kind_chosen` before `legs_of_form` makes the fields.
    """

    user: Any
    kind_chosen: Kind
    legs_shown = 0

    def legs_of_form(self, legs: int) -> dict[str, forms.Field]:
        """The fields of so many instruments, as far as the kind has them; none where it has no legs."""
        if not RULES[self.kind_chosen].legs:
            return {}
        self.legs_shown = 1 if self.kind_chosen == Kind.SYMBOL_CHANGE else min(max(legs, 1), MOST_LEGS)
        made: dict[str, forms.Field] = {"legs": forms.IntegerField(widget=forms.HiddenInput, required=False, initial=self.legs_shown)}
        for place in range(self.legs_shown):
            made |= self._leg(place)
        return made

    def _leg(self, place: int) -> dict[str, forms.Field]:
        kind = self.kind_chosen
        first = place == 0 and kind != Kind.MERGER
        label = {Kind.SYMBOL_CHANGE: "New instrument", Kind.SPIN_OFF: "New units of", Kind.MERGER: "Becomes"}[kind]
        made: dict[str, forms.Field] = {
            "instrument": instrument_field(label, required=first),
            "new": _number("New units", "1 for 1:2", required=first),
            "old": _number("For old units", "2 for 1:2", required=first),
        }
        if kind == Kind.SYMBOL_CHANGE:
            made["new"].initial = made["old"].initial = "1"
        else:
            hint = "From the company’s notice, such as 12.5." if kind == Kind.SPIN_OFF else "Empty: what the others leave."
            made["share"] = _number("Share of the cost, %", hint, required=first)
            made["fraction"] = _number("Fraction paid in cash", "Of the new units, such as 0.5.")
            made["cash"] = _number("Cash for the fraction")
        return {f"leg{place}_{name}": field for name, field in made.items()}

    # ── as the page shows them ──────────────────────────────────────────────

    @property
    def leg_fields(self) -> list[list[forms.BoundField]]:
        """For each further instrument: its field first, then its numbers."""
        return [[field for field in self.visible_fields() if field.name.startswith(f"leg{place}_")] for place in range(self.legs_shown)]

    @property
    def can_add(self) -> bool:
        return self.kind_chosen in (Kind.SPIN_OFF, Kind.MERGER) and self.legs_shown < MOST_LEGS

    def field_of(self, name: str) -> str:
        """“legs.1.cost_share” stands at the field of the second instrument."""
        head, _, rest = name.partition(".")
        place, _, own = rest.partition(".")
        return f"leg{place}_{_OWN_FIELDS.get(own, own)}" if head == "legs" and place else super().field_of(name)

    # ── checking ────────────────────────────────────────────────────────────

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for place in range(self.legs_shown):
            self.find_instrument(cleaned, f"leg{place}_instrument")
        return cleaned

    def find_instrument(self, cleaned: dict[str, Any], name: str) -> None:
        """Put the instrument that is meant in the place of what was typed, or say that none is."""
        text = cleaned.get(name)
        if not text or isinstance(text, Instrument):
            return
        cleaned[name] = resolve_instrument(self.user, text)
        if cleaned[name] is None:
            self.add_error(name, f"No single instrument is meant by “{text[:40]}”. Choose one from the list, or make your own in the market.")

    # ── once it is valid ────────────────────────────────────────────────────

    def leg_drafts(self) -> tuple[LegDraft, ...]:
        """What was entered; an instrument whose fields were all left empty is none."""
        return tuple(leg for place in range(self.legs_shown) if (leg := self._leg_draft(place)) is not None)

    def _leg_draft(self, place: int) -> LegDraft | None:
        values = {name: self.cleaned_data.get(f"leg{place}_{name}") for name in _OWN_FIELDS.values()}
        if not any(value not in (None, "") for value in values.values()):
            return None
        return LegDraft(
            instrument=values["instrument"] or None,
            ratio_new=values["new"],
            ratio_old=values["old"],
            cost_share=part_of_one(values["share"]),
            fraction=values["fraction"],
            cash=values["cash"],
        )


def legs_initial(entry: Transaction) -> dict[str, Any]:
    """The legs of a recorded entry as the fields show them, with how many there are."""
    legs = legs_of(entry)
    fields: dict[str, Any] = {"legs": max(len(legs), 1)}
    for place, leg in enumerate(legs):
        fields |= {f"leg{place}_{own}": _shown(leg, name) for name, own in _OWN_FIELDS.items()}
    return fields


def keeping_rates(drafts: Sequence[LegDraft], before: Sequence[TransactionLeg]) -> tuple[LegDraft, ...]:
    """The legs at the rates that they were booked at, which the fields do not ask for, where they bring the same instrument as before."""
    rates = {leg.instrument_id: leg.local_rate for leg in before}
    return tuple(leg if leg.instrument is None else replace(leg, local_rate=rates.get(leg.instrument.pk)) for leg in drafts)


def _shown(leg: TransactionLeg, name: str) -> Any:
    value = getattr(leg, name)
    if name == "cost_share":
        return percent(value)
    return named(value) if name == "instrument" else value


def named(instrument: Instrument | None) -> str:
    """As a field of an instrument shows it."""
    return f"{instrument.symbol} · {instrument.name}" if instrument is not None else ""


def percent(part: Decimal | None) -> Decimal | None:
    return None if part is None else EXACT.multiply(part, _HUNDRED)


def part_of_one(percents: Decimal | None) -> Decimal | None:
    return None if percents is None else EXACT.divide(percents, _HUNDRED)


def instrument_field(label: str, *, required: bool = True) -> forms.CharField:
    attrs = {"list": "instrument-options", "autocomplete": "off", "placeholder": "Name, symbol or ISIN"}
    return forms.CharField(label=label, required=required, max_length=240, widget=forms.TextInput(attrs=attrs))


def _number(label: str, hint: str = "", *, required: bool = False) -> ExactFormField:
    return ExactFormField(label=label, help_text=hint, required=required)
