"""A broker that is away is felt by nobody who rings, and nothing rings past the bell."""

from __future__ import annotations

import ast
import time

import pytest
from celery.app.task import Task
from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError

from portfolio_site.web import bell
from tests import factories
from tests.shared import ROOT

APPS = ("accounts", "alerts", "analytics", "market", "portfolio_site", "portfolios")
PAST_THE_BELL = {"delay", "apply_async", "send_task", "apply_task"}
BELL = {"portfolio_site/web/bell.py"}
BY_NAME = {"portfolio_site/schedule.py", "portfolio_site/embedded.py"}  # ring by the name of a task, and give that to the bell


@pytest.fixture
def away(monkeypatch, settings):
    """Every message is refused; the tasks that were asked for."""
    asked: list[str] = []

    def refuse(self: Task, *_: object, **__: object) -> None:
        asked.append(self.name)
        bell.forget_rest()
        raise OperationalError("no broker")

    settings.PROVIDERS = ["yahoo", "ecb"]
    monkeypatch.setattr(Task, "apply_async", refuse)
    monkeypatch.setattr(bell, "REST", 0.0)
    return asked


def test_no_job_is_rung_for_past_the_bell():
    found = []
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        rung = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)} & PAST_THE_BELL
        if name not in BELL and rung - ({"send_task"} if name in BY_NAME else set()):
            found.append(f"{name}: {sorted(rung)}")
    assert not found, f"ring by portfolio_site.web.bell, which a broker that is away does not break: {found}"


def test_a_broker_that_was_away_is_left_alone_for_a_moment_and_then_asked_again(monkeypatch):
    calls = []

    def refused() -> None:
        calls.append(1)
        raise ConnectionError("no broker")

    bell.forget_rest()
    assert not bell.told("one", refused) and not bell.told("two", refused)
    assert len(calls) == 1
    later = time.monotonic() + bell.REST
    monkeypatch.setattr(bell.time, "monotonic", lambda: later)
    assert not bell.told("three", refused)
    assert len(calls) == 2
    bell.forget_rest()
    assert bell.told("four", lambda: None)


@pytest.mark.django_db
def test_whoever_adds_searches_or_asks_for_a_price_feels_nothing_of_it(away, client, person, django_capture_on_commit_callbacks):
    from market.services.on_demand import request_intraday, request_profile, request_rates, request_refresh
    from market.signals import actions_changed, feed_trial_begun, instruments_listed, listing_begun, merge_begun, search_begun

    apple = factories.make_instrument("AAPL", price="95")
    client.force_login(person)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/api/v1/instruments/{apple.pk}/refresh").status_code < 500
        for signal in (instruments_listed, actions_changed):
            signal.send(None, instrument_ids=(apple.pk,))
        search_begun.send(None, text="apple")
        listing_begun.send(None, user_id=person.pk, number="1")
        merge_begun.send(None, number=1)
        feed_trial_begun.send(None, number="1")
        cache.clear()
        assert request_refresh(person, apple) and request_rates(person)
        request_intraday(person, apple)
        request_profile(person, apple)
    rung = {name.rpartition(".")[2] for name in away}
    assert rung >= {"refresh_quotes_of", "refresh_histories_of", "refresh_profiles_of", "fetch_intraday_of", "fetch_rates", "propose"}
    assert rung >= {"search_sources", "list_found", "merge_two", "try_feed"}


@pytest.mark.django_db
def test_the_sweeps_that_ring_for_others_end_well_and_what_waits_goes_on_waiting(away, person, portfolio):
    from accounts.data_rights.exporting import ask_for_export
    from accounts.models import DataExport
    from alerts.models import Delivery
    from alerts.outbox.choices import State
    from portfolio_site.celery import app
    from portfolios.choices import ImportStatus
    from portfolios.models import ImportBatch

    factories.record(portfolio, "buy", timezone.localdate(), factories.make_instrument("AAPL", price="95"), quantity="1", price="90")
    Delivery.objects.create(owner=person, channel="email", key="a", family="price", payload={}, next_at=timezone.now())
    batch = ImportBatch.objects.create(portfolio=portfolio, uploaded_by=person, file_name="a.csv", content=b"a")
    export = ask_for_export(person)
    sweeps = (
        *("alerts.tasks.sweep_outbox", "portfolios.imports.tasks.sweep_imports", "accounts.tasks.sweep_data_rights"),
        *("market.tasks.plan_quotes", "market.tasks.plan_histories", "market.tasks.plan_news", "market.tasks.plan_profiles"),
        *("market.tasks.sweep_merges", "analytics.tasks.plan_snapshots", "analytics.tasks.sweep_snapshots", "portfolio_site.tasks.ring_missed"),
    )
    app.loader.import_default_modules()
    for name in sweeps:
        app.tasks[name].run()
    assert {name.rpartition(".")[2] for name in away} >= {"deliver", "read_batch", "make_export", "take_snapshots"}
    assert Delivery.objects.get().state == State.WAITING
    assert ImportBatch.objects.get(pk=batch.pk).status == ImportStatus.UPLOADED
    assert DataExport.objects.get(pk=export.pk).status == "waiting"
