"""Interactive Brokers' Flex queries as CSV: trades, and cash transactions (dividends, tax withheld, interest, transfers).

A query's columns are chosen by the person, so everything but the signature is optional.  What the cells mean:

- Days are yyyymmdd, with a time after ";" or "," where the query asks for it (US Eastern; the time is not kept, the day is).
- A sale's quantity and money are negative in most templates; the word in Buy/Sell decides.
- A commission is negative, in a currency of its own.  In the trade's currency it belongs to the trade; in another it leaves
  that other cash balance, so it is a fee entry of its own.
- A trade without an instrument is an exchange of currencies: a withdrawal of the one and a deposit of the other, booked at the
  exchange's own rate, so that both cash balances are right and no money seems to come from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.money import CURRENCIES
from portfolios.choices import TransactionKind as Kind
from portfolios.importers.amounts import agreement, disagreement, remark
from portfolios.importers.base import CellProblem, Draft, Exchange, Folded, InstrumentHint, Options, Parsed, RowError, shared_hint
from portfolios.importers.identity import identity_of
from portfolios.importers.reading import Cells, Decimals, Table, cells_of, decimal_evidence
from portfolios.importers.reading.cells import facts_of, further_problems, overlong

KEY, LABEL = "ibkr_flex_trades", "Interactive Brokers Flex: trades"
SIGNATURE = frozenset({"buy/sell", "tradedate", "quantity", "tradeprice", "currencyprimary"})
_NUMBERS = ("quantity", "tradeprice", "trademoney", "ibcommission", "taxes", "netcash", "proceeds")
_SUMMARIES = ("closed_lot", "symbol_summary", "asset_summary", "wash_sale", "order")
_PAIR = re.compile(r"([A-Z]{3})[./]([A-Z]{3})")


def matches(names: frozenset[str]) -> bool:
    return names >= SIGNATURE


def decimal_style(table: Table, columns: Iterable[str]) -> Decimals:
    """Flex writes points; the data decides where it proves otherwise."""
    wanted = [i for i, name in enumerate(table.names) if name in columns]
    texts = (row.cells[i] for row in table.rows for i in wanted if i < len(row.cells))
    return decimal_evidence(texts).style or Decimals.POINT


def hint_of(row: Cells) -> InstrumentHint:
    """ISIN, symbol and name; Flex may lack any of them."""
    currency, _ = row.currency("currencyprimary")
    name = row.text("description")
    hint = shared_hint(isin=row.text("isin").upper(), symbol=row.text("symbol"), name=name, currency=currency, exchange=row.text("listingexchange"))
    if hint.isin and not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{9}[0-9]", hint.isin):
        row.said(bad_isin(row, hint.isin))
    return hint


def bad_isin(row: Cells, isin: str) -> CellProblem:
    return CellProblem("bad_isin", f"“{isin[:20]}” is not an ISIN: two letters, nine letters or digits, one digit.", row.titles.get("isin", "ISIN"))


def broker_id(row: Cells) -> str:
    for name in ("transactionid", "tradeid", "ibexecid", "iborderid", "actionid"):
        if value := row.text(name):
            return value
    return ""


def read(table: Table, options: Options) -> Parsed:
    """Every row as drafts, a problem, or a note that it is not booked."""
    decimals = decimal_style(table, _NUMBERS)
    drafts: list[Draft] = []
    errors: list[RowError] = []
    folded: list[Folded] = []
    rows = list(cells_of(table, options, decimals=decimals, day_first=None))
    has_executions = any(row.text("levelofdetail").casefold() == "execution" for row in rows)
    for raw, row in zip(table.rows, rows, strict=True):
        level = row.text("levelofdetail").casefold()
        if level in _SUMMARIES and (has_executions or level != "order"):
            folded.append(Folded(row.number, "A summary of other rows; it is not booked.", row.shown))
            continue
        if row.text("buy/sell").casefold() == "buy/sell":
            folded.append(Folded(row.number, "A repeated header.", row.shown))
            continue
        try:
            if overlong(raw, table):
                raise CellProblem("too_many_cells", "The row has more cells than the header has columns.")
            drafts += [replace(draft, cells=row.shown) for draft in _entry(row)]
        except CellProblem as problem:
            more = further_problems(row, problem, lambda again: list(_entry(again)))
            errors.append(RowError(row.number, problem.column, problem.code, problem.detail, row.shown, more=more))
    return Parsed(KEY, facts_of(table, decimals=decimals), tuple(drafts), tuple(errors), tuple(folded))


def _entry(row: Cells) -> Iterator[Draft]:
    side = row.need_text("buy/sell", "Buy or sell").casefold()
    if side not in ("buy", "sell"):
        detail = f"“{side[:40]}” is neither BUY nor SELL. A cancelled trade is left out together with the trade it cancels."
        row.said(CellProblem("unknown_type", detail, row.titles["buy/sell"]))
    asset = row.text("assetclass").upper()
    if asset in ("OPT", "FUT", "FOP", "CFD", "WAR"):
        raise CellProblem("unsupported_asset", "Options, futures and contracts for difference are not recorded. Leave the row out.", "AssetClass")
    if asset == "CASH" or not (row.text("isin") or row.text("symbol")) or (not row.text("isin") and _PAIR.fullmatch(row.text("symbol"))):
        yield from _exchange(row, buying=side == "buy")
    else:
        yield from _trade(row, Kind.BUY if side == "buy" else Kind.SELL)


def _draft(row: Cells, kind: Kind, **values: object) -> Draft:
    moment = row.moment("tradedate")
    draft = Draft(number=row.number, kind=kind, day=moment.day, external_id=broker_id(row), identity=(), **values)  # type: ignore[arg-type]
    return replace(draft, identity=identity_of(KEY, draft))


def _commission(row: Cells, otherwise: str) -> tuple[Decimal, str]:
    """(amount above zero if it costs, currency)"""
    amount = row.number_or_none("ibcommission") or Decimal(0)
    currency, _ = row.currency("ibcommissioncurrency")
    return -amount, currency or otherwise


def _trade(row: Cells, kind: Kind) -> Iterator[Draft]:
    hint = hint_of(row)
    quantity = row.need_above_zero("quantity", "The quantity")
    price = row.need_above_zero("tradeprice", "The price")
    currency, factor = row.need_currency("currencyprimary", "The currency")
    multiplier = row.number_or_none("multiplier")
    if multiplier is not None and multiplier != 1:
        detail = f"The multiplier is {plain(multiplier)}; only instruments that count one by one are recorded."
        row.said(CellProblem("multiplier", detail, row.titles["multiplier"], counts=True))
    money = row.number_or_none("trademoney") or row.number_or_none("proceeds")
    gross = abs(money) * factor if money else quantity * price * factor
    found = agreement(quantity=quantity, price=price * factor, rate=Decimal(1), charges=Decimal(0), total=gross, currency=currency)
    if found.far:
        row.disagrees(
            CellProblem("amounts_disagree", disagreement(found, total=gross, currency=currency), row.titles.get("trademoney", "TradeMoney"))
        )
    warnings = () if found.agrees else (remark(found, total=gross, currency=currency),)
    commission, charged = _commission(row, currency)
    taxes = abs(row.number_or_none("taxes") or Decimal(0))
    # a rebate is money that comes in beside the trade, and a commission in another currency leaves another balance
    fees = commission if charged == currency and commission > 0 else Decimal(0)
    sign = 1 if kind is Kind.BUY else -1
    yield _draft(
        row,
        kind,
        hint=hint,
        quantity=quantity,
        price=price * factor,
        currency=currency,
        amount=gross + sign * (fees + taxes),
        settlement_currency=currency,
        fees=fees or None,
        taxes=taxes or None,
        warnings=warnings,
    )
    if commission and not fees:
        yield _fee(row, commission, charged, part=1, hint=hint)


def _fee(row: Cells, amount: Decimal, currency: str, *, part: int, hint: InstrumentHint | None = None) -> Draft:
    """A commission as an entry of its own; below zero it is a rebate."""
    draft = _draft(row, Kind.FEE, amount=amount, currency=currency, settlement_currency=currency, hint=hint, notes="Commission")
    return replace(draft, part=part)


def _exchange(row: Cells, *, buying: bool) -> Iterator[Draft]:
    """“SELL −8,000 at 1.1173, −8,938.40 USD”: 8,000 of one currency were given for 8,938.40 of CurrencyPrimary."""
    quantity = row.need_above_zero("quantity", "The quantity")
    price = row.need_above_zero("tradeprice", "The rate")
    quoted, _ = row.need_currency("currencyprimary", "The currency")
    money = abs(row.number_or_none("trademoney") or quantity * price)
    found = agreement(quantity=quantity, price=price, rate=Decimal(1), charges=Decimal(0), total=money, currency=quoted)
    if found.far:
        row.disagrees(CellProblem("amounts_disagree", disagreement(found, total=money, currency=quoted), row.titles.get("trademoney", "TradeMoney")))
    commission, charged = _commission(row, "")
    pair = _PAIR.fullmatch(row.text("symbol"))
    other, assumed = (pair[1], False) if pair and pair[2] == quoted else (charged, True)
    if other not in CURRENCIES or other == quoted:
        detail = (
            f"{plain(quantity)} of a currency were exchanged for {plain(money)} {quoted}, but the row does not name that currency. "
            "Add the column Symbol to the Flex query, or leave the row out and record the exchange by hand."
        )
        row.said(CellProblem("currency_not_named", detail, row.titles.get("symbol", "Symbol")))
    swap = Exchange(money, quoted, quantity, other, assumed) if buying else Exchange(quantity, other, money, quoted, assumed)
    warnings: tuple[str, ...] = ()
    if assumed:
        warnings = (f"The row does not name the currency that was exchanged for {quoted}. It is taken as {other}, the currency of the commission.",)
    note = f"Exchange of {plain(swap.given)} {swap.given_currency} into {plain(swap.taken)} {swap.taken_currency}"
    legs = ((Kind.WITHDRAWAL, swap.given, swap.given_currency), (Kind.DEPOSIT, swap.taken, swap.taken_currency))
    for part, (kind, amount, currency) in enumerate(legs):
        draft = _draft(row, kind, amount=amount, currency=currency, settlement_currency=currency, exchange=swap, notes=note)
        yield replace(draft, part=part, warnings=warnings if part == 0 else ())
    if commission:
        yield _fee(row, commission, charged or quoted, part=2)
