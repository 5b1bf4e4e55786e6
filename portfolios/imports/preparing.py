"""From what a file says to what is recorded: charges in third currencies are converted, exchanges booked at their own rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from market.models import Instrument
from market.selectors import RateView, rates
from portfolio_site.kernel.decimals import EXACT, plain, quotient, rounded
from portfolio_site.kernel.errors import FieldError
from portfolios.choices import TransactionKind as Kind
from portfolios.importers import Draft
from portfolios.importers.amounts import to_minor
from portfolios.imports.instruments import Matcher
from portfolios.lot_records import arriving_of, choices_of
from portfolios.models import Portfolio, Transaction
from portfolios.services import LegDraft, TransactionDraft

Pair = tuple[str, str, date]
Recorded = Callable[[], Iterable[tuple[int | None, str]]]
_OF_LEG = ("ratio_new", "ratio_old", "cost_share", "fraction", "cash", "local_rate")
_SAME = (
    "quantity", "price", "amount", "fees", "taxes", "currency", "settlement_currency", "fx_rate", "settles_on", "accrued", "costs_currency", "costs_rate",
    "given_amount", "reinvested_quantity", "ratio_new", "ratio_old", "cost_share", "acquired_on", "method", "notes", "tags", "external_id", "reference",
)  # fmt: skip
NO_ROW = 0  # the number of a lot whose row is left out: the ledger refuses it, and says what is open
TOO_FAR = Decimal("0.03")  # how far an assumed exchange may be from the day's reference rate


@dataclass(slots=True)
class Candidate:
    """A draft on its way to the ledger: the instrument it means, its key, and what is said of it."""

    draft: Draft
    instrument: Instrument | None
    source_key: str
    remarks: list[str] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)


class Preparing:
    """What makes candidates to drafts as the ledger takes them, one after another, so that they need not be held beside each other.

    `drafts` are those of all candidates, in their order; `recorded` gives the numbers and keys of rows of the file that stand in
    the ledger already.  At most two queries, seven with legs and lots, all of them at the beginning.
    """

    def __init__(self, portfolio: Portfolio, actor: Any, drafts: Sequence[Draft], source: str, recorded: Recorded = tuple) -> None:
        self._portfolio, self._source = portfolio, source
        self._rates = rates(_pairs(portfolio, drafts), user=actor)
        hints = [leg.hint for draft in drafts for leg in draft.legs]
        self._of_legs = Matcher(actor, hints) if hints else None
        self._numbers = {draft.entry: -place for place, draft in enumerate(drafts, start=1) if draft.entry is not None}
        if any("entry" in lot and int(lot["entry"]) not in self._numbers for draft in drafts for lot in draft.lots):
            self._numbers |= _numbers_in_ledger(portfolio, {key: entry for entry, key in recorded() if entry is not None})

    def draft(self, each: Candidate) -> TransactionDraft:
        """The draft of a candidate, which gets its remarks and errors."""
        if each.draft.entry is not None:
            return _as_exported(each, self._of_legs, self._numbers, self._source)
        return _prepared(self._portfolio, each, self._rates, self._source)


def _numbers_in_ledger(portfolio: Portfolio, entries: Mapping[str, int]) -> dict[int, int]:
    """By the number of a row of the file, the number of the entry that was made of it before.  One query."""
    rows = Transaction.objects.live().filter(portfolio=portfolio).exclude(source_key="").values_list("source_key", "origin_id", "pk")
    return {entries[key]: origin or pk for key, origin, pk in rows if key in entries}


def _as_exported(each: Candidate, of_legs: Matcher | None, numbers: Mapping[int, int], source: str) -> TransactionDraft:
    """A row of our own export: every field is what it was.  `numbers`: by the number that a lot's entry had, which row it is."""
    draft = each.draft
    legs = []
    for leg in draft.legs:
        instrument = of_legs.of(leg.hint) if of_legs is not None else None
        if instrument is None:
            said = f"No instrument is known under {leg.hint.isin or leg.hint.symbol}, which the entry names. Add it in the market, and read the file again."
            each.errors.append(FieldError("legs", "unknown_instrument", said))
        given = {name: value for name in _OF_LEG if (value := getattr(leg, name)) is not None}
        legs.append(replace(LegDraft(instrument=instrument), **given))
    named = [lot for lot in draft.lots if "entry" in lot]
    choices = choices_of([{**lot, "entry": numbers.get(int(lot["entry"]), NO_ROW)} for lot in named])
    return TransactionDraft(
        kind=draft.kind,
        traded_on=draft.day,
        traded_at=draft.time,
        instrument=each.instrument,
        legs=tuple(legs),
        lots=choices or arriving_of([dict(lot) for lot in draft.lots]),
        source=source,
        source_key=each.source_key,
        **{name: getattr(draft, name) for name in _SAME},
    )


def _pairs(portfolio: Portfolio, drafts: Iterable[Draft]) -> set[Pair]:
    wanted: set[Pair] = set()
    for draft in drafts:
        wanted |= {(charge.currency, draft.settlement_currency, draft.day) for charge in draft.charges}
        if draft.exchange is not None:
            wanted.add((draft.exchange.given_currency, portfolio.base_currency, draft.day))
            wanted.add((draft.exchange.given_currency, draft.exchange.taken_currency, draft.day))
    return wanted


def _prepared(portfolio: Portfolio, each: Candidate, known: Mapping[Pair, RateView], source: str) -> TransactionDraft:
    draft = each.draft
    fees, taxes, notes = _charged(each, known)
    common: dict[str, Any] = {
        "kind": draft.kind,
        "traded_on": draft.day,
        "traded_at": draft.time,
        "instrument": each.instrument,
        "notes": notes,
        "external_id": draft.external_id[:200],
        "source": source,
        "source_key": each.source_key,
    }
    if draft.kind is Kind.SPLIT:
        return TransactionDraft(**common, ratio_new=draft.ratio_new, ratio_old=draft.ratio_old)
    if draft.kind is Kind.TRANSFER_OUT:
        # what moves no money needs no rate
        paid = draft.settlement_currency if fees or taxes else portfolio.base_currency
        return TransactionDraft(**common, quantity=draft.quantity, fees=fees, taxes=taxes, settlement_currency=paid)
    settlement = draft.settlement_currency or draft.currency
    # of a dividend whose cash is known the amount a unit is only told; some brokers tell it after tax, so it is not kept
    price = None if draft.kind is Kind.DIVIDEND and draft.amount is not None else draft.price
    return TransactionDraft(
        **common,
        quantity=draft.quantity,
        price=price,
        amount=draft.amount,
        fees=fees,
        taxes=taxes,
        currency=draft.currency if price is not None else settlement,
        settlement_currency=settlement,
        fx_rate=_own_rate(portfolio, each, known, settlement),
        acquired_on=draft.acquired_on,
    )


def _charged(each: Candidate, known: Mapping[Pair, RateView]) -> tuple[Decimal | None, Decimal | None, str]:
    """(fees, taxes, notes): charges in third currencies at the day's reference rate; one without a rate is told in the notes."""
    draft = each.draft
    sums = {"fee": draft.fees or Decimal(0), "tax": draft.taxes or Decimal(0)}
    notes = draft.notes
    for charge in draft.charges:
        rate = known.get((charge.currency, draft.settlement_currency, draft.day))
        said = f"{charge.kind} of {plain(charge.amount)} {charge.currency}"
        if rate is None:
            each.remarks.append(f"The {said} is not counted: no rate to {draft.settlement_currency} is known for that day.")
            notes = f"{notes} (without a {said})".strip()
        else:
            sums[charge.kind] += to_minor(EXACT.multiply(charge.amount, rate.rate), draft.settlement_currency)
            notes = f"{notes} ({said})".strip()
    return sums["fee"] or None, sums["tax"] or None, notes[:4000]


def _own_rate(portfolio: Portfolio, each: Candidate, known: Mapping[Pair, RateView], settlement: str) -> Decimal | None:
    """The rate of the row, if it has one.  Both legs of an exchange are booked so that they come to the same in the base currency."""
    draft, base = each.draft, portfolio.base_currency
    swap = draft.exchange
    if swap is None:
        return draft.fx_rate if settlement != base else None
    _check_assumed(each, known)
    if settlement == base:
        return None
    if base in (swap.given_currency, swap.taken_currency):
        worth = swap.given if base == swap.given_currency else swap.taken
        return quotient(worth, draft.amount or worth)
    reference = known.get((swap.given_currency, base, draft.day))
    if reference is None or settlement == swap.given_currency:
        return None
    return rounded(EXACT.divide(EXACT.multiply(swap.given, reference.rate), swap.taken))


def _check_assumed(each: Candidate, known: Mapping[Pair, RateView]) -> None:
    swap = each.draft.exchange
    if swap is None or not swap.assumed:
        return
    reference = known.get((swap.given_currency, swap.taken_currency, each.draft.day))
    if reference is None:
        return
    expected = EXACT.multiply(swap.given, reference.rate)
    if abs(expected - swap.taken) > TOO_FAR * expected:
        detail = (
            f"{plain(swap.given)} {swap.given_currency} for {plain(swap.taken)} {swap.taken_currency} is far from the rate of that day, "
            f"{plain(rounded(reference.rate, 4))}: another currency must be meant. Add the column Symbol to the Flex query, or leave the row out."
        )
        each.errors.append(FieldError("currency", "currency_not_named", detail))
