"""What scopes read: each for itself, or many of them together, in as many queries as one.

Who reads together gets what each would have got by itself, and keeps it under the same keys, so that pages find it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analytics.snapshots.reading import Stored
from market.selectors import (
    OWN_RATES,
    ActionView,
    BenchmarkView,
    FxColumnView,
    OwnColumnView,
    PriceColumnView,
    actions_of,
    fx_columns,
    own_rate_columns,
    price_columns,
    prices_version,
)
from portfolios.ledger.book import Book
from portfolios.models import Portfolio
from portfolios.selectors import (
    CostChange,
    HoldingsTable,
    books_of,
    compared_with_each,
    cost_changes,
    events_of_all,
    tables_of,
    transfer_entries,
)

if TYPE_CHECKING:
    from portfolios.ledger.events import Event

Versions = tuple[tuple[int, int, int], ...]


class Reads:
    """A scope that reads for itself."""

    def prices(self, instruments: Iterable[int]) -> dict[int, PriceColumnView]:
        return price_columns(instruments)

    def rates(self, codes: set[str]) -> Mapping[str, FxColumnView]:
        return fx_columns(codes)

    def own_rates(self, user: Any, codes: set[str]) -> Mapping[tuple[str, str], OwnColumnView]:
        return own_rate_columns(user, codes)

    def actions(self, instruments: Iterable[int], start: date) -> list[ActionView]:
        return actions_of(instruments, start=start)

    def transfers(self, portfolios: Sequence[Portfolio]) -> frozenset[int]:
        return transfer_entries(portfolios)

    def costs(
        self, portfolios: Sequence[Portfolio], currency: str, instruments: Iterable[int], until: date | None, known_at: datetime | None
    ) -> list[CostChange]:
        return cost_changes(portfolios, currency, instruments, until=until, known_at=known_at)


@dataclass(eq=False)
class Together(Reads):
    """Many portfolios of one person, or of people none of whom has exchange rates of their own; nothing is read twice.

    At most thirteen queries for everything that scopes of them read, and one or two more where something was held before it had a price.
    """

    portfolios: Sequence[Portfolio]
    user: Any = None

    @cached_property
    def stored(self) -> Stored:
        return Stored(self.portfolios)

    @cached_property
    def books(self) -> dict[int, Book]:
        return books_of(self.portfolios, stored=self.stored.books)

    @cached_property
    def tables(self) -> dict[int, HoldingsTable]:
        return tables_of(self.portfolios, books=self.books, own_rates=self.user is not None)

    @cached_property
    def benchmarks(self) -> dict[int, BenchmarkView | None]:
        return compared_with_each(self.portfolios)

    @cached_property
    def compared(self) -> set[int]:
        """Everything that any of the benchmarks rests on."""
        return {pk for one in self.benchmarks.values() if one is not None for pk in one.instruments}

    @cached_property
    def instruments(self) -> set[int]:
        return self.compared.union(*(book.positions for book in self.books.values()))

    @cached_property
    def _versions(self) -> tuple[Versions, dict[int, tuple[int, int, int]]]:
        """What stands at the front of all keys, and the part of each instrument."""
        rows = prices_version(self.instruments, user=self.user)
        front = tuple(row for row in rows if row[0] in (0, OWN_RATES))
        return front, {row[0]: row for row in rows[len(front) :]}

    def versions(self, wanted: Iterable[int]) -> Versions:
        """As `prices_version` answers for these instruments."""
        front, rows = self._versions
        return (*front, *(rows[pk] for pk in sorted(wanted) if pk in rows))

    # ── as scopes ask ───────────────────────────────────────────────────────

    @cached_property
    def _prices(self) -> dict[int, PriceColumnView]:
        return price_columns(self.instruments)

    def prices(self, instruments: Iterable[int]) -> dict[int, PriceColumnView]:
        return {pk: self._prices[pk] for pk in instruments if pk in self._prices}

    @cached_property
    def _codes(self) -> set[str]:
        codes = {one.base_currency for one in self.portfolios} | {str(code) for book in self.books.values() for code in book.cash}
        codes |= {row.instrument.currency for table in self.tables.values() for row in (*table.rows, *table.closed)}
        return codes.union(*(one.currencies for one in self.benchmarks.values() if one is not None))

    @cached_property
    def _rates(self) -> Mapping[str, FxColumnView]:
        return fx_columns(self._codes)

    def rates(self, codes: set[str]) -> Mapping[str, FxColumnView]:
        return {code: self._rates[code] for code in codes if code in self._rates}

    @cached_property
    def _own_rates(self) -> Mapping[tuple[str, str], OwnColumnView]:
        return own_rate_columns(self.user, self._codes)

    def own_rates(self, user: Any, codes: set[str]) -> Mapping[tuple[str, str], OwnColumnView]:
        return {pair: column for pair, column in self._own_rates.items() if codes.issuperset(pair)}

    @cached_property
    def _actions(self) -> list[ActionView]:
        return actions_of(self.compared)

    def actions(self, instruments: Iterable[int], start: date) -> list[ActionView]:
        wanted = set(instruments)
        return [row for row in self._actions if row.instrument_id in wanted and row.ex_day >= start]

    @cached_property
    def _transfers(self) -> frozenset[int]:
        return transfer_entries([one for one in self.portfolios if not one.tracks_cash])

    def transfers(self, portfolios: Sequence[Portfolio]) -> frozenset[int]:
        """Of all of them: entries have numbers of their own."""
        return self._transfers if portfolios else frozenset()

    @cached_property
    def _events(self) -> dict[int, list[Event]]:
        return events_of_all(self.portfolios)

    def costs(
        self, portfolios: Sequence[Portfolio], currency: str, instruments: Iterable[int], until: date | None, known_at: datetime | None
    ) -> list[CostChange]:
        return cost_changes(portfolios, currency, instruments, events=self._events)
