"""A trading day whose clock is fast, for bench_chaos.py: it begins while exchanges in Europe and America are open, and an hour of it passes
in 3 minutes, so that all that goes by the clock (rounds of prices, breakers, budgets) comes as often as in that hour.  What waits for an
answer waits as long as ever: time-outs are real.

    python -m benchmarks.trading_day     a folder or database with a person who holds and watches what the emulator lists

Each process of the server has the clock from clock/sitecustomize.py, which Python runs first where PYTHONPATH names its folder.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.utils.deprecation import MiddlewareMixin

OPENED = datetime(2026, 11, 24, 14, 40, tzinfo=UTC)  # a Tuesday: New York has been open for ten minutes, London and Frankfurt for hours
SPEED = 20
STEP = 0.25  # seconds of ours between two steps of the clock
USERNAME, PASSWORD = "trader", "a plumb line hangs true"
LISTED = {"stock", "etf", "fund", "index", "crypto"}


TOOK = "X-Took"


def queued() -> float:
    """Seconds that this thread stood ready so far while the machine's processors were with others."""
    with open("/proc/thread-self/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9


class Timed(MiddlewareMixin):
    """Tells with each answer what its view and its template took in the thread that they ran in.

    Three numbers of seconds: of the processor; by the clock; and of the clock, in the machine's queue for a processor.  What is left
    of the clock was spent waiting inside the process: for the interpreter, which one thread has at a time, a lock, or the disk.
    """

    def process_view(self, request: Any, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        stood, used, begin = queued(), time.thread_time(), time.perf_counter()
        response = view(request, *args, **kwargs)
        if not getattr(response, "is_rendered", True):
            response.render()
        response[TOOK] = f"{time.thread_time() - used:.6f} {time.perf_counter() - begin:.6f} {queued() - stood:.6f}"
        return response


def keep_time(began: float) -> None:
    """The clock of this process from now on, and of those that it forks: all that began together agree."""
    clock = time_machine.travel(OPENED, tick=True).start()

    def run() -> None:
        while True:
            clock.move_to(OPENED.timestamp() + (time_machine.escape_hatch.time.time() - began) * SPEED)
            time.sleep(STEP)

    def start() -> None:
        threading.Thread(target=run, daemon=True).start()

    os.register_at_fork(after_in_child=start)
    start()


def prepare() -> None:
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.cache import cache
    from django.core.management import call_command

    from accounts.models import Preferences
    from market.models import Instrument
    from market.services import create_watchlist
    from market.services.listing import link_symbols
    from portfolios.services import TransactionDraft, create_portfolio, record_many
    from tests.emulator.world import Clock, World

    cache.clear()  # of a Redis, what another run left
    call_command("prepare", verbosity=0)
    person = get_user_model().objects.create_user(USERNAME, "trader@example.org", PASSWORD)
    Preferences.objects.update_or_create(user=person, defaults={"base_currency": "EUR", "welcome_done": True})
    made = [
        Instrument.objects.create(symbol=one.symbol, name=one.name, currency=one.currency, exchange=one.mic, asset_class=one.asset_class)
        for one in World(clock=Clock(OPENED)).securities()
        if one.asset_class in LISTED
    ]
    link_symbols()
    held = made[::2]
    portfolio = create_portfolio(person, name="Held", base_currency="EUR", tracks_cash=False)
    days = [date(2024, 1, 2) + timedelta(days=30 * month) for month in range(24)]
    record_many(
        person,
        portfolio,
        [
            TransactionDraft(
                kind="buy",
                traded_on=day,
                instrument=one,
                quantity=Decimal(3),
                price=Decimal(20),
                currency=one.currency,
                fx_rate=None if one.currency == "EUR" else Decimal("0.9"),
            )
            for one in held
            for day in days
        ],
    )
    create_watchlist(person, name="Watched", instruments=made[1::2])


if __name__ == "__main__":
    with time_machine.travel(OPENED, tick=True):
        prepare()
