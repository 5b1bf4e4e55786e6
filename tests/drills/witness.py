"""A worker that writes down which period of which job it takes in hand: a line each in the file WITNESS.  Started as `celery -A tests.drills.witness`."""

from __future__ import annotations

import os
from datetime import datetime

from portfolio_site import periods
from portfolio_site.celery import app

__all__ = ["app"]

_claim = periods.claim


def claim(job: str, period: str, now: datetime) -> periods.Claim | None:
    held = _claim(job, period, now)
    if held is not None:
        with open(os.environ["WITNESS"], "a") as file:
            file.write(f"{job}\t{period}\n")
    return held


periods.claim = claim
