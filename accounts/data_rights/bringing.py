"""Bringing an export: kept, read in by a job, all of it or nothing."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts.data_rights import registry
from accounts.data_rights.arriving import LARGEST_UPLOAD, Export, read_in
from accounts.data_rights.choices import JobStatus
from accounts.data_rights.jobs import MOST_ATTEMPTS, claim, fail, touch
from accounts.errors import AlreadyAsked, BadExport, NotEmpty
from accounts.models import DataArrival, User
from accounts.services import record_audit
from accounts.signals import export_brought
from portfolio_site.kernel.errors import DomainError


@transaction.atomic
def bring_export(actor: User, content: bytes) -> DataArrival:
    """Keep an export, sealed, and ask for it to be read in.  Raises BadExport, NotEmpty, AlreadyAsked; keeps nothing then."""
    if len(content) > LARGEST_UPLOAD:
        raise BadExport(f"The file is larger than {LARGEST_UPLOAD // 1024**2} MB. Let an administrator read it in (manage.py bring_export).")
    User.objects.select_for_update().get(pk=actor.pk)
    refuse_where_something_is(actor)
    mine = DataArrival.objects.visible_to(actor).told()
    if mine.filter(status__in=[JobStatus.WAITING, JobStatus.WORKING]).exists():
        raise AlreadyAsked("An export is being read in already. Wait until that is done.")
    Export(content)  # refused at once where it is none
    arrival = DataArrival.objects.create(user=actor, asked_at=timezone.now(), content=content)
    record_audit(actor, "data.brought", object_type="arrival", object_id=arrival.pk)
    transaction.on_commit(partial(export_brought.send, DataArrival, arrival_id=arrival.pk))
    return arrival


def refuse_where_something_is(actor: User) -> None:
    """An export makes the ledgers that it holds, not a mixture.  Raises NotEmpty."""
    for model, _ in registry.personal_models():
        if model._meta.label == "portfolios.Portfolio" and registry.belonging_to(model, actor.pk).exists():
            raise NotEmpty("You have portfolios here already. An export is read into an account without any: delete them, or make another account.")


def read_arrival(arrival_id: int) -> None:
    """The job.  Everything is one transaction with the row's new status: a kill before the end leaves nothing, and the next try begins anew."""
    arrival = claim(DataArrival, arrival_id)
    if arrival is None:
        return
    if arrival.attempts > MOST_ATTEMPTS:
        fail(arrival, f"The export could not be read in {MOST_ATTEMPTS} tries. Tell the administrator.")
        return
    touch(arrival, 0, 1)
    try:
        with transaction.atomic():
            current = DataArrival.objects.select_for_update().get(pk=arrival.pk)
            if current.status != JobStatus.WORKING:
                return
            refuse_where_something_is(current.user)
            export = Export(bytes(current.content or b""))
            read_in(current.user, export)
            current.status, current.content, current.notes, current.finished_at = JobStatus.DONE, None, export.notes, timezone.now()
            current.done = current.total = 1
            current.save()
            record_audit(current.user, "data.read_in", object_type="arrival", object_id=current.pk, notes=len(export.notes))
    except DomainError as refused:
        fail(arrival, f"Nothing was taken in. {refused.detail}")
