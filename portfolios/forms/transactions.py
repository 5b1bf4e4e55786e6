"""The form of one entry: it reads what was typed and says which fields there are; services judge."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from market.models import Instrument
from portfolio_site.kernel.money import CURRENCIES
from portfolios.choices import CostMethod, TransactionKind
from portfolios.forms.common import COMMON, currency_choices, resolve_instrument
from portfolios.forms.entry_fields import REFRESHES, Situation, amounts_of, choice, day, number, seldom_of
from portfolios.forms.legs import LegsForm, keeping_rates, legs_initial, part_of_one, percent
from portfolios.forms.lots import LotChoiceForm
from portfolios.kinds import RULES
from portfolios.lot_records import choices_of
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.rows import legs_of
from portfolios.services import LegDraft, TransactionDraft

Kind = TransactionKind
_TAKEN_OVER = (
    "instrument", "traded_on", "quantity", "price", "amount", "fees", "taxes", "fx_rate", "ratio_new", "ratio_old", "acquired_on", "settles_on",
    "accrued", "costs_rate", "given_amount", "reinvested_quantity", "cost_share", "method", "external_id", "reference",
)  # fmt: skip
_TEXTS = ("method", "external_id", "reference")


class TransactionForm(LegsForm, LotChoiceForm):
    """One entry of one kind.  Only the fields of that kind are there; labels name the currencies of what is chosen.

    more_legs  one instrument more than there are is asked for, of what the units become
    """

    renamed = {"kind": "", "currency": "settlement", "settlement_currency": "settlement", "traded_at": "traded_time", "lots": ""}

    def __init__(
        self,
        *args: Any,
        user: Any,
        kind: str,
        portfolios: Sequence[Portfolio],
        portfolio: Portfolio,
        entry: Transaction | None = None,
        more_legs: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.kind_chosen, self.portfolio, self.entry = user, Kind(kind), portfolio, entry
        self.rule, self.base = RULES[kind], portfolio.base_currency
        self.chosen = self._present_instrument()
        self.received = self._present_currency("received", [self.base, *map(str, CURRENCIES)])
        self.settlement = self._present_currency("settlement", self._settlements())
        if self.kind_chosen == Kind.FX_EXCHANGE:
            self.renamed = {**self.renamed, "currency": "received"}
        costs_in = self._present_currency("costs_currency", [self.settlement, *map(str, CURRENCIES)])
        self.now = Situation(self.kind_chosen, portfolio, self.chosen, entry, self.settlement, self.received, costs_in)
        if not self.rule.is_sale:
            self.lots_rest = "What you leave open goes by the cost method of the portfolio."
        self._build(portfolios, self._legs_wanted() + more_legs)

    # ── what is chosen now, before anything is checked ──────────────────────

    def _present_instrument(self) -> Instrument | None:
        given = self._present("instrument")
        if isinstance(given, Instrument):
            self.initial["instrument"] = f"{given.symbol} · {given.name}"
            return given
        return resolve_instrument(self.user, str(given)[:200]) if given else None

    def _present_currency(self, name: str, known: Sequence[str]) -> str:
        """The currency that stands in a field, or the likely one where it is none of those that may."""
        given = str(self._present(name) or "")
        return given if given in known else known[0]

    def _settlements(self) -> list[str]:
        """Currencies that the entry may be paid in, the likely one first."""
        if Situation(self.kind_chosen, self.portfolio, self.chosen, self.entry, "", "", "").in_any_currency:
            every = list(dict.fromkeys([self.base, *COMMON, *map(str, CURRENCIES)]))
            return [code for code in every if code != self.received] if self.kind_chosen == Kind.FX_EXCHANGE else every
        own = [self.entry.settles_in] if self.entry else []
        quoted = [self.chosen.currency] if self.chosen else []
        return list(dict.fromkeys([*own, *([*quoted, self.base] if self.kind_chosen == Kind.TRANSFER_IN else [self.base, *quoted])]))

    def _legs_wanted(self) -> int:
        given = str(self._present("legs") or "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 3 else 1

    # ── fields ──────────────────────────────────────────────────────────────

    def _build(self, portfolios: Sequence[Portfolio], legs: int) -> None:
        made: dict[str, Any] = {"kind": forms.CharField(widget=forms.HiddenInput, required=self.entry is None, initial=self.kind_chosen.value)}
        if self.entry is None:
            made["form_id"] = forms.CharField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4().hex)
            choices = [(one.pk, one.name) for one in portfolios]
            widget = forms.Select(attrs={"class": REFRESHES})
            made["portfolio"] = forms.TypedChoiceField(choices=choices, coerce=int, initial=self.portfolio.pk, widget=widget)
        if self.rule.instrument:
            made["instrument"] = self._instrument_field()
        made["traded_on"] = day("Date", extra=REFRESHES)
        made |= amounts_of(self.now)
        if self.now.pays and "settlement" not in made and len(self._settlements()) > 1:
            made["settlement"] = self._settlement_field()
        if self.now.rate_from:
            name = "costs_rate" if self.kind_chosen == Kind.FX_EXCHANGE else "fx_rate"
            made[name] = number(f"Rate, 1 {self.now.rate_from} in {self.base}", "The day’s reference rate, if you leave it empty.")
        self.main_names = tuple(made)
        made |= self.legs_of_form(legs)
        made |= {name: field for name, field in seldom_of(self.now).items() if name not in made}
        if self.rule.lots:
            made |= self._offer_lots(self.portfolio, self.chosen, self.entry)
        made["notes"] = forms.CharField(label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))
        self.fields = made
        self.say_what_is_missing()
        if not self.is_bound:
            self.initial.setdefault("traded_on", timezone.localdate())
            self.initial["legs"] = self.legs_shown
            self.initial.setdefault("settlement", self.settlement)
            self.initial.setdefault("received", self.received)

    def _instrument_field(self) -> forms.Field:
        attrs = {"list": "instrument-options", "autocomplete": "off", "placeholder": "Name, symbol or ISIN", "class": REFRESHES}
        optional = self.rule.instrument == "optional"
        field = forms.CharField(label="Instrument", required=not optional, max_length=240, widget=forms.TextInput(attrs=attrs))
        if optional:
            field.help_text = "Where it belongs to one holding; else leave it empty."
        return field

    def _settlement_field(self) -> forms.Field:
        label = {1: "Paid out in", -1: "Paid in"}.get(0 if self.now.in_any_currency else self.rule.direction, "Currency")
        choices: Any = currency_choices([self.base]) if self.now.in_any_currency else [(code, code) for code in self._settlements()]
        # without script the first form of a purchase has no such field yet: the likely currency stands in
        return choice(label, choices, refreshes=True)

    @property
    def rate_pair(self) -> tuple[str, str]:
        """(currency, base): the rate that the form asks for is units of base for one unit of currency."""
        return self.now.rate_from or self.base, self.base

    # ── as the page shows them ──────────────────────────────────────────────

    def keep_typing(self) -> None:
        """The page keeps the inputs that it has: an answer is older than what was typed while it was on its way.

        Choices are not kept, since what there is to choose depends on the instrument.
        """
        for field in self.fields.values():
            if not field.widget.is_hidden and not isinstance(field, forms.ChoiceField):
                field.widget.attrs["hx-preserve"] = "true"

    @property
    def instrument_field(self) -> forms.BoundField | None:
        return self["instrument"] if "instrument" in self.fields else None

    @property
    def grid_fields(self) -> list[forms.BoundField]:
        """What stands two in a row: everything but the instrument."""
        return [self[name] for name in self.main_names if name in self.fields and name != "instrument" and not self[name].is_hidden]

    @property
    def seldom_fields(self) -> list[forms.BoundField]:
        """What stands under “More”."""
        return [self[name] for name in self.fields if name not in self.main_names and name != "notes" and not name.startswith(("lot_", "leg"))]

    @property
    def seldom_open(self) -> bool:
        """Whether something under “More” is filled in, or wrong."""
        return any(field.value() not in (None, "", []) or (self.is_bound and field.errors) for field in self.seldom_fields)

    @property
    def lots_open(self) -> bool:
        return self.portfolio.cost_method == CostMethod.SPECIFIC or self.any_lot_typed

    # ── checking ────────────────────────────────────────────────────────────

    def clean_kind(self) -> str:
        """The type of a recorded entry stays what it is, whatever is sent."""
        given: str = self.cleaned_data["kind"]
        if self.entry is None and given != self.kind_chosen:
            raise forms.ValidationError(f"“{given[:20]}” is not a type of transaction. Choose one of the types above.")
        return self.kind_chosen.value

    def clean_settlement(self) -> str:
        return self.cleaned_data["settlement"] or self.settlement

    def clean_instrument(self) -> Instrument | None:
        named = self.cleaned_data.get("instrument", "")
        if not named:
            return None
        if self.chosen is None:
            raise forms.ValidationError(f"No single instrument is meant by “{named[:40]}”. Choose one from the list, or make your own in the market.")
        return self.chosen

    def draft(self) -> TransactionDraft:
        """What was entered, once it is valid."""
        return TransactionDraft(**{"kind": self.kind_chosen.value, "traded_on": None, **self.values()})

    def values(self) -> dict[str, Any]:
        """By the names of TransactionDraft: what the fields of this kind say."""
        found: dict[str, Any] = {name: self.cleaned_data.get(name) for name in _TAKEN_OVER if name in self.fields}
        found |= {name: found[name] or "" for name in _TEXTS if name in found}
        found["notes"] = self.cleaned_data.get("notes", "")
        found["tags"] = tuple(tag.strip() for tag in self.cleaned_data.get("tags", "").split(",") if tag.strip())
        found["traded_at"] = self._moment()
        if "costs_currency" in self.fields:
            found["costs_currency"] = self.cleaned_data.get("costs_currency") or ""
        if self.lots:
            found["lots"] = self.named_lots()
        if self.legs_shown:
            found["cost_share"] = part_of_one(self.cleaned_data.get("cost_share"))
            found["legs"] = self._legs_as_booked(found)
        return found | self._currencies(found)

    def _legs_as_booked(self, found: dict[str, Any]) -> tuple[LegDraft, ...]:
        """At the rates of their day, which stay while the day and the instrument that they come from do."""
        if self.entry is None or (found["traded_on"], found["instrument"]) != (self.entry.traded_on, self.entry.instrument):
            return self.leg_drafts()
        return keeping_rates(self.leg_drafts(), legs_of(self.entry))

    def _currencies(self, found: dict[str, Any]) -> dict[str, str]:
        if self.kind_chosen == Kind.FX_EXCHANGE:
            received, given = self.cleaned_data.get("received") or self.received, self.cleaned_data.get("settlement") or self.settlement
            return {"currency": received, "settlement_currency": given}
        if "settlement" not in self.fields:
            return {}
        chosen = self.cleaned_data.get("settlement") or self.settlement
        priced = self.chosen is not None and found.get("price") is not None
        currency = self.chosen.currency if priced and self.chosen else chosen
        return {"currency": currency, "settlement_currency": "" if chosen == currency else chosen}

    def _moment(self) -> datetime | None:
        """Day and time in the person's zone.  What was recorded to a part of a second stays so while neither changes."""
        on, at = self.cleaned_data.get("traded_on"), self.cleaned_data.get("traded_time")
        if not isinstance(on, date) or not isinstance(at, time):
            return None
        made = datetime.combine(on, at, tzinfo=timezone.get_current_timezone())
        before = self.entry.traded_at if self.entry is not None else None
        return before if before is not None and before.replace(microsecond=0) == made else made


def initial_of(entry: Transaction) -> dict[str, Any]:
    """The fields of a recorded entry, as the form shows them."""
    names = (
        "instrument", "traded_on", "settles_on", "quantity", "price", "amount", "fees", "taxes", "accrued", "given_amount", "reinvested_quantity",
        "ratio_new", "ratio_old", "acquired_on", "costs_currency", "costs_rate", "cost_share", "method", "notes", "external_id", "reference",
    )  # fmt: skip
    moment = timezone.localtime(entry.traded_at) if entry.traded_at else None
    lots = choices_of(entry.lots) if RULES[entry.kind].lots else ()
    return {
        **{name: getattr(entry, name) for name in names},
        "settlement": entry.settles_in,
        "received": entry.currency,
        "fx_rate": entry.fx_rate if entry.fx_source == "own" else None,
        "method": "" if lots else entry.method,
        "traded_time": moment.time().replace(microsecond=0, tzinfo=None) if moment else None,
        "tags": ", ".join(entry.tags or ()),
        "lots": lots,
        **(legs_initial(entry) | {"cost_share": percent(entry.cost_share)} if RULES[entry.kind].legs else {}),
    }
