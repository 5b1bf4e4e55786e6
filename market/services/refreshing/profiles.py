"""What instruments are, from sources: whose turn it is, what each source says, and what stands after it.

An instrument is asked for at its first source, and at the next ones for what that left out: the sector or country of a share, the parts of
a fund.  What each says is kept beside the others, in one standard list of sectors (`classes.py`); `settling.py` says what stands.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from market.choices import AssetClass, Dimension
from market.classes import SECTORS
from market.hits import is_isin
from market.models import Classification, FundWeight, Instrument, SourceProfile, SourceSymbol
from market.providers.base import Profile, Weight
from market.providers.failures import Failure
from market.providers.naming import country
from market.services.calls import Source, Ways, ask
from market.services.refreshing.settling import Said, settled
from market.services.refreshing.symbols import PROFILES, Names, askable, names_of, note_asked
from portfolio_site.kernel.decimals import EXACT

log = logging.getLogger(__name__)
Sources = Callable[[Instrument], Sequence[Source[Profile]]]  # that an instrument is asked for at, in order of preference
EVERY = timedelta(days=30)
MOST_PARTS = 50  # of a fund by one dimension, the largest
ROUNDED = Decimal("1.01")  # what parts that were rounded one by one may add up to; more is no description of a fund
FUNDS = (AssetClass.ETF, AssetClass.FUND)
CASH = "cash"  # a class of parts of funds
_FIELDS = ("asset_class", "sector", "industry", "country", "region", "isin")
_DECIDED = _FIELDS[:-1]  # that an administrator can speak of beside the instrument's own page
_KEPT = ("asset_class", "sector", "said_sector", "industry", "country", "isin", "fetched_at")
_ZERO = Decimal(0)


@dataclass(slots=True)
class Described:
    """What came of a round: instruments of which a source said something, those of which something else stands now, why others have nothing."""

    told: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    failures: dict[int, dict[str, Failure]] = field(default_factory=dict)
    calls: int = 0


def due_profiles(followed: Iterable[int], now: datetime, most: int) -> list[int]:
    """Instruments that nobody described yet first, then those that were described a month ago or more.  One query."""
    rows = askable(PROFILES, now).filter(instrument__in=list(followed)).order_by().values_list("instrument_id").annotate(newest=Max("profile_at"))
    wanted = [(newest, pk) for pk, newest in rows if newest is None or now - newest >= EVERY]
    first = datetime.min.replace(tzinfo=now.tzinfo)
    return [pk for _, pk in sorted(wanted, key=lambda one: (one[0] or first, one[1]))][:most]


def refresh_profiles(ids: Iterable[int], now: datetime, sources: Sources) -> Described:
    """Asks what everybody's instruments among these are, keeps what each source says, and changes what stands where that follows.

    Never raises for a source.  The number of queries does not grow with the ids.
    """
    instruments = {one.pk: one for one in Instrument.objects.filter(pk__in=list(ids), owner=None)}
    names = names_of(instruments, now, PROFILES)
    told: dict[int, list[tuple[str, Profile]]] = defaultdict(list)
    done = Described()
    left = names
    for _ in range(2):
        wanted = {pk: [(one, rows[one.name].symbol) for one in sources(instruments[pk]) if one.name in rows] for pk, rows in left.items()}
        asked = ask("profiles", wanted)
        for pk, answer in asked.answers.items():
            told[pk].append(answer)
        note_asked(left, {pk: source for pk, (source, _) in asked.answers.items()}, asked.failures, now, PROFILES)
        done.calls += asked.calls
        for pk, said in asked.failures.items():
            done.failures.setdefault(pk, {}).update(said)
        _pass_over(left, wanted, now)
        if not (left := _others(left, asked.answers, asked.failures, instruments)):
            break
    with transaction.atomic():
        done.told, done.changed = tuple(told), _store(instruments, told, now)
    return done


def _others(
    names: Names, answers: Mapping[int, tuple[str, Profile]], failures: Mapping[int, Mapping[str, Failure]], instruments: Mapping[int, Instrument]
) -> Names:
    """Where the first answer leaves something out: the sources that were not asked yet."""
    left: Names = {}
    for pk, (source, profile) in answers.items():
        if not _is_whole(profile, instruments[pk]):
            heard = {source, *failures.get(pk, {})}
            if rest := {name: row for name, row in names[pk].items() if name not in heard}:
                left[pk] = rest
    return left


def _pass_over(names: Names, wanted: Mapping[int, Ways[Profile]], now: datetime) -> None:
    """Sources that nobody asks what an instrument of its kind is are left alone as if they had been asked.  One query."""
    idle = [row for pk, rows in names.items() for source, row in rows.items() if source not in {one.name for one, _ in wanted[pk]}]
    for row in idle:
        row.profile_retry_at = now + EVERY
    SourceSymbol.objects.bulk_update(idle, ["profile_retry_at"], batch_size=500)


def _is_whole(profile: Profile, instrument: Instrument) -> bool:
    if instrument.asset_class in FUNDS:
        return bool(profile.weights)
    return instrument.asset_class != AssetClass.STOCK or (profile.sector in SECTORS and bool(profile.country))


# ── storing ─────────────────────────────────────────────────────────────────


def _store(instruments: Mapping[int, Instrument], told: Mapping[int, Sequence[tuple[str, Profile]]], now: datetime) -> tuple[int, ...]:
    """Keeps what was said and changes what stands; answers the instruments of which something else stands.  Eight queries at most."""
    if not told:
        return ()
    before = {(row.instrument_id, row.source): row for row in SourceProfile.objects.select_for_update().filter(instrument__in=list(told))}
    rows = [_row(pk, source, profile, now) for pk, answers in told.items() for source, profile in answers]
    SourceProfile.objects.bulk_create(rows, update_conflicts=True, unique_fields=["instrument", "source"], update_fields=list(_KEPT))
    stored = {(row.instrument_id, row.source): row for row in SourceProfile.objects.filter(instrument__in=list(told))}
    heard = {(pk, source): profile for pk, answers in told.items() for source, profile in answers}
    FundWeight.objects.filter(profile__in=[stored[key].pk for key in heard]).delete()
    FundWeight.objects.bulk_create([part for key, profile in heard.items() for part in _parts(stored[key], profile.weights)], batch_size=500)
    return _settle({pk: instruments[pk] for pk in told}, before, stored, [*heard])


def _row(pk: int, source: str, profile: Profile, now: datetime) -> SourceProfile:
    known = profile.sector in SECTORS
    return SourceProfile(
        instrument_id=pk,
        source=source,
        fetched_at=now,
        asset_class=profile.asset_class,
        sector=profile.sector if known else "",
        said_sector="" if known else profile.sector[:60],
        industry=profile.industry[:80],
        country=profile.country,
        isin=profile.isin if is_isin(profile.isin) else "",
    )


def _settle(
    instruments: Mapping[int, Instrument],
    before: Mapping[tuple[int, str], SourceProfile],
    stored: Mapping[tuple[int, str], SourceProfile],
    heard: Sequence[tuple[int, str]],
) -> tuple[int, ...]:
    decided = {row.instrument_id: row for row in Classification.objects.for_everybody().filter(instrument__in=list(instruments))}
    taken = _taken(instruments, stored.values())
    changed: list[Instrument] = []
    for pk, one in instruments.items():
        order = [key for key in heard if key[0] == pk]
        keys = order + [key for key in stored if key[0] == pk and key not in order]
        said, was = [_said(stored[key]) for key in keys], [_said(before[key]) if key in before else Said() for key in keys]
        settling = [name for name in _DECIDED if pk in decided and getattr(decided[pk], name)]
        changes = settled(Said(*(getattr(one, name) for name in _FIELDS)), said, was, settling, taken[pk])
        if changes:
            for name, value in changes.items():
                setattr(one, name, value)
            changed.append(one)
    log.info("instruments.described", extra={"heard": len(instruments), "changed": len(changed)})
    Instrument.objects.bulk_update(changed, _FIELDS, batch_size=500)
    return tuple(one.pk for one in changed)


def _said(row: SourceProfile) -> Said:
    return Said(row.asset_class, row.sector, row.industry, row.country, isin=row.isin)


def _taken(instruments: Mapping[int, Instrument], rows: Iterable[SourceProfile]) -> dict[int, set[str]]:
    """ISINs that an instrument cannot have: another one has it at the same exchange and currency, or is of another class.  One query."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row.isin:
            wanted[row.isin].add(row.instrument_id)
    found: dict[int, set[str]] = defaultdict(set)
    for other in Instrument.objects.filter(owner=None, isin__in=list(wanted)) if wanted else ():
        for pk in wanted[other.isin] - {other.pk}:
            one = instruments[pk]
            if one.asset_class != other.asset_class or (one.exchange, one.currency) == (other.exchange, other.currency):
                found[pk].add(other.isin)
    for isin, pks in wanted.items():  # two of one round, neither of which has it yet
        seen: set[tuple[str, str]] = set()
        for pk in sorted(pks):
            place = instruments[pk].exchange, instruments[pk].currency
            if place in seen:
                found[pk].add(isin)
            seen.add(place)
    return found


# ── parts of funds ──────────────────────────────────────────────────────────


def _parts(row: SourceProfile, weights: Sequence[Weight]) -> list[FundWeight]:
    """The parts by dimension, those of one name added up, the largest first.  Parts that make more than the whole are left out, and logged."""
    sums: dict[str, dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(lambda: _ZERO))
    for one in weights:
        found = sums[one.dimension]
        place = _place(one)
        found[place] = EXACT.add(found[place], one.weight)
    parts: list[FundWeight] = []
    for dimension, found in sums.items():
        if sum(found.values(), _ZERO) > ROUNDED:
            log.warning("profile.parts_refused", extra={"instrument": row.instrument_id, "source": row.source, "dimension": dimension})
            continue
        largest = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_PARTS]
        parts += [FundWeight(profile=row, dimension=dimension, key=key, name=name, weight=weight) for (key, name), weight in largest]
    return parts


def _place(one: Weight) -> tuple[str, str]:
    """Key and name of a part; what no list has keeps the source's word and gets no key."""
    name = one.name[:200]
    if one.dimension == Dimension.SECTOR:
        return name if name in SECTORS else "", name
    if one.dimension == Dimension.COUNTRY:
        return country(name), name
    if one.dimension == Dimension.ASSET_CLASS:
        return name if name in {*AssetClass.values, CASH} else "", name
    return name, name
