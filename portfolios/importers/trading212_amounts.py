"""The amounts in Trading 212's rows: the currency of each, the charges, and whether they come to the total.

Fees and taxes are in a currency of their own: the account's, or the price's (divided by the rate).  One in a third currency is
handed on as a Charge, because the file has no rate for it.
"""

from __future__ import annotations

import re
from decimal import Decimal

from portfolios.importers.amounts import Agreement, agreement, disagreement, remark, to_minor
from portfolios.importers.base import CellProblem, Charge
from portfolios.importers.reading import Cells, Table
from portfolios.importers.reading.cells import STAND_IN

_IN_HEADER = re.compile(r"(?P<base>.+) \((?P<currency>[a-z]{3})\)")
FEES = ("currency conversion fee", "transaction fee", "finra fee")
TAXES = ("stamp duty", "stamp duty reserve tax", "french transaction tax", "ptm levy")


class File:
    """What holds for the whole file: where each amount's currency is written."""

    def __init__(self, table: Table) -> None:
        self.fixed: dict[str, tuple[str, str]] = {}  # base name → (column, currency in its header)
        for name in table.names:
            if (found := _IN_HEADER.fullmatch(name)) and not name.startswith("currency ("):
                self.fixed[found["base"]] = (name, found["currency"].upper())

    def column(self, base: str) -> str:
        """The name of an amount's column in this file."""
        return self.fixed.get(base, (base, ""))[0]

    def money(self, row: Cells, base: str, otherwise: str = "") -> tuple[Decimal | None, str]:
        """(amount, currency) of one of the amount columns; (None, "") where it is empty."""
        column, currency = self.fixed.get(base, (base, ""))
        if column not in row:
            column, currency = base, ""
        amount = row.number_or_none(column)
        if amount is None:
            return None, ""
        if not currency:
            currency, factor = row.currency(f"currency ({base})")
            amount *= factor
        currency = currency or otherwise
        if not currency:
            missing = CellProblem("missing", "The currency of the amount is missing.", row.titles.get(f"currency ({base})", base), counts=True)
            currency = row.said(missing, STAND_IN)
        return amount, currency


def _charges(file: File, row: Cells, account: str, traded: str, rate: Decimal | None) -> tuple[Decimal, Decimal, tuple[Charge, ...]]:
    """(fees, taxes, charges in a third currency); the first two in the account currency, each rounded as it was booked."""
    sums = {"fee": Decimal(0), "tax": Decimal(0)}
    others: list[Charge] = []
    for kind, names in (("fee", FEES), ("tax", TAXES)):
        for name in names:
            amount, currency = file.money(row, name, account)
            if not amount:
                continue
            amount = abs(amount)
            if currency == account:
                sums[kind] += amount
            elif currency == traded and rate:
                sums[kind] += to_minor(amount / rate, account)
            else:
                others.append(Charge(kind, amount, currency))
    return sums["fee"], sums["tax"], tuple(others)


def reconciled(
    file: File,
    row: Cells,
    buying: bool,
    quantity: Decimal,
    price: Decimal,
    traded: str,
    factor: Decimal,
    total: Decimal,
    account: str,
    rate: Decimal | None,
) -> tuple[Decimal, Decimal, tuple[Charge, ...], tuple[str, ...]]:
    """(fees, taxes, charges in a third currency, remarks), with the total checked.

    The rate of a price in pence is pence or pounds for one unit of the account currency: the one that makes the total true.
    """
    if rate is None:
        return *_charges(file, row, account, traded, None), ()
    best: Agreement | None = None
    result: tuple[Decimal, Decimal, tuple[Charge, ...]] = (Decimal(0), Decimal(0), ())
    for major in {rate, rate * factor}:
        fees, taxes, others = _charges(file, row, account, traded, major)
        charges = fees + taxes if buying else -(fees + taxes)
        found = agreement(quantity=quantity, price=price * factor, rate=major, charges=charges, total=total, currency=account)
        if best is None or found.off < best.off:
            best, result = found, (fees, taxes, others)
    if best is None or result[2]:
        return *result, ()
    if best.far:
        row.disagrees(
            CellProblem("amounts_disagree", disagreement(best, total=total, currency=account), row.titles.get(file.column("total"), "Total"))
        )
    return *result, () if best.agrees else (remark(best, total=total, currency=account),)
