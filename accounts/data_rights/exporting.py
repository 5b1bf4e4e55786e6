"""Asking for one's data, making the file, and handing it out once."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts.data_rights.archive import write_archive
from accounts.data_rights.choices import JobStatus
from accounts.data_rights.jobs import MOST_ATTEMPTS, claim, fail, touch
from accounts.errors import AlreadyAsked, NoSuchExport
from accounts.models import DataExport, User
from accounts.services import record_audit
from accounts.signals import export_asked

KEPT_FOR = timedelta(hours=24)


@transaction.atomic
def ask_for_export(actor: User) -> DataExport:
    """Ask for everything that is kept about oneself.  One that was ready and not taken makes room.  Raises AlreadyAsked."""
    User.objects.select_for_update().get(pk=actor.pk)
    mine = DataExport.objects.visible_to(actor).told()
    if mine.filter(status__in=[JobStatus.WAITING, JobStatus.WORKING]).exists():
        raise AlreadyAsked("Your data is being put together already. Wait until that file is ready.")
    mine.filter(status=JobStatus.READY).update(status=JobStatus.OVER, content=None)
    export = DataExport.objects.create(user=actor, asked_at=timezone.now())
    record_audit(actor, "data.export_asked", object_type="export", object_id=export.pk)
    transaction.on_commit(partial(export_asked.send, DataExport, export_id=export.pk))
    return export


def make_export(export_id: int) -> None:
    """The job.  Does nothing where the request does not wait; started again after a kill, it begins anew and ends the same."""
    export = claim(DataExport, export_id)
    if export is None:
        return
    if export.attempts > MOST_ATTEMPTS:
        fail(export, f"The file could not be made in {MOST_ATTEMPTS} tries. Tell the administrator, and ask again later.")
        return
    with tempfile.TemporaryFile() as file:
        write_archive(export.user, file, partial(touch, export))
        file.seek(0)
        content = file.read()
    now = timezone.now()
    with transaction.atomic():
        current = DataExport.objects.select_for_update().get(pk=export.pk)
        if current.status != JobStatus.WORKING:
            return  # another worker was first
        current.status, current.content, current.size, current.done = JobStatus.READY, content, len(content), current.total
        current.ready_at, current.expires_at, current.touched_at = now, now + KEPT_FOR, None
        current.save()
        record_audit(None, "data.export_ready", subject=export.user_id, object_type="export", object_id=export.pk)


@transaction.atomic
def take_export(actor: User, pk: int) -> bytes:
    """The file, once.  Raises NoSuchExport where there is none (any more)."""
    export = DataExport.objects.visible_to(actor).select_for_update().filter(pk=pk, status=JobStatus.READY).first()
    now = timezone.now()
    if export is None or export.content is None or export.expires_at <= now:
        raise NoSuchExport("This file was downloaded already, or its time is over. Ask for another one.").of("export", pk)
    content = bytes(export.content)
    export.status, export.content, export.taken_at = JobStatus.TAKEN, None, now
    export.save()
    record_audit(actor, "data.exported", object_type="export", object_id=pk)
    return content


def forget_exports(now: datetime) -> int:
    """Files whose time is over go; answers how many."""
    return int(DataExport.objects.filter(status=JobStatus.READY, expires_at__lte=now).update(status=JobStatus.OVER, content=None))
