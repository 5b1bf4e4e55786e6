"""Who we are to the services that carry messages to browsers: one key pair for each installation (RFC 8292)."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02


def is_on() -> bool:
    return bool(settings.VAPID_KEY)


def private_key() -> Vapid02:
    return _pair(settings.VAPID_KEY)


def public_key() -> str:
    """As browsers want it: the point, uncompressed, in base64url; empty where there is no key."""
    if not is_on():
        return ""
    point = _pair(settings.VAPID_KEY).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


@lru_cache(maxsize=4)
def _pair(secret: bytes) -> Vapid02:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
    return Vapid02(ec.derive_private_key(int.from_bytes(secret, "big") % (order - 1) + 1, ec.SECP256R1()))
