"""News heard: what allauth and Django report about accounts goes into the audit; a registration sends its mail."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.signals import email_changed, email_confirmed, password_changed, password_reset, user_signed_up
from allauth.account.signals import user_logged_in as listed_in
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver

from accounts import denials, devices, tasks, tokens
from accounts.consents.services import record_consent
from accounts.consents.texts import Purpose, Source
from accounts.middleware import SEEN_KEY, SIGNED_IN_KEY
from accounts.models import User
from accounts.services import record_audit, tell_access_changed
from accounts.signals import access_changed, export_asked, export_brought, user_registered
from accounts.viewing.models import Ending
from accounts.viewing.services import end_views_of
from portfolio_site.web import deeds, refusals
from portfolio_site.web.bell import insist, ring


def _note(user: User | None, action: str) -> None:
    if user is not None and user.pk is not None:
        record_audit(user, action, object_type="user", object_id=user.pk)


@receiver(user_registered)
def ask_for_confirmation(*, user_id: int, **_: Any) -> None:
    insist(tasks.send_confirmation, user_id)


@receiver(user_signed_up)
def note_sign_up(*, user: User, **_: Any) -> None:
    _note(user, "account.created")
    record_consent(user.pk, Purpose.TERMS, given=True, source=Source.SIGN_UP)


@receiver(user_logged_in)
def note_sign_in(*, user: User, **_: Any) -> None:
    _note(user, "session.started")


@receiver(listed_in)
def begin_watching(*, request: Any, user: User, response: Any = None, **_: Any) -> None:
    """From here on the list of sessions is told that this one is in use; a place that is new is told to the person."""
    devices.note_sign_in(user, request, response)
    request.session[SIGNED_IN_KEY] = request.session[SEEN_KEY] = int(time.time())


@receiver(user_logged_out)
def note_sign_out(*, user: User | None = None, **_: Any) -> None:
    _note(user, "session.ended")
    if user is not None:
        tell_access_changed(user)


@receiver(password_changed)
def note_password_change(*, user: User, **_: Any) -> None:
    _note(user, "password.changed")
    tell_access_changed(user)


@receiver(password_reset)
def note_password_reset(*, user: User, **_: Any) -> None:
    _note(user, "password.reset")
    tell_access_changed(user)


@receiver(email_changed)
def note_email_change(*, user: User, **_: Any) -> None:
    _note(user, "email.changed")


@receiver(email_confirmed)
def note_email_confirmation(*, email_address: Any, **_: Any) -> None:
    _note(email_address.user, "email.confirmed")


def _factors_changed(user: User, action: str) -> None:
    """What came over the API before ends; sessions on pages stay, as their list says."""
    with transaction.atomic():
        tokens.revoke_all(user)
        _note(user, action)


@receiver(authenticator_added)
def note_new_factor(*, user: User, **_: Any) -> None:
    _factors_changed(user, "factor.added")


@receiver(authenticator_removed)
def note_removed_factor(*, user: User, **_: Any) -> None:
    _factors_changed(user, "factor.removed")


@receiver(authenticator_reset)
def note_renewed_codes(*, user: User, **_: Any) -> None:
    _factors_changed(user, "factor.renewed")


@receiver(authentication_failed)
def note_wrong_code(*, request: Any, user: User, **_: Any) -> None:
    denials.note_wrong_code(request, user)


@receiver(deeds.done)
def note_deed(*, actor: User, action: str, object_type: str, object_id: str, data: dict[str, Any], **_: Any) -> None:
    """Deeds in apps that do not know this one.  Inside their transaction."""
    record_audit(actor, action, object_type=object_type, object_id=object_id, **data)


@receiver(refusals.told)
def note_refusals(*, actor: int, where: str, found: list[refusals.Refusal], **_: Any) -> None:
    """What was refused on a socket."""
    denials.write_all(actor, where, found)


@receiver(access_changed)
def end_views(*, user_id: int, **_: Any) -> None:
    """A session, password or role of this person ended: so does what they look at, and they begin anew where they still may."""
    if (person := User.objects.filter(pk=user_id, is_staff=True).first()) is not None:
        end_views_of(person, Ending.SIGNED_OUT)


@receiver(export_asked)
def make_export(*, export_id: int, **_: Any) -> None:
    ring(tasks.make_export, export_id)


@receiver(export_brought)
def read_arrival(*, arrival_id: int, **_: Any) -> None:
    ring(tasks.read_arrival, arrival_id)
