"""The job queue.  Work that must not be lost is a row in the database; a message here only rings the bell.

Queues: `market`, `analytics` and `alerts` by the app a task belongs to, `default` for the rest.  A worker reads all of them unless
it is told otherwise (`celery -A portfolio_site worker -Q market`).
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from kombu import Exchange, Queue

from portfolio_site import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio_site.settings.local")

QUEUES = ("default", "market", "analytics", "alerts")

broker.install()
app = Celery("plumbline", task_cls="portfolio_site.periods:OncePerPeriod")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_default_queue = "default"
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in QUEUES]  # alike, each would get every message
app.conf.task_routes = {f"{name}.*": {"queue": name} for name in QUEUES[1:]}
app.conf.beat_scheduler = "portfolio_site.beat:Scheduler"
app.conf.beat_max_loop_interval = 1  # seconds: a job that is due every two is then on time, and the end is not waited for
app.conf.result_expires = None  # results are not kept, so nothing has to be swept
app.autodiscover_tasks()
app.autodiscover_tasks(["portfolios.imports", "portfolios.actions", "alerts.outbox"])


@app.on_after_configure.connect
def _log_with_request_ids(sender: Celery, **_: Any) -> None:
    from django_structlog.celery.steps import DjangoStructLogInitStep

    sender.steps["worker"].add(DjangoStructLogInitStep)
