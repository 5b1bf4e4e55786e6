"""The tables of a page as a file: CSV (one table), an Excel workbook (a sheet each) or JSON (all of them).

Numbers are plain, with a point; ratios are fractions (0.05 is 5 %).  A figure without a value says *Undefined* and why; JSON has null and
an entry in `undefined`.  While amounts are hidden, figures of money and units, and columns that are `private`, are left out: *Hidden*,
and null in JSON.  Files are called after the report, what it is about, and its days: `performance-all-2025-11-22-2026-11-21.csv`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse

from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import NotFound
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web.json import dumps
from portfolio_site.web.workbooks import MEDIA_TYPE, workbook

FORMATS = {"csv": "text/csv; charset=utf-8", "xlsx": MEDIA_TYPE, "json": "application/json"}
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")
_AMOUNTS = frozenset((Unit.MONEY, Unit.UNITS))
HIDDEN = "Hidden"

Cell = Figure | Decimal | float | int | str | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """`name` as JSON has it, in snake_case; `private` where plain numbers of it are amounts."""

    name: str
    private: bool = False


def columns(*names: str) -> tuple[Column, ...]:
    """Columns of which none is private."""
    return tuple(Column(name) for name in names)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a page.  `key` names it in an address and in JSON, `title` on a sheet."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def safe_text(text: str) -> str:
    """A text that a spreadsheet would take for a formula, or that begins with an apostrophe, with an apostrophe in front."""
    return "'" + text if text.startswith(_RISKY) else text


def file_name(*parts: str | date | None) -> str:
    """Words and days joined by hyphens, in letters that every system takes."""
    words = [part.isoformat() if isinstance(part, date) else part for part in parts if part]
    return re.sub(r"[^a-z0-9.-]+", "-", "-".join(words).lower()).strip("-")


def download(form: str, name: str, tables: Sequence[Table], about: Mapping[str, Any], *, hidden: bool, table: str = "") -> HttpResponse:
    """The file to be saved as `name` and its ending.

    form    csv, xlsx or json
    about   what stands at the head of JSON: portfolios, days, currency, warnings
    hidden  leave amounts out
    table   the key of the one table that CSV holds; the first where missing
    Raises NotFound for another form, or a table that the report has none of.
    """
    chosen = next((one for one in tables if table in ("", one.key)), None)
    if form not in FORMATS or chosen is None:
        raise NotFound(f"There is no such file. Take {', '.join(FORMATS)}, and of tables {', '.join(one.key for one in tables)}.")
    content: str | bytes
    if form == "csv":
        content, name = _csv(chosen, hidden), f"{name}-{chosen.key}" if len(tables) > 1 else name
    elif form == "xlsx":
        content = workbook([(one.title, [[column.name for column in one.columns], *(_flat(one, row, hidden) for row in one.rows)]) for one in tables])
    else:
        content = _json(tables, about, hidden)
    response = HttpResponse(content, content_type=FORMATS[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _is_hidden(column: Column, cell: Cell) -> bool:
    return cell is not None and (column.private or (isinstance(cell, Figure) and cell.unit in _AMOUNTS))


def _number(value: Decimal | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))


def _flat(table: Table, row: Sequence[Cell], hidden: bool) -> list[str | Decimal | None]:
    """One row as texts and numbers."""
    cells: list[str | Decimal | None] = []
    for column, cell in zip(table.columns, row, strict=True):
        if hidden and _is_hidden(column, cell):
            cells.append(HIDDEN)
        elif isinstance(cell, Figure):
            cells.append(f"Undefined: {cell.why_not}" if cell.value is None else _number(cell.value))
        elif isinstance(cell, date):
            cells.append(cell.isoformat())
        else:
            cells.append(cell if cell is None or isinstance(cell, str) else _number(cell))
    return cells


def _csv(table: Table, hidden: bool) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(column.name for column in table.columns)
    for row in table.rows:
        writer.writerow(plain(cell) if isinstance(cell, Decimal) else safe_text(cell or "") for cell in _flat(table, row, hidden))
    return buffer.getvalue()


def _json(tables: Sequence[Table], about: Mapping[str, Any], hidden: bool) -> bytes:
    undefined: list[dict[str, str]] = []
    answer: dict[str, Any] = {**about, "amounts_hidden": hidden}
    for table in tables:
        rows = []
        for place, row in enumerate(table.rows):
            found: dict[str, Any] = {}
            for column, cell in zip(table.columns, row, strict=True):
                if isinstance(cell, Figure) and cell.value is None:
                    undefined.append({"figure": f"{table.key}.{place}.{column.name}", "reason": cell.why_not})
                value = cell.value if isinstance(cell, Figure) else cell
                value = None if hidden and _is_hidden(column, cell) else value
                found[column.name] = plain(_number(value)) if isinstance(value, (Decimal, float)) else value
            rows.append(found)
        answer[table.key] = rows
    return dumps({**answer, "undefined": undefined})
