"""The demo market as a provider: real history as far as it goes, then a seeded simulation, each row saying which it is."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from market.choices import Quality
from market.providers.base import ActionRow, InstrumentSpec, PriceRow, RateRow, SymbolQuote
from market.providers.demo import deeds, files, paths, ticks
from market.providers.demo.catalogue import BENCHMARK, INDEX, INVENTED, SPECS

SOURCE = "demo"
ECB = "ecb"
AHEAD = timedelta(days=31)  # paths are computed this much further than asked, so that a new day seldom computes them again


class DemoMarket:
    """Implements `providers.base.Provider`.  Paths are computed once a month and kept; the real tables are read when needed."""

    name = SOURCE

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = date.min
        self._recent: dict[str, paths.Path] = {}  # by symbol: simulated closes, and the last real one before them

    def instruments(self) -> Sequence[InstrumentSpec]:
        """All of them, whether their history is real or invented."""
        return SPECS

    def history(self, after: Mapping[str, date | None], until: date) -> dict[str, list[PriceRow]]:
        """Daily closes by symbol, oldest first.  Rows after the last real day say that they are simulated."""
        real = files.real_closes() if None in after.values() else None
        recent = self._paths(until, real)
        starts = {symbol: day for symbol, day in after.items() if symbol in recent}
        if real is None and any(day is not None and day < recent[symbol][0][0] for symbol, day in starts.items()):
            real = files.real_closes()
        answer: dict[str, list[PriceRow]] = {}
        for symbol, day in starts.items():
            rows, column = [], _column(symbol)
            if real is not None and column in real.columns:
                rows = [PriceRow(of, close) for of, close in zip(real.days, real.columns[column], strict=True) if close is not None]
            path = recent[symbol][1:] if column else recent[symbol]
            rows += [PriceRow(of, close, simulated=True) for of, close in path if of <= until]
            answer[symbol] = rows if day is None else [row for row in rows if row.day > day]
        return answer

    def rates(self, after: date | None, until: date) -> list[RateRow]:
        """Reference rates of the European Central Bank, base EUR; after the last real day simulated, and marked so."""
        table = files.real_rates()
        rows: list[RateRow] = []
        for currency, column in table.columns.items():
            known = zip(table.days, column, strict=True)
            rows += [
                RateRow("EUR", currency, day, rate, ECB)
                for day, rate in known
                if rate is not None and (after is None or day > after) and day <= until
            ]
        for currency, path in paths.continued_rates(table, until).items():
            rows += [RateRow("EUR", currency, day, rate, SOURCE, simulated=True) for day, rate in path if after is None or day > after]
        return rows

    def actions(self, after: date, until: date) -> dict[str, list[ActionRow]]:
        """The invented dividends of a few companies; and one spin-off that is reported as an odd split, as sources do."""
        return deeds.reported(after, until, self.close_on)

    def close_on(self, symbol: str, day: date) -> Decimal | None:
        """The last simulated close on or before a day, or the last real one where the simulation begins later; None before it."""
        path = self._paths(day)[symbol]
        place = bisect_right(path, day, key=lambda entry: entry[0])
        return path[place - 1][1] if place else None

    def quotes(self, symbols: Iterable[str], now: datetime, *, all_of_them: bool = True) -> list[SymbolQuote]:
        """Prices at this tick.  With `all_of_them` false only those that move at it, about one in three."""
        at = ticks.tick_of(now.astimezone(UTC))
        yesterday = at.date() - timedelta(days=1)
        answer = []
        for symbol in symbols:
            if symbol not in self._paths(at.date()) or not (all_of_them or ticks.moves(symbol, at)):
                continue
            before, close = self.close_on(symbol, yesterday), self.close_on(symbol, at.date())
            if before is not None and close is not None:
                answer.append(SymbolQuote(symbol, ticks.price_at(symbol, at, before, close), at, Quality.SIMULATED, before))
        return answer

    def _paths(self, until: date, real: files.Table | None = None) -> dict[str, paths.Path]:
        with self._lock:
            if until > self._until:
                self._until = until + AHEAD
                self._recent = _computed(real or files.real_closes(), self._until)
            return self._recent


def _column(symbol: str) -> str:
    """The column of the real table that holds this symbol's closes; empty for invented ones."""
    if symbol == BENCHMARK.symbol:
        return INDEX
    return "" if any(symbol == one.spec.symbol for one in INVENTED) else symbol


def _computed(table: files.Table, until: date) -> dict[str, paths.Path]:
    continued = paths.continued(table, until)
    last = table.days[-1]
    index = [(day, close) for day, close in zip(table.days, table.columns[INDEX], strict=True) if close is not None and day >= paths.MOVES_FROM]
    index += continued[INDEX]
    recent = {one.spec.symbol: paths.invented(one, index, until) for one in INVENTED}
    for spec in SPECS:
        if column := _column(spec.symbol):
            end = table.columns[column][-1]
            recent[spec.symbol] = [*([] if end is None else [(last, end)]), *continued[column]]
    return recent


demo_market = DemoMarket()
