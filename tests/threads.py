"""Work that several threads begin at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Runs each in a thread of its own, all begun together.  What each gave back, or the exception that it raised, in this order."""
    together, outcomes = threading.Barrier(len(work)), [None] * len(work)

    def run(place: int) -> None:
        try:
            together.wait(timeout=20)
            outcomes[place] = work[place]()
        except Exception as problem:
            outcomes[place] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes
