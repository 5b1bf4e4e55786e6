"""Lots named in a cell of the grid: “5 of 2024-01-03; 2 of 3 Feb 2024 #2”, or as a refusal of the ledger lists them.

Each part says the units and the day of a lot; “#2” says which of several of one day, in the order of the entry form.  One part may
be a day alone: that lot gives what the others leave of the sale.  Lots are those open on the day of the sale, and those that
rows of the same grid bring.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError

from portfolio_site.kernel.decimals import plain
from portfolio_site.web import times
from portfolio_site.web.fields import ExactFormField
from portfolios.choices import POOLING, TransactionKind
from portfolios.importers.base import CellProblem
from portfolios.importers.reading import read_moment
from portfolios.kinds import RULES
from portfolios.ledger.events import LotChoice
from portfolios.models import Portfolio
from portfolios.selectors import lots_open_on

ZERO = Decimal(0)
MOST_PARTS, MOST_TOLD = 200, 8
_PLACE = r"(?:\s*,?\s*(?:#|number\s)\s*(?P<nth>\d{1,6}))?"
_UNITS_FIRST = re.compile(rf"(?:(?P<units>[^@]+?)\s*(?:units?\s+)?(?:\bof\b|@)\s*)?(?P<day>[^#]+?){_PLACE}", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"of\s+(?P<day>[^#(]+?){_PLACE}\s*\((?P<units>[^)]+?)\s+units?(?:,[^)]*)?\)", re.IGNORECASE)
_BRINGS = frozenset(
    {TransactionKind.BUY, TransactionKind.BUY_TO_COVER, TransactionKind.RIGHTS, TransactionKind.TRANSFER_IN, TransactionKind.STAKING_REWARD,
     TransactionKind.AIRDROP, TransactionKind.ADJUSTMENT}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Naming:
    """What one row says of itself: `place` among the rows that are filled, `day_first` as the person writes days."""

    place: int
    text: str
    values: Mapping[str, Any]
    refuse: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Part:
    """One lot as it is written; `units` None: what the others leave."""

    units: Decimal | None
    day: date
    nth: int | None


@dataclass(frozen=True, slots=True)
class _Known:
    """A lot that may be meant; `choice` names it, with the units that are taken."""

    day: date
    quantity: Decimal
    choice: Callable[[Decimal], LotChoice]


def name_lots(
    portfolio: Portfolio, rows: Sequence[Naming], every: Sequence[Mapping[str, Any]], *, day_first: bool
) -> dict[int, tuple[LotChoice, ...]]:
    """The lots that the rows name, by the place of the row; a row whose lots are not understood says why.

    every  the values of all rows of the grid, in their places: what they buy can be named as well
    Three queries at most, however many rows; none where no lots are named.
    """
    asked = [row for row in rows if _may_name(portfolio, row)]
    wanted = {(row.values["instrument"].pk, row.values["traded_on"]) for row in asked}
    opened = lots_open_on(portfolio, wanted) if wanted else {}
    brought = _brought(every)
    found = {}
    for row in asked:
        instrument = row.values["instrument"]
        known = [_Known(one.lot.opened_on, one.lot.quantity, one.choice) for one in opened[instrument.pk, row.values["traded_on"]]]
        try:
            found[row.place] = tuple(_chosen(row, known + brought.get(instrument.pk, []), day_first))
        except CellProblem as problem:
            row.refuse(problem.detail)
    return found


def _may_name(portfolio: Portfolio, row: Naming) -> bool:
    """Whether the row has all that is needed to look for its lots; it says so where its kind, or the portfolio, has none."""
    rule = RULES.get(row.values["kind"])
    if rule is not None and not rule.lots:
        label = str(TransactionKind(row.values["kind"]).label).lower()
        row.refuse(f"Lots are named on a sale, or on units that are transferred out. A {label} names none: leave this empty.")
        return False
    if portfolio.cost_method in POOLING:
        row.refuse("The cost method of this portfolio keeps no lots apart. Leave this empty, or change the method of the portfolio.")
        return False
    return rule is not None and row.values["instrument"] is not None and row.values["traded_on"] is not None and bool(row.values["quantity"])


def _brought(every: Sequence[Mapping[str, Any]]) -> dict[int, list[_Known]]:
    """The lots that rows of the grid bring, by instrument: they have no number yet, and are named by their place, −1 the first."""
    found: dict[int, list[_Known]] = {}
    for place, values in enumerate(every):
        instrument, quantity = values["instrument"], values.get("quantity")
        if values["kind"] in _BRINGS and instrument is not None and values["traded_on"] is not None and quantity and quantity > 0:
            found.setdefault(instrument.pk, []).append(_Known(values["traded_on"], quantity, partial(LotChoice, -(place + 1))))
    return found


def _chosen(row: Naming, known: Sequence[_Known], day_first: bool) -> Iterable[LotChoice]:
    parts = [_read(text.strip(), day_first) for text in re.split(r"[;\n]", row.text)[:MOST_PARTS] if text.strip()]
    if sum(part.units is None for part in parts) > 1:
        raise CellProblem("lots", "Only one lot may be a day alone. Write the units of the others, such as 5 of 2024-01-03.")
    rest = row.values["quantity"] - sum((part.units for part in parts if part.units is not None), ZERO)
    for part in parts:
        units = rest if part.units is None else part.units
        if part.units is not None and units <= 0:
            raise CellProblem("lots", f"Write units above zero for the lot of {times.day(part.day)}.")
        if units <= 0:
            raise CellProblem("lots", f"Nothing is left of the {plain(row.values['quantity'])} units for the lot of {times.day(part.day)}.")
        yield _meant(part, known).choice(units)


def _read(text: str, day_first: bool) -> _Part:
    match = _DAY_FIRST.fullmatch(text) or _UNITS_FIRST.fullmatch(text)
    try:
        day = read_moment(match["day"] if match else text, day_first).day
        units = ExactFormField(required=False).clean(match["units"].strip()) if match and match["units"] else None
    except CellProblem as problem:
        raise CellProblem("lots", f"{problem.detail} Name lots by units and day, such as 5 of 2024-01-03; 2 of 2024-02-01.") from None
    except ValidationError as problem:
        raise CellProblem("lots", f"“{text[:40]}”: {' '.join(problem.messages)}") from None
    return _Part(units, day, int(match["nth"]) if match and match["nth"] else None)


def _meant(part: _Part, known: Sequence[_Known]) -> _Known:
    """The one lot of its day, or the one of that number.  Raises CellProblem with those that there are."""
    fitting = [one for one in known if one.day == part.day]
    if not fitting:
        days = list(dict.fromkeys(times.day(one.day) for one in known))
        others = (
            f"Those that are open then are of {', '.join(days[:MOST_TOLD])}{' and others' if len(days) > MOST_TOLD else ''}." if days else "None is."
        )
        raise CellProblem("lots", f"No lot of {times.day(part.day)} is open on the day of this entry. {others}")
    if part.nth is None and len(fitting) == 1:
        return fitting[0]
    if part.nth is None or not 1 <= part.nth <= len(fitting):
        listed = ", ".join(f"#{number} ({plain(one.quantity)} units)" for number, one in enumerate(fitting[:MOST_TOLD], start=1))
        raise CellProblem("lots", f"There {'is one lot' if len(fitting) == 1 else 'are several lots'} of {times.day(part.day)}: {listed}. Say which.")
    return fitting[part.nth - 1]
