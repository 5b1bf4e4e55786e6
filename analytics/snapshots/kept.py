"""Stored objects and back: pickled, packed, sealed by their column, and led by the digest of what they rest on.

The seal is checked before anything is unpickled, so that only what this installation wrote is opened; the digest inside is compared
as well, so that a row put in the place of another is not believed.
"""

from __future__ import annotations

import pickle
import zlib
from hashlib import sha256
from typing import Any

from portfolio_site.kernel.sources import REPLAYING, digest_of_code

_MADE_BY = (
    *REPLAYING,
    "analytics/border.py",
    "analytics/continuing.py",
    "analytics/engine",
    "analytics/levels.py",
    "analytics/selectors/reads.py",
    "analytics/selectors/scope.py",
    "analytics/series.py",
    "analytics/world.py",
    "market/selectors/columns.py",
)
_LED_BY = 64  # hex digits of a digest
_SPEED = 1


def made_by() -> str:
    """A digest of the code that replays ledgers and makes series: what another version of it made is not taken for its own."""
    return digest_of_code(_MADE_BY)


def digest(key: object) -> str:
    """What an object rests on, in 64 hex digits."""
    return sha256(f"{made_by()} {key!r}".encode()).hexdigest()


def packed(found: object, rests_on: str) -> bytes:
    return rests_on.encode() + zlib.compress(pickle.dumps(found, protocol=pickle.HIGHEST_PROTOCOL), _SPEED)


def unpacked(content: bytes, rests_on: str) -> Any:
    """The object; None where it rests on something else."""
    if content[:_LED_BY] != rests_on.encode():
        return None
    return pickle.loads(zlib.decompress(content[_LED_BY:]))  # noqa: S301  (sealed: see the head of this module)  # nosec B301
