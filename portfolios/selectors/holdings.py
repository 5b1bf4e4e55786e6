"""What is held, what it is worth and what it gained.  numbers.md: "Notation", "Gains".

Everything is exact.  A holding's value is quantity × price × rate, each product rounded to a storable number; its gain is
the ledger core's.  Every ledger is replayed in the report currency (see `restated`), where the identity of numbers.md holds to
the last decimal; values are converted at the rate of the day.  What never had a price, or whose currency never had a rate, stands
at its cost, with a warning that says so.

`day_change` is what today's (or that day's) change of price does to the units held at its end, at the rate of the day.  Where the
newest price is not of the last session, there is none: its difference to the close before is news of another day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from market.models import Instrument
from market.selectors import is_of_last_session
from portfolio_site.kernel.decimals import product, quotient
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.book import Book
from portfolios.ledger.gains import NOTHING, Unrealised, at_cost, unrealised, unrealised_cash
from portfolios.ledger.records import Position
from portfolios.models import Portfolio
from portfolios.selectors.ledger import ZERO, books_of
from portfolios.selectors.restated import Told, told_in
from portfolios.selectors.shapes import CashRow, HoldingRow, HoldingsTable, InstrumentView
from portfolios.selectors.world import OLD_RATE, PriceNow, World, world_of

NO_WEIGHTS = "The value is not above zero; there are no parts of it."


def holdings_of(
    portfolios: Portfolio | Sequence[Portfolio],
    *,
    currency: str = "",
    as_of: date | None = None,
    known_at: datetime | None = None,
    told: Told | None = None,
) -> HoldingsTable:
    """What one portfolio, or several together, hold now, or held at the end of an earlier day.

    currency  of the report; where blank, the base currency of the first portfolio
    as_of     replays the ledger to that day and values it at that day's closes and rates; today and later mean now
    known_at  what the ledgers were known to hold at that moment; prices and rates are those known now
    told      the ledgers as they stand now in that currency, from a caller that has them; an earlier day or knowledge does not use it

    At most five queries now (four where the books are known), six on an earlier day, however many holdings; where a portfolio
    has another base currency than the report, two to five more (see `restated.told_in`).
    """
    chosen = [portfolios] if isinstance(portfolios, Portfolio) else list(portfolios)
    today = timezone.localdate()
    is_now = as_of is None or as_of >= today
    day = today if as_of is None or is_now else as_of
    currency = currency or (chosen[0].base_currency if chosen else "EUR")
    if told is None or not is_now or known_at is not None:
        told = told_in(chosen, currency, until=None if is_now else day, known_at=known_at) if chosen else Told({}, {})
    known = [portfolio for portfolio in chosen if portfolio.pk in told.books]
    world = world_of(known, told.books, currency, day, is_now=is_now, own_rates=told.own_rates)
    gathered = _Gathered(unconverted=[f"{problem.detail} The portfolio is not counted in the totals." for problem in told.untold.values()])
    for portfolio in known:
        gathered.add(portfolio, told.books[portfolio.pk], world, currency)
    return _table(gathered, world, currency, tuple(portfolio.pk for portfolio in chosen), is_now=is_now)


def tables_of(
    portfolios: Sequence[Portfolio], *, currency: str = "", books: dict[int, Book] | None = None, own_rates: bool = True
) -> dict[int, HoldingsTable]:
    """What each portfolio holds now, in its own currency, or all in one.  Five queries at most, however many portfolios.

    books      the ledgers, from a caller that has them; in `currency`, where one is asked for
    own_rates  whether the rates of the person whose portfolios these are count; False: they are of people who have none
    """
    chosen, today = list(portfolios), timezone.localdate()
    if not chosen:
        return {}
    books = books_of(chosen) if books is None else books
    world = world_of(chosen, books, currency, today, is_now=True, own_rates=own_rates)
    tables = {}
    for portfolio in chosen:
        gathered, code = _Gathered(), currency or portfolio.base_currency
        gathered.add(portfolio, books[portfolio.pk], world, code)
        tables[portfolio.pk] = _table(gathered, world, code, (portfolio.pk,), is_now=True)
    return tables


# ── adding up portfolios ────────────────────────────────────────────────────


@dataclass(slots=True)
class _Part:
    """One instrument in one portfolio, in the report currency."""

    portfolio_id: int
    owner_id: int
    position: Position
    paid: Decimal  # for everything ever bought
    cost: Decimal
    realised: Decimal
    income: Decimal
    expenses: Decimal
    rate: Decimal | None = None
    result: Unrealised = NOTHING
    why_not: str = ""  # it stands at its cost
    rate_day: date | None = None


@dataclass(slots=True)
class _Cash:
    amount: Decimal = ZERO
    cost: Decimal = ZERO
    value: Decimal = ZERO
    why_not: str = ""
    rate: Decimal | None = None
    rate_day: date | None = None


@dataclass(slots=True)
class _Gathered:
    parts: dict[int, list[_Part]] = field(default_factory=lambda: defaultdict(list))
    cash: dict[str, _Cash] = field(default_factory=lambda: defaultdict(_Cash))
    realised: Decimal = ZERO
    income: Decimal = ZERO
    expenses: Decimal = ZERO
    net_flows: Decimal = ZERO
    paid_in: Decimal = ZERO
    unconverted: list[str] = field(default_factory=list)  # why a whole portfolio is not in the totals

    def add(self, portfolio: Portfolio, book: Book, world: World, currency: str) -> None:
        sold = book.cost_of_sold
        for pk, position in book.positions.items():
            self.parts[pk].append(_part(portfolio, position, sold.get(pk, ZERO), world, currency))
        for code, pool in book.cash.items():
            if not pool.amount and not pool.cost:
                continue
            cash, rate = self.cash[str(code)], world.rate(str(code), currency)
            cash.amount += pool.amount
            cash.cost += pool.cost
            if rate is None:
                cash.why_not = _no_rate(str(code), currency, world.day)
            else:
                cash.rate, cash.rate_day = rate.rate, rate.day
                cash.value += unrealised_cash(pool, rate.rate).value
        self.realised += book.realised
        self.income += book.income
        self.expenses += book.expenses
        self.net_flows += book.net_flows
        self.paid_in += book.paid_in


def _part(portfolio: Portfolio, position: Position, sold: Decimal, world: World, currency: str) -> _Part:
    part = _Part(
        portfolio_id=portfolio.pk,
        owner_id=portfolio.owner_id,
        position=position,
        paid=position.cost + sold,
        cost=position.cost,
        realised=position.realised,
        income=position.income,
        expenses=position.expenses,
    )
    if not position.quantity:
        return part
    instrument = world.instruments[position.instrument]
    price, rate = world.prices.get(instrument.pk), world.rate(instrument.currency, currency)
    if rate is not None:
        part.rate, part.rate_day = rate.rate, rate.day
    if price is None:
        part.why_not = _no_price(instrument, position, world.day)
    elif rate is None:
        part.why_not = _no_rate(instrument.currency, currency, world.day)
    part.result = at_cost(position) if price is None or rate is None else unrealised(position, price.price, rate.rate)
    return part


def _no_price(instrument: Instrument, position: Position, day: date) -> str:
    then = "" if day >= timezone.localdate() else f" for {day.day} {day:%b %Y} or before"
    return f"No price of {instrument.symbol} is known{then}, held since {position.opened_on.day} {position.opened_on:%b %Y}."


def _no_rate(base: str, quote: str, day: date) -> str:
    return f"No {base}/{quote} rate is known for {day.day} {day:%b} {day.year}."


# ── figures ─────────────────────────────────────────────────────────────────


def _money(name: str, value: Decimal | None, currency: str, why_not: str, *, stale: date | None = None, warnings: tuple[str, ...] = ()) -> Figure:
    if value is None:
        return Figure.undefined(name, Unit.MONEY, why_not, currency)
    return Figure(name, Unit.MONEY, value, currency=currency, stale_since=stale, warnings=warnings)


def _fraction(name: str, part: Decimal | None, whole: Decimal | None, why_not: str) -> Figure:
    """A part of a whole, to 18 places; undefined where the whole is nothing or either is unknown."""
    if part is None or whole is None:
        return Figure.undefined(name, Unit.FRACTION, why_not or "What it is a part of is not known.")
    if not whole:
        return Figure.undefined(name, Unit.FRACTION, "There is nothing to compare it with.")
    return Figure(name, Unit.FRACTION, quotient(part, abs(whole)))


def _quoted(price: PriceNow | None, instrument: Instrument) -> Decimal | None:
    """The price as it is quoted: of a bond in percent of par, else what one unit is worth."""
    return None if price is None else quotient(price.price, instrument.price_factor) if instrument.in_percent else price.price


def _weight(part: Decimal | None, whole: Decimal | None, why_not: str) -> Figure:
    """A part of the value; of a value that is not above zero there are none."""
    if not why_not and whole is not None and whole <= 0:
        return Figure.undefined("weight", Unit.FRACTION, NO_WEIGHTS)
    return _fraction("weight", part, whole, why_not)


def _row(instrument: Instrument, parts: list[_Part], world: World, currency: str, whole: Decimal | None) -> HoldingRow:
    quantity = sum((part.position.quantity for part in parts), ZERO)
    cost = sum((part.cost for part in parts), ZERO)
    held = [part for part in parts if part.position.quantity]
    why = next((part.why_not for part in held if part.why_not), "")
    result = sum((part.result for part in held), NOTHING)
    said = _stands_at_cost(why, result.value, whole)
    price = world.prices.get(instrument.pk) if held else None
    rate = next((part.rate for part in held if part.rate is not None), None)
    old = _stale_since(price, held, world.day)
    realised, income = sum((p.realised for p in parts), ZERO), sum((p.income for p in parts), ZERO)
    expenses = sum((p.expenses for p in parts), ZERO)
    total_gain = realised + result.gain + income - expenses
    old_news = "" if price is None or is_of_last_session(price.day, instrument.asset_class, world.day) else _newest_of(price.day)
    change, base_value = (None, None) if old_news else _day_change(quantity, price, rate, result.value)
    why_no_change = why or old_news or ("" if not held else f"No earlier price of {instrument.symbol} is known.")
    owners = tuple(sorted({part.portfolio_id for part in (held or parts)}))
    nothing = "Nothing is held."
    return HoldingRow(
        instrument=InstrumentView.of(instrument, world.words.get((parts[0].owner_id, instrument.pk))),
        portfolio_id=owners[0] if len(owners) == 1 else None,
        portfolio_ids=owners,
        quantity=quantity,
        average_cost=_money("average_cost", quotient(cost, quantity) if quantity else None, currency, nothing),
        cost=cost,
        price=_money("price", price.price if price else None, instrument.currency, why or nothing, stale=old),
        quoted=_money("price", _quoted(price, instrument), instrument.price_unit, why or nothing, stale=old),
        rate=Figure("rate", Unit.NUMBER, rate) if rate is not None else Figure.undefined("rate", Unit.NUMBER, why or nothing),
        value=_money("value", result.value, currency, "", stale=old, warnings=said),
        day_change=_money("day_change", change, currency, why_no_change),
        day_change_fraction=_fraction("day_change", change, base_value, why_no_change),
        unrealised=_money("unrealised", result.gain, currency, "", stale=old, warnings=said),
        unrealised_fraction=_fraction("unrealised", result.gain, cost, ""),
        price_part=_money("price_part", result.price_part, currency, "", stale=old, warnings=said),
        currency_part=_money("currency_part", result.currency_part, currency, "", stale=old, warnings=said),
        realised=realised,
        income=income,
        expenses=expenses,
        total_gain=_money("total_gain", total_gain, currency, "", stale=old, warnings=said),
        total_gain_fraction=_fraction("total_gain", total_gain, sum((p.paid for p in parts), ZERO), ""),
        weight=_weight(result.value, whole, ""),
        opened_on=min(part.position.opened_on for part in (held or parts)),
        changed_on=max(part.position.changed_on for part in parts),
        quote=price.quote if price else None,
        priced_on=price.day if price else None,
        stale=bool(price and price.stale),
        at_cost=bool(why),
    )


def _stands_at_cost(why: str, value: Decimal, whole: Decimal | None) -> tuple[str, ...]:
    """The warning of what stands at its cost, with its part of the whole; none where there is no reason for it."""
    if not why:
        return ()
    share = f", {abs(value) / whole:.1%} of the value" if whole is not None and whole > 0 else ""
    return (f"{why} It stands at its cost{share}.",)


def _newest_of(day: date) -> str:
    return f"The newest price is of {day.day} {day:%b} {day.year}."


def _day_change(quantity: Decimal, price: PriceNow | None, rate: Decimal | None, value: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """The change of the day, and the value before it."""
    if not quantity:
        return ZERO, ZERO
    if price is None or price.previous is None or rate is None or value is None:
        return None, None
    change = product(product(quantity, price.price - price.previous), rate)
    return change, value - change


def _stale_since(price: PriceNow | None, parts: list[_Part], day: date) -> date | None:
    old = [price.day] if price is not None and price.stale else []
    old += [part.rate_day for part in parts if part.rate_day is not None and day - part.rate_day > OLD_RATE]
    return min(old) if old else None


def _cash_row(code: str, cash: _Cash, currency: str, day: date, whole: Decimal | None) -> CashRow:
    value = None if cash.why_not else cash.value
    old = cash.rate_day if cash.rate_day is not None and day - cash.rate_day > OLD_RATE else None
    return CashRow(
        currency=code,
        amount=cash.amount,
        rate=Figure("rate", Unit.NUMBER, cash.rate) if cash.rate is not None else Figure.undefined("rate", Unit.NUMBER, cash.why_not),
        value=_money("cash", value, currency, cash.why_not, stale=old),
        cost=cash.cost,
        gain=_money("unrealised", None if value is None else value - cash.cost, currency, cash.why_not, stale=old),
        weight=_weight(value, whole, cash.why_not),
    )


def _table(gathered: _Gathered, world: World, currency: str, ids: tuple[int, ...], *, is_now: bool) -> HoldingsTable:
    known = ZERO
    for parts in gathered.parts.values():
        known += sum((part.result.value for part in parts), ZERO)
    known += sum((cash.value for cash in gathered.cash.values() if not cash.why_not), ZERO)
    rows = [_row(world.instruments[pk], parts, world, currency, known) for pk, parts in gathered.parts.items()]
    cash = tuple(_cash_row(code, one, currency, world.day, known) for code, one in sorted(gathered.cash.items()))
    opened = sorted((row for row in rows if row.is_open), key=lambda row: (-(row.value.value or ZERO), row.instrument.symbol))
    closed = sorted((row for row in rows if not row.is_open), key=lambda row: (row.changed_on, row.instrument.symbol), reverse=True)
    return _totals(gathered, opened, closed, cash, world, currency, ids, is_now=is_now)


def _sum(name: str, figures: Sequence[Figure], currency: str, warnings: tuple[str, ...], extra: Decimal = ZERO) -> Figure:
    """The known ones added up; undefined only where there are some and none is known."""
    values = [figure.value for figure in figures if isinstance(figure.value, Decimal)]
    if figures and not values:
        return _money(name, None, currency, figures[0].why_not)
    old = [figure.stale_since for figure in figures if figure.stale_since is not None]
    return _money(name, sum(values, extra), currency, "", stale=min(old) if old else None, warnings=warnings)


def _totals(
    gathered: _Gathered,
    opened: Sequence[HoldingRow],
    closed: Sequence[HoldingRow],
    cash: tuple[CashRow, ...],
    world: World,
    currency: str,
    ids: tuple[int, ...],
    *,
    is_now: bool,
) -> HoldingsTable:
    missing = tuple(row.value for row in cash if not row.value.known)
    at_cost = [warning for row in opened if row.at_cost for warning in row.value.warnings]
    not_counted = [f"{figure.why_not} It is not counted in the totals." for figure in missing]
    warnings = tuple(dict.fromkeys([*at_cost, *not_counted, *gathered.unconverted]))
    values = [row.value for row in opened]
    holdings_value = _sum("value", values, currency, warnings)
    cash_value = _sum("cash", [row.value for row in cash], currency, tuple(dict.fromkeys(not_counted)))
    value = _sum("value", [*values, *(row.value for row in cash)], currency, warnings)
    change = _sum("day_change", [row.day_change for row in opened], currency, ())
    gain = _sum("unrealised", [*(row.unrealised for row in opened), *(row.gain for row in cash)], currency, warnings)
    cost = sum((row.cost for row in opened), ZERO)
    total = None if not isinstance(gain.value, Decimal) else gathered.realised + gain.value + gathered.income - gathered.expenses
    change_value = change.value if isinstance(change.value, Decimal) else None
    whole = value.value if isinstance(value.value, Decimal) else None
    held_gain = _sum("unrealised", [row.unrealised for row in opened], currency, ())
    return HoldingsTable(
        portfolio_ids=ids,
        currency=currency,
        as_of=world.day,
        is_now=is_now,
        rows=tuple(opened),
        closed=tuple(closed),
        cash=cash,
        value=value,
        holdings_value=holdings_value,
        cash_value=cash_value,
        cost=cost,
        day_change=change,
        day_change_fraction=_fraction(
            "day_change", change_value, None if whole is None or change_value is None else whole - change_value, change.why_not
        ),
        unrealised=gain,
        unrealised_fraction=_fraction("unrealised", held_gain.value if isinstance(held_gain.value, Decimal) else None, cost, held_gain.why_not),
        realised=gathered.realised,
        income=gathered.income,
        expenses=gathered.expenses,
        net_flows=gathered.net_flows,
        total_gain=_money("total_gain", total, currency, gain.why_not, stale=gain.stale_since, warnings=warnings),
        total_gain_fraction=_fraction("total_gain", total, gathered.paid_in, gain.why_not),
        undefined=missing,
    )
