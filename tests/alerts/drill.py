"""A process of its own that fires alerts, or sends what is due, and can be told to die by SIGKILL.  Started by the drills.

    python -m tests.alerts.drill prepare COUNT | fire FROM TO | send SECONDS | look      several: fire 0 8 / send 20

The database is that of the environment (DATA_DIR, or DATABASE_URL), and so is the mail server (EMAIL_URL).  `fire` says on its
standard output which alert it fired and when (by the clock that processes share), after the commit: the journal.  KILL_AT=n kills the process before its nth statement; KILL_AT=wire:n
after the nth mail was taken, before that is noted.  DRILL_LEASE shortens the lease, so that a short drill need not wait it out.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

PERSON = "drill"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _mortal() -> Any:
    """Wraps statements, or the sending of mails, so that this process ends where it is told."""
    from django.db import connection

    kind, _, number = os.environ.get("KILL_AT", "").rpartition(":")
    if not number:
        return nullcontext()
    left = int(number)
    if kind == "wire":
        from alerts.channels.email import EmailSender

        send = EmailSender.send

        def sent(self: Any, delivery: Any) -> Any:
            nonlocal left
            outcome = send(self, delivery)
            left -= 1
            if not left:
                _die()
            return outcome

        EmailSender.send = sent  # type: ignore[method-assign]
        return nullcontext()

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            _die()
        return execute(sql, params, many, context)

    return connection.execute_wrapper(wrapper)


def prepare(count: str) -> None:
    from allauth.account.models import EmailAddress
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    from alerts.services import create_rule
    from tests import factories

    if not os.environ.get("DATABASE_URL"):
        settings.MIGRATION_MODULES = dict.fromkeys([app.label for app in apps.get_app_configs()])  # the tables as they are now, at once
    if not os.environ.get("DRILL_TABLES"):  # whoever started this made them
        call_command("migrate", run_syncdb=True, verbosity=0)
    person = factories.make_person(PERSON)
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})
    for number in range(int(count)):
        instrument = factories.make_instrument(f"D{number}", price="95", previous="94")
        create_rule(person, instrument=instrument, kind="price_above", threshold=factories.D(100))


def fire(start: str, end: str) -> None:
    """Each price crosses its threshold; its number and the moment are told once that is stored.  One that fired already is told again.

    What a fault breaks off is tried again until it is stored, as whoever stores prices would.  DRILL_PAUSE: seconds between two.
    """
    pause = float(os.environ.get("DRILL_PAUSE", "0"))
    for number in range(int(start), int(end)):
        while not _fired(number):
            time.sleep(0.2)
        print(json.dumps([number, time.monotonic()]), flush=True)
        time.sleep(pause)


def _fired(number: int) -> bool:
    from django.db import DatabaseError, connection
    from django.utils import timezone

    from alerts.models import Firing
    from alerts.services import check_rules
    from market.choices import Quality
    from market.models import Instrument
    from market.services import QuoteDraft, publish_quotes
    from tests.factories import D

    try:
        instrument = Instrument.objects.get(symbol=f"D{number}")
        publish_quotes([QuoteDraft(instrument.pk, D(101), timezone.now(), "drill", Quality.LIVE, previous_close=D(94))])
        check_rules([instrument.pk])
        return Firing.objects.filter(rule__instrument=instrument).exists()
    except DatabaseError as problem:
        print(repr(problem), file=sys.stderr)
        connection.close()
        return False


def send(seconds: str) -> None:
    """Sends until nothing is open any more or time is up."""
    from alerts.models import Delivery
    from alerts.outbox import claims
    from alerts.outbox.sending import deliver_due

    if os.environ.get("DRILL_LEASE"):
        claims.LEASE = timedelta(seconds=float(os.environ["DRILL_LEASE"]))
    ends = time.monotonic() + float(seconds)
    while time.monotonic() < ends and Delivery.objects.open().exists():
        deliver_due("email")
        time.sleep(0.05)


def look() -> None:
    from alerts.models import Delivery, Firing
    from alerts.outbox.choices import State

    states = {state: Delivery.objects.filter(state=state).count() for state in State.values}
    mails = {symbol[1:]: key for symbol, key in Delivery.objects.values_list("firing__rule__instrument__symbol", "key") if symbol}
    print(json.dumps({"firings": Firing.objects.count(), "keys": sorted(Delivery.objects.values_list("key", flat=True)), "mails": mails, **states}))


def main(*arguments: str) -> None:
    import django

    django.setup()
    actions = [one.split() for one in " ".join(arguments).split(" / ")]
    for name, *more in actions:
        with _mortal() if name in ("fire", "send") else nullcontext():
            {"prepare": prepare, "fire": fire, "send": send, "look": look}[name](*more)


if __name__ == "__main__":
    main(*sys.argv[1:])
