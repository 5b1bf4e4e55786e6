"""Who may still listen.  All sockets of a process are asked for together: a few queries, however many thousands there are.

News of an ended sign-in or role reaches the hub at once and makes it ask for the sockets of that person; every few seconds it asks for
all of them, for what no news tells: a session that is over by itself, a message that was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.tickets.proofs import Proof
from accounts.tickets.proofs import good_among as proofs_good_among
from accounts.tokens import good_among
from market.models import Instrument
from portfolios.models import Portfolio

UNAUTHENTICATED, NOT_YOURS = 4401, 4403
_AT_ONCE = 1000  # values in one query


class Listener(Protocol):
    """What is asked of a socket."""

    user: Any
    session_key: str  # by which it came, or
    token: str  # or
    proof: Proof | None
    password: str  # as it stood then
    private: set[int]  # instruments with an owner that were asked for

    def shown(self) -> Iterable[int]:
        """The portfolios whose figures go out."""


def no_longer(listeners: Sequence[Listener]) -> list[tuple[Listener, int]]:
    """Those that may not listen any more, each with the code that it is closed with: whoever is not who they were, or sees what is not theirs."""
    keys = _alive({one.session_key for one in listeners if not one.token and one.proof is None})
    tokens = {token for part in _parts({one.token for one in listeners if one.token}) for token in good_among(part)}
    proofs = {proof for part in _parts({one.proof for one in listeners if one.proof is not None}) for proof in proofs_good_among(part)}
    passwords = _passwords({one.user.pk for one in listeners})
    ended = [one for one in listeners if not _known(one, keys, tokens, proofs, passwords)]
    gone = set(map(id, ended))
    rest = [one for one in listeners if id(one) not in gone]
    seen = _portfolios_seen(rest)
    blind = [one for one in rest if not all((one.user.pk, pk) in seen for pk in one.shown()) or not _instruments_seen(one)]
    return [(one, UNAUTHENTICATED) for one in ended] + [(one, NOT_YOURS) for one in blind]


def _known(one: Listener, keys: set[str], tokens: set[str], proofs: set[Proof], passwords: dict[int, str]) -> bool:
    """Sign-out deletes the session; a new password ends all of them."""
    if one.token:
        return one.token in tokens
    good = one.session_key in keys if one.proof is None else one.proof in proofs
    return good and passwords.get(one.user.pk) == one.password


def _alive(keys: set[str]) -> set[str]:
    now = timezone.now()
    rows = Session.objects.filter(expire_date__gt=now)
    return {key for part in _parts(keys) for key in rows.filter(session_key__in=part).values_list("session_key", flat=True)}


def _passwords(people: set[int]) -> dict[int, str]:
    active = get_user_model()._default_manager.filter(is_active=True)
    return {pk: password for part in _parts(people) for pk, password in active.filter(pk__in=part).values_list("pk", "password")}


def _portfolios_seen(listeners: Sequence[Listener]) -> set[tuple[int, int]]:
    """(person, portfolio) for what is shown and may be."""
    people = {one.user.pk for one in listeners if any(True for _ in one.shown())}
    shown = {pk for one in listeners for pk in one.shown()}
    return {pair for part in _parts(shown) for pair in Portfolio.objects.filter(pk__in=part).seen_by(people)}


def _instruments_seen(one: Listener) -> bool:
    """Few sockets show what has an owner: they are asked for one by one."""
    return not one.private or Instrument.objects.visible_to(one.user).filter(pk__in=one.private).count() == len(one.private)


def _parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    listed = list(values)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]
