"""Loads the demo market, or what is missing of it."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from market.services import load_demo_market


class Command(BaseCommand):
    help = "Loads the demo market's instruments, prices, rates and quotes. Running it again adds the missing days only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_MARKET:
            self.stdout.write("The demo market is switched off (DEMO_MARKET).")
            return
        started = time.monotonic()
        loaded = load_demo_market()
        self.stdout.write(
            f"Demo market: {loaded.instruments} instruments, {loaded.prices} prices, {loaded.rates} rates, {loaded.quotes} quotes"
            f" in {time.monotonic() - started:.1f} s."
        )
