"""What is wrong with a draft, field by field, without looking at anything else."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.kernel.decimals import NotExact, exact, plain
from portfolio_site.kernel.errors import FieldError
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolio_site.kernel.words import unstorable, unwritable
from portfolios.choices import CostMethod
from portfolios.choices import TransactionKind as Kind
from portfolios.kinds import OPTIONAL, REQUIRED, RULES, KindRule
from portfolios.ledger.events import Arriving, LotChoice
from portfolios.models import Portfolio
from portfolios.services.drafts.shapes import TransactionDraft
from portfolios.services.drafts.words import WORDS, a, day_in_words, word_of
from portfolios.tags import LONGEST_TAG, MOST_TAGS, tidy_tags

ZERO, ONE = Decimal(0), Decimal(1)
NUMBERS = (
    "quantity", "price", "amount", "fees", "taxes", "fx_rate", "ratio_new", "ratio_old", "accrued", "costs_rate", "given_amount",
    "reinvested_quantity", "cost_share",
)  # fmt: skip
POSITIVE = ("fx_rate", "ratio_new", "ratio_old", "costs_rate", "given_amount", "reinvested_quantity")
COSTS = ("fees", "taxes")
TEXTS = {"notes": 4000, "external_id": 200, "reference": 500}
POOLS = frozenset({CostMethod.AVERAGE, CostMethod.SECTION104})
LATEST_SETTLEMENT = timedelta(days=366)


def _not_allowed(rule: KindRule) -> tuple[str, ...]:
    """The fields that entries of a kind do not have."""
    allowed = {
        "quantity": bool(rule.quantity),
        "price": rule.price,
        "amount": bool(rule.amount),
        "fees": rule.costs,
        "taxes": rule.costs,
        "ratio_new": rule.ratio,
        "ratio_old": rule.ratio,
        "fx_rate": rule.moves_cash,
        "acquired_on": rule.acquired,
        "settles_on": rule.settles,
        "accrued": rule.accrued,
        "costs_currency": rule.own_costs,
        "costs_rate": rule.own_costs or rule.given,
        "given_amount": rule.given,
        "reinvested_quantity": rule.reinvested,
        "cost_share": rule.cost_share,
        "legs": bool(rule.legs),
        "method": rule.method,
        "lots": rule.lots or rule.acquired,
    }
    return tuple(field for field, may in allowed.items() if not may)


_NOT_ALLOWED = {kind: _not_allowed(rule) for kind, rule in RULES.items()}


class FieldCheck:
    """One draft, collecting what is wrong with it: all mistakes are told at once."""

    def __init__(self, draft: TransactionDraft, portfolio: Portfolio, today: date) -> None:
        self.draft, self.portfolio, self.today = draft, portfolio, today
        self.base = portfolio.base_currency
        self.errors: list[FieldError] = []
        self.kind = str(draft.kind).lower()
        self.rule: KindRule | None = RULES.get(self.kind)
        self.numbers: dict[str, Decimal | None] = {}
        self.tags = tidy_tags(draft.tags)
        self.currency = self.settlement = self.costs_currency = ""
        if self.rule is None:
            self.refuse("kind", "invalid", f"“{str(draft.kind)[:20]}” is not a type of transaction. Use one of: {', '.join(RULES)}.")
            self._read_numbers()
            self._check_days()
            self._check_texts()
        else:
            self._check(self.rule)

    def refuse(self, field: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(field, code, detail))

    def number(self, field: str) -> Decimal:
        """A number of the draft, 0 where it is missing."""
        return self.numbers[field] or ZERO

    @property
    def units(self) -> Decimal:
        """The units that the price is of."""
        return self.number("reinvested_quantity") or self.number("quantity")

    def _check(self, rule: KindRule) -> None:
        self._read_numbers()
        self._check_days()
        self._check_instrument(rule)
        self._check_currencies(rule)
        self._check_allowed()
        self._check_presence(rule)
        self._check_signs(rule)
        self._check_lots()
        self._check_texts()

    # ── each field by itself ────────────────────────────────────────────────

    def _read_numbers(self) -> None:
        for field in NUMBERS:
            value = getattr(self.draft, field)
            try:
                self.numbers[field] = None if value is None else exact(value)
            except NotExact as problem:
                self.numbers[field] = None
                self.refuse(field, "invalid", str(problem))

    def _check_days(self) -> None:
        day, moment, settles = self.draft.traded_on, self.draft.traded_at, self.draft.settles_on
        if day is None:
            self.refuse("traded_on", "required", "Enter the date of the trade.")
            return
        if day > self.today:
            self.refuse("traded_on", "future_date", f"{day_in_words(day)} is in the future. Enter a date up to today.")
        elif day < EARLIEST:
            self.refuse("traded_on", "too_early", f"{day_in_words(day)} is before {EARLIEST.year}. Check the year.")
        if moment is not None and moment > timezone.now():
            self.refuse("traded_at", "future_date", "The time is in the future.")
        if settles is not None and settles < day:
            self.refuse("settles_on", "too_early", f"A trade of {day_in_words(day)} cannot settle before it. Enter that day or a later one.")
        elif settles is not None and settles > day + LATEST_SETTLEMENT:
            self.refuse("settles_on", "too_late", f"{day_in_words(settles)} is more than a year after the trade. Check the year.")

    def _check_instrument(self, rule: KindRule) -> None:
        instrument = self.draft.instrument
        if instrument is None:
            if rule.instrument == REQUIRED:
                self.refuse("instrument", "required", f"Say which instrument the {word_of(self.kind)} is of.")
        elif not rule.instrument:
            self.refuse("instrument", "not_allowed", f"{a(word_of(self.kind)).capitalize()} has no instrument.")
        elif instrument.owner_id not in (None, self.portfolio.owner_id):
            self.refuse("instrument", "not_found", "There is no such instrument.")

    def _check_currencies(self, rule: KindRule) -> None:
        draft = self.draft
        standard = draft.instrument.currency if draft.instrument is not None else self.base if rule.given else draft.settlement_currency or self.base
        self.currency = self._currency("currency", draft.currency or standard)
        self.settlement = self._currency("settlement_currency", draft.settlement_currency or self.currency)
        if rule.given and self.currency and self.currency == self.settlement:
            self.refuse("settlement_currency", "required", f"Say which other currency was given for the {self.currency}.")
        if draft.costs_currency:
            own = self._currency("costs_currency", draft.costs_currency)
            costs = self.number("fees") + self.number("taxes")
            self.costs_currency = own if costs and own != self.settlement else ""

    def _currency(self, field: str, code: str) -> str:
        if not code:
            return ""  # said already, of the field that it stands in for
        try:
            return Currency(code)
        except UnknownCurrency as problem:
            self.refuse(field, "unknown_currency", str(problem))
            return ""

    def _check_texts(self) -> None:
        for field, longest in TEXTS.items():
            text = getattr(self.draft, field)
            if len(text) > longest:
                self.refuse(field, "too_long", f"At most {longest} characters; these are {len(text)}.")
            elif unstorable(text):
                self.refuse(field, "invalid", "The text holds a character that cannot be stored.")
        if len(self.tags) > MOST_TAGS:
            self.refuse("tags", "too_many", f"At most {MOST_TAGS} tags; these are {len(self.tags)}.")
        if any(len(tag) > LONGEST_TAG for tag in self.tags):
            self.refuse("tags", "too_long", f"A tag has at most {LONGEST_TAG} characters.")
        elif any("," in tag for tag in self.tags):
            self.refuse("tags", "invalid", "A tag cannot hold a comma.")
        elif said := next(filter(None, map(unwritable, self.tags)), ""):
            self.refuse("tags", "invalid", said)

    # ── which fields the kind has ───────────────────────────────────────────

    def _given(self, field: str) -> bool:
        return getattr(self.draft, field) not in (None, "", ())

    def _check_allowed(self) -> None:
        for field in _NOT_ALLOWED[self.kind]:
            if self._given(field) and not (field in COSTS and not self.number(field)):
                self.refuse(field, "not_allowed", f"{a(word_of(self.kind)).capitalize()} has no {WORDS[field]}. Leave it empty.")
        if self._given("costs_currency") and self._given("reinvested_quantity"):
            self.refuse("costs_currency", "not_allowed", "The fees and taxes of a reinvested dividend are in its own currency. Leave it empty.")

    def _check_presence(self, rule: KindRule) -> None:
        if rule.quantity == REQUIRED and not self._given("quantity"):
            self.refuse("quantity", "required", "Enter how many units.")
        if rule.ratio:
            for field in ("ratio_new", "ratio_old"):
                if not self._given(field):
                    self.refuse(field, "required", "Enter both numbers of the split, such as 4 and 1 for 4:1.")
        if rule.given and not self._given("given_amount"):
            self.refuse("given_amount", "required", "Enter how much was given for it.")
        if rule.legs == REQUIRED and not self._given("legs"):
            self.refuse("legs", "required", "Say which instrument the units became, or brought.")
        elif rule.legs == OPTIONAL and not self._given("legs") and not self._given("amount"):
            self.refuse("legs", "required", "Say what the units became: another instrument, cash, or both.")
        if self.kind == Kind.ADJUSTMENT:
            self._check_adjustment()
        elif self.kind == Kind.SPLIT:
            self._check_fraction()
        else:
            self._check_amount_is_there(rule)

    def _check_amount_is_there(self, rule: KindRule) -> None:
        priced = rule.price and self._given("price")
        if rule.amount != REQUIRED or self._given("amount"):
            return
        if not rule.price:
            self.refuse("amount", "required", "Enter the amount.")
        elif not priced:
            self.refuse("price", "required", "Enter the price of one unit, or the amount.")
        elif not self._given("quantity") and not self._given("reinvested_quantity"):
            self.refuse("amount", "required", "Enter the amount, or the number of units and the amount for each.")

    def _check_adjustment(self) -> None:
        """Of units with a sign, and what added ones cost; or of a balance, with a sign."""
        if self.draft.instrument is None:
            if not self._given("amount"):
                self.refuse("amount", "required", "Enter by how much the balance changes, below zero where money is missing.")
            for field in ("quantity", "price", "acquired_on"):
                if self._given(field):
                    self.refuse(field, "not_allowed", "Say which instrument the adjustment is of, or enter an amount alone.")
        elif not self._given("quantity"):
            self.refuse("quantity", "required", "Enter by how many units the holding changes, below zero where units are missing.")
        elif self.number("quantity") > 0 and not self._given("price") and not self._given("amount"):
            self.refuse("price", "required", "Enter what one of the added units cost, or all of them; 0 if nothing.")
        elif self.number("quantity") < 0:
            for field in ("price", "amount", "acquired_on", "lots"):
                if self._given(field):
                    self.refuse(field, "not_allowed", "Units that are missing leave at what they cost. Leave it empty.")

    def _check_fraction(self) -> None:
        if self._given("quantity") != self._given("amount"):
            field, detail = (
                ("amount", "Enter what was paid for the fraction.")
                if self._given("quantity")
                else ("quantity", "Enter the fraction of a unit that was paid in cash.")
            )
            self.refuse(field, "required", detail)

    # ── signs ───────────────────────────────────────────────────────────────

    def _check_signs(self, rule: KindRule) -> None:
        quantity = self.numbers["quantity"]
        if quantity is not None and self.kind == Kind.ADJUSTMENT:
            if quantity == 0:
                self.refuse("quantity", "not_positive", "The quantity cannot be zero.")
        elif quantity is not None and quantity <= 0:
            self.refuse("quantity", "not_positive", f"The quantity must be above zero.{self._sign_hint(rule)}")
        for field in POSITIVE:
            value = self.numbers[field]
            if value is not None and value <= 0:
                self.refuse(field, "not_positive", f"The {WORDS[field]} must be above zero.")
        for field in ("price", "fees", "taxes"):
            if self.number(field) < 0:
                self.refuse(field, "negative", f"The {WORDS[field]} cannot be below zero.")
        if not ZERO <= self.number("cost_share") <= ONE:
            self.refuse("cost_share", "invalid", "A share of cost lies between 0 and 1, that is 0 % and 100 %.")
        self._check_acquired()
        self._check_amount(rule)

    def _sign_hint(self, rule: KindRule) -> str:
        return " The type says whether it is bought or sold." if rule.is_purchase or rule.is_sale else ""

    def _check_amount(self, rule: KindRule) -> None:
        amount = self.numbers["amount"]
        if amount is None or not rule.amount:
            return
        if rule.reversible or (rule.signed and self.draft.instrument is None):
            if amount == 0:
                self.refuse("amount", "not_positive", "The amount cannot be zero.")
            elif amount < 0 and self.numbers["reinvested_quantity"] is not None:
                self.refuse("amount", "not_positive", "The amount must be above zero where it bought units.")
        elif rule.signed and self.kind != Kind.ADJUSTMENT:
            return
        elif amount < 0 or (amount == 0 and not rule.price and rule.amount == REQUIRED):
            self.refuse("amount", "not_positive", f"The amount must be above zero; the type {word_of(self.kind)} says which way it went.")

    def _check_acquired(self) -> None:
        acquired, day = self.draft.acquired_on, self.draft.traded_on
        if acquired is not None and day is not None and acquired > day:
            self.refuse("acquired_on", "invalid", "The units cannot have been bought after the day they arrived.")
        elif acquired is not None and acquired < EARLIEST:
            self.refuse("acquired_on", "too_early", f"{day_in_words(acquired)} is before {EARLIEST.year}. Check the year.")

    # ── lots ────────────────────────────────────────────────────────────────

    def _check_lots(self) -> None:
        draft, rule = self.draft, self.rule
        if draft.method and draft.method not in CostMethod.values:
            self.refuse("method", "invalid", f"“{draft.method[:20]}” is not a cost method. Use one of: {', '.join(CostMethod.values)}.")
        elif draft.method in POOLS:
            self.refuse("method", "method_pools", "A single sale cannot pool the lots. Choose a method that keeps them apart.")
        if not draft.lots or rule is None:
            return
        wanted = LotChoice if rule.lots else Arriving
        if not all(isinstance(lot, wanted) for lot in draft.lots):
            self.refuse("lots", "invalid", "A sale names the lots that it takes; a transfer in says what its lots cost.")
            return
        if draft.method not in ("", CostMethod.SPECIFIC):
            self.refuse("method", "invalid", "A sale that names its lots has the method “specific”. Leave the method or the lots empty.")
        self._check_sizes_of_lots()

    def _check_sizes_of_lots(self) -> None:
        lots, quantity = self.draft.lots, self.number("quantity")
        try:
            sizes = [exact(lot.quantity) for lot in lots]
            carried = [(exact(lot.cost), exact(lot.cost_local)) for lot in lots if isinstance(lot, Arriving)]
        except NotExact as problem:
            self.refuse("lots", "invalid", str(problem))
            return
        if any(size <= 0 for size in sizes) or any(cost < 0 for pair in carried for cost in pair):
            self.refuse("lots", "not_positive", "Each lot has a quantity above zero, and no cost below zero.")
        elif carried and (sum(sizes) != quantity or sum((cost for cost, _ in carried), ZERO) != self.numbers["amount"]):
            self.refuse("lots", "transfer_mismatch", "The lots do not add up to the quantity and the cost of the transfer.")
        elif carried and self.draft.traded_on and any(lot.acquired_on > self.draft.traded_on for lot in lots if isinstance(lot, Arriving)):
            self.refuse("lots", "invalid", "The units cannot have been bought after the day they arrived.")
        elif sum(sizes) > quantity:
            word = "sold" if self.rule and self.rule.is_sale else "moved"
            said = f"The lots that are named hold more units than are {word}. Name {plain(quantity)} at most, or correct the quantity."
            self.refuse("lots", "too_many", said)
        elif len({lot.name for lot in lots if isinstance(lot, LotChoice)}) + len(carried) < len(lots):
            self.refuse("lots", "invalid", "A lot is named twice. Name it once, with all its units.")
