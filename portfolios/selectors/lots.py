"""Lots: units that came together, what is left of them, and what sales took from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django.utils import timezone

from portfolio_site.kernel.decimals import EXACT, quotient, rounded
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.choices import POOLING, TransactionKind
from portfolios.errors import LedgerRefused
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event, TransferIn
from portfolios.ledger.gains import at_cost, unrealised
from portfolios.ledger.links import groups, instrument_ids_of, links_of
from portfolios.ledger.lots import nth_of
from portfolios.ledger.records import Lot, Position
from portfolios.ledger.replay import Rules, replay
from portfolios.models import Portfolio, Transaction
from portfolios.querysets import TransactionQuerySet
from portfolios.selectors.ledger import ZERO, books_of, connected_to, events_of, rules_of
from portfolios.selectors.lot_shapes import CLOSED, PART_CLOSED, LotsTable, LotView, MatchView, OfferedLot, SaleView
from portfolios.selectors.shapes import InstrumentView
from portfolios.selectors.world import World, world_of

ONE = Decimal(1)
Key = tuple[int, int | None, date, int]  # instrument; what opened the lot, None: a pool; the day it was opened; which of several
Splits = Mapping[int, list[tuple[date, Decimal, Decimal]]]


@dataclass(slots=True)
class _Gone:
    """What has left one lot.  Units are those of the last day looked at: later splits are in them."""

    units: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    opened: date = date.max
    last: date = date.min

    def take(self, units: Decimal, cost: Decimal, opened: date, day: date, splits: list[tuple[date, Decimal, Decimal]]) -> None:
        self.units += _of_today(units, day, splits)
        self.cost += cost
        self.opened, self.last = min(self.opened, opened), max(self.last, day)


def lots_of(
    portfolio: Portfolio, instrument_id: int | None = None, *, as_of: date | None = None, known_at: datetime | None = None, method: str = ""
) -> LotsTable:
    """Open, part-closed and closed lots and the sales with their matches, of one instrument or of all, now or at the end of an earlier day.

    `known_at` looks at the ledger as it was known at that moment.  `method` asks what they would be under another cost method
    than the portfolio's; nothing that is stored changes.  Under a pooling method the units of an instrument are one lot, the
    pool; one that was sold out and filled again is another.  Ten queries at most.
    """
    today = timezone.localdate()
    is_now = as_of is None or as_of >= today
    day = today if as_of is None or is_now else as_of
    until = None if is_now else day
    if method and method != portfolio.cost_method:
        only = None if instrument_id is None else connected_to([portfolio.pk], [instrument_id])
        book = replay(events_of(portfolio, only, known_at=known_at, until=until), rules_of(portfolio).under(method))
    else:
        book = books_of([portfolio], until=until, known_at=known_at)[portfolio.pk]
    world = world_of([portfolio], {portfolio.pk: book}, portfolio.base_currency, day, is_now=is_now)
    wanted = sorted(book.positions.keys() if instrument_id is None else {instrument_id} & book.positions.keys())
    matches: dict[int, list[MatchView]] = {pk: [] for pk in wanted}
    for match in book.matches:
        if match.instrument in matches:
            matches[match.instrument].append(MatchView.of(match))
    pooled = (method or portfolio.cost_method) in POOLING
    gone, empty = _gone(book, matches, _splits(portfolio, wanted, until, known_at)), _empty_days(book, matches)
    opened = {pk: _open_lots(portfolio, book.positions[pk], gone, world, pooled, empty) for pk in wanted}
    shorts = _sales(portfolio, known_at) if portfolio.allows_short and gone else frozenset()
    closed: dict[int, list[LotView]] = {pk: [] for pk in wanted}
    for key, one in gone.items():
        closed[key[0]].append(_closed_lot(key, one, shorts, portfolio.base_currency))
    return LotsTable(
        portfolio_id=portfolio.pk,
        currency=portfolio.base_currency,
        as_of=day,
        method=method or portfolio.cost_method,
        lots=opened,
        closed={pk: tuple(sorted(found, key=lambda lot: lot.opened_on)) for pk, found in closed.items()},
        matches={pk: tuple(found) for pk, found in matches.items()},
        sales={pk: _by_sale(pk, found) for pk, found in matches.items()},
        instruments={pk: InstrumentView.of(world.instruments[pk], world.words.get((portfolio.owner_id, pk))) for pk in wanted},
    )


def quantity_held(portfolio: Portfolio, instrument_id: int, day: date) -> Decimal:
    """Units held at the end of a day.  No query where the book is known."""
    held = ZERO
    for step in books_of([portfolio])[portfolio.pk].steps:
        if step.instrument == instrument_id and step.day <= day:
            held = step.quantity_after
    return held


def open_lots(portfolio: Portfolio, instrument_id: int, day: date, *, without: Transaction | None = None) -> tuple[OfferedLot, ...]:
    """The lots that a sale of that day may name; `without` what an entry took.  Three queries at most."""
    events = events_of(portfolio, connected_to([portfolio.pk], [instrument_id]), until=day)
    return _offered([event for event in events if without is None or event.id != without.entry], rules_of(portfolio), instrument_id)


def lots_open_on(portfolio: Portfolio, wanted: Collection[tuple[int, date]]) -> dict[tuple[int, date], tuple[OfferedLot, ...]]:
    """The same for many instruments and days at once.  Three queries at most."""
    instruments, rules = {pk for pk, _ in wanted}, rules_of(portfolio)
    events = events_of(portfolio, connected_to([portfolio.pk], instruments), until=max(day for _, day in wanted))
    connected = {pk: number for number, group in enumerate(groups(instruments, links_of(events))) for pk in group}
    of_group: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        of_group[connected[instrument_ids_of(event)[0]]].append(event)
    return {(pk, day): _offered([event for event in of_group[connected[pk]] if event.day <= day], rules, pk) for pk, day in wanted}


def _offered(events: Sequence[Event], rules: Rules, instrument_id: int) -> tuple[OfferedLot, ...]:
    """The lots that these events leave open, with what names them."""
    try:
        book = replay(events, rules)
    except LedgerRefused:
        return ()
    lots = [lot for lot in book.positions[instrument_id].lots if lot.quantity > 0] if instrument_id in book.positions else []
    brought = Counter(int(lot.event_id) for lot in lots)
    several = {number for number, times in brought.items() if times > 1}
    several |= {event.id for event in events if isinstance(event, TransferIn) and len(event.lots) > 1}
    of_one_day = {(lot.event_id, lot.opened_on) for lot in lots if lot.nth > 1}
    return tuple(OfferedLot(lot, lot.event_id not in several, (lot.event_id, lot.opened_on) in of_one_day) for lot in lots)


def kinds_of(portfolio: Portfolio, numbers: Iterable[int]) -> dict[int, str]:
    """The kind of each entry, by its number; one query."""
    wanted = set(numbers)
    rows = Transaction.objects.live().filter(portfolio=portfolio, origin__in=wanted).values_list("origin", "kind") if wanted else ()
    first = Transaction.objects.live().filter(portfolio=portfolio, pk__in=wanted, origin=None).values_list("pk", "kind") if wanted else ()
    return {**dict(first), **dict(rows)}


# ── what has left ───────────────────────────────────────────────────────────


def _counting(portfolio: Portfolio, known_at: datetime | None) -> TransactionQuerySet:
    """The entries that count now, or counted at that moment."""
    entries: TransactionQuerySet = Transaction.objects.filter(portfolio=portfolio)
    return entries.live() if known_at is None else entries.known_at(known_at)


def _splits(portfolio: Portfolio, instruments: Iterable[int], until: date | None, known_at: datetime | None) -> Splits:
    """The splits of these instruments; one query."""
    rows = _counting(portfolio, known_at).filter(kind=TransactionKind.SPLIT)
    found: dict[int, list[tuple[date, Decimal, Decimal]]] = defaultdict(list)
    wanted = set(instruments)
    for pk, day, new, old in rows.values_list("instrument", "traded_on", "ratio_new", "ratio_old"):
        if pk in wanted and new and old and (until is None or day <= until):
            found[pk].append((day, new, old))
    return found


def _sales(portfolio: Portfolio, known_at: datetime | None) -> frozenset[int]:
    """The numbers of the entries that can open a short; one query."""
    rows = _counting(portfolio, known_at).filter(kind__in=[TransactionKind.SELL, TransactionKind.SHORT_SELL])
    return frozenset(origin or pk for pk, origin in rows.values_list("pk", "origin"))


def _of_today(units: Decimal, day: date, splits: list[tuple[date, Decimal, Decimal]]) -> Decimal:
    """As many units as those of that day have become by splits since."""
    new = old = ONE
    for when, ratio_new, ratio_old in splits:
        if when > day:
            new, old = EXACT.multiply(new, ratio_new), EXACT.multiply(old, ratio_old)
    return units if new == old else rounded(EXACT.divide(EXACT.multiply(units, new), old))


def _gone(book: Book, wanted: Collection[int], splits: Splits) -> dict[Key, _Gone]:
    """What sales, covers and transfers took, by lot."""
    empty = _empty_days(book, wanted)
    found: dict[Key, _Gone] = defaultdict(_Gone)
    for match in book.matches:
        if match.instrument in wanted:
            one = found[_key(match.instrument, match.buy_id, match.opened_on, match.closed_on, empty)]
            one.take(match.quantity, match.cost, match.opened_on, match.closed_on, splits.get(match.instrument, []))
            one.realised += match.gain
    days = {flow.event_id: flow.day for flow in book.flows if flow.quantity is not None} if book.transfers else {}
    for moved in book.transfers:
        if moved.instrument in wanted:
            day = days.get(moved.event_id, moved.opened_on)
            one = found[_key(moved.instrument, moved.buy_id, moved.opened_on, day, empty)]
            one.take(moved.quantity, moved.cost, moved.opened_on, day, splits.get(moved.instrument, []))
    return found


def _empty_days(book: Book, wanted: Collection[int]) -> dict[int, list[date]]:
    """The days on which the last unit left: they tell a pool from the next one."""
    found: dict[int, list[date]] = defaultdict(list)
    for step in book.steps:
        if not step.quantity_after and step.instrument in wanted:
            found[step.instrument].append(step.day)
    return found


def _key(instrument: int, buy_id: int | None, opened_on: date, day: date, empty: Mapping[int, list[date]]) -> Key:
    """By which a lot is known: its name; a pool by the last day before on which nothing was left."""
    if buy_id is not None:
        return instrument, buy_id, opened_on, nth_of(buy_id)
    return instrument, None, next((one for one in reversed(empty.get(instrument, [])) if one < day), date.min), 1


# ── views ───────────────────────────────────────────────────────────────────


def _by_sale(instrument_id: int, matches: Iterable[MatchView]) -> tuple[SaleView, ...]:
    found: dict[int, list[MatchView]] = defaultdict(list)
    for match in matches:
        found[match.sale_id].append(match)
    return tuple(
        SaleView(
            sale_id=number,
            instrument_id=instrument_id,
            closed_on=parts[0].closed_on,
            quantity=sum((one.quantity for one in parts), ZERO),
            cost=sum((one.cost for one in parts), ZERO),
            proceeds=sum((one.proceeds for one in parts), ZERO),
            gain=sum((one.gain for one in parts), ZERO),
            price_part=sum((one.price_part for one in parts), ZERO),
            currency_part=sum((one.currency_part for one in parts), ZERO),
            matches=tuple(parts),
        )
        for number, parts in found.items()
    )


def _open_lots(
    portfolio: Portfolio, position: Position, gone: dict[Key, _Gone], world: World, pooled: bool, empty: Mapping[int, list[date]]
) -> tuple[LotView, ...]:
    """The lots that have units left, each with what has left it; what is told here is taken out of `gone`."""
    instrument, base = world.instruments[position.instrument], portfolio.base_currency
    price, rate = world.prices.get(instrument.pk), world.rate(instrument.currency, base)
    why = world.why_not_valued(instrument.pk, base)
    views = []
    for lot in position.lots:
        view = lot_view(position, lot, price.price if price else None, rate.rate if rate else None, base, world.day, why_not=why)
        key = _key(instrument.pk, None if pooled else lot.event_id, lot.opened_on, date.max, empty)
        left = gone.pop(key, None)
        if left is not None:
            sign = -ONE if lot.quantity < 0 else ONE
            view = replace(
                view,
                bought=lot.quantity + sign * left.units,
                bought_cost=lot.cost + sign * left.cost,
                realised=left.realised,
                status=PART_CLOSED,
                closed_on=left.last,
            )
        views.append(replace(view, pooled=pooled))
    return tuple(views)


@lru_cache(maxsize=64)
def _nothing(currency: str) -> tuple[Figure, Figure, Figure]:
    """Value, gain and its fraction of what is not held any more."""
    return (
        Figure("value", Unit.MONEY, ZERO, currency=currency),
        Figure("unrealised", Unit.MONEY, ZERO, currency=currency),
        Figure.undefined("unrealised", Unit.FRACTION, "Nothing is held of it."),
    )


def _closed_lot(key: Key, gone: _Gone, shorts: frozenset[int], currency: str) -> LotView:
    number = key[1]
    units, cost = (-gone.units, -gone.cost) if number in shorts else (gone.units, gone.cost)
    value, gain, fraction = _nothing(currency)
    return LotView(
        event_id=number,
        opened_on=gone.opened,
        nth=key[3],
        quantity=ZERO,
        cost=ZERO,
        unit_cost=quotient(cost, units) if units else ZERO,
        cost_local=ZERO,
        value=value,
        unrealised=gain,
        unrealised_fraction=fraction,
        days_held=(gone.last - gone.opened).days,
        bought=units,
        bought_cost=cost,
        realised=gone.realised,
        status=CLOSED,
        closed_on=gone.last,
        pooled=number is None,
    )


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
    """A lot of a position valued at a price, and a rate to `currency`; at its cost, with `why_not`, where one of them is not known."""
    mine = position.of_lot(lot)
    said: tuple[str, ...] = (f"{why_not} It stands at its cost.",)
    result = at_cost(mine)
    if price is not None and rate is not None:
        result, said = unrealised(mine, price, rate), ()
    value = Figure("value", Unit.MONEY, result.value, currency=currency, stale_since=stale_since, warnings=said)
    gain = Figure("unrealised", Unit.MONEY, result.gain, currency=currency, stale_since=stale_since, warnings=said)
    fraction = (
        Figure("unrealised", Unit.FRACTION, quotient(result.gain, abs(lot.cost)))
        if lot.cost
        else Figure.undefined("unrealised", Unit.FRACTION, "The units cost nothing.")
    )
    return LotView(
        event_id=lot.event_id,
        opened_on=lot.opened_on,
        nth=lot.nth,
        quantity=lot.quantity,
        cost=lot.cost,
        unit_cost=quotient(lot.cost, lot.quantity),
        cost_local=lot.cost_local,
        value=value,
        unrealised=gain,
        unrealised_fraction=fraction,
        days_held=(day - lot.opened_on).days,
        bought=lot.quantity,
        bought_cost=lot.cost,
        realised=ZERO,
    )
