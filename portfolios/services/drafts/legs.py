"""The legs of a spin-off, merger or symbol change: checked one by one and together, and made into rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from market.selectors import RateView
from portfolio_site.kernel.decimals import NotExact, exact, plain
from portfolio_site.kernel.errors import FieldError
from portfolios.choices import TransactionKind as Kind
from portfolios.models import TransactionLeg
from portfolios.services.drafts.fields import ONE, ZERO, FieldCheck
from portfolios.services.drafts.shapes import LegDraft, Pair
from portfolios.services.drafts.words import day_in_words

MOST_LEGS = 20
_NUMBERS = ("ratio_new", "ratio_old", "cost_share", "fraction", "cash", "local_rate")
_POSITIVE = {"ratio_new": "number of new units", "ratio_old": "number of old units", "local_rate": "exchange rate", "fraction": "fraction"}


def _both(share: Decimal) -> str:
    """A share as the ledger counts it, and as a form asks for it: “0.9 (90 %)”."""
    return f"{plain(share)} ({plain(share.scaleb(2))} %)"


class LegCheck:
    """The legs of one draft.  What is wrong is told as `legs.<place from 0>.<field>`, or as `legs` where it is about all."""

    def __init__(self, check: FieldCheck) -> None:
        self.check, self.kind = check, check.kind
        self.cash_share = check.numbers["cost_share"]
        self.legs = self._read(check.draft.legs)
        if not check.errors:
            self._check_each()
        if not check.errors:
            self._share_out()

    def _refuse(self, place: int, field: str, code: str, detail: str) -> None:
        self.check.errors.append(FieldError(f"legs.{place}.{field}", code, detail))

    def _read(self, drafts: Sequence[LegDraft]) -> list[LegDraft]:
        read = []
        if len(drafts) > MOST_LEGS:
            self.check.refuse("legs", "too_many", f"At most {MOST_LEGS} instruments; these are {len(drafts)}.")
            return []
        for place, leg in enumerate(drafts):
            values: dict[str, Any] = {}
            for field in _NUMBERS:
                value = getattr(leg, field)
                try:
                    if value is not None:
                        values[field] = exact(value)
                except NotExact as problem:
                    self._refuse(place, field, "invalid", str(problem))
            read.append(replace(leg, **values))
        return read

    def _check_each(self) -> None:
        check, seen = self.check, set()
        source = check.draft.instrument
        for place, leg in enumerate(self.legs):
            if leg.instrument is None:
                self._refuse(place, "instrument", "required", "Say which instrument it is.")
                continue
            if leg.instrument.owner_id not in (None, check.portfolio.owner_id):
                self._refuse(place, "instrument", "not_found", "There is no such instrument.")
            elif source is not None and leg.instrument.pk == source.pk:
                self._refuse(place, "instrument", "invalid", f"{source.symbol} cannot become itself. Choose the other instrument.")
            elif leg.instrument.pk in seen:
                self._refuse(place, "instrument", "invalid", f"{leg.instrument.symbol} stands here twice. Put it into one line.")
            seen.add(leg.instrument.pk)
            self._check_numbers(place, leg)
        if self.kind == Kind.SYMBOL_CHANGE and len(self.legs) > 1:
            check.refuse("legs", "too_many", "A symbol changes into one other. Use a merger where the units become several.")

    def _check_numbers(self, place: int, leg: LegDraft) -> None:
        for field in ("ratio_new", "ratio_old"):
            if getattr(leg, field) is None:
                self._refuse(place, field, "required", "Enter both numbers, such as 1 and 2 where two old units bring a new one.")
        for field, word in _POSITIVE.items():
            value = getattr(leg, field)
            if value is not None and value <= 0:
                self._refuse(place, field, "not_positive", f"The {word} must be above zero.")
        if leg.cash is not None and leg.cash < 0:
            self._refuse(place, "cash", "negative", "The cash for a fraction cannot be below zero.")
        if (leg.fraction is None) != (leg.cash is None):
            field = "cash" if leg.cash is None else "fraction"
            self._refuse(place, field, "required", "Enter both the fraction and the cash that was paid for it.")
        if leg.cost_share is not None and not ZERO <= leg.cost_share <= ONE:
            self._refuse(place, "cost_share", "invalid", "A share of cost lies between 0 and 1, that is 0 % and 100 %.")

    # ── shares of cost ──────────────────────────────────────────────────────

    def _share_out(self) -> None:
        """Shares that are left out take what the others leave; then they must add up."""
        units_leave = self.kind != Kind.SPIN_OFF
        self._settle_cash_share(units_leave)
        open_places = [place for place, leg in enumerate(self.legs) if leg.cost_share is None]
        told = sum((leg.cost_share for leg in self.legs if leg.cost_share is not None), self.cash_share or ZERO)
        if open_places and (not units_leave or len(open_places) > 1):
            for place in open_places:
                self._refuse(place, "cost_share", "required", "Enter which share of the cost goes with these units, between 0 and 1 (0 % and 100 %).")
            return
        if open_places:
            self.legs[open_places[0]] = replace(self.legs[open_places[0]], cost_share=max(ONE - told, ZERO))
            told = max(told, ONE)
        if self.kind in {Kind.MERGER, Kind.SYMBOL_CHANGE} and told != ONE:
            self._refuse_sum(f"All shares of cost must add up to 1, that is 100 %; these come to {_both(told)}.")
        elif told > ONE:
            self._refuse_sum(f"The shares of cost can be 1 at most, that is 100 %; these come to {_both(told)}.")

    def _refuse_sum(self, detail: str) -> None:
        self.check.refuse("legs" if self.legs else "cost_share", "shares_do_not_add_up", detail)

    def _settle_cash_share(self, units_leave: bool) -> None:
        """Cash that is received stands for what the legs leave; cash that is paid on top, or none, stands for nothing."""
        if self.cash_share is not None or not self.check.rule or not self.check.rule.cost_share:
            return
        received = self.check.number("amount") > 0
        if not units_leave or not received:
            self.cash_share = None
        elif all(leg.cost_share is not None for leg in self.legs):
            self.cash_share = max(ONE - sum((leg.cost_share or ZERO for leg in self.legs), ZERO), ZERO)
        else:
            self.check.refuse("cost_share", "required", "Enter which share of the cost the cash stands for, between 0 and 1 (0 % and 100 %).")

    # ── rates and rows ──────────────────────────────────────────────────────

    def pairs(self) -> set[Pair]:
        """The rates that the legs need."""
        return {pair for leg in self.legs if leg.local_rate is None and (pair := self._pair(leg)) is not None}

    def _pair(self, leg: LegDraft) -> Pair | None:
        source, day = self.check.draft.instrument, self.check.draft.traded_on
        if source is None or day is None or leg.instrument is None or leg.instrument.currency == source.currency:
            return None
        return (source.currency, leg.instrument.currency, day)

    def rows(self, known: Mapping[Pair, RateView]) -> tuple[TransactionLeg, ...]:
        """The legs as they are stored, not saved.  Refuses where a rate is not known."""
        return tuple(self._row(place, leg, known) for place, leg in enumerate(self.legs))

    def _row(self, place: int, leg: LegDraft, known: Mapping[Pair, RateView]) -> TransactionLeg:
        pair, rate = self._pair(leg), leg.local_rate
        if pair is None:
            rate = None
        elif rate is None:
            found = known.get(pair)
            rate = found.rate if found is not None else None
            if rate is None:
                detail = f"No {pair[0]}/{pair[1]} rate is known for {day_in_words(pair[2])}; enter the rate of the day."
                self._refuse(place, "local_rate", "missing_rate", detail)
        return TransactionLeg(
            place=place,
            instrument=leg.instrument,
            ratio_new=leg.ratio_new,
            ratio_old=leg.ratio_old,
            cost_share=leg.cost_share,
            local_rate=rate,
            fraction=leg.fraction,
            cash=leg.cash,
        )
