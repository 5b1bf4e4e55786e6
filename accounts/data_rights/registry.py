"""The lists of every app's `personal.py`, gathered, and what is missing in them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from portfolio_site.web.personal import GIVEN, End, Fate, Rows, known

OURS = ("accounts", "market", "portfolios", "analytics", "alerts", "portfolio_site")


@lru_cache(maxsize=1)
def declared() -> dict[str, Rows]:
    """Every model that some app speaks of, by label in lower case."""
    found: dict[str, Rows] = {}
    for app in OURS:
        if find_spec(f"{app}.personal") is None:
            continue
        for one in import_module(f"{app}.personal").PERSONAL:
            if found.setdefault(one.label.lower(), one) is not one:
                raise ValueError(f"{one.label} is classified twice.")
    return found


@lru_cache(maxsize=1)
def hooks() -> Any:
    """What the apps do when data goes out, comes in and is erased (`data_rights.py` of each), from below to above."""
    for app in OURS:
        place = "accounts.data_rights.own" if app == "accounts" else f"{app}.data_rights"
        if find_spec(place) is not None:
            import_module(place)
    return known


def models_kept() -> Iterator[type[models.Model]]:
    """Every table of the database that has a model, but those that only join two."""
    yield from (model for model in apps.get_models() if model._meta.managed and not model._meta.proxy)


def rows_of(model: type[models.Model]) -> Rows:
    """What is said of a model.  Raises LookupError where nothing is."""
    try:
        return declared()[model._meta.label_lower]
    except KeyError:
        raise LookupError(_unnamed(model)) from None


def fields_of(model: type[models.Model]) -> list[Any]:
    """Its own columns, and the lists that it joins."""
    return [*model._meta.local_fields, *model._meta.local_many_to_many]


def fate_of(model: type[models.Model], name: str) -> Fate | None:
    return rows_of(model).fate(name)


def personal_models() -> list[tuple[type[models.Model], Rows]]:
    """The models whose rows are somebody's."""
    return [(model, rows_of(model)) for model in models_kept() if rows_of(model).about_somebody]


def belonging_to(model: type[models.Model], person: int) -> models.QuerySet[Any]:
    """The rows of one person."""
    mine = Q()
    for way in rows_of(model).person:
        mine |= Q(**{way: person})
    return model._default_manager.filter(mine) if mine else model._default_manager.none()


def problems() -> list[str]:
    """What is not classified, or is and cannot be, each with what to write where."""
    said = []
    for model in models_kept():
        if model._meta.label_lower not in declared():
            said.append(_unnamed(model))
            continue
        said += _problems_of(model, rows_of(model))
    known = {model._meta.label_lower for model in models_kept()}
    said += [
        f"{one.label} is classified in {one.label.partition('.')[0]}/personal.py, but there is no such model. Take it out."
        for label, one in declared().items()
        if label not in known and label.partition(".")[0] in OURS
    ]
    return said


def _unnamed(model: type[models.Model]) -> str:
    label, app = model._meta.label, model._meta.app_label
    place = f"{app if app in OURS else 'accounts'}/personal.py"
    names = " ".join(field.name for field in fields_of(model))
    person = next((field.name for field in model._meta.local_fields if _is_person(field)), "")
    whose = f' person="{person}",' if person else ""
    return f'{label} is not classified. Add to PERSONAL in {place}: rows("{label}", "<what the rows are>",{whose} fields={{GIVEN: "{names}"}})'


def _problems_of(model: type[models.Model], said: Rows) -> Iterator[str]:
    label, place = model._meta.label, f"{model._meta.app_label}/personal.py"
    if said.whole is not None and model._meta.app_label in OURS:
        yield f"{label}: name each field in {place}; one fate for all is for models of packages."
    names = [field.name for field in fields_of(model)]
    for field in fields_of(model):
        fate = said.fate(field.name)
        if fate is None:
            yield (
                f"{label}.{field.name} is not classified. Add {field.name} to the fields of {label} in {place}, under GIVEN (exported and erased),"
                " SECRET, DERIVED, INTERNAL, UNLINKED, or kept(reason, until)."
            )
        elif _is_person(field) and fate.end == End.KEEP and field.name not in said.person:
            yield f"{label}.{field.name} names a person and would be kept. Let it be erased with its row, or UNLINKED."
        elif fate.end == End.ANONYMISE and _is_person(field) and not field.null:
            yield f"{label}.{field.name} is UNLINKED, but the column takes no NULL."
        elif _is_person(field) and fate == GIVEN and field.name not in said.person:
            yield f"{label}.{field.name} names a person, but `person` does not: whose are the rows? Name it there, or let it be UNLINKED."
    yield from (f"{label}.{name} is classified in {place}, but the model has no such field." for name in said.fates if name not in names)


def _is_person(field: Any) -> bool:
    return field.is_relation and getattr(field.related_model, "_meta", None) is not None and field.related_model._meta.label == "accounts.User"
