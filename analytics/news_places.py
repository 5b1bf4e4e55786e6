"""Places in a list of news as text, for the cursor of page and API: `a` after or `b` before a rank and an article."""

from __future__ import annotations

import re

from market.selectors import Feed, Place

_CURSOR = re.compile(r"([ab])(-?\d{1,12}(?:\.\d{1,20})?):(\d{1,18})", re.ASCII)


def read_places(cursor: str) -> tuple[Place | None, Place | None] | None:
    """Where the page begins after, and where it ends before; both None where there is no cursor; None for what no list gave."""
    if not cursor:
        return None, None
    if not (found := _CURSOR.fullmatch(cursor)):
        return None
    place = Place(float(found[2]), int(found[3]))
    return (place, None) if found[1] == "a" else (None, place)


def cursors_of(feed: Feed) -> tuple[str, str]:
    """Of the page that follows and of the one before; empty where there is none."""
    return (
        f"a{feed.last.rank!r}:{feed.last.id}" if feed.last and feed.later else "",
        f"b{feed.first.rank!r}:{feed.first.id}" if feed.first and feed.earlier else "",
    )
