"""Browsers and the telephone of a person."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from alerts.errors import NoSuchDevice
from alerts.models import Phone, PushDevice


def devices_of(user: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = PushDevice.objects.visible_to(user).order_by("-id")
    return found


def get_device(user: Any, pk: int) -> PushDevice:
    """One browser.  Raises NoSuchDevice, also for somebody else's."""
    found: PushDevice | None = PushDevice.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise NoSuchDevice("There is no such browser. It may have been removed.").of("push_device", pk)
    return found


def phone_of(user: Any) -> Phone | None:
    return Phone.objects.filter(owner=user).first()
