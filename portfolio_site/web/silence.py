"""A Redis that is up and says nothing, or a link that swallows what is sent: whoever asked it would wait, and so nobody of this process does.

Who waited in vain says so (`begin`).  From then on the cache, the bell and the news to sockets go on without it, while a thread of its own asks
once a second; the first answer ends the silence.  A Redis that refuses is not silent: that is known at once.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TimedOut
from redis.retry import Retry

EVERY = 1.0  # seconds between two questions, and that each is waited for
log = logging.getLogger(__name__)
_silent: dict[str, int] = {}  # by address: the process that listens for it


def is_silent(address: str) -> bool:
    """Whether it did not answer of late, and has not answered since."""
    if address not in _silent:
        return False
    begin(address)  # of a forked child: the thread that listens stayed with the parent
    return True


def begin(address: str) -> None:
    """It did not answer in time."""
    if _silent.get(address) == os.getpid():
        return
    _silent[address] = os.getpid()
    log.warning("redis.silent")
    threading.Thread(target=_listen, args=(address,), name="silence", daemon=True).start()


def forget() -> None:
    """For tests: nobody is silent."""
    _silent.clear()


def _listen(address: str) -> None:
    while _silent.get(address) == os.getpid():
        if _speaks(address):
            _silent.pop(address, None)
            return
        time.sleep(EVERY)


def _speaks(address: str) -> bool:
    try:
        with Redis.from_url(address, socket_timeout=EVERY, socket_connect_timeout=EVERY, retry=Retry(NoBackoff(), 0)) as client:
            client.ping()
    except TimedOut:
        return False
    except RedisError:  # it says no, or nobody is there: whoever asks learns that without waiting
        return True
    return True
