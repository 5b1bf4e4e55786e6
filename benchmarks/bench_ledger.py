"""How fast a ledger is replayed: 100 000 events of 500 instruments over thirty years, two currencies, by every cost method.

    python -m benchmarks.bench_ledger [events] [rounds]

Beside it, in the same rounds, what a plain program does with the purchases and sales of the same ledger: first in first out, a
lot object for each purchase and a dict for each match, and nothing else (no costs, no currencies, no cash, no order of a day).
All take turns, and the time is that of the processor, so that a busy machine slows all of them alike.  It ends when the result is
there; that it is thrown away afterwards is not counted.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from portfolio_site.kernel.decimals import product
from portfolio_site.kernel.money import Currency
from portfolios.ledger.book import Book
from portfolios.ledger.events import Buy, Dividend, Event, Sell
from portfolios.ledger.matching import METHODS
from portfolios.ledger.replay import Rules, replay

EUR, USD = Currency("EUR"), Currency("USD")
START, DAYS, INSTRUMENTS = date(1995, 1, 2), 10_950, 500


def events(count: int) -> list[Event]:
    """More than half purchases, a third sales of any part, the rest dividends; every second instrument in dollars."""
    chance = random.Random(1)
    held = dict.fromkeys(range(INSTRUMENTS), Decimal(0))
    made: list[Event] = []
    for number in range(1, count + 1):
        instrument, what = chance.randrange(INSTRUMENTS), chance.random()
        currency, rate = (USD, Decimal("0.91234")) if instrument % 2 else (EUR, Decimal(1))
        quantity, price = (Decimal(chance.randrange(1, 100_000)) / 100 for _ in range(2))
        common: dict[str, Any] = {"id": number, "sequence": number, "day": START + timedelta(days=number * DAYS // count)}
        common |= {"currency": currency, "fx_rate": rate, "instrument": instrument}
        trade: dict[str, Any] = {
            "quantity": quantity,
            "gross": product(quantity, price),
            "fees": Decimal("1.50"),
            "local_price": price,
            "local_currency": currency,
        }
        if what > 0.85:
            made.append(Dividend(**common, gross=quantity, taxes=quantity / 10))
        elif what > 0.55 and held[instrument] >= quantity:
            made.append(Sell(**common, **trade))
            held[instrument] -= quantity
        else:
            made.append(Buy(**common, **trade))
            held[instrument] += quantity
    return made


# ── what it is compared with ────────────────────────────────────────────────


class PlainLot:
    __slots__ = ("day", "price", "units")

    def __init__(self, units: Decimal, price: Decimal, day: date) -> None:
        self.units, self.price, self.day = units, price, day


def plain(trades: Iterable[tuple[int, bool, Decimal, Decimal, date]]) -> tuple[Decimal, list[dict[str, Any]]]:
    """First in first out on decimals: the gain, and a record of each match."""
    lots: dict[int, deque[PlainLot]] = defaultdict(deque)
    found: list[dict[str, Any]] = []
    for instrument, is_purchase, units, price, day in trades:
        kept = lots[instrument]
        if is_purchase:
            kept.append(PlainLot(units, price, day))
            continue
        while units > 0:
            lot = kept[0]
            part = min(lot.units, units)
            found.append(
                {"instrument": instrument, "opened": lot.day, "closed": day, "units": part, "cost": part * lot.price, "proceeds": part * price}
            )
            lot.units -= part
            units -= part
            if not lot.units:
                kept.popleft()
    return sum((one["proceeds"] - one["cost"] for one in found), Decimal(0)), found


def _trades(ledger: Iterable[Event]) -> list[tuple[int, bool, Decimal, Decimal, date]]:
    return [(e.instrument, isinstance(e, Buy), e.quantity, e.local_price, e.day) for e in ledger if isinstance(e, (Buy, Sell))]


# ── measuring ───────────────────────────────────────────────────────────────


def _read(book: Book) -> int:
    """Have every record made, as a page that shows all of them would."""
    return len(book.matches) + len(book.flows) + len(book.steps) + len(book.cash_steps) + len(book.postings)


def main() -> None:
    count, rounds = (int(given) if given else default for given, default in zip([*sys.argv[1:], "", ""][:2], (100_000, 7), strict=True))
    ledger = events(count)
    trades = _trades(ledger)
    work: dict[str, tuple[int, Callable[[], object]]] = {"plain fifo with match records": (len(trades), partial(plain, trades))}
    for method in METHODS:
        work[f"{method}, cash tracked"] = (count, partial(replay, ledger, Rules(EUR, method)))
    work["fifo, cash outside"] = (count, partial(replay, ledger, Rules(EUR, "fifo", tracks_cash=False)))
    dealt = [event for event in ledger if isinstance(event, (Buy, Sell))]
    work["fifo, no cash, trades alone"] = (len(dealt), partial(replay, dealt, Rules(EUR, "fifo", tracks_cash=False)))
    work["the same, its matches read"] = (len(dealt), lambda: replay(dealt, Rules(EUR, "fifo", tracks_cash=False)).matches)
    work["fifo, and every record read"] = (count, lambda: _read(replay(ledger, Rules(EUR, "fifo"))))
    work["fifo, with a trace"] = (count, partial(replay, ledger, Rules(EUR, "fifo"), trace=True))
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, (_, run) in work.items():
            start = time.process_time()
            result = run()
            taken[name].append(time.process_time() - start)
            del result
    first = None
    print(f"{len(trades)} purchases and sales, {len(replay(ledger, Rules(EUR, 'fifo')).matches)} matches first in first out; {rounds} rounds")
    for name, (size, _) in work.items():
        best, middle = size / min(taken[name]), size / statistics.median(taken[name])
        first = first or best
        print(f"{name:32} best {best:10,.0f} a second   median {middle:10,.0f}   {best / first:5.2f} × plain")


if __name__ == "__main__":
    main()
