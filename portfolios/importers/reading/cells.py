"""The cells of one row by column name, read as text, numbers and days, with the column named in every problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.money import Currency, UnknownCurrency
from portfolios.importers.base import CellProblem, Facts, Options
from portfolios.importers.reading.dates import Moment, read_moment
from portfolios.importers.reading.numbers import Decimals, read_number
from portfolios.importers.reading.table import Row, Table, normal

MINOR_UNITS = {"GBX": "GBP", "GBp": "GBP", "GBPX": "GBP", "ZAC": "ZAR", "ZAc": "ZAR", "ILA": "ILS", "USX": "USD", "EUX": "EUR"}
ONE = Decimal(1)
HUNDREDTH = Decimal("0.01")
STAND_IN = "EUR"  # for a currency that cannot be read, so that the rest of its row is


@dataclass(frozen=True, slots=True)
class Cells:
    """One row.  Names are normalised; an absent column reads as an empty cell.

    problems  where one is given, what is wrong with a cell goes there, something stands in, and reading goes on
    """

    number: int
    values: Mapping[str, str]  # normalised name → text
    shown: Mapping[str, str]  # column name as written → text, without empty cells
    titles: Mapping[str, str]  # normalised name → as written
    decimals: Decimals
    day_first: bool | None
    today: date
    problems: list[CellProblem] | None = None

    def said(self, problem: CellProblem, stand_in: Any = None) -> Any:
        """Raises the problem; where all of them are gathered, keeps it, and something stands in for the cell."""
        if self.problems is None:
            raise problem from None
        self.problems.append(problem)
        return stand_in

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def need_text(self, name: str, what: str) -> str:
        if value := self.text(name):
            return value
        return str(self.said(CellProblem("missing", f"{what} is missing.", self.titles.get(name, name)), ""))

    def number_or_none(self, name: str) -> Decimal | None:
        text = self.text(name)
        if not text or text.casefold() in ("not available", "n/a", "-", "—", "--"):
            return None
        try:
            return read_number(text, self.decimals)
        except CellProblem as problem:
            found: Decimal = self.said(CellProblem(problem.code, problem.detail, self.titles.get(name, name), counts=True), ONE)
            return found

    def need_number(self, name: str, what: str) -> Decimal:
        value = self.number_or_none(name)
        if value is None:
            value = self.said(CellProblem("missing", f"{what} is missing.", self.titles.get(name, name), counts=True), ONE)
        return value

    def need_above_zero(self, name: str, what: str) -> Decimal:
        """A size: its sign is dropped, zero is refused."""
        value = abs(self.need_number(name, what))
        if value == 0:
            value = self.said(CellProblem("zero", f"{what} is zero.", self.titles.get(name, name), counts=True), ONE)
        return value

    def need_currency(self, name: str, what: str) -> tuple[str, Decimal]:
        """As `currency`, and refused where it is empty."""
        code, factor = self.currency(name)
        if not code:
            code = self.said(CellProblem("missing", f"{what} is missing.", self.titles.get(name, name), counts=True), STAND_IN)
        return code, factor

    def disagrees(self, problem: CellProblem) -> None:
        """Says that sums do not agree; where something stands in for one of the cells they rest on, they prove nothing."""
        if not any(one.counts for one in self.problems or ()):
            self.said(problem)

    def moment(self, name: str) -> Moment:
        """The day, refused where it lies in the future."""
        text = self.need_text(name, "The date")
        try:
            moment = read_moment(text, self.day_first)
        except CellProblem as problem:
            moment = self.said(CellProblem(problem.code, problem.detail, self.titles.get(name, name)), Moment(self.today))
        if moment.day > self.today:
            self.said(CellProblem("future", f"The date {moment.day:%-d %b %Y} lies in the future.", self.titles.get(name, name)))
        return moment

    def currency(self, name: str) -> tuple[str, Decimal]:
        """(ISO code, factor): pence and other minor units become the major one with the factor 0.01; ("", 1) where empty."""
        text = self.text(name)
        if not text:
            return "", ONE
        if text in MINOR_UNITS:
            return MINOR_UNITS[text], HUNDREDTH
        try:
            return Currency(text.upper()), ONE
        except UnknownCurrency as problem:
            refused = CellProblem("unknown_currency", str(problem), self.titles.get(name, name), counts=True)
            found: tuple[str, Decimal] = self.said(refused, (STAND_IN, ONE))
            return found


def further_problems(row: Cells, first: CellProblem, read: Callable[[Cells], Any]) -> tuple[tuple[str, str], ...]:
    """(column, what is wrong) of the other cells of a row that `read` refused at the first one: it is read again to its end."""
    found: list[CellProblem] = []
    try:
        read(replace(row, problems=found))
    except CellProblem as problem:  # after which nothing more can be said of the row
        found.append(problem)
    by_column = {problem.column: problem.detail for problem in reversed(found)}
    return tuple((column, detail) for column, detail in reversed(by_column.items()) if column != first.column)


class Shown(Mapping[str, str]):
    """The cells of a row that are not empty, by column name as written.  Rows with the same columns share their names."""

    __slots__ = ("_names", "_texts")

    def __init__(self, names: tuple[str, ...], texts: tuple[str, ...]) -> None:
        self._names, self._texts = names, texts

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            raise KeyError(name)
        return self._texts[self._names.index(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def items(self) -> Any:
        """Each name with its text, for reading through once."""
        return zip(self._names, self._texts, strict=True)


Align = Callable[[Row], "tuple[str, ...] | None"]


def cells_of(table: Table, options: Options, *, decimals: Decimals, day_first: bool | None, align: Align | None = None) -> Iterator[Cells]:
    """Each row of the table with the person's corrections put in.

    `align` may answer another order of the header's names for a row that was exported under it.
    """
    titles: dict[str, str] = {}
    for name in table.header:
        titles.setdefault(normal(name), name)
    standard = tuple(normal(name) for name in table.header)
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for row in table.rows:
        header = (align(row) if align else None) or table.header
        names = standard if header is table.header else tuple(normal(name) for name in header)
        shown, values = _texts_of(row, header, names, options, shared)
        yield Cells(row.number, values, shown, titles, decimals, day_first, options.today)


def _texts_of(
    row: Row, header: tuple[str, ...], names: tuple[str, ...], options: Options, shared: dict[tuple[str, ...], tuple[str, ...]]
) -> tuple[Shown, dict[str, str]]:
    """The cells as they are shown, and all texts by normalised name."""
    texts = list(row.cells[: len(header)]) + [""] * (len(header) - len(row.cells))
    for column, text in options.corrections.get(row.number, {}).items():
        if column in header:
            texts[header.index(column)] = text
    values: dict[str, str] = {}
    for name, text in zip(names, texts, strict=True):
        values.setdefault(name, text)
    cut = [text.strip()[:300] for text in texts]
    filled = header if all(cut) else tuple(name for name, text in zip(header, cut, strict=True) if text)
    return Shown(shared.setdefault(filled, filled), tuple(filter(None, cut))), values


def overlong(row: Row, table: Table) -> bool:
    """More cells with content than the header has columns: a separator inside an unquoted cell."""
    return any(cell.strip() for cell in row.cells[len(table.header) :])


def facts_of(table: Table, *, decimals: str = "", day_first: bool | None = None, types: Mapping[str, int] | None = None) -> Facts:
    """What is shown of the file above the review."""
    samples = {}
    for position, name in enumerate(table.header):
        found = (row.cells[position].strip()[:60] for row in table.rows[:200] if position < len(row.cells) and row.cells[position].strip())
        samples[name] = tuple(dict.fromkeys(found))[:3]
    return Facts(table.encoding, table.delimiter, table.header, len(table.rows), table.header_row, samples, types or {}, decimals, day_first)
