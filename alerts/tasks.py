"""Jobs of alerts."""

from __future__ import annotations

from celery import shared_task

from alerts import services


@shared_task(ignore_result=True)
def check(instrument_ids: list[int]) -> None:
    """Looks at the rules of instruments that have moved.  Looking again tells nobody twice."""
    services.check_rules(instrument_ids)
