"""What an instrument is, to one person: their own word before an administrator's, that before the sources'.

`classification` and `classifications` tell everything, with who said it, and the parts of funds.  `described` is for tables: instruments with
what their holders say of them, in one query.  Whatever groups or adds up by class, sector, country or region reads one of these.
What nobody told is "": it is shown as unclassified, never left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, FilteredRelation, Q

from market.choices import AssetClass, Dimension, ToldBy
from market.classes import Words, region_of
from market.models import Classification as Word
from market.models import FundWeight, Instrument, SourceProfile
from market.providers.naming import search_name
from market.selectors.listing import shown_source
from portfolio_site.web.times import country_name

UNCLASSIFIED = "Unclassified"
CASH = "cash"
FIELDS = ("asset_class", "sector", "industry", "country", "region")
_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an instrument: a fraction of the whole.  Without a key it belongs to nothing that is known, whatever a source calls it."""

    key: str
    name: str
    weight: Decimal


@dataclass(frozen=True, slots=True)
class OwnWords(Words):
    """What one person says of an instrument."""

    def of(self, instrument: Instrument, field_name: str) -> str:
        """What holds for that person: their word, else what stands for everybody.  A region of their own country goes with it."""
        own = getattr(self, field_name) or (region_of(self.country) if field_name == "region" else "")
        return own or str(getattr(instrument, field_name))


NO_WORDS = OwnWords()


@dataclass(frozen=True, slots=True)
class Classification:
    """What an instrument is.

    told_by      by field, and by "weights" of each dimension ("sector_weights"): whose word it is
    weights      parts of a fund by dimension, the largest first, as they were told; what is missing to the whole is not in it (`parts`)
    said_sector  what a source calls the sector, where the list has no such one
    source       of what sources told, in words; fetched_at: when, last
    """

    instrument_id: int
    asset_class: str
    sector: str = ""
    industry: str = ""
    country: str = ""
    region: str = ""
    told_by: Mapping[str, ToldBy] = field(default_factory=dict)
    weights: Mapping[Dimension, tuple[Part, ...]] = field(default_factory=dict)
    said_sector: str = ""
    source: str = ""
    fetched_at: datetime | None = None

    @property
    def is_own(self) -> bool:
        """Whether the person said any of it."""
        return ToldBy.OWN in self.told_by.values()

    @property
    def missing(self) -> tuple[str, ...]:
        """What has to be told before it can be counted anywhere: parts of it that nobody told, in words."""
        return missing_words(self.asset_class, self.sector, self.country)

    def parts(self, dimension: Dimension) -> tuple[Part, ...]:
        """The whole by one dimension, the largest part first: fractions that add up to 1, with what nobody told as its last part."""
        if told := self.weights.get(dimension):
            return _whole(told)
        value = "" if dimension == Dimension.HOLDING else str(getattr(self, dimension.value))
        if dimension == Dimension.ASSET_CLASS and value == AssetClass.OTHER:
            value = ""
        return (Part(value, shown(dimension, value), _ONE),)

    def untold(self, dimension: Dimension) -> Decimal:
        """The fraction of which nothing is told."""
        return sum((part.weight for part in self.parts(dimension) if not part.key), _ZERO)


def missing_words(asset_class: str, sector: str, country: str) -> tuple[str, ...]:
    """What is to be told of an instrument of that class, and is not."""
    if asset_class == AssetClass.OTHER:
        return ("asset class",)
    if asset_class != AssetClass.STOCK:
        return ()
    return tuple(name for name, value in (("sector", sector), ("country", country)) if not value)


def shown(dimension: Dimension, key: str) -> str:
    """The name of a sector, country, region or class; for none, that it is unclassified."""
    if not key:
        return UNCLASSIFIED
    if dimension == Dimension.COUNTRY:
        return country_name(key)
    if dimension == Dimension.ASSET_CLASS:
        return "Cash" if key == CASH else str(AssetClass(key).label)
    return key


def company_key(name: str) -> str:
    """What two names of one company have in common: the name without its legal form, in small letters."""
    return (search_name(name) or name).casefold()


def _whole(told: Sequence[Part]) -> tuple[Part, ...]:
    """Parts that add up to 1: the rest is unclassified, and what rounding made too much is taken off the largest."""
    total = sum((part.weight for part in told), _ZERO)
    named = tuple(part for part in told if part.key)
    if total > _ONE and named:
        named = (Part(named[0].key, named[0].name, named[0].weight - (total - _ONE)), *named[1:])
    rest = _ONE - sum((part.weight for part in named), _ZERO)
    return (*named, Part("", UNCLASSIFIED, rest)) if rest > 0 else named


# ── for tables ──────────────────────────────────────────────────────────────


def described(instrument_ids: Iterable[int], owners: Iterable[int | None]) -> tuple[dict[int, Instrument], dict[tuple[int, int], OwnWords]]:
    """Instruments, and what these people say of them by (person, instrument).  One query."""
    wanted, people = list(instrument_ids), {pk for pk in owners if pk is not None}
    if not people:
        return {one.pk: one for one in Instrument.objects.filter(pk__in=wanted)}, {}
    instruments, words = {}, {}
    for one in with_words(Instrument.objects.filter(pk__in=wanted).order_by(), people):
        instruments[one.pk] = one
        if (own := words_on(one)) != NO_WORDS:
            words[(one.words_owner, one.pk)] = own
    return instruments, words


def with_words(instruments: Any, owners: Iterable[int]) -> Any:
    """Instruments with what these people say of them beside it; one of which several do comes once for each."""
    own = FilteredRelation("classifications", condition=Q(classifications__owner__in=list(owners)))
    beside = {f"words_{name}": F(f"own_words__{name}") for name in FIELDS}
    return instruments.annotate(own_words=own).annotate(words_owner=F("own_words__owner_id"), **beside)


def words_on(instrument: Any) -> OwnWords:
    """What `with_words` put beside an instrument."""
    return OwnWords(*(getattr(instrument, f"words_{name}") or "" for name in FIELDS))


def instruments_as_told(user: Any, *, asset_class: str = "") -> Any:
    """Instruments that the person sees, each with what they say of it beside it, or of one class to them; nobody else's word is read."""
    visible = Instrument.objects.visible_to(user)
    if not user.is_authenticated:
        return visible.filter(asset_class=asset_class) if asset_class else visible
    told = with_words(visible, [user.pk])
    if not asset_class:
        return told
    silent = Q(words_asset_class=None) | Q(words_asset_class="")
    return told.filter(Q(words_asset_class=asset_class) | (silent & Q(asset_class=asset_class)))


# ── everything ──────────────────────────────────────────────────────────────


def classification(user: Any, instrument: Instrument) -> Classification:
    """What an instrument is to a person, or to a visitor.  Three queries."""
    return classifications([instrument], user.pk if user.is_authenticated else None)[instrument.pk]


def classifications(instruments: Iterable[Instrument], owner_id: int | None) -> dict[int, Classification]:
    """What instruments are to their holder: `owner_id` is whose portfolio it is, also where somebody else looks.

    Three queries, however many instruments.
    """
    wanted = {one.pk: one for one in instruments}
    words = _words(wanted, owner_id)
    profiles: dict[int, list[SourceProfile]] = defaultdict(list)
    for row in SourceProfile.objects.filter(instrument__in=list(wanted)).order_by("-fetched_at", "source"):
        profiles[row.instrument_id].append(row)
    told = Q(classification__in=[row.pk for pair in words.values() for row in pair if row is not None])
    told |= Q(profile__in=[row.pk for rows in profiles.values() for row in rows])
    weights: dict[tuple[str, int], dict[Dimension, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for weight in FundWeight.objects.filter(told) if words or profiles else ():
        teller = ("profile", weight.profile_id) if weight.profile_id else ("word", weight.classification_id or 0)
        weights[teller][Dimension(weight.dimension)].append(Part(weight.key, weight.name, weight.weight))
    return {pk: _told(one, *words.get(pk, (None, None)), profiles[pk], weights) for pk, one in wanted.items()}


def _words(instruments: Mapping[int, Instrument], owner_id: int | None) -> dict[int, tuple[Word | None, Word | None]]:
    """The holder's and the administrator's.  One query."""
    found: dict[int, tuple[Word | None, Word | None]] = {}
    for row in Word.objects.filter(Q(owner=None) | Q(owner=owner_id), instrument__in=list(instruments)):
        own, decided = found.get(row.instrument_id, (None, None))
        found[row.instrument_id] = (own, row) if row.owner_id is None else (row, decided)
    return found


def _told(
    one: Instrument,
    own: Word | None,
    decided: Word | None,
    profiles: Sequence[SourceProfile],
    weights: Mapping[tuple[str, int], Mapping[Dimension, Sequence[Part]]],
) -> Classification:
    words = NO_WORDS if own is None else OwnWords(*(getattr(own, name) for name in FIELDS))
    values = {name: words.of(one, name) for name in FIELDS}
    told_by = {name: _teller(one, name, values[name], words, decided) for name in FIELDS}
    parts: dict[Dimension, tuple[Part, ...]] = {}
    for rank, row in ((ToldBy.OWN, own), (ToldBy.ADMINISTRATOR, decided), *((ToldBy.SOURCE, row) for row in profiles)):
        if row is None:
            continue
        for dimension, found in weights.get(("profile" if rank is ToldBy.SOURCE else "word", row.pk), {}).items():
            if dimension not in parts and not _outranked(dimension, rank, told_by):
                parts[dimension] = tuple(sorted(found, key=lambda part: (-part.weight, part.name)))
                told_by[f"{dimension.value}_weights"] = rank
    if Dimension.COUNTRY in parts and Dimension.REGION not in parts and not _outranked(Dimension.REGION, told_by["country_weights"], told_by):
        parts[Dimension.REGION] = _regions(parts[Dimension.COUNTRY])
        told_by["region_weights"] = told_by["country_weights"]
    agreeing = next((row for row in profiles if row.sector and row.sector == one.sector), profiles[0] if profiles else None)
    return Classification(
        one.pk,
        **values,
        told_by=told_by,
        weights=parts,
        said_sector="" if values["sector"] else next((row.said_sector for row in profiles if row.said_sector), ""),
        source=shown_source(agreeing.source if agreeing else one.provider) if agreeing or one.provider else "",
        fetched_at=agreeing.fetched_at if agreeing else None,
    )


def _teller(one: Instrument, name: str, value: str, words: OwnWords, decided: Word | None) -> ToldBy:
    if getattr(words, name) or (name == "region" and words.country and value == region_of(words.country)):
        return ToldBy.OWN
    if decided is not None and getattr(decided, name):
        return ToldBy.ADMINISTRATOR
    if not value or (name == "asset_class" and value == AssetClass.OTHER):
        return ToldBy.NOBODY
    return ToldBy.SOURCE if one.owner_id is None else ToldBy.OWN


_RANKS = (ToldBy.NOBODY, ToldBy.SOURCE, ToldBy.ADMINISTRATOR, ToldBy.OWN)


def _outranked(dimension: Dimension, rank: ToldBy, told_by: Mapping[str, ToldBy]) -> bool:
    """Whether somebody who comes first said one word where this one says parts.  A class says what is bought, its parts what is in it."""
    if dimension in {Dimension.ASSET_CLASS, Dimension.HOLDING}:
        return False
    return _RANKS.index(told_by[dimension.value]) > _RANKS.index(rank)


def _regions(countries: Sequence[Part]) -> tuple[Part, ...]:
    sums: dict[str, Decimal] = defaultdict(lambda: _ZERO)
    for part in countries:
        sums[region_of(part.key)] += part.weight
    ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Part(region, region or UNCLASSIFIED, weight) for region, weight in ordered)
