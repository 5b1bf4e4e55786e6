"""Erasing a person: asked for, seven days to think again, then a job of steps that can be done twice.

Everything that the apps' lists say is erased goes, in the order of what needs what; what they say is kept stays, which the person
saw before confirming.  A job that was killed begins anew: each step is one transaction and does nothing where it was done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.adapter import AccountAdapter
from accounts.data_rights import erase_list, registry
from accounts.data_rights.choices import ErasureStatus
from accounts.data_rights.jobs import LEASE
from accounts.errors import CannotErase, NotConfirmed, NothingScheduled
from accounts.models import Erasure, Preferences, User
from accounts.selectors import mailable
from accounts.services import record_audit, tell_access_changed
from accounts.tasks import MAIL_TROUBLE
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.personal import Blocker, End
from portfolio_site.web.sealed import fingerprint

log = logging.getLogger(__name__)

WINDOW = timedelta(days=7)
TOLD_FOR = timedelta(days=1)  # how long the last mail is tried; then the address is forgotten all the same
TOLD_AGAIN = timedelta(minutes=15)  # from one try to the next
_OPEN = (ErasureStatus.SCHEDULED, ErasureStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays after the person is gone."""

    what: str
    reason: str
    until: str


def what_goes() -> list[str]:
    """In plain words."""
    return [said.what for model, said in registry.personal_models() if _goes(model)]


def what_stays() -> list[Kept]:
    """With the reason and the end of each."""
    found = []
    for _, said in registry.personal_models():
        fates = {fate for fate in said.fates.values() if fate.end == End.KEEP and fate.exported}
        found += [Kept(said.what, fate.reason, fate.until) for fate in sorted(fates, key=lambda one: one.reason)]
    return found


def blockers_of(person: User) -> list[Blocker]:
    """What must be settled first."""
    return [one for ask in registry.hooks().blockers for one in ask(person)]


def what_others_see(person: User) -> list[str]:
    """What becomes of what the person shares with others, a sentence each."""
    return [said for tell in registry.hooks().consequences for said in tell(person)]


def _goes(model: type) -> bool:
    key = model._meta.pk.name  # type: ignore[attr-defined]
    fate = registry.fate_of(model, key)
    return fate is not None and fate.end == End.ERASE


# ── asking, and thinking again ──────────────────────────────────────────────


def open_erasure(person: User) -> Erasure | None:
    """The one that is scheduled or under way."""
    return Erasure.objects.filter(person=person.pk, status__in=_OPEN).first()


@transaction.atomic
def schedule_erasure(actor: User, *, typed: str) -> Erasure:
    """Ask to be erased in seven days; asking again changes nothing.  Raises NotConfirmed, CannotErase."""
    User.objects.select_for_update().get(pk=actor.pk)
    if typed.strip().lower() != actor.username:
        raise NotConfirmed("Type your username to confirm.", errors=[FieldError("confirm", "not_confirmed", f"Type {actor.username} to confirm.")])
    if blockers := blockers_of(actor):
        raise CannotErase(" ".join(one.words for one in blockers))
    if (known := open_erasure(actor)) is not None:
        return known
    now = timezone.now()
    erasure = Erasure.objects.create(person=actor.pk, mark=erase_list.mark_of(actor), asked_at=now, due_at=now + WINDOW)
    Preferences.objects.filter(user=actor).update(leaves_at=erasure.due_at)
    record_audit(actor, "data.erasure_scheduled", object_type="erasure", object_id=erasure.pk, until=erasure.due_at.date())
    _mail("erasure_scheduled", mailable(actor), due_at=erasure.due_at)
    return erasure


@transaction.atomic
def cancel_erasure(actor: User) -> None:
    """Stay.  Raises NothingScheduled, also once it has begun."""
    User.objects.select_for_update().get(pk=actor.pk)
    changed = Erasure.objects.filter(person=actor.pk, status=ErasureStatus.SCHEDULED).update(
        status=ErasureStatus.CANCELLED, cancelled_at=timezone.now()
    )
    if not changed:
        raise NothingScheduled("No erasure of this account is scheduled.")
    Preferences.objects.filter(user=actor).update(leaves_at=None)
    record_audit(actor, "data.erasure_cancelled", object_type="erasure")
    _mail("erasure_cancelled", mailable(actor))


def _mail(name: str, address: str | None, **context: object) -> None:
    """To a confirmed address only."""
    if address:
        AccountAdapter().send_mail(f"account/email/{name}", address, context)


# ── the job ─────────────────────────────────────────────────────────────────


def due_erasures(now: datetime) -> list[int]:
    """Those whose time has come, and those whose job died."""
    silent = Q(touched_at=None) | Q(touched_at__lt=now - LEASE)
    due = Q(status=ErasureStatus.SCHEDULED, due_at__lte=now) | Q(silent, status=ErasureStatus.RUNNING)
    return list(Erasure.objects.filter(due).order_by("due_at").values_list("pk", flat=True)[:50])


def run_erasure(erasure_id: int) -> bool:
    """All steps of one erasure, from the first.  False where it is not due, or another job is at it."""
    now = timezone.now()
    silent = Q(touched_at=None) | Q(touched_at__lt=now - LEASE)
    free = Q(status=ErasureStatus.SCHEDULED, due_at__lte=now) | Q(silent, status=ErasureStatus.RUNNING)
    if not Erasure.objects.filter(free, pk=erasure_id).update(status=ErasureStatus.RUNNING, touched_at=now):
        return False
    erasure = Erasure.objects.get(pk=erasure_id)
    erase_list.add(erasure.mark, now)  # before anything goes: whatever is restored later is erased again
    for name, work in steps_of(erasure):
        with transaction.atomic():
            work(erasure.person)
        Erasure.objects.filter(pk=erasure_id).update(step=name, touched_at=timezone.now())
    _finish(erasure_id)
    tell_of_end(erasure_id)
    return True


def steps_of(erasure: Erasure) -> Iterator[tuple[str, Callable[[int], None]]]:
    """In order: nobody comes in any more, what apps do by themselves, then the rows, those that need others first."""
    yield "address", partial(_keep_address, erasure.pk)
    yield "access", _end_access
    for step in reversed(registry.hooks().steps):
        yield step.name, step.work
    for model, _ in reversed(registry.personal_models()):
        if _goes(model) and model is not User:
            yield model._meta.label_lower, partial(_remove_rows, model)
    yield "administration", _forget_in_administration


def _keep_address(erasure_id: int, person: int) -> None:
    """For the last mail, while it is still known whether it is confirmed."""
    user = User.objects.filter(pk=person).first()
    if user is not None and (address := mailable(user)):
        Erasure.objects.filter(pk=erasure_id).update(address=address)


def _end_access(person: int) -> None:
    """No session, token or password of theirs opens anything from here on."""
    user = User.objects.select_for_update().filter(pk=person).first()
    if user is None:
        return
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    for session in Session.objects.iterator(chunk_size=500):
        if session.get_decoded().get("_auth_user_id") == str(person):
            session.delete()
    tell_access_changed(user)


def _remove_rows(model: type, person: int) -> None:
    registry.belonging_to(model, person).delete()


def _forget_in_administration(person: int) -> None:
    """What the administration wrote of them in words, with their name or address."""
    user = User.objects.filter(pk=person).first()
    about = Q(content_type__app_label="accounts", content_type__model="user", object_id=str(person))
    if user is not None:
        about |= Q(object_repr__icontains=user.email) | Q(change_message__icontains=user.email)
        about |= Q(object_repr__iexact=user.username)
    LogEntry.objects.filter(about).update(object_repr=f"person {person}", change_message="")


@transaction.atomic
def _finish(erasure_id: int) -> None:
    """The account itself and the proof, at once.  The address stays in the row until the last mail is sent."""
    erasure = Erasure.objects.select_for_update().get(pk=erasure_id)
    if erasure.status != ErasureStatus.RUNNING:
        return
    User.objects.filter(pk=erasure.person).delete()
    record_audit(None, "data.erased", subject=erasure.person, object_type="erasure", object_id=erasure.pk)
    erasure.status, erasure.done_at, erasure.touched_at = ErasureStatus.DONE, timezone.now(), None
    erasure.save()


# ── the last mail ───────────────────────────────────────────────────────────


def untold() -> list[int]:
    """Erasures that are done and whose last mail is still to be sent."""
    return list(_untold(timezone.now()).order_by("done_at").values_list("pk", flat=True)[:50])


def _untold(now: datetime) -> QuerySet[Erasure]:
    silent = Q(touched_at=None) | Q(touched_at__lt=now - TOLD_AGAIN)
    return Erasure.objects.filter(silent, status=ErasureStatus.DONE, address__isnull=False)


def tell_of_end(erasure_id: int) -> bool:
    """Send the last mail, then forget the address.  Whether there was one to send; a server that is away is tried again, for a day.

    Killed between the two, it is sent once more, under the same Message-ID.
    """
    now = timezone.now()
    if not _untold(now).filter(pk=erasure_id).update(touched_at=now):
        return False
    erasure = Erasure.objects.get(pk=erasure_id)
    if erasure.done_at is None or erasure.done_at < now - TOLD_FOR:
        log.error("mail.not_sent", extra={"erasure": erasure_id, "problem": "tried for a day"})
    elif not _sent(erasure):
        return False
    Erasure.objects.filter(pk=erasure_id).update(address=None, touched_at=None)
    return True


def _sent(erasure: Erasure) -> bool:
    """The mail by which an address hears that its account is gone; not by the queue, which loses what the broker loses."""
    message = AccountAdapter().render_mail("account/email/erasure_done", erasure.address, {"email": erasure.address})
    message.extra_headers["Message-ID"] = f"<{fingerprint(erasure.mark, 'last mail')}@{urlsplit(settings.SITE_URL).hostname}>"
    try:
        message.send()
    except MAIL_TROUBLE as problem:
        log.warning("mail.not_sent", extra={"erasure": erasure.pk, "problem": type(problem).__name__})
        return False
    return True


def reapply_erasures() -> int:
    """Erase whoever is on the list and in the database, as after a backup was restored; answers how many."""
    marks = erase_list.marks()
    if not marks:
        return 0
    back = [user for user in User.objects.only("pk", "date_joined").iterator(chunk_size=2000) if erase_list.mark_of(user) in marks]
    for user in back:
        now = timezone.now()
        erasure = open_erasure(user) or Erasure.objects.create(person=user.pk, mark=erase_list.mark_of(user), asked_at=now, due_at=now)
        Erasure.objects.filter(pk=erasure.pk).update(status=ErasureStatus.RUNNING, touched_at=None)
        run_erasure(erasure.pk)
    return len(back)
