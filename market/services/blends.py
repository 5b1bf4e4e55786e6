"""What a person does with their blends.  Each deed leaves an audit line.

A blend that is deleted is kept aside for some days, so that it can be brought back with all that was compared with it.
Limits and names hold under a lock on the person's row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from market.choices import Rebalancing
from market.errors import BlendTaken, InvalidBlend, TooManyBlends, UnknownBenchmark
from market.models import Benchmark, BlendPart, Instrument
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import FieldError
from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolio_site.kernel.words import unwritable
from portfolio_site.web.deeds import tell

MOST_BLENDS, MOST_PARTS = 50, 20
LONGEST_BLEND_NAME = 80
KEPT_ASIDE = timedelta(days=30)
WEIGHT_PLACES = 8


@dataclass(frozen=True, slots=True)
class PartDraft:
    """A part as a person wants it.  `weight` is a fraction of the whole; None where none was given."""

    instrument: Instrument | None
    weight: Decimal | None


@transaction.atomic
def create_blend(actor: Any, *, name: str, currency: str, parts: Sequence[PartDraft], rebalancing: str = Rebalancing.MONTHLY) -> Benchmark:
    """A new blend.  Raises InvalidBlend by field and part, BlendTaken, TooManyBlends."""
    name = name.strip()
    _check(actor, name, currency, rebalancing, parts)
    taken = _locked_names(actor)
    if len(taken) >= MOST_BLENDS:
        raise TooManyBlends(f"You have {MOST_BLENDS} blends. Delete one before you add another.", most=MOST_BLENDS)
    _refuse_taken(name, taken)
    made = Benchmark.objects.create(owner=actor, name=name, currency=str(Currency(currency)), rebalancing=rebalancing)
    _write_parts(made, parts)
    tell(actor, "blend.created", object_type="benchmark", object_id=made.pk, count=len(parts))
    return made


@transaction.atomic
def change_blend(actor: Any, blend: Benchmark, *, name: str, currency: str, parts: Sequence[PartDraft], rebalancing: str) -> Benchmark:
    """Sets all of it anew.  Raises InvalidBlend by field and part, BlendTaken, UnknownBenchmark."""
    name = name.strip()
    _check(actor, name, currency, rebalancing, parts)
    taken = _locked_names(actor)
    current = _locked(actor, blend)
    taken.pop(current.pk, None)
    _refuse_taken(name, taken)
    current.name, current.currency, current.rebalancing = name, str(Currency(currency)), rebalancing
    current.save(update_fields=["name", "currency", "rebalancing"])
    _write_parts(current, parts)
    tell(actor, "blend.changed", object_type="benchmark", object_id=current.pk, count=len(parts))
    return current


@transaction.atomic
def remove_blend(actor: Any, blend: Benchmark) -> None:
    """Takes it away; what was compared with it is compared with nothing until it is brought back.  Raises UnknownBenchmark."""
    current = _locked(actor, blend)
    current.removed_at = timezone.now()
    current.save(update_fields=["removed_at"])
    tell(actor, "blend.removed", object_type="benchmark", object_id=current.pk)


@transaction.atomic
def restore_blend(actor: Any, blend: Benchmark) -> Benchmark:
    """Brings a removed blend back.  Raises BlendTaken where another has its name by now, TooManyBlends, UnknownBenchmark."""
    taken = _locked_names(actor)
    current: Benchmark | None = Benchmark.objects.select_for_update().filter(pk=blend.pk, owner=actor, removed_at__isnull=False).first()
    if current is None:
        raise UnknownBenchmark("There is no such blend to bring back.")
    if len(taken) >= MOST_BLENDS:
        raise TooManyBlends(f"You have {MOST_BLENDS} blends. Delete one before you bring another back.", most=MOST_BLENDS)
    _refuse_taken(current.name, taken)
    current.removed_at = None
    current.save(update_fields=["removed_at"])
    tell(actor, "blend.restored", object_type="benchmark", object_id=current.pk)
    return current


def sweep_blends(now: datetime) -> int:
    """Forgets what was removed more than thirty days ago; answers how many blends."""
    gone = Benchmark.objects.filter(owner__isnull=False, removed_at__lt=now - KEPT_ASIDE)
    found = list(gone.values_list("pk", flat=True))
    gone.filter(pk__in=found).delete()
    return len(found)


# ── what is refused ─────────────────────────────────────────────────────────


def _check(actor: Any, name: str, currency: str, rebalancing: str, parts: Sequence[PartDraft]) -> None:
    errors: list[FieldError] = []
    if not name or len(name) > LONGEST_BLEND_NAME:
        errors.append(FieldError("name", "invalid", f"Give the blend a name of at most {LONGEST_BLEND_NAME} characters."))
    elif said := unwritable(name):
        errors.append(FieldError("name", "invalid", said))
    try:
        Currency(currency)
    except UnknownCurrency as problem:
        errors.append(FieldError("currency", "unknown_currency", str(problem)))
    if rebalancing not in Rebalancing.values:
        errors.append(FieldError("rebalancing", "invalid", f"Use one of: {', '.join(Rebalancing.values)}."))
    if not parts or len(parts) > MOST_PARTS:
        errors.append(FieldError("parts", "count", f"A blend has one to {MOST_PARTS} parts; {len(parts)} were given."))
    counted = Counter(part.instrument.pk for part in parts if part.instrument is not None)
    for number, part in enumerate(parts):
        errors += _faults(actor, number, part, counted)
    if not errors:
        total = sum((part.weight for part in parts if part.weight is not None), Decimal(0))
        if total != 1:
            off = f"{plain(abs(1 - total) * 100)} % {'are missing' if total < 1 else 'are too much'}"
            errors.append(FieldError("parts", "sum", f"The weights add up to {plain(total * 100)} %, and must to 100 %: {off}."))
    if errors:
        raise InvalidBlend(errors[0].detail, errors=errors)


def _faults(actor: Any, number: int, part: PartDraft, counted: Counter[int]) -> list[FieldError]:
    faults = []
    seen = part.instrument
    if seen is None or seen.owner_id not in (None, actor.pk):
        faults.append(FieldError(f"parts.{number}.instrument", "not_found", "There is no such instrument. Write its symbol, name or ISIN."))
    elif counted[seen.pk] > 1:
        faults.append(FieldError(f"parts.{number}.instrument", "duplicate", f"{seen.symbol} stands here twice. Add its weights up in one part."))
    if part.weight is None or not part.weight.is_finite() or not 0 < part.weight <= 1:
        faults.append(FieldError(f"parts.{number}.weight", "out_of_range", "Give a weight above 0 % and at most 100 %."))
    elif -int(part.weight.normalize().as_tuple().exponent) > WEIGHT_PLACES:
        faults.append(
            FieldError(f"parts.{number}.weight", "too_fine", f"Give the weight with at most {WEIGHT_PLACES - 2} decimal places of a per cent.")
        )
    return faults


def _locked_names(actor: Any) -> dict[int, str]:
    """The names of the person's blends; their row is locked, so that no two requests count or name at once."""
    get_user_model()._default_manager.select_for_update().get(pk=actor.pk)
    return dict(Benchmark.objects.blends_of(actor).order_by().values_list("pk", "name"))


def _refuse_taken(name: str, taken: dict[int, str]) -> None:
    found = next((pk for pk, known in taken.items() if known.casefold() == name.casefold()), None)
    if found is not None:
        sentence = f"You have a blend called {name}. Give this one another name."
        raise BlendTaken(sentence, errors=[FieldError("name", BlendTaken.code, sentence)], benchmark=found)


def _locked(actor: Any, blend: Benchmark) -> Benchmark:
    found: Benchmark | None = Benchmark.objects.blends_of(actor).select_for_update().filter(pk=blend.pk).first()
    if found is None:
        raise UnknownBenchmark("There is no such blend of yours. It may have been deleted.")
    return found


def _write_parts(blend: Benchmark, parts: Sequence[PartDraft]) -> None:
    blend.parts.all().delete()
    BlendPart.objects.bulk_create(BlendPart(blend=blend, instrument=part.instrument, weight=part.weight) for part in parts)
