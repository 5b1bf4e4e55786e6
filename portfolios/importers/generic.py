"""A file of no known broker: any table with a header row.  Columns and types are recognised by name, or named by the person.

Nothing is guessed silently.  Where the data allows two readings (a date such as 03/04/2026, a number such as 1.234, the
direction of a rate) and no other row decides, the file is not read but asks; the answers come back in a Layout.

What the cells mean: `price` is in `currency`; `amount`, `fees` and `taxes` in `settlement_currency`, or in `currency` without
one; `amount` is the cash that moved, and where it is quantity × price exactly although there are fees, it is taken as before them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from portfolio_site.kernel.money import CURRENCIES
from portfolios.choices import TransactionKind as Kind
from portfolios.importers.amounts import agreement, disagreement, remark, to_minor
from portfolios.importers.base import CellProblem, Draft, InstrumentHint, Layout, Options, Parsed, Question, Repair, RowError, shared_hint
from portfolios.importers.generic_names import ALIASES, FIELDS, NUMBER_FIELDS, TYPE_WORDS
from portfolios.importers.identity import identity_of
from portfolios.importers.reading import Cells, Decimals, Table, cells_of, day_order, decimal_evidence, normal, read_moment
from portfolios.importers.reading.cells import STAND_IN, facts_of, further_problems, overlong

KEY, LABEL = "generic", "A table with a header row"
SKIP = "skip"
_CASH_ONLY = (Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.INTEREST, Kind.FEE, Kind.TAX)
_ESCAPED = tuple("=+-@\t'＝＋－＠")
_REVERSIBLE = (Kind.DIVIDEND, Kind.INTEREST, Kind.FEE, Kind.TAX)


def recognised(names: frozenset[str]) -> int:
    """How many fields the names of a row would fill if it were the header."""
    return sum(1 for aliases in ALIASES.values() if any(alias in names for alias in aliases))


def suggested_columns(table: Table) -> dict[str, str]:
    """field → column, each column used once, in the order of the aliases."""
    by_name: dict[str, str] = {}
    for name in table.header:
        by_name.setdefault(normal(name), name)
    used: set[str] = set()
    found: dict[str, str] = {}
    for field, aliases in ALIASES.items():
        for alias in aliases:
            column = by_name.get(alias)
            if column is not None and column not in used:
                found[field] = column
                used.add(column)
                break
    return found


def _texts(table: Table, column: str | None) -> Iterator[str]:
    if column is None or column not in table.header:
        return
    position = table.header.index(column)
    for row in table.rows:
        if position < len(row.cells) and row.cells[position].strip():
            yield row.cells[position].strip()


def suggested_types(table: Table, column: str | None, named: Mapping[str, str]) -> tuple[dict[str, str], dict[str, int]]:
    """(type as written → kind, "skip" or "", how often each stands there).  A person's own answer wins."""
    counts = Counter(text[:60] for text in _texts(table, column))
    types = {}
    for text in counts:
        word = re.sub(r"[\s_-]+", " ", text).strip().casefold()
        types[text] = named.get(text) or TYPE_WORDS.get(word, "")
    return types, dict(counts.most_common(60))


def read(table: Table, options: Options) -> Parsed:
    """Drafts and problems; or the suggested layout with its questions where the file cannot be read without answers."""
    given = options.layout or Layout()
    columns = dict(given.columns) or suggested_columns(table)
    columns = {field: column for field, column in columns.items() if field in FIELDS and column in table.header}
    types, counts = suggested_types(table, columns.get("type"), given.types)
    evidence = decimal_evidence(text for field in NUMBER_FIELDS for text in _texts(table, columns.get(field)))
    decimals = Decimals(given.decimals) if given.decimals in ("point", "comma") else evidence.style
    first, ambiguous_day = day_order(_texts(table, columns.get("date")))
    day_first = given.day_first if given.day_first is not None else first
    direction = given.rate_direction or ("base_per_unit" if columns.get("fx_rate") and normal(columns["fx_rate"]) == "fx_rate" else "")
    layout = Layout(columns, types, str(decimals or ""), day_first, given.currency, direction)
    facts = facts_of(table, decimals=str(decimals or ""), day_first=day_first, types=counts)
    questions = _questions(table, layout, options, ambiguous_number=evidence.ambiguous if decimals is None else "", ambiguous_day=ambiguous_day)
    if questions:
        return Parsed(KEY, facts, layout=layout, questions=tuple(questions))
    drafts: list[Draft] = []
    errors: list[RowError] = []
    reader = _Rows(layout, options)
    for raw, row in zip(table.rows, cells_of(table, options, decimals=decimals or Decimals.POINT, day_first=day_first), strict=True):
        try:
            if overlong(raw, table):
                raise CellProblem("too_many_cells", "The row has more cells than the header has columns.")
            draft = reader.entry(row)
            if draft is not None:
                drafts.append(draft)
        except CellProblem as problem:
            errors.append(
                RowError(
                    row.number,
                    problem.column,
                    problem.code,
                    problem.detail,
                    row.shown,
                    _repairs(problem, columns),
                    further_problems(row, problem, reader.entry),
                )
            )
    return Parsed(KEY, facts, tuple(drafts), tuple(errors), layout=layout)


def _repairs(problem: CellProblem, columns: Mapping[str, str]) -> tuple[Repair, ...]:
    if problem.code != "unknown_type" or "type" not in columns:
        return ()
    return tuple(Repair(f"Treat as {kind.label.lower()}", columns["type"], kind.value) for kind in (Kind.BUY, Kind.SELL, Kind.FEE, Kind.TAX))


def _questions(table: Table, layout: Layout, options: Options, *, ambiguous_number: str, ambiguous_day: str) -> list[Question]:
    """What must be answered first; nothing where the data answers everything."""
    columns = layout.columns
    asked: list[Question] = []
    if "date" not in columns:
        asked.append(Question("date", "Say which column holds the date."))
    elif not _any_date(table, columns["date"]):
        asked.append(Question("date", "The column chosen for the date holds no dates. Choose another."))
    if "type" not in columns and "quantity" not in columns:
        asked.append(Question("type", "Say which column holds the type of the transaction, or at least the number of units."))
    if not ({"isin", "symbol", "name"} & set(columns)) and not ({"amount"} & set(columns)):
        asked.append(Question("isin", "Say which column names the instrument: ISIN, symbol or name."))
    if "quantity" not in columns and "amount" not in columns:
        asked.append(Question("quantity", "Say which column holds the units, or the amount."))
    if "currency" not in columns and "settlement_currency" not in columns and layout.currency not in CURRENCIES:
        asked.append(Question("currency", "The file names no currency. Choose the one that its amounts are in."))
    if any(not kind for kind in layout.types.values()) and not options.layout:
        asked.append(Question("types", "Say what each type means, or leave its rows out."))
    if layout.day_first is None and ambiguous_day:
        asked.append(Question("day_first", f"“{ambiguous_day[:20]}” could be read both ways: is the day or the month first?"))
    if not layout.decimals and ambiguous_number:
        asked.append(
            Question("decimals", f"“{ambiguous_number[:20]}” could be read both ways: is its mark a decimal one or does it group thousands?")
        )
    if "fx_rate" in columns and not layout.rate_direction and any(True for _ in _texts(table, columns["fx_rate"])):
        asked.append(Question("rate_direction", "The rate could be read both ways."))
    return asked


def _any_date(table: Table, column: str) -> bool:
    for number, text in enumerate(_texts(table, column)):
        try:
            read_moment(text, True)
            return True
        except CellProblem:
            try:
                read_moment(text, False)
                return True
            except CellProblem:
                if number > 200:
                    return False
    return not table.rows


class _Rows:
    """Reads one row after another under one layout."""

    def __init__(self, layout: Layout, options: Options) -> None:
        self.layout, self.options = layout, options
        self.names = {field: normal(column) for field, column in layout.columns.items()}
        # our own export keeps the ledger's signs; elsewhere a fee of −5 is a cost of 5
        self.own = set(self.names.values()) >= {"settlement_currency", "fx_rate", "ratio_new", "acquired_on"}

    def _name(self, field: str) -> str:
        return self.names.get(field, f"({field})")

    def _text(self, row: Cells, field: str) -> str:
        text = row.text(self.names[field]) if field in self.names else ""
        # exports put an apostrophe before what a spreadsheet would take for a formula
        return text[1:] if text[:1] == "'" and text[1:2] in _ESCAPED else text

    def _number(self, row: Cells, field: str) -> Decimal | None:
        return row.number_or_none(self.names[field]) if field in self.names else None

    def entry(self, row: Cells) -> Draft | None:
        """The draft of a row, or None where its type is left out."""
        kind = self._kind(row)
        if kind is None:
            return None
        moment = row.moment(self._name("date"))
        currency, factor = self._currency(row, "currency")
        settlement, _ = self._currency(row, "settlement_currency")
        currency = currency or settlement or self.layout.currency
        if not currency:
            missing = CellProblem("missing", "The currency is missing.", row.titles.get(self._name("currency"), "Currency"), counts=True)
            currency = row.said(missing, STAND_IN)
        draft = Draft(
            number=row.number,
            kind=kind,
            day=moment.day,
            time=moment.time,
            identity=(),
            hint=self._hint(row, kind, currency),
            currency=currency,
            settlement_currency=settlement or currency,
            notes=self._text(row, "notes")[:4000],
            external_id=self._text(row, "external_id")[:200],
            cells=row.shown,
        )
        draft = self._sized(row, draft, factor)
        return replace(draft, identity=identity_of(KEY, draft))

    def _kind(self, row: Cells) -> Kind | None:
        if "type" not in self.names:
            quantity = self._number(row, "quantity")
            if not quantity:
                detail = "Neither a type nor a number of units says what the row is."
                quantity = row.said(CellProblem("missing", detail, self.layout.columns.get("quantity", ""), counts=True), Decimal(1))
            return Kind.BUY if quantity > 0 else Kind.SELL
        text = row.need_text(self.names["type"], "The type")
        word = re.sub(r"[\s_-]+", " ", text).strip().casefold()
        meaning = self.layout.types.get(text[:60]) or TYPE_WORDS.get(word, "")
        if meaning == SKIP:
            return None
        if not meaning:
            row.said(CellProblem("unknown_type", f"“{text[:60]}” has no matching type yet.", self.layout.columns["type"]))
            self._cells_alone(row)
            return None
        return Kind(meaning)

    def _cells_alone(self, row: Cells) -> None:
        """What can be said of the cells of a row of which nobody knows what it is."""
        row.moment(self._name("date"))
        for field in ("currency", "settlement_currency"):
            self._currency(row, field)
        for field in NUMBER_FIELDS:
            self._number(row, field)

    def _currency(self, row: Cells, field: str) -> tuple[str, Decimal]:
        return row.currency(self.names[field]) if field in self.names else ("", Decimal(1))

    def _hint(self, row: Cells, kind: Kind, currency: str) -> InstrumentHint | None:
        isin, symbol, name = (self._text(row, field) for field in ("isin", "symbol", "name"))
        isin = isin.upper()
        if isin and not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{9}[0-9]", isin):
            if symbol:
                row.said(CellProblem("bad_isin", f"“{isin[:20]}” is not an ISIN.", self.layout.columns["isin"]))
            isin, symbol = "", isin  # a column of ISINs and symbols mixed
        if kind in _CASH_ONLY and not (isin or symbol):
            return None
        if not (isin or symbol or name):
            row.said(CellProblem("missing", "The instrument is missing.", self.layout.columns.get("isin") or self.layout.columns.get("symbol", "")))
        return shared_hint(isin=isin, symbol=symbol[:32], name=name[:200], currency=currency, exchange=self._text(row, "exchange")[:40])

    def _sized(self, row: Cells, draft: Draft, factor: Decimal) -> Draft:
        """Quantity, price, amount and charges, checked against each other."""
        kind = draft.kind
        if kind is Kind.SPLIT:
            new, old = (row.need_above_zero(self._name(f), "The ratio of the split") for f in ("ratio_new", "ratio_old"))
            return replace(draft, ratio_new=new, ratio_old=old, settlement_currency="")
        quantity, price, amount = (self._number(row, field) for field in ("quantity", "price", "amount"))
        quantity = abs(quantity) if quantity else None
        price = price * factor if price is not None else None
        if price is not None and price < 0:
            row.said(CellProblem("negative", "The price is below zero.", self.layout.columns["price"], counts=True))
        fees, taxes = (abs(self._number(row, field) or Decimal(0)) for field in ("fees", "taxes"))
        if kind in (Kind.BUY, Kind.SELL, Kind.TRANSFER_IN, Kind.TRANSFER_OUT) and not quantity:
            row.said(CellProblem("missing", "The number of units is missing or zero.", self.layout.columns.get("quantity", ""), counts=True))
        if kind in (Kind.BUY, Kind.SELL) and not price and not amount:
            row.said(CellProblem("missing", "Neither a price above zero nor an amount is given.", self.layout.columns.get("price", "")))
        draft = replace(draft, fees=fees or None, taxes=taxes or None, fx_rate=self._rate(row, draft))
        if kind in (Kind.BUY, Kind.SELL):
            return self._trade(row, draft, quantity or Decimal(0), price or None, amount)
        if kind is Kind.TRANSFER_OUT:
            return replace(draft, quantity=quantity)
        if kind is Kind.TRANSFER_IN:
            acquired = row.moment(self._name("acquired_on")).day if self._text(row, "acquired_on") else None
            price = Decimal(0) if price is None and amount is None else price
            return replace(draft, quantity=quantity, price=price, amount=abs(amount) if amount is not None else None, acquired_on=acquired)
        if kind is Kind.DIVIDEND and not amount and quantity and price:
            return replace(draft, quantity=quantity, price=price)
        if not amount:
            amount = row.said(CellProblem("missing", "The amount is missing or zero.", self.layout.columns.get("amount", "amount")), Decimal(1))
        if kind in (Kind.FEE, Kind.TAX):
            return replace(draft, amount=amount if self.own else abs(amount), fees=None, taxes=None)
        signed = amount if kind in _REVERSIBLE else abs(amount)
        return replace(draft, quantity=quantity if kind is Kind.DIVIDEND else None, amount=signed)

    def _rate(self, row: Cells, draft: Draft) -> Decimal | None:
        rate = self._number(row, "fx_rate")
        if rate is None or draft.settlement_currency == self.options.base_currency:
            return None
        if rate <= 0:
            row.said(CellProblem("bad_rate", "The exchange rate must be above zero.", self.layout.columns["fx_rate"]))
            return None
        if self.layout.rate_direction == "base_per_unit":
            return rate
        return (Decimal(1) / rate).quantize(Decimal(1).scaleb(-18))

    def _trade(self, row: Cells, draft: Draft, quantity: Decimal, price: Decimal | None, amount: Decimal | None) -> Draft:
        draft = replace(draft, quantity=quantity, price=price)
        if not amount:
            return draft
        amount = abs(amount)
        costs = (draft.fees or Decimal(0)) + (draft.taxes or Decimal(0))
        signed = costs if draft.kind is Kind.BUY else -costs
        if price is None or draft.settlement_currency != draft.currency:
            return replace(draft, amount=amount)  # in another currency: the cash is what the file says
        currency = draft.settlement_currency
        net = agreement(quantity=quantity, price=price, rate=Decimal(1), charges=signed, total=amount, currency=currency)
        if net.agrees:
            return replace(draft, amount=amount)
        before = agreement(quantity=quantity, price=price, rate=Decimal(1), charges=Decimal(0), total=amount, currency=currency)
        if costs and before.agrees:
            return replace(draft, amount=to_minor(amount + signed, currency) if amount == to_minor(amount, currency) else amount + signed)
        if net.far:
            row.disagrees(CellProblem("amounts_disagree", disagreement(net, total=amount, currency=currency), self.layout.columns["amount"]))
        return replace(draft, amount=amount, warnings=(remark(net, total=amount, currency=currency),))
