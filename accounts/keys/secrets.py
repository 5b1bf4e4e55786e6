"""What a key looks like: `pk_` + 8 hex + `_` + 43 signs + `_` + 8 hex.

The first part names the key and may be seen; the second is the secret, 256 random bits; the third is a CRC-32 over what is before it, by
which a slip of the pen is told without a query, and programs that look for leaked secrets know one of ours.  A fast hash is right for what
is stored: nobody guesses 256 bits, and a slow hash would only cost each call a third of a second.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

_SHAPE = re.compile(r"(pk_([0-9a-f]{8})_[A-Za-z0-9_-]{43})_([0-9a-f]{8})")
LONGEST = 64  # characters; a key has 64


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def new_secret() -> tuple[str, str]:
    """A key as the person gets it, and its prefix."""
    prefix = secrets.token_hex(4)
    body = f"pk_{prefix}_{secrets.token_urlsafe(32)}"
    return f"{body}_{_checksum(body)}", prefix


def prefix_of(secret: str) -> str:
    """The prefix of a key that is written rightly; "" for anything else."""
    found = _SHAPE.fullmatch(secret) if len(secret) <= LONGEST else None
    return found[2] if found and _checksum(found[1]) == found[3] else ""


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
