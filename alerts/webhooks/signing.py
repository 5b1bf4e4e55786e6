"""Signatures of webhooks.  Pure.

    Plumbline-Signature: t=1763737200,v1=5257a869e7…

`t` is the time of the attempt in seconds, `v1` the HMAC-SHA256 in hex of `t`, a point, and the body's bytes, under the secret.  There
are two `v1` while a secret is being replaced.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
TOLERANCE = 300  # seconds that a signature may be old; receivers should refuse older ones


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def signature(body: bytes, secret: str, at: int) -> str:
    return hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()


def header(body: bytes, signing: Iterable[str], at: int) -> str:
    """The header's value, with one signature for each secret."""
    return ",".join([f"t={at}", *(f"v1={signature(body, secret, at)}" for secret in signing)])


def verify(value: str, body: bytes, secret: str, now: int, *, tolerance: int = TOLERANCE) -> bool:
    """Whether a header is of this body, of this secret, and of now."""
    parts = [part.partition("=") for part in value.split(",")]
    at = next((text for name, _, text in parts if name == "t"), "")
    if not at.isdigit() or abs(now - int(at)) > tolerance:
        return False
    wanted = signature(body, secret, int(at))
    return any(name == "v1" and hmac.compare_digest(text, wanted) for name, _, text in parts)
