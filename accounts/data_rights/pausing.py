"""Pausing: what is kept about a person stays as it is, and no job works on it until they go on.

Jobs ask `processed` (portfolio_site/web/pausing.py) when they run, so that a pause holds from the next one on.  What a person does
themselves works as ever: looking, recording, importing, taking everything along, being erased.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.models import Preferences, User
from accounts.services import record_audit


@transaction.atomic
def pause_processing(actor: User) -> None:
    """From now on no job works on their data; again changes nothing."""
    if Preferences.objects.filter(user=actor, paused_at=None).update(paused_at=timezone.now()):
        record_audit(actor, "processing.paused", object_type="user", object_id=actor.pk)


@transaction.atomic
def resume_processing(actor: User) -> None:
    """Jobs work on it again, from the next one on; again changes nothing."""
    if Preferences.objects.filter(user=actor).exclude(paused_at=None).update(paused_at=None):
        record_audit(actor, "processing.resumed", object_type="user", object_id=actor.pk)
