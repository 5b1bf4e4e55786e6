"""Writing down what somebody agreed to, and taking it back.

Whoever switches a purpose on or off records it here, inside the same transaction.  Taking back is done by the app whose purpose it is
(`withdraws`): it switches off what the jobs look at when they run, so that nothing goes on without the word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.consents.forces import in_force
from accounts.consents.texts import TEXTS, Purpose, Source
from accounts.errors import CannotWithdraw
from accounts.models import Consent, User
from portfolio_site.web.deeds import tell

_deeds: dict[Purpose, Callable[[Any], None]] = {}


def withdraws(purpose: Purpose) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Decorator of what an app does, given the person, when a purpose of its own is taken back.  It leaves the audit line."""

    def kept(deed: Callable[[Any], None]) -> Callable[[Any], None]:
        _deeds[purpose] = deed
        return deed

    return kept


@transaction.atomic
def record_consent(person: int, purpose: Purpose, *, given: bool, source: Source, first: bool = False, was_on: bool = False) -> bool:
    """Write the word of a person down, unless it is what holds already.  Whether a row was written.

    first   only where nothing was said yet: what was taken back stays so
    was_on  it was in force until now, so that it is taken back also where no word stands: it was switched on before words were kept
    """
    newest = Consent.objects.filter(person=person, purpose=purpose).first()
    if newest is None and not given and not was_on and purpose != Purpose.SALE:
        return False  # nothing was given that could be taken back
    text = TEXTS[purpose]
    if newest is not None and (first or (newest.given == given and (not given or newest.digest == text.digest))):
        return False
    Consent.objects.create(person=person, purpose=purpose, given=given, version=text.version, digest=text.digest, source=source, at=timezone.now())
    return True


@transaction.atomic
def withdraw_consent(actor: User, name: str) -> None:
    """Take back one's word for a purpose; it ends at once.  Raises CannotWithdraw."""
    purpose = next((one for one in Purpose if one.value == name), None)
    if purpose not in _deeds:
        raise CannotWithdraw("This cannot be taken back by itself. Erasing the account takes everything back.")
    was_on = in_force(actor, purpose)
    _deeds[purpose](actor)
    tell(actor, "consent.withdrawn", object_type="consent", purpose=purpose.value)
    record_consent(actor.pk, purpose, given=False, source=Source.SETTINGS, was_on=was_on)
