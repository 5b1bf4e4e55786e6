"""A statement as lines of text: symbol or ISIN and units, or a currency and its balance.  Pasted, or uploaded as CSV.

Files are read as imports read them (`importers.reading`): encoding, separator and decimal mark are recognised, never guessed from one
cell.  A header names the columns; without one, the first number of a line is what is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from market.models import Instrument
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolio_site.kernel.money import CURRENCIES
from portfolios.importers import InstrumentHint
from portfolios.importers.base import CellProblem, Unreadable
from portfolios.importers.generic_names import ALIASES
from portfolios.importers.reading import Decimals, Row, decimal_evidence, decode, normal, read_number, records_of, sniff_delimiter
from portfolios.imports.instruments import Matcher

Read = TypeVar("Read")
MOST_ROWS = 5000
MOST_ERRORS = 100
ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]", re.ASCII)
_NUMBERS = (*ALIASES["quantity"], *ALIASES["amount"], "balance", "position", "saldo", "bestand", "holding")
_CASH_WORDS = ("", "cash", "bargeld", "liquidität", "guthaben", "liquidités", "contanten")
_CASH = re.compile(rf"(?:{'|'.join(_CASH_WORDS)})[\s:\-]*([A-Z]{{3}})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a statement says."""

    positions: tuple[tuple[Instrument, Decimal], ...]
    cash: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where things stand in a line; None: anywhere."""

    number: int | None = None
    isin: int | None = None
    symbol: int | None = None
    currency: int | None = None


def read_statement(user: Any, content: bytes | str, held: Iterable[Instrument] = ()) -> Stated:
    """What the lines say.  Raises Invalid that names every line that is not understood, as `lines.<row>`; Unreadable for a file that is no text.

    held  instruments that a symbol or ISIN means before any other
    """
    text = decode(content).content if isinstance(content, bytes) else content
    rows = _rows(text)
    columns, body = _header(rows)
    style = decimal_evidence(cell for row in body for cell in _number_cells(row, columns)).style or Decimals.POINT
    names = [_name(row, columns) for row in body]
    known = _Known(user, held, names)
    errors: list[FieldError] = []
    positions: list[tuple[Instrument, Decimal]] = []
    cash: dict[str, Decimal] = {}
    for row, (symbol, isin) in zip(body, names, strict=True):
        amount, wrong = _or_problem(partial(_number, row, columns, style))
        meant, unknown = _or_problem(partial(known.of, symbol, isin, _cell(row, columns.currency)))
        errors += [FieldError(f"lines.{row.number}", one.code, f"Line {row.number}: {one.detail}") for one in (wrong, unknown) if one is not None]
        if amount is None or meant is None:
            continue
        if isinstance(meant, str):
            cash[meant] = cash.get(meant, Decimal(0)) + amount
        else:
            positions.append((meant, amount))
    if errors:
        lines = len({error.field for error in errors})
        more = f" {lines} lines need a change." if lines > 1 else ""
        raise Invalid(f"{errors[0].detail}{more}", errors=errors[:MOST_ERRORS])
    return Stated(tuple(positions), cash)


def _or_problem(read: Callable[[], Read]) -> tuple[Read | None, CellProblem | None]:
    """What is read, or why it cannot be: the rest of the line is looked at as well."""
    try:
        return read(), None
    except CellProblem as problem:
        return None, problem


def _rows(text: str) -> list[Row]:
    rows = list(records_of(text, sniff_delimiter(text), MOST_ROWS))
    if not rows:
        raise Unreadable("there are no lines in it. Write one for each holding, such as ASML;12.5", reason="empty")
    return rows


def _header(rows: Sequence[Row]) -> tuple[_Columns, Sequence[Row]]:
    """The columns that the first line names, and the lines below it; where it names none, it is a line itself."""
    names = [normal(cell) for cell in rows[0].cells]

    def place(*aliases: str) -> int | None:
        return next((names.index(alias) for alias in aliases if alias in names), None)

    number = place(*_NUMBERS)
    if number is None:
        return _Columns(), rows
    symbol = place(*ALIASES["symbol"], "security", *ALIASES["name"])
    return _Columns(number, place(*ALIASES["isin"]), symbol, place(*ALIASES["currency"])), rows[1:]


def _cell(row: Row, place: int | None) -> str:
    return row.cells[place].strip() if place is not None and place < len(row.cells) else ""


def _number_cells(row: Row, columns: _Columns) -> list[str]:
    if columns.number is not None:
        return [text] if (text := _cell(row, columns.number)) else []
    return [
        cell for cell in row.cells if re.fullmatch(r"[\s(]*[-+−]?[\d.,'\s]*\d[\d.,'\s)]*-?", cell) is not None and not ISIN.fullmatch(cell.strip())
    ]


def _number(row: Row, columns: _Columns, style: Decimals) -> Decimal:
    cells = _number_cells(row, columns)
    if not cells:
        raise CellProblem("missing", "it says no number of units. Write the symbol or ISIN and the units, such as ASML;12.5")
    return read_number(cells[0], style)


def _name(row: Row, columns: _Columns) -> tuple[str, str]:
    """(symbol, ISIN) of a line, each blank where it says none."""
    if columns.number is not None:
        isin, symbol = _cell(row, columns.isin).upper(), _cell(row, columns.symbol)
        return ("", symbol.upper()) if not isin and ISIN.fullmatch(symbol.upper()) else (symbol, isin)
    texts = [cell.strip() for cell in row.cells if cell.strip()]
    isin = next((text.upper() for text in texts if ISIN.fullmatch(text.upper())), "")
    numbers = set(_number_cells(row, columns))
    symbol = next((text for text in texts if text not in numbers and text.upper() != isin), "")
    return symbol, isin


class _Known:
    """What the lines mean, after a fixed number of queries."""

    def __init__(self, user: Any, held: Iterable[Instrument], names: Sequence[tuple[str, str]]) -> None:
        self._by_name: dict[str, Instrument] = {}
        for one in held:
            for name in (one.symbol.upper(), one.isin.upper()):
                if name:
                    self._by_name.setdefault(name, one)
        hints = [InstrumentHint(isin=isin, symbol=symbol[:32]) for symbol, isin in names if symbol or isin]
        self._matcher = Matcher(user, hints)

    def of(self, symbol: str, isin: str, currency: str) -> Instrument | str:
        """The instrument of a line, or the currency whose balance it is.  Raises CellProblem."""
        held = self._by_name.get(isin) or self._by_name.get(symbol.upper())
        if held is not None:
            return held
        if not isin and (code := self._cash(symbol) or (self._cash(currency) if symbol.casefold() in _CASH_WORDS else "")):
            return code
        if not symbol and not isin:
            raise CellProblem("missing", "it names nothing. Write the symbol or ISIN of a holding, or a currency.")
        found = self._matcher.of(InstrumentHint(isin=isin, symbol=symbol[:32]))
        if found is None:
            raise CellProblem(
                "unknown_instrument", f"no single instrument is meant by “{(isin or symbol)[:40]}”. Write its ISIN, or enter it by hand below."
            )
        return found

    @staticmethod
    def _cash(text: str) -> str:
        found = _CASH.fullmatch(text.strip())
        code = found.group(1).upper() if found is not None else ""
        return code if code in CURRENCIES else ""
