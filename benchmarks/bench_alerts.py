"""Alerts on 5 000 instruments that move together: 100 000 rules of 1 000 people, first where none comes true, then where 20 000 do.

What is measured is what a worker does for one tick, from the prices that are stored to the notifications in the inboxes, the deliveries
in the outbox and the audit; then the same tick again, which must tell nobody.  RULES takes fewer.  DATABASE_URL chooses PostgreSQL.

    python -m benchmarks alerts
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from benchmarks.recorded import database

RULES = int(os.environ.get("RULES", "100000"))
INSTRUMENTS, PEOPLE = RULES // 20, RULES // 100
PLACES = 20  # rules on each instrument, four of which come true
TRUE = PLACES // 5


def filled() -> list[Any]:
    """People with confirmed addresses, instruments at 100, and for each of these rules on rises to 101 (which come true) and beyond 200."""
    from allauth.account.models import EmailAddress

    from accounts.models import Preferences, User
    from alerts.models import Rule
    from market.models import Instrument

    users = User.objects.bulk_create([User(username=f"p{n}", email=f"p{n}@example.org") for n in range(PEOPLE)], batch_size=500)
    Preferences.objects.bulk_create([Preferences(user=one) for one in users], batch_size=500)
    EmailAddress.objects.bulk_create([EmailAddress(user=one, email=one.email, verified=True, primary=True) for one in users], batch_size=500)
    instruments = [Instrument(symbol=f"B{n}", name=f"B{n}", asset_class="stock", currency="EUR", exchange="XTST") for n in range(INSTRUMENTS)]
    made = Instrument.objects.bulk_create(instruments, batch_size=500)
    rules = [
        Rule(
            owner=users[(place * INSTRUMENTS + number) % PEOPLE],
            instrument=one,
            kind="price_above",
            parameters={"threshold": "101" if place < TRUE else str(200 + place)},
            margin=Decimal("0.005"),
        )
        for number, one in enumerate(made)
        for place in range(PLACES)
    ]
    Rule.objects.bulk_create(rules, batch_size=2000)
    return made


def tick(instruments: list[Any], price: str, minute: int) -> None:
    """Newest prices of all of them, without the news that a tick is: the jobs are called by hand."""
    from django.utils import timezone

    from market.models import Quote

    now = timezone.now() + timedelta(seconds=minute)
    quotes = [
        Quote(
            instrument=one,
            price=Decimal(price),
            previous_close=Decimal(100),
            as_of=now,
            fetched_at=now,
            source="bench",
            quality="live",
            sequence=minute,
        )
        for one in instruments
    ]
    fields = ["price", "as_of", "fetched_at", "sequence"]
    Quote.objects.bulk_create(quotes, batch_size=500, update_conflicts=True, unique_fields=["instrument"], update_fields=fields)


def timed(name: str, call: Callable[[], Any]) -> Any:
    begin, busy = time.perf_counter(), time.process_time()
    found = call()
    print(f"   {name:58} {time.perf_counter() - begin:6.2f} s ({time.process_time() - busy:.2f} s of CPU)", flush=True)
    return found


def main() -> None:
    with database() as vendor:
        from django.db.models import Count

        from alerts.models import Delivery, Firing, Rule
        from alerts.services import check_rules, mark_moved

        instruments = filled()
        ids = [one.pk for one in instruments]
        load = os.getloadavg()[0]
        print(f"{vendor}: {Rule.objects.count()} rules on {len(ids)} instruments, {PEOPLE} people; load of the machine {load:.1f}")
        tick(instruments, "100.5", 1)
        assert timed("a tick of every instrument, none comes true", lambda: check_rules(ids)) == []
        timed("a tick of one instrument", lambda: check_rules(ids[:1]))
        timed("rules on portfolios that hold what moved: there are none", lambda: mark_moved(ids[:500]))
        tick(instruments, "102", 2)
        fired = timed(f"a tick of every instrument, {len(ids) * TRUE} come true", lambda: check_rules(ids))
        assert len(fired) == len(ids) * TRUE
        assert timed("the same tick again", lambda: check_rules(ids)) == []
        doubled = Firing.objects.values("rule").annotate(times=Count("pk")).filter(times__gt=1).count()
        print(f"   in the inboxes {Firing.objects.count()}, rules told twice {doubled}, deliveries in the outbox {Delivery.objects.count()}")


if __name__ == "__main__":
    main()
