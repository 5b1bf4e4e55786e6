"""Chance that is the same on every machine: numbers from SHA-256 of a seed and a name, by integer arithmetic only."""

from __future__ import annotations

import hashlib
import struct
from decimal import Decimal

SEED = "plumbline demo market 1"

_TWELVE = struct.Struct(">12H")  # a sum of twelve uniform numbers has the variance of a standard normal one
_MIDDLE = 6 << 16
_UNIT = Decimal(1) / (1 << 16)
_MICRO = Decimal("0.000001")


def _digest(*name: object) -> bytes:
    return hashlib.sha256("/".join([SEED, *map(str, name)]).encode()).digest()


def pick(below: int, *name: object) -> int:
    """A whole number in [0, below)."""
    return int.from_bytes(_digest(*name)[:8], "big") % below


def bell(*name: object) -> Decimal:
    """About standard normal, between -6 and 6, in steps of 1/65536."""
    return Decimal(sum(_TWELVE.unpack_from(_digest(*name))) - _MIDDLE) * _UNIT


def swing(*name: object) -> Decimal:
    """Even between -1 and 1, to six places."""
    return (Decimal(int.from_bytes(_digest(*name)[:4], "big")) / (1 << 31) - 1).quantize(_MICRO)
