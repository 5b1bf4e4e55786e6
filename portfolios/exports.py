"""A ledger as a file that reads back in as the same ledger.

CSV has the columns below, one row an entry, in the order of their days and numbers.  It is what the generic importer reads
without being told anything: `date` holds the time where it is known, in an offset in which it falls on the entry's day;
`fx_rate` is units of the portfolio's currency for one unit of the settlement currency; numbers are plain, with a point.
A text that a spreadsheet would take for a formula, or that begins with an apostrophe, gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import plain
from portfolios.models import Transaction

COLUMNS = (
    "date", "type", "symbol", "isin", "name", "exchange", "quantity", "price", "currency", "amount", "settlement_currency", "fees", "taxes",
    "fx_rate", "ratio_new", "ratio_old", "acquired_on", "notes", "external_id",
)  # fmt: skip
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")


def values_of(row: Transaction) -> dict[str, Any]:
    """One entry by column: text, Decimal or None.  Its instrument must be loaded."""
    instrument = row.instrument
    return {
        "date": _when(row),
        "type": row.kind,
        "symbol": instrument.symbol if instrument else "",
        "isin": instrument.isin if instrument else "",
        "name": instrument.name if instrument else "",
        "exchange": instrument.exchange if instrument else "",
        "quantity": row.quantity,
        "price": row.price,
        "currency": row.currency,
        "amount": row.amount,
        "settlement_currency": row.settlement_currency,
        "fees": row.fees,
        "taxes": row.taxes,
        "fx_rate": row.fx_rate,
        "ratio_new": row.ratio_new,
        "ratio_old": row.ratio_old,
        "acquired_on": row.acquired_on.isoformat() if row.acquired_on else "",
        "notes": row.notes,
        "external_id": row.external_id,
    }


def _when(row: Transaction) -> str:
    """The day; with a known time, that moment in the offset nearest to UTC in which it falls on the day."""
    if row.traded_at is None:
        return row.traded_on.isoformat()
    for hours in sorted(range(-12, 15), key=abs):
        moment: datetime = row.traded_at.astimezone(timezone(timedelta(hours=hours)))
        if moment.date() == row.traded_on:
            return moment.isoformat()
    return row.traded_on.isoformat()


def _cell(value: str | Decimal | None) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return "'" + value if value.startswith(_RISKY) else value


def csv_of(rows: Iterable[Transaction]) -> Iterator[str]:
    """The file, line by line, CRLF, quoted where needed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(_cell(value) for value in values_of(row).values())
        if buffer.tell() > 64_000:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def entry_of(row: Transaction) -> dict[str, Any]:
    """One entry as POST …/transactions/batch takes it."""
    values = values_of(row)
    day, moment = row.traded_on.isoformat(), values.pop("date") if row.traded_at is not None else None
    values.pop("date", None)
    values.pop("name")
    entry = {"date": day, "time": moment, **values}
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in entry.items() if value not in (None, "")}
