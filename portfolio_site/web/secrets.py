"""The secret of an address that opens without signing in: long, random, shown once, and kept as its digest alone."""

from __future__ import annotations

import hashlib
import secrets

BYTES = 32
LONGEST = 100  # letters; what is longer is none of ours


def new_secret() -> str:
    return secrets.token_urlsafe(BYTES)


def digest_of(secret: str) -> str:
    """SHA-256: the secret has more chance in it than could ever be tried, so that no slow hash is needed."""
    return hashlib.sha256(secret[:LONGEST].encode("utf-8", "surrogatepass")).hexdigest()
