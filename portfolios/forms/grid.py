"""Many entries as rows of cells: pasted from a spreadsheet or typed.  Reads every cell as the entry form does, and keeps what was typed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError

from market.models import Instrument
from market.selectors import candidates
from portfolio_site.kernel.errors import DomainError, FieldError
from portfolio_site.web import writing
from portfolio_site.web.fields import ExactFormField
from portfolios.choices import TransactionKind as Kind
from portfolios.forms.common import resolve_instrument
from portfolios.forms.grid_lots import Naming, name_lots
from portfolios.importers.base import CellProblem
from portfolios.importers.generic_names import ALIASES, TYPE_WORDS
from portfolios.importers.reading import normal, read_moment
from portfolios.kinds import REORGANISATIONS, RULES
from portfolios.models import Portfolio
from portfolios.services import TransactionDraft

COLUMNS = {
    "date": "Date",
    "type": "Type",
    "instrument": "Instrument",
    "quantity": "Units",
    "price": "Price",
    "amount": "Amount",
    "fees": "Fee",
    "taxes": "Tax",
    "currency": "Paid in",
    "notes": "Note",
    "lots": "Lots",
}
NUMBERS = ("quantity", "price", "amount", "fees", "taxes")
MOST_ROWS = 1000
AT_FIRST, MORE = 12, 10
LONGEST = 4000  # characters of a cell that are kept
MOST_LOOKED_UP = 40  # names that are searched for one by one, once symbols and ISINs are found all at once
ELSEWHERE = frozenset({*REORGANISATIONS, Kind.FX_EXCHANGE})  # kinds with more to them than a row holds
KINDS = tuple(kind for kind in Kind if kind not in ELSEWHERE)
_COLUMN_OF = {
    "traded_on": "date", "traded_at": "date", "kind": "type", "settlement_currency": "currency", "fx_rate": "currency",
    "ratio_new": "quantity", "ratio_old": "quantity", "method": "lots",
}  # fmt: skip
_FIELDS_OF = {"date": ("traded_on",), "type": ("kind",), "quantity": ("quantity", "ratio_new", "ratio_old"), "currency": ("settlement_currency",)}
_HEADS = {**{column: {normal(label)} for column, label in COLUMNS.items()}}
_ALIASES = {column: _HEADS[column] | set(ALIASES.get(column, ())) for column in COLUMNS}
_ALIASES["instrument"] |= {"security", *ALIASES["isin"], *ALIASES["symbol"], *ALIASES["name"]}
_ALIASES["lots"] |= {"lot", "specific lots"}
_ALIASES["currency"] |= set(ALIASES["settlement_currency"])
_MARKS = str.maketrans("", "", "€$£¥")


@dataclass(slots=True)
class GridRow:
    """One row: its cells as typed, what is wrong with them by column ("" for the row as a whole), and the entry they make."""

    cells: dict[str, str]
    errors: dict[str, list[str]] = field(default_factory=dict)
    draft: TransactionDraft | None = None

    @property
    def is_blank(self) -> bool:
        return not any(self.cells.values())

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """Column, text, and what is wrong with it, in the order of the page."""
        return [(column, self.cells.get(column, ""), " ".join(self.errors.get(column, ()))) for column in COLUMNS]

    @property
    def said(self) -> list[str]:
        """What is wrong, in sentences that name the column."""
        return [f"{COLUMNS[column]}: {words}" if column else words for column, found in self.errors.items() for words in found]

    @property
    def unread(self) -> list[FieldError]:
        """What could not be read, by the fields that it was to fill."""
        columns = ((column, _FIELDS_OF.get(column, (column,)), words) for column, found in self.errors.items() for words in found)
        return [FieldError(name, "invalid", words) for _, names, words in columns for name in names]

    def refuse(self, column: str, words: str) -> None:
        said = self.errors.setdefault(column, [])
        if words not in said:
            said.append(words)


class TransactionGrid:
    """The rows of a page, from the fields it sends (each column's cells under its name, in order) or from pasted text."""

    def __init__(self, rows: Iterable[Mapping[str, str]] = ()) -> None:
        self.rows = [GridRow({column: str(row.get(column, ""))[:LONGEST].strip() for column in COLUMNS}) for row in rows]
        self.problem = ""  # of the whole

    @classmethod
    def sent(cls, data: Any) -> TransactionGrid:
        """The rows of a form."""
        columns = {column: data.getlist(column) for column in COLUMNS}
        longest = max((len(cells) for cells in columns.values()), default=0)
        made = ({column: cells[place] if place < len(cells) else "" for column, cells in columns.items()} for place in range(longest))
        return cls(made)

    def paste(self, text: str) -> None:
        """Put pasted rows behind those that are there: tabs part cells, or commas or semicolons where there is no tab."""
        found = _pasted(text)
        columns = list(COLUMNS)
        if found and sum(_column_of(cell) != "" for cell in found[0]) >= 2:
            columns = [_column_of(cell) for cell in found[0]]
            found = found[1:]
        self.rows = [row for row in self.rows if not row.is_blank]
        for cells in found:
            named: dict[str, str] = {}
            for column, cell in zip(columns, cells, strict=False):
                if column and not named.get(column):
                    named[column] = cell[:LONGEST].strip()
            row = GridRow({column: named.get(column, "") for column in COLUMNS})
            if not row.is_blank:
                self.rows.append(row)

    def lengthen(self, number: int = MORE) -> None:
        """Blank rows at the end, up to the most that fit."""
        for _ in range(min(number, MOST_ROWS - len(self.rows))):
            self.rows.append(GridRow(dict.fromkeys(COLUMNS, "")))

    @property
    def filled(self) -> list[GridRow]:
        return [row for row in self.rows if not row.is_blank]

    @property
    def wrong(self) -> int:
        """How many rows have an error."""
        return sum(bool(row.errors) for row in self.rows)

    # ── reading ─────────────────────────────────────────────────────────────

    def read(self, user: Any, portfolio: Portfolio) -> list[TransactionDraft]:
        """The entries that the rows make; a row that cannot be read says why, and makes one of what can be (see `unread`)."""
        rows = self.filled
        if not rows:
            self.problem = "There is nothing to record yet. Fill in a row, or paste some."
        elif len(rows) > MOST_ROWS:
            self.problem = f"At most {MOST_ROWS:,} rows at once; these are {len(rows):,}. Import them as a file, or record them in parts."
            return []
        known = _instruments(user, [row.cells["instrument"] for row in rows])
        read = [_read_row(row, known, portfolio) for row in rows]
        lots = name_lots(
            portfolio,
            [_naming(place, rows[place], read[place]) for place in range(len(rows)) if rows[place].cells["lots"]],
            read,
            day_first=_day_first(),
        )
        for place, (row, values) in enumerate(zip(rows, read, strict=True)):
            row.draft = TransactionDraft(**values, lots=lots.get(place, ()))
        return [row.draft for row in rows if row.draft is not None]

    @property
    def unread(self) -> dict[int, list[FieldError]]:
        """What could not be read of the rows, by their place among those that are filled."""
        return {place: row.unread for place, row in enumerate(self.filled) if row.errors}

    def refuse(self, problem: DomainError) -> None:
        """Put what a service refused to the rows and cells that it names."""
        sent = [row for row in self.rows if row.draft is not None]
        placed = 0
        for error in problem.errors:
            parts = error.field.split(".")
            if len(parts) == 3 and parts[0] == "transactions" and parts[1].isdigit() and int(parts[1]) < len(sent):
                column = _COLUMN_OF.get(parts[2], parts[2])
                sent[int(parts[1])].refuse(column if column in COLUMNS else "", error.detail)
                placed += 1
        self.problem = "" if placed else problem.detail


# ── cells ───────────────────────────────────────────────────────────────────


def _pasted(text: str) -> list[list[str]]:
    text = text.replace("\x00", "").strip("\r\n")
    first = text.split("\n", 1)[0]
    mark = "\t" if "\t" in text else ";" if first.count(";") >= 2 else ","
    return [cells for cells in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if any(cell.strip() for cell in cells)]


def _column_of(head: str) -> str:
    name = normal(head)
    return next((column for column, names in _ALIASES.items() if name in names), "")


def _instruments(user: Any, texts: Sequence[str]) -> dict[str, Instrument | None]:
    """What each text means: by symbol or ISIN all at once, a name by itself."""
    wanted = dict.fromkeys(text for text in texts if text)
    symbols = {text: text.partition(" · ")[0].strip().upper() for text in wanted}
    by_symbol: dict[str, list[Instrument]] = {}
    for one in candidates(user, symbols=symbols.values(), isins=symbols.values()):
        by_symbol.setdefault(one.symbol.upper(), []).append(one)
        if one.isin:
            by_symbol.setdefault(one.isin.upper(), []).append(one)
    found: dict[str, Instrument | None] = {}
    searched = 0
    for text in wanted:
        exact = by_symbol.get(symbols[text], [])
        if len(exact) == 1:
            found[text] = exact[0]
        elif searched < MOST_LOOKED_UP:
            searched += 1
            found[text] = resolve_instrument(user, text[:200])
    return found


def kind_of(text: str) -> str:
    """The kind that a word means: its name, its label, or a word of brokers; "" where none is known."""
    name = normal(text)
    named = {normal(kind.value.replace("_", " ")): kind.value for kind in Kind} | {normal(str(kind.label)): kind.value for kind in Kind}
    return named.get(name.replace("_", " "), TYPE_WORDS.get(name, ""))


def _day_first() -> bool:
    """Whether the person's locale writes the day before the month."""
    pattern = str(writing.manner().babel.date_formats["short"].pattern)
    return pattern.lower().find("d") < pattern.lower().find("m")


def _number(row: GridRow, column: str) -> Decimal | None:
    try:
        value: Decimal | None = ExactFormField(required=False).clean(row.cells[column].translate(_MARKS).strip())
    except ValidationError as problem:
        row.refuse(column, " ".join(problem.messages))
        return None
    return value


def _read_row(row: GridRow, known: Mapping[str, Instrument | None], portfolio: Portfolio) -> dict[str, Any]:
    """By the names of TransactionDraft; what cannot be read is told in the row."""
    values: dict[str, Any] = {"kind": _read_kind(row), "traded_on": None, "notes": row.cells["notes"], "instrument": None}
    if row.cells["date"]:
        try:
            moment = read_moment(row.cells["date"], _day_first())
            values |= {"traded_on": moment.day, "traded_at": moment.time}
        except CellProblem as problem:
            row.refuse("date", problem.detail)
    rule = RULES.get(values["kind"])
    numbers = [column for column in NUMBERS if not (column == "quantity" and rule is not None and rule.ratio)]
    values |= {column: _number(row, column) for column in numbers}
    if "quantity" not in numbers:
        values |= _read_ratio(row)
    named = row.cells["instrument"]
    if named:
        values["instrument"] = known.get(named)
        if values["instrument"] is None:
            row.refuse("instrument", f"No single instrument is meant by “{named[:40]}”. Use its symbol or ISIN.")
    return values | _currencies(row, values, portfolio)


def _naming(place: int, row: GridRow, values: Mapping[str, Any]) -> Naming:
    return Naming(place, row.cells["lots"], values, partial(row.refuse, "lots"))


def _read_kind(row: GridRow) -> str:
    text = row.cells["type"]
    if not text:
        row.refuse("type", "Say what it was: buy, sell, dividend …")
        return ""
    kind = kind_of(text)
    if not kind:
        row.refuse("type", f"“{text[:30]}” is not a type of transaction.")
    elif kind in ELSEWHERE:
        row.refuse("type", f"Record a {str(Kind(kind).label).lower()} on its own form: it has more to it than a row holds.")
        return ""  # nothing of it is judged here
    return kind


def _read_ratio(row: GridRow) -> dict[str, Decimal | None]:
    """“4:1” in the column of units."""
    new, mark, old = row.cells["quantity"].replace("/", ":").partition(":")
    if not mark:
        row.refuse("quantity", "Write the split as 4:1, new units for old ones.")
        return {}
    found: dict[str, Decimal | None] = {}
    for name, text in (("ratio_new", new), ("ratio_old", old)):
        try:
            found[name] = ExactFormField(required=False).clean(text.strip())
        except ValidationError as problem:
            row.refuse("quantity", " ".join(problem.messages))
    return found


def _currencies(row: GridRow, values: Mapping[str, Any], portfolio: Portfolio) -> dict[str, str]:
    """A price is in the instrument's currency; what was paid in the one that is named, else in the portfolio's own."""
    paid = row.cells["currency"].upper() or portfolio.base_currency
    instrument = values.get("instrument")
    if instrument is None or values.get("price") is None:
        return {"currency": paid, "settlement_currency": ""}
    return {"currency": instrument.currency, "settlement_currency": "" if paid == instrument.currency else paid}
