"""Jobs of the market: thin, safe to run twice, silent where the demo market is switched off."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from market import services


@shared_task(name="market.tasks.tick_demo", ignore_result=True)
def tick_demo() -> int:
    """Moves the demo market to now; answers how many instruments moved."""
    return len(services.advance_demo_market()) if settings.DEMO_MARKET else 0


@shared_task(name="market.tasks.top_up", ignore_result=True)
def top_up() -> int:
    """Stores the closes and rates of the days that are missing; answers how many rows."""
    if not settings.DEMO_MARKET:
        return 0
    loaded = services.load_demo_market()
    return loaded.prices + loaded.rates
