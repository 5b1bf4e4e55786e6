"""The sources that this installation uses, from its settings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from market.choices import FeedPlace
from market.models import UrlFeed
from market.providers import registry
from market.providers.limits import DAY, MINUTE, Limits, Window
from market.providers.registry import Added, Can, Entry, Key, Setup

if TYPE_CHECKING:  # these load an HTTP client, which a start without sources does not need
    from market.providers.url_source import Feed, UrlSource
    from portfolio_site.web.outgoing import Network

log = logging.getLogger(__name__)


def setup() -> Setup:
    """What the settings say, and administrators set up.  One query where the latter matters, none else.

    Raises ImproperlyConfigured for a source that does not exist.
    """
    made = Setup(
        named=frozenset(settings.PROVIDERS),
        keys=settings.PROVIDER_KEYS,
        addresses={name: address for name, address in settings.PROVIDER_URLS.items() if address},
        emulator=settings.EMULATOR_URL,
        coingecko_pro=settings.COINGECKO_PRO,
        added=cache(_added),
    )
    if made.unknown:
        known = ", ".join(sorted(name for name, entry in registry.ENTRIES.items() if entry.key is not registry.Key.NEEDED))
        raise ImproperlyConfigured(f"PROVIDERS names {', '.join(sorted(made.unknown))}. Write any of {known}; or {registry.EMULATED} alone.")
    return made


def sources_in_order(can: Can, asset_class: str = "", *, american: bool = False) -> tuple[str, ...]:
    """The names of the sources to be asked, the first first."""
    return registry.order(setup(), can, asset_class, american=american)


def news_sources() -> tuple[tuple[Entry, bool], ...]:
    """The sources of news in the order in which they are asked, each with whether it is on."""
    made = setup()
    return tuple((registry.ENTRIES[name], made.is_on(name)) for name in registry.ORDERS[Can.NEWS][""])


def sources_on() -> tuple[str, ...]:
    """The names of all sources that are used."""
    return tuple(entry.name for entry in registry.on(setup()))


def can_search() -> bool:
    """Whether a source can be searched."""
    return bool(sources_in_order(Can.SEARCH))


def open_source(name: str, *, gate: Callable[[int], None] = lambda cost: None, passes: MutableMapping[str, str] | None = None) -> Any:
    """A source, ready to be asked.  Raises NotConfigured for one that is off."""
    return registry.opened(setup(), name, gate=gate, passes=passes)


def open_feed(feed: Feed, *, gate: Callable[[int], None] = lambda cost: None) -> UrlSource:
    """A source that an administrator set up.  Raises Invalid for a feed that cannot be asked."""
    from market.providers.url_source import UrlSource

    return UrlSource.open(feed, allowed=networks_allowed(), gate=gate)


def feed_of(row: UrlFeed) -> Feed:
    """How the address is read, unchecked."""
    from market.providers.url_source import Feed

    names = ("name", "address", "kind", "price", "currency", "day", "time", "rows", "factor", "delimiter", "comma", "header", "secret")
    return Feed(**{name: getattr(row, name) for name in names})


def feed_limits(row: UrlFeed) -> Limits:
    """What an administrator allows it to be asked."""
    a_day = (Window(row.calls_a_day, DAY),) if row.calls_a_day else ()
    return Limits((Window(row.calls_a_minute, MINUTE), *a_day))


def _added() -> Mapping[str, Added]:
    """One query.  Secrets are read where a source is opened, and not before."""
    rows = UrlFeed.objects.filter(active=True).only("name", "place", "day", "calls_a_minute", "calls_a_day")
    return {row.name: _added_one(row) for row in rows}


def _added_one(row: UrlFeed) -> Added:
    can = {Can.QUOTES, Can.HISTORY} if row.day else {Can.QUOTES}
    entry = Entry(row.name, registry.title_of(row.name), "url_source:UrlSource", Key.NONE, frozenset(can))
    return Added(entry, feed_limits(row), row.place == FeedPlace.FIRST, partial(_open_added, row.pk))


def _open_added(pk: int, gate: Callable[[int], None]) -> UrlSource:
    row = UrlFeed.objects.filter(pk=pk).first()
    if row is None:
        from market.providers.failures import NotConfigured

        raise NotConfigured("The source was removed just now.")
    return open_feed(feed_of(row), gate=gate)


def networks_allowed() -> tuple[Network, ...]:
    """Private networks that sources of administrators may reach all the same."""
    return _networks(settings.URL_SOURCE_NETWORKS)


def tell_sources() -> None:
    """One line in the log that names the sources that the settings turn on.  Those without a key are not mentioned."""
    made = setup()
    networks_allowed()
    log.info("sources.on", extra={"sources": [name for name in registry.ENTRIES if made.is_on(name)], "emulated": made.emulated})


def _networks(listed: Sequence[str]) -> tuple[Network, ...]:
    if not listed:
        return ()
    from portfolio_site.web.outgoing import networks

    try:
        return networks(listed)
    except ValueError:
        raise ImproperlyConfigured(
            f"URL_SOURCE_NETWORKS is “{', '.join(listed)}”; write networks such as 10.1.0.0/16, separated by commas."
        ) from None
