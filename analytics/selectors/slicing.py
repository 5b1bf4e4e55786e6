"""Which holdings a report is about.  docs/numbers.md: "Slices".

A slice stands in an address as conditions: `class=etf`, `sector=not:Energy`, each of them several times if wanted.  Several values of one
field are alternatives, those with `not:` are all left out; different fields all hold.  An instrument is what its holder says it is; funds are
not divided.
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

NOT = "not:"  # before a value that is left out
UNCLASSIFIED = "unclassified"  # in an address, what nobody told
MOST_VALUES = 50
LONGEST = 100


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
    def texts(self) -> tuple[str, ...]:
        """The values as they stand in the address."""
        return tuple(f"{NOT if self.excluded else ''}{value}" for value in self.values)


@dataclass(frozen=True, slots=True)
class Value:
    """One value that a field has in the ledgers, with its name for people."""

    key: str
    name: str

    @property
    def negated(self) -> str:
        return f"{NOT}{self.key}"


@dataclass(frozen=True, slots=True)
class Said:
    """A condition in words: "Class is", "ETF or Fund"; and its texts in the address."""

    field: Field
    name: str
    value: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subset:
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

    def said(self) -> tuple[Said, ...]:
        """The conditions in words."""
        return tuple(
            Said(one.field, f"{one.field.label} {'is not' if one.excluded else 'is'}", " or ".join(self._names(one)), one.texts)
            for one in self.conditions
        )

    def _names(self, condition: Condition) -> list[str]:
        known = {one.key.casefold(): one.name for one in values_of(self.every, condition.field)}
        return [known.get(value.casefold(), value) for value in condition.values]


def conditions_of(given: Given) -> tuple[tuple[Condition, ...], list[FieldError]]:
    """What an address asks for, and what of it cannot be used."""
    found, errors = [], []
    for field in Field:
        texts = dict.fromkeys(text for one in given.getlist(field) if (text := str(one).strip()))
        wanted, unwanted = [text for text in texts if not text.startswith(NOT)], [text[len(NOT) :].strip() for text in texts if text.startswith(NOT)]
        if why := _fault(field, [*wanted, *unwanted]):
            errors.append(FieldError(field, "invalid", why))
            continue
        found += [Condition(field, tuple(values), excluded) for values, excluded in ((wanted, False), (unwanted, True)) if values]
    return tuple(found), errors


def _fault(field: Field, values: Sequence[str]) -> str:
    if len(values) > MOST_VALUES:
        return f"At most {MOST_VALUES} values at once."
    if field is Field.HOLDING and not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in values):
        return "Give the number of an instrument, as in the list of holdings."
    if not all(values):
        return f"Write a value behind “{NOT}”."
    if any(len(one) > LONGEST or "\x00" in one for one in values):
        return f"No value is longer than {LONGEST} letters."
    return ""


def subset_of(portfolios: Sequence[Portfolio], conditions: Iterable[Condition]) -> Subset:
    """What of the ledgers fits.  No query without a condition, else two, and one for each tag."""
    asked = tuple(conditions)
    if not asked or not portfolios:
        return Subset(asked, frozenset(), ())
    every = instruments_ever(portfolios)
    found = frozenset(one.id for one in every)
    for condition in asked:
        fits = _fitting(portfolios, every, condition)
        found = found - fits if condition.excluded else found & fits
    return Subset(asked, found, every)


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
