"""Saying what an instrument is: a person for their own portfolios, an administrator for everybody.  Each deed leaves an audit line.

A classification is said as a whole: what is left blank is as others tell it.  The last change can be taken back, and that again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from market.choices import AssetClass, Dimension
from market.classes import REGIONS, region_of
from market.errors import InvalidClassification, NothingToUndo, UnknownInstrument
from market.models import Classification, FundWeight, Instrument, SourceProfile
from market.providers.naming import country as country_of
from market.providers.naming import plain_name
from market.providers.naming import sector as sector_of
from market.providers.registry import ENTRIES, Can
from market.selectors.classification import CASH, FIELDS
from market.services.refreshing.openings import is_american
from market.services.refreshing.settling import Said, told
from market.services.sources import sources_in_order
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.deeds import tell

MOST_PARTS = 50  # of one dimension
LISTING = "listing"  # in place of a source: what an instrument was listed with
_SETTLED = ("sector", "industry", "country", "region")
_LENGTHS = {"sector": 60, "industry": 80}
Weights = Mapping[str, Sequence[tuple[str, Decimal]]]  # by dimension, name and fraction of each part
_Part = tuple[str, str, str, Decimal]  # dimension, key, name, weight


@transaction.atomic
def classify(actor: Any, instrument: Instrument, *, weights: Weights | None = None, **words: str) -> Classification:
    """Says what an instrument is in one's own portfolios, in place of what one said before.  Raises UnknownInstrument, InvalidClassification.

    words    asset_class, sector, industry, country, region; one that is blank or missing is as others tell it
    weights  parts of a fund by dimension; a dimension that is missing is as others tell it, and what is missing to the whole is unclassified
    """
    if instrument.owner_id not in {None, actor.pk}:
        raise UnknownInstrument("There is no such instrument.")
    return _say(actor, instrument, actor.pk, *_checked(words, weights or {}))


@transaction.atomic
def declassify(actor: Any, instrument: Instrument) -> bool:
    """Takes back everything one says of an instrument; answers whether that was anything."""
    row = Classification.objects.visible_to(actor).select_for_update().filter(instrument=instrument).first()
    if row is None or not _state(row):
        return False
    _say(actor, instrument, actor.pk, {}, [])
    return True


@transaction.atomic
def undo_classification(actor: Any, instrument: Instrument) -> Classification:
    """Takes the last change back.  Raises NothingToUndo."""
    row = Classification.objects.visible_to(actor).select_for_update().filter(instrument=instrument).first()
    if row is None or row.before is None:
        raise NothingToUndo(f"You changed nothing about {instrument.symbol} that could be taken back.")
    before = row.before
    parts = [(dimension, key, name, Decimal(weight)) for dimension, key, name, weight in before.get("weights", ())]
    return _say(actor, instrument, actor.pk, {name: before[name] for name in FIELDS if before.get(name)}, parts)


@transaction.atomic
def classify_for_everybody(actor: Any, instrument: Instrument, *, weights: Weights | None = None, **words: str) -> Classification:
    """Says what everybody's instrument is: this wins over every source, until it is blank again.

    Raises UnknownInstrument for a person's own one, InvalidClassification.
    """
    current = Instrument.objects.select_for_update().filter(pk=instrument.pk, owner=None).first()
    if current is None:
        raise UnknownInstrument("There is no such instrument.")
    _keep_listing(current)
    row = _say(actor, current, None, *_checked(words, weights or {}))
    _write_through(current, row)
    return row


def check_classification(words: Mapping[str, str], weights: Weights) -> None:
    """Raises InvalidClassification for what could not be said."""
    _checked(words, weights)


# ── checking ────────────────────────────────────────────────────────────────


def _checked(words: Mapping[str, str], weights: Weights) -> tuple[dict[str, str], list[_Part]]:
    """The words in their one form, and the parts with their keys.  Raises InvalidClassification with every fault."""
    if unknown := words.keys() - set(FIELDS):
        raise TypeError(f"not a part of a classification: {', '.join(sorted(unknown))}")
    errors: list[FieldError] = []
    said = {name: plain_name(text) for name, text in words.items() if plain_name(text)}
    for name, most in _LENGTHS.items():
        if len(said.get(name, "")) > most:
            errors.append(FieldError(name, "too_long", f"Write at most {most} characters."))
    if "sector" in said:
        said["sector"] = sector_of(said["sector"])
    if said.get("asset_class", AssetClass.OTHER) not in AssetClass.values:
        errors.append(FieldError("asset_class", "invalid", f"Choose one of {', '.join(AssetClass.values)}."))
    if "country" in said and not (found := country_of(said["country"])):
        errors.append(FieldError("country", "invalid", "Write a country by its English name or its two letters, such as NL."))
    elif "country" in said:
        said["country"] = found
    if "region" in said and said["region"] not in REGIONS:
        errors.append(FieldError("region", "invalid", f"Choose one of {', '.join(REGIONS)}."))
    parts = _parts(weights, errors)
    if errors:
        raise InvalidClassification("Nothing was changed: " + " ".join(one.detail for one in errors[:5]), errors=errors[:100])
    return said, parts


def _parts(weights: Weights, errors: list[FieldError]) -> list[_Part]:
    parts: list[_Part] = []
    for dimension, rows in weights.items():
        if dimension not in Dimension.values:
            errors.append(FieldError(f"weights.{dimension}", "invalid", f"Parts are told by {', '.join(Dimension.values)}."))
            continue
        if len(rows) > MOST_PARTS:
            errors.append(
                FieldError(f"weights.{dimension}", "too_many", f"Give at most {MOST_PARTS} parts by {dimension}; the rest is unclassified.")
            )
            continue
        seen: set[str] = set()
        for number, (name, weight) in enumerate(rows):
            place = f"weights.{dimension}.{number}"
            key = _key(dimension, name)
            if not key:
                errors.append(FieldError(f"{place}.name", "invalid", _no_key(dimension, name)))
            elif key in seen:
                errors.append(FieldError(f"{place}.name", "duplicate", f"{plain_name(name)} stands there twice; add the two up."))
            if not weight.is_finite() or not 0 < weight <= 1:
                errors.append(FieldError(f"{place}.weight", "out_of_range", f"{plain_name(name)} must be more than nothing and at most the whole."))
            seen.add(key)
            parts.append((dimension, key, key if dimension in {Dimension.SECTOR, Dimension.REGION} else plain_name(name), weight))
        total = sum((weight for _, weight in rows if weight.is_finite()), Decimal(0))
        if total > 1:
            detail = f"The parts by {Dimension(dimension).label.lower()} add up to {plain((total * 100).normalize())} %; they can be 100 % at most."
            errors.append(FieldError(f"weights.{dimension}", "more_than_whole", detail))
    return parts


def _key(dimension: str, name: str) -> str:
    """What a part belongs to; empty where no list has it."""
    text = plain_name(name)
    if dimension == Dimension.SECTOR:
        return sector_of(text)
    if dimension == Dimension.COUNTRY:
        return country_of(text)
    if dimension == Dimension.REGION:
        return text if text in REGIONS else ""
    if dimension == Dimension.ASSET_CLASS:
        words = {str(label).casefold(): value for value, label in AssetClass.choices} | {value: value for value in (*AssetClass.values, CASH)}
        return words.get(text.casefold(), "")
    return text


def _no_key(dimension: str, name: str) -> str:
    if not plain_name(name):
        return "Give the part a name."
    wanted = {
        Dimension.COUNTRY: "write a country by its English name or its two letters",
        Dimension.REGION: f"choose one of {', '.join(REGIONS)}",
        Dimension.ASSET_CLASS: f"choose one of {', '.join((*AssetClass.values, CASH))}",
    }
    return f"“{name[:40]}” is not known here: {wanted[Dimension(dimension)]}."


# ── writing ─────────────────────────────────────────────────────────────────


def _say(actor: Any, instrument: Instrument, owner_id: int | None, words: Mapping[str, str], parts: Sequence[_Part]) -> Classification:
    """Writes what is said in place of what was, keeps that for undoing, and tells the audit which fields."""
    row = Classification.objects.select_for_update().filter(instrument=instrument, owner=owner_id).first()
    row = row or Classification.objects.create(instrument=instrument, owner_id=owner_id)
    before = _state(row)
    for name in FIELDS:
        setattr(row, name, words.get(name, ""))
    row.before = before
    row.save()
    row.weights.all().delete()
    FundWeight.objects.bulk_create(
        FundWeight(classification=row, dimension=dimension, key=key, name=name, weight=weight) for dimension, key, name, weight in parts
    )
    after = _state(row)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        deed = "instrument.classified" if owner_id is not None else "instrument.classified_for_everybody"
        tell(actor, deed, object_type="instrument", object_id=instrument.pk, fields=changed)
    return row


def _state(row: Classification) -> dict[str, Any]:
    """What is said, for keeping; empty for nothing."""
    said: dict[str, Any] = {name: getattr(row, name) for name in FIELDS if getattr(row, name)}
    parts = [[one.dimension, one.key, one.name, plain(one.weight)] for one in row.weights.all()]
    return said | ({"weights": parts} if parts else {})


def _keep_listing(instrument: Instrument) -> None:
    """What the instrument was listed with and no source says stays as the word of the listing, for when the administrator's goes."""
    if not (instrument.sector or instrument.country) or Classification.objects.for_everybody().filter(instrument=instrument).exists():
        return
    if not instrument.profiles.filter(sector=instrument.sector, country=instrument.country).exists():
        SourceProfile.objects.get_or_create(
            instrument=instrument,
            source=LISTING,
            defaults={
                "fetched_at": timezone.now(),
                "sector": instrument.sector,
                "industry": instrument.industry,
                "country": instrument.country,
            },
        )


def _write_through(instrument: Instrument, row: Classification) -> None:
    """Makes the administrator's words what stands; where they say nothing, the sources' do."""
    order = [LISTING, *sources_in_order(Can.PROFILES, instrument.asset_class, american=is_american(instrument)), *ENTRIES]
    profiles = sorted(_profiles(instrument), key=lambda one: (order.index(one.source) if one.source in order else len(order), one.source))
    said = [Said(one.asset_class, one.sector, one.industry, one.country, isin=one.isin) for one in profiles]
    for name, value in told(said, {name: getattr(row, name) for name in _SETTLED}).items():
        setattr(instrument, name, value)
    if row.asset_class:
        instrument.asset_class = row.asset_class
    if row.country and not row.region:
        instrument.region = region_of(row.country)
    instrument.save(update_fields=["asset_class", *_SETTLED])


def _profiles(instrument: Instrument) -> Iterable[SourceProfile]:
    found: Iterable[SourceProfile] = instrument.profiles.all()
    return found
