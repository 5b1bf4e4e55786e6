"""What the drills do inside the application, each in a process of its own.

python -m tests.drills.program prepare | book | books COUNT | look PORTFOLIO …
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from typing import Any


def prepare() -> None:
    """The tables, at once."""
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    settings.MIGRATION_MODULES = dict.fromkeys([app.label for app in apps.get_app_configs()])
    call_command("migrate", run_syncdb=True, verbosity=0)


def book() -> dict[str, Any]:
    """A person with an empty portfolio and a token."""
    from accounts.tokens import issue
    from tests import factories

    person = factories.make_person("writer")
    return {"token": issue(person).access, "portfolio": factories.make_portfolio(person).pk}


def books(count: str) -> list[dict[str, Any]]:
    """People, each with an empty portfolio and a token; and an instrument that everybody may look at."""
    from accounts.tokens import issue
    from tests import factories

    factories.make_instrument("SHARED", price="100", previous="99", currency="EUR")
    people = [factories.make_person(f"person{number}") for number in range(int(count))]
    return [{"token": issue(person).access, "portfolio": factories.make_portfolio(person).pk} for person in people]


def look(portfolio: str) -> dict[str, Any]:
    """What was recorded, and what the integrity check finds."""
    from portfolios.models import Transaction
    from portfolios.services import check_integrity

    rows = Transaction.objects.live().filter(portfolio=portfolio)
    return {"entries": {row.pk: row.notes for row in rows}, "findings": len(check_integrity([int(portfolio)]))}


# ── imports ─────────────────────────────────────────────────────────────────


def importer(count: str) -> dict[str, Any]:
    """A person with the instruments of a statement, and as many empty portfolios."""
    from accounts.tokens import issue
    from market.services import create_private_instrument
    from tests import factories
    from tests.portfolios.imports.drill import INSTRUMENTS

    person = factories.make_person("importer")
    for which in range(INSTRUMENTS):
        create_private_instrument(person, symbol=f"S{which}", name=f"Stock {which}", asset_class="stock", currency="USD", isin=f"US0000{which:04d}00")
    portfolios = [factories.make_portfolio(person, name=f"Statement {number}", base_currency="GBP").pk for number in range(int(count))]
    return {"token": issue(person).access, "portfolios": portfolios}


def imported(*portfolios: str) -> list[dict[str, Any]]:
    """What stands in each: entries, and how many of them are of different rows; and what the integrity check finds."""
    from portfolios.models import Transaction
    from portfolios.services import check_integrity

    def told(pk: int) -> dict[str, Any]:
        rows = Transaction.objects.live().filter(portfolio=pk)
        return {"entries": rows.count(), "rows": rows.values("source_key").distinct().count(), "findings": len(check_integrity([pk]))}

    return [told(int(pk)) for pk in portfolios]


# ── schedulers ──────────────────────────────────────────────────────────────


def away() -> list[str]:
    """The scheduler was away for three days: each daily job ran last before that.  Their names."""
    from django.utils import timezone

    from portfolio_site.models import JobRun
    from portfolio_site.periods import period_of
    from portfolio_site.schedule import ensure_schedule, jobs

    ensure_schedule()
    then = timezone.now() - timedelta(days=3)
    daily = [job for job in jobs() if job.hour is not None]
    JobRun.objects.bulk_create(
        JobRun(job=job.name, period=period_of(every=None, hour=job.hour, now=then), claimed_at=then, done_at=then) for job in daily
    )
    return [job.name for job in daily]


def edit(seconds: str) -> None:
    """Saves the schedule again and again, as an administrator would in the middle of a tick."""
    from django_celery_beat.models import PeriodicTask

    ends = time.monotonic() + float(seconds)
    while time.monotonic() < ends:
        for entry in PeriodicTask.objects.filter(interval__isnull=False)[:5]:
            entry.description = f"edited {time.monotonic()}"
            entry.save()
        time.sleep(1)


# ── two people ──────────────────────────────────────────────────────────────


def tenants() -> list[dict[str, Any]]:
    """Two people with things of their own, all of which bear a word that nobody else's do."""
    from allauth.account.models import EmailAddress

    from accounts.tokens import issue
    from alerts.services import create_rule
    from tests import factories

    shared = factories.make_instrument("SHARED", price="100", previous="99", currency="EUR")
    return [_tenant(name, word, shared, factories, EmailAddress, issue, create_rule) for name, word in (("anna", "QZANNA"), ("bert", "QZBERT"))]


def _tenant(name: str, word: str, shared: Any, factories: Any, addresses: Any, issue: Any, create_rule: Any) -> dict[str, Any]:
    password = f"the long sentence of {name}"
    person = factories.make_person(name)
    person.set_password(password)
    person.save()
    addresses.objects.update_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})
    portfolio = factories.make_portfolio(person, name=f"{word} book")
    own = factories.make_instrument(f"OWN{word}", price="50", previous="49", owner=person, name=f"{word} house", exchange="")
    for instrument in (shared, own):
        factories.record(portfolio, "buy", "2026-01-05", instrument, quantity="10", price="10", notes=f"{word} bought")
    for instrument in (shared, own):
        rule = create_rule(person, instrument=instrument, kind="price_crosses", threshold=factories.D("100.5"), note=f"{word} alert", cool_down=0)
    return {
        "word": word,
        "email": person.email,
        "password": password,
        "token": issue(person).access,
        "portfolio": portfolio.pk,
        "symbol": own.symbol,
        "rule": rule.pk,
    }


def tick(seconds: str) -> None:
    """Prices that go up and down through what the alerts wait for."""
    from django.utils import timezone

    from market.choices import Quality
    from market.models import Instrument
    from market.services import QuoteDraft, publish_quotes
    from tests.factories import D

    ends, turn = time.monotonic() + float(seconds), 0
    while time.monotonic() < ends:
        turn += 1
        price = D("101") if turn % 2 else D("100")
        publish_quotes(
            [
                QuoteDraft(pk, price, timezone.now(), "drill", Quality.LIVE, previous_close=D(99))
                for pk in Instrument.objects.values_list("pk", flat=True)
            ]
        )
        time.sleep(2)


def main(action: str, *more: str) -> None:
    import django

    django.setup()
    actions: dict[str, Any] = {one.__name__: one for one in (prepare, book, books, look, importer, imported, away, edit, tenants, tick)}
    said = actions[action](*more)
    if said is not None:
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
