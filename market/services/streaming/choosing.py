"""Which instruments are followed at which stream: those that most people follow, as many as a stream takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from market.models import Instrument
from market.providers import registry
from market.selectors import most_followed
from market.services.refreshing.openings import is_american
from market.services.refreshing.symbols import QUOTES, names_of
from market.services.sources import setup

_AT_ONCE = 500  # instruments looked at, until every stream is full


def symbols_to_follow(room: Mapping[str, int], now: datetime) -> dict[str, dict[str, int]]:
    """For each stream its symbols, with the instruments that they mean.  `room`: how many symbols each takes.

    An instrument is followed at one stream, the first that has room and a symbol of it.
    """
    made, ranked = setup(), most_followed()
    found: dict[str, dict[str, int]] = {name: {} for name in room}
    for start in range(0, len(ranked), _AT_ONCE):
        if all(len(found[name]) >= most for name, most in room.items()):
            break
        some = ranked[start : start + _AT_ONCE]
        names, instruments = names_of(some, now, QUOTES), Instrument.objects.filter(owner=None).in_bulk(some)
        for pk in some:
            if pk not in instruments or pk not in names:
                continue
            one = instruments[pk]
            for name in registry.streams(made, one.asset_class, american=is_american(one)):
                if name in names[pk] and len(found.get(name, {})) < room.get(name, 0):
                    found[name][names[pk][name].symbol] = pk
                    break
    return found
