"""Lots: units bought together, what is left of them, and what sales took from them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils import timezone

from portfolio_site.kernel.decimals import quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.book import Lot, Match, Position
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
            matches[match.instrument].append(_match_view(match))
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


def _match_view(match: Match) -> MatchView:
    return MatchView(
        sale_id=match.sale_id,
        buy_id=match.buy_id,
        opened_on=match.opened_on,
        closed_on=match.closed_on,
        quantity=match.quantity,
        cost=match.cost,
        proceeds=match.proceeds,
        gain=match.gain,
        price_part=match.price_part,
        currency_part=match.currency_part,
    )


def _lot_view(portfolio: Portfolio, position: Position, lot: Lot, world: World) -> LotView:
    instrument = world.instruments[position.instrument]
    price, rate = world.prices.get(instrument.pk), world.rate(instrument.currency, portfolio.base_currency)
    base = portfolio.base_currency
    if price is None or rate is None:
        why = f"No price of {instrument.symbol} is known." if price is None else f"No {instrument.currency}/{base} rate is known."
        value, gain = Figure.undefined("value", Unit.MONEY, why, base), Figure.undefined("unrealised", Unit.MONEY, why, base)
        fraction = Figure.undefined("unrealised", Unit.FRACTION, why)
    else:
        alone = Position(
            instrument=position.instrument,
            quantity=lot.quantity,
            cost=lot.cost,
            cost_local=lot.cost_local,
            currency=position.currency,
            lots=(lot,),
            realised=ZERO,
            income=ZERO,
            expenses=ZERO,
            opened_on=lot.opened_on,
            changed_on=lot.opened_on,
        )
        result = unrealised(alone, price.price, rate.rate)
        value = Figure("value", Unit.MONEY, result.value, currency=base)
        gain = Figure("unrealised", Unit.MONEY, result.gain, currency=base)
        fraction = (
            Figure("unrealised", Unit.FRACTION, quotient(result.gain, lot.cost))
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
        days_held=(world.day - lot.opened_on).days,
    )
