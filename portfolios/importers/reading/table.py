"""Text to rows by a real CSV reader.  A row's number is the line of the file, from 1, on which it begins."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from portfolios.importers.base import Unreadable

DELIMITERS = (",", ";", "\t", "|")
MAX_LINE = 200_000  # characters; the longest real line seen is under 3,000
MOST_MET = 50_000
MAX_COLUMNS = 300
HEADER_WITHIN = 40  # preamble rows that are skipped before the header


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file."""

    number: int
    cells: tuple[str, ...]

    @property
    def blank(self) -> bool:
        return not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below a header.  `header` holds the names as written, made unique; `names` the same normalised."""

    encoding: str
    delimiter: str
    header_row: int
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(normal(name) for name in self.header)


def normal(name: str) -> str:
    """A column's name without what differs between exports: case, spaces, a trailing star, quotes."""
    text = unicodedata.normalize("NFKC", name).strip().strip("\"'").strip()
    return re.sub(r"\s+", " ", text).rstrip("*").strip().casefold()


def _lines(text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if len(line) > MAX_LINE:
            raise Unreadable(
                f"the line is {len(line):,} characters long; at most {MAX_LINE:,} are read. The file is damaged.", reason="long_line", row=number
            )
        yield line


def sniff_delimiter(text: str) -> str:
    """The separator that cuts the first lines into the most even columns.  Raises Unreadable if none cuts at all."""
    head = [line for _, line in zip(range(80), _lines(text), strict=False)]
    best, best_score = "", 0
    for delimiter in DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for cells in csv.reader(head, delimiter=delimiter):
                widths[len(cells)] += len(cells) > 1
        except csv.Error:
            continue  # a sample cut inside quotes; the whole file is read strictly afterwards
        score = max((width * count for width, count in widths.items()), default=0)
        if score > best_score:
            best, best_score = delimiter, score
    if not best:
        raise Unreadable(
            "no columns were found. Upload a CSV file with a header row and commas, semicolons or tabs between the cells.", reason="no_columns"
        )
    return best


def records_of(text: str, delimiter: str, max_rows: int) -> Iterator[Row]:
    """Every record that is not blank.  Raises Unreadable with the row where a quote never closes, or a limit is passed."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    read = 0
    met: dict[str, str] = {}  # days, types and symbols stand in many rows: each is kept once
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise Unreadable(_quote_sentence(str(problem)), reason="quotes", row=start) from None
        if len(cells) > MAX_COLUMNS:
            raise Unreadable(f"the row has {len(cells):,} columns; at most {MAX_COLUMNS} are read.", reason="many_columns", row=start)
        row = Row(start, tuple(map(met.setdefault, cells, cells)) if len(met) < MOST_MET else tuple(cells))
        if row.blank:
            continue
        read += 1
        if read > max_rows + HEADER_WITHIN:
            raise Unreadable(
                f"the file has more than {max_rows:,} rows. Export a shorter period and import the parts one after another.",
                reason="many_rows",
                row=start,
            )
        yield row


def _quote_sentence(problem: str) -> str:
    if "field larger" in problem:
        return "a cell that begins here is too long; a closing quote is probably missing."
    if "unexpected end" in problem:
        return "a quote that opens here never closes. Export the file again, or repair this row."
    return "the quotes of this row do not match. Export the file again, or repair this row."


def unique_names(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Names of columns: trimmed, numbered where they repeat, called “Column 4” where they are blank."""
    seen: Counter[str] = Counter()
    names = []
    for position, cell in enumerate(cells, start=1):
        name = cell.strip().strip("\ufeff") or f"Column {position}"
        seen[normal(name)] += 1
        names.append(name if seen[normal(name)] == 1 else f"{name} ({seen[normal(name)]})")
    return tuple(names)
