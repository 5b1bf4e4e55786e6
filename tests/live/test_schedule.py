"""The schedule of periodic jobs, and what the server looks at before it starts."""

from __future__ import annotations

import pytest
from django.db.utils import ConnectionHandler

from portfolio_site import health, schedule, selftest
from portfolio_site.celery import QUEUES, app
from portfolio_site.settings.base import SQLITE_OPTIONS

pytestmark = pytest.mark.django_db


def _entries():
    from django_celery_beat.models import PeriodicTask

    return PeriodicTask.objects.filter(name__startswith=schedule.PREFIX)


def test_writing_the_schedule_twice_makes_no_duplicates():
    schedule.ensure_schedule()
    names = sorted(_entries().values_list("name", flat=True))
    schedule.ensure_schedule()
    assert sorted(_entries().values_list("name", flat=True)) == names
    assert schedule.PREFIX + "canary of default" in names


def test_what_an_administrator_switched_off_stays_off():
    schedule.ensure_schedule()
    _entries().filter(name=schedule.PREFIX + "nightly check").update(enabled=False)
    schedule.ensure_schedule()
    assert not _entries().get(name=schedule.PREFIX + "nightly check").enabled


def test_an_entry_that_is_no_longer_ours_goes_and_an_administrators_own_stays():
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    every, _ = IntervalSchedule.objects.get_or_create(every=5, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name=schedule.PREFIX + "gone", task="no.such.task", interval=every)
    PeriodicTask.objects.create(name="mine", task="portfolio_site.tasks.canary", interval=every)
    schedule.ensure_schedule()
    assert not _entries().filter(name=schedule.PREFIX + "gone").exists()
    assert PeriodicTask.objects.filter(name="mine").exists()


def test_the_demo_market_ticks_only_where_there_is_one(settings):
    settings.DEMO_MARKET = False
    assert "demo market" not in {job.name for job in schedule.jobs()}


def test_every_scheduled_task_exists_and_its_queue_is_read():
    app.loader.import_default_modules()
    for job in schedule.jobs():
        assert job.task in app.tasks
        assert job.queue is None or job.queue in QUEUES


def test_tasks_go_to_the_queue_of_their_app():
    route = app.amqp.router.route
    assert route({}, "market.tasks.tick_demo")["queue"].name == "market"
    assert route({}, "alerts.tasks.check")["queue"].name == "alerts"
    assert route({}, "portfolios.imports.tasks.read_batch")["queue"].name == "default"


def test_a_message_goes_to_one_queue_only():
    queues = app.amqp.queues
    assert len({(queues[name].exchange.name, queues[name].routing_key) for name in QUEUES}) == len(QUEUES)


@pytest.fixture
def sqlite(tmp_path, monkeypatch):
    """A database file as the product opens one, with some of its options changed."""
    opened = []

    def opening(**changed):
        options = {name: value for name, value in (SQLITE_OPTIONS | changed).items() if value is not None}
        handler = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "own.sqlite3", "OPTIONS": options}})
        opened.append(handler["default"])
        monkeypatch.setattr(selftest, "connection", handler["default"])

    yield opening
    for one in opened:
        one.close()


def test_a_database_file_as_the_product_opens_it_is_safe(sqlite, django_db_blocker):
    sqlite()
    with django_db_blocker.unblock():
        selftest.check_sqlite()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"transaction_mode": None}, "not IMMEDIATE"),
        ({"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"}, "synchronous is 1, not FULL"),
        ({"init_command": "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL"}, "journal_mode is delete, not WAL"),
    ],
)
def test_a_database_file_that_is_opened_otherwise_is_refused(sqlite, django_db_blocker, changed, said):
    sqlite(**changed)
    with django_db_blocker.unblock(), pytest.raises(selftest.UnsafeDatabase, match=said):
        selftest.check_sqlite()


def test_not_ready_until_a_job_of_every_queue_has_finished(client, monkeypatch):
    from django.core.cache import cache

    cache.clear()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "No job of default" in answer.json()["checks"]["jobs"]["detail"]
    for queue in QUEUES:
        health.report_canary(queue)
    assert client.get("/readyz").status_code == 200
    later = health.time.time() + health.CANARY_AGE + 1
    monkeypatch.setattr(health.time, "time", lambda: later)
    assert client.get("/readyz").status_code == 503


def test_not_ready_when_the_cache_forgets(client, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["cache"]["ok"] is False


def test_health_needs_no_known_host_and_no_secure_connection(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz", headers={"host": "10.9.8.7"}).status_code == 200
