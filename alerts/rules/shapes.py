"""What a rule is made of: its kind with the fields a person fills in, how it stands, and what is seen of what it watches.

Fractions, never percent: 0.05 is 5 %.  Prices and money are exact; figures of the engine are floats.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import plain

Number = Decimal | float
Values = Mapping[str, Any]  # the fields of one rule, read (reading.py)


class Watch(enum.StrEnum):
    """What a rule looks at."""

    INSTRUMENT = "instrument"
    PORTFOLIO = "portfolio"
    ALL = "all"  # all portfolios of the person


class Cause(enum.StrEnum):
    """What makes it worth a look."""

    QUOTES = "a price arrives"
    LEDGER = "an entry is recorded"
    DAY = "a day begins"
    NIGHT = "the night finds an unusual day"
    NEWS = "news is stored"
    ACTIONS = "the market reports a dividend"
    IMPORT = "an import fails"


class FieldType(enum.StrEnum):
    PRICE = "price"  # as the instrument is quoted
    MONEY = "money"  # in the currency of the portfolio
    PERCENT = "percent"  # kept as a fraction
    COUNT = "count"  # a whole number
    CHOICE = "choice"
    TEXT = "text"
    MONTH_DAY = "month_day"  # 04-06: the sixth of April
    TARGETS = "targets"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a person sets.

    help      what it means, in a sentence for people
    default   in the form, and where a program leaves it out; None: it must be given
    least, most  of a number; of a text `most` is its length
    """

    name: str
    label: str
    type: FieldType
    help: str = ""
    default: Any = None
    least: Number | int | None = None
    most: Number | int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a part of the whole should weigh, and how far off it may be: fractions of the whole."""

    name: str
    weight: Decimal
    band: Decimal


@dataclass(frozen=True, slots=True)
class Subject:
    """What is watched, as sentences call it.  `unit`: what its prices or its worth are in, a currency, or "%" of par."""

    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """What is seen of it: one number, or why there is none.

    before  the number before, for the sentence; None where none is known
    named   what else the sentence names: holdings, days, parts
    """

    value: Number | None
    why_not: str = ""
    before: Number | None = None
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened once.  `key` tells it from all others of its kind.

    name, text  what it is of and what it says; `amount` in `unit`; instrument: its number where it is about one
    """

    key: str
    name: str
    day: date
    text: str = ""
    amount: Decimal | None = None
    unit: str = ""
    instrument: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How often it tells.

    margin     how far back the number must have been before it tells again, a fraction of the threshold
    cool_down  from one time to the next, at least
    """

    margin: Decimal
    cool_down: timedelta


@dataclass(frozen=True, slots=True)
class State:
    """How a rule stands.

    armed      false after it fired, until the number has been back and the cool-down has passed
    came_back  while unarmed: whether the number has been back by the margin
    side       of a rule on crossing: where the number was told last, 1 above, -1 below, 0 nowhere yet
    """

    armed: bool = True
    came_back: bool = False
    fired_at: datetime | None = None
    side: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """How a rule stands after a look, and whether it fires."""

    state: State
    fires: bool


def _plain_percent(value: Number) -> str:
    return f"{plain(Decimal(str(value)) * 100)} %"


@dataclass(frozen=True, slots=True)
class Words:
    """How numbers read for the person; as here where no locale is known."""

    price: Callable[[Number, str], str] = lambda amount, unit: f"{plain(Decimal(str(amount)))} {unit}"
    money: Callable[[Number, str], str] = lambda amount, unit: f"{plain(Decimal(str(amount)))} {unit}"
    percent: Callable[[Number], str] = _plain_percent
    day: Callable[[date], str] = date.isoformat


PLAIN = Words()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rule: what it may watch, what a person sets, when it is looked at, what it says.

    condition  what it waits for, after "Tells you when": "rises to $100.00"
    measure    of a number: it holds where the first of the two is at the second or past it; None for what happens, or crosses
    say        the sentence of a number that is past its threshold
    tell       the sentence of what happened
    margin     how far back a number must have been, where the person says nothing
    """

    name: str
    label: str
    group: str
    watches: frozenset[Watch]
    causes: frozenset[Cause]
    fields: tuple[Field, ...]
    help: str
    condition: Callable[[Values, Subject, Words], str]
    measure: Callable[[Values, Number], tuple[Number, Number]] | None = None
    say: Callable[[Values, Level, Subject, Words], str] | None = None
    tell: Callable[[Values, Happening, Subject, Words], str] | None = None
    crosses: bool = False
    margin: Decimal = Decimal("0.1")
    cool_down: timedelta = timedelta(hours=1)
    why_no_past: str = ""  # why it cannot be tried on the past

    @property
    def happens(self) -> bool:
        """Whether it waits for something that happens once, where others wait for a number."""
        return self.tell is not None
