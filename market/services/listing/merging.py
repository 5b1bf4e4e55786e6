"""Two of everybody's instruments that turn out to be one.

What hangs on the one that goes moves to the one that stays, in whatever app it is: prices, names at sources, lists that people watch,
benchmarks, alerts, corporate actions and the entries of ledgers.  Where both have the same thing (a price of the same day) that of the
one that stays is kept.  Apps that recorded something take part by `recorded.Recorder`, in the same transaction: they refuse what would
not be true any more, and bring in line what follows from their rows (docs/decisions/0006).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from market.errors import CannotMerge, UnknownInstrument
from market.models import BlendPart, CorporateAction, Instrument, PriceColumn
from market.selectors.quote_cache import forget_quotes
from market.services.ingest import rebuild_columns
from market.services.listing.journal import Journal
from market.services.listing.recorded import Progress, recorders
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.deeds import tell

_DESCRIBED = ("isin", "exchange", "sector", "industry", "country", "region")
_NEAR = timedelta(days=4)  # two sources may date one action so far apart; what is paid each week is not the same


def _nothing(done: int, of: int) -> None:
    """Nobody looks at the progress."""


@transaction.atomic
def merge_instruments(
    actor: Any, stays: Instrument, goes: Instrument, *, progress: Progress = _nothing, journal: Journal | None = None
) -> Instrument:
    """Makes two instruments one; answers the one that stays.  Raises UnknownInstrument, and CannotMerge with what to do.

    journal  is told all that is done, so that it can be taken back (`parting.py`)
    """
    journal = Journal() if journal is None else journal
    parts = recorders(actor, stays.pk, goes.pk, progress)
    for part in parts:
        part.lock()
    kept, gone = _locked(stays.pk, goes.pk)
    same = _same_actions(kept, gone)
    for part in parts:
        part.prepare(same)
    journal.remove(CorporateAction, same)
    PriceColumn.objects.filter(pk=gone.pk).delete()
    journal.weights = _add_up_weights(kept.pk, gone.pk)
    journal.move(kept.pk, gone.pk, {model for part in parts for model in part.rebuilt})
    for part in parts:
        part.finish()
        journal.parts[part.name] = part.memory
    journal.instrument = dict(Instrument.objects.values().get(pk=gone.pk))
    described = journal.described = [name for name in _DESCRIBED if not getattr(kept, name) and getattr(gone, name)]
    for name in described:
        setattr(kept, name, getattr(gone, name))
    gone.delete()
    kept.save(update_fields=described or ["name"])
    rebuild_columns([kept.pk])
    transaction.on_commit(lambda: forget_quotes([kept.symbol, gone.symbol]))
    tell(actor, "instrument.merged", object_type="instrument", object_id=kept.pk, gone=goes.pk)
    return kept


def _locked(stays: int, goes: int) -> tuple[Instrument, Instrument]:
    """Both rows, which nobody else can name in a new row until the merge is over."""
    rows: dict[int, Instrument] = {one.pk: one for one in Instrument.objects.select_for_update().filter(pk__in=(stays, goes)).order_by("pk")}
    if rows.keys() != {stays, goes} or stays == goes:
        raise UnknownInstrument("Choose two different instruments, both everybody's.")
    kept, gone = rows[stays], rows[goes]
    for one in (kept, gone):
        if one.owner_id is not None:
            raise UnknownInstrument(f"{one.symbol} is a person's own, which only that person can change. Choose two instruments, both everybody's.")
    if kept.currency != gone.currency:
        raise CannotMerge(
            f"{gone.symbol} is priced in {gone.currency} and {kept.symbol} in {kept.currency}: they are two listings. Leave them apart; "
            "where one of the currencies is wrong, correct it first."
        )
    if kept.price_factor != gone.price_factor:
        raise CannotMerge(
            f"For a price of 1, a unit of {gone.symbol} is worth {gone.price_factor.normalize():f} and one of {kept.symbol} "
            f"{kept.price_factor.normalize():f}: their prices do not mean the same. Correct the price factor that is wrong first."
        )
    return kept, gone


def _same_actions(kept: Instrument, gone: Instrument) -> dict[int, int]:
    """Actions of the one that goes, with the action of the one that stays that each is: of one day, or as much some days apart."""
    free = list(CorporateAction.objects.filter(instrument=kept))
    found: dict[int, int] = {}
    leaving = list(CorporateAction.objects.filter(instrument=gone).order_by("ex_day"))
    for apart in (timedelta(0), _NEAR):
        for one in (one for one in leaving if one.pk not in found):
            twins = [other for other in free if other.kind == one.kind and abs(other.ex_day - one.ex_day) <= apart]
            twins = [other for other in twins if other.ex_day == one.ex_day or _as_much(one, other)]
            if twins:
                nearest = min(twins, key=lambda other, day=one.ex_day: abs(other.ex_day - day))  # type: ignore[misc]
                free.remove(nearest)
                found[one.pk] = nearest.pk
    return found


def _as_much(one: CorporateAction, other: CorporateAction) -> bool:
    if None in (one.ratio_new, one.ratio_old, other.ratio_new, other.ratio_old):
        return bool(one.amount == other.amount)
    return bool(one.ratio_new * other.ratio_old == other.ratio_new * one.ratio_old)


def _add_up_weights(kept: int, gone: int) -> list[tuple[int, str, str]]:
    """Where both have a part in one blend, the one that stays gets both weights: they still add up to 1.  For the journal."""
    leaving = dict(BlendPart.objects.filter(instrument=gone, blend__parts__instrument=kept).values_list("blend", "weight"))
    staying = list(BlendPart.objects.filter(instrument=kept, blend__in=leaving))
    for part in staying:
        part.weight += leaving[part.blend_id]
    BlendPart.objects.bulk_update(staying, ["weight"])
    return [(part.pk, plain(leaving[part.blend_id]), plain(part.weight)) for part in staying]
