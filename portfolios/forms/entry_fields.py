"""Which fields the form of one entry has, by its kind: the ones everybody fills in, and the ones that are seldom needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone

from market.models import Instrument
from portfolio_site.kernel.money import CURRENCIES
from portfolio_site.web.fields import ExactFormField
from portfolios.choices import POOLING, CostMethod
from portfolios.choices import TransactionKind as Kind
from portfolios.forms.common import COMMON, currency_choices
from portfolios.forms.legs import SHARE_OF_CASH
from portfolios.kinds import REQUIRED, RULES, KindRule
from portfolios.models import Portfolio, Transaction

REFRESHES = "refreshes"  # controls whose change alters labels, hints and the fields that are there
ANY_CURRENCY = (Kind.INTEREST, Kind.FEE, Kind.TAX, Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.FX_EXCHANGE)
PAID_OUT = (Kind.DIVIDEND, Kind.COUPON, Kind.RETURN_OF_CAPITAL)
Fields = dict[str, forms.Field]

_AMOUNTS = {  # label and hint of the amount, where a kind has its own
    Kind.DIVIDEND: ("Amount paid out", "After tax and fee, as it arrived."),
    Kind.COUPON: ("Amount paid out", "After tax and fee, as it arrived."),
    Kind.RETURN_OF_CAPITAL: ("Amount paid out", "It lowers the cost of the units."),
    Kind.STOCK_DIVIDEND: ("Taxed worth", "Only where the new units are taxed as income."),
    Kind.SPIN_OFF: ("Cash for all units", "Below zero for what was paid on top."),
    Kind.MERGER: ("Cash for all units", "Below zero for what was paid on top."),
    Kind.ADJUSTMENT: ("Change of the balance", "Below zero where money is missing."),
}
_PRICES = {  # label of the price
    Kind.TRANSFER_IN: "Cost of one unit",
    Kind.ADJUSTMENT: "Cost of one added unit",
    Kind.STAKING_REWARD: "Worth of one unit",
    Kind.AIRDROP: "Worth of one unit",
}


def number(label: str, hint: str = "", *, required: bool = False) -> ExactFormField:
    return ExactFormField(label=label, help_text=hint, required=required)


def day(label: str, *, required: bool = True, hint: str = "", extra: str = "", future: bool = False) -> forms.DateField:
    attrs = {"type": "date", "class": extra} | ({} if future else {"max": timezone.localdate().isoformat()})
    widget = forms.DateInput(attrs=attrs, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=hint, widget=widget, input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"])


def text(label: str, hint: str = "", longest: int = 200) -> forms.CharField:
    return forms.CharField(label=label, help_text=hint, required=False, max_length=longest, widget=forms.TextInput(attrs={"autocomplete": "off"}))


def choice(label: str, choices: Any, hint: str = "", *, refreshes: bool = False) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": REFRESHES} if refreshes else {})
    return forms.ChoiceField(label=label, choices=choices, required=False, help_text=hint, widget=widget)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the fields depend on.

    paid      the currency that cash moves in; received: of an exchange, what comes
    costs_in  the currency of fees and taxes
    """

    kind: Kind
    portfolio: Portfolio
    chosen: Instrument | None
    entry: Transaction | None
    paid: str
    received: str
    costs_in: str

    @property
    def rule(self) -> KindRule:
        return RULES[self.kind]

    @property
    def base(self) -> str:
        return self.portfolio.base_currency

    @property
    def quoted(self) -> str:
        """“, USD” behind the label of a price."""
        return f", {self.chosen.currency}" if self.chosen else ""

    @property
    def in_percent(self) -> bool:
        """A bond is quoted in percent of par."""
        return self.chosen is not None and self.chosen.in_percent

    @property
    def has_accrued(self) -> bool:
        return self.rule.accrued and (self.in_percent or bool(self.entry and self.entry.accrued))

    @property
    def keeps_lots(self) -> bool:
        return self.rule.lots and self.portfolio.cost_method not in POOLING

    def had(self, name: str) -> bool:
        """Whether the recorded entry has a value there."""
        return self.entry is not None and getattr(self.entry, name) not in (None, "")

    # ── currencies ──────────────────────────────────────────────────────────

    @property
    def in_any_currency(self) -> bool:
        return self.kind in ANY_CURRENCY or (self.kind == Kind.ADJUSTMENT and self.chosen is None)

    @property
    def pays(self) -> bool:
        """Whether money is a part of it, so that its currency is asked for."""
        if self.kind in {Kind.TRANSFER_OUT, Kind.SPLIT, Kind.STOCK_DIVIDEND}:
            return self.had("amount") or self.had("fees")
        return self.rule.moves_cash

    @property
    def rate_from(self) -> str:
        """The currency that the rate of the entry leads from, to the portfolio's own; "" where there is no rate to ask for."""
        if self.kind == Kind.FX_EXCHANGE:
            return "" if self.base in (self.paid, self.received) else self.paid
        start = self.paid if self.paid != self.base else self.chosen.currency if self.chosen else self.base
        return start if self.pays and start != self.base else ""


# ── the fields ──────────────────────────────────────────────────────────────


def amounts_of(now: Situation) -> Fields:
    """Units, prices, amounts and costs, in the order of the page."""
    kind, rule = now.kind, now.rule
    if kind == Kind.FX_EXCHANGE:
        return _exchange(now)
    if rule.ratio:
        return {"ratio_new": number("New units", "4 for 4:1", required=True), "ratio_old": number("For old units", "1 for 4:1", required=True)}
    if rule.legs:
        return _reorganisation(now)
    if kind == Kind.TRANSFER_OUT:
        return {"quantity": number("Units", required=True), **(_costs(now) if now.had("fees") or now.had("taxes") else {})}
    if kind == Kind.ADJUSTMENT:
        return _adjustment(now)
    if kind == Kind.TRANSFER_IN:
        return {"quantity": number("Units", required=True), "price": _price(now), "acquired_on": _acquired()}
    if rule.price and rule.quantity == REQUIRED:
        accrued = (
            {"accrued": number(f"Accrued interest, {now.paid}", "Run up since the last coupon, on top of the price.")} if now.has_accrued else {}
        )
        total = {"amount": _total(now)} if now.had("amount") else {}
        return {"quantity": number("Units", required=True), "price": _price(now), **accrued, **_costs(now), **total}
    if kind == Kind.STOCK_DIVIDEND:
        return {"quantity": number("New units", required=True), "amount": _amount(now, required=False)}
    if kind in PAID_OUT:
        return _paid_out(now)
    costs = _costs(now)
    return {
        "amount": _amount(now),
        **({"taxes": costs["taxes"]} if kind == Kind.INTEREST else {}),
        **({"fees": costs["fees"]} if now.had("fees") else {}),
    }


def seldom_of(now: Situation) -> Fields:
    """What stands under “More”."""
    kind, rule = now.kind, now.rule
    made: Fields = {}
    if rule.price and rule.quantity == REQUIRED and kind not in {Kind.TRANSFER_IN, Kind.ADJUSTMENT} and not now.had("amount"):
        made["amount"] = _total(now)
    if kind == Kind.SPLIT:
        made["quantity"] = number("Fraction paid in cash, units", "Of a unit, where the split did not come out even.")
        made["amount"] = number(f"Cash for the fraction, {now.paid}")
    if kind in {Kind.DEPOSIT, Kind.WITHDRAWAL} and not now.had("fees"):
        made["fees"] = number(f"Fee, {now.paid}")
    if rule.settles:
        made["settles_on"] = day("Settled on", required=False, hint="When units and money change hands.", future=True)
    made["traded_time"] = forms.TimeField(
        label="Time",
        required=False,
        help_text="Decides the order within the day.",
        widget=forms.TimeInput(attrs={"type": "time", "step": "1"}, format="%H:%M:%S"),
    )
    if rule.own_costs and kind != Kind.FX_EXCHANGE:
        made["costs_currency"] = choice("Fee and tax in", _costs_currencies(now), refreshes=True)
        if now.costs_in not in (now.paid, now.base):
            made["costs_rate"] = number(f"Rate, 1 {now.costs_in} in {now.base}", "The day’s reference rate, if you leave it empty.")
    if now.keeps_lots and rule.method:
        own = f"The portfolio’s: {CostMethod(now.portfolio.cost_method).label.lower()}"
        kept = [(method.value, str(method.label)) for method in CostMethod if method.value not in POOLING]
        made["method"] = choice("Method of this sale", [("", own), *kept], "Which lots it takes.")
    made["tags"] = text("Tags", "Parted by commas.", 500)
    made["external_id"] = text("Broker’s number")
    made["reference"] = text("Where the document is", "A page, a folder, the number of a contract note.", 500)
    return made


def _costs_currencies(now: Situation) -> list[Any]:
    first = [now.paid, now.base, *([now.chosen.currency] if now.chosen else [])]
    return [
        ("", f"The same, {now.paid}"),
        *((code, code) for code in dict.fromkeys([*first[1:], *COMMON, *map(str, CURRENCIES)]) if code != now.paid),
    ]


def _price(now: Situation) -> forms.Field:
    if now.in_percent:
        return number("Price, percent of par", "As bonds are quoted: 98.5 for 98.5% of the nominal.")
    alone = now.kind in {Kind.TRANSFER_IN}
    return number(f"{_PRICES.get(now.kind, 'Price per unit')}{now.quoted}", required=alone)


def _costs(now: Situation) -> Fields:
    withheld = " withheld" if now.rule.direction > 0 else ""
    return {"fees": number(f"Fee, {now.costs_in}"), "taxes": number(f"Tax{withheld}, {now.costs_in}")}


def _total(now: Situation) -> forms.Field:
    hint = (
        "What the units were worth, in place of the price."
        if not now.rule.is_purchase and not now.rule.is_sale
        else "What moved on the account, after fee and tax."
    )
    return number(f"Total, {now.paid}", hint)


def _amount(now: Situation, *, required: bool = True) -> forms.Field:
    label, hint = _AMOUNTS.get(now.kind, ("Amount", ""))
    return number(f"{label}, {now.paid}", hint, required=required)


def _acquired() -> forms.Field:
    return day("Bought on", required=False, hint="The day of transfer, if you leave it empty.")


def _exchange(now: Situation) -> Fields:
    """What was given stands first, each amount with its currency."""
    costs = {"fees": number(f"Fee, {now.paid}", "On top, in what was given."), "taxes": number(f"Tax, {now.paid}")}
    return {
        "given_amount": number(f"Given, {now.paid}", required=True),
        "settlement": choice("Given in", currency_choices([now.paid]), refreshes=True),
        "amount": number(f"Received, {now.received}", required=True),
        "received": choice("Received in", currency_choices([now.received]), refreshes=True),
        **costs,
    }


def _reorganisation(now: Situation) -> Fields:
    made: Fields = {}
    if now.rule.amount:
        made["amount"] = _amount(now, required=False)
        made |= _costs(now)
        made["cost_share"] = number(*SHARE_OF_CASH)
    return made


def _adjustment(now: Situation) -> Fields:
    if now.chosen is None:
        return {"amount": _amount(now, required=False)}
    return {"quantity": number("Units", "Below zero where units are missing.", required=True), "price": _price(now), "acquired_on": _acquired()}


def _paid_out(now: Situation) -> Fields:
    """Each unit and its amount stand only where they were recorded; the amount that arrived is what people have before them."""
    known = now.had("price") and not now.had("reinvested_quantity")
    each = {"quantity": number("Units"), "price": number(f"For each unit{now.quoted}")} if known else {}
    costs = _costs(now)
    made: Fields = {**each, "amount": _amount(now, required=not known)}
    if now.kind != Kind.RETURN_OF_CAPITAL:
        made["taxes"] = costs["taxes"]
    if now.had("fees") or now.kind == Kind.DIVIDEND:
        made["fees"] = costs["fees"]
    if now.rule.reinvested:
        made["reinvested_quantity"] = number("Units bought with it", "Only where it was reinvested at once.")
    return made
