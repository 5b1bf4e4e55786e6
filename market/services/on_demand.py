"""Asking the sources at once, because a person wants to know.  Never waits: a job asks, and only so often."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.core.cache import cache
from django.db import transaction

from market.errors import NoSource, NotPricedBySources, TooManyAsked, UnknownInstrument
from market.models import Instrument
from market.providers.registry import Can
from market.services.refreshing.intraday import forget_outcome, outcome_of
from market.services.refreshing.openings import is_american
from market.services.sources import sources_in_order
from portfolio_site.web.bell import ring

COOL_DOWN = 60  # seconds between two requests for one instrument, whoever asks
PROFILE_COOL_DOWN = 600  # seconds between two requests for what an instrument is
MOST = 200  # instruments of one request
RATES = "rates"


def request_refresh(user: Any, instrument: Instrument) -> bool:
    """Rings for the newest price and the daily prices of an instrument; False where somebody did within the last minute.

    Raises UnknownInstrument for what is somebody else's, NotPricedBySources for one's own, NoSource where no source of its kind is on.
    """
    if instrument.owner_id not in {None, user.pk}:
        raise UnknownInstrument("There is no such instrument.")
    if instrument.owner_id is not None:
        raise NotPricedBySources(why_not_asked(instrument))
    if refusal := why_not_asked(instrument):
        raise NoSource(refusal)
    if not cache.add(_key(instrument.pk), time.time(), timeout=COOL_DOWN):
        return False
    _remember(user, [instrument.pk])
    transaction.on_commit(partial(_ring, [instrument.pk]))
    return True


def request_intraday(user: Any, instrument: Instrument) -> bool:
    """Rings for the prices within the newest days; False where somebody did within the last minute.

    Raises UnknownInstrument for what is somebody else's, NotPricedBySources for one's own, NoSource where no source of them is on.
    """
    if instrument.owner_id not in {None, user.pk}:
        raise UnknownInstrument("There is no such instrument.")
    if instrument.owner_id is not None:
        raise NotPricedBySources(why_no_intraday(instrument))
    if refusal := why_no_intraday(instrument):
        raise NoSource(refusal)
    if not cache.add(_intraday_key(instrument.pk), 1, timeout=COOL_DOWN):
        return False
    forget_outcome(instrument.pk)
    transaction.on_commit(partial(_ring_intraday, instrument.pk))
    return True


def why_no_intraday(instrument: Instrument) -> str:
    """Why no source can be asked for its prices within the day; empty where one can.  No query."""
    if instrument.owner_id is not None:
        return f"You price {instrument.symbol} yourself, a day at a time."
    if not sources_in_order(Can.INTRADAY, instrument.asset_class, american=is_american(instrument)):
        return f"No source is on that has prices of {instrument.symbol} within the day."
    return ""


@dataclass(frozen=True, slots=True)
class IntradayState:
    """How far a question for prices within the newest days is.

    problem   why the last question of late brought none
    why_not   why there is nobody to ask
    """

    asking: bool
    problem: str
    why_not: str


def intraday_state(instrument: Instrument) -> IntradayState:
    """No query."""
    outcome = outcome_of(instrument.pk)
    asking = outcome is None and cache.get(_intraday_key(instrument.pk)) is not None
    return IntradayState(asking, "" if outcome is None else outcome.problem, why_no_intraday(instrument))


def why_not_asked(instrument: Instrument) -> str:
    """Why no source can be asked for it; empty where one can.  No query."""
    if instrument.owner_id is not None:
        return f"You price {instrument.symbol} yourself. Enter its price."
    if not _has_source(instrument):
        return f"No source of prices is on that could be asked for {instrument.symbol}."
    return ""


def can_describe(instrument: Instrument) -> bool:
    """Whether a source is on that could be asked what it is."""
    return instrument.owner_id is None and bool(sources_in_order(Can.PROFILES, instrument.asset_class, american=is_american(instrument)))


def request_profile(user: Any, instrument: Instrument) -> bool:
    """Rings for what an instrument is; False where somebody did within the last ten minutes.

    Raises UnknownInstrument for what is somebody else's, NotPricedBySources for one's own, NoSource where no source of its kind is on.
    """
    if instrument.owner_id not in {None, user.pk}:
        raise UnknownInstrument("There is no such instrument.")
    if instrument.owner_id is not None:
        raise NotPricedBySources(f"{instrument.symbol} is your own instrument. Say yourself what it is.")
    if not can_describe(instrument):
        raise NoSource(f"No source is on that could be asked what {instrument.symbol} is. Say it yourself.")
    if not cache.add(f"asked:profile:{instrument.pk}", time.time(), timeout=PROFILE_COOL_DOWN):
        return False
    transaction.on_commit(partial(_ring_profile, instrument.pk))
    return True


def request_rates(user: Any) -> bool:
    """Rings for the reference rates that are missing; False where somebody did within the last minute.  Raises NoSource."""
    if not sources_in_order(Can.RATES):
        raise NoSource("No source of exchange rates is on. Enter the rate yourself.")
    if not cache.add(_key(RATES), time.time(), timeout=COOL_DOWN):
        return False
    _remember(user, [RATES])
    transaction.on_commit(_ring_rates)
    return True


def request_refreshes(user: Any, instruments: Iterable[Instrument]) -> int:
    """Rings for many at once; answers for how many.  What was asked for within the last minute, is priced by its owner, or has no
    source that is on, is passed over.  Raises UnknownInstrument for what is somebody else's, TooManyAsked.
    """
    wanted = list(instruments)
    if len(wanted) > MOST:
        raise TooManyAsked(f"{len(wanted)} instruments were named; at most {MOST} are asked for at once.")
    if any(one.owner_id not in {None, user.pk} for one in wanted):
        raise UnknownInstrument("There is no such instrument.")
    priced = [one for one in wanted if one.owner_id is None and _has_source(one)]
    fresh = [one.pk for one in priced if cache.add(_key(one.pk), time.time(), timeout=COOL_DOWN)]
    if fresh:
        _remember(user, fresh)
        transaction.on_commit(partial(_ring, fresh))
    return len(fresh)


def asked_lately(wanted: Iterable[int | str]) -> dict[int | str, datetime]:
    """Which instruments, or `RATES`, were asked for within the last minute, and when.  No query."""
    keys = {_key(one): one for one in wanted}
    return {keys[key]: datetime.fromtimestamp(moment, UTC) for key, moment in cache.get_many(keys).items()}


def asked_by(user: Any) -> frozenset[int | str]:
    """What this person asked for within the last minute: of that a page tells how far it is.  No query."""
    return frozenset(cache.get(_by(user), ()))


def _remember(user: Any, asked: Iterable[int | str]) -> None:
    cache.set(_by(user), [*asked_by(user), *asked], timeout=COOL_DOWN)


def _by(user: Any) -> str:
    return f"asked-by:{user.pk}"


def _has_source(instrument: Instrument) -> bool:
    return bool(sources_in_order(Can.QUOTES, instrument.asset_class, american=is_american(instrument)))


def _key(of: int | str) -> str:
    return f"asked:{of}"


def _ring(pks: list[int]) -> None:
    from market import tasks

    for job, size in ((tasks.refresh_quotes_of, tasks.CHUNK), (tasks.refresh_histories_of, tasks.HISTORY_CHUNK)):
        for start in range(0, len(pks), size):
            ring(job, pks[start : start + size])


def _intraday_key(pk: int) -> str:
    return f"intraday:asked:{pk}"


def _ring_intraday(pk: int) -> None:
    from market import tasks

    ring(tasks.fetch_intraday_of, [pk])


def _ring_profile(pk: int) -> None:
    from market import tasks

    ring(tasks.refresh_profiles_of, [pk], priority=tasks.LAST)


def _ring_rates() -> None:
    from market import tasks

    ring(tasks.fetch_rates)
