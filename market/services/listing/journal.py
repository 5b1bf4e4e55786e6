"""What a merge does to rows that name an instrument, written down so that it can be taken back: which moved, and those that went.

A row that went is kept word for word; brought back it has its own key again, where what it hangs on is still there and nothing has
taken its place.  Rows that others make anew (`Recorder.rebuilt`) are moved and not written down.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from market.models import Instrument

_AT_ONCE = 5_000


@dataclass(slots=True)
class Journal:
    """One merge.

    instrument  the one that went, field by field
    described   fields of the one that stays that were filled from it
    moved       model, foreign key, keys of the rows
    removed     model, rows; what hangs on a row comes after it
    weights     parts of blends to which a weight was added: key, what was added, what it came to
    parts       what the apps above remember, by the name of their part
    """

    instrument: dict[str, Any] = field(default_factory=dict)
    described: list[str] = field(default_factory=list)
    moved: list[tuple[str, str, list[int]]] = field(default_factory=list)
    removed: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)
    weights: list[tuple[int, str, str]] = field(default_factory=list)
    parts: dict[str, Any] = field(default_factory=dict)

    def packed(self) -> bytes:
        return zlib.compress(json.dumps(asdict(self), default=_text).encode())

    @classmethod
    def unpacked(cls, stored: bytes) -> Journal:
        return cls(**json.loads(zlib.decompress(stored)))

    def keys(self, model: type[models.Model], name: str) -> list[int]:
        """Of the rows of a model whose foreign key moved."""
        return [pk for label, moved, pks in self.moved if (label, moved) == (model._meta.label, name) for pk in pks]

    # ── there ───────────────────────────────────────────────────────────────

    def move(self, kept: int, gone: int, rebuilt: Collection[type[models.Model]]) -> None:
        """All rows that name the one that goes, without those that would stand there twice."""
        for relation in _relations():
            model, name = relation.related_model, relation.field.name
            rows = model._default_manager.filter(**{name: gone})
            doubled: set[int] = set()
            for others, condition in _unique_with(model, relation.field):
                twin = model._default_manager.filter(condition, **{name: kept}, **{other: OuterRef(other) for other in others})
                doubled.update(rows.filter(condition).filter(Exists(twin)).values_list("pk", flat=True))
            if model in rebuilt:
                model._default_manager.filter(pk__in=doubled).delete()
            else:
                self.remove(model, doubled)
                pks = sorted(rows.values_list("pk", flat=True))
                if pks:
                    self.moved.append((model._meta.label, name, [kept] if relation.field.primary_key else pks))
            rows.update(**{name: kept})

    def remove(self, model: type[models.Model], pks: Collection[int]) -> None:
        """Deletes rows with what hangs on them, and keeps them here."""
        self._keep(model, sorted(pks))
        for some in _parts(sorted(pks)):
            model._default_manager.filter(pk__in=some).delete()

    def _keep(self, model: type[models.Model], pks: Sequence[int]) -> None:
        for some in _parts(pks):
            self.removed.append((model._meta.label, list(model._base_manager.filter(pk__in=some).values())))
            for child in model._meta.get_fields(include_hidden=True):
                if (child.one_to_many or child.one_to_one) and child.auto_created and child.on_delete is models.CASCADE:  # type: ignore[union-attr]
                    below: Any = child.related_model
                    self._keep(below, sorted(below._base_manager.filter(**{f"{child.field.name}__in": some}).values_list("pk", flat=True)))  # type: ignore[union-attr]

    # ── and back ────────────────────────────────────────────────────────────

    def bring_back(self, kept: int) -> Instrument:
        """The one that went, and with it every row that is still there, or can be put there again."""
        values = dict(self.instrument)
        gone: Instrument = _row(Instrument, values)
        gone.save(force_insert=True)
        Instrument.objects.filter(pk=gone.pk).update(created_at=gone._meta.get_field("created_at").to_python(values["created_at"]))
        for label, name, pks in self.moved:
            manager = apps.get_model(label)._base_manager
            for some in _parts(pks):
                manager.filter(pk__in=some, **{name: kept}).update(**{name: gone.pk})
        for label, rows in self.removed:
            put_back(apps.get_model(label), rows)
        return gone


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _parts(pks: Sequence[int]) -> Iterator[Sequence[int]]:
    return (pks[start : start + _AT_ONCE] for start in range(0, len(pks), _AT_ONCE))


def _row(model: type[models.Model], values: dict[str, Any]) -> Any:
    return model(**{one.attname: one.to_python(values[one.attname]) for one in model._meta.concrete_fields if one.attname in values})


def put_back(model: type[models.Model], rows: list[dict[str, Any]]) -> None:
    """Rows under the keys that they had, word for word: those whose place is free, and what they hang on there."""
    for key in (one for one in model._meta.concrete_fields if isinstance(one, models.ForeignKey)):
        wanted = {row[key.attname] for row in rows} - {None}
        gone = wanted - set(key.related_model._base_manager.filter(pk__in=wanted).values_list("pk", flat=True))
        if key.remote_field.on_delete is models.SET_NULL:
            rows = [{**row, key.attname: None} if row[key.attname] in gone else row for row in rows]
        else:
            rows = [row for row in rows if row[key.attname] not in gone]
    model._base_manager.bulk_create([_row(model, row) for row in rows], ignore_conflicts=True, batch_size=500)
    stamped = [one.name for one in model._meta.concrete_fields if getattr(one, "auto_now_add", False)]
    if stamped and rows:
        model._base_manager.bulk_update([_row(model, row) for row in rows], stamped, batch_size=500)


def _relations() -> list[Any]:
    """Every foreign key that leads to an instrument, those of through tables too."""
    return [one for one in Instrument._meta.get_fields(include_hidden=True) if (one.one_to_many or one.one_to_one) and one.auto_created]


def _unique_with(model: type[models.Model], key: Any) -> list[tuple[list[str], Q]]:
    """The other fields of each uniqueness that the foreign key has a part in, with the condition under which it holds."""
    found: list[tuple[list[str], Q]] = [([], Q())] if key.unique else []
    for one in model._meta.constraints:
        if isinstance(one, models.UniqueConstraint) and key.name in one.fields:
            found.append(([name for name in one.fields if name != key.name], one.condition or Q()))
    return found
