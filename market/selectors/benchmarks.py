"""What returns can be compared with: everybody's list of indices, and a person's own blends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from market.choices import Rebalancing, ReturnKind
from market.errors import UnknownBenchmark
from market.models import Benchmark, BlendPart, Instrument
from market.selectors.interest import follows
from portfolio_site.web.pausing import processed

WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Twin:
    """The same index with its dividends reinvested, as an instrument of its own."""

    instrument_id: int
    symbol: str
    currency: str


@dataclass(frozen=True, slots=True)
class PartView:
    """A share of a benchmark.  `kind`: what its prices count, as far as the list of indices says; empty for what is not on it."""

    instrument_id: int
    symbol: str
    name: str
    currency: str
    asset_class: str
    is_own: bool
    weight: Decimal
    kind: str = ""
    twin: Twin | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkView:
    """Something to compare with.  Hashable: it is part of the key under which series are kept.

    id     of the list of indices, or of the blend; None for an instrument that is on no list
    parts  one of weight 1 for an index or instrument
    """

    id: int | None
    name: str
    currency: str
    parts: tuple[PartView, ...]
    is_blend: bool = False
    rebalancing: str = Rebalancing.NEVER
    note: str = ""

    @property
    def instrument_id(self) -> int | None:
        """Of an index or instrument."""
        return None if self.is_blend else self.parts[0].instrument_id

    @property
    def symbol(self) -> str:
        """Of an index or instrument; a blend has none."""
        return "" if self.is_blend else self.parts[0].symbol

    @property
    def currencies(self) -> set[str]:
        """In which its parts and their twins are priced."""
        return {one.currency for one in self.parts} | {one.twin.currency for one in self.parts if one.twin}

    @property
    def instruments(self) -> set[int]:
        """Everything whose prices it rests on."""
        return {one.instrument_id for one in self.parts} | {one.twin.instrument_id for one in self.parts if one.twin}


# ── read models ─────────────────────────────────────────────────────────────


def _listing(instrument: Instrument) -> Benchmark | None:
    """The entry of the list of indices; none for most.  No query where the relation was read along."""
    try:
        found: Benchmark = instrument.listing
    except Benchmark.DoesNotExist:
        return None
    return found


def _part(instrument: Instrument, weight: Decimal, listing: Benchmark | None) -> PartView:
    twin = listing.twin if listing is not None else None
    return PartView(
        instrument.pk,
        instrument.symbol,
        instrument.name,
        instrument.currency,
        instrument.asset_class,
        instrument.owner_id is not None,
        weight,
        listing.kind if listing is not None else "",
        None if twin is None or (listing is not None and listing.kind == ReturnKind.TOTAL) else Twin(twin.pk, twin.symbol, twin.currency),
    )


def benchmark_of(row: Benchmark) -> BenchmarkView:
    """An index or blend.  No query where its instruments were read along (`with_instruments`)."""
    if not row.is_blend:
        return BenchmarkView(row.pk, row.name, row.currency, (_part(row.instrument, WHOLE, row),), note=row.note)  # type: ignore[arg-type]
    parts = tuple(_part(one.instrument, one.weight, _listing(one.instrument)) for one in row.parts.all())
    return BenchmarkView(row.pk, row.name, row.currency, parts, True, row.rebalancing)


def benchmark_of_instrument(instrument: Instrument) -> BenchmarkView:
    """An instrument to compare with, told by its entry of the list where it has one.  One query, none where that was read along."""
    listing = _listing(instrument)
    note = listing.note if listing is not None else ""
    return BenchmarkView(listing.pk if listing else None, instrument.name, instrument.currency, (_part(instrument, WHOLE, listing),), note=note)


def benchmarks_of_instruments(user: Any, numbers: Iterable[int]) -> dict[int, BenchmarkView]:
    """Several instruments to compare with, by number; those that the person may not see are absent.  One query, none for none."""
    wanted = set(numbers)
    if not wanted:
        return {}
    found = Instrument.objects.visible_to(user).filter(pk__in=wanted).select_related("listing__twin")
    return {one.pk: benchmark_of_instrument(one) for one in found}


# ── for a person ────────────────────────────────────────────────────────────


def benchmarks_by_place(user: Any) -> QuerySet[Any]:
    """What the person can compare with: indices in the order of the list, then their own blends by name.  Two queries with parts."""
    found: QuerySet[Any] = Benchmark.objects.visible_to(user).with_instruments().order_by("owner", "position", "name", "pk")
    return found


def benchmarks(user: Any) -> tuple[tuple[BenchmarkView, ...], tuple[BenchmarkView, ...]]:
    """The indices of the list, and the person's blends by name.  Two queries, however many."""
    rows = [benchmark_of(one) for one in benchmarks_by_place(user)]
    return tuple(one for one in rows if not one.is_blend), tuple(one for one in rows if one.is_blend)


def get_benchmark(user: Any, pk: int) -> BenchmarkView:
    """An index of the list or one's own blend.  Raises UnknownBenchmark, also for somebody else's.  Two queries at most."""
    found = Benchmark.objects.visible_to(user).with_instruments().filter(pk=pk).first()
    if found is None:
        raise UnknownBenchmark("There is no such benchmark. Choose one of the list, or make a blend of your own.").of("benchmark", pk)
    return benchmark_of(found)


def get_blend(user: Any, pk: int, *, removed: bool = False) -> Benchmark:
    """One's own blend; with `removed`, one that was removed and can be brought back.  Raises UnknownBenchmark.  One query."""
    mine = Benchmark.objects.filter(owner=user, removed_at__isnull=False) if removed else Benchmark.objects.blends_of(user)
    found: Benchmark | None = mine.filter(pk=pk).first()
    if found is None:
        raise UnknownBenchmark("There is no such blend of yours. It may have been deleted.").of("benchmark", pk)
    return found


def blend_views(rows: Sequence[int]) -> dict[int, BenchmarkView]:
    """Blends that were not removed, by number.  Whoever calls has asked for permission.  Two queries, none for none."""
    if not rows:
        return {}
    found = Benchmark.objects.filter(pk__in=rows, owner__isnull=False, removed_at=None).with_instruments()
    return {one.pk: benchmark_of(one) for one in found}


# ── for jobs ────────────────────────────────────────────────────────────────


@follows
def listed_indices() -> set[int]:
    """On the list of indices, with their twins: they have prices though nobody holds them.  One query."""
    rows = Benchmark.objects.indices().filter(is_active=True).order_by().values_list("instrument_id", "twin_id")
    return {pk for row in rows for pk in row if pk is not None}


@follows
def blended_instruments() -> set[int]:
    """In anybody's blend.  One query."""
    return set(
        BlendPart.objects.filter(processed("blend__owner__"), blend__removed_at=None).order_by().values_list("instrument_id", flat=True).distinct()
    )
