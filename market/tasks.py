"""Jobs of the market: thin, safe to run twice.

Those that plan ring one job for each chunk; a chunk that is on its way already is not asked for again.  Without a source that is on
nothing is asked, and without the demo market nothing is simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from market import services
from market.errors import NothingFound
from market.providers.failures import Failure
from market.providers.registry import Can
from market.selectors import followed_instruments
from market.services import listing
from market.services.calls.single import ask_once
from market.services.feeds import finish_trial
from market.services.refreshing import (
    Openings,
    due_histories,
    due_news,
    due_profiles,
    fetch_news,
    quote_jobs,
    refresh_histories,
    refresh_intraday,
    refresh_profiles,
    refresh_quotes,
    refresh_rates,
    refresh_riskless,
    store_closes,
    sweep_intraday,
)
from portfolio_site.web.bell import ring

CHUNK = 100  # instruments of one job: what the widest source takes in one call
HISTORY_CHUNK, MOST_HISTORIES = 10, 200  # histories of one job, and of one plan
PROFILE_CHUNK, MOST_PROFILES = 10, 100  # instruments of one job, and of one plan
LAST = 9  # what can wait for everything else on its queue
NEWS_CHUNK, MOST_NEWS = 20, 200  # instruments of one job, and of one plan


@shared_task(name="market.tasks.tick_demo", ignore_result=True)
def tick_demo() -> int:
    """Moves the demo market to now; answers how many instruments moved."""
    return len(services.advance_demo_market()) if settings.DEMO_MARKET else 0


@shared_task(name="market.tasks.top_up", ignore_result=True)
def top_up() -> int:
    """Stores the demo market's closes and rates of the days that are missing; answers how many rows."""
    if not settings.DEMO_MARKET:
        return 0
    loaded = services.load_demo_market()
    return loaded.prices + loaded.rates


# ── newest prices ───────────────────────────────────────────────────────────


@shared_task(name="market.tasks.plan_quotes", ignore_result=True)
def plan_quotes() -> int:
    """Rings a job for each chunk of instruments whose price is due, the stalest first; answers how many instruments."""
    jobs = quote_jobs(followed_instruments(), timezone.now(), timedelta(seconds=settings.QUOTES_EVERY), CHUNK)
    for ids in jobs:
        ring(refresh_quotes_of, ids)
    return sum(map(len, jobs))


@shared_task(name="market.tasks.refresh_quotes_of", ignore_result=True)
def refresh_quotes_of(ids: Sequence[int]) -> int:
    """Asks for the newest prices of these instruments; answers how many were stored."""
    now = timezone.now()
    return len(refresh_quotes(ids, now, Openings(now).quotes).published)


# ── daily prices ────────────────────────────────────────────────────────────


@shared_task(name="market.tasks.plan_histories", ignore_result=True)
def plan_histories() -> int:
    """Rings a job for each few instruments without a history, or whose history is to be compared; answers how many instruments."""
    due = due_histories(followed_instruments(), timezone.now(), MOST_HISTORIES)
    for start in range(0, len(due), HISTORY_CHUNK):
        ring(refresh_histories_of, due[start : start + HISTORY_CHUNK])
    return len(due)


@shared_task(name="market.tasks.refresh_histories_of", ignore_result=True)
def refresh_histories_of(ids: Sequence[int]) -> int:
    """Fetches the histories of these instruments; answers how many rows were stored."""
    now = timezone.now()
    return refresh_histories(ids, now, Openings(now, patience=30.0).histories).rows


@shared_task(name="market.tasks.close_days", ignore_result=True)
def close_days() -> int:
    """Makes closing quotes the prices of their day; answers how many rows were stored."""
    return store_closes(timezone.now())


@shared_task(name="market.tasks.fetch_rates", ignore_result=True)
def fetch_rates() -> int:
    """Stores the reference rates that are missing; answers how many."""
    now = timezone.now()
    return refresh_rates(now, Openings(now).rates())


# ── what returns are compared with ──────────────────────────────────────────


@shared_task(name="market.tasks.list_indices", ignore_result=True)
def list_indices() -> int:
    """Puts indices on the list that can be priced by now; answers how many."""
    return services.list_indices()


@shared_task(name="market.tasks.fetch_riskless", ignore_result=True)
def fetch_riskless() -> int:
    """Stores the rates without risk that are missing; answers how many."""
    now = timezone.now()
    return refresh_riskless(now, services.sources_in_order(Can.SERIES), Openings(now, patience=30.0).source)


@shared_task(name="market.tasks.sweep_blends", ignore_result=True)
def sweep_blends() -> int:
    """Forgets blends that were deleted a month ago; answers how many."""
    return services.sweep_blends(timezone.now())


# ── within the day ──────────────────────────────────────────────────────────


@shared_task(name="market.tasks.fetch_intraday_of", ignore_result=True)
def fetch_intraday_of(ids: Sequence[int]) -> int:
    """Fetches prices within the newest days of these instruments; answers how many days were stored."""
    now = timezone.now()
    return refresh_intraday(ids, now, Openings(now).intraday)


@shared_task(name="market.tasks.forget_intraday", ignore_result=True)
def forget_intraday() -> int:
    """Forgets prices within days that are no longer kept; answers how many days of instruments."""
    return sweep_intraday(timezone.now())


# ── news ────────────────────────────────────────────────────────────────────


@shared_task(name="market.tasks.plan_news", ignore_result=True)
def plan_news() -> int:
    """Rings a job for each few instruments whose turn it is; answers how many instruments."""
    if not services.sources_in_order(Can.NEWS):
        return 0
    due = due_news(followed_instruments(), timezone.now(), MOST_NEWS)
    for start in range(0, len(due), NEWS_CHUNK):
        ring(fetch_news_of, due[start : start + NEWS_CHUNK])
    return len(due)


@shared_task(name="market.tasks.fetch_news_of", ignore_result=True)
def fetch_news_of(ids: Sequence[int]) -> int:
    """Asks for news of these instruments; answers how many articles are new."""
    now = timezone.now()
    return fetch_news(ids, now, Openings(now, patience=60.0).news).stored


@shared_task(name="market.tasks.sweep_news", ignore_result=True)
def sweep_news() -> int:
    """Forgets news that is older than NEWS_DAYS; answers how many articles."""
    return services.sweep_news(timezone.now())


# ── what instruments are ────────────────────────────────────────────────────


@shared_task(name="market.tasks.plan_profiles", ignore_result=True)
def plan_profiles() -> int:
    """Rings a job for each few instruments that nobody described yet, or not for a month; answers how many instruments."""
    due = due_profiles(followed_instruments(), timezone.now(), MOST_PROFILES)
    for start in range(0, len(due), PROFILE_CHUNK):
        ring(refresh_profiles_of, due[start : start + PROFILE_CHUNK], priority=LAST)
    return len(due)


@shared_task(name="market.tasks.refresh_profiles_of", ignore_result=True)
def refresh_profiles_of(ids: Sequence[int]) -> int:
    """Asks what these instruments are; answers of how many a source said something.  Prices have the first call on every budget."""
    now = timezone.now()
    return len(refresh_profiles(ids, now, Openings(now, patience=30.0, frugal=True).profiles).told)


# ── which instruments there are ─────────────────────────────────────────────


@shared_task(name="market.tasks.search_sources", ignore_result=True)
def search_sources(text: str) -> int:
    """Searches at the sources; answers how many listings were found."""
    return listing.search_sources(text, timezone.now())


@shared_task(name="market.tasks.list_found", ignore_result=True)
def list_found(user_id: int, number: str) -> str:
    """Takes in what a person chose from a search; answers what came of it, "" where nobody waits for it any more."""
    user = get_user_model().objects.filter(pk=user_id).first()
    try:
        return listing.finish_listing(user, number, timezone.now()).status if user else ""
    except NothingFound:
        return ""


@shared_task(name="market.tasks.link_symbols", ignore_result=True)
def link_symbols() -> int:
    """Writes down what sources call everybody's instruments, where that follows from what is known; answers how many names are new."""
    openings = Openings(timezone.now())
    coins: Any = ()
    if "coingecko" in services.sources_on() and listing.has_coins_without_a_name():
        coins = ask_once("coingecko", "coins", lambda: openings.source("coingecko").coins())
    return listing.link_symbols(() if isinstance(coins, Failure) else coins)


@shared_task(name="market.tasks.try_feed", ignore_result=True)
def try_feed(number: str) -> str:
    """Asks an address of prices once and stores nothing; answers what came of it."""
    return finish_trial(number, timezone.now()).status


@shared_task(name="market.tasks.merge_two", ignore_result=True)
def merge_two(number: int) -> str:
    """Makes two instruments one, or two again, whole or not at all; answers how it ended."""
    return listing.finish_merge(number)


@shared_task(name="market.tasks.sweep_merges", ignore_result=True)
def sweep_merges() -> int:
    """Rings again for merges that wait, or whose job died; answers how many."""
    waiting = listing.merges_to_ring(timezone.now())
    for number in waiting:
        ring(merge_two, number)
    return len(waiting)


@shared_task(name="market.tasks.forget_merges", ignore_result=True)
def forget_merges() -> int:
    """Forgets what old merges did, so that they can no longer be undone; answers of how many."""
    return listing.forget_journals(timezone.now())
