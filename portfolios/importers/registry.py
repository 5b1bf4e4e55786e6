"""The formats, how a file's is recognised, and reading a file from its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from portfolios.importers import generic, ibkr_cash, ibkr_flex, own, trading212
from portfolios.importers.base import Options, Parsed, Unreadable, key_of_hint, shared_hint
from portfolios.importers.identity import text_of_day
from portfolios.importers.reading import Row, Table, decode, normal, records_of, sniff_delimiter
from portfolios.importers.reading.dates import read_moment
from portfolios.importers.reading.table import HEADER_WITHIN, unique_names


@dataclass(frozen=True, slots=True)
class Format:
    """One layout.  `matches` looks at the normalised names of a would-be header row; the generic table matches none."""

    key: str
    label: str
    matches: Callable[[frozenset[str]], bool]
    read: Callable[[Table, Options], Parsed]


def _never(names: frozenset[str]) -> bool:
    return False


GENERIC = Format(generic.KEY, generic.LABEL, _never, generic.read)
FORMATS: tuple[Format, ...] = (
    Format(own.KEY, own.LABEL, own.matches, own.read),
    Format(trading212.KEY, trading212.LABEL, trading212.matches, trading212.read),
    Format(ibkr_flex.KEY, ibkr_flex.LABEL, ibkr_flex.matches, ibkr_flex.read),
    Format(ibkr_cash.KEY, ibkr_cash.LABEL, ibkr_cash.matches, ibkr_cash.read),
    GENERIC,
)
_BY_KEY = {each.key: each for each in FORMATS}


def label_of(key: str) -> str:
    """The name of a format for people."""
    return _BY_KEY[key].label if key in _BY_KEY else "Unknown format"


def _recognise(head: list[Row]) -> tuple[Format, int]:
    """(format, place of its header row in `head`).  Of generic headers the one that fills most fields, the earliest of equals."""
    best, best_score = 0, 0
    for place, row in enumerate(head):
        names = frozenset(normal(cell) for cell in row.cells)
        for each in FORMATS:
            if each.matches(names):
                return each, place
        score = generic.recognised(names)
        if score > best_score:
            best, best_score = place, score
    if best_score < 2:
        # no names are known: the widest early row is taken as the header, and the person names the columns
        width = max(len(row.cells) for row in head)
        best = next(place for place, row in enumerate(head) if len(row.cells) == width)
    return GENERIC, best


def _opened(data: bytes, options: Options) -> tuple[Format, Table]:
    text = decode(data)
    delimiter = sniff_delimiter(text.content)
    records = records_of(text.content, delimiter, options.max_rows)
    head = [row for _, row in zip(range(HEADER_WITHIN), records, strict=False)]
    if not head:
        raise Unreadable("The file is empty.", reason="empty")
    found, place = _recognise(head)
    header = head[place]
    rows = tuple(_rows(chain(head[place + 1 :], records), header))
    if not rows:
        raise Unreadable("the header has no rows below it. Choose a period with transactions and export again.", reason="no_rows", row=header.number)
    if len(rows) > options.max_rows:
        raise Unreadable(
            f"the file has more than {options.max_rows:,} rows. Export a shorter period and import the parts one after another.",
            reason="many_rows",
            row=rows[options.max_rows].number,
        )
    return found, Table(text.encoding, delimiter, header.number, unique_names(header.cells), rows)


def _rows(records: Iterable[Row], header: Row) -> Iterable[Row]:
    """Rows below the header, up to a footer: single-cell sentences after the data are dropped, repeated headers too."""
    for row in records:
        filled = sum(1 for cell in row.cells if cell.strip())
        if filled == 1 and len(header.cells) > 3 and len(row.cells) < len(header.cells):
            continue
        if row.cells == header.cells:
            continue
        yield row


def detect(data: bytes) -> Format | None:
    """The broker format of a file; None where it is a table that no broker matches.  Raises Unreadable if it is no table."""
    text = decode(data)
    records = records_of(text.content, sniff_delimiter(text.content), HEADER_WITHIN)
    head = [row for _, row in zip(range(HEADER_WITHIN), records, strict=False)]
    found, _ = _recognise(head) if head else (GENERIC, 0)
    return None if found is GENERIC else found


def read_file(data: bytes, options: Options, *, format_key: str = "") -> Parsed:
    """Read an uploaded file.  `format_key` "generic" reads a known broker's file as a plain table.

    Raises Unreadable where the file as a whole cannot be read; problems of single rows are in the result.
    """
    found, table = _opened(data, options)
    if format_key == generic.KEY:
        found = GENERIC
    try:
        return found.read(table, options)
    finally:
        for known in (read_moment, text_of_day, shared_hint, key_of_hint):
            known.cache_clear()  # what is kept lies between what is not, and would keep its memory from being given back
