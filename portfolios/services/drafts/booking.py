"""What spans the fields of a draft: the rates that it is booked at, the amount in another currency, the price that it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from market.selectors import RateView
from portfolio_site.kernel.decimals import EXACT, LIMIT, product, quotient, rounded
from portfolio_site.web.packed import Packed
from portfolios import lot_records
from portfolios.choices import CostMethod, RateSource
from portfolios.choices import TransactionKind as Kind
from portfolios.kinds import REQUIRED, KindRule
from portfolios.ledger.events import Arriving, LotChoice
from portfolios.models import Portfolio, Transaction
from portfolios.services.drafts.fields import ONE, ZERO, FieldCheck
from portfolios.services.drafts.legs import LegCheck
from portfolios.services.drafts.shapes import Pair, TransactionDraft
from portfolios.services.drafts.words import day_in_words
from portfolios.tags import tag_keys

# the names of the values that are sealed together, in the order in which they lie there
_SEALED = [name for _, name in sorted((part.place, name) for name, part in vars(Transaction).items() if isinstance(part, Packed))]
_CLOSE = Decimal("1e-9")  # how near a rate that is sent along with an exchange must be to what the exchange itself says


class Check(FieldCheck):
    """One draft on its way to a Transaction (not saved): `pairs` says which rates it needs, `finish` makes it."""

    def __init__(self, draft: TransactionDraft, portfolio: Portfolio, today: date) -> None:
        super().__init__(draft, portfolio, today)
        self.legs: LegCheck | None = None
        if self.rule is not None and self.rule.legs and not self.errors:
            self.legs = LegCheck(self)

    @property
    def factor(self) -> Decimal:
        """What one unit is worth for a price of 1."""
        return self.draft.instrument.price_factor if self.draft.instrument is not None else ONE

    def _is_priced(self, rule: KindRule) -> bool:
        """Units come or go at a price, which the ledger needs to know."""
        if self.kind == Kind.ADJUSTMENT:
            return self.number("quantity") > 0
        return rule.price and (rule.quantity == REQUIRED or self.numbers["reinvested_quantity"] is not None)

    # ── rates ───────────────────────────────────────────────────────────────

    def pairs(self) -> set[Pair]:
        """The rates that finishing needs."""
        day, rule, instrument = self.draft.traded_on, self.rule, self.draft.instrument
        if self.errors or rule is None or day is None:
            return set()
        wanted: set[Pair] = set() if self.legs is None else self.legs.pairs()
        if rule.given:
            return wanted | self._pairs_of_exchange(day)
        if not self._moves_cash(rule):
            return wanted
        if self.settlement != self.base and self.numbers["fx_rate"] is None:
            wanted.add((self.settlement, self.base, day))
        if self.costs_currency not in ("", self.base) and self.numbers["costs_rate"] is None:
            wanted.add((self.costs_currency, self.base, day))
        if self.numbers["price"] is not None:
            if self.currency != self.settlement and self.numbers["amount"] is None and not self._own_rate_converts():
                wanted.add((self.currency, self.settlement, day))
            if instrument is not None and self.currency != instrument.currency:
                wanted.add((self.currency, instrument.currency, day))
        elif self._is_priced(rule) and instrument is not None and self.settlement != instrument.currency:
            wanted.add((self.settlement, instrument.currency, day))
        return wanted

    def _moves_cash(self, rule: KindRule) -> bool:
        """What need not be settled in money is where it has an amount, or costs something."""
        if not rule.moves_cash or rule.amount == REQUIRED or self._is_priced(rule):
            return rule.moves_cash
        legs = self.legs.legs if self.legs is not None else []
        return any(self.numbers[field] for field in ("amount", "fees", "taxes")) or any(leg.cash for leg in legs)

    def _own_rate_converts(self) -> bool:
        """The trade's rate leads from the currency of the price to the portfolio's own, in which it was settled."""
        return self.settlement == self.base and self.numbers["fx_rate"] is not None

    def _booked_rate(self, known: Mapping[Pair, RateView], day: date) -> tuple[Decimal | None, str]:
        own = self.numbers["fx_rate"]
        if self.settlement == self.base:
            if own is not None and own != 1 and self.currency == self.settlement:
                self.refuse("fx_rate", "not_allowed", f"The entry is in {self.base}, the portfolio's own currency. Leave the rate empty.")
            return None, RateSource.NONE
        if own is not None:
            return own, RateSource.OWN
        return self._rate(known, self.settlement, self.base, day), RateSource.REFERENCE

    def _rate_of_costs(self, known: Mapping[Pair, RateView], day: date) -> Decimal | None:
        own = self.numbers["costs_rate"]
        if not self.costs_currency:
            return None
        if self.costs_currency == self.base:
            if own not in (None, ONE):
                self.refuse(
                    "costs_rate", "not_allowed", f"The fees and taxes are in {self.base}, the portfolio's own currency. Leave the rate empty."
                )
            return None
        return own if own is not None else self._rate(known, self.costs_currency, self.base, day, "costs_rate")

    def _rate(self, known: Mapping[Pair, RateView], base: str, quote: str, day: date, field: str = "fx_rate") -> Decimal | None:
        found = known.get((base, quote, day))
        if found is None:
            if not any(error.field == field for error in self.errors):
                self.refuse(field, "missing_rate", f"No {base}/{quote} rate is known for {day_in_words(day)}; enter the rate of the trade.")
            return None
        return found.rate

    # ── an exchange says its own rate ───────────────────────────────────────

    def _pairs_of_exchange(self, day: date) -> set[Pair]:
        told = self.base in (self.currency, self.settlement) or self.numbers["costs_rate"] or self.numbers["fx_rate"]
        return set() if told else {(self.settlement, self.base, day)}

    def _rates_of_exchange(self, known: Mapping[Pair, RateView], day: date) -> tuple[Decimal | None, Decimal | None, str]:
        """(base for one unit received, base for one unit given, source): what the portfolio's own currency says, where it is one of the two."""
        received, given = self.number("amount"), self.number("given_amount")
        own, of_given = self.numbers["fx_rate"], self.numbers["costs_rate"]
        if self.base in (self.currency, self.settlement):
            implied = ONE if self.currency == self.base else quotient(given, received)
            if of_given is not None:
                self.refuse("costs_rate", "not_allowed", "The exchange itself says the rate. Leave it empty.")
            elif own is not None and abs(own - implied) > _CLOSE * implied:
                self.refuse("fx_rate", "not_allowed", "The rate is not that of the two amounts. Leave it empty.")
            return (None if self.currency == self.base else implied), None, RateSource.NONE
        source = RateSource.OWN
        if of_given is None and own is not None:
            of_given = rounded(EXACT.divide(EXACT.multiply(received, own), given))
        elif of_given is None:
            of_given, source = self._rate(known, self.settlement, self.base, day), RateSource.REFERENCE
        of_received = None if of_given is None else rounded(EXACT.divide(EXACT.multiply(given, of_given), received))
        return of_received, of_given, source

    # ── amounts ─────────────────────────────────────────────────────────────

    @property
    def _costs(self) -> Decimal:
        """Fees and taxes as they stand to the amount, with sign."""
        if self.rule is None or self.costs_currency or self.numbers["reinvested_quantity"] is not None:
            return ZERO
        return self.rule.costs_way * (self.number("fees") + self.number("taxes"))

    def _worth(self, price: Decimal) -> Decimal:
        """Of all units at a price, in the currency of the price."""
        return EXACT.multiply(EXACT.multiply(price, self.units), self.factor)

    def _cash(self, gross: Decimal) -> Decimal:
        return rounded(gross + self._costs + self.number("accrued"))

    def _amount_across(self, known: Mapping[Pair, RateView], day: date) -> Decimal | None:
        """The cash that moved, where the price is in another currency than the cash; else as given."""
        amount, price = self.numbers["amount"], self.numbers["price"]
        if amount is not None or price is None or not self.units:
            return amount
        if self.currency == self.settlement:
            return self._cash(self._worth(price)) if self.numbers["reinvested_quantity"] is not None else None
        rate = self.numbers["fx_rate"] if self._own_rate_converts() else self._rate(known, self.currency, self.settlement, day)
        return None if rate is None else self._cash(rounded(EXACT.multiply(self._worth(price), rate)))

    def _price_from_amount(self, known: Mapping[Pair, RateView], quoted: str, day: date) -> Decimal | None:
        """The price of one unit that the amount comes to, in the currency in which the instrument is quoted."""
        gross = self.number("amount") - self._costs - self.number("accrued")
        if gross < 0:
            self.refuse("amount", "invalid", "The amount is less than its fees and taxes. Enter what was paid in all.")
            return None
        rate = ONE if self.settlement == quoted else self._rate(known, self.settlement, quoted, day)
        return None if rate is None else rounded(EXACT.divide(EXACT.multiply(gross, rate), EXACT.multiply(self.units, self.factor)))

    def _check_size(self, numbers: Mapping[str, Decimal | None], rate: Decimal | None) -> None:
        """Everything that is derived must be a storable number too."""
        price, amount = numbers["price"], numbers["amount"]
        gross = abs(self._worth(price)) if price is not None else ZERO
        costs = self.number("fees") + self.number("taxes") + abs(self.number("accrued"))
        largest = max(gross, abs(amount or ZERO), self.number("given_amount")) + costs
        derived = (abs(price or ZERO), rate or ZERO, numbers["costs_rate"] or ZERO)  # of a grain of a unit, of a grain of money
        if max(largest, EXACT.multiply(largest, rate or ONE), *derived) >= LIMIT:
            field = "price" if self.numbers["price"] is not None else "amount"
            self.refuse(field, "too_large", "The entry comes to more than can be kept: at most 20 digits stand before the point.")

    # ── the entry ───────────────────────────────────────────────────────────

    def finish(self, known: Mapping[Pair, RateView]) -> Transaction | None:
        """The entry as it will be stored, not saved; None if something is wrong.  Its legs lie in `leg_rows`."""
        rule, day = self.rule, self.draft.traded_on
        if self.errors or rule is None or day is None:
            return None
        booked = self._booked(rule, day, known)
        legs = self.legs.rows(known) if self.legs is not None else ()
        if self.errors:
            return None
        values = {**booked, **self._told(day)}
        sealed = [values.pop(name) for name in _SEALED]  # at once: each set by itself would make the whole anew
        row = Transaction(sealed=tuple(sealed), **values)
        row.__dict__["leg_rows"] = legs
        return row

    def _booked(self, rule: KindRule, day: date, known: Mapping[Pair, RateView]) -> dict[str, Any]:
        """The numbers as they are stored, with their currencies and rates."""
        numbers: dict[str, Any] = dict(self.numbers)
        currency = self.currency
        rate: Decimal | None = None
        source: str = RateSource.NONE
        if rule.given:
            rate, numbers["costs_rate"], source = self._rates_of_exchange(known, day)
        elif self._moves_cash(rule):
            rate, source = self._booked_rate(known, day)
            numbers["costs_rate"] = self._rate_of_costs(known, day)
            numbers["price"], numbers["amount"], currency = self._priced(rule, known, day)
        numbers["fees"], numbers["taxes"] = numbers["fees"] or None, numbers["taxes"] or None
        numbers["accrued"] = numbers["accrued"] or None
        if self.legs is not None:
            numbers["cost_share"] = self.legs.cash_share
        self._check_size(numbers, rate)
        return {
            **numbers,
            "currency": currency,
            "settlement_currency": "" if self.settlement == currency else self.settlement,
            "fx_rate": rate,
            "fx_source": source,
            "costs_currency": self.costs_currency,
        }

    def _priced(self, rule: KindRule, known: Mapping[Pair, RateView], day: date) -> tuple[Decimal | None, Decimal | None, str]:
        """(price, amount, currency of the price).  The price is kept in the currency in which the instrument is quoted."""
        price, amount, instrument = self.numbers["price"], self.numbers["amount"], self.draft.instrument
        if price is not None:
            amount = self._amount_across(known, day)
            if instrument is None or self.currency == instrument.currency:
                return price, amount, self.currency
            crossed = self._rate(known, self.currency, instrument.currency, day)
            if crossed is not None and amount is None:
                amount = self._cash(self._worth(price))  # the cash stays as it was
            return (None if crossed is None else product(price, crossed)), amount, instrument.currency
        if self._is_priced(rule) and instrument is not None:
            return self._price_from_amount(known, instrument.currency, day), amount, instrument.currency
        return None, amount, self.currency

    def _told(self, day: date) -> dict[str, Any]:
        """What is kept as it was said."""
        draft = self.draft
        choices = [lot for lot in draft.lots if isinstance(lot, LotChoice)]
        carried = [lot for lot in draft.lots if isinstance(lot, Arriving)]
        return {
            "portfolio": self.portfolio,
            "instrument": draft.instrument,
            "kind": self.kind,
            "traded_on": day,
            "traded_at": draft.traded_at,
            "settles_on": draft.settles_on,
            "acquired_on": draft.acquired_on,
            "method": CostMethod.SPECIFIC.value if choices and self.rule and self.rule.method else draft.method,
            "lots": lot_records.of_choices(choices) or lot_records.of_arriving(carried) or None,
            "notes": draft.notes,
            "tags": list(self.tags) or None,
            "tag_keys": tag_keys(self.tags),
            "external_id": draft.external_id,
            "reference": draft.reference,
            "link": draft.link,
            "proposal": draft.proposal,
            "source": draft.source,
            "source_key": draft.source_key,
        }
