"""Which articles are one, which tell one story, and which story is shown first.  Pure: no database, no settings.

An *article* is an address without what only tracks; a *story* is a title in a week, under whatever addresses and publishers.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

ONE_STORY = timedelta(days=7)  # the same title after a week is another story
TELLING = 16  # letters and digits of a title; a shorter one (“Markets today”) does not tell which story it is
_TRACKING = re.compile(
    r"utm_.*|guccounter|guce_.*|mc_[ce]id|fbclid|gclid|dclid|msclkid|yclid|gbraid|wbraid|igshid|cmpid|ncid|smid|soc_src|soc_trk|taid|yptr|_ga|_gl|ref_src",
    re.IGNORECASE,
)

# ── one article, one story ──────────────────────────────────────────────────


def fingerprint(url: str) -> str:
    """Equal for addresses that lead to one article: without scheme, `www.`, fragment, closing slash and what only tracks."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("amp.")
    port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    kept = sorted((name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(name))
    return _hash(f"{host}{port}{parts.path.rstrip('/')}?{urlencode(kept)}")


def same_title(title: str, publisher: str = "") -> str:
    """Equal for titles that differ in case, marks, spaces and the publisher at their end; empty for one that tells too little."""
    shown = title.removesuffix(f" - {publisher}").removesuffix(f" | {publisher}") if publisher else title
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", shown).casefold() if sign.isalnum())
    return plain if len(plain) >= TELLING else ""


def story_of(title: str, publisher: str, published_at: datetime, mark: str) -> str:
    """The story's key: the title and the week (ISO 8601, UTC); of a title that tells too little, the article's own `mark`."""
    plain = same_title(title, publisher)
    return _hash(f"{plain}@{_week(published_at)}") if plain else mark


def neighbouring_stories(title: str, publisher: str, published_at: datetime) -> tuple[str, ...]:
    """The keys that the story has where it was told first in the week before, or told again in the one after."""
    plain = same_title(title, publisher)
    return tuple(_hash(f"{plain}@{_week(published_at + step)}") for step in (-ONE_STORY, ONE_STORY)) if plain else ()


def _week(at: datetime) -> str:
    year, week, _ = at.isocalendar()
    return f"{year}-{week:02}"


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


# ── which is shown first ────────────────────────────────────────────────────

FLOOR = 0.2  # of relevance: a story about what is hardly held counts a sixth of one about all that is held
HALF_LIFE = timedelta(hours=24)
DOUBT = 5  # openings that are added to the person's, so that the first few do not decide


@dataclass(frozen=True, slots=True)
class Taste:
    """What a person opened: how many articles in all, and how many of each instrument and publisher."""

    opened: int = 0
    instruments: Mapping[int, int] = field(default_factory=dict)
    publishers: Mapping[str, int] = field(default_factory=dict)

    def liking(self, instruments: Iterable[int], publishers: Iterable[str]) -> float:
        """0 to 1: the share of what they opened that was about the best liked of these instruments, and that of the publisher, halved each."""
        about = max((self.instruments.get(one, 0) for one in instruments), default=0)
        by = max((self.publishers.get(one, 0) for one in publishers), default=0)
        return (about + by) / (2 * (self.opened + DOUBT))


def rank(weight: float, published_at: datetime, liking: float = 0.0) -> float:
    """Where a story stands: the higher, the earlier it is shown.

    weight   part of the portfolio that it is about, 0 to 1; whole per cent count, so that the order does not tremble with prices
    liking   0 to 1, see `Taste`

    The score is (0.2 + √weight) × (1 + liking) × 2^(−age / 24 h).  Its order does not change as time goes by, so that what is
    returned is its logarithm without the age: log2((0.2 + √weight) × (1 + liking)) + published_at / 24 h.
    """
    part = min(max(round(weight, 2), 0.0), 1.0)
    return math.log2((FLOOR + math.sqrt(part)) * (1 + liking)) + published_at.timestamp() / HALF_LIFE.total_seconds()


def score(place: float, now: datetime) -> float:
    """The score at a moment of what `rank` returned: 1.2 for news of this minute about all that is held."""
    return math.exp2(place - now.timestamp() / HALF_LIFE.total_seconds())
