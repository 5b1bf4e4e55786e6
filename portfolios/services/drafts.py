"""Entries before they are recorded: what was asked for, checked field by field, with the rate that they are booked at.

Checking never stops at the first mistake: all of them are told at once, each with its field, and with its row in a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from market.selectors import RateView, rates
from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.kernel.decimals import EXACT, LIMIT, NotExact, exact, plain, product, rounded
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolios.choices import RateSource, TransactionKind
from portfolios.errors import LedgerRefused, Oversold
from portfolios.kinds import RULES, KindRule
from portfolios.models import Portfolio, Transaction

if TYPE_CHECKING:
    from market.models import Instrument

MOST_ERRORS = 500  # more are counted, not listed
NUMBERS = ("quantity", "price", "amount", "fees", "taxes", "fx_rate", "ratio_new", "ratio_old")
WORDS = {
    "quantity": "quantity",
    "price": "price",
    "amount": "amount",
    "fees": "fee",
    "taxes": "tax",
    "fx_rate": "exchange rate",
    "ratio_new": "number of new units",
    "ratio_old": "number of old units",
}
TEXTS = {"notes": 4000, "external_id": 200}
Pair = tuple[str, str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionDraft:
    """One entry to be recorded.

    currency             of the price; where blank, the instrument's, or the portfolio's own without an instrument
    settlement_currency  of amount, fees and taxes; where blank, `currency`
    amount               the cash that moved: a purchase with its costs, what was left of a sale or dividend after them;
                         of a transfer in, the cost that the units carry
    fx_rate              units of the portfolio's currency for one unit of the settlement currency; where missing, the
                         day's reference rate
    """

    kind: str
    traded_on: date | None
    instrument: Instrument | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    fees: Decimal | None = None
    taxes: Decimal | None = None
    currency: str = ""
    settlement_currency: str = ""
    fx_rate: Decimal | None = None
    traded_at: datetime | None = None
    ratio_new: Decimal | None = None
    ratio_old: Decimal | None = None
    acquired_on: date | None = None
    notes: str = ""
    external_id: str = ""
    source: str = ""
    source_key: str = ""


class _Check:
    """One draft on its way to a Transaction (not saved), collecting what is wrong with it."""

    def __init__(self, draft: TransactionDraft, portfolio: Portfolio, today: date) -> None:
        self.draft, self.portfolio, self.today = draft, portfolio, today
        self.base = portfolio.base_currency
        self.errors: list[FieldError] = []
        self.kind = str(draft.kind).lower()
        self.rule: KindRule | None = RULES.get(self.kind)
        self.numbers: dict[str, Decimal | None] = {}
        self.currency = self.settlement = ""
        if self.rule is None:
            self.refuse("kind", "invalid", f"“{str(draft.kind)[:20]}” is not a type of transaction. Use one of: {', '.join(RULES)}.")
        else:
            self._check(self.rule)

    def refuse(self, field: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(field, code, detail))

    # ── the fields by themselves ────────────────────────────────────────────

    def _check(self, rule: KindRule) -> None:
        self._read_numbers()
        self._check_day()
        self._check_instrument(rule)
        self._check_currencies()
        self._check_presence(rule)
        self._check_signs(rule)
        for field, longest in TEXTS.items():
            text = getattr(self.draft, field)
            if len(text) > longest:
                self.refuse(field, "too_long", f"At most {longest} characters; these are {len(text)}.")
            elif "\x00" in text:
                self.refuse(field, "invalid", "The text holds a character that cannot be stored.")

    def _read_numbers(self) -> None:
        for field in NUMBERS:
            value = getattr(self.draft, field)
            try:
                self.numbers[field] = None if value is None else exact(value)
            except NotExact as problem:
                self.numbers[field] = None
                self.refuse(field, "invalid", str(problem))

    def _check_day(self) -> None:
        day, moment = self.draft.traded_on, self.draft.traded_at
        if day is None:
            self.refuse("traded_on", "required", "Enter the date of the trade.")
            return
        if day > self.today:
            self.refuse("traded_on", "future_date", f"{_day(day)} is in the future. Enter a date up to today.")
        elif day < EARLIEST:
            self.refuse("traded_on", "too_early", f"{_day(day)} is before {EARLIEST.year}. Check the year.")
        if moment is not None and moment > timezone.now():
            self.refuse("traded_at", "future_date", "The time is in the future.")

    def _check_instrument(self, rule: KindRule) -> None:
        instrument = self.draft.instrument
        if instrument is None:
            if rule.instrument == "required":
                self.refuse("instrument", "required", f"Say which instrument the {_word(self.kind)} is of.")
        elif not rule.instrument:
            self.refuse("instrument", "not_allowed", f"A {_word(self.kind)} has no instrument.")
        elif instrument.owner_id not in (None, self.portfolio.owner_id):
            self.refuse("instrument", "not_found", "There is no such instrument.")

    def _check_currencies(self) -> None:
        instrument = self.draft.instrument
        standard = instrument.currency if instrument is not None else self.draft.settlement_currency or self.base
        self.currency = self._currency("currency", self.draft.currency or standard)
        self.settlement = self._currency("settlement_currency", self.draft.settlement_currency or self.currency)

    def _currency(self, field: str, code: str) -> str:
        try:
            return Currency(code)
        except UnknownCurrency as problem:
            if not any(error.field == "currency" for error in self.errors):
                self.refuse(field, "unknown_currency", str(problem))
            return ""

    def _given(self, field: str) -> bool:
        return getattr(self.draft, field) is not None

    def _check_presence(self, rule: KindRule) -> None:
        word = _word(self.kind)
        allowed = {
            "quantity": bool(rule.quantity),
            "price": rule.price,
            "amount": rule.amount,
            "fees": rule.costs,
            "taxes": rule.costs,
            "ratio_new": rule.ratio,
            "ratio_old": rule.ratio,
            "fx_rate": rule.moves_cash,
            "acquired_on": rule.acquired,
        }
        for field, may in allowed.items():
            if not may and self._given(field):
                self.refuse(field, "not_allowed", f"A {word} has no {WORDS.get(field, 'date of purchase')}. Leave it empty.")
        if rule.quantity == "required" and not self._given("quantity"):
            self.refuse("quantity", "required", "Enter how many units.")
        if rule.ratio:
            for field in ("ratio_new", "ratio_old"):
                if not self._given(field):
                    self.refuse(field, "required", "Enter both numbers of the split, such as 4 and 1 for 4:1.")
        if rule.price and not self._given("price") and not self._given("amount"):
            self.refuse("price", "required", "Enter the price of one unit, or the amount.")
        elif rule.price and rule.quantity != "required" and not self._given("amount") and not self._given("quantity"):
            self.refuse("amount", "required", "Enter the amount, or the number of units and the amount for each.")
        elif rule.amount == "required" and not rule.price and not self._given("amount"):
            self.refuse("amount", "required", "Enter the amount.")

    def _check_signs(self, rule: KindRule) -> None:
        for field in ("quantity", "fx_rate", "ratio_new", "ratio_old"):
            value = self.numbers.get(field)
            if value is not None and value <= 0:
                self.refuse(field, "not_positive", f"The {WORDS[field]} must be above zero.{_sign_hint(field, self.kind)}")
        for field in ("price", "fees", "taxes"):
            value = self.numbers.get(field)
            if value is not None and value < 0:
                self.refuse(field, "negative", f"The {WORDS[field]} cannot be below zero.")
        self._check_acquired()
        amount = self.numbers.get("amount")
        if amount is None or not rule.amount:
            return
        if rule.reversible:
            if amount == 0:
                self.refuse("amount", "not_positive", "The amount cannot be zero.")
        elif amount < 0 or (amount == 0 and not rule.price):
            self.refuse("amount", "not_positive", f"The amount must be above zero; the type {_word(self.kind)} says which way it went.")

    def _check_acquired(self) -> None:
        acquired, day = self.draft.acquired_on, self.draft.traded_on
        if acquired is not None and day is not None and acquired > day:
            self.refuse("acquired_on", "invalid", "The units cannot have been bought after the day they arrived.")
        elif acquired is not None and acquired < EARLIEST:
            self.refuse("acquired_on", "too_early", f"{_day(acquired)} is before {EARLIEST.year}. Check the year.")

    # ── what spans fields: rates and amounts ────────────────────────────────

    def pairs(self) -> set[Pair]:
        """The rates that finishing needs."""
        day, rule, instrument = self.draft.traded_on, self.rule, self.draft.instrument
        if self.errors or rule is None or day is None or not self._moves_cash(rule):
            return set()
        wanted: set[Pair] = set()
        if self._needs_rate():
            wanted.add((self.settlement, self.base, day))
        if self.numbers["price"] is not None:
            if self.currency != self.settlement and self.numbers["amount"] is None and not self._own_rate_converts():
                wanted.add((self.currency, self.settlement, day))
            if instrument is not None and self.currency != instrument.currency:
                wanted.add((self.currency, instrument.currency, day))
        elif rule.quantity == "required" and rule.price and instrument is not None and self.settlement != instrument.currency:
            wanted.add((self.settlement, instrument.currency, day))
        return wanted

    def _moves_cash(self, rule: KindRule) -> bool:
        """What need not be settled in money is where it has an amount, or costs something."""
        if not rule.moves_cash or rule.price or rule.amount == "required":
            return rule.moves_cash
        return any(self.numbers[field] for field in ("amount", "fees", "taxes"))

    def _needs_rate(self) -> bool:
        return self.settlement != self.base and self.numbers["fx_rate"] is None

    def _own_rate_converts(self) -> bool:
        """The trade's rate leads from the currency of the price to the portfolio's own, in which it was settled."""
        return self.settlement == self.base and self.numbers["fx_rate"] is not None

    def finish(self, known: Mapping[Pair, RateView]) -> Transaction | None:
        """The entry as it will be stored, not saved; None if something is wrong."""
        rule, day = self.rule, self.draft.traded_on
        if self.errors or rule is None or day is None:
            return None
        numbers = dict(self.numbers)
        currency, settlement, instrument = self.currency, self.settlement, self.draft.instrument
        rate, source = self._booked_rate(known, day) if self._moves_cash(rule) else (None, RateSource.NONE)
        if numbers["price"] is not None:
            numbers["amount"] = self._amount_across(known, day)
            if instrument is not None and currency != instrument.currency:
                # the price is kept in the currency in which the instrument is quoted; the cash stays as it was
                crossed = self._rate(known, currency, instrument.currency, day)
                if crossed is not None and numbers["amount"] is None:
                    numbers["amount"] = self._cash(EXACT.multiply(numbers["price"], numbers["quantity"] or Decimal(0)))
                numbers["price"] = None if crossed is None else product(numbers["price"], crossed)
                currency = instrument.currency
        elif rule.quantity == "required" and rule.price and instrument is not None:
            numbers["price"], currency = self._price_from_amount(known, instrument, day), instrument.currency
        self._check_size(numbers, rate)
        if self.errors:
            return None
        draft = self.draft
        return Transaction(
            portfolio=self.portfolio,
            instrument=instrument,
            kind=self.kind,
            traded_on=day,
            traded_at=draft.traded_at,
            quantity=numbers["quantity"],
            price=numbers["price"],
            amount=numbers["amount"],
            fees=numbers["fees"] or None,
            taxes=numbers["taxes"] or None,
            currency=currency,
            settlement_currency="" if settlement == currency else settlement,
            fx_rate=rate,
            fx_source=source,
            ratio_new=numbers["ratio_new"],
            ratio_old=numbers["ratio_old"],
            acquired_on=draft.acquired_on,
            notes=draft.notes,
            external_id=draft.external_id,
            source=draft.source,
            source_key=draft.source_key,
        )

    def _booked_rate(self, known: Mapping[Pair, RateView], day: date) -> tuple[Decimal | None, str]:
        own = self.numbers["fx_rate"]
        if self.settlement == self.base:
            if own is not None and own != 1 and self.currency == self.settlement:
                self.refuse("fx_rate", "not_allowed", f"The entry is in {self.base}, the portfolio's own currency. Leave the rate empty.")
            return None, RateSource.NONE
        if own is not None:
            return own, RateSource.OWN
        return self._rate(known, self.settlement, self.base, day), RateSource.REFERENCE

    def _rate(self, known: Mapping[Pair, RateView], base: str, quote: str, day: date) -> Decimal | None:
        found = known.get((base, quote, day))
        if found is None:
            if not any(error.field == "fx_rate" for error in self.errors):
                self.refuse("fx_rate", "missing_rate", f"No {base}/{quote} rate is known for {_day(day)}; enter the rate of the trade.")
            return None
        return found.rate

    def _amount_across(self, known: Mapping[Pair, RateView], day: date) -> Decimal | None:
        """The cash that moved, where the price is in another currency than the cash; else as given."""
        amount, price, quantity = self.numbers["amount"], self.numbers["price"], self.numbers["quantity"]
        if amount is not None or self.currency == self.settlement or price is None or quantity is None:
            return amount
        rate = self.numbers["fx_rate"] if self._own_rate_converts() else self._rate(known, self.currency, self.settlement, day)
        return None if rate is None else self._cash(rounded(EXACT.multiply(EXACT.multiply(price, quantity), rate)))

    def _cash(self, gross: Decimal) -> Decimal:
        costs = (self.numbers["fees"] or Decimal(0)) + (self.numbers["taxes"] or Decimal(0))
        if self.kind == TransactionKind.TRANSFER_IN:
            return rounded(gross)
        return rounded(gross + costs if self.kind == TransactionKind.BUY else gross - costs)

    def _price_from_amount(self, known: Mapping[Pair, RateView], instrument: Instrument, day: date) -> Decimal | None:
        """The price of one unit that the amount comes to, in the currency in which the instrument is quoted."""
        amount, quantity = self.numbers["amount"], self.numbers["quantity"]
        assert amount is not None and quantity is not None  # presence was checked
        costs = (self.numbers["fees"] or Decimal(0)) + (self.numbers["taxes"] or Decimal(0))
        gross = {TransactionKind.BUY: amount - costs, TransactionKind.SELL: amount + costs}.get(TransactionKind(self.kind), amount)
        if gross < 0:
            self.refuse("amount", "invalid", "The amount is less than its fees and taxes. Enter what was paid in all.")
            return None
        rate = Decimal(1) if self.settlement == instrument.currency else self._rate(known, self.settlement, instrument.currency, day)
        return None if rate is None else rounded(EXACT.divide(EXACT.multiply(gross, rate), quantity))

    def _check_size(self, numbers: Mapping[str, Decimal | None], rate: Decimal | None) -> None:
        """Everything that is derived must be a storable number too."""
        price, quantity, amount = numbers["price"], numbers["quantity"], numbers["amount"]
        gross = EXACT.multiply(price, quantity) if price is not None and quantity is not None else Decimal(0)
        costs = (numbers["fees"] or Decimal(0)) + (numbers["taxes"] or Decimal(0))
        largest = max(abs(gross), abs(amount or Decimal(0))) + costs
        if max(largest, EXACT.multiply(largest, rate or Decimal(1))) >= LIMIT:
            field = "price" if price is not None else "amount"
            self.refuse(field, "too_large", "The entry comes to more than can be kept: at most 20 digits stand before the point.")


def checked(portfolio: Portfolio, drafts: Sequence[TransactionDraft], *, actor: Any, rows: bool) -> list[Transaction]:
    """The drafts as entries that can be stored, in their order, not saved.

    Raises Invalid with every field that is wrong; with `rows` each field is prefixed by "transactions.<place from 0>.".
    At most two queries for rates, whatever the number of drafts.
    """
    today = timezone.localdate()
    checks = [_Check(draft, portfolio, today) for draft in drafts]
    wanted: set[Pair] = set().union(*(check.pairs() for check in checks)) if checks else set()
    known = rates(wanted, user=actor) if wanted else {}
    made: list[Transaction] = []
    for check in checks:
        entry = check.finish(known)
        if entry is not None:
            made.append(entry)
    if len(made) < len(drafts):
        raise refusal(((number, check.errors) for number, check in enumerate(checks)), rows=rows)
    return made


def refusal(errors: Iterable[tuple[int, Sequence[FieldError]]], *, rows: bool) -> Invalid:
    """One error out of many."""
    found: list[FieldError] = []
    refused = 0
    for number, wrong in errors:
        refused += bool(wrong)
        prefix = f"transactions.{number}." if rows else ""
        found.extend(FieldError(prefix + error.field, error.code, error.detail) for error in wrong)
    if not rows:
        return Invalid(found[0].detail, errors=found)
    first = found[0]
    place = first.field.split(".")[1]
    return Invalid(
        f"{refused} {'row was' if refused == 1 else 'rows were'} refused and nothing was recorded. The first is row {int(place) + 1}: {first.detail}",
        errors=found[:MOST_ERRORS],
    )


def with_symbol(refused: LedgerRefused, instruments: Iterable[Instrument | None]) -> LedgerRefused:
    """The same refusal, with the symbol of what was held too little of: the ledger knows instruments by number only."""
    symbol = next((one.symbol for one in instruments if one is not None and one.pk == refused.data.get("instrument")), "")
    units = refused.data.get("held")
    if isinstance(refused, Oversold) and isinstance(units, Decimal) and symbol:
        held = f"you held {plain(units)}"
        refused.detail = refused.detail.replace(held, f"{held} {symbol}", 1)
        refused.args = (refused.detail,)
    return refused


def _word(kind: str) -> str:
    return str(TransactionKind(kind).label).lower()


def _day(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def _sign_hint(field: str, kind: str) -> str:
    if field == "quantity" and kind in {TransactionKind.BUY, TransactionKind.SELL}:
        return " The type says whether it is bought or sold."
    return ""
