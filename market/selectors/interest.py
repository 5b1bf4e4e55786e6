"""Which instruments anybody cares about.  Apps above say which they need; the market itself knows none of them.

Each function answers ids of instruments, as a mapping with how many times each is followed; it is called by jobs, never by pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

_asked: list[Callable[[], Iterable[int]]] = []


def follows(followed: Callable[[], Iterable[int]]) -> Callable[[], Iterable[int]]:
    """To be called once for each reason to follow an instrument, when the app is ready."""
    if followed not in _asked:
        _asked.append(followed)
    return followed


def followed_instruments() -> set[int]:
    """All instruments that somebody holds, watches, compares with or has an alert on.  One query for each reason."""
    return {pk for followed in _asked for pk in followed()}


def most_followed() -> list[int]:
    """The same, those first that most portfolios, watchlists and alerts name.  One query for each reason."""
    times: Counter[int] = Counter()
    for followed in _asked:
        found = followed()
        times.update(found if isinstance(found, Mapping) else dict.fromkeys(found, 1))
    return sorted(times, key=lambda pk: (-times[pk], pk))
