"""The chain of audit entries: what a hash covers, and how a chain is checked.

The hash of an entry is SHA-256 over the canonical JSON of all its fields, among them the hash before it.  So an entry that is
changed, taken out or moved shows at its place.  The head of the chain carries a keyed seal, so that a chain that was written
anew from some entry on, or cut short at its end, shows too.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from portfolio_site.web.sealed import fingerprint

FIELDS = ("subject", "sequence", "actor", "action", "object_type", "object_id", "data", "request_id", "at", "previous")


def tidy(value: object) -> Any:
    """`value` as JSON that reads back the same from both databases.

    Raises TypeError for decimals, floats and anything else that could be an amount: amounts never stand in the audit.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    if isinstance(value, date | uuid.UUID):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, Mapping):
        return {tidy(str(key)): tidy(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [tidy(item) for item in value]
    raise TypeError(f"{type(value).__name__} does not belong into an audit entry.")


def hash_of(entry: Any) -> str:
    """The hash that an entry must carry, from its other fields: 64 hex digits."""
    values = {name: getattr(entry, name) for name in FIELDS}
    at: datetime = values["at"]
    values["at"] = at.astimezone(timezone.utc).isoformat(timespec="microseconds")
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def seal_of(subject: int, sequence: int, last_hash: str) -> str:
    """The keyed hash of where a chain ends."""
    return fingerprint(f"{subject}:{sequence}:{last_hash}", "audit-head")


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What checking one person's chain found.  `why` is empty where it is whole."""

    subject: int
    length: int
    bad_sequence: int | None = None  # the place in the chain
    bad_id: int | None = None  # the row's number; None where the row is missing
    why: str = ""

    @property
    def whole(self) -> bool:
        return not self.why


def check_chain(subject: int, entries: Iterable[Any], head: Any | None) -> ChainReport:
    """Walks the entries in order of `sequence` and names the first that is not right."""
    previous, expected = "", 1
    for entry in entries:
        if entry.sequence != expected:
            return ChainReport(subject, expected - 1, expected, None, f"entry {expected} is missing; the next one is {entry.sequence}")
        if entry.previous != previous:
            return ChainReport(subject, expected - 1, expected, entry.pk, "it does not follow the entry before it")
        if entry.hash != hash_of(entry):
            return ChainReport(subject, expected - 1, expected, entry.pk, "it was changed after it was written")
        previous, expected = entry.hash, expected + 1
    length = expected - 1
    if head is None:
        return ChainReport(subject, length, length, None, "the head of the chain is missing") if length else ChainReport(subject, 0)
    if head.sequence > length:
        return ChainReport(subject, length, expected, None, f"entries {expected} to {head.sequence} are missing at the end")
    if head.seal != seal_of(subject, length, previous):
        return ChainReport(subject, length, length, None, "the chain does not end where its head says; it was written anew without the key")
    return ChainReport(subject, length)
