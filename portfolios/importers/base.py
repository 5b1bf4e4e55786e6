"""What a broker's file becomes: drafts of entries, and problems with the row and column they stand in.

Amounts follow the ledger's entry: `price` in `currency`; `amount`, `fees` and `taxes` in `settlement_currency`; `amount` is the
cash that moved, without sign.  A draft knows no portfolio and no instrument, only what the file says of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import Invalid
from portfolios.choices import TransactionKind


class Unreadable(Invalid):
    """The file as a whole cannot be read.  `row` is the line where reading stopped, 0 where it is not about one."""

    code, title = "unreadable_file", "The file could not be read."

    def __init__(self, detail: str, *, reason: str, row: int = 0) -> None:
        super().__init__(f"Row {row}: {detail}" if row else detail, reason=reason, row=row)


class CellProblem(ValueError):
    """One cell cannot be read.  Becomes a RowError where the row is known.

    counts  whether sums rest on the cell: where something stands in for it, they prove nothing
    """

    def __init__(self, code: str, detail: str, column: str = "", *, counts: bool = False) -> None:
        super().__init__(detail)
        self.code, self.detail, self.column, self.counts = code, detail, column, counts


@dataclass(frozen=True, slots=True)
class Repair:
    """A way out of a problem that the person can take with one click: put `text` into `column` of the row."""

    label: str
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row makes no entry.  `cells` is the row as read, by column name; `more`: (column, what is wrong) beside the first problem."""

    number: int
    column: str
    code: str
    detail: str
    cells: Mapping[str, str] = field(default_factory=dict)
    repairs: tuple[Repair, ...] = ()
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """A row that is part of another row's entry, or says nothing that is booked."""

    number: int
    detail: str
    cells: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InstrumentHint:
    """What the file says of an instrument; at least one of ISIN, symbol and name is set."""

    isin: str = ""
    symbol: str = ""
    name: str = ""
    currency: str = ""
    exchange: str = ""

    @property
    def key(self) -> str:
        """Equal for rows that mean the same instrument: the ISIN if there is one, else symbol and exchange, else the name."""
        return key_of_hint(self.isin, self.symbol, self.name, self.currency, self.exchange)


shared_hint = lru_cache(maxsize=4096)(InstrumentHint)  # a file has many rows of few instruments


@lru_cache(maxsize=4096)
def key_of_hint(isin: str, symbol: str, name: str, currency: str, exchange: str) -> str:
    if isin:
        return f"isin:{isin}"
    if symbol:
        return f"symbol:{symbol.upper()}:{exchange.upper()}:{currency}"
    return f"name:{name.casefold()}:{currency}"


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee or tax told in a currency that is not the settlement currency.  The reader of the draft converts it."""

    kind: str  # "fee" or "tax"
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One currency given for another.  Both legs carry it, so that they can be booked at the exchange's own rate.

    `assumed` is true where the file does not name the currency given and it was taken from the commission.
    """

    given: Decimal
    given_currency: str
    taken: Decimal
    taken_currency: str
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class LegHint:
    """What a spin-off, merger or symbol change gives, as our own export tells it (services.LegDraft)."""

    hint: InstrumentHint
    ratio_new: Decimal | None = None
    ratio_old: Decimal | None = None
    cost_share: Decimal | None = None
    fraction: Decimal | None = None
    cash: Decimal | None = None
    local_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One entry as a file tells it.  `identity` is what makes the row itself, without its place in the file.

    From `entry` on there is what only our own export says: the number of the row, by which `lots` name it, and further fields.
    """

    number: int
    kind: TransactionKind
    day: date
    identity: tuple[str, ...]
    part: int = 0
    time: datetime | None = None
    hint: InstrumentHint | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    currency: str = ""
    amount: Decimal | None = None
    settlement_currency: str = ""
    fees: Decimal | None = None
    taxes: Decimal | None = None
    fx_rate: Decimal | None = None
    ratio_new: Decimal | None = None
    ratio_old: Decimal | None = None
    acquired_on: date | None = None
    notes: str = ""
    external_id: str = ""
    warnings: tuple[str, ...] = ()
    charges: tuple[Charge, ...] = ()
    exchange: Exchange | None = None
    cells: Mapping[str, str] = field(default_factory=dict)
    entry: int | None = None
    settles_on: date | None = None
    accrued: Decimal | None = None
    costs_currency: str = ""
    costs_rate: Decimal | None = None
    given_amount: Decimal | None = None
    reinvested_quantity: Decimal | None = None
    cost_share: Decimal | None = None
    method: str = ""
    legs: tuple[LegHint, ...] = ()
    lots: tuple[Mapping[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    reference: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON column; decimals and dates as text.  `from_json` gives the same draft back."""
        out: dict[str, Any] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if value or isinstance(value, (int, Decimal)):
                out[name] = _plain(value)
        return out

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Draft:
        """The draft that `to_json` wrote."""
        values: dict[str, Any] = dict(raw)
        values["kind"] = TransactionKind(values["kind"])
        values["day"] = date.fromisoformat(values["day"])
        values["identity"] = tuple(values["identity"])
        values["warnings"] = tuple(values.get("warnings", ()))
        for name in _DECIMALS & values.keys():
            values[name] = Decimal(values[name])
        if "time" in values:
            values["time"] = datetime.fromisoformat(values["time"])
        for name in {"acquired_on", "settles_on"} & values.keys():
            values[name] = date.fromisoformat(values[name])
        if "hint" in values:
            values["hint"] = shared_hint(**values["hint"])
        if "charges" in values:
            values["charges"] = tuple(Charge(c["kind"], Decimal(c["amount"]), c["currency"]) for c in values["charges"])
        if "exchange" in values:
            swap = dict(values["exchange"])
            values["exchange"] = Exchange(**{**swap, "given": Decimal(swap["given"]), "taken": Decimal(swap["taken"])})
        if "legs" in values:
            values["legs"] = tuple(_leg(leg) for leg in values["legs"])
        for name in {"lots", "tags"} & values.keys():
            values[name] = tuple(values[name])
        return cls(**values)


_DECIMALS = frozenset({
    "quantity", "price", "amount", "fees", "taxes", "fx_rate", "ratio_new", "ratio_old", "accrued", "costs_rate", "given_amount",
    "reinvested_quantity", "cost_share",
})  # fmt: skip


def _leg(raw: Mapping[str, Any]) -> LegHint:
    numbers = {name: Decimal(value) for name, value in raw.items() if name != "hint"}
    return LegHint(InstrumentHint(**raw["hint"]), **numbers)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (InstrumentHint, Charge, Exchange, LegHint)):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value) if getattr(value, each.name) not in (None, "")}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return value if isinstance(value, dict) else dict(value.items())
    return value if isinstance(value, (int, bool)) else str(value)


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file of no known broker: which column holds which field, and the questions its data leaves open.

    columns         field → column name as in the file
    types           type as in the file → TransactionKind value, or "skip"
    decimals        "point" or "comma"; "" lets the data decide
    day_first       for dates such as 03/04/2026; None lets the data decide
    currency        of rows without a currency cell
    rate_direction  "base_per_unit" (1 USD = 0.86 EUR) or "unit_per_base" (1 EUR = 1.16 USD)
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    decimals: str = ""
    day_first: bool | None = None
    currency: str = ""
    rate_direction: str = ""

    def to_json(self) -> dict[str, Any]:
        return {each.name: _plain(getattr(self, each.name)) if getattr(self, each.name) is not None else None for each in fields(self)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Layout:
        return cls(**raw)


@dataclass(frozen=True, slots=True)
class Question:
    """Something a person must decide before the file can be read.  `field` names the part of the layout it is about."""

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the file is: shown above the review."""

    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    rows: int
    header_row: int
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # first three values of each column
    types: Mapping[str, int] = field(default_factory=dict)  # values of the type column and how often they stand there
    decimals: str = ""
    day_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as read: drafts, problems, rows that belong to others; or the questions that stand in the way."""

    format: str
    facts: Facts
    drafts: tuple[Draft, ...] = ()
    errors: tuple[RowError, ...] = ()
    folded: tuple[Folded, ...] = ()
    layout: Layout | None = None  # as used, or as suggested where there are questions
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What reading depends on besides the bytes.  `corrections`: row number → column → text that the person put there."""

    today: date
    max_rows: int = 100_000
    base_currency: str = ""
    layout: Layout | None = None
    corrections: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
