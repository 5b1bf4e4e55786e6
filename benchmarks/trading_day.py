"""The embedded server on a trading day, its clock fast: started by bench_chaos.py in a process of its own.

    python -m benchmarks.trading_day prepare     a folder with a person who holds and watches what the emulator lists
    python -m benchmarks.trading_day serve       the server

Its day begins while exchanges in Europe and America are open.  An hour of it passes in 3 minutes, so that all that goes by the clock
(rounds of prices, breakers, budgets) comes as often as in that hour.  What waits for an answer waits as long as ever: time-outs are real.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.conf import settings
from django.utils.deprecation import MiddlewareMixin

OPENED = datetime(2026, 11, 24, 14, 40, tzinfo=UTC)  # a Tuesday: New York has been open for ten minutes, London and Frankfurt for hours
SPEED = 20
STEP = 0.25  # seconds of ours between two steps of the clock
USERNAME, PASSWORD = "trader", "a plumb line hangs true"
LISTED = {"stock", "etf", "fund", "index", "crypto"}


TOOK = "X-Processor-Seconds"


class Timed(MiddlewareMixin):
    """Tells with each answer what its view and its template took of the processor, in the thread that they ran in: nobody else's work counts."""

    def process_view(self, request: Any, view: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        begin = time.thread_time()
        response = view(request, *args, **kwargs)
        if not getattr(response, "is_rendered", True):
            response.render()
        response[TOOK] = f"{time.thread_time() - begin:.6f}"
        return response


def main(action: str) -> None:
    with time_machine.travel(OPENED, tick=True) as clock:
        if action == "prepare":
            prepare()
            return

        def run() -> None:
            while True:
                time.sleep(STEP)
                clock.shift(STEP * (SPEED - 1))

        threading.Thread(target=run, daemon=True).start()
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"benchmarks.trading_day.{Timed.__name__}"]
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", "serve"])


def prepare() -> None:
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from accounts.models import Preferences
    from market.models import Instrument
    from market.services import create_watchlist
    from market.services.listing import link_symbols
    from portfolios.services import TransactionDraft, create_portfolio, record_many
    from tests.emulator.world import Clock, World

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
    main(sys.argv[1])
