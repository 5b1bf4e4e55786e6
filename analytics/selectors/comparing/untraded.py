"""What a portfolio would be had nothing been traded in the period.  docs/numbers.md: "Had I never traded".

Kept is what was held at the opening close, or, where nothing was held then, at the close of the first day on which something was.  From there the
ledger goes on without its trades (`portfolios.ledger.untraded`), and becomes daily series as every ledger does; so its figures are those of any
other portfolio, and a portfolio that never traded differs in nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from analytics import memory
from analytics.engine.errors import Undefined
from analytics.selectors.comparing.alone import alone_of, nothing
from analytics.selectors.comparing.shapes import Alone, Kept, NeverTraded
from analytics.selectors.performance import NOTHING_YET, Stretch
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.scope import figure, in_words, less, sentence
from analytics.series import Daily
from analytics.world import Market
from market.errors import MissingRate
from market.selectors import ActionView, day_number
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.errors import LedgerRefused
from portfolios.ledger.book import Book
from portfolios.selectors import untraded_in

NOTHING_KEPT = "nothing was held in the period that could have been kept"
Units = dict[int, Decimal]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """The other history, without the quotes of today; kept under the versions of ledgers and prices.

    then, now   units at the close from which nothing is traded, and at the end of the period
    worth_then, worth_now  of one unit, at these closes; absent where it is not known
    """

    series: Daily
    trades: int
    unknown: tuple[ActionView, ...]
    then: Units
    now: Units
    last: Units  # at the end of the series
    worth_then: dict[int, float]
    worth_now: dict[int, float]
    worth_last: dict[int, float]


def units_at(books: Iterable[Book], day: date) -> Units:
    """Units of each instrument at the close of a day, of all books together."""
    found: Units = defaultdict(Decimal)
    for book in books:
        held = {step.instrument: step.quantity_after for step in book.steps if step.day <= day}
        for instrument, quantity in held.items():
            found[instrument] += quantity
    return {pk: quantity for pk, quantity in found.items() if quantity}


def first_held(books: Iterable[Book], opening: date, last: date) -> date | None:
    """The first close from `opening` to `last` at which something is held."""
    firsts = []
    for book in books:
        held: Units = {}
        steps = iter(book.steps)
        step = next(steps, None)
        while step is not None:
            day = max(step.day, opening)
            while step is not None and max(step.day, opening) == day:
                held[step.instrument] = step.quantity_after
                step = next(steps, None)
            if any(held.values()):
                firsts.append(day)
                break
    return min((day for day in firsts if day <= last), default=None)


class WithoutTrades:
    """Of one window."""

    def __init__(self, window: RiskWindow) -> None:
        self.window, self.scope, self.stretch = window, window.scope, window.stretch

    @cached_property
    def since(self) -> date:
        """The close from which nothing is traded.  Raises Undefined."""
        if self.stretch.is_empty:
            raise Undefined(NOTHING_YET)
        found = first_held(self.scope.books, self.stretch.daily.first, self.stretch.last)
        if found is None:
            raise Undefined(NOTHING_KEPT)
        return found

    @cached_property
    def told(self) -> Told:
        """Raises Undefined."""
        key = ("untraded", self.scope.key, self.since.isoformat(), self.stretch.last.isoformat())
        return memory.series.of(key, self._told)

    def _told(self) -> Told:
        scope, since, last = self.scope, self.since, self.stretch.last
        portfolios = [one for one in scope.portfolios if one.pk in scope.told.books]
        quoted = {pk: view.currency for pk, view in scope.instruments.items()} | scope.beyond
        try:
            found = untraded_in(
                portfolios, scope.currency, after=since, books=scope.told.books, quoted=quoted, until=scope.until, known_at=scope.known_at
            )
        except (MissingRate, LedgerRefused) as problem:
            raise Undefined(f"the ledger cannot be told without its trades: {problem.detail}") from None
        books, market = list(found.books.values()), scope.market_of_all()
        series = scope.series_in(market, books, found.costs)
        then, now, newest = (units_at(books, day) for day in (since, last, scope.today))
        return Told(
            series,
            sum(found.trades.values()),
            found.unknown,
            then,
            now,
            newest,
            _worths(market, then, scope.currency, since),
            _worths(market, now, scope.currency, last),
            _worths(market, newest, scope.currency, scope.today),
        )

    @cached_property
    def newest(self) -> dict[int, float]:
        """Worth of one unit at the newest quotes, of what has one."""
        rows = (*self.scope.table.rows, *self.scope.table.closed)
        return {row.instrument.id: float(row.price.value) * float(row.rate.value) for row in rows if row.price.value and row.rate.value}

    @cached_property
    def other(self) -> RiskWindow:
        """The same window of the other history, today at the newest quotes.  Raises Undefined."""
        told = self.told
        series = told.series
        if isinstance(self.scope.table.value.value, Decimal):
            shifts = (float(told.last[pk]) * (self.newest[pk] - worth) for pk, worth in told.worth_last.items() if pk in self.newest)
            series = series.ending_at(float(series.value[-1]) + sum(shifts))
        window = RiskWindow(self.scope.with_series(series), self.window.asked)
        window.stretch.growth  # noqa: B018  (what is not known of it is said)
        return window

    @property
    def path(self) -> Stretch:
        """The period of the other history.  Raises Undefined."""
        return self.other.stretch

    # ── figures ─────────────────────────────────────────────────────────────

    @cached_property
    def value(self) -> Figure:
        return figure("value", Unit.MONEY, lambda: float(self.path.daily.value[-1]), self.scope.currency)

    @cached_property
    def gain(self) -> Figure:
        """The end value less the opening one and what was paid in."""
        return figure("gain", Unit.MONEY, self._gain, self.scope.currency)

    def _gain(self) -> float:
        daily = self.path.daily
        return float(daily.value[-1] - daily.value[0] - (daily.inflow.sum() - daily.outflow.sum()))

    @cached_property
    def difference(self) -> Figure:
        return less("lead", self.stretch.gain, self.gain)

    @cached_property
    def alone(self) -> Alone:
        try:
            return alone_of(self.other)
        except Undefined as problem:
            why = sentence(problem.reason)
            twr, annual, spread, worst = (
                Figure.undefined(name, Unit.FRACTION, why) for name in ("twr", "twr_annualised", "volatility", "maximum_drawdown")
            )
            return Alone(twr, annual, spread, worst, nothing(problem))

    @cached_property
    def points(self) -> Figure:
        return less("excess", self.stretch.twr, self.alone.twr, unit=Unit.POINTS)

    @cached_property
    def kept(self) -> tuple[Kept, ...]:
        """Largest at the end first."""
        try:
            self.other  # noqa: B018  (what is not known of the whole is not told of its parts)
            rows = [self._row(pk) for pk in {*self.told.then, *self.told.now}]
        except Undefined:
            return ()
        return tuple(sorted(rows, key=lambda row: (not row.value.known, -abs(float(row.value.value or 0)), row.instrument.symbol)))

    def _row(self, pk: int) -> Kept:
        told, view = self.told, self.scope.instruments[pk]
        then, now = told.then.get(pk, Decimal(0)), told.now.get(pk, Decimal(0))
        worth = self.newest.get(pk, told.worth_now.get(pk)) if self.stretch.last == self.scope.today else told.worth_now.get(pk)
        held = units_at(self.scope.books, self.stretch.last)
        return Kept(
            view,
            Figure("quantity", Unit.UNITS, then),
            Figure("quantity", Unit.UNITS, now),
            self._worth(view.symbol, then, told.worth_then.get(pk), self.since),
            self._worth(view.symbol, now, worth, self.stretch.last),
            pk in held,
        )

    def _worth(self, symbol: str, units: Decimal, worth: float | None, day: date) -> Figure:
        if units and worth is None:
            return Figure.undefined(
                "value", Unit.MONEY, f"No price of {symbol} is known for {in_words(day)}. It stands at its cost.", self.scope.currency
            )
        return Figure("value", Unit.MONEY, float(units) * (worth or 0.0), currency=self.scope.currency)

    @cached_property
    def rest(self) -> Figure:
        """What the kept holdings do not account for."""
        known = sum(float(row.value.value or 0) for row in self.kept)
        return figure("value", Unit.MONEY, lambda: float(self.path.daily.value[-1]) - known, self.scope.currency)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What is left out, in sentences."""
        try:
            unknown = self.told.unknown
        except Undefined:
            return ()
        return tuple(
            f"The dividend of {self.scope.instruments[one.instrument_id].symbol} of {in_words(one.ex_day)} is left out: no rate to {self.scope.currency} is known."
            for one in unknown
        )

    @cached_property
    def result(self) -> NeverTraded:
        try:
            since: date | None = self.since
            trades: int | None = self.told.trades
        except Undefined:
            since = trades = None
        return NeverTraded(since, trades, self.value, self.gain, self.alone, self.difference, self.points, self.kept, self.rest, self.notes)


def _worths(market: Market, units: Units, currency: str, day: date) -> dict[int, float]:
    found = {pk: float(market.worth_of_one(pk, currency, day_number(day), 1)[0]) for pk in units}
    return {pk: worth for pk, worth in found.items() if worth}
