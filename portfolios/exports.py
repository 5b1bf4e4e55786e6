"""A ledger as a file that reads back in as the same ledger.

CSV has the columns below, one row an entry, in the order of their days and numbers; importers/own.py reads it.
`date` holds the time where it is known, in an offset in which it falls on the entry's day; `fx_rate` is units of the portfolio's
currency for one unit of the settlement currency; numbers are plain, with a point.  `legs` and `lots` are lists in JSON; a lot that
a sale names has the number in the column `row` of the row that opened it, and its `opened_on` and `nth` where that row has several.  `link` is the same on both sides of a transfer
between two portfolios, for information: read back in, each side is a transfer of its own.
A text that a spreadsheet would take for a formula, or that begins with an apostrophe, gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import chain
from typing import Any

from portfolio_site.kernel.decimals import plain
from portfolio_site.web.downloads import safe_text
from portfolio_site.web.workbooks import workbook_of
from portfolios.kinds import RULES
from portfolios.models import Portfolio, Transaction, TransactionLeg
from portfolios.selectors.ledger import with_legs
from portfolios.selectors.rows import legs_of

COLUMNS = (
    "date", "type", "symbol", "isin", "name", "exchange", "quantity", "price", "currency", "amount", "settlement_currency", "fees", "taxes",
    "fx_rate", "ratio_new", "ratio_old", "acquired_on", "notes", "external_id", "row", "settles_on", "accrued", "costs_currency", "costs_rate",
    "given_amount", "reinvested_quantity", "cost_share", "method", "legs", "lots", "tags", "reference", "link",
)  # fmt: skip
_OF_LEG = ("ratio_new", "ratio_old", "cost_share", "fraction", "cash", "local_rate")


def values_of(row: Transaction, places: Mapping[int, int]) -> dict[str, Any]:
    """One entry by column: text, number, list or None.  Its instrument, and its legs if it may have some, must be loaded.

    places  by number of entry: where it stands among the rows, from 0
    """
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
        "fx_rate": None if RULES[row.kind].given else row.fx_rate,  # an exchange says its own rate
        "ratio_new": row.ratio_new,
        "ratio_old": row.ratio_old,
        "acquired_on": row.acquired_on.isoformat() if row.acquired_on else "",
        "notes": row.notes,
        "external_id": row.external_id,
        "row": places[row.entry] + 1,
        "settles_on": row.settles_on.isoformat() if row.settles_on else "",
        "accrued": row.accrued,
        "costs_currency": row.costs_currency,
        "costs_rate": row.costs_rate,
        "given_amount": row.given_amount,
        "reinvested_quantity": row.reinvested_quantity,
        "cost_share": row.cost_share,
        "method": row.method,
        "legs": [_leg(leg) for leg in legs_of(row)],
        "lots": [_lot(lot, places) for lot in row.lots or ()],
        "tags": list(row.tags or ()),
        "reference": row.reference,
        "link": str(row.link or ""),
    }


def _leg(leg: TransactionLeg) -> dict[str, str]:
    one = leg.instrument
    numbers = {name: plain(value) for name in _OF_LEG if (value := getattr(leg, name)) is not None}
    return {"symbol": one.symbol, "isin": one.isin, "exchange": one.exchange, **numbers}


def exported(portfolio: Portfolio) -> list[Transaction]:
    """The entries that count, as they stand in the file.  Two queries at most."""
    found = Transaction.objects.live().filter(portfolio=portfolio).select_related("instrument")
    return sorted(with_legs(found), key=lambda row: (row.traded_on, row.entry))


def _when(row: Transaction) -> str:
    """The day; with a known time, that moment in the offset nearest to UTC in which it falls on the day."""
    if row.traded_at is None:
        return row.traded_on.isoformat()
    for hours in sorted(range(-12, 15), key=abs):
        moment: datetime = row.traded_at.astimezone(timezone(timedelta(hours=hours)))
        if moment.date() == row.traded_on:
            return moment.isoformat()
    return row.traded_on.isoformat()


def _flat(value: Any) -> str | Decimal | int | None:
    """A list as one text: tags by comma, legs and lots in JSON."""
    if not isinstance(value, list):
        flat: str | Decimal | int | None = value
        return flat
    if not value:
        return None
    return ", ".join(value) if isinstance(value[0], str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _cell(value: str | Decimal | int | None) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return safe_text(str(value))


def csv_of(rows: Iterable[Transaction]) -> Iterator[str]:
    """The file, line by line, CRLF, quoted where needed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    listed = list(rows)
    places = {row.entry: place for place, row in enumerate(listed)}
    for row in listed:
        writer.writerow(_cell(_flat(value)) for value in values_of(row, places).values())
        if buffer.tell() > 64_000:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def xlsx_of(rows: Iterable[Transaction]) -> bytes:
    """The same table as a workbook, to look at and to calculate with; saved as CSV it reads back in."""
    listed = list(rows)
    places = {row.entry: place for place, row in enumerate(listed)}
    table = ([_flat(value) for value in values_of(row, places).values()] for row in listed)
    return workbook_of("Transactions", chain([COLUMNS], table))


def entry_of(row: Transaction, places: Mapping[int, int]) -> dict[str, Any]:
    """One entry as POST …/transactions/batch takes it; `places` says where each entry stands in the list, from 0."""
    values = values_of(row, places)
    values["lots"] = [{**lot, "row": lot["row"] - 1} if "row" in lot else lot for lot in values["lots"]]  # batches count from 0
    del values["row"]
    day, moment = row.traded_on.isoformat(), values.pop("date") if row.traded_at is not None else None
    values.pop("date", None)
    values.pop("name")
    entry = {"date": day, "time": moment, **values}
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in entry.items() if value not in (None, "", [])}


def _lot(lot: dict[str, Any], places: Mapping[int, int]) -> dict[str, Any]:
    """A lot that a sale names is named by the row that opened it."""
    if "entry" not in lot:
        return lot
    return {"row": places[lot["entry"]] + 1, **{name: value for name, value in lot.items() if name != "entry"}}
