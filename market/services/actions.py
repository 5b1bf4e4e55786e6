"""Storing corporate actions as their source reports them.  What a ledger makes of one is the ledger's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction

from market.choices import ActionKind
from market.errors import InvalidActions
from market.models import CorporateAction
from market.providers.base import ActionRow
from market.services.checking import positive
from market.services.ingest import renew_versions
from market.signals import actions_changed
from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.kernel.errors import FieldError

_VALUES = ("ratio_new", "ratio_old", "amount")
_NEEDED = {ActionKind.SPLIT: ("ratio_new", "ratio_old"), ActionKind.DIVIDEND: ("amount",)}


def ingest_actions(actions: Mapping[int, Sequence[ActionRow]], source: str) -> int:
    """Stores the actions of instruments: new ones are added, changed ones replaced, equal ones left alone.

    Answers the number of rows written.  Raises InvalidActions, and stores nothing, if one cannot be right.  One query where nothing
    is new; else two more for the rows, and those of `renew_versions`: what counts dividends in is computed anew.
    """
    _check(actions)
    wanted = {pk: rows for pk, rows in actions.items() if rows}
    if not wanted:
        return 0
    with transaction.atomic(savepoint=False):
        stored = {
            (one.instrument_id, one.kind, one.ex_day): one
            for one in CorporateAction.objects.filter(instrument__in=wanted, ex_day__in={row.ex_day for rows in wanted.values() for row in rows})
        }
        new, changed = [], []
        for pk, rows in wanted.items():
            for row in rows:
                found = stored.get((pk, row.kind, row.ex_day))
                if found is None:
                    new.append(CorporateAction(instrument_id=pk, kind=row.kind, ex_day=row.ex_day, source=source, **_values(row)))
                elif _values(found) != _values(row):
                    for name, value in _values(row).items():
                        setattr(found, name, value)
                    found.source = source
                    changed.append(found)
        if new:
            CorporateAction.objects.bulk_create(new, ignore_conflicts=True)
        if changed:
            CorporateAction.objects.bulk_update(changed, [*_VALUES, "source"])
        touched = tuple(sorted({one.instrument_id for one in (*new, *changed)}))
        if touched:
            renew_versions(touched)
            transaction.on_commit(partial(actions_changed.send, CorporateAction, instrument_ids=touched))
        return len(new) + len(changed)


def _values(of: Any) -> dict[str, Any]:
    return {name: getattr(of, name) for name in _VALUES}


def _check(actions: Mapping[int, Sequence[ActionRow]]) -> None:
    errors: list[FieldError] = []
    for pk, rows in actions.items():
        seen = set()
        for row in rows:
            path = f"actions.{pk}.{row.ex_day.isoformat()}"
            if row.kind not in _NEEDED:
                errors.append(FieldError(f"{path}.kind", "invalid", f"“{str(row.kind)[:20]}” is no kind of corporate action."))
                continue
            if (row.kind, row.ex_day) in seen:
                errors.append(FieldError(f"{path}.ex_day", "duplicate", f"Two {row.kind}s of {row.ex_day.isoformat()} stand in the list."))
            seen.add((row.kind, row.ex_day))
            if row.ex_day < EARLIEST:
                errors.append(FieldError(f"{path}.ex_day", "too_early", f"{row.ex_day.isoformat()} is before {EARLIEST.year}."))
            for name in _NEEDED[ActionKind(row.kind)]:
                fault = positive(getattr(row, name), f"{path}.{name}", "number")
                errors += [fault] if isinstance(fault, FieldError) else []
    if errors:
        raise InvalidActions(f"{len(errors)} corporate actions were refused; nothing was stored. {errors[0].detail}", errors=errors[:100])
