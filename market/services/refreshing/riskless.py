"""Rates without risk: the days that are missing, by currency, from the first source that answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from market.models import RisklessRate
from market.providers.base import Observation, SeriesSource
from market.providers.failures import Failure, ProviderFailed
from market.providers.registry import RISK_FREE, RISK_FREE_BASIS
from market.riskless import HIGHEST, LOWEST
from market.services.calls import admit, report
from market.services.riskless import RisklessRow, store_riskless

log = logging.getLogger(__name__)
_AGAIN = timedelta(days=7)  # fetched once more each time: a source corrects a rate now and then


def refresh_riskless(now: datetime, names: Sequence[str], opened: Callable[[str], SeriesSource]) -> int:
    """Stores what is missing of each currency's series; answers the number of rows written.

    names    the sources that are on
    opened   opens one of them

    Never raises for a source; the last known rates stay.
    """
    written = 0
    for currency, series in RISK_FREE.items():
        for source, name in series:
            if source not in names:
                continue
            found = _asked(opened, source, currency, name)
            if found is not None:
                written += store_riskless(_rows(now, currency, source, name, found))
                break
    return written


def _asked(opened: Callable[[str], SeriesSource], source: str, currency: str, name: str) -> tuple[Observation, ...] | None:
    newest = RisklessRate.objects.filter(currency=currency, source=source, series=name).aggregate(newest=Max("day"))["newest"]
    try:
        admit(source)
        answer = opened(source).series({name: None if newest is None else newest - _AGAIN})[name]
    except ProviderFailed as problem:
        answer = problem.failure
    if isinstance(answer, Failure):
        report(source, answer)
        log.warning("source.failed", extra={"source": source, "what": name, "kind": answer.kind.value, "problem": answer.detail})
        return None
    report(source, None)
    return answer


def _rows(now: datetime, currency: str, source: str, name: str, found: Sequence[Observation]) -> list[RisklessRow]:
    """Without what cannot be right, which is told."""
    fit = [one for one in found if LOWEST <= one.value <= HIGHEST and one.day <= now.date()]
    if len(fit) < len(found):
        log.warning("riskless.refused", extra={"source": source, "what": name, "count": len(found) - len(fit)})
    return [RisklessRow(currency, one.day, one.value, RISK_FREE_BASIS[name], source, name) for one in fit]
