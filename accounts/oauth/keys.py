"""The RSA key that signs ID tokens: from the settings, or made on first use and kept sealed in the data folder.

A lost key loses no data: apps fetch the new one from `/.well-known/jwks.json`.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from portfolio_site.web.sealed import CannotOpen, seal, unseal

_LABEL = b"accounts.oidc_key"
_lock = threading.Lock()
_read: dict[Path, str] = {}


def signing_key() -> str:
    """The private key as PEM."""
    return str(settings.OIDC_PRIVATE_KEY) or _own(Path(settings.DATA_DIR) / "keys" / "oidc_key.sealed")


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


def _made(path: Path) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(seal(pem, _LABEL))
    beside.replace(path)
    return pem.decode()
