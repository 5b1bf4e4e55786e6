"""A search at sources: begun for a person, done by a job, shared by all who search for the same.

What a person may ask for is limited, and so is what searching may take of each source's budget: prices come first.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.core.cache import cache

from market import hits
from market.errors import AskedTooOften, NothingFound
from market.hits import Hit, Looked
from market.providers import registry
from market.providers.base import Found
from market.providers.failures import Failure, NoBudget
from market.providers.limits import DAY, HOUR, MINUTE, Limits, Window
from market.providers.registry import Can
from market.services.calls import reserve
from market.services.calls.single import ask_once
from market.services.listing.learning import learn_isin
from market.services.listing.names import hit_of, names_of_hit
from market.services.refreshing import Openings
from market.services.sources import setup, sources_in_order, sources_on
from market.signals import search_begun

SEARCHES = Limits((Window(20, MINUTE), Window(120, HOUR)))  # of one person
LISTINGS = Limits((Window(30, HOUR), Window(100, DAY)))
SHARE = 2  # searching may take half of a source's budget
SCARCE = 100  # a source with fewer calls a day is asked only where the others found nothing
MOST_HITS = 40
KEPT = 900  # seconds that a search can be asked for by its number


def start_search(user: Any, text: str) -> None:
    """Rings for the sources to be asked for a text, unless that was done in the last minutes.  Raises AskedTooOften."""
    text, sources = hits.tidy(text), sources_in_order(Can.SEARCH)
    if not text or not sources or hits.looked(text) is not None:
        return
    allow(user, "searches", SEARCHES)
    if hits.begin(text, sources):
        search_begun.send(None, text=text)


def number_of(user: Any, text: str) -> str:
    """A number by which a person asks for their search again, for a while."""
    text = hits.tidy(text)
    number = hits.key_of(str(user.pk), text.casefold())
    cache.set(f"search:{user.pk}:{number}", text, timeout=KEPT)
    return number


def text_of(user: Any, number: str) -> str:
    """What was searched for under this number.  Raises NothingFound, also for somebody else's."""
    text = cache.get(f"search:{user.pk}:{number}") if len(number) == 16 and number.isalnum() else None
    if not isinstance(text, str):
        raise NothingFound("This search is over. Search again.")
    return text


def allow(user: Any, what: str, limits: Limits) -> None:
    """Counts what a person asks for.  Raises AskedTooOften."""
    try:
        reserve(f"{what}-of-{user.pk}", limits)
    except NoBudget as problem:
        seconds = max(1, round(problem.retry_after or 1.0))
        raise AskedTooOften(f"You asked for a lot just now. Try again in {_span(seconds)}.", retry_after=seconds) from None


def _span(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"{seconds} seconds" if seconds < 60 else "a minute" if minutes == 1 else f"{minutes} minutes"


def search_sources(text: str, now: datetime) -> int:
    """Asks each source in turn, and keeps what is there after each.  Answers how many listings were found.  Never raises for a source."""
    text, openings = hits.tidy(text), Openings(now, patience=3.0)
    names = sources_in_order(Can.SEARCH)
    isin = text.upper() if hits.is_isin(text) else ""
    state, found = Looked(list(names)), list[Hit]()
    for name in names:
        answer = () if found and _is_scarce(name) else ask_once(name, "search", partial(_search, openings, name, text))
        state.waiting.remove(name)
        if isinstance(answer, Failure):
            state.failed[name] = "has been asked enough for now" if answer.ours else "does not answer"
        else:
            found += [hit_of(name, one, isin) for one in answer[:MOST_HITS]]
        state.hits = tuple(hit for hit in hits.merged(found) if _can_be_priced(hit))[:MOST_HITS]
        hits.note(text, state)
    if isin:
        learn_isin(isin, state.hits)
    return len(state.hits)


def _search(openings: Openings, name: str, text: str) -> list[Found]:
    limits = registry.limits(openings.setup, name)
    reserve(f"{name}-searches", Limits(tuple(Window(max(1, one.calls // SHARE), one.seconds) for one in limits.windows)))
    return list(openings.source(name).search(text))


def _can_be_priced(hit: Hit) -> bool:
    """Whether a source of quotes that is on has a name for it: what nobody prices is not worth listing."""
    names = names_of_hit(hit, sources_on())
    return any(source in names for source in sources_in_order(Can.QUOTES, hit.asset_class, american=hit.place == hits.AMERICA))


def _is_scarce(name: str) -> bool:
    return any(window.seconds >= DAY and window.calls < SCARCE for window in registry.limits(setup(), name).windows)
