"""Entries before they are recorded, as they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from portfolios.ledger.events import Arriving, LotChoice

if TYPE_CHECKING:
    from market.models import Instrument
    from portfolios.models import ActionProposal

Pair = tuple[str, str, date]  # base, quote, day: a rate that is needed


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDraft:
    """What a spin-off, merger or symbol change gives: `ratio_new` units of `instrument` for each `ratio_old` of those held.

    cost_share  fraction of the cost that goes with them, 0 to 1; where one leg of a merger or symbol change leaves it out,
                it takes what the others leave
    fraction    units of it that were paid in `cash` instead, which is in the settlement currency of the entry
    local_rate  units of the currency of `instrument` for one unit of that of the source; where missing, the day's reference rate
    """

    instrument: Instrument | None
    ratio_new: Decimal | None = Decimal(1)
    ratio_old: Decimal | None = Decimal(1)
    cost_share: Decimal | None = None
    fraction: Decimal | None = None
    cash: Decimal | None = None
    local_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionDraft:
    """One entry to be recorded.  Which fields each kind takes: kinds.py.

    currency             of the price; where blank, the instrument's, or the portfolio's own without an instrument.  Of an
                         exchange: what was received
    settlement_currency  of amount, fees and taxes; where blank, `currency`.  Of an exchange: what was given, also for fees
    quantity             units; of a dividend, coupon or return of capital those it was paid on; of a split the fraction paid in
                         cash; of an adjustment with its sign
    price                of one unit as the instrument is quoted (a bond in percent of par); of a dividend for each unit; of a
                         reinvested one, what the new units cost each
    amount               the cash that moved: a purchase with its costs and accrued interest, what was left of a sale or dividend
                         after costs (costs in a currency of their own stand apart).  Of a transfer in or an adjustment the cost
                         that the units carry; of a reward or stock dividend what they were worth; of a merger or spin-off the
                         cash for all units, + received, − paid on top, without what was paid for fractions
    fx_rate              units of the portfolio's currency for one unit of the settlement currency; where missing, the day's
                         reference rate.  An exchange says its own rate
    costs_currency       of fees and taxes, where it is not the settlement currency; costs_rate: the portfolio's currency for one
                         unit of it.  Of an exchange without the portfolio's currency, costs_rate is that of what was given
    given_amount         of an exchange: what `amount` was received for
    reinvested_quantity  units that a dividend bought in one step
    cost_share           fraction of the cost that the cash of a merger or spin-off stands for
    method, lots         of a sale: LotChoice by the name of the lot; in place of the entry's number −1 names the first of a batch,
                         −2 its second.  Of a transfer in: the lots that it carries, as Arriving
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
    settles_on: date | None = None
    accrued: Decimal | None = None
    costs_currency: str = ""
    costs_rate: Decimal | None = None
    given_amount: Decimal | None = None
    reinvested_quantity: Decimal | None = None
    ratio_new: Decimal | None = None
    ratio_old: Decimal | None = None
    legs: tuple[LegDraft, ...] = ()
    cost_share: Decimal | None = None
    acquired_on: date | None = None
    method: str = ""
    lots: tuple[LotChoice | Arriving, ...] = ()
    notes: str = ""
    tags: tuple[str, ...] = ()
    external_id: str = ""
    reference: str = ""
    link: UUID | None = None
    proposal: ActionProposal | None = None
    source: str = ""
    source_key: str = ""
