"""What is frozen says so, whatever way it was made."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace
from decimal import Decimal
from typing import Any

import pytest

from portfolio_site.kernel.frozen import frozen


@frozen
class Thing:
    number: int
    name: str = "thing"


@frozen
class Priced(Thing):
    price: Decimal = Decimal(1)


THING = Priced(number=3, price=Decimal("2.5"))


def test_fields_are_given_by_name_and_have_their_defaults() -> None:
    assert (THING.number, THING.name, THING.price, type(THING)) == (3, "thing", Decimal("2.5"), Priced)
    assert [one.name for one in fields(Priced)] == ["number", "name", "price"]
    with pytest.raises(TypeError, match="'number'"):
        Priced()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Priced(3)  # type: ignore[misc]


@pytest.mark.parametrize("made", [THING, replace(THING, number=3), copy.deepcopy(THING), pickle.loads(pickle.dumps(THING))])
def test_nothing_is_set_or_taken_away_afterwards(made: Any) -> None:
    assert (made, hash(made), type(made)) == (THING, hash(THING), Priced)
    with pytest.raises(FrozenInstanceError):
        made.number = 4
    with pytest.raises(FrozenInstanceError):
        del made.number
    with pytest.raises((AttributeError, TypeError)):
        made.other = 4
    assert made.number == 3


def test_a_field_that_is_more_than_a_value_is_refused() -> None:
    with pytest.raises(TypeError, match="use a dataclass"):

        @frozen
        class Listed:
            names: list[str] = field(default_factory=list)


def test_what_is_made_of_it_and_is_not_frozen_cannot_be_made() -> None:
    class Loose(Priced):
        __slots__ = ()

    with pytest.raises(TypeError, match="Loose is not `frozen`"):
        Loose(number=1)
