"""Rows to events: what an entry, as it is stored, is to the ledger core; and what an event does to cash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, cast

from portfolio_site.kernel.decimals import ONE_UNIT, product, quotient
from portfolio_site.kernel.money import Currency
from portfolios.choices import TransactionKind as Kind
from portfolios.kinds import RULES
from portfolios.ledger import events as ev
from portfolios.ledger import sides
from portfolios.ledger.events import Event
from portfolios.lot_records import arriving_of, choices_of
from portfolios.models import Transaction, TransactionLeg

ZERO, ONE = Decimal(0), Decimal(1)
Fields = dict[str, Any]
_code = lru_cache(maxsize=256)(Currency)  # a ledger has few currencies and many entries


class Row(NamedTuple):
    """An entry as it is loaded for a replay: the columns of Transaction that an event is made of, without what a model costs.

    In the order of `loading.COLUMNS`, then of what is sealed together (web/packed.py), then of the legs.
    """

    pk: int
    portfolio_id: int
    origin_id: int | None
    kind: str
    instrument_id: int | None
    traded_on: date
    traded_at: datetime | None
    currency: str
    settlement_currency: str
    costs_currency: str
    method: str
    ratio_new: Decimal | None
    ratio_old: Decimal | None
    acquired_on: date | None
    price_factor: Decimal
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    fees: Decimal | None
    taxes: Decimal | None
    fx_rate: Decimal | None
    notes: str
    external_id: str
    accrued: Decimal | None
    given_amount: Decimal | None
    reinvested_quantity: Decimal | None
    costs_rate: Decimal | None
    cost_share: Decimal | None
    reference: str
    tags: Any
    lots: Any
    leg_rows: tuple[TransactionLeg, ...] = ()

    @property
    def entry(self) -> int:
        return self.origin_id or self.pk

    @property
    def settles_in(self) -> str:
        return self.settlement_currency or self.currency


Entry = Transaction | Row
Maker = Callable[[Entry, int, int], Event]  # from a row, the number of its entry, and its place among equals


# ── parts of events ─────────────────────────────────────────────────────────


def price_factor(row: Entry) -> Decimal:
    """What one unit is worth for a price of 1 (market.Instrument).  Needs the instrument, or a row of `with_price_factor`."""
    if isinstance(row, Row):
        return row.price_factor
    if "price_factor" in row.__dict__:
        return row.__dict__["price_factor"] or ONE
    return row.instrument.price_factor if row.instrument is not None else ONE


def own_costs(row: Entry) -> Decimal:
    """Fees and taxes in the settlement currency; none where they are in a currency of their own."""
    return ZERO if row.costs_currency else (row.fees or ZERO) + (row.taxes or ZERO)


def _gross(row: Entry) -> Decimal:
    """Before fees, taxes and accrued interest, in the settlement currency (the table in ledger/events)."""
    if row.amount is None:
        gross, factor = (row.quantity or ZERO) * (row.price or ZERO), price_factor(row)
        return (gross if factor == ONE else gross * factor).quantize(ONE_UNIT)
    way = RULES[row.kind].costs_way
    return Decimal(row.amount - way * own_costs(row) - (row.accrued or ZERO))


def _local_price(row: Entry) -> Decimal | None:
    """Money for one unit, in the currency in which the instrument is quoted."""
    factor = price_factor(row)
    return row.price if row.price is None or factor == ONE else product(row.price, factor)


def _costs(row: Entry) -> Fields:
    return {"fees": row.fees or ZERO, "taxes": row.taxes or ZERO}


def _costs_with_currency(row: Entry) -> Fields:
    if not row.costs_currency:
        return _costs(row)
    return {**_costs(row), "costs_currency": _code(row.costs_currency), "costs_rate": row.costs_rate or ONE}


def _units(row: Entry) -> Fields:
    """Units that come or go at a price."""
    return {
        "instrument": row.instrument_id,
        "quantity": row.quantity,
        "gross": _gross(row),
        "local_price": _local_price(row),
        "local_currency": _code(row.currency),
    }


# ── one kind each ───────────────────────────────────────────────────────────


def _trade(cls: type[ev.Trade]) -> Maker:
    """Purchases and sales are nearly all of a large ledger: written out, as gathering fields takes as long as the event itself."""

    def make(row: Any, number: int, sequence: int) -> Event:
        own, quoted = row.costs_currency, row.currency
        return cls(
            id=number,
            sequence=sequence,
            day=row.traded_on,
            time=row.traded_at,
            currency=_code(row.settlement_currency or quoted),
            fx_rate=row.fx_rate or ONE,
            instrument=row.instrument_id,
            quantity=row.quantity,
            gross=_gross(row),
            fees=row.fees or ZERO,
            taxes=row.taxes or ZERO,
            accrued=row.accrued or ZERO,
            costs_currency=_code(own) if own else None,
            costs_rate=row.costs_rate or ONE,
            local_price=cast(Decimal, _local_price(row)),
            local_currency=_code(quoted),
        )

    return make


def _sale(cls: type[ev.Sale]) -> Maker:
    """As a trade, with the lots that it names and a method of its own."""
    plainly = _trade(cls)

    def make(row: Entry, number: int, sequence: int) -> Event:
        event: Any = plainly(row, number, sequence)
        if row.lots or row.method:
            event = replace(event, method=row.method, lots=choices_of(row.lots))
        return cast(Event, event)

    return make


def _reward(row: Entry) -> Fields:
    return {**_units(row), **_costs(row)}


def _income(row: Entry) -> Fields:
    return {"instrument": row.instrument_id, "gross": _gross(row), **_costs_with_currency(row)}


def _reinvestment(row: Entry) -> Fields:
    return {**_units(row), **_costs(row), "quantity": row.reinvested_quantity}


def _paid(row: Entry) -> Fields:
    return {"amount": _gross(row), **_costs(row)}


def _paid_of(row: Entry) -> Fields:
    return {"instrument": row.instrument_id, **_paid(row)}


def _cost_alone(row: Entry) -> Fields:
    return {"instrument": row.instrument_id, "amount": row.amount}


def _exchange(row: Entry) -> Fields:
    """Where one of the two is the base currency, the exchange itself says the rate of the other."""
    return {
        "currency": _code(row.currency),
        "amount": row.amount,
        "given": row.given_amount,
        "given_currency": _code(row.settles_in),
        "given_rate": quotient(row.amount or ZERO, row.given_amount or ONE)
        if row.fx_rate is None and row.costs_rate is None
        else row.costs_rate or ONE,
        **_costs(row),
    }


def _transfer_in(row: Entry) -> Fields:
    lots = arriving_of(row.lots)
    cost_local = sum((lot.cost_local for lot in lots), ZERO) if lots else None
    return {**_units(row), **_costs(row), "acquired_on": row.acquired_on, "cost_local": cost_local, "lots": lots}


def _transfer_out(row: Entry) -> Fields:
    return {"instrument": row.instrument_id, "quantity": abs(row.quantity or ZERO), **_costs(row), "lots": choices_of(row.lots)}


def _split(row: Entry) -> Fields:
    return {
        "instrument": row.instrument_id,
        "ratio_new": row.ratio_new,
        "ratio_old": row.ratio_old,
        "fraction": row.quantity or ZERO,
        "cash": row.amount or ZERO,
    }


def _stock_dividend(row: Entry) -> Fields:
    return {"instrument": row.instrument_id, "quantity": row.quantity, "gross": row.amount or ZERO}


def _reorganisation(row: Entry) -> Fields:
    return {
        "instrument": row.instrument_id,
        "legs": tuple(_leg(leg) for leg in legs_of(row)),
        "cash": ZERO if row.amount is None else _gross(row),
        "cash_share": row.cost_share or ZERO,
        **_costs(row),
    }


def legs_of(row: Entry) -> tuple[TransactionLeg, ...]:
    """The legs of an entry, in their order: as read with it, or one query."""
    if isinstance(row, Row):
        return row.leg_rows
    if "leg_rows" not in row.__dict__:
        row.__dict__["leg_rows"] = tuple(row.legs.select_related("instrument")) if RULES[row.kind].legs else ()
    found: tuple[TransactionLeg, ...] = row.__dict__["leg_rows"]
    return found


def _leg(leg: TransactionLeg) -> ev.Leg:
    return ev.Leg(
        instrument=leg.instrument_id,
        ratio_new=leg.ratio_new,
        ratio_old=leg.ratio_old,
        cost_share=leg.cost_share,
        local_currency=Currency(leg.instrument.currency),
        local_rate=leg.local_rate or ONE,
        fraction=leg.fraction or ZERO,
        cash=leg.cash or ZERO,
    )


def _gathered(cls: type[Event], more: Callable[[Entry], Fields]) -> Maker:
    """What every event has, and the fields of its kind."""

    def make(row: Entry, number: int, sequence: int) -> Event:
        fields: Fields = {
            "id": number,
            "sequence": sequence,
            "day": row.traded_on,
            "time": row.traded_at,
            "currency": _code(row.settles_in),
            "fx_rate": row.fx_rate or ONE,
        }
        fields.update(more(row))
        return cls(**fields)

    return make


def _adjustment(row: Entry, number: int, sequence: int) -> Event:
    """Of cash, or of units with the sign of their quantity."""
    if row.instrument_id is None:
        return _gathered(ev.AdjustmentOfCash, lambda row: {"amount": row.amount})(row, number, sequence)
    cls, more = (ev.AdjustmentOut, _transfer_out) if (row.quantity or ZERO) < ZERO else (ev.AdjustmentIn, _transfer_in)
    return _gathered(cls, more)(row, number, sequence)


_GATHERED: dict[str, tuple[type[Event], Callable[[Entry], Fields]]] = {
    Kind.DIVIDEND: (ev.Dividend, _income),
    Kind.COUPON: (ev.Coupon, _income),
    Kind.STAKING_REWARD: (ev.StakingReward, _reward),
    Kind.AIRDROP: (ev.Airdrop, _reward),
    Kind.INTEREST: (ev.Interest, _paid_of),
    Kind.FEE: (ev.Fee, _cost_alone),
    Kind.TAX: (ev.Tax, _cost_alone),
    Kind.DEPOSIT: (ev.Deposit, _paid),
    Kind.WITHDRAWAL: (ev.Withdrawal, _paid),
    Kind.FX_EXCHANGE: (ev.FxExchange, _exchange),
    Kind.SPLIT: (ev.Split, _split),
    Kind.STOCK_DIVIDEND: (ev.StockDividend, _stock_dividend),
    Kind.SPIN_OFF: (ev.SpinOff, _reorganisation),
    Kind.MERGER: (ev.Merger, _reorganisation),
    Kind.SYMBOL_CHANGE: (ev.SymbolChange, _reorganisation),
    Kind.RETURN_OF_CAPITAL: (ev.ReturnOfCapital, _paid_of),
    Kind.TRANSFER_IN: (ev.TransferIn, _transfer_in),
    Kind.TRANSFER_OUT: (ev.TransferOut, _transfer_out),
}
_MAKERS: dict[str, Maker] = {
    Kind.BUY: _trade(ev.Buy),
    Kind.SELL: _sale(ev.Sell),
    Kind.SHORT_SELL: _sale(ev.ShortSell),
    Kind.BUY_TO_COVER: _trade(ev.BuyToCover),
    Kind.RIGHTS: _trade(ev.Rights),
    Kind.REDEMPTION: _sale(ev.Redemption),
    Kind.ADJUSTMENT: _adjustment,
    **{kind: _gathered(cls, more) for kind, (cls, more) in _GATHERED.items()},
}
_reinvested = _gathered(ev.Reinvestment, _reinvestment)

BY_SIDE = frozenset(kind for kind, (cls, _) in _GATHERED.items() if issubclass(cls, sides.BY_SIDE))  # who is short pays what others receive


def event_of(row: Entry, *, number: int | None = None, sequence: int | None = None) -> Event:
    """The row as the ledger core takes it.  `number` and `sequence` stand in for the key of a row that has none yet."""
    entry = row.entry if number is None else number
    make = _MAKERS[row.kind] if row.reinvested_quantity is None else _reinvested
    return make(row, entry, entry if sequence is None else sequence)


# ── cash ────────────────────────────────────────────────────────────────────


class CashMove(NamedTuple):
    """Money that comes (+) or goes (−), and units of base currency for one unit of it."""

    currency: Currency
    amount: Decimal
    rate: Decimal


def cash_moves(event: Event, *, short: bool = False) -> tuple[CashMove, ...]:
    """What the event does to cash, currency by currency, that of the event first (the table in ledger/events).

    short  whether the units that it is of are short then: who is short pays what others receive of some (selectors/sides.py)
    """
    costs = getattr(event, "fees", ZERO) + getattr(event, "taxes", ZERO)
    if isinstance(event, ev.FxExchange):
        given = CashMove(event.given_currency, -(event.given + costs), event.given_rate)
        return (CashMove(event.currency, event.amount, event.fx_rate), given)
    apart = getattr(event, "costs_currency", None)
    moved = CashMove(event.currency, _moved(event, ZERO if apart else costs, -ONE if short else ONE), event.fx_rate)
    if apart is None or not costs:
        return (moved,)
    return (moved, CashMove(apart, -costs, event.costs_rate))  # type: ignore[attr-defined]


def _moved(event: Event, costs: Decimal, side: Decimal) -> Decimal:
    amount = ZERO
    match event:
        case ev.Purchase():
            amount = -(event.gross + event.accrued)
        case ev.Sale():
            amount = event.gross + event.accrued
        case ev.Reinvestment() | ev.StockDividend():
            return ZERO
        case ev.Income():
            amount = event.gross
        case ev.ReturnOfCapital():
            amount = side * event.amount
        case ev.Interest() | ev.Deposit() | ev.AdjustmentOfCash():
            amount = event.amount
        case ev.Withdrawal() | ev.Fee() | ev.Tax():
            amount = -event.amount
        case ev.Split():
            amount = side * event.cash
        case ev.Reorganisation():
            amount = event.cash + side * sum((leg.cash for leg in event.legs), ZERO)
    return Decimal(amount - costs)


def cash_effect(event: Event, *, short: bool = False) -> Decimal:
    """What the event does to cash of its settlement currency, with sign."""
    return cash_moves(event, short=short)[0].amount


def cash_worth(event: Event, *, short: bool = False) -> Decimal:
    """What the event does to cash, with sign, in base currency.  An exchange is worth what it costs: its two sides cancel out."""
    if isinstance(event, ev.FxExchange):
        return -product(event.fees + event.taxes, event.given_rate)
    return sum((move.amount if move.rate == ONE else product(move.amount, move.rate) for move in cash_moves(event, short=short)), ZERO)
