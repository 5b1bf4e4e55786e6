"""Which holdings a report is about.  docs/numbers.md: "Slices".

A slice stands in an address as conditions: `class=etf`, `not_sector=Energy`, each of them several times if wanted.  Several values of one
condition are alternatives; different conditions all hold.  An instrument is what its holder says it is; funds are not divided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from analytics.choices import By
from analytics.selectors.value import DIMENSIONS, as_its_row_says
from portfolio_site.kernel.errors import FieldError
from portfolios.models import Portfolio
from portfolios.selectors import InstrumentView, instruments_ever, tagged_instruments, under_slice
from portfolios.tags import LONGEST_TAG

NOT = "not_"
UNCLASSIFIED = "unclassified"  # in an address, what nobody told
MOST_VALUES = 50


class Field(StrEnum):
    """What a condition can be on, by its name in an address."""

    HOLDING = "holding"
    CLASS = "class"
    SECTOR = "sector"
    COUNTRY = "country"
    REGION = "region"
    CURRENCY = "quoted_in"
    TAG = "tag"

    @property
    def label(self) -> str:
        return "Quoted in" if self is Field.CURRENCY else self.value.capitalize()


BY = {Field.CLASS: By.CLASS, Field.SECTOR: By.SECTOR, Field.COUNTRY: By.COUNTRY, Field.REGION: By.REGION}


class Given(Protocol):
    """The conditions of an address: a QueryDict."""

    def getlist(self, key: str) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """`field` is one of `values`, or is none of them."""

    field: Field
    values: tuple[str, ...]
    excluded: bool

    @property
    def parameter(self) -> str:
        return f"{NOT if self.excluded else ''}{self.field}"


@dataclass(frozen=True, slots=True)
class Value:
    """One value that a field has in the ledgers, with its name for people."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Conditions, what fits them, and what could be chosen.

    conditions   none: everything, with cash
    instruments  what fits
    every        everything that stands in the ledgers
    """

    conditions: tuple[Condition, ...]
    instruments: frozenset[int]
    every: tuple[InstrumentView, ...]

    def portfolios(self, portfolios: Sequence[Portfolio]) -> list[Portfolio]:
        """The portfolios as they are told under it."""
        return under_slice(portfolios, self.instruments) if self.conditions else list(portfolios)

    def said(self, condition: Condition) -> str:
        """ "Class is ETF or Fund"."""
        names = {one.key: one.name for one in values_of(self.every, condition.field)}
        listed = [names.get(value, value) for value in condition.values]
        return f"{condition.field.label} {'is not' if condition.excluded else 'is'} {' or '.join(listed)}"


def conditions_of(given: Given) -> tuple[tuple[Condition, ...], list[FieldError]]:
    """What an address asks for, and what of it cannot be used."""
    found, errors = [], []
    for field in Field:
        for excluded in (False, True):
            name = f"{NOT if excluded else ''}{field}"
            values = tuple(dict.fromkeys(text for one in given.getlist(name) if (text := str(one).strip())))
            if not values:
                continue
            if why := _fault(field, values):
                errors.append(FieldError(name, "invalid", why))
            else:
                found.append(Condition(field, values, excluded))
    return tuple(found), errors


def _fault(field: Field, values: Sequence[str]) -> str:
    if len(values) > MOST_VALUES:
        return f"At most {MOST_VALUES} values at once."
    if field is Field.HOLDING and not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in values):
        return "Give the number of an instrument, as in the list of holdings."
    if any(len(one) > max(LONGEST_TAG, 100) or "\x00" in one for one in values):
        return "No such value is longer than 100 letters."
    return ""


def slice_of(portfolios: Sequence[Portfolio], conditions: Iterable[Condition]) -> Slice:
    """What of the ledgers fits.  No query without a condition, else two, and one for each tag."""
    asked = tuple(conditions)
    if not asked or not portfolios:
        return Slice(asked, frozenset(), ())
    every = instruments_ever(portfolios)
    found = frozenset(one.id for one in every)
    for condition in asked:
        fits = _fitting(portfolios, every, condition)
        found = found - fits if condition.excluded else found & fits
    return Slice(asked, found, every)


def _fitting(portfolios: Sequence[Portfolio], every: Sequence[InstrumentView], condition: Condition) -> frozenset[int]:
    if condition.field is Field.TAG:
        return frozenset[int]().union(*(tagged_instruments(portfolios, tag) for tag in condition.values))
    wanted = {value.casefold() for value in condition.values}
    return frozenset(one.id for one in every if value_of_field(one, condition.field).key.casefold() in wanted)


def value_of_field(one: InstrumentView, field: Field) -> Value:
    """What an instrument is in one respect."""
    if field is Field.HOLDING:
        return Value(str(one.id), one.name)
    if field is Field.CURRENCY:
        return Value(one.currency, one.currency)
    part = as_its_row_says(one).parts(DIMENSIONS[BY[field]])[0]
    return Value(part.key or UNCLASSIFIED, part.name)


def values_of(every: Iterable[InstrumentView], field: Field) -> tuple[Value, ...]:
    """The values that instruments have, by name; what is unclassified last.  None for tags, which are sealed with their entries."""
    if field is Field.TAG:
        return ()
    found = {value_of_field(one, field) for one in every}
    return tuple(sorted(found, key=lambda one: (one.key == UNCLASSIFIED, one.name.casefold())))


def offered(every: Sequence[InstrumentView]) -> Mapping[Field, tuple[Value, ...]]:
    """What can be chosen: fields of which there is more than one value."""
    return {field: values for field in Field if len(values := values_of(every, field)) > 1}
