"""Typed readers of the environment.  Nothing outside `settings/` reads it.  Each error names the variable and what to write."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

MISSING = object()


def text(name: str, default: object = MISSING) -> str:
    """The variable as text.  Without a default a missing or empty one raises ImproperlyConfigured."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is MISSING:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment; docs/settings.md says what it holds.")
    return str(default)


def boolean(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is “{value}”; write true or false.")


def integer(name: str, default: int, *, least: int | None = None) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is “{value}”; write a whole number.") from None
    if least is not None and number < least:
        raise ImproperlyConfigured(f"{name} is {number}; it must be at least {least}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list; blanks are dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def folder(name: str, default: Path, *, private: bool = False) -> Path:
    """A folder, made if it is not there.  A private one is made for its owner alone; one that is there keeps its rights."""
    path = Path(os.environ.get(name, "").strip() or default).expanduser().resolve()
    path.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
    return path


def file(name: str, default: Path) -> Path:
    """A file, which need not be there yet; its folder is made."""
    path = Path(os.environ.get(name, "").strip() or default).expanduser().resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def key_ring(name: str) -> dict[int, bytes]:
    """Field keys: `1:base64,2:base64`.  The highest number seals; all of them open.

    Each is 32 bytes, as `python -c "import os,base64;print(base64.b64encode(os.urandom(32)).decode())"` makes them.
    Returns an empty ring where the variable is not set.
    """
    ring: dict[int, bytes] = {}
    for item in words(name):
        number, _, encoded = item.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
            key_id = int(number)
        except (binascii.Error, ValueError):
            raise ImproperlyConfigured(f"{name}: write each key as NUMBER:BASE64, separated by commas.") from None
        if not 1 <= key_id <= 65535 or len(key) != 32 or key_id in ring:
            raise ImproperlyConfigured(f"{name}: key numbers are 1 to 65535, used once; each key is 32 bytes.")
        ring[key_id] = key
    return ring


def key(name: str) -> bytes:
    """One key of 32 bytes, written in base64; empty where the variable is not set."""
    encoded = os.environ.get(name, "").strip()
    try:
        value = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        value = b"?"
    if value and len(value) != 32:
        raise ImproperlyConfigured(f"{name}: write 32 bytes in base64.")
    return value


def secret_file(path: Path, size: int = 32) -> bytes:
    """A secret of this installation, made on first use and readable by its owner only.  For one machine, not for a fleet."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(os.urandom(size))
    return path.read_bytes()
