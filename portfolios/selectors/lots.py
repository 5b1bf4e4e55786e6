"""Lots: units bought together, what is left of them, and what sales took from them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils import timezone

from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.book import Lot, Position
from portfolios.ledger.gains import unrealised
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio
from portfolios.selectors.ledger import ZERO, books_of, events_of, rules_of
from portfolios.selectors.shapes import InstrumentView, LotsTable, LotView, MatchView
from portfolios.selectors.world import World, world_of


def lots_of(portfolio: Portfolio, instrument_id: int | None = None, *, as_of: date | None = None, method: str = "") -> LotsTable:
    """Open lots and the matches of sales, of one instrument or of all, now or at the end of an earlier day.

    `method` asks what they would be under another cost method than the portfolio's; nothing that is stored changes.  Under the average method each instrument has one lot, the pool.  Six queries at most.
    """
    today = timezone.localdate()
    is_now = as_of is None or as_of >= today
    day = today if as_of is None or is_now else as_of
    until = None if is_now else day
    if method and method != portfolio.cost_method:
        book = replay(events_of(portfolio, until=until), replace(rules_of(portfolio), method=method))
    else:
        book = books_of([portfolio], until=until)[portfolio.pk]
    world = world_of([portfolio], {portfolio.pk: book}, portfolio.base_currency, day, is_now=is_now)
    wanted = book.positions.keys() if instrument_id is None else {instrument_id} & book.positions.keys()
    matches: dict[int, list[MatchView]] = defaultdict(list)
    for match in book.matches:
        if match.instrument in wanted:
            matches[match.instrument].append(MatchView.of(match))
    return LotsTable(
        portfolio_id=portfolio.pk,
        currency=portfolio.base_currency,
        as_of=day,
        method=method or portfolio.cost_method,
        lots={pk: tuple(_lot_view(portfolio, book.positions[pk], lot, world) for lot in book.positions[pk].lots) for pk in sorted(wanted)},
        matches={pk: tuple(found) for pk, found in matches.items()},
        instruments={pk: InstrumentView.of(world.instruments[pk]) for pk in sorted(wanted)},
    )


def quantity_held(portfolio: Portfolio, instrument_id: int, day: date) -> Decimal:
    """Units held at the end of a day.  No query where the book is known."""
    held = ZERO
    for step in books_of([portfolio])[portfolio.pk].steps:
        if step.instrument == instrument_id and step.day <= day:
            held = step.quantity_after
    return held


def _lot_view(portfolio: Portfolio, position: Position, lot: Lot, world: World) -> LotView:
    instrument, base = world.instruments[position.instrument], portfolio.base_currency
    price, rate = world.prices.get(instrument.pk), world.rate(instrument.currency, base)
    why = f"No price of {instrument.symbol} is known." if price is None else f"No {instrument.currency}/{base} rate is known."
    return lot_view(position, lot, price.price if price else None, rate.rate if rate else None, base, world.day, why_not=why)


def lot_view(
    position: Position,
    lot: Lot,
    price: Decimal | None,
    rate: Decimal | None,
    currency: str,
    day: date,
    *,
    why_not: str = "",
    stale_since: date | None = None,
) -> LotView:
    """A lot of a position valued at a price, and a rate to `currency`; undefined with `why_not` where one of them is not known."""
    if price is None or rate is None:
        value, gain = Figure.undefined("value", Unit.MONEY, why_not, currency), Figure.undefined("unrealised", Unit.MONEY, why_not, currency)
        fraction = Figure.undefined("unrealised", Unit.FRACTION, why_not)
    else:
        result = unrealised(position.of_lot(lot), price, rate)
        value = Figure("value", Unit.MONEY, result.value, currency=currency, stale_since=stale_since)
        gain = Figure("unrealised", Unit.MONEY, result.gain, currency=currency, stale_since=stale_since)
        fraction = (
            Figure("unrealised", Unit.FRACTION, quotient(result.gain, abs(lot.cost)))
            if lot.cost
            else Figure.undefined("unrealised", Unit.FRACTION, "The units cost nothing.")
        )
    return LotView(
        event_id=lot.event_id,
        opened_on=lot.opened_on,
        quantity=lot.quantity,
        cost=lot.cost,
        unit_cost=quotient(lot.cost, lot.quantity),
        cost_local=lot.cost_local,
        value=value,
        unrealised=gain,
        unrealised_fraction=fraction,
        days_held=(day - lot.opened_on).days,
    )
