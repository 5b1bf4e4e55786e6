"""What is sealed outside the columns of models: sessions, in which people are signed in, and the key that signs ID tokens.

Sessions are texts that Django signs, with the sealed bytes in them.  A session that does not open is an empty one: whoever it was of
would have to sign in again, so that a rotation takes them along.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core import signing
from django.utils import timezone

from accounts.oauth import keys
from portfolio_site.web.sealed import CannotOpen, SealedElsewhere, SealedSerializer, key_number, newest_key, seal, sealed_elsewhere, unseal

_SALT = SessionStore().key_salt


class _AsStored:
    """What stands inside the signature, unopened."""

    def dumps(self, stored: bytes) -> bytes:
        return stored

    def loads(self, stored: bytes) -> bytes:
        return stored


def _sessions() -> Iterator[tuple[str, str, bytes]]:
    """(key, what is stored, the sealed bytes in it) of those that are not over."""
    living = Session.objects.filter(expire_date__gt=timezone.now()).values_list("pk", "session_data")
    for pk, text in living.iterator(chunk_size=500):
        try:
            yield pk, text, signing.loads(text, salt=_SALT, serializer=_AsStored)
        except signing.BadSignature:
            continue  # of another SECRET_KEY: an empty session already


def _session_numbers() -> Iterator[int]:
    return (key_number(stored) for _, _, stored in _sessions())


def _rotate_sessions() -> int:
    """Each only if it is still as it was read.  One that does not open goes: nobody is signed in by it."""
    done = 0
    for pk, text, stored in list(_sessions()):
        if key_number(stored) == newest_key():
            continue
        same = Session.objects.filter(pk=pk, session_data=text)
        try:
            again = seal(unseal(stored, SealedSerializer.label), SealedSerializer.label)
        except CannotOpen:
            same.delete()
            continue
        done += same.update(session_data=signing.dumps(again, salt=_SALT, serializer=_AsStored, compress=True))
    return done


sealed_elsewhere += [
    SealedElsewhere("sessions.Session.session_data", _session_numbers, _rotate_sessions),
    SealedElsewhere("the key that signs ID tokens (DATA_DIR/keys/oidc_key.sealed)", keys.kept_numbers, keys.rotate_kept),
]
