"""Storing newest prices.  A quote is a latest value with a sequence number, never a queue of changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils import timezone

from market.choices import Quality
from market.errors import InvalidPrices
from market.models import Instrument, Price, Quote
from market.selectors.quote_cache import forget_quotes, quotes_stored
from market.selectors.quotes import view_of
from market.services.checking import positive
from market.signals import quotes_changed
from portfolio_site.kernel.errors import FieldError

_CLOCK_SKEW = timedelta(minutes=5)  # a source's clock may be a little ahead of ours; more is an error of its time zone
_FIELDS = ["price", "previous_close", "volume", "as_of", "fetched_at", "source", "quality", "sequence"]


@dataclass(frozen=True, slots=True)
class QuoteDraft:
    """A newest price to be stored, in the instrument's currency."""

    instrument_id: int
    price: Decimal
    as_of: datetime
    source: str
    quality: str
    previous_close: Decimal | None = None
    volume: int | None = None


@transaction.atomic
def publish_quotes(drafts: Sequence[QuoteDraft]) -> tuple[int, ...]:
    """Stores the quotes that are newer than what is stored, raises their sequence, and tells who listens, on commit.

    Answers the instruments that got a new quote.  Raises InvalidPrices, and stores nothing, if a price is not finite, not
    above zero, or from the future.  Instruments that are gone are left out.  Three queries however many quotes.
    """
    _check(drafts)
    newest: dict[int, QuoteDraft] = {}
    for draft in drafts:
        if draft.instrument_id not in newest or draft.as_of > newest[draft.instrument_id].as_of:
            newest[draft.instrument_id] = draft
    instruments = Instrument.objects.in_bulk(list(newest))
    stored = {quote.pk: quote for quote in Quote.objects.select_for_update().filter(pk__in=instruments).order_by("pk")}
    now, written = timezone.now(), list[Quote]()
    for pk, draft in newest.items():
        before = stored.get(pk)
        if pk in instruments and (before is None or draft.as_of > before.as_of):
            written.append(_quote(draft, now, 1 if before is None else before.sequence + 1))
    _write(written, instruments)
    return tuple(quote.pk for quote in written)


def _check(drafts: Sequence[QuoteDraft]) -> None:
    latest = timezone.now() + _CLOCK_SKEW
    errors = []
    for number, draft in enumerate(drafts):
        if isinstance(fault := positive(draft.price, f"quotes.{number}.price", "price"), FieldError):
            errors.append(fault)
        if draft.previous_close is not None and isinstance(
            fault := positive(draft.previous_close, f"quotes.{number}.previous_close", "price"), FieldError
        ):
            errors.append(fault)
        if draft.as_of > latest:
            errors.append(FieldError(f"quotes.{number}.as_of", "future", f"{draft.as_of.isoformat()} is in the future."))
    if errors:
        raise InvalidPrices(f"{len(errors)} faults were found in {len(drafts)} quotes; nothing was stored.", errors=errors[:100])


def _quote(draft: QuoteDraft, now: datetime, sequence: int) -> Quote:
    return Quote(
        instrument_id=draft.instrument_id,
        price=draft.price,
        previous_close=draft.previous_close,
        volume=draft.volume,
        as_of=draft.as_of,
        fetched_at=now,
        source=draft.source,
        quality=draft.quality,
        sequence=sequence,
    )


def _write(quotes: list[Quote], instruments: dict[int, Instrument]) -> None:
    if not quotes:
        return
    Quote.objects.bulk_create(quotes, update_conflicts=True, unique_fields=["instrument"], update_fields=_FIELDS)
    views = {one.symbol: view_of(one, quote) for quote in quotes if (one := instruments[quote.pk]).owner_id is None}
    ids = tuple(quote.pk for quote in quotes)

    def tell() -> None:
        quotes_stored(views)
        quotes_changed.send(Quote, instrument_ids=ids)

    transaction.on_commit(tell)


@transaction.atomic
def quote_own_price(instrument: Instrument) -> None:
    """Makes the quote of a person's own instrument agree with its last own price; without prices it has no quote."""
    rows = list(Price.objects.filter(instrument=instrument).order_by("-day").values_list("day", "close", "source")[:2])
    stored = Quote.objects.select_for_update().filter(instrument=instrument).first()
    if not rows:
        if stored is not None:
            stored.delete()
            transaction.on_commit(partial(quotes_changed.send, Quote, instrument_ids=(instrument.pk,)))
        return
    day, close, source = rows[0]
    now = timezone.now()
    as_of = min(datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone()), now)
    previous = rows[1][1] if len(rows) > 1 else None
    if stored is not None and (stored.price, stored.previous_close, stored.as_of.date()) == (close, previous, as_of.date()):
        return
    draft = QuoteDraft(instrument.pk, close, as_of, source, Quality.OWN, previous)
    _write([_quote(draft, now, 1 if stored is None else stored.sequence + 1)], {instrument.pk: instrument})


def forget_cached_quotes(symbols: Iterable[str]) -> None:
    """After an instrument of everybody's was renamed or removed."""
    forget_quotes(symbols)
