"""What weakens the figures of a person: prices and rates that are old, missing or not believed, and what is not classified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Subquery
from django.utils import timezone

from market.choices import SuspectKind, SuspectReason, Verdict
from market.models import Instrument, Price, SourceSymbol, Suspect
from market.selectors.classification import missing_words, with_words, words_on
from market.selectors.listing import shown_source
from market.selectors.quotes import view_of
from market.selectors.rates import BRIDGED_DAYS, rates
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.administration import may


class Weakness(StrEnum):
    """What is wrong, the worst first."""

    NO_PRICE = "no_price"
    NO_RATE = "no_rate"
    STALE = "stale_price"
    CONFLICT = "sources_differ"
    DOUBTED = "doubted_price"
    NO_HISTORY = "no_history"
    UNCLASSIFIED = "unclassified"


class Mend(StrEnum):
    """What the person can do about it."""

    ASK = "ask"  # ask the sources again now
    ASK_RATES = "ask_rates"
    RATE = "rate"  # enter an exchange rate of one's own
    PRICE = "price"  # enter a price of one's own instrument
    CLASSIFY = "classify"  # describe one's own instrument
    SETTLE = "settle"  # say whether a price is meant; administrators
    SYMBOL = "symbol"  # say what a source calls it; administrators
    DESCRIBE = "describe"  # describe everybody's instrument; administrators


@dataclass(frozen=True, slots=True)
class WeakPoint:
    """One thing that weakens figures.

    instrument_id   None for a rate
    mends           what the person can do about it, the likeliest first; none: an administrator decides
    price           what is known or came; None where it is a matter of no price
    source, as_of   who said so, and of when it is; empty and None where nobody did
    tried_at        when a source was last asked for the newest price
    suspect_id      the price that waits to be settled
    """

    kind: Weakness
    instrument_id: int | None
    symbol: str
    name: str
    detail: str
    mends: tuple[Mend, ...]
    price: Figure | None = None
    source: str = ""
    as_of: datetime | None = None
    tried_at: datetime | None = None
    suspect_id: int | None = None


def weak_points(user: Any, instrument_ids: Iterable[int], pairs: Iterable[tuple[str, str]], *, now: datetime | None = None) -> tuple[WeakPoint, ...]:
    """All that weakens figures of these instruments, and of these rates (from, to), the worst first, then by symbol.

    What the person may not see is left out.  At most six queries, however many instruments.
    """
    now = now or timezone.now()
    found = [*_missing_rates(user, pairs, timezone.localdate(now))]
    has_history = Exists(Price.objects.filter(instrument=OuterRef("pk")))
    wanted = Instrument.objects.visible_to(user).filter(pk__in=set(instrument_ids)).select_related("quote").annotate(has_history=has_history)
    wanted = with_words(wanted, [user.pk])
    instruments = {one.pk: one for one in wanted}
    if instruments:
        said, decides = _said(instruments), may(user, "work", "market.Suspect")
        for one in instruments.values():
            found += _of_prices(one, said.get(one.pk, _NOTHING_SAID), decides, now)
            found += _of_class(one, decides)
        found += _doubted(instruments, said, decides)
    order = list(Weakness)
    return tuple(sorted(found, key=lambda one: (order.index(one.kind), one.symbol, one.detail)))


def _missing_rates(user: Any, pairs: Iterable[tuple[str, str]], today: date) -> list[WeakPoint]:
    asked = {(base, quote, today) for base, quote in pairs}
    known = rates(asked, user=user)
    return [
        WeakPoint(
            Weakness.NO_RATE,
            None,
            f"{base}/{quote}",
            f"{base} in {quote}",
            f"No rate of today or the {BRIDGED_DAYS} days before is known.",
            (Mend.ASK_RATES, Mend.RATE),
        )
        for base, quote, day in asked
        if (base, quote, day) not in known
    ]


@dataclass(frozen=True, slots=True)
class _Said:
    """What the sources made of an instrument: when one was asked last, and what was said where nothing was given."""

    asked_at: datetime | None = None
    source: str = ""
    detail: str = ""
    is_named: bool = False

    @property
    def reason(self) -> str:
        return f" {shown_source(self.source)}: {self.detail}" if self.detail else ""


_NOTHING_SAID = _Said()


def _said(instruments: Mapping[int, Instrument]) -> dict[int, _Said]:
    """By instrument.  One query."""
    found: dict[int, _Said] = {}
    rows = SourceSymbol.objects.filter(instrument__in=list(instruments), until=None).order_by("asked_at")
    for pk, source, detail, asked_at in rows.values_list("instrument_id", "source", "detail", "asked_at"):
        before = found.get(pk, _NOTHING_SAID)
        asked = max((one for one in (before.asked_at, asked_at) if one is not None), default=None)
        told = (source, detail) if detail else (before.source, before.detail)
        found[pk] = _Said(asked, *told, is_named=True)
    return found


def _of_prices(one: Any, said: _Said, decides: bool, now: datetime) -> list[WeakPoint]:
    """That there is no price, that it is old, or that there is no other.  At most one of these."""
    quote, is_own = getattr(one, "quote", None), one.owner_id is not None
    mends: tuple[Mend, ...] = (Mend.PRICE,) if is_own else (Mend.ASK,)
    if decides and not is_own and (said.detail or not said.is_named):
        mends += (Mend.SYMBOL,)
    about = (one.pk, one.symbol, one.name)
    if quote is None:
        detail = "You have not entered a price yet." if is_own else f"No price has arrived yet.{said.reason}"
        source = shown_source(said.source) if said.detail else ""
        return [WeakPoint(Weakness.NO_PRICE, *about, detail, mends, source=source, tried_at=said.asked_at)]
    view = view_of(one, quote, now=now)
    told: dict[str, Any] = {"price": _money(one, quote.price, view.stale, quote.as_of), "source": shown_source(quote.source), "as_of": quote.as_of}
    told["tried_at"] = said.asked_at
    if view.stale:
        return [WeakPoint(Weakness.STALE, *about, f"Values rest on an old price.{said.reason}", mends, **told)]
    if not one.has_history:
        detail = "Only the newest price is known: charts and returns of earlier days leave it out."
        return [WeakPoint(Weakness.NO_HISTORY, *about, detail, mends, **told)]
    return []


def _of_class(one: Any, decides: bool) -> list[WeakPoint]:
    """What nobody told: neither a source, nor an administrator, nor the person for themselves."""
    words = words_on(one)
    missing = missing_words(*(words.of(one, name) for name in ("asset_class", "sector", "country")))
    if not missing:
        return []
    mends = (Mend.CLASSIFY, *((Mend.DESCRIBE,) if decides and one.owner_id is None else ()))
    return [WeakPoint(Weakness.UNCLASSIFIED, one.pk, one.symbol, one.name, f"No {' and no '.join(missing)} is known.", mends)]


def _doubted(instruments: Mapping[int, Any], said: Mapping[int, _Said], decides: bool) -> list[WeakPoint]:
    """The newest of each instrument, with how many more.  Two queries.

    Where the price that stands is another source's, the two differ; where it is the same source's, the price is only odd.
    """
    still_open = Suspect.objects.filter(instrument__in=list(instruments), verdict=Verdict.OPEN).order_by()
    counts = dict(still_open.values("instrument").annotate(newest=Max("pk"), many=Count("pk")).values_list("newest", "many"))
    stored = Price.objects.filter(instrument=OuterRef("instrument"), day__lte=OuterRef("day")).order_by("-day").values("source")[:1]
    found = []
    for row in Suspect.objects.filter(pk__in=counts).annotate(stored_by=Subquery(stored)) if counts else ():
        one, more = instruments[row.instrument_id], counts[row.pk] - 1
        stands = _standing(row, one)
        differ = bool(stands) and stands != row.source
        kind = Weakness.CONFLICT if differ else Weakness.DOUBTED
        detail = f"{SuspectReason(row.reason).label}; it is kept aside until a second source or an administrator agrees."
        if differ:
            was = f" says {plain(row.before)}, which stands" if row.before is not None else " stands"
            detail = f"{shown_source(stands)}{was}. {detail}"
        detail += f" {more} more {'waits' if more == 1 else 'wait'} beside it." if more else ""
        found.append(
            WeakPoint(
                kind,
                one.pk,
                one.symbol,
                one.name,
                detail,
                (Mend.SETTLE, Mend.ASK) if decides else (Mend.ASK,),
                price=_money(one, row.price, False, row.as_of),
                source=shown_source(row.source),
                as_of=row.as_of,
                tried_at=said.get(one.pk, _NOTHING_SAID).asked_at,
                suspect_id=row.pk,
            )
        )
    return found


def _standing(suspect: Any, instrument: Any) -> str:
    """Whose price stands instead of the one that was doubted; empty where none does."""
    if suspect.kind == SuspectKind.QUOTE:
        quote = getattr(instrument, "quote", None)
        return "" if quote is None else str(quote.source)
    return suspect.stored_by or ""


def _money(one: Any, price: Decimal, stale: bool, as_of: datetime) -> Figure:
    return Figure("price", Unit.MONEY, price, currency=one.price_unit, stale_since=timezone.localdate(as_of) if stale else None)
