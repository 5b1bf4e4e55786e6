"""Addresses of prices that administrators set up: checked, tried without storing anything, changed and removed.

A feed that is on is a source like the others (`services.sources`): each instrument that it prices has its symbol there.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from market.errors import InvalidFeed, NothingFound, StaffOnly
from market.models import SourceSymbol, UrlFeed
from market.providers import registry
from market.providers.demo import SOURCE as DEMO
from market.providers.failures import Failure
from market.providers.limits import MINUTE, Limits, Window
from market.querysets import EXCHANGE
from market.selectors.rates import OWN_SOURCE
from market.services.calls import patient_gate, reopen
from market.services.calls.single import ask_once
from market.services.listing.searching import allow
from market.services.sources import feed_limits, feed_of, networks_allowed, open_feed
from market.signals import feed_trial_begun
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolio_site.web.administration import may
from portfolio_site.web.deeds import tell

if TYPE_CHECKING:
    from market.providers.url_source import Sample

TAKEN = frozenset({*registry.ENTRIES, registry.EMULATED, DEMO, OWN_SOURCE, EXCHANGE, "manual"})  # names that mean something else
TRIALS = Limits((Window(10, MINUTE),))  # of one person
KEPT = 600  # seconds that what came of a trial can be looked at
WAITING, DONE, FAILED = "waiting", "done", "failed"


@dataclass(frozen=True, slots=True)
class Trial:
    """What an address answers for one symbol.  Prices are texts of exact decimals, in whole units of the currency.

    rows    day and price of the newest days, the last first; none where the address tells no days
    factor  what the address's own number was multiplied with
    """

    feed_id: int
    symbol: str
    status: str = WAITING
    detail: str = ""
    read_as: str = ""  # the price
    currency: str = ""
    as_of: str = ""  # ISO
    factor: str = ""
    rows: tuple[tuple[str, str], ...] = ()

    @property
    def told_at(self) -> datetime | None:
        return datetime.fromisoformat(self.as_of) if self.as_of else None


def source_names() -> list[tuple[str, str]]:
    """All sources that an instrument can have a symbol at, on or off, with what people call them.  One query."""
    added = list(UrlFeed.objects.order_by("name").values_list("name", flat=True))
    return [(name, f"{registry.title_of(name)} ({name})") for name in (*registry.ENTRIES, *added)]


def check_feed(row: UrlFeed) -> None:
    """Raises InvalidFeed with an error by field.  Nobody is asked, and no name is looked up."""
    errors = [FieldError("name", "taken", "This name means another source. Choose another one.")] if row.name in TAKEN else []
    try:
        feed_of(row).checked()
    except Invalid as problem:
        errors += problem.errors
    else:
        from portfolio_site.web.outgoing import leads_inside

        if leads_inside(row.address, networks_allowed()):
            detail = "This leads into a private network. Whoever runs Plumbline can allow that by URL_SOURCE_NETWORKS."
            errors.append(FieldError("address", "private", detail))
    if errors:
        raise InvalidFeed("The source cannot be set up like this.", errors=errors)


@transaction.atomic
def set_up_feed(actor: Any, row: UrlFeed, *, secret: str | None = None) -> UrlFeed:
    """Stores a new address of prices, or one that was changed; `secret` None keeps the one that is there.  Leaves an audit line.

    What was said to be left alone is asked again: the cause may be mended.  Raises StaffOnly, InvalidFeed.
    """
    _staff(actor)
    if secret is not None:
        row.secret = secret
    check_feed(row)
    new = row.pk is None
    row.save()
    SourceSymbol.objects.filter(source=row.name, until=None).update(retry_at=None, history_retry_at=None)
    tell(actor, "source.set_up" if new else "source.changed", object_type="source", object_id=row.name)
    transaction.on_commit(partial(reopen, row.name))
    return row


@transaction.atomic
def remove_feed(actor: Any, row: UrlFeed) -> None:
    """The names that it has for instruments end today; prices that it told stay.  Leaves an audit line.  Raises StaffOnly."""
    _staff(actor)
    SourceSymbol.objects.filter(source=row.name, until=None).update(until=timezone.localdate())
    tell(actor, "source.removed", object_type="source", object_id=row.name)
    row.delete()


# ── trying ──────────────────────────────────────────────────────────────────


def begin_trial(actor: Any, row: UrlFeed, symbol: str) -> str:
    """Rings for the address to be asked once about a symbol; answers the number to look at it by.  Raises StaffOnly, AskedTooOften."""
    _staff(actor)
    allow(actor, "trials", TRIALS)
    number = secrets.token_hex(8)
    _keep(number, Trial(row.pk, symbol.strip()[:64]))
    transaction.on_commit(partial(feed_trial_begun.send, None, number=number))
    return number


def trial(number: str) -> Trial:
    """How a trial stands.  Raises NothingFound for one that is over."""
    found = cache.get(_place(number)) if len(number) == 16 and number.isalnum() else None
    if not isinstance(found, Mapping):
        raise NothingFound("This trial is over. Try again.")
    return Trial(**{**found, "rows": tuple((day, price) for day, price in found["rows"])})


def finish_trial(number: str, now: datetime) -> Trial:
    """Asks once, whether the address is on or not, and stores no price.  What came of it counts for the source's health."""
    try:
        begun = trial(number)
    except NothingFound:
        return Trial(0, "", FAILED)
    row = UrlFeed.objects.filter(pk=begun.feed_id).first()
    if begun.status != WAITING or row is None:
        return begun
    made = Trial(begun.feed_id, begun.symbol, FAILED, "The source cannot be asked as it is set up. Look at its fields.")
    try:
        source = open_feed(feed_of(row), gate=patient_gate(row.name, feed_limits(row), 5.0))
    except Invalid:
        return _keep(number, made)
    answer: Sample | Failure = ask_once(row.name, "trial", partial(source.sample, begun.symbol, now))
    return _keep(number, _told(begun, answer))


def _told(begun: Trial, answer: Sample | Failure) -> Trial:
    if isinstance(answer, Failure):
        return Trial(begun.feed_id, begun.symbol, FAILED, answer.detail)
    quote = answer.quote
    return Trial(
        begun.feed_id,
        begun.symbol,
        DONE,
        read_as=plain(quote.price),
        currency=quote.currency,
        as_of=quote.as_of.isoformat(),
        factor=plain(quote.unit_factor),
        rows=tuple((one.day.isoformat(), plain(one.close)) for one in answer.prices),
    )


def _keep(number: str, made: Trial) -> Trial:
    cache.set(_place(number), asdict(made), timeout=KEPT)
    return made


def _place(number: str) -> str:
    return f"feed-trial:{number}"


def _staff(actor: Any) -> None:
    if not may(actor, "work", "market.UrlFeed"):
        raise StaffOnly("Only administrators set up sources.")
