"""Telling the audit of a deed from an app that may not know it, and what each deed is called where a person reads of it.

`market` and `accounts` do not know each other, yet what a person does in one is audited in the other.  The deed is told inside
the transaction that does it, and heard there too: either both are stored or neither.

Each app says what its deeds are called (`describe`), and what the things that they touch are called now (`names`), in a module
`deeds.py` that its configuration imports: the log of an account shows them without knowing the app.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.dispatch import Signal

done = Signal()  # actor, action: str, object_type: str, object_id: str, data: dict; never amounts or names


def tell(actor: Any, action: str, *, object_type: str = "", object_id: object = "", **data: object) -> None:
    """Says that `actor` did something to their own data.  What the listener raises ends the transaction."""
    done.send(type(actor), actor=actor, action=action, object_type=object_type, object_id=str(object_id), data=data)


# ── what deeds are called ───────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Deed:
    """What a deed is called, and the group that it is found under in the log of an account."""

    words: str
    group: str


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that was touched, as it is called now, and the page that shows it ("" where there is none)."""

    name: str
    url: str = ""


Owner = Callable[[Any], int | None]  # the number of a thing → the person whose it is; None where there is no such thing
Namer = Callable[[Any, Collection[int]], Mapping[int, Named]]  # the person, the numbers of things → those that the person may see

known: dict[str, Deed] = {}  # by action
_namers: dict[str, Namer] = {}  # by type of thing
_owners: dict[str, Owner] = {}  # by type of thing


def describe(group: str, words: Mapping[str, str]) -> None:
    """Says what actions are called, under one group of the log."""
    known.update({action: Deed(text, group) for action, text in words.items()})


def names(object_type: str) -> Callable[[Namer], Namer]:
    """Decorator of the function that names the things of one type.  One query."""

    def kept(namer: Namer) -> Namer:
        _namers[object_type] = namer
        return namer

    return kept


def named(user: Any, wanted: Mapping[str, Collection[int]]) -> dict[tuple[str, int], Named]:
    """What things are called, by type and number.  One query for each type that is named at all."""
    return {
        (object_type, number): one
        for object_type, numbers in wanted.items()
        if numbers and object_type in _namers
        for number, one in _namers[object_type](user, numbers).items()
    }


def owned(object_type: str) -> Callable[[Owner], Owner]:
    """Decorator of the function that tells whose a thing of one type is.  One query."""

    def kept(owner: Owner) -> Owner:
        _owners[object_type] = owner
        return owner

    return kept


def owned_in(object_type: str, model: type[Model], column: str = "owner_id") -> None:
    """Says that the rows of `model` are the things of one type, and that `column` names whose each is."""
    owned(object_type)(lambda number: model._default_manager.filter(pk=number).values_list(column, flat=True).first())


def owner_of(object_type: str, number: int | str) -> int | None:
    """Whose a thing is; None where there is none, or nobody told of its type."""
    return _owners[object_type](number) if object_type in _owners else None
