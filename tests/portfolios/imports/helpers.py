"""Reading fixture files in the tests of imports."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from portfolios.importers import Draft, Options, Parsed, read_file

FILES = Path(__file__).parent / "files"
TODAY = date(2026, 6, 30)


def read(name: str, **options: Any) -> Parsed:
    return read_file((FILES / name).read_bytes(), Options(today=TODAY, **options))


def read_text(text: str, **options: Any) -> Parsed:
    return read_file(text.encode(), Options(today=TODAY, **options))


def read_file_bytes(data: bytes, **options: Any) -> Parsed:
    return read_file(data, Options(today=TODAY, **options))


def brief(draft: Draft) -> tuple[Any, ...]:
    """What a table of expectations compares: row, part, kind, day, units, amount, currency of the cash, fees, taxes; numbers as text."""
    numbers = (draft.quantity, draft.amount, draft.fees, draft.taxes)
    quantity, amount, fees, taxes = ("" if n is None else format(n.normalize(), "f") for n in numbers)
    return (draft.number, draft.part, str(draft.kind), draft.day.isoformat(), quantity, amount, draft.settlement_currency, fees, taxes)
