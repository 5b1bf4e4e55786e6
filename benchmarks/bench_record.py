"""How long a person waits for one entry, in a portfolio of 100 000: the service alone, no page around it.

What is recorded is a purchase of one instrument, a foreign one too, and an edit of the oldest purchase of an instrument; the time
depends on the entries of that instrument, so a portfolio with as few of them and nothing else stands beside it.

    python -m benchmarks record
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.recorded import database, entries_of, filled, portfolio_with, present

RUNS = 15


def timed(name: str, call: Callable[[int], Any]) -> float:
    """Prints the median, and returns that of the processor's time, in milliseconds."""
    call(0)
    spent, busy = [], []
    for number in range(1, RUNS + 1):
        begin, cpu = time.perf_counter(), time.process_time()
        call(number)
        spent.append(time.perf_counter() - begin)
        busy.append(time.process_time() - cpu)
    usual = statistics.median(busy) * 1000
    print(f"   {name:66} median {statistics.median(spent) * 1000:6.1f} ms ({usual:.1f} ms of CPU)", flush=True)
    return usual


def main() -> None:
    if not present():
        return
    with database() as vendor:
        from portfolios.models import Transaction
        from portfolios.services import edit_transaction, record_transaction
        from portfolios.services.projections import rebuild_projection
        from portfolios.services.storing import store

        portfolio, instruments, rows = filled("L")
        person, today = portfolio.owner, date.today()
        counts = Counter(row["symbol"] for row in rows)
        common = {row["symbol"]: row["currency"] for row in rows}
        busiest = counts.most_common(1)[0][0]
        middling = sorted((symbol for symbol in counts if common[symbol] == "USD"), key=lambda symbol: counts[symbol])[200]
        foreign = next(symbol for symbol in counts if common[symbol] == "EUR")

        def buy(into: Any, instrument: Any) -> Callable[[int], Any]:
            def call(number: int) -> None:
                more = {"fx_rate": Decimal("1.1")} if instrument.currency != "USD" else {}
                day = today - timedelta(days=1)
                record_transaction(
                    person, into, kind="buy", traded_on=day, instrument=instrument, quantity=Decimal(number + 1), price=Decimal("10.5"), **more
                )

            return call

        def edit(symbol: str) -> Callable[[int], Any]:
            entry = Transaction.objects.filter(portfolio=portfolio, instrument=instruments[symbol], kind="buy").earliest("traded_on", "pk").entry

            def call(number: int) -> None:
                current = Transaction.objects.live().of_entry(entry).select_related("portfolio", "instrument").get()
                edit_transaction(person, current, price=Decimal(number + 1))

            return call

        print(f"{vendor}: one entry in a portfolio of {len(rows)} entries and {len(counts)} instruments")
        usual = timed(f"a purchase of an instrument with {counts[middling]} entries", buy(portfolio, instruments[middling]))
        timed(f"a purchase of the busiest instrument, {counts[busiest]} entries", buy(portfolio, instruments[busiest]))
        timed(f"an edit of the first purchase of it, {date.fromisoformat(rows[0]['date']).year}", edit(busiest))
        alone, theirs = portfolio_with({middling: "USD"})
        store(entries_of(alone, theirs, [row for row in rows if row["symbol"] == middling]))
        rebuild_projection(alone)
        small = timed("the same purchase in a portfolio of that instrument alone", buy(alone, theirs[middling]))
        print(f"   the other instruments make it {usual / small:.2f} times as long")
        portfolio.tracks_cash = True
        portfolio.save()
        rebuild_projection(portfolio)
        timed("cash tracked: a purchase in dollars, the portfolio's own currency", buy(portfolio, instruments[middling]))
        timed("cash tracked: a purchase in euros, whose balance has a cost", buy(portfolio, instruments[foreign]))


if __name__ == "__main__":
    main()
