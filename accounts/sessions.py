"""Ending sign-ins: one session, all others, and what came over the API; the sockets of what ended close with it."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts import tokens
from accounts.models import User
from accounts.services import record_audit, tell_access_changed
from portfolio_site.kernel.errors import NotFound


class NoSuchSession(NotFound):
    code, title = "no_such_session", "This session is not among yours."


@transaction.atomic
def end_session(actor: User, pk: int, *, keep: str) -> None:
    """Sign out one of the person's sessions, not the one whose key is `keep`.  Raises NoSuchSession."""
    session = UserSession.objects.filter(user_id=actor.pk, pk=pk).exclude(session_key=keep).first()
    if session is None:
        raise NoSuchSession("It has ended already, or it is the one you are looking from. Look at the list again.").of("session", pk)
    _end([session])
    record_audit(actor, "session.revoked", object_type="user", object_id=actor.pk)
    tell_access_changed(actor)


@transaction.atomic
def end_other_sessions(actor: User, *, keep: str) -> None:
    """Sign out everywhere but in the session whose key is `keep`: all other sessions, and everything that came over the API."""
    _end(list(UserSession.objects.filter(user_id=actor.pk).exclude(session_key=keep)))
    tokens.revoke_all(actor)
    record_audit(actor, "session.revoked_others", object_type="user", object_id=actor.pk)


def _end(sessions: list[UserSession]) -> None:
    Session.objects.filter(session_key__in=[session.session_key for session in sessions]).delete()
    UserSession.objects.filter(pk__in=[session.pk for session in sessions]).delete()
