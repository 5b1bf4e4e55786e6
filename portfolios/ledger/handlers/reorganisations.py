"""Spin-offs, mergers and changes of symbol: units that bring units of others, money, or both.

No cost is lost: what the legs and the cash take of a lot, and what stays, is what it had.  Dates are kept, and so is what opened a lot.
What is short is reorganised as well: it becomes short of the new units, and owes the cash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portfolio_site.kernel.decimals import ONE_UNIT, plain
from portfolios.errors import NotHeld, QuantityNotPositive, SharesDoNotAddUp, SplitLeavesNothing
from portfolios.ledger.events import ONE, ZERO, Leg, Reorganisation, SpinOff
from portfolios.ledger.handlers.amounts import expend_costs, pay_net
from portfolios.ledger.handlers.paid import close, in_quote, is_fraction, pay_fraction, shared
from portfolios.ledger.lots import OpenLot, Stock, split, told_apart
from portfolios.ledger.run import Run, based
from portfolios.ledger.words import facts_of, in_units, in_words

Part = tuple[Decimal, Decimal]  # cost and local cost


@dataclass(frozen=True, slots=True)
class _Source:
    """What is reorganised: its lots as they were, and for each the parts of its cost that go to the legs, to the cash, and stay."""

    stock: Stock
    lots: list[OpenLot]
    parts: list[list[Part]]
    short: bool


def reorganise(run: Run, event: Reorganisation) -> None:
    """The legs arrive with their share of the cost; the cash is a gain over its own share, or joins the cost where it is paid on top."""
    source = _source(run, event)
    stock, short = source.stock, source.short
    amount = -event.cash if short else event.cash
    on_top = amount < ZERO and not event.cash_share
    if on_top and not event.legs:
        raise _refuse_shares(event, _total(event), "No new units are named to which the money paid on top could belong. Name them")
    stays = [(lot[0], lot[1], lot[2], *parts[-1]) for lot, parts in zip(source.lots, source.parts, strict=True)]
    run.hold(event, stock, stays if isinstance(event, SpinOff) else [], short=short)
    extra = _on_top(event, -amount if on_top else ZERO, run)
    for index, leg in enumerate(event.legs):
        _give(run, event, source, index, leg, *extra[index])
    worth = based(event.cash, run.rate(event))
    if not on_top and (event.cash or event.cash_share):
        _settle(run, event, source, worth)
    pay_net(run, event, event.cash, worth, expend_costs(run, event, stock), event.instrument)


# ── what is reorganised ─────────────────────────────────────────────────────


def _source(run: Run, event: Reorganisation) -> _Source:
    """Refuses what cannot be done, before anything is changed."""
    stock, kind = run.stocks.get(event.instrument), event.kind.replace("_", "-")
    if stock is None or not stock.quantity:
        raise NotHeld(
            f"On {in_words(event.day)} you held nothing that the {kind} could be of. Check the date, or record the missing purchase.",
            **facts_of(event),
        )
    for leg in event.legs:
        if leg.ratio_new <= ZERO or leg.ratio_old <= ZERO:
            raise QuantityNotPositive(
                f"The {kind} of {in_words(event.day)} needs two numbers above zero for its ratio, such as 1 for 4.", **facts_of(event)
            )
    shares = [*(leg.cost_share for leg in event.legs), event.cash_share]
    total = _total(event)
    if min(shares) < ZERO or total > ONE:
        raise _refuse_shares(event, total, "Enter shares from 0 to 1 that are 1 together at most")
    if total != ONE and not isinstance(event, SpinOff):
        raise _refuse_shares(event, total, "The units leave, so that the shares of the new units and of the cash must be 1 together")
    stock.changed_on = event.day
    lots = run.lots(stock)
    return _Source(stock, lots, [_parts(lot, shares) for lot in lots], stock.quantity < ZERO)


def _total(event: Reorganisation) -> Decimal:
    return sum((leg.cost_share for leg in event.legs), event.cash_share)


def _refuse_shares(event: Reorganisation, total: Decimal, advice: str) -> SharesDoNotAddUp:
    return SharesDoNotAddUp(
        f"The shares of cost of the entry of {in_words(event.day)} come to {plain(total)}. {advice}.", **facts_of(event), total=total
    )


def _parts(lot: OpenLot, shares: Sequence[Decimal]) -> list[Part]:
    """The shares of the lot's cost, each rounded; whoever brings them to one takes all that is left.  The last part is what stays."""
    parts: list[Part] = []
    cost, local, left = lot[3], lot[4], ONE
    for share in shares:
        part = (cost, local) if share and share == left else ((lot[3] * share).quantize(ONE_UNIT), (lot[4] * share).quantize(ONE_UNIT))
        parts.append(part)
        cost, local, left = cost - part[0], local - part[1], left - share
    return [*parts, (cost, local)]


def _on_top(event: Reorganisation, amount: Decimal, run: Run) -> list[Part]:
    """Money paid on top, in base and in settlement currency: to the legs by their shares of cost, to the last one where none has a share."""
    weights = [leg.cost_share for leg in event.legs]
    if weights and not any(weights):
        weights[-1] = ONE
    worth = based(amount, run.rate(event))
    return list(zip(shared(worth, weights), shared(amount, weights), strict=True))


# ── what it brings ──────────────────────────────────────────────────────────


def _give(run: Run, event: Reorganisation, source: _Source, index: int, leg: Leg, extra: Decimal, extra_amount: Decimal) -> None:
    """The units of one leg arrive, but for the fraction that is paid in cash."""
    target = run.stock(leg.instrument, event.day)
    run.quote(event, target, leg.local_currency)
    arriving = [_converted(run, source.stock, leg, lot, parts[index]) for lot, parts in zip(source.lots, source.parts, strict=True)]
    lots = told_apart(split(arriving, leg.ratio_new, leg.ratio_old), run.lots(target))
    if not lots:
        raise SplitLeavesNothing(
            f"The {event.kind.replace('_', '-')} of {in_words(event.day)} would leave nothing for {in_units(abs(_units(source.lots)))}. Check the ratio.",
            **facts_of(event),
            held=_units(source.lots),
        )
    if extra:
        units = [lot[2] for lot in lots]
        costs, locals_ = shared(extra, units), shared(in_quote(run, event, leg.local_currency, extra_amount, extra, lots), units)
        lots = [(*lot[:3], lot[3] + cost, lot[4] + local) for lot, cost, local in zip(lots, costs, locals_, strict=True)]
    if is_fraction(event, target, _units(lots), leg.fraction, leg.cash):
        kept = run.refill(lots)
        pay_fraction(run, event, target, run.take(kept, leg.fraction, event.id), leg.cash, short=source.short)
        lots = run.method.in_order(kept)
    if source.short:
        _arrive_short(run, event, target, lots)
    elif lots:
        run.arrive(event, target, lots)


def _units(lots: Sequence[OpenLot]) -> Decimal:
    return sum((lot[2] for lot in lots), ZERO)


def _converted(run: Run, stock: Stock, leg: Leg, lot: OpenLot, part: Part) -> OpenLot:
    """The lot as one of the leg, before the ratio: its part of the cost, in the currency in which the leg is quoted as well."""
    cost, local = part
    if leg.local_currency == run.base:
        local = cost
    elif leg.local_currency != stock.currency:
        local = (local * leg.local_rate).quantize(ONE_UNIT)
    return (lot[0], lot[1], lot[2], cost, local)


def _arrive_short(run: Run, event: Reorganisation, target: Stock, lots: list[OpenLot]) -> None:
    """Units that are owed: what is held of them goes for it first, the rest is short."""
    for lot in lots:
        event_id, opened_on, units, cost, local = lot
        held = min(target.quantity, units)
        if held > ZERO:
            part, part_local = (
                (cost, local) if held == units else ((cost * held / units).quantize(ONE_UNIT), (local * held / units).quantize(ONE_UNIT))
            )
            run.match(event, target, run.leave(event, target, held), part, part_local)
            units, cost, local = units - held, cost - part, local - part_local
        if not units:
            continue
        run.owe(event, target, (event_id, opened_on, units, cost, local))
    run.steps += (event.day, target.instrument, target.quantity)


def _settle(run: Run, event: Reorganisation, source: _Source, worth: Decimal) -> None:
    """The cash, shared among the lots by their units, against the part of the cost that it stands for.

    Each lot has a match of its own: of all its units where they leave for cash alone, else of the share that does, and of none where
    they stay.
    """
    left = [(lot[0], lot[1], lot[2], *parts[-2]) for lot, parts in zip(source.lots, source.parts, strict=True)]
    local = in_quote(run, event, source.stock.currency, event.cash, worth, left)
    units = [lot[2] for lot in left]
    for lot, got, got_local in zip(left, shared(worth, units), shared(local, units), strict=True):
        quantity = ZERO if isinstance(event, SpinOff) else (lot[2] * event.cash_share).quantize(ONE_UNIT) if event.legs else lot[2]
        origin = None if run.pools else lot[0]
        close(run, event, source.stock, [(origin, lot[1], quantity, lot[3], lot[4])], got, got_local, short=source.short)
