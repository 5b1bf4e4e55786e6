"""Each message comes once, or ten times and in any order: what is stored, and what is sent, is the same."""

from __future__ import annotations

import inspect
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.db import models
from django.utils import timezone

from accounts.data_rights.erasing import schedule_erasure
from accounts.data_rights.exporting import ask_for_export
from accounts.models import DataExport, Erasure, User
from accounts.tasks import sealed_mail
from alerts.models import Delivery, Firing
from alerts.outbox.choices import State
from alerts.outbox.enqueuing import enqueue
from alerts.rules import Cause
from alerts.services import create_rule
from market.choices import Quality
from market.services import QuoteDraft, create_private_instrument, publish_quotes
from market.services.listing.merges import start_merge
from portfolio_site.celery import app
from portfolios.choices import ImportStatus
from portfolios.imports.reading import read_batch
from portfolios.imports.services import confirm_import, start_import
from portfolios.models import Portfolio, Transaction
from portfolios.services import check_integrity
from tests import factories
from tests.portfolios.imports.drill import statement

OURS = ("accounts", "alerts", "analytics", "market", "portfolio_site", "portfolios")
TIMES = 10
SEEDS = 20 if os.environ.get("DRILLS") == "long" else 1
ROWS = 6
# what each run adds or moves, and that is meant
MOVES = {
    "market.tasks.top_up": "market.Quote",  # a simulated market has a price for every moment
    "market.tasks.tick_demo": "market.Quote",
    "portfolios.tasks.check_ledgers": "portfolios.IntegrityReport",  # each check is told; of a day the schedule claims one
}
pytestmark = [pytest.mark.drill, pytest.mark.django_db]


class World:
    """Somebody of whose things every job finds something to do."""

    def __init__(self) -> None:
        self.person = factories.make_person("again")
        self.person.set_password(factories.PASSWORD)
        self.person.save()
        EmailAddress.objects.update_or_create(user=self.person, email=self.person.email, defaults={"verified": True, "primary": True})
        self.newcomer = factories.make_person("newcomer")
        EmailAddress.objects.update_or_create(user=self.newcomer, email=self.newcomer.email, defaults={"verified": False, "primary": True})
        self.portfolio: Portfolio = factories.make_portfolio(self.person)
        self.instrument = factories.make_instrument("AGAIN", price="100", previous="99", currency="EUR")
        factories.record(self.portfolio, "deposit", "2026-01-05", amount="5000")
        factories.record(self.portfolio, "buy", "2026-01-05", self.instrument, quantity="10", price="90")
        create_rule(self.person, instrument=self.instrument, kind="price_above", threshold=factories.D(101))
        create_rule(self.person, portfolio=self.portfolio, kind="value_above", threshold=factories.D(1))
        told = create_rule(self.person, instrument=self.instrument, kind="price_below", threshold=factories.D(1))
        enqueue([Firing.objects.create(rule=told, event_key="again", sentence="It fell.", fired_at=timezone.now())])
        publish_quotes([QuoteDraft(self.instrument.pk, factories.D(105), timezone.now(), "test", Quality.LIVE, previous_close=factories.D(99))])
        for which in range(ROWS):
            named = {"symbol": f"S{which}", "name": f"Stock {which}", "isin": f"US0000{which:04d}00"}
            create_private_instrument(self.person, asset_class="stock", currency="USD", **named)
        self.arrives = start_import(self.person, self.portfolio, file_name="a.csv", content=statement(ROWS))
        self.confirmed = start_import(
            self.person, factories.make_portfolio(self.person, base_currency="GBP"), file_name="b.csv", content=statement(ROWS)
        )
        read_batch(self.confirmed.pk)
        self.confirmed.refresh_from_db()
        confirm_import(self.person, self.confirmed)
        self.export = ask_for_export(self.person)
        leaver = factories.make_person("leaver")
        self.erasure = schedule_erasure(leaver, typed=leaver.username)
        Erasure.objects.filter(pk=self.erasure.pk).update(due_at=timezone.now() - timedelta(days=1))
        self.goes = factories.make_instrument("GOES", price="100", currency="EUR")
        self.merge = start_merge(_administrator(), self.instrument, self.goes)


def _administrator() -> Any:
    person = factories.make_person("root")
    person.is_staff = person.is_superuser = True
    person.save()
    return person


ARGUMENTS: dict[str, Callable[[World], tuple[Any, ...]]] = {
    "accounts.tasks.erase_person": lambda world: (world.erasure.pk,),
    "accounts.tasks.make_export": lambda world: (world.export.pk,),
    "accounts.tasks.read_arrival": lambda world: (0,),
    "accounts.tasks.send_confirmation": lambda world: (world.newcomer.pk,),
    "accounts.tasks.send_last_mail": lambda world: (world.erasure.pk,),
    "accounts.tasks.send_mail": lambda world: (sealed_mail("A subject", "A body", [world.person.email]),),
    "alerts.tasks.check": lambda world: ([world.instrument.pk],),
    "alerts.tasks.deliver": lambda world: ("email",),
    "alerts.tasks.mark_instruments": lambda world: ([world.instrument.pk], Cause.ACTIONS.value),
    "alerts.tasks.mark_portfolio": lambda world: (world.portfolio.pk, Cause.LEDGER.value),
    "analytics.tasks.take_snapshots": lambda world: ([world.portfolio.pk],),
    "market.tasks.fetch_intraday_of": lambda world: ([world.instrument.pk],),
    "market.tasks.fetch_news_of": lambda world: ([world.instrument.pk],),
    "market.tasks.list_found": lambda world: (world.person.pk, "1"),
    "market.tasks.merge_two": lambda world: (world.merge,),
    "market.tasks.refresh_histories_of": lambda world: ([world.instrument.pk],),
    "market.tasks.refresh_profiles_of": lambda world: ([world.instrument.pk],),
    "market.tasks.refresh_quotes_of": lambda world: ([world.instrument.pk],),
    "market.tasks.search_sources": lambda world: ("again",),
    "market.tasks.try_feed": lambda world: ("1",),
    "portfolio_site.tasks.canary": lambda world: ("default",),
    "portfolios.imports.tasks.commit_batch": lambda world: (world.confirmed.pk,),
    "portfolios.imports.tasks.read_batch": lambda world: (world.arrives.pk,),
}


def _tasks() -> list[str]:
    app.loader.import_default_modules()
    return sorted(name for name in app.tasks if name.partition(".")[0] in OURS)


def _arguments(name: str, world: World) -> tuple[Any, ...]:
    needed = [one for one in inspect.signature(app.tasks[name].run).parameters.values() if one.default is inspect.Parameter.empty]
    assert name in ARGUMENTS or not needed, f"say in ARGUMENTS with what {name} is rung for"
    return ARGUMENTS[name](world) if name in ARGUMENTS else ()


def _stored() -> dict[str, Counter[tuple[str, ...]]]:
    """Every row of ours but for numbers and moments, and each mail by its id."""
    seen = {}
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            fields = [
                one for one in model._meta.concrete_fields if not one.primary_key and not isinstance(one, models.DateTimeField | models.BinaryField)
            ]
            seen[model._meta.label] = Counter(tuple(map(str, row)) for row in model.objects.values_list(*(one.attname for one in fields)))
    seen["mails"] = Counter({(message.message()["Message-ID"] if message.extra_headers else message.subject,): 1 for message in mail.outbox})
    return seen


def _differences(once: dict[str, Counter[tuple[str, ...]]], again: dict[str, Counter[tuple[str, ...]]]) -> dict[str, object]:
    return {label: (dict(once[label] - again[label]), dict(again[label] - once[label])) for label in once if once[label] != again[label]}


@pytest.mark.parametrize("name", _tasks())
def test_a_message_that_comes_ten_times_does_what_it_does_once(name: str, django_capture_on_commit_callbacks: Any) -> None:
    world = World()
    arguments = _arguments(name, world)
    with django_capture_on_commit_callbacks(execute=True):
        app.tasks[name].run(*arguments)
    once = _stored()
    for _ in range(TIMES - 1):
        with django_capture_on_commit_callbacks(execute=True):
            app.tasks[name].run(*arguments)
    assert _differences(once, _stored()).keys() <= {MOVES.get(name)}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_messages_of_every_job_ten_times_in_any_order_leave_each_thing_done_once(seed: int, django_capture_on_commit_callbacks: Any) -> None:
    world, luck = World(), random.Random(seed)
    messages = [(name, _arguments(name, world)) for name in _tasks() for _ in range(TIMES)]
    luck.shuffle(messages)
    for name, arguments in messages:
        with django_capture_on_commit_callbacks(execute=True):
            app.tasks[name].run(*arguments)
    keys = list(Firing.objects.values_list("event_key", flat=True))
    sent = [message.message()["Message-ID"] for message in mail.outbox if message.extra_headers.get("Message-ID")]
    assert len(keys) == len(set(keys)) and len(sent) == len(set(sent)) == Delivery.objects.filter(channel="email", state=State.SENT).count() > 0
    for batch, status in ((world.arrives, ImportStatus.REVIEW), (world.confirmed, ImportStatus.COMMITTED)):
        batch.refresh_from_db()
        assert batch.status == status
    assert Transaction.objects.live().filter(portfolio=world.confirmed.portfolio).count() == ROWS
    assert list(DataExport.objects.values_list("pk", "status")) == [(world.export.pk, "ready")]
    assert not User.objects.filter(username="leaver").exists() and User.objects.filter(username="again").exists()
    assert check_integrity(list(Portfolio.objects.values_list("pk", flat=True))) == []
