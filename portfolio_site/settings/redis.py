"""What goes through Redis where there is one, and stays in this process where there is none: the cache, the sockets' layer, the job queue."""

from __future__ import annotations

import socket
from typing import Any

from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.retry import Retry

from portfolio_site.settings import env

REDIS_URL = env.text("REDIS_URL", "")

# a machine that vanished without a word is noticed in half a minute, also by who only listens
_ALIVE: dict[str, Any] = {"socket_keepalive": True}
if hasattr(socket, "TCP_KEEPIDLE"):
    _ALIVE["socket_keepalive_options"] = {socket.TCP_KEEPIDLE: 15, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}
# a job may wait for a Redis that is slow; who only rings for one may not
_PATIENCE = 5 if env.text("ROLE", "") in {"worker", "beat"} else 1

CACHES: dict[str, dict[str, Any]]
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "portfolio_site.web.cache.FailOpenRedisCache",
            "LOCATION": REDIS_URL,
            # a page does not wait for a Redis that is up and says nothing; one more try finds the new one after a restart
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 1, (NotConnected,)), **_ALIVE},
        }
    }
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2, "socket_timeout": 5, **_ALIVE}]},
        }
    }
    CELERY_BROKER_URL = REDIS_URL
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "plumbline",
            "OPTIONS": {"MAX_ENTRIES": 5000},
        }
    }
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CELERY_BROKER_URL = "memory://"
# what was called of a source in a day or a month, and the pauses it asked for: what outlives a restart (market/services/calls)
CACHES["calls"] = CACHES["default"]

# ── jobs ────────────────────────────────────────────────────────────────────
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 840
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 3600, "socket_connect_timeout": min(_PATIENCE, 2), "socket_timeout": _PATIENCE, **_ALIVE}
    if REDIS_URL
    else {"polling_interval": 0.1}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker however long that is away
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}  # who rings does not wait
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"
