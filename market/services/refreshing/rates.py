"""Reference rates: the days that are missing, from the first source that answers."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta

from django.core.cache import cache
from django.db.models import Max

from market.models import FxRate
from market.providers.base import Published, RateSource, Version, VersionedRates
from market.providers.failures import ProviderFailed
from market.services.calls import admit, report
from market.services.ingest import ingest_rates

log = logging.getLogger(__name__)
PUBLISHED_AT = time(15, 15)  # UTC: the ECB publishes about 16:00 in Frankfurt, an hour less in summer
_AGAIN = timedelta(days=7)  # fetched once more each time: a source corrects a rate now and then
_SEEN_FOR = 30 * 86_400  # seconds that a version is remembered


def refresh_rates(now: datetime, sources: Sequence[RateSource]) -> int:
    """Stores the reference rates that are missing, all of them the first time.  Answers the number of rows written.

    Asks nobody where the newest published day is stored.  A source that says that nothing changed since its rates were stored ends the
    round: nothing is fetched, read or written.  Never raises for a source; the last known rates stay.
    """
    newest = newest_real_day()
    last = last_published(now)
    if newest is not None and newest >= last:
        return 0
    after = None if newest is None else newest - _AGAIN
    for source in sources:
        try:
            admit(source.name)
            found = _asked(source, after, last, newest)
        except ProviderFailed as problem:
            report(source.name, problem.failure)
            log.warning("source.failed", extra={"source": source.name, "what": "rates", "kind": problem.kind.value, "problem": problem.detail})
            continue
        report(source.name, None)
        if found.unchanged:
            return 0
        if found.rows:
            written = ingest_rates(found.rows)
            _remember(source.name, found.version)
            return written
    return 0


def _asked(source: RateSource, after: date | None, until: date, newest: date | None) -> Published:
    """Its rates, unless its file is still the one that the newest stored day was taken from.  Raises ProviderFailed."""
    if isinstance(source, VersionedRates):
        return source.rates_unless(after, until, _seen(source.name, newest))
    return Published(tuple(source.rates(after, until)), Version())


def _seen(source: str, newest: date | None) -> Version | None:
    """The version whose rates are stored.  None where others are, as after a backup was restored: then all of it is asked for."""
    found = cache.get(f"seen:{source}")
    if newest is None or not isinstance(found, Mapping) or found.get("newest") != newest:
        return None
    return Version(found["etag"], found["modified"], found["file"])


def _remember(source: str, version: Version) -> None:
    """After its rates were stored, and not before: else a write that fails would not be made up for."""
    if version.headers:
        cache.set(f"seen:{source}", asdict(version) | {"newest": newest_real_day()}, timeout=_SEEN_FOR)


def newest_real_day() -> date | None:
    """The last day with a reference rate that is not simulated.  One query."""
    found: date | None = FxRate.objects.reference().filter(simulated=False).aggregate(newest=Max("day"))["newest"]
    return found


def last_published(now: datetime) -> date:
    """The last weekday whose rates are out by then.  On a holiday of the banks there are none, and asking finds nothing new."""
    now = now.astimezone(UTC)
    day = now.date() if now.time() >= PUBLISHED_AT else now.date() - timedelta(days=1)
    return day - timedelta(days=max(0, day.weekday() - 4))
