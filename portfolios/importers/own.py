"""Our own export (portfolios/exports.py), read back in as it was: nothing is interpreted, every field has its column."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from portfolio_site.kernel.decimals import NotExact, exact
from portfolios.choices import TransactionKind as Kind
from portfolios.importers.base import CellProblem, Draft, InstrumentHint, LegHint, Options, Parsed, RowError, shared_hint
from portfolios.importers.identity import identity_of
from portfolios.importers.reading import Cells, Decimals, Table, cells_of
from portfolios.importers.reading.cells import facts_of, further_problems, overlong

KEY, LABEL = "plumbline", "An export of Plumbline"
_COLUMNS = frozenset({"row", "date", "type", "settlement_currency", "given_amount", "reinvested_quantity", "legs", "lots", "cost_share"})
_NUMBERS = (
    "quantity", "price", "amount", "fees", "taxes", "fx_rate", "ratio_new", "ratio_old", "accrued", "costs_rate", "given_amount",
    "reinvested_quantity", "cost_share",
)  # fmt: skip
_TEXTS = ("settlement_currency", "costs_currency", "method", "notes", "external_id", "reference")
_DAYS = ("settles_on", "acquired_on")
_ESCAPED = tuple("=+-@\t'＝＋－＠")
Part = TypeVar("Part")
_OF_LEG = ("ratio_new", "ratio_old", "cost_share", "fraction", "cash", "local_rate")


def matches(names: frozenset[str]) -> bool:
    return names >= _COLUMNS


def read(table: Table, options: Options) -> Parsed:
    """Drafts and problems."""
    drafts: list[Draft] = []
    errors: list[RowError] = []
    for raw, row in zip(table.rows, cells_of(table, options, decimals=Decimals.POINT, day_first=None), strict=True):
        try:
            if overlong(raw, table):
                raise CellProblem("too_many_cells", "The row has more cells than the header has columns.")
            drafts.append(replace(_draft(row), cells=row.shown))
        except CellProblem as problem:
            errors.append(RowError(row.number, problem.column, problem.code, problem.detail, row.shown, more=further_problems(row, problem, _draft)))
    return Parsed(KEY, facts_of(table, decimals=str(Decimals.POINT)), tuple(drafts), tuple(errors))


def _draft(row: Cells) -> Draft:
    moment = row.moment("date")
    fields: dict[str, Any] = {name: _number(row, name) for name in _NUMBERS}
    fields |= {name: _text(row, name) for name in _TEXTS} | {name: _day(row, name) for name in _DAYS}
    draft = Draft(
        number=row.number,
        kind=_kind(row),
        day=moment.day,
        time=moment.time,
        identity=(),
        hint=_hint(row),
        currency=row.currency("currency")[0],
        entry=_entry(row),
        legs=_parts(row, "legs", _leg),
        lots=_parts(row, "lots", _lot),
        tags=tuple(tag for tag in _text(row, "tags").split(", ") if tag),
        **fields,
    )
    return replace(draft, identity=identity_of(KEY, draft))


def _text(row: Cells, column: str) -> str:
    """Exports put an apostrophe before what a spreadsheet would take for a formula."""
    text = row.text(column)
    return text[1:] if text[:1] == "'" and text[1:2] in _ESCAPED else text


def _kind(row: Cells) -> Kind:
    text = row.need_text("type", "The type")
    try:
        return Kind(text)
    except ValueError:
        row.said(CellProblem("unknown_type", f"“{text[:60]}” is not a type of transaction.", row.titles["type"]))
        return Kind.BUY  # only stands in


def _entry(row: Cells) -> int | None:
    text = row.text("row")
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None


def _hint(row: Cells) -> InstrumentHint | None:
    isin, symbol, name = (_text(row, field) for field in ("isin", "symbol", "name"))
    if not (isin or symbol or name):
        return None
    return shared_hint(isin=isin, symbol=symbol[:32], name=name[:200], currency="", exchange=_text(row, "exchange")[:40])


def _number(row: Cells, column: str) -> Decimal | None:
    text = row.text(column)
    try:
        return exact(text) if text else None
    except NotExact as problem:
        row.said(CellProblem("not_a_number", str(problem), row.titles.get(column, column)))
        return None


def _day(row: Cells, column: str) -> date | None:
    text = row.text(column)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        row.said(CellProblem("bad_date", f"“{text[:30]}” is not a day. Write it like 2024-03-31.", row.titles.get(column, column)))
        return None


def _list(row: Cells, column: str) -> list[dict[str, Any]]:
    """A list in JSON, of things that have fields."""
    text = row.text(column)
    if not text:
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        row.said(CellProblem("bad_list", "This is not as it was exported.", row.titles.get(column, column)))
        return []
    return found


def _parts(row: Cells, column: str, read: Callable[[dict[str, Any]], Part]) -> tuple[Part, ...]:
    """A list, each thing in it read; one problem of the cell where one of them cannot be."""
    try:
        return tuple(read(values) for values in _list(row, column))
    except CellProblem as problem:
        row.said(problem)
        return ()


def _leg(values: dict[str, Any]) -> LegHint:
    hint = InstrumentHint(isin=str(values.get("isin", "")), symbol=str(values.get("symbol", ""))[:32], exchange=str(values.get("exchange", ""))[:40])
    return LegHint(hint, **{name: _exact(values[name], "legs") for name in _OF_LEG if values.get(name) is not None})


def _lot(values: dict[str, Any]) -> dict[str, str]:
    """As in lot_records; what it says of numbers and days is checked here."""
    try:
        if "row" in values:
            named = {"opened_on": date.fromisoformat(str(values["opened_on"])).isoformat()} if values.get("opened_on") else {}
            named |= {"nth": str(int(values["nth"]))} if values.get("nth") else {}
            return {"entry": str(int(values["row"])), "quantity": str(exact(values["quantity"])), **named}
        numbers = {name: str(exact(values[name])) for name in ("quantity", "cost", "cost_local")}
        return {"acquired_on": date.fromisoformat(str(values["acquired_on"])).isoformat(), **numbers}
    except (KeyError, TypeError, ValueError):
        raise CellProblem("bad_list", "This is not as it was exported.", "lots") from None


def _exact(value: Any, column: str) -> Decimal:
    try:
        return exact(value)
    except NotExact as problem:
        raise CellProblem("not_a_number", str(problem), column) from None
