"""Trading 212's account history, in all layouts since 2020.

Columns are found by name: their order changed, fees were added one by one, and the account currency stood in the header
("Total (GBP)") before it got a column of its own ("Currency (Total)").  What the cells mean:

- `Total` is the cash that moved, in the account currency; for dividends it is net of the tax withheld.
- `Price / share` is in the instrument's currency, London shares in pence (GBX).  A dividend's is net per share.
- `Exchange rate` is units of the price's currency for one unit of the account currency.
- Fees and taxes are in a currency of their own: the account's, or the price's (divided by the rate).  One in a third currency,
  and tax withheld from a dividend, is handed on as a Charge, because the file has no rate for it.
- Times are UTC; the day recorded is the UTC day.
- An ID is no identity by itself: a buy and its sale can carry the same one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from portfolio_site.kernel.decimals import plain
from portfolios.choices import TransactionKind as Kind
from portfolios.importers.base import CellProblem, Charge, Draft, Exchange, Folded, InstrumentHint, Options, Parsed, RowError, shared_hint
from portfolios.importers.identity import identity_of
from portfolios.importers.reading import Cells, Decimals, Row, Table, cells_of, decimal_evidence
from portfolios.importers.reading.cells import STAND_IN, Align, facts_of, further_problems, overlong
from portfolios.importers.trading212_amounts import FEES, TAXES, File, reconciled

KEY, LABEL = "trading212", "Trading 212"
SIGNATURE = frozenset({"action", "time", "isin", "ticker", "no. of shares", "price / share"})

_TRADE = re.compile(r"(?:market |limit |stop |stop limit )?(buy|sell)")
_NUMBER_COLUMNS = ("no. of shares", "price / share", "exchange rate", "total", "result", *FEES, *TAXES, "withholding tax")


def matches(names: frozenset[str]) -> bool:
    return names >= SIGNATURE


def read(table: Table, options: Options) -> Parsed:
    """Every row as drafts, a problem, or part of another row's entry."""
    file = File(table)
    decimals = _decimal_style(table)
    drafts: list[Draft] = []
    errors: list[RowError] = []
    folded: list[Folded] = []
    closings: list[tuple[Cells, Draft]] = []
    rows = cells_of(table, options, decimals=decimals, day_first=None, align=_other_order(table))
    for raw, row in zip(table.rows, rows, strict=True):
        try:
            if overlong(raw, table):
                raise CellProblem("too_many_cells", "The row has more cells than the header has columns.")
            action = row.need_text("action", "The action").casefold()
            if action.startswith("stock split"):
                _split(row, action, closings, drafts, folded)
                continue
            drafts += [replace(draft, cells=row.shown) for draft in _drafts_of(file, row)]
        except CellProblem as problem:
            more = further_problems(row, problem, lambda again: _drafts_of(file, again))
            errors.append(RowError(row.number, problem.column, problem.code, problem.detail, row.shown, more=more))
    for row, _ in closings:
        errors.append(
            RowError(row.number, "Action", "split_unpaired", "The split has no opening row. Import a period that holds both rows.", row.shown)
        )
    facts = facts_of(table, decimals=decimals)
    return Parsed(KEY, facts, tuple(drafts), tuple(errors), tuple(folded))


def _other_order(table: Table) -> Align | None:
    """Files joined from two exports keep the first one's header, while in the later rows Notes and ID stand after Name.

    Such a row is known by a number where the currency of the price belongs; its cells are then read in the later order.
    """
    names = list(table.names)
    needed = ("name", "no. of shares", "notes", "id", "currency (price / share)")
    if any(name not in names for name in needed) or names.index("notes") < names.index("no. of shares"):
        return None
    header = list(table.header)
    moved = [header[names.index(name)] for name in ("notes", "id")]
    rest = [name for name in header if name not in moved]
    after = rest.index(header[names.index("name")]) + 1
    later = tuple(rest[:after] + moved + rest[after:])
    place = names.index("currency (price / share)")

    def align(row: Row) -> tuple[str, ...] | None:
        cell = row.cells[place].strip() if place < len(row.cells) else ""
        return later if cell[:1].isdigit() else None

    return align


def _decimal_style(table: Table) -> Decimals:
    """Trading 212 writes points; a file saved again by a spreadsheet may have commas.  The data decides, else the point."""
    wanted = [i for i, name in enumerate(table.names) if name.split(" (")[0] in _NUMBER_COLUMNS]
    texts = (row.cells[i] for row in table.rows for i in wanted if i < len(row.cells))
    return decimal_evidence(texts).style or Decimals.POINT


Reader = Callable[[File, Cells, str], Iterable[Draft]]


def _reader_of(row: Cells, action: str) -> Reader:
    if _TRADE.fullmatch(action):
        return _trade
    if action.startswith("dividend"):
        return _dividend
    for start, reader in _BY_START.items():
        if action.startswith(start):
            return reader
    detail = f"“{action[:60].capitalize()}” is not an action that is known. Leave the row out, or record it by hand."
    row.said(CellProblem("unknown_type", detail, row.titles["action"]))
    return _cells_alone


def _cells_alone(file: File, row: Cells, action: str) -> Iterable[Draft]:
    """What can be said of the cells of a row of which nobody knows what it is."""
    row.moment("time")
    for name in ("no. of shares", "price / share", "exchange rate"):
        row.number_or_none(name)
    file.money(row, "total")
    return ()


def _drafts_of(file: File, row: Cells) -> list[Draft]:
    action = row.need_text("action", "The action").casefold()
    if action.startswith("stock split"):
        _half_of_split(row)
        return []  # it is read together with its other row
    return list(_reader_of(row, action)(file, row, action))


def _hint(row: Cells) -> InstrumentHint:
    currency, _ = row.currency("currency (price / share)")
    hint = shared_hint(isin=row.text("isin").upper(), symbol=row.text("ticker"), name=row.text("name"), currency=currency)
    if not (hint.isin or hint.symbol):
        row.said(CellProblem("missing", "Neither ISIN nor ticker is given.", row.titles["isin"]))
    if hint.isin and not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{9}[0-9]", hint.isin):
        row.said(CellProblem("bad_isin", f"“{hint.isin[:20]}” is not an ISIN: two letters, nine letters or digits, one digit.", row.titles["isin"]))
    return hint


def _named(row: Cells, kind: Kind, **values: object) -> Draft:
    """A draft with what all rows have: time, notes, the broker's ID, identity."""
    moment = row.moment("time")
    draft = Draft(
        number=row.number,
        kind=kind,
        day=moment.day,
        time=moment.time,
        notes=row.text("notes"),
        external_id=row.text("id"),
        identity=(),
        **values,  # type: ignore[arg-type]
    )
    return replace(draft, identity=identity_of(KEY, draft))


def _trade(file: File, row: Cells, action: str) -> Iterable[Draft]:
    buying = action.endswith("buy")
    hint = _hint(row)
    quantity = row.need_above_zero("no. of shares", "The number of shares")
    price = row.need_above_zero("price / share", "The price")
    traded, factor = row.need_currency("currency (price / share)", "The currency of the price")
    total, account = _total(file, row)
    total = abs(total)
    rate = row.number_or_none("exchange rate")
    if rate is not None and rate <= 0:
        rate = row.said(CellProblem("bad_rate", "The exchange rate must be above zero.", row.titles["exchange rate"], counts=True), Decimal(1))
    if rate is None and traded == account:
        rate = Decimal(1)
    fees, taxes, others, warnings = reconciled(file, row, buying, quantity, price, traded, factor, total, account, rate)
    yield _named(
        row,
        Kind.BUY if buying else Kind.SELL,
        hint=hint,
        quantity=quantity,
        price=price * factor,
        currency=traded,
        amount=total,
        settlement_currency=account,
        fees=fees or None,
        taxes=taxes or None,
        charges=others,
        warnings=warnings,
    )


def _dividend(file: File, row: Cells, action: str) -> Iterable[Draft]:
    hint = _hint(row)
    total, account = _total(file, row)  # negative: an earlier dividend is taken back
    withheld, currency = file.money(row, "withholding tax", account)
    taxes: Decimal | None = None
    others: tuple[Charge, ...] = ()
    if withheld:
        if currency == account:
            taxes = abs(withheld)
        else:
            others = (Charge("tax", abs(withheld), currency),)
    traded, factor = row.currency("currency (price / share)")
    price = row.number_or_none("price / share")
    quantity = row.number_or_none("no. of shares")
    warnings: tuple[str, ...] = ()
    if price and quantity and factor != 1 and abs(quantity * price - total) <= Decimal("0.01"):
        warnings = (f"The total of {plain(total)} {account} is what the units come to in pence. Check it: it may be 100 times too much.",)
    yield _named(
        row,
        Kind.DIVIDEND,
        hint=hint,
        quantity=quantity or None,
        price=price * factor if price and traded else None,
        currency=traded or account,
        amount=total,
        settlement_currency=account,
        taxes=taxes,
        charges=others,
        warnings=warnings,
    )


def _total(file: File, row: Cells) -> tuple[Decimal, str]:
    total, currency = file.money(row, "total")
    if total is None or total == 0:
        missing = CellProblem("missing", "The total is missing or zero.", row.titles.get(file.column("total"), "Total"), counts=True)
        return row.said(missing, Decimal(1)), currency or STAND_IN
    return total, currency


def _cash(kind: Kind) -> Reader:
    """Money in or out whose direction the action itself tells; the sign of the total differs between layouts."""

    def reader(file: File, row: Cells, action: str) -> Iterable[Draft]:
        total, currency = _total(file, row)
        yield _named(row, kind, amount=abs(total), currency=currency, settlement_currency=currency)

    return reader


def _signed(file: File, row: Cells, action: str) -> Iterable[Draft]:
    """Interest, adjustments, cash back: income where the total is positive, a fee where it is negative."""
    total, currency = _total(file, row)
    kind = Kind.INTEREST if total > 0 else Kind.FEE
    draft = _named(row, kind, amount=abs(total), currency=currency, settlement_currency=currency)
    yield draft if draft.notes else replace(draft, notes=row.text("action"))


def _card(file: File, row: Cells, action: str) -> Iterable[Draft]:
    """Spending by card leaves the account; what a shop gives back enters it."""
    total, currency = _total(file, row)
    draft = _named(row, Kind.WITHDRAWAL if total < 0 else Kind.DEPOSIT, amount=abs(total), currency=currency, settlement_currency=currency)
    yield replace(draft, notes=draft.notes or row.text("merchant name"))


def _conversion(file: File, row: Cells, action: str) -> Iterable[Draft]:
    given, given_currency = file.money(row, "currency conversion from amount")
    taken, taken_currency = file.money(row, "currency conversion to amount")
    if not given or not taken:
        for amount, name in ((given, "currency conversion from amount"), (taken, "currency conversion to amount")):
            if not amount:
                row.said(CellProblem("missing", "The amount of the conversion is missing or zero.", row.titles.get(name, name)))
        given, taken = given or Decimal(1), taken or Decimal(1)
    swap = Exchange(abs(given), given_currency, abs(taken), taken_currency)
    legs = ((Kind.WITHDRAWAL, swap.given, given_currency), (Kind.DEPOSIT, swap.taken, taken_currency))
    for part, (kind, amount, currency) in enumerate(legs):
        yield replace(_named(row, kind, amount=amount, currency=currency, settlement_currency=currency, exchange=swap), part=part)
    fee, fee_currency = file.money(row, "currency conversion fee", given_currency)
    if fee:
        yield replace(_named(row, Kind.FEE, amount=abs(fee), currency=fee_currency, settlement_currency=fee_currency), part=2)


def _transfer(file: File, row: Cells, action: str) -> Iterable[Draft]:
    hint = _hint(row)
    quantity = row.need_above_zero("no. of shares", "The number of shares")
    traded, factor = row.currency("currency (price / share)")
    price = row.number_or_none("price / share")
    total, account = file.money(row, "total")
    currency = traded or account
    if not currency:
        currency = row.need_currency("currency (price / share)", "The currency of the price")[0]
    if action.startswith("transfer out"):
        yield _named(row, Kind.TRANSFER_OUT, hint=hint, quantity=quantity, currency=currency)
        return
    warning = "The price in the file is taken as what you paid. Edit the entry afterwards if you paid another."
    settled = {"amount": abs(total), "settlement_currency": account} if total else {}
    yield _named(
        row, Kind.TRANSFER_IN, hint=hint, quantity=quantity, price=(price or Decimal(0)) * factor, currency=currency, warnings=(warning,), **settled
    )


def _distribution(file: File, row: Cells, action: str) -> Iterable[Draft]:
    """Units received for nothing: in at no cost, so that a later sale is all gain until somebody says what they cost."""
    hint = _hint(row)
    quantity = row.need_above_zero("no. of shares", "The number of shares")
    currency = hint.currency or file.money(row, "total")[1]
    warning = "These units come in at no cost. If they were split off from another holding, move part of its cost here afterwards."
    notes = row.text("notes") or row.text("action")
    draft = _named(row, Kind.TRANSFER_IN, hint=hint, quantity=quantity, price=Decimal(0), currency=currency, warnings=(warning,))
    yield replace(draft, notes=notes)


def _half_of_split(row: Cells) -> Draft:
    """What one row of a split says."""
    hint = _hint(row)
    return _named(row, Kind.SPLIT, hint=hint, quantity=row.need_above_zero("no. of shares", "The number of shares"), currency=hint.currency)


def _split(row: Cells, action: str, closings: list[tuple[Cells, Draft]], drafts: list[Draft], folded: list[Folded]) -> None:
    """Two rows, "close" with the old number of shares and "open" with the new, are one split."""
    half = _half_of_split(row)
    hint, quantity = half.hint or InstrumentHint(), half.quantity or Decimal(0)
    if action.endswith("close"):
        closings.append((row, half))
        return
    if not action.endswith("open"):
        raise CellProblem("unknown_type", f"“{action[:60].capitalize()}” is not an action that is known.", "Action")
    for position, (closing, old) in enumerate(closings):
        if old.hint is not None and old.hint.key == hint.key and old.day == half.day:
            del closings[position]
            new_part, old_part = _ratio(quantity, old.quantity or quantity)
            whole = replace(half, quantity=None, ratio_new=new_part, ratio_old=old_part, cells=row.shown)
            drafts.append(replace(whole, identity=identity_of(KEY, whole)))
            folded.append(Folded(closing.number, f"Booked with row {row.number} as one split.", closing.shown))
            return
    raise CellProblem("split_unpaired", "The split has no closing row before it. Import a period that holds both rows.", "Action")


def _ratio(new: Decimal, old: Decimal) -> tuple[Decimal, Decimal]:
    """(new, old) in small whole numbers where the share counts, rounded to ten places, allow it; else the counts themselves."""
    simple = (Fraction(new) / Fraction(old)).limit_denominator(1000)
    if abs(Fraction(old) * simple - Fraction(new)) <= Fraction(1, 10**9):
        return Decimal(simple.numerator), Decimal(simple.denominator)
    return new, old


_BY_START: dict[str, Reader] = {
    "deposit": _cash(Kind.DEPOSIT),
    "withdrawal": _cash(Kind.WITHDRAWAL),
    "interest": _signed,
    "lending interest": _signed,
    "share lending interest": _signed,
    "result adjustment": _signed,
    "spending cashback": _signed,
    "card ": _card,
    "new card cost": _cash(Kind.FEE),
    "currency conversion": _conversion,
    "transfer in": _transfer,
    "transfer out": _transfer,
    "stock distribution": _distribution,
}
