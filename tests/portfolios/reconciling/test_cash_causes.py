"""What a balance that differs from a statement comes from."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from portfolios.reconciling.cash_causes import Balance, CashEntry, Payment, cash_causes_of

D = Decimal
STATEMENT = date(2024, 6, 30)
DEPOSIT = ("deposit", 1, "1000")


def entries(*rows: tuple[Any, ...]) -> tuple[CashEntry, ...]:
    """(kind, day of June, amount, further fields), numbered from 1."""
    numbers = count(1)
    return tuple(CashEntry(next(numbers), kind, date(2024, 6, when), D(amount), **(rest[0] if rest else {})) for kind, when, amount, *rest in rows)


def balance(rows: tuple[CashEntry, ...], difference: str, **more: Any) -> Balance:
    here = sum((row.amount for row in rows), D(0))
    return Balance("EUR", STATEMENT, here, here + D(difference), rows, **more)


def test_an_entry_recorded_twice() -> None:
    rows = entries(DEPOSIT, ("dividend", 5, "12.50", {"instrument": 1}), ("dividend", 5, "12.50", {"instrument": 1}))
    found = cash_causes_of(balance(rows, "-12.50"))
    assert (found[0].code, found[0].entries, found[0].fix) == ("duplicate", (3,), "void")


def test_the_same_dividend_of_two_instruments_is_no_duplicate() -> None:
    rows = entries(DEPOSIT, ("dividend", 5, "12.50", {"instrument": 1}), ("dividend", 5, "12.50", {"instrument": 2}))
    assert "duplicate" not in [cause.code for cause in cash_causes_of(balance(rows, "-12.50"))]


def test_several_duplicates_together() -> None:
    rows = entries(DEPOSIT, DEPOSIT, ("fee", 5, "-3"), ("fee", 5, "-3"), ("fee", 5, "-3"))
    assert cash_causes_of(balance(rows, "-994"))[0].entries == (2, 4, 5)
    assert cash_causes_of(balance(rows, "6"))[0].entries == (5, 4)


def test_a_voided_entry_that_the_statement_has() -> None:
    gone = (CashEntry(9, "fee", date(2024, 6, 3), D("-4")),)
    found = cash_causes_of(balance(entries(DEPOSIT), "-4", voided=gone))
    assert (found[0].code, found[0].entries, found[0].fix) == ("voided", (9,), "restore")


def test_a_deposit_that_was_a_withdrawal() -> None:
    found = cash_causes_of(balance(entries(DEPOSIT, ("deposit", 4, "200")), "-400"))
    assert (found[0].code, found[0].entries) == ("wrong_direction", (2,))


def test_a_purchase_that_is_not_settled_yet() -> None:
    rows = entries(DEPOSIT, ("buy", 29, "-300", {"settles_on": date(2024, 7, 1)}))
    found = cash_causes_of(balance(rows, "300"))
    assert (found[0].code, found[0].entries) == ("not_settled", (2,))


def test_an_entry_dated_after_the_statement() -> None:
    later = (CashEntry(9, "interest", STATEMENT + timedelta(days=2), D("1.25")),)
    found = cash_causes_of(balance(entries(DEPOSIT), "1.25", later=later))
    assert (found[0].code, found[0].entries) == ("dated_later", (9,))


def test_a_fee_that_the_statement_does_not_have() -> None:
    rows = entries(DEPOSIT, ("buy", 4, "-301.50", {"costs": (D("1.50"),)}))
    assert cash_causes_of(balance(rows, "1.50"))[0].code == "cost_not_on_statement"
    assert cash_causes_of(balance(rows, "-1.50"))[0].code == "cost_missing"


def test_a_dividend_that_the_market_reports() -> None:
    unpaid = (Payment(7, date(2024, 6, 10), D("24.80")),)
    found = cash_causes_of(balance(entries(DEPOSIT), "24.80", unpaid=unpaid))
    assert found[0].code == "missing_dividend" and found[0].paid == (7, date(2024, 6, 10))
    net = cash_causes_of(balance(entries(DEPOSIT), "21.08", unpaid=unpaid))
    assert net[0].code == "missing_dividend_after_tax" and net[0].amount == D("21.08")
    assert cash_causes_of(balance(entries(DEPOSIT), "2", unpaid=unpaid))[0].code == "missing_cash"


def test_an_exchange_rate_other_than_the_brokers() -> None:
    rows = entries(DEPOSIT, ("buy", 4, "-400", {"crossed": True}))
    found = cash_causes_of(balance(rows, "-1.85"))
    assert (found[0].code, found[0].entries, found[0].amount) == ("exchange_rate", (2,), D("-401.85"))
    assert cash_causes_of(balance(rows, "-80"))[0].code == "missing_cash"
    two = entries(DEPOSIT, ("buy", 4, "-400", {"crossed": True}), ("buy", 5, "-400", {"crossed": True}))
    assert cash_causes_of(balance(two, "-1.85"))[0].code == "missing_cash"


def test_an_entry_that_only_the_ledger_has() -> None:
    found = cash_causes_of(balance(entries(DEPOSIT, ("fee", 4, "-7")), "7"))
    assert (found[0].code, found[0].entries) == ("not_on_statement", (2,))


def test_what_nothing_explains_is_said_with_its_amount() -> None:
    found = cash_causes_of(balance(entries(DEPOSIT), "-33.33"))
    assert [(cause.code, cause.amount) for cause in found] == [("missing_cash", D("-33.33"))]
