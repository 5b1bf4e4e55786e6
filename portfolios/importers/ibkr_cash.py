"""Interactive Brokers' Flex query of cash transactions as CSV.

A dividend and the tax withheld from it are rows of their own, joined by ISIN and day, and by the amount per share in the
description where one day has several dividends.  Tax without a dividend on its day (booked weeks later, or reversed and booked
again) is an entry of its own.  Return of capital is no dividend: it lowers cost.  This ledger has no entry for it, so the row asks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from portfolio_site.kernel.decimals import plain
from portfolios.choices import TransactionKind as Kind
from portfolios.importers.base import CellProblem, Draft, Folded, InstrumentHint, Options, Parsed, Repair, RowError, shared_hint
from portfolios.importers.ibkr_flex import bad_isin, broker_id, decimal_style
from portfolios.importers.identity import identity_of
from portfolios.importers.reading import Cells, Table, cells_of
from portfolios.importers.reading.cells import facts_of, further_problems, overlong
from portfolios.importers.reading.dates import Moment

KEY, LABEL = "ibkr_flex_cash", "Interactive Brokers Flex: dividends and cash"
_DAYS = ("settledate", "date/time", "datetime", "reportdate")
_PER_SHARE = re.compile(r"\b[A-Z]{3} (\d+(?:\.\d+)?) PER SHARE")
_SYMBOL = re.compile(r"([A-Z0-9. ]{1,12}?)\s*\(")
_DIVIDENDS = ("dividends", "payment in lieu of dividends")
_WITHHELD = ("withholding tax", "871(m) withholding")
_SIGNED = {  # type → (kind of a positive amount, kind of a negative one)
    "broker interest received": (Kind.INTEREST, Kind.FEE),
    "broker interest paid": (Kind.INTEREST, Kind.FEE),
    "bond interest received": (Kind.INTEREST, Kind.FEE),
    "bond interest paid": (Kind.INTEREST, Kind.FEE),
    "other fees": (Kind.INTEREST, Kind.FEE),
    "commission adjustments": (Kind.INTEREST, Kind.FEE),
    "advisor fees": (Kind.INTEREST, Kind.FEE),
    "deposits/withdrawals": (Kind.DEPOSIT, Kind.WITHDRAWAL),
    "deposits & withdrawals": (Kind.DEPOSIT, Kind.WITHDRAWAL),
    "dividend": (Kind.DIVIDEND, Kind.DIVIDEND),  # the word by which a person answers what a return of capital is to be
}


def matches(names: frozenset[str]) -> bool:
    return {"type", "amount", "currencyprimary", "description"} <= names and any(day in names for day in _DAYS)


@dataclass(slots=True)
class _Line:
    """A row with what the joining needs."""

    row: Cells
    type: str
    moment: Moment
    hint: InstrumentHint | None
    amount: Decimal
    currency: str
    per_share: str


def read(table: Table, options: Options) -> Parsed:
    """Dividends with their tax, other cash rows, and the ones that ask."""
    decimals = decimal_style(table, ("amount",))
    drafts: list[Draft] = []
    errors: list[RowError] = []
    folded: list[Folded] = []
    groups: dict[tuple[str, str, str], list[_Line]] = defaultdict(list)
    for raw, row in zip(table.rows, cells_of(table, options, decimals=decimals, day_first=None), strict=True):
        try:
            if overlong(raw, table):
                raise CellProblem("too_many_cells", "The row has more cells than the header has columns.")
            line = _line(row)
            if line.type in _DIVIDENDS or line.type in _WITHHELD:
                key = line.hint.key if line.hint else ""
                groups[(key, line.moment.day.isoformat(), line.currency)].append(line)
            else:
                drafts.append(_single(line))
        except CellProblem as problem:
            errors.append(replace(_error(row, problem), more=further_problems(row, problem, _line)))
    for lines in groups.values():
        _join(lines, drafts, folded)
    drafts.sort(key=lambda draft: (draft.number, draft.part))
    return Parsed(KEY, facts_of(table, decimals=decimals), tuple(drafts), tuple(sorted(errors, key=lambda e: e.number)), tuple(folded))


def _error(row: Cells, problem: CellProblem) -> RowError:
    repairs: tuple[Repair, ...] = ()
    if problem.code == "return_of_capital":
        repairs = (Repair("Record as a dividend", row.titles["type"], "Dividend"),)
    return RowError(row.number, problem.column, problem.code, problem.detail, row.shown, repairs)


def _line(row: Cells) -> _Line:
    kind = row.need_text("type", "The type").casefold()
    if kind not in _DIVIDENDS and kind not in _WITHHELD and kind not in _SIGNED:
        detail = f"“{row.text('type')[:60]}” is not a type that is known. Leave the row out, or record it by hand."
        row.said(CellProblem("unknown_type", detail, row.titles["type"]))
    day = next((name for name in _DAYS if row.text(name)), _DAYS[0])
    moment = row.moment(day)
    amount = row.need_number("amount", "The amount")
    if amount == 0:
        row.said(CellProblem("zero", "The amount is zero.", row.titles["amount"]))
    currency, factor = row.need_currency("currencyprimary", "The currency")
    text, hint = row.text("description"), _hint(row, currency)
    if hint is None and kind in (*_DIVIDENDS, "dividend"):
        row.said(CellProblem("missing", "The dividend names no instrument.", row.titles.get("isin", "ISIN")))
    if kind in _DIVIDENDS and "return of capital" in text.casefold():
        detail = "A return of capital lowers what the holding cost and is no income; there is no entry for it yet. Record it as a dividend, or leave the row out."
        row.said(CellProblem("return_of_capital", detail, row.titles["type"]))
    per_share = _PER_SHARE.search(text)
    return _Line(row, kind, moment, hint, amount * factor, currency, per_share[1] if per_share else "")


def _hint(row: Cells, currency: str) -> InstrumentHint | None:
    """From the columns; a symbol that is not there stands before the bracket of the description."""
    found = _SYMBOL.match(row.text("description"))
    isin = row.text("isin").upper()
    symbol = row.text("symbol") or (found[1].strip() if found and isin else "")
    if not (isin or row.text("symbol")):
        return None
    if isin and not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{9}[0-9]", isin):
        row.said(bad_isin(row, isin))
    return shared_hint(isin=isin, symbol=symbol, name=symbol, currency=currency)


def _single(line: _Line) -> Draft:
    positive, negative = _SIGNED[line.type]
    kind = positive if line.amount > 0 else negative
    return _draft(line, kind, line.amount if kind is Kind.DIVIDEND else abs(line.amount), hint=line.hint)


def _draft(line: _Line, kind: Kind, amount: Decimal, *, gross: Decimal | None = None, **values: object) -> Draft:
    draft = Draft(
        number=line.row.number,
        kind=kind,
        day=line.moment.day,
        identity=(),
        amount=amount,
        currency=line.currency,
        settlement_currency=line.currency,
        notes=line.row.text("description"),
        external_id=broker_id(line.row),
        cells=line.row.shown,
        **values,  # type: ignore[arg-type]
    )
    # tax booked again with another amount must not make the dividend a new one: the identity rests on the amount before tax
    known = replace(draft, amount=gross if gross is not None else amount)
    return replace(draft, identity=(*identity_of(KEY, known), line.per_share))


def _join(lines: list[_Line], drafts: list[Draft], folded: list[Folded]) -> None:
    """One day of one instrument: ordinary dividends take the tax of their amount per share, or the only one takes it all."""
    ordinary = [line for line in lines if line.type in _DIVIDENDS]
    taken: dict[int, list[_Line]] = defaultdict(list)
    alone: list[_Line] = []
    for tax in (line for line in lines if line.type in _WITHHELD):
        owner = _owner(tax, ordinary)
        (alone if owner is None else taken[owner.row.number]).append(tax)
    for line in ordinary:
        drafts.append(_dividend(line, taken[line.row.number], alone, folded))
    _taxes_alone(alone, drafts, folded)


def _owner(tax: _Line, ordinary: list[_Line]) -> _Line | None:
    same = [line for line in ordinary if line.per_share and line.per_share == tax.per_share]
    if same:
        return same[0]
    return ordinary[0] if len(ordinary) == 1 and not tax.per_share else None


def _dividend(line: _Line, taxes: list[_Line], alone: list[_Line], folded: list[Folded]) -> Draft:
    withheld = -sum((tax.amount for tax in taxes), Decimal(0))
    if withheld < 0 or withheld > line.amount:  # given back, or more than was paid: it is not this dividend's alone
        alone.extend(taxes)
        taxes, withheld = [], Decimal(0)
    folded += [Folded(tax.row.number, f"Booked with row {line.row.number} as tax withheld.", tax.row.shown) for tax in taxes]
    return _draft(line, Kind.DIVIDEND, line.amount - withheld, gross=line.amount, hint=line.hint, taxes=withheld or None)


def _taxes_alone(alone: list[_Line], drafts: list[Draft], folded: list[Folded]) -> None:
    """What is left of the day's tax, after what was taken and given back on the same day is netted."""
    if not alone:
        return
    net = sum((tax.amount for tax in alone), Decimal(0))
    first, rest = alone[0], alone[1:]
    folded += [Folded(tax.row.number, f"Netted with row {first.row.number}.", tax.row.shown) for tax in rest]
    if net == 0:
        folded.append(Folded(first.row.number, "Taken and given back on the same day; nothing is left to book.", first.row.shown))
    else:
        warnings = (f"Tax of {plain(net)} {first.currency} was given back.",) if net > 0 else ()
        drafts.append(replace(_draft(first, Kind.TAX, -net, hint=first.hint), warnings=warnings))
