"""Sealed fields: what a person owns and did is AES-256-GCM in the database.

A stored value is   key number (2 bytes) · nonce (12 bytes) · ciphertext and tag.
The column's name is authenticated with it, so that a value moved to another column does not open.  Keys live in
`settings.FIELD_KEYS` (number → 32 bytes), apart from SECRET_KEY; the highest number seals, all of them open.  `manage.py
rotate_keys` seals everything again with a new one.
Sealed values have no order and no equality in the database: only `isnull` can be asked.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from portfolio_site.kernel.decimals import exact, plain
from portfolio_site.kernel.words import unstorable
from portfolio_site.web.fields import ExactFormField, exact_or_none

_KEY_BYTES, _NONCE_BYTES = 2, 12


class CannotOpen(RuntimeError):
    """A sealed value does not open: its key is not in the ring, or it was changed.  Never shown as data."""


@lru_cache(maxsize=64)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def newest_key() -> int:
    """The number of the key that seals: the highest, unless SEALING_KEY holds it back until every process knows the new one."""
    return settings.SEALING_KEY or max(settings.FIELD_KEYS)


def key_number(stored: bytes) -> int:
    """The number of the key that a stored value was sealed with."""
    return int.from_bytes(stored[:_KEY_BYTES], "big")


def seal(plaintext: bytes, label: bytes) -> bytes:
    """The bytes as stored, under the newest key, bound to `label`."""
    number = newest_key()
    nonce = os.urandom(_NONCE_BYTES)
    return number.to_bytes(_KEY_BYTES, "big") + nonce + _cipher(settings.FIELD_KEYS[number]).encrypt(nonce, plaintext, label)


def seal_many(plaintexts: Iterable[bytes], label: bytes) -> list[bytes]:
    """Each as `seal` would, with one look for the key and nonces drawn a thousand at a time."""
    number = newest_key()
    prefix, encrypt = number.to_bytes(_KEY_BYTES, "big"), _cipher(settings.FIELD_KEYS[number]).encrypt
    return [prefix + nonce + encrypt(nonce, plaintext, label) for plaintext, nonce in zip(plaintexts, _nonces(), strict=False)]


def _nonces() -> Iterator[bytes]:
    while True:
        drawn = os.urandom(_NONCE_BYTES * 1000)
        for start in range(0, len(drawn), _NONCE_BYTES):
            yield drawn[start : start + _NONCE_BYTES]


def unseal(stored: bytes, label: bytes) -> bytes:
    """The bytes inside.  Raises CannotOpen."""
    return opener(label)(stored)


def opener(label: bytes) -> Callable[[bytes], bytes]:
    """What opens values of one label, for opening many: `unseal` without looking for the key each time."""
    ciphers: dict[bytes, Callable[[bytes, bytes, bytes], bytes]] = {}
    start = _KEY_BYTES + _NONCE_BYTES

    def open_one(stored: bytes) -> bytes:
        number = stored[:_KEY_BYTES]
        decrypt = ciphers.get(number)
        if decrypt is None:
            key = settings.FIELD_KEYS.get(key_number(stored))
            if key is None:
                raise CannotOpen(f"A value was sealed with key {key_number(stored)}, which is not in FIELD_KEYS.")
            decrypt = ciphers[number] = _cipher(key).decrypt
        try:
            return decrypt(stored[_KEY_BYTES:start], stored[start:], label)
        except InvalidTag:
            raise CannotOpen(
                f"A value of {label.decode()} was changed outside Plumbline, or key {key_number(stored)} is not the one it was sealed with."
            ) from None

    return open_one


def fingerprint(text: str, purpose: str) -> str:
    """A keyed hash by which equal sealed values can be found: 64 hex digits.

    Its key is settings.FINGERPRINT_KEY, which is never rotated: hashes outlive every field key.
    """
    return hmac.digest(_purpose_key(settings.FINGERPRINT_KEY, purpose), text.encode(), "sha256").hex()


@lru_cache(maxsize=64)
def _purpose_key(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, b"fingerprint:" + purpose.encode(), "sha256")


@dataclass(frozen=True, slots=True)
class SealedInside:
    """Sealed text (base64) inside a JSON column of a package's table, which is no field of ours: `keys` of its values."""

    model: str
    field: str
    keys: tuple[str, ...]
    label: bytes


sealed_inside: list[SealedInside] = []  # apps add theirs, so that rotate_keys finds them


@dataclass(frozen=True, slots=True)
class SealedElsewhere:
    """Sealed values that are no field of a model of ours.

    numbers  of the keys that they are sealed with, one for each value
    rotate   seals again what is not sealed with the newest key; answers how many
    """

    name: str
    numbers: Callable[[], Iterable[int]]
    rotate: Callable[[], int]


sealed_elsewhere: list[SealedElsewhere] = []  # apps add theirs, too


if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field  # generic to the type checker only


class SealedField(_Field):
    """Base of the sealed fields.  Subclasses say how a value becomes bytes and back."""

    empty_strings_allowed = False

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        self.label = f"{cls._meta.label_lower}.{name}".encode()

    def get_internal_type(self) -> str:
        return "BinaryField"

    def _dump(self, value: Any) -> bytes:
        raise TypeError("subclasses say how a value becomes bytes")

    def _load(self, raw: bytes) -> Any:
        raise TypeError("subclasses say how bytes become a value")

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return None if value is None else self._load(unseal(bytes(value), self.label))

    def seal_all(self, values: Iterable[Any]) -> list[bytes]:
        """Many values as stored."""
        return seal_many(map(self._dump, values), self.label)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return None if value is None else connection.Database.Binary(seal(self._dump(value), self.label))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed: it cannot be searched or compared in the database.")
        return super().get_lookup(lookup_name)


class SealedTextField(SealedField):
    """Text.  An empty text is sealed too, so that its absence tells nothing."""

    description = "Sealed text"

    def __init__(self, *args: Any, longest: int = 10_000, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.longest != 10_000:
            kwargs["longest"] = self.longest
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Any:
        return value if value is None else str(value)

    def validate(self, value: Any, model_instance: Any) -> None:
        super().validate(value, model_instance)
        if value is not None and len(value) > self.longest:
            raise ValidationError(f"At most {self.longest} characters; these are {len(value)}.", code="max_length")
        if value and unstorable(value):
            raise ValidationError("The text holds a character that cannot be stored.", code="null_characters")

    def _dump(self, value: Any) -> bytes:
        return str(value).encode()

    def _load(self, raw: bytes) -> str:
        return raw.decode()

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return super().formfield(**{"form_class": forms.CharField, "max_length": self.longest, **kwargs})


class SealedDecimalField(SealedField):
    """An exact decimal (see web/fields.py), sealed."""

    description = "Sealed exact decimal"

    def to_python(self, value: Any) -> Decimal | None:
        return exact_or_none(value)

    def _dump(self, value: Any) -> bytes:
        return plain(exact(value)).encode()

    def _load(self, raw: bytes) -> Decimal:
        return Decimal(raw.decode())

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": ExactFormField, **kwargs})


class SealedJSONField(SealedField):
    """A small JSON value, sealed as a whole.  Numbers that matter stand in it as text."""

    description = "Sealed JSON"

    def _dump(self, value: Any) -> bytes:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

    def _load(self, raw: bytes) -> Any:
        return json.loads(raw)


class SealedBytesField(SealedField):
    """Bytes, such as an uploaded file."""

    description = "Sealed bytes"

    def _dump(self, value: Any) -> bytes:
        return bytes(value)

    def _load(self, raw: bytes) -> bytes:
        return raw


class SealedSerializer:
    """How a session is stored (SESSION_SERIALIZER): its JSON, sealed.  One that does not open is an empty session."""

    label = b"session"

    def dumps(self, value: Any) -> bytes:
        return seal(json.dumps(value, separators=(",", ":")).encode(), self.label)

    def loads(self, stored: bytes) -> Any:
        return json.loads(unseal(stored, self.label))
