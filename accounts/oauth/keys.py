"""The RSA key that signs ID tokens: from the settings, or made on first use and kept sealed in the data folder.

A lost key loses no data: apps fetch the new one from `/.well-known/jwks.json`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from portfolio_site.web.sealed import CannotOpen, key_number, newest_key, seal, unseal

_LABEL = b"accounts.oidc_key"
_lock = threading.Lock()
_read: dict[Path, str] = {}


def signing_key() -> str:
    """The private key as PEM."""
    return str(settings.OIDC_PRIVATE_KEY) or _own(_place())


def _place() -> Path:
    return Path(settings.DATA_DIR) / "keys" / "oidc_key.sealed"


def _own(path: Path) -> str:
    with _lock:
        if path not in _read:
            _read[path] = _opened(path) or _made(path)
        return _read[path]


def _opened(path: Path) -> str:
    try:
        return unseal(path.read_bytes(), _LABEL).decode()
    except (FileNotFoundError, CannotOpen):  # sealed by a field key that is gone: a new one does as well
        return ""


def kept_numbers() -> Iterator[int]:
    """The number of the field key that seals the file, where there is one."""
    path = _place()
    if path.exists():
        yield key_number(path.read_bytes())


def rotate_kept() -> int:
    """Seals the file again, where it is sealed with an older key; answers how many were.  One that does not open goes: a new one does as well."""
    path = _place()
    if all(number == newest_key() for number in kept_numbers()):
        return 0
    if not (pem := _opened(path)):
        path.unlink(missing_ok=True)
        return 0
    _write(path, pem.encode())
    return 1


def _made(path: Path) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(path, pem)
    return pem.decode()


def _write(path: Path, pem: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(seal(pem, _LABEL))
    beside.replace(path)
