"""One question's frame: some portfolios, one report currency, one day.  What its figures share is read once.

Conventions.  `today` is the last day of every series here; its worth is that of the newest quotes, all earlier days are closes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from django.utils import timezone

from analytics import memory
from analytics.continuing import Before
from analytics.engine.errors import Undefined
from analytics.levels import Level, level_of, quoted_in
from analytics.selectors.reads import Reads
from analytics.series import Costs, Daily, Gap, daily
from analytics.snapshots.reading import Stored
from analytics.world import Market
from market.choices import AssetClass
from market.selectors import (
    OWN_RATES,
    BenchmarkView,
    PriceColumnView,
    QuoteView,
    day_number,
    described,
    prices_version,
)
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.book import Book
from portfolios.models import Portfolio
from portfolios.selectors import (
    CostChange,
    CostPaid,
    HoldingsTable,
    InstrumentView,
    Told,
    compared_with,
    costs_paid,
    holdings_of,
    ledger_version,
    told_in,
)

SPARK_DAYS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """What is kept under the versions of ledgers and prices: without the quotes of today.

    benchmark  its level at each entry of `daily`; None without one
    sparks     closes of the last 30 days of what is held
    """

    daily: Daily
    benchmark: Level | None
    sparks: dict[int, tuple[float, ...]]


class Scope:
    """See the head of this module.  All portfolios belong to one person; permission was asked before.

    as_of     the ledgers end with that day, and it is `today`; a day to come means now
    known_at  the ledgers are as they were known at that moment
    reads     how it reads; where missing, each thing by itself when it is asked for
    gross     returns are told before fees and taxes; amounts of money are what they are
    """

    goes_on = True  # whether its series go on from the last ones of this process

    def __init__(
        self,
        portfolios: Sequence[Portfolio],
        currency: str = "",
        *,
        today: date | None = None,
        benchmark: BenchmarkView | None = None,
        as_of: date | None = None,
        known_at: datetime | None = None,
        reads: Reads | None = None,
        gross: bool = False,
    ) -> None:
        self.reads, self.gross = reads or Reads(), gross
        self.portfolios = list(portfolios)
        self.stored = Stored(self.portfolios)
        self.currency = currency or (self.portfolios[0].base_currency if self.portfolios else "EUR")
        now = timezone.localdate()
        self.until = as_of if as_of is not None and as_of < now else None
        self.known_at = known_at
        self.today = self.until or today or now
        self._benchmark = benchmark

    @cached_property
    def benchmark(self) -> BenchmarkView | None:
        """The one asked for, else that of the first portfolio that has one.  Two queries for a blend, none for an instrument."""
        return self._benchmark or compared_with(self.portfolios)

    def owned_by(self, user: Any) -> Scope:
        """Spares the query that would look the owner up."""
        for portfolio in self.portfolios:
            if portfolio.owner_id == user.pk:
                portfolio.owner = user
        return self

    # ── exact ───────────────────────────────────────────────────────────────

    @cached_property
    def told(self) -> Told:
        """The ledgers, replayed in the report currency."""
        if not self.portfolios:
            return Told({}, {})
        return told_in(self.portfolios, self.currency, until=self.until, known_at=self.known_at, stored=self.stored.books)

    @property
    def books(self) -> list[Book]:
        return list(self.told.books.values())

    @cached_property
    def table(self) -> HoldingsTable:
        """What is held and worth now, or at the close of `today` where that is in the past."""
        return self.table_on(self.today, told=self.told)

    def table_on(self, day: date, *, told: Told | None = None) -> HoldingsTable:
        """What was held and worth at the close of a day, as far as this scope knows."""
        return holdings_of(self.portfolios, currency=self.currency, as_of=day, known_at=self.known_at, told=told)

    @cached_property
    def instruments(self) -> dict[int, InstrumentView]:
        """Every instrument that stands in the ledgers."""
        return {row.instrument.id: row.instrument for row in (*self.table.rows, *self.table.closed)}

    @cached_property
    def beyond(self) -> dict[int, str]:
        """Of a slice: the currencies of what its units came from or became that is not part of it.  One query where there is any."""
        flows = (flow for book in self.books if book.crossed for flow in book.flows if flow.event_id in book.crossed)
        found = {flow.instrument for flow in flows if flow.instrument is not None} - self.instruments.keys()
        return {pk: one.currency for pk, one in described(found, ())[0].items()} if found else {}

    @cached_property
    def held(self) -> Mapping[int, QuoteView | None]:
        """What is held, with the newest quote of each."""
        return {row.instrument.id: row.quote for row in self.table.rows}

    # ── series ──────────────────────────────────────────────────────────────

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """What the series rest on."""
        ledgers = tuple(ledger_version(one) for one in self.portfolios if one.pk in self.told.books)
        return (ledgers, self.currency, self.today.isoformat(), self.until, self.known_at, self.benchmark, self.versions)

    @cached_property
    def versions(self) -> tuple[tuple[int, int, int], ...]:
        """Of the prices and rates that the series rest on, the person's own rates among them.  One query."""
        wanted = {*self.instruments, *self.beyond, *(self.benchmark.instruments if self.benchmark else ())}
        return prices_version(wanted, user=self.portfolios[0].owner if self.portfolios else None)

    @property
    def rated_by(self) -> Any:
        """Whose own rates count; None where there are none."""
        return self.portfolios[0].owner if self.versions[0][0] == OWN_RATES else None

    def market(self, prices: Mapping[int, PriceColumnView], quoted: Mapping[int, str], codes: Iterable[str]) -> Market:
        """Closes and rates as this person's figures see them.  One query, two where they have rates of their own."""
        used = {*codes, *quoted.values(), self.currency}
        coins = frozenset(pk for pk, view in self.instruments.items() if view.traded_as == AssetClass.CRYPTO)
        own = {} if self.rated_by is None else self.reads.own_rates(self.rated_by, used)
        return Market(prices, self.reads.rates(used), quoted, coins, own)

    @cached_property
    def computed(self) -> Computed:
        return memory.series.of(self.key, self._kept_or_computed)

    def _kept_or_computed(self) -> Computed:
        """Kept by the nightly batch, under the same key; else computed.  One query where nothing was asked of what is kept before."""
        if len(self.portfolios) == 1 and self.until is None and self.known_at is None and self.currency == self.portfolios[0].base_currency:
            kept: Computed | None = self.stored.series(self.portfolios[0].pk, self.key)
            if kept is not None:
                return kept
        return self._compute()

    def _compute(self) -> Computed:
        market = self.market_of_all(self.benchmark)
        series = self._series_of_now(market)
        bench = None
        if self.benchmark is not None:
            reported = self.reads.actions(self.benchmark.instruments, series.first)
            bench = level_of(self.benchmark, market, reported, currency=self.currency, first=series.first, length=len(series.value))
        border = day_number(self.today) - SPARK_DAYS
        held = {pk: market.prices[pk] for pk in self.held if pk in market.prices}
        sparks = {pk: tuple(column.closes[np.searchsorted(column.days, border) :].tolist()) for pk, column in held.items()}
        return Computed(series, bench, sparks)

    def _series_of_now(self, market: Market) -> Daily:
        """Goes on from the last series of these portfolios, where they are told as they are now (analytics/continuing.py)."""
        told_apart = self.until or self.known_at or any(one.only is not None or one.is_restated for one in self.portfolios)
        if told_apart or not self.goes_on:
            return self.series_in(market, self.books, self.costs)
        subject = (tuple(self.told.books), self.currency)
        before = memory.latest.of(subject)
        found = self.series_in(market, self.books, self.costs, before)
        memory.latest.keep(subject, before)
        return found

    def market_of_all(self, benchmark: BenchmarkView | None = None) -> Market:
        """Closes and rates of all that the series rest on, and a benchmark.  At most four queries."""
        quoted = {pk: view.currency for pk, view in self.instruments.items()} | self.beyond
        wanted = {*quoted, *(benchmark.instruments if benchmark is not None else ())}
        if benchmark is not None:
            quoted |= quoted_in(benchmark)
        return self.market(self._prices(wanted), quoted, {str(code) for book in self.books for code in book.cash})

    @cached_property
    def moved_in_kind(self) -> frozenset[int]:
        """The entries that moved units in or out.  One query, none where all portfolios track cash."""
        told = [one for one in self.portfolios if one.pk in self.told.books]
        tracked = [self.told.books[one.pk] for one in told if one.tracks_cash]  # there only transfers have an instrument
        moved = self.reads.transfers([one for one in told if not one.tracks_cash])
        return moved | {flow.event_id for book in tracked for flow in book.flows if flow.quantity is not None}

    def series_in(self, market: Market, books: Sequence[Book], costs: Costs, before: Before | None = None) -> Daily:
        """The whole history of books of these portfolios, without the quotes of today."""
        moved = self.moved_in_kind.union(*(book.crossed for book in books))
        return daily(books, currency=self.currency, market=market, last=self.today, transfers=moved, costs=costs, before=before)

    def _prices(self, wanted: Iterable[int]) -> dict[int, PriceColumnView]:
        prices = self.reads.prices(wanted)
        for pk, quote in self.held.items():  # a quote is a price: the only one, where no close was ever stored
            if pk not in prices and quote is not None:
                days = np.array([day_number(timezone.localdate(quote.as_of))], dtype=np.int32)
                prices[pk] = PriceColumnView(pk, 0, days, np.array([float(quote.unit_price)]), None)
        return prices

    @cached_property
    def market_of_holdings(self) -> Market:
        """Closes and rates of everything that stands in the ledgers.  At most four queries."""
        return self.market(self._prices(self.instruments), {pk: view.currency for pk, view in self.instruments.items()}, set())

    def costs(self, instruments: Iterable[int]) -> list[CostChange]:
        """How the cost of what is held of instruments came about: what they stand at on days on which they cannot be valued."""
        told = [one for one in self.portfolios if one.pk in self.told.books]
        return self.reads.costs(told, self.currency, instruments, self.until, self.known_at)

    @property
    def told_of_costs(self) -> str:
        """Whether returns are gross or net, as a sentence of their explanations."""
        if self.gross:
            return "Before fees and taxes: what they came to counts as money taken out at the end of its day."
        return "After fees and taxes."

    @cached_property
    def costs_paid(self) -> list[CostPaid]:
        """Every fee and tax, by day.  At most three queries; kept under the versions of ledgers and rates."""
        told = [one for one in self.portfolios if one.pk in self.told.books]
        return memory.costs.of(
            self.key, lambda: costs_paid(told, self.told.books, self.currency, until=self.until, known_at=self.known_at) if told else []
        )

    # ── other questions from what was read ──────────────────────────────────

    def beside(self, benchmark: BenchmarkView, level: Level) -> Scope:
        """The same beside another benchmark, whose level at each entry of `daily` is known.  No query."""
        other = copy(self)
        for name in ("benchmark", "key", "versions"):
            other.__dict__.pop(name, None)
        other._benchmark = benchmark
        other.computed = replace(self.computed, benchmark=level)
        return other

    def with_series(self, series: Daily) -> Scope:
        """The same of another history of these portfolios, today at the newest quotes.  No query."""
        other = copy(self)
        other.computed, other.daily = replace(self.computed, daily=series), series
        return other

    # ── with the quotes of today ────────────────────────────────────────────

    @cached_property
    def daily(self) -> Daily:
        """The whole history; today at the newest quotes."""
        worth = self.table.value.value
        series = self.computed.daily
        return series.ending_at(float(worth)) if isinstance(worth, Decimal) and len(series.value) > 1 else series

    @property
    def is_empty(self) -> bool:
        """Whether nothing ever happened."""
        return len(self.computed.daily.value) <= 1

    @cached_property
    def benchmark_now(self) -> Level | None:
        """The benchmark's level at each entry of `daily`."""
        return self.computed.benchmark

    @property
    def benchmark_notes(self) -> tuple[str, ...]:
        """What the benchmark's level leaves out, or what stands for it, in sentences."""
        return self.benchmark_now.notes if self.benchmark_now is not None else ()

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What the figures of this scope leave out or rest on, in sentences."""
        said = [*self.table.value.warnings, *(self.gap_in_words(gap) for gap in self.computed.daily.gaps if gap.until is not None)]
        for row in self.table.rows:
            if row.stale and row.priced_on is not None:
                said.append(f"The price of {row.instrument.symbol} is of {in_words(row.priced_on)}.")
        return tuple(dict.fromkeys(said))

    def gap_in_words(self, gap: Gap) -> str:
        """ "No price of X is known from 3 Jun 2020 to 5 Jun 2020; it stands at its cost then."""
        span = f"from {in_words(gap.since)}" + (f" until {in_words(gap.until)}" if gap.until else " on")
        if gap.instrument is None:
            return f"No rate of {gap.currency} to {self.currency} is known {span}, when you held cash in it."
        symbol = self.instruments[gap.instrument].symbol
        what = f"rate of {gap.currency} to {self.currency}, the currency of {symbol}," if gap.wants_rate else f"price of {symbol}"
        return f"No {what} is known {span}; it stands at its cost for so long."

    def why_unknown(self) -> str:
        """Why days of the series are not known."""
        gaps = [gap for gap in self.computed.daily.gaps if gap.instrument is None]
        return self.gap_in_words(gaps[0]) if gaps else "A rate is missing."


# ── figures ─────────────────────────────────────────────────────────────────


def in_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def sentence(reason: str) -> str:
    """A reason of the engine as a sentence."""
    return reason[:1].upper() + reason[1:] + ("" if reason.endswith(".") else ".")


def figure(name: str, unit: Unit, compute: Callable[[], Decimal | float], currency: str = "", **more: Any) -> Figure:
    """The figure; undefined with its reason where the engine says that there is none."""
    try:
        return Figure(name, unit, compute(), currency=currency, **more)
    except Undefined as problem:
        return Figure.undefined(name, unit, sentence(problem.reason), currency)


def less(name: str, left: Figure, right: Figure, *, unit: Unit | None = None) -> Figure:
    """left − right; undefined where either is.  Exact where both are."""
    for one in (left, right):
        if one.value is None:
            return Figure.undefined(name, unit or left.unit, one.why_not, left.currency)
    a, b = left.value, right.value
    assert a is not None and b is not None
    value = a - b if isinstance(a, Decimal) and isinstance(b, Decimal) else float(a) - float(b)
    stale = [one.stale_since for one in (left, right) if one.stale_since is not None]
    warnings = tuple(dict.fromkeys((*left.warnings, *right.warnings)))
    return Figure(name, unit or left.unit, value, currency=left.currency, warnings=warnings, stale_since=min(stale) if stale else None)


def renamed(name: str, one: Figure) -> Figure:
    return replace(one, name=name)
